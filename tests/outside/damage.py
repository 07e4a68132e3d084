"""Files of a record and its log that are gone, older, others, cut off or damaged: what is wrong is said with the file and
what to do, every time; nothing starts as if nothing had been."""
import glob
import json
import os
import random
import shutil

from check import Check
from serving import equal, expect, short


BLOCK = 256 << 10


def with_events(world, count=5, ends='stop'):
    server = world.server()
    for n in range(count):
        server.track(f'u{n}', 'Paid', messageId=f'm{n}')
    if ends == 'kill':
        server.kill()
    else:
        server.stop()
    return server


def newest_file_of(server):
    files = sorted(glob.glob(server.record + '.log/*.log'))
    expect(files, f'no file of the log: {os.listdir(os.path.dirname(server.record))}')
    return files[-1]


def refused(server, *words):
    said = server.refuses()
    for word in words:
        expect(word in said, f'it does not say {word!r}: {short(said)}')


def log_is_gone(world, ends):
    server = with_events(world, ends=ends)
    shutil.rmtree(server.record + '.log')
    refused(server, 'r.duckdb.log', '--new-log')


def last_file_is_gone(world):
    server = with_events(world, ends='kill')
    os.remove(newest_file_of(server))
    refused(server, 'log', '--new-log')


def older_log(world):
    server = with_events(world)
    shutil.copytree(server.record + '.log', world.path('older'))
    server.start()
    server.track('zoe', 'Paid')
    server.stop()
    shutil.rmtree(server.record + '.log')
    os.rename(world.path('older'), server.record + '.log')
    refused(server, 'log', '--new-log')


def log_of_another(world):
    server = with_events(world)
    other = world.server(record='other.duckdb')
    for n in range(9):
        other.track(f'u{n}', 'Paid')
    other.stop()
    shutil.rmtree(server.record + '.log')
    os.rename(other.record + '.log', server.record + '.log')
    refused(server, 'another log')


def given_up(world):
    """Whoever gives a log up says so, and goes on with another."""
    server = with_events(world)
    shutil.rmtree(server.record + '.log')
    server.refuses()
    server.start('--new-log')
    server.ready()
    server.track('zoe', 'Paid')
    server.restart()
    equal('events', server.run('--format', 'csv', 'sql', 'SELECT count(*) AS n FROM paid').out, 'n\n6\n')


def torn(world, cut):
    """What a crash left of a group that was never acknowledged is cut off, and said."""
    server = with_events(world, ends='kill')
    newest = newest_file_of(server)
    os.truncate(newest, os.path.getsize(newest) - cut)
    before = len(server.said())
    server.start()
    server.ready()
    said = server.said()[before:]
    expect('torn' in said or 'cut off' in said, f'nothing is said of the end that was cut off: {short(said)}')
    expect('torn' in server.get('/api/v1/status').text, 'the status says nothing of it')


def names_file_and_remedy(world, words, met):
    ran = world.run(*words)
    if ran.code == 0:
        return 0  # it did not come by there
    expect('r.duckdb: is damaged' in ran.err and 'restore' in ran.err,
           f'{words[0]} does not name file and remedy of {met}: {short(ran.err + ran.out)}')
    return 1


QUESTIONS = [['sql', 'SELECT count(DISTINCT profile) FROM paid WHERE seq > 0'], ['doctor'], ['segments', 'count', '-e', 'did "Paid"']]


def damaged_blocks(world, rows, questions):
    """Each block of 256 KB behind the heads, one after the other, is met by somebody, who names the file and what helps."""
    chance = random.Random(1)
    world.write('calls.jsonl', ''.join(json.dumps({
        'type': 'track', 'userId': f'u{n % 5000}', 'event': 'Paid', 'messageId': f'm{n}', 'timestamp': '2026-01-01T00:00:00Z',
        'properties': {'note': f'{chance.getrandbits(128):x}'}}) + '\n' for n in range(rows)))
    world.said('import', 'calls.jsonl', '--preset', 'segment')
    whole, met, blocks = world.read('r.duckdb'), 0, range(3 * 4096, os.path.getsize(world.path('r.duckdb')) - BLOCK + 1, BLOCK)
    for at in blocks:
        damaged = bytearray(whole)
        middle = at + BLOCK // 2
        damaged[middle:middle + 64] = bytes(byte ^ 0x5a for byte in damaged[middle:middle + 64])
        for words in questions:
            world.write('r.duckdb', bytes(damaged))
            met += names_file_and_remedy(world, words, f'the block at {at}')
    expect(met > 3, f'{met} questions met the damage in {len(blocks)} blocks')


def damaged_whole(world, what):
    """So does whoever meets half of a file, or one whose head is damaged; and no server starts on it."""
    server = with_events(world)
    content = world.read('r.duckdb')
    content = content[:len(content) // 2] if what == 'half' else content[:4096] + b'\x5a' * 8192 + content[12288:]
    world.write('r.duckdb', content)
    for words in QUESTIONS:
        equal(f'{words[0]} meets it', names_file_and_remedy(world, words, what), 1)
    refused(server, 'r.duckdb', 'restore')


CHECKS = [
    Check('a-log-that-is-gone', log_is_gone, ('stop',)),
    Check('the-last-file-of-the-log-is-gone', last_file_is_gone, soak=True),
    Check('an-end-of-the-log-that-was-cut-off', torn, (7,)),
    Check('blocks-of-the-record-that-are-damaged', damaged_blocks, (40000, [['sql', 'SELECT count(DISTINCT note) FROM paid']] + QUESTIONS[1:]), soak=True),
    # Not seen before.
    Check('a-log-that-is-gone-after-a-crash', log_is_gone, ('kill',), soak=True),
    Check('an-older-copy-of-the-log', older_log, soak=True),
    Check('the-log-of-another-record', log_of_another, soak=True),
    Check('a-log-that-is-given-up', given_up, soak=True),
    Check('an-end-of-the-log-of-which-a-byte-is-missing', torn, (1,), soak=True),
    Check('an-end-of-the-log-of-which-half-is-missing', torn, (60,), soak=True),
    Check('half-of-a-record', damaged_whole, ('half',), soak=True),
    Check('a-record-whose-head-is-damaged', damaged_whole, ('head',), soak=True),
]
