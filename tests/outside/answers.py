"""What answers carry, and to whom they are given: CSV that a spreadsheet would run, what other sites' pages set off, what a
browser may do with an answer, and which TLS is spoken."""
import json
import os
import pty
import re
import ssl
import subprocess

from check import Check
from serving import Fails, equal, expect, short

FORMULAS = ['+cmd|calc', '=HYPERLINK("http://evil","x")']
OTHERS = ['@SUM(1)', '\tx', ' =1+1', '-2+3+cmd|\' /C calc\'!A0', '\uff1d1+1', "'=1"]


# --- CSV

def runs(cell):
    """Whether a spreadsheet would run it."""
    bare = cell[1:-1].replace('""', '"') if cell.startswith('"') else cell
    return bool(re.match("[\\s']*[=+@\t\uff1d\uff0b\uff20-]", bare)) and not bare.startswith("'") and not re.fullmatch(r'-?[\d.]+', bare)


def is_defused(text):
    for line in text.splitlines():
        for cell in re.findall(r'"(?:[^"]|"")*"|[^,]+', line):
            expect(not runs(cell), f'a spreadsheet would run {short(cell, 60)!r}')


def formulas(world, ids, road):
    server = world.server()
    server.apply('segment "All" = did "Seen"')
    for id_ in ids:
        server.track(id_, 'Seen', {'note': id_})
    if road == 'members':
        text = server.get('/api/v1/segments/all/members?format=csv').text
    elif road == 'export':
        text = server.run('export', 'All').out
    elif road == 'sql':
        text = server.run('--format', 'csv', 'sql', 'SELECT note FROM seen').out
    else:
        server.send({'type': 'track', 'event': 'Seen', 'userId': ids[0], 'timestamp': ids[-1]})
        text = server.run('--format', 'csv', 'rejects').out
    expect(ids[0].strip("'\" ")[1:5] in text, f'they are not in it: {short(text)}')
    is_defused(text)


# --- terminals

ESCAPES = '\x1b[2J\x1b]0;owned\x07'


def on_a_terminal(world, words, stranger):
    """What strangers wrote is shown on a terminal and not obeyed by it; to another program it goes as it is."""
    server = world.server()
    server.apply('segment "All" = at least 0 any event')
    server.send({**stranger, 'type': 'track'})
    server.settled()
    words = [word.format(who=stranger.get('userId')) for word in words]
    ran = server.run(*words)
    expect('\x1b' in ran.out + ran.err, f'what the stranger wrote is not in it: {short(ran.out + ran.err)!r}')
    main, end = pty.openpty()
    shown = b''
    with subprocess.Popen([world.program.binary, '--store', server.address(), *words], stdout=end, stderr=end, stdin=end,
                          env={**os.environ, 'TESSERA_TOKEN': server.token}, cwd=world.folder) as running:
        os.close(end)
        try:
            while piece := os.read(main, 65536):
                shown += piece
        except OSError:
            pass  # its end
        os.close(main)
        running.wait()
    # The progress bar's own: it clears its line.
    text = shown.replace(b'\r\x1b[K', b'')
    expect(b'u001b' in text, f'what the stranger wrote is not on it: {text[:200]!r}')
    expect(b'\x1b' not in text and b'\x07' not in text, f'the terminal is given {text[:200]!r}')


# --- other sites' pages

def other_site(world, targets, headers):
    server = world.server()
    server.apply('segment "All" = did "Seen"')
    server.track('ann', 'Seen')
    for target in targets:
        answer = server.ask('GET', target, headers=headers)
        equal(f'GET {target} for a page of another site', answer.status, 403)
    server.get(targets[0], headers={'Sec-Fetch-Site': 'none'})  # typed by a person
    answer = server.ask('POST', f'/v1/track?writeKey={server.key}', '{"userId":"bob","event":"Seen"}',
                        headers={**headers, 'Origin': 'https://shop.example'})
    equal('an event of a page of another site', answer.status, 200)


