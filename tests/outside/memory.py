"""What one request may take of the memory that all share. The plain server under a limit of its address space, which stands
for the machine's end: it says no to that one request, and goes on; and a client that is gone takes nothing any more."""
import json
import os
import socket
import threading
import time
import zlib

from check import Check
from serving import Fails, equal, expect, short

MEGA = 1 << 20
SPACE = 1536 * MEGA  # of addresses, of which the program and its threads take most of half a gigabyte


def goes_on(server, most):
    server.lives()
    server.track('zoe', 'Seen')
    equal('a question after it', server.run('--format', 'csv', 'sql', 'SELECT count(*) AS n FROM seen').out, 'n\n2\n')
    expect(server.most_memory() < most, f'{server.most_memory() // MEGA} MB were taken')


def head_of(method, target, length, headers=''):
    return f'{method} {target} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n'.encode()


def command(server, *words):
    """The bytes of a request for a command."""
    body = json.dumps({'words': words}).encode()
    token = f'Authorization: Bearer {server.token}\r\n' if server.token else ''
    return head_of('POST', '/api/v1/commands', len(body), token + 'Content-Type: application/json\r\n') + body


# --- SQL

def rows_without_end(world, question, most):
    """A long answer is made while it is read, not before: who reads a megabyte of it has cost a few."""
    server = world.server(address_space=SPACE)
    server.track('ann', 'Seen')
    with server.connect(60) as reader:
        reader.sendall(command(server, '--format', 'csv', 'sql', question))
        got = 0
        try:
            while got < MEGA:
                piece = reader.recv(65536)
                expect(piece, f'the connection ends after {got} bytes{"" if server.is_alive() else ", and the process"}: '
                              f'{server.last_said()}')
                got += len(piece)
        except TimeoutError:
            raise Fails(f'{got} bytes of the answer came within 60 s, and {server.memory() // MEGA} MB are taken') from None
    goes_on(server, most)


def a_large_value(world, question):
    """Texts and lists that are made on the way to an answer count too: here gigabytes, of which half of one may be taken."""
    server = world.server('--memory', '512M', address_space=4096 * MEGA)
    server.track('ann', 'Seen')
    ran = server.run('sql', question)
    equal('its exit code', ran.code, 1)
    expect('memory' in ran.err, f'it does not say what was missing: {short(ran.err)}')
    goes_on(server, 900 * MEGA)


def a_program_in_sql(world, text):
    """A statement of megabytes costs hundreds in planning: it is refused for its size, at once."""
    server = world.server()
    server.track('ann', 'Seen')
    before = server.cpu()
    ran = server.ask('POST', '/api/v1/commands', {'words': ['sql', text]}, patience=60)
    expect('at most' in ran.text and 'bytes' in ran.text, f'it is not refused for its size: {ran}')
    expect(server.cpu() - before < 1, f'{server.cpu() - before:.1f} CPU s were spent on it')


ORS = 'SELECT 1 FROM range(10) WHERE range = 0' + ''.join(f' OR range = {n}' for n in range(1, 100000))
LIST = 'SELECT 1 FROM range(10) WHERE range IN (' + ', '.join(str(n) for n in range(100000)) + ')'
CASES = 'SELECT CASE range ' + ''.join(f'WHEN {n} THEN {n} ' for n in range(40000)) + 'END FROM range(10)'

# --- files and bodies

HEAD = b'who,at,what,note\n'


