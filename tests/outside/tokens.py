"""Who may manage: nobody without a token, whatever forwards the request, however many tokens there were; and a token may what
it was made for, for as long."""
import json
import os
import re
import socket
import threading

from check import Check
from serving import Fails, equal, expect, short, until

# What shows a customer or changes something, by its smallest request.
DOORS = [('GET', '/api/v1/segments'), ('PUT', '/api/v1/segments'), ('POST', '/api/v1/segments/preview'),
         ('GET', '/api/v1/customers/ann'), ('GET', '/api/v1/customers/ann/history'), ('GET', '/api/v1/changes'),
         ('GET', '/api/v1/rejects'), ('GET', '/api/v1/rulings'), ('POST', '/api/v1/rulings'), ('GET', '/api/v1/sources'),
         ('POST', '/api/v1/sources'), ('POST', '/api/v1/tokens'), ('DELETE', '/api/v1/keys/x'), ('GET', '/api/v1/webhooks'),
         ('POST', '/api/v1/webhooks'), ('GET', '/api/v1/imports'), ('POST', '/api/v1/imports'),
         ('GET', '/api/v1/discoveries'), ('POST', '/api/v1/discoveries'), ('POST', '/api/v1/commands'),
         ('GET', '/api/v1/status'), ('GET', '/metrics')]


def is_closed(server, headers=None, doors=DOORS, why=''):
    for method, target in doors:
        answer = server.ask(method, target, '{}' if method == 'POST' else None, headers, token='')
        equal(f'{method} {target} without a token{why}', answer.status, 401)


def nobody(world, headers):
    """As a proxy of the same machine asks that says nothing of itself."""
    is_closed(world.server(), headers)


class Forwarder:
    """What forwards bytes and says nothing: socat, ssh -R, a sidecar."""

    def __init__(self, port):
        self.listening, self.port = socket.create_server(('127.0.0.1', 0)), port
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            server = socket.create_connection(('127.0.0.1', self.port))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self.pass_on, args=(one, other), daemon=True).start()

    @staticmethod
    def pass_on(one, other):
        try:
            while piece := one.recv(65536):
                other.sendall(piece)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def behind_a_forwarder(world):
    server = world.server()
    forwarder = Forwarder(server.port)
    own, server.port = server.port, forwarder.listening.getsockname()[1]
    try:
        is_closed(server, {'Host': 'localhost'}, why=', forwarded')
    finally:
        server.port = own
        forwarder.listening.close()


def another_machine_renames(world):
    """--open-on-loopback, for trying out, ends with the first request that shows a proxy, and knows no other names."""
    server = world.server('--open-on-loopback')
    equal('from this machine', server.ask('GET', '/api/v1/segments', token='').status, 200)
    for headers in ({'Host': 'shop.example'}, {'Host': 'localhost', 'Origin': 'https://shop.example'}):
        answer = server.ask('GET', '/api/v1/segments', headers=headers, token='')
        expect(answer.status in (401, 403), f'{headers} is answered {answer}')
    server.ask('GET', '/healthz', headers={'X-Forwarded-For': '203.0.113.7'})
    is_closed(server, why=', after a proxy was seen')


def the_first_start(world):
    """It makes a token, which only whoever may read this user's files can read; later starts make none."""
    server = world.server()
    expect(server.token, 'the first start prints no token')
    equal('the file', world.read('r.duckdb.token').decode().strip(), server.token)
    equal('its mode', oct(os.stat(world.path('r.duckdb.token')).st_mode & 0o777), '0o600')
    first = server.token
    server.restart()
    equal('after a restart the token', server.token, first)
    server.get('/api/v1/segments')


# --- taking back

def the_last_one(world, way):
    """Revoking the last token lets nobody in, nor does a restart."""
    server = world.server()
    if not server.token:
        made = server.ask('POST', '/api/v1/tokens')
        equal('a token is made', made.status, 201)
        server.token = made['token']
    if way == 'http':
        answer = server.ask('DELETE', f'/api/v1/keys/{server.token}')
        equal('it is revoked', answer.status, 200)
    elif way == 'command':
        equal('it is revoked', server.run('keys', 'revoke', server.token).code, 0)
    else:
        server.stop()
        world.said('keys', 'revoke', server.token)
        server.start()
    equal('the token that was revoked', server.ask('GET', '/api/v1/segments').status, 401)
    is_closed(server, why=', the last one revoked')
    server.stop()
    server.start()
    is_closed(server, why=', the last one revoked, after a restart')


def made_at_rest(world):
    """Whoever may write the record's file makes the next one."""
    server = world.server()
    answer = server.ask('DELETE', f'/api/v1/keys/{server.token or "none"}')
    equal('the last one is revoked', answer.status, 200)
    told = server.ask('GET', '/api/v1/segments', token='')
    expect('tokens make' in told.text, f'the 401 does not say how to make one: {told}')
    server.stop()
    server.token = world.said('tokens', 'make', '--name', 'next', '--scopes', 'admin').split('\n')[0]
    server.start()
    server.get('/api/v1/segments')