CROSS = {'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image'}
DEAR = ['/api/v1/segments/all/members?as_of=2026-03-01', '/api/v1/customers/ann/segments', '/api/v1/customers/ann/history']

# --- headers

KEPT = {'x-content-type-options': 'nosniff', 'cache-control': 'no-store'}


def headers_of(world, asked):
    """Every answer says what a browser may do with it."""
    server = world.server()
    server.track('ann', 'Seen')
    for method, target, status, token in asked:
        answer = server.ask(method, target.format(key=server.key), '{}' if method == 'POST' else None, token=token)
        equal(f'{method} {target}', answer.status, status)
        for name, value in KEPT.items():
            equal(f'{name} of {method} {target}', answer.headers.get(name), value)
        expect("frame-ancestors 'none'" in answer.headers.get('content-security-policy', ''),
               f'{method} {target} may be framed: {answer.headers.get("content-security-policy")}')


def types_of(world):
    """Every body says what it is, and a text in which letters."""
    server = world.server()
    server.apply('segment "All" = did "Seen"')
    server.track('ann', 'Seen')
    wanted = {'/api/v1/segments': 'application/json', '/api/v1/segments/none': 'application/problem+json',
              '/api/v1/segments/all/members?format=csv': 'text/csv; charset=utf-8',
              '/api/v1/segments/all/members?format=jsonl': 'application/x-ndjson',
              f'/v1/pixel/track?writeKey={server.key}&userId=a&event=E': 'image/gif', '/nothing': 'application/problem+json',
              '/metrics': 'text/plain; version=0.0.4; charset=utf-8'}
    for target, type_ in wanted.items():
        answer = server.ask('GET', target)
        equal(f'the type of {target}', answer.headers.get('content-type'), type_)
        if 'json' in type_ and 'nd' not in type_:
            json.loads(answer.text)


# --- TLS

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'tls')


