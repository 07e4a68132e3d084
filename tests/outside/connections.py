"""Connections and rates: one address may hold what is its own and no more, health and management are answered beside it, and
whoever sends too much is told when to come again, and counted."""
import re
import time

from check import Check
from serving import Fails, equal, expect, until


def silent_crowd(world, opening, count, limit):
    """So many connections that begin like this and go no further; health and management are answered, and others too."""
    server = world.server('--connections-of-one', str(limit))
    held = []
    for _ in range(count):
        one = server.connect()
        held.append(one)
        if opening:
            try:
                one.sendall(opening)
            except OSError:
                pass  # it was closed: that is one way to bound them
    for target in ('/healthz', '/readyz', '/api/v1/segments'):
        equal(f'{target} beside {count} that say nothing', server.ask('GET', target, patience=5).status, 200)
    # Who sends from there is told to come again; who sends from elsewhere is heard.
    answer = server.ask('POST', f'/v1/track?writeKey={server.key}', '{"userId":"a","event":"E"}')
    equal('an event from the address that holds them', (answer.status, 'retry-after' in answer.headers), (503, True))
    answer = server.ask('POST', f'/v1/track?writeKey={server.key}', '{"userId":"a","event":"E"}', source='127.0.0.2')
    equal('an event from another address', answer.status, 200)
    expect('of_one_address"} 0\n' not in server.get('/metrics').text, 'the metrics do not count them')
    for one in held:
        one.close()


def cut_off(world, opening, drip, within):
    """What does not come on is ended within `within` seconds, though it drips."""
    server = world.server()
    with server.connect(1) as one:
        one.sendall(opening.replace(b'KEY', server.key.encode()))
        begun = time.monotonic()
        while time.monotonic() - begun < within:
            try:
                if drip:
                    one.sendall(drip)
                got = one.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                return
            expect(not got or got.startswith(b'HTTP/1.1 408'), f'it is answered {got[:80]!r}')
            return
        raise Fails(f'it is still heard after {within} s')


def rate(world, option, first, more, burst=60):
    """Events beyond the rate (a minute of it at once) are told when to come again; a picture is shown all the same."""
    server = world.server(option, str(first))
    told = None
    for _ in range(first * burst + more):
        answer = server.ask('POST', f'/v1/track?writeKey={server.key}', '{"userId":"a","event":"E"}')
        if answer.status != 200:
            told = answer
            break
    expect(told, f'{first * burst + more} events at once by one that may send {first} a second are all taken')
    equal('it is told', (told.status, 'retry-after' in told.headers, 'x-ratelimit-reset' in told.headers), (429, True, True))
    picture = server.ask('GET', f'/v1/pixel/track?writeKey={server.key}&userId=a&event=E')
    equal('a picture', picture.status, 200)
    server.get('/api/v1/segments')
    expect('tessera_tracking_told_to_wait 0\n' not in server.get('/metrics').text, 'the metrics do not count it')
    until(lambda: 'calls not taken' in server.said(), 'a line of the log')


def wrong_tokens(world, guess):
    server = world.server()
    answers = [server.ask('GET', '/api/v1/segments', headers={'Authorization': guess.format(n=n)}).status for n in range(140)]
    expect(answers[0] == 401 and answers[-1] == 429 and set(answers) == {401, 429},
           f'140 wrong tokens are answered {sorted(set(answers))}')
    server.get('/api/v1/segments')  # the right one is none of them
    server.apply('segment "A" = did "X"')  # nor is it with a body, which waits for the head to be let in
    for reason in ('not_in_force', 'too_often') if guess.startswith('Bearer') else ('too_often',):
        found = re.search(f'management_not_let_in{{reason="{reason}"}} ([0-9]+)', server.get('/metrics').text)
        expect(found and int(found[1]) > 20, f'the metrics do not count {reason}')
    until(lambda: 'requests not let in' in server.said(), 'a line of the log')


def refused_is_said(world):
    """What is refused is a line of the log and a number of the metrics, without addresses or what was tried."""
    server = world.server()
    with server.connect() as one:
        one.sendall(b'NONSENSE\r\n\r\n')
        one.recv(100)
    server.ask('GET', '/api/v1/segments', headers={'Authorization': 'Bearer tsk_guess-4711'})
    server.ask('POST', '/v1/track?writeKey=wk_guess-4711', '{"userId":"a","event":"E"}')
    server.ask('POST', f'/v1/track?writeKey={server.key}', 'no json')
    until(lambda: 'connections refused' in server.said(), 'a line of the log for what is refused')
    until(lambda: 'calls not taken' in server.said(), 'a line of the log for what is not taken')
    until(lambda: 'requests not let in' in server.said(), 'a line of the log for who is not let in')
    expect('4711' not in server.said() and '127.0.0.1:' not in server.said().replace(f'127.0.0.1:{server.port}', ''),
           'a line of the log quotes what was tried, or by whom')


TRACK = b'POST /v1/track?writeKey=KEY HTTP/1.1\r\nHost: localhost\r\n'

CHECKS = [
    Check('300-connections-that-say-nothing', silent_crowd, (b'', 300, 50)),
    Check('a-head-that-drips', cut_off, (b'GET /healthz HTTP/1.1\r\nX-A: ', b'a', 20), soak=True),
    Check('140-wrong-tokens', wrong_tokens, ('Bearer tsk_{n}',)),
    Check('a-key-that-sends-beyond-its-rate', rate, ('--rate-of-key', 2, 60), soak=True),
    Check('what-is-refused-is-said', refused_is_said, soak=True),
    # Not seen before.
    Check('300-heads-that-do-not-come-to-their-end', silent_crowd, (b'GET / HTTP/1.1\r\nX-A: ', 300, 50), soak=True),
    Check('300-bodies-that-do-not-come', silent_crowd,
          (b'POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: 400000\r\n\r\n', 300, 50), soak=True),
    Check('6000-connections-that-say-nothing', silent_crowd, (b'', 6000, 5000), soak=True),
    Check('a-body-that-drips', cut_off, (TRACK + b'Content-Length: 400000\r\n\r\n', b' ', 50), soak=True),
    Check('a-chunk-that-drips', cut_off, (TRACK + b'Transfer-Encoding: chunked\r\n\r\n20000\r\n', b' ', 50), soak=True),
    Check('a-body-that-stops', cut_off, (TRACK + b'Content-Length: 400\r\n\r\n{', b'', 30), soak=True),
    Check('140-wrong-tokens-by-basic-credentials', wrong_tokens, ('Basic dHNrO{n}',), soak=True),
    Check('an-address-that-sends-beyond-its-rate', rate, ('--rate-of-address', 2, 60), soak=True),
]