def packed(head, line, size):
    """gzip of `head` and so many bytes of `line`, made of one deflated piece."""
    piece = line * (MEGA // len(line))
    times = size // len(piece)
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    first = deflate.compress(head) + deflate.flush(zlib.Z_FULL_FLUSH)
    again = deflate.compress(piece) + deflate.flush(zlib.Z_FULL_FLUSH)
    last = deflate.flush()
    check = zlib.crc32(head)
    for _ in range(times):
        check = zlib.crc32(piece, check)
    total = len(head) + times * len(piece)
    return (b'\x1f\x8b\x08\0\0\0\0\0\0\xff' + first + again * times + last + check.to_bytes(4, 'little')
            + (total & 0xffffffff).to_bytes(4, 'little'))


def a_small_file(world, head, line, options, members=1):
    """A few megabytes that unpack to a gigabyte, by one file or by many behind each other."""
    server = world.server(address_space=SPACE)
    server.track('ann', 'Seen')
    body = packed(head, line, 900 * MEGA // members)
    if members > 1:
        body += packed(b'', line, 900 * MEGA // members) * (members - 1)
    expect(len(body) < 8 * MEGA, f'the file is no small one: {len(body)} bytes')
    answer = server.ask('POST', '/api/v1/imports?zone=UTC&yes' + options, body, patience=60)
    equal('the answer', answer.status, 422)
    expect('256 MB' in answer.text, f'it does not say the limit: {answer}')
    goes_on(server, 900 * MEGA)


def unfinished_bodies(world, target, size, count, most, chunked=False):
    """Bodies of strangers that never come to their end are bounded together, and others are answered beside them."""
    server = world.server('--memory', '256M')
    server.track('ann', 'Seen')
    before = server.memory()
    held, told = [], 0
    if chunked:
        head = f'POST {target} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{size:x}\r\n'.encode()
    else:
        head = head_of('POST', target, size)
    body = b' ' * (size - 1)
    for _ in range(count):
        one = server.connect()
        held.append(one)
        try:
            one.sendall(head + body)
        except OSError:
            told += 1
    grown = server.most_memory() - before
    server.track('zoe', 'Seen')
    server.lives()
    for one in held:
        one.close()
    expect(grown < most, f'{count} bodies without an end hold {grown // MEGA} MB')


# --- who is gone

def the_next_waits(server, alone):
    begun = time.monotonic()
    equal('the next', server.run('sql', 'SELECT 1', patience=60).code, 0)
    waited = time.monotonic() - begun
    expect(waited < 10 * alone + 4, f'the next command waits {waited:.1f} s for one whose client is gone')


def gone(world, *words):
    """Who goes away has ended what they asked: whoever comes next does not wait for it."""
    server = world.server()
    server.track('ann', 'Seen')
    begun = time.monotonic()
    server.run('sql', 'SELECT 1')
    alone = time.monotonic() - begun
    with server.connect() as client:
        client.sendall(command(server, *words))
        try:
            client.settimeout(0.3)  # it has begun; of one that waits for its first row there is nothing to be seen
            client.recv(1)
        except TimeoutError:
            pass
    the_next_waits(server, alone)


def many_gone(world):
    """Eight may wait; eight that are gone are in nobody's way."""
    server = world.server()
    server.track('ann', 'Seen')
    clients = [server.connect() for _ in range(9)]
    for client in clients:
        client.sendall(command(server, 'sql', HOURS))
    server.get('/healthz')
    for client in clients:
        client.shutdown(socket.SHUT_RDWR)
        client.close()
    begun = time.monotonic()
    while server.ask('POST', '/api/v1/commands', {'words': ['sql', 'SELECT 1']}, patience=60).status != 200:
        expect(time.monotonic() - begun < 10, 'eight that are gone hold the places of those who wait for 10 s')
        time.sleep(0.1)


HOURS = 'SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b'


def five_thousand(world):
    """Five thousand strangers, each with most of a body of 4 MB."""
    server = world.server('--memory', '1G', '--connections-of-one', '6000')
    server.track('ann', 'Seen')
    server.track('zoe', 'Seen')
    before, held = server.memory(), []
    body = head_of('POST', '/rudder/v1/batch', 4000000) + b' ' * 3900000
    end = time.monotonic() + 240

    def pour(count):
        for _ in range(count):
            try:
                one = server.connect(30)
                held.append(one)
                one.sendall(body)
            except OSError:
                pass

    threads = [threading.Thread(target=pour, args=(1250,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        server.get('/healthz')
        expect(server.memory() - before < 1200 * MEGA, f'they hold {(server.memory() - before) // MEGA} MB')
        expect(time.monotonic() < end, 'they are not through in 240 s')
        threads[0].join(0.2)
    print(f'figure: 5,000 bodies of 4 MB without an end hold {(server.most_memory() - before) // MEGA} MB', flush=True)
    for one in held:
        one.close()
    server.lives()


def the_disk(world, question):
    """What is sorted beyond the memory goes to the disk, and not to its end: events are taken beside it."""
    server = world.server('--memory', '64M')
    server.track('ann', 'Seen')
    asked = []
    asking = threading.Thread(target=lambda: asked.append(server.run('--format', 'csv', 'sql', question, patience=900)))
    asking.start()
    most = 0
    while asking.is_alive():
        asking.join(0.2)
        most = max(most, on_disk(world))
        if most > 3000 * MEGA:
            server.kill()
            asking.join()
            raise Fails(f'{most // MEGA} MB are on the disk for one question')
    expect(asked, 'the question has no end within 900 s')
    equal('its exit code', asked[0].code, 1)
    expect('disk' in asked[0].err or 'memory' in asked[0].err, f'it does not say what was missing: {short(asked[0].err)}')
    goes_on(server, 900 * MEGA)
    expect(on_disk(world) < 200 * MEGA, f'{on_disk(world) // MEGA} MB are left on the disk')


def on_disk(world):
    total = 0
    for folder, _, files in os.walk(world.folder):
        for file in files:
            try:
                total += os.path.getsize(os.path.join(folder, file))
            except FileNotFoundError:
                pass  # gone meanwhile
    return total


CHECKS = [
    Check('ten-million-rows-of-which-a-megabyte-is-read', rows_without_end, ('SELECT * FROM range(10000000)', 500 * MEGA)),
    Check('a-hundred-million-rows', rows_without_end, ('SELECT * FROM range(100000000)', 500 * MEGA), soak=True),
    Check('a-text-of-gigabytes', a_large_value, ("SELECT length(repeat('x', 400000000) || repeat('y', 400000000))",), soak=True),
    Check('a-hundred-thousand-ors', a_program_in_sql, (ORS,), soak=True),
    Check('a-gigabyte-in-a-file-of-one', a_small_file,
          (HEAD, b'c1,2026-01-01T00:00:00Z,Seen,' + b' ' * 400 + b'\n', '&map=customer=who,time=at,event=what')),
    Check('a-hundred-unfinished-bodies-of-4-MB', unfinished_bodies, ('/rudder/v1/batch', 4000000, 100, 220 * MEGA)),
    Check('five-thousand-unfinished-bodies', five_thousand, soak=True),
    Check('a-client-that-leaves-a-long-question', gone, ('sql', HOURS)),
    Check('eight-clients-that-left', many_gone, soak=True),
    # Not seen before.
    Check('rows-of-long-texts-of-which-a-megabyte-is-read', rows_without_end,
          ("SELECT repeat('x', 1000) || range AS a FROM range(4000000)", 500 * MEGA), soak=True),
    Check('texts-that-are-joined-to-gigabytes', a_large_value,
          ("SELECT length(string_agg(repeat('x', 1000000), '')) FROM range(1500)",), soak=True),
    Check('a-list-of-gigabytes', a_large_value,
          ("SELECT list_transform(range(12000000), lambda x: 'a text that is too long to lie in place ' || x)",), soak=True),
    Check('a-text-that-is-turned-around', a_large_value,
          ("SELECT length(reverse(repeat('x', 500000000)) || upper(repeat('y', 400000000)))",), soak=True),
    Check('a-list-of-a-hundred-thousand', a_program_in_sql, (LIST,), soak=True),
    Check('forty-thousand-cases', a_program_in_sql, (CASES,), soak=True),
    Check('a-gigabyte-of-lines-of-json-in-a-file-of-one', a_small_file,
          (b'', b'{"type":"track","userId":"u","event":"Seen","timestamp":"2026-01-01T00:00:00Z"}\n', '&preset=segment'), soak=True),
    Check('a-gigabyte-in-many-members-of-a-file', a_small_file,
          (HEAD, b'c1,2026-01-01T00:00:00Z,Seen,' + b'x' * 400 + b'\n', '&map=customer=who,time=at,event=what', 30), soak=True),
    Check('a-thousand-unfinished-bodies-of-500-KB', unfinished_bodies, ('/v1/batch', 500000, 1000, 220 * MEGA), soak=True),
    Check('a-hundred-unfinished-chunks-of-4-MB', unfinished_bodies,
          ('/beacon/v1/batch', 4000000, 100, 220 * MEGA, True), soak=True),
    Check('a-sort-of-billions', the_disk, ('SELECT range FROM range(2000000000) ORDER BY hash(range)',), soak=True),
    Check('a-grouping-of-billions', the_disk,
          ('SELECT hash(range) AS h, count(*) AS n FROM range(2000000000) GROUP BY h ORDER BY n',), soak=True),
    Check('a-client-that-leaves-a-long-answer', gone, ('sql', 'SELECT * FROM range(1000000000)'), soak=True),
    Check('a-client-that-leaves-what-counts-differences', gone,
          ('sql', 'SELECT count(DISTINCT hash(a.range, b.range)) FROM range(100000) a, range(100000) b'), soak=True),
]