def context(ciphers=None, most=None, least=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE  # a certificate of this test's own
    if ciphers:
        made.set_ciphers(ciphers + ':@SECLEVEL=0')
    if most:
        made.maximum_version = most
    if least:
        made.minimum_version = least
    return made


def secured(world):
    return world.server('--tls-cert', os.path.join(HERE, 'cert.pem'), '--tls-key', os.path.join(HERE, 'key.pem'), tls=context())


def weak(world, ciphers):
    """TLS 1.2 by a cipher without forward secrecy, or of blocks in a chain, is refused; by a sound one it is spoken."""
    server = secured(world)
    for each in ciphers:
        try:
            with context(each, ssl.TLSVersion.TLSv1_2).wrap_socket(server.connect()) as spoken:
                raise Fails(f'{spoken.version()} by {spoken.cipher()[0]} is spoken')
        except ssl.SSLError:
            pass
        except OSError:
            pass  # closed without an alert
    for sound in (context('ECDHE-RSA-AES128-GCM-SHA256', ssl.TLSVersion.TLSv1_2), context(least=ssl.TLSVersion.TLSv1_3)):
        server.tls = sound
        server.get('/healthz')


def older(world):
    server = secured(world)
    equal('a sound one', server.get('/healthz').status, 200)
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        try:
            with context('DEFAULT', version, version).wrap_socket(server.connect()) as spoken:
                raise Fails(f'{spoken.version()} is spoken')
        except OSError:
            pass


def asked_in_plain(world):
    """Who asks a port of TLS in plain is not led on to it: nothing of the question was safe."""
    server = secured(world)
    with server.connect() as one:
        one.sendall(b'GET /api/v1/segments HTTP/1.1\r\nHost: localhost\r\n\r\n')
        try:
            said = one.recv(4096)
        except OSError:
            said = b''
    expect(not said.startswith(b'HTTP/1.1 3') and b'ocation:' not in said, f'it is answered {said[:100]!r}')
    expect(b'"segments"' not in said, 'it is answered')
    server.lives()


def strict_transport(world):
    """Behind TLS, a browser is told to come by TLS alone from then on; and of plain HTTP it is not."""
    server = secured(world)
    server.track('ann', 'Seen')
    for target in ('/healthz', '/api/v1/segments', '/api/v1/nothing', '/v1/projects/x/settings'):
        answer = server.ask('GET', target)
        expect('max-age=' in answer.headers.get('strict-transport-security', ''), f'{target} does not say so: {answer.headers}')
    plain = world.server(record='plain.duckdb')
    expect('strict-transport-security' not in plain.ask('GET', '/healthz').headers, 'plain HTTP says so')


CHECKS = [
    Check('members-as-csv-that-are-formulas', formulas, (FORMULAS, 'members')),
    Check('an-export-of-formulas', formulas, (FORMULAS, 'export'), soak=True),
    Check('a-page-of-another-site-asks-what-is-dear', other_site, (DEAR, CROSS)),
    Check('headers-of-management', headers_of,
          ([('GET', '/api/v1/segments', 200, None), ('GET', '/api/v1/customers/ann', 200, None)],)),
    Check('headers-of-tls', strict_transport, soak=True),
    Check('tls-without-forward-secrecy', weak, (['AES128-SHA'],)),
    # Not seen before.
    Check('ids-that-command-a-terminal', on_a_terminal,
          (['segments', 'members', 'All'], {'userId': 'u' + ESCAPES, 'event': 'Seen'}), soak=True),
    Check('rejects-that-command-a-terminal', on_a_terminal,
          (['rejects'], {'userId': 'ann', 'event': 'Seen' + ESCAPES}), soak=True),
    Check('values-that-command-a-terminal', on_a_terminal,
          (['sql', 'SELECT note FROM seen'], {'userId': 'ann', 'event': 'Seen', 'properties': {'note': ESCAPES}}), soak=True),
    Check('members-as-csv-with-blanks-and-wide-letters', formulas, (OTHERS, 'members'), soak=True),
    Check('sql-as-csv-of-formulas', formulas, (OTHERS + FORMULAS, 'sql'), soak=True),
    Check('rejects-as-csv-of-formulas', formulas, (FORMULAS + OTHERS, 'rejects'), soak=True),
    Check('a-page-of-another-site-goes-there', other_site,
          (['/api/v1/status', '/api/v1/openapi.json', '/api/v1/changes'],
           {'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document'}), soak=True),
    Check('a-page-of-another-site-frames-it', other_site,
          (['/api/v1/discoveries', '/api/v1/segments'],
           {'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe'}), soak=True),
    Check('headers-of-refusals', headers_of,
          ([('GET', '/api/v1/segments', 401, 'tsk_wrong'), ('GET', '/api/v1/segments/none', 404, None),
            ('GET', '/nothing', 404, None), ('POST', '/api/v1/rulings', 400, None), ('DELETE', '/healthz', 405, None)],), soak=True),
    Check('headers-of-what-is-open', headers_of,
          ([('GET', '/healthz', 200, None), ('GET', '/readyz', 200, None), ('GET', '/metrics', 200, None),
            ('GET', '/v1/pixel/track?writeKey={key}&userId=a&event=E', 200, None),
            ('POST', '/v1/track?writeKey=none', 200, None)],), soak=True),
    Check('tls-of-blocks-in-a-chain', weak, (['ECDHE-RSA-AES128-SHA', 'ECDHE-RSA-AES256-SHA384', 'DHE-RSA-AES128-SHA'],), soak=True),
    Check('tls-by-the-servers-key', weak, (['AES256-GCM-SHA384', 'AES128-GCM-SHA256', 'CAMELLIA128-SHA'],), soak=True),
    Check('tls-of-old', older, soak=True),
    Check('types-of-bodies', types_of, soak=True),
    Check('a-port-of-tls-is-asked-in-plain', asked_in_plain, soak=True),
]