# --- what a token may

def scoped(world, scopes, may, may_not):
    server = world.server()
    server.track('ann', 'Seen')
    made = server.ask('POST', '/api/v1/tokens', {'name': 'one', 'scopes': scopes})
    equal(f'a token with {scopes}', made.status, 201)
    listed = server.get('/api/v1/tokens').text
    expect('"one"' in listed and made['token'] not in listed, 'the list does not name it, or shows it')
    for method, target, body in may:
        answer = server.ask(method, target.format(key=server.key), body, token=made['token'])
        expect(answer.status in (200, 201, 202), f'{scopes} may {method} {target}: {answer}')
    for method, target, body in may_not:
        answer = server.ask(method, target.format(key=server.key), body, token=made['token'])
        if target == '/api/v1/commands' and answer.status == 200:
            expect('needs a token' in answer.text and '\nerr ' in '\n' + answer.text, f'{scopes} may {body}: {answer}')
        else:
            equal(f'{scopes} and {method} {target}', answer.status, 403)


def verb(*words):
    return ('POST', '/api/v1/commands', json.dumps({'words': words}))


APPLY = ('PUT', '/api/v1/segments', 'segment "A" = did "Seen"')
LOOK = ('GET', '/api/v1/segments', None)
ANN = ('GET', '/api/v1/customers/ann', None)
TOKEN = ('POST', '/api/v1/tokens', '{"name":"x","scopes":"admin"}')
KEY = ('POST', '/api/v1/sources', '{"name":"web"}')
SQL = verb('sql', 'SELECT 1')


def expired(world):
    server = world.server()
    made = server.ask('POST', '/api/v1/tokens', {'name': 'short', 'scopes': 'read', 'expires': '1 second'})
    equal('a token for a second', made.status, 201)
    until(lambda: server.ask('GET', '/api/v1/segments', token=made['token']).status == 401, 'its end', 10)


def a_feed_goes_on(world, ends):
    """Who reads the feed when their token ends is told nothing that happens then."""
    server = world.server()
    server.apply('segment "Seen" = did "Seen"')
    made = server.ask('POST', '/api/v1/tokens', {'name': 'feed', 'scopes': 'identified',
                                                 **({'expires': '2 seconds'} if ends == 'expires' else {})})
    equal('a token', made.status, 201)
    with server.connect(5) as reader:
        reader.sendall(('GET /api/v1/changes HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n'
                        f'Authorization: Bearer {made["token"]}\r\n\r\n').encode())
        said = until_said(reader, b'retry:')
        server.track('ann', 'Seen')
        said += until_said(reader, b'"ann"')
        if ends == 'revoked':
            equal('it is revoked', server.ask('DELETE', '/api/v1/keys/feed').status, 200)
        else:
            until(lambda: server.ask('GET', '/api/v1/segments', token=made['token']).status == 401, 'its end', 10)
        server.track('bob', 'Seen')
        equal('members', server.members('seen'), ['ann', 'bob'])
        rest = b''
        try:
            while not rest.endswith(b'0\r\n\r\n') and (piece := reader.recv(65536)):
                rest += piece
        except TimeoutError:
            raise Fails('the feed is open 5 s after its token ended') from None
        expect(b'"bob"' not in rest, 'the feed told of a customer after its token had ended')


def until_said(reader, words):
    said = b''
    while words not in said:
        piece = reader.recv(65536)
        expect(piece, f'the feed ends: {said[:200]!r}')
        said += piece
    return said


def what_headers_say(world):
    """Headers that a proxy would set say nothing about who asks: not whom a limit is for, nor whose address is noted."""
    server = world.server()
    for n in range(140):
        last = server.ask('GET', '/api/v1/segments', headers={'Authorization': 'Bearer tsk_no', 'X-Forwarded-For': f'203.0.113.{n}',
                                                              'X-Real-IP': f'203.0.113.{n}'})
    equal('the 140th wrong token, from ever another address by its headers', last.status, 429)
    server.apply('segment "A" = did "X"')
    server.get('/api/v1/rejects', headers={'X-Forwarded-For': '203.0.113.7', 'X-User-ID': 'root'})
    addresses = {entry['address'] for entry in server.get('/api/v1/audit')['entries'] if entry['who'] == 'admin'}
    equal('addresses in the audit', addresses, {'127.0.0.1'})


def in_the_address(world, query):
    """A token that stands where logs of proxies see it is none."""
    server = world.server()
    expect(server.token, 'the first start makes no token')
    for method, target in DOORS:
        joined = target + query.format(token=server.token)
        equal(f'{method} {target} with the token in the address', server.ask(method, joined, token='').status, 401)


def missing_rights(world):
    """Whoever lacks a right is told so, and it is a number and a line, without a word of who or what."""
    server = world.server()
    token = server.ask('POST', '/api/v1/tokens', {'name': 'dashboard', 'scopes': 'read'})['token']
    equal('a customer', server.ask('GET', '/api/v1/customers/ann', token=token).status, 403)
    server.ask('POST', '/api/v1/commands', {'words': ['sql', 'SELECT 1']}, token=token)
    found = re.search('management_not_let_in{reason="scope"} ([0-9]+)', server.get('/metrics').text)
    equal('how many lacked a right, by the metrics', found and found[1], '2')
    until(lambda: 'requests not let in' in server.said(), 'a line of the log')
    expect('ann' not in server.said() and 'dashboard' not in server.said(), 'the line says who')


def by_chance(world):
    """Tokens are 192 bits of chance."""
    server = world.server()
    made = [server.ask('POST', '/api/v1/tokens', {'name': f'n{n}', 'scopes': 'read'})['token'] for n in range(20)]
    bits = [bytes.fromhex(token.split('_')[1]) for token in made]
    expect(min(len(each) for each in bits) >= 24, f'a token has {min(len(each) for each in bits) * 8} bits')
    equal('how many differ', len(set(made)), 20)
    ones = sum(bin(byte).count('1') for each in bits for byte in each)
    total = 8 * sum(len(each) for each in bits)
    expect(abs(ones - total / 2) < 5 * total ** 0.5 / 2, f'{ones} of {total} bits are set')


def guesses(world):
    """Nothing that is known to the world is a token: a write key, a hash of one, a name."""
    server = world.server()
    expect(server.token, 'the first start makes no token')
    hashed = [word for word in server.get('/api/v1/tokens').text.split('"') if word.startswith('sha256:')]
    expect(hashed, 'the list shows no hash')
    for guess in [server.key, hashed[0], 'admin', server.token[:-1], server.token + 'x', server.token.upper()]:
        equal(f'{short(guess, 12)} as a token', server.ask('GET', '/api/v1/segments', token=guess).status, 401)


CHECKS = [
    Check('nobody-manages-through-a-proxy-that-says-nothing', nobody, ({'Host': '127.0.0.1'},)),
    Check('nobody-manages-through-what-forwards-bytes', behind_a_forwarder, soak=True),
    Check('the-last-token-is-revoked', the_last_one, ('http',)),
    Check('a-token-to-read', scoped, ('read', [LOOK, verb('segments', 'list')], [APPLY, ANN, TOKEN, KEY, SQL])),
    # Not seen before.
    Check('nobody-manages-by-localhost-in-brackets', nobody, ({'Host': '[::1]'},), soak=True),
    Check('nobody-manages-from-a-page-of-this-machine', nobody,
          ({'Host': 'localhost', 'Origin': 'http://localhost:3000', 'Sec-Fetch-Site': 'same-site'},), soak=True),
    Check('open-on-loopback-ends-with-a-proxy', another_machine_renames, soak=True),
    Check('the-first-start-makes-the-token', the_first_start, soak=True),
    Check('the-last-token-is-revoked-by-a-command', the_last_one, ('command',), soak=True),
    Check('the-last-token-is-revoked-at-rest', the_last_one, ('rest',), soak=True),
    Check('a-token-is-made-at-rest-where-none-is-left', made_at_rest, soak=True),
    Check('a-token-to-write', scoped, ('write', [LOOK, APPLY], [TOKEN, KEY, ANN, SQL, verb('audit', 'list')]), soak=True),
    Check('a-token-to-look-at-customers', scoped,
          ('identified', [LOOK, ANN, SQL], [APPLY, TOKEN, KEY, verb('segments', 'remove', 'a'), verb('keys', 'list')]), soak=True),
    Check('a-token-of-a-source', scoped,
          ('source:web', [KEY, ('GET', '/api/v1/sources', None)],
           [LOOK, APPLY, ANN, TOKEN, ('POST', '/api/v1/sources', '{"name":"other"}')]), soak=True),
    Check('a-token-that-has-come-to-its-end', expired, soak=True),
    Check('a-feed-whose-token-is-revoked', a_feed_goes_on, ('revoked',)),
    Check('a-feed-whose-token-comes-to-its-end', a_feed_goes_on, ('expires',), soak=True),
    Check('headers-of-a-proxy-say-nothing-of-who-asks', what_headers_say, soak=True),
    Check('tokens-are-192-bits-of-chance', by_chance, soak=True),
    Check('a-token-in-the-address-is-none', in_the_address, ('?token={token}&access_token={token}',), soak=True),
    Check('a-right-that-is-missing-is-counted', missing_rights, soak=True),
    Check('what-the-world-knows-is-no-token', guesses, soak=True),
]
