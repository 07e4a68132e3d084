"""Secrets and files: what signs, lets in or hides is read by no SQL, lies in no byte of the record, and belongs to the user
that the server runs as, whatever the umask."""
import os

from check import Check
from serving import equal, expect, short

# Each road of SQL to a file or a table of the system's, with RECORD for the record's path.
ROADS = {
    'the-log-of-the-database': ["SELECT regexp_extract(content::VARCHAR, 'whsec_[A-Za-z0-9+/=]{40,}') AS a FROM read_blob('RECORD.wal')",
                                "SELECT content::VARCHAR AS a FROM read_blob('RECORD.wal')"],
    'the-statistics-of-a-column': ["SELECT * FROM pragma_storage_info('tessera.webhook')",
                                   "SELECT * FROM pragma_storage_info('tessera.source')",
                                   "SELECT * FROM tessera.webhook"],
    'the-record-as-bytes': ["SELECT content::VARCHAR AS a FROM read_blob('RECORD')", "SELECT * FROM read_text('RECORD')"],
    'files-beside-the-record': ["SELECT * FROM read_text('RECORD.keys')", "SELECT * FROM read_csv_auto('RECORD.keys')",
                                "SELECT * FROM read_json_auto('RECORD.keys')", "SELECT * FROM read_text('RECORD.token')",
                                "SELECT content FROM read_text('RECORD.tmp/../r.duckdb.keys')",
                                "SELECT * FROM 'RECORD.keys'"],
    'folders-that-are-listed': ["SELECT content::VARCHAR AS a FROM read_blob('RECORD*')",
                                "SELECT * FROM read_text('RECORD.log/*')", "SELECT * FROM read_blob('RECORD.tmp/*')"],
}


def made(world):
    server = world.server()
    server.track('ann', 'Seen')
    webhook = server.ask('POST', '/api/v1/webhooks', {'url': 'https://example.org/hook'})
    equal('a webhook', webhook.status, 201)
    return server, [secret for secret in (webhook['secret'], server.key, server.token) if secret]


def shows(text, secret):
    """Whether a part of it that is no chance is in the text."""
    bare = secret.split('_', 1)[1]
    return any(bare[at:at + 12] in text for at in range(0, len(bare) - 11, 4))


def by_sql(world, road):
    server, secrets = made(world)
    for question in ROADS[road]:
        for format_ in ('json', 'csv'):
            ran = server.run('--format', format_, 'sql', question.replace('RECORD', server.record))
            for secret in secrets:
                expect(not shows(ran.out + ran.err, secret), f'{short(question, 90)} shows {secret[:6]}...')


def by_comparison(world, column, table):
    """What is asked with a text just below a secret, and just above it, is answered alike: nobody finds it by halves."""
    server, (secret, *_) = made(world)
    server.stop()  # statistics are made when it is written to the record
    server.start()
    said = {(ran.code, ran.out) for ran in (
        server.run('--format', 'csv', 'sql', f"SELECT count(*) AS n FROM {table} WHERE {column} > '{border}'")
        for border in (secret[:-1], secret + '~'))}
    equal(f'answers that depend on {column}', len(said), 1)


def in_bytes(world, ends):
    """No file but the keystore (and the file with the first token) has a secret in it."""
    server, secrets = made(world)
    if ends == 'kill':
        server.kill()
    elif ends == 'stop':
        server.stop()
    for folder, _, files in os.walk(world.folder):
        for file in files:
            if file.endswith(('.keys', '.token')):
                continue
            with open(os.path.join(folder, file), 'rb') as opened:
                content = opened.read().decode('latin-1')
            for secret in secrets:
                expect(secret not in content, f'{secret[:6]}... is in {os.path.relpath(os.path.join(folder, file), world.folder)}')


def a_webhook_is_gone(world):
    """A secret that was rotated or removed is in no file any more."""
    server = world.server()
    webhook = server.ask('POST', '/api/v1/webhooks', {'url': 'https://example.org/hook'})
    equal('it is removed', server.ask('DELETE', f'/api/v1/webhooks/{webhook["id"]}').status, 200)
    server.stop()
    for file in os.listdir(world.folder):
        if os.path.isfile(world.path(file)):
            expect(webhook['secret'].encode() not in world.read(file), f'the secret of a webhook that is gone is in {file}')


# --- modes

def modes(world, umask, words=()):
    """Every file is its owner's alone: of the record, its log, and what the command writes."""
    server = world.server(umask=umask)
    server.apply('segment "All" = at least 1 any event')
    server.track('ann', 'Seen')
    server.kill()
    for line in words:
        world.said(*line, umask=umask)
    wrong = []
    for folder, folders, files in os.walk(world.folder):
        for name, wanted in [(each, 0o700) for each in folders] + [(each, 0o600) for each in files]:
            mode = os.stat(os.path.join(folder, name)).st_mode & 0o777
            # What this program makes itself: the server's standard error, files that a check writes.
            if mode != wanted and not name.endswith(('.said', '.by-hand')):
                wrong.append(f'{os.path.relpath(os.path.join(folder, name), world.folder)} {mode:o}')
    expect(not wrong, f'others may read or write: {", ".join(sorted(wrong))}')


def widened(world):
    """A record that an earlier version left open to others is closed when it is opened."""
    server = world.server()
    server.stop()
    os.chmod(server.record, 0o644)
    server.start()
    equal('its mode', oct(os.stat(server.record).st_mode & 0o777), '0o600')


WRITES = [('backup', 'copy.duckdb'), ('export', 'All', '--out', 'list.csv')]

CHECKS = [
    Check('secrets-by-the-log-of-the-database', by_sql, ('the-log-of-the-database',)),
    Check('secrets-by-comparing-a-column', by_comparison, ('secret', 'tessera.webhook'), soak=True),
    Check('files-under-the-usual-umask', modes, (0o022,)),
    # Not seen before.
    Check('secrets-by-the-statistics-of-a-column', by_sql, ('the-statistics-of-a-column',), soak=True),
    Check('secrets-by-comparing-an-older-one', by_comparison, ('previous_secret', 'tessera.webhook'), soak=True),
    Check('secrets-by-the-record-as-bytes', by_sql, ('the-record-as-bytes',), soak=True),
    Check('secrets-by-files-beside-the-record', by_sql, ('files-beside-the-record',), soak=True),
    Check('secrets-by-folders-that-are-listed', by_sql, ('folders-that-are-listed',), soak=True),
    Check('secrets-in-the-bytes-of-a-stopped-record', in_bytes, ('stop',), soak=True),
    Check('secrets-in-the-bytes-after-a-crash', in_bytes, ('kill',), soak=True),
    Check('the-secret-of-a-webhook-that-is-gone', a_webhook_is_gone, soak=True),
    Check('files-under-no-umask', modes, (0o000,), soak=True),
    Check('backups-and-exports-under-no-umask', modes, (0o000, WRITES), soak=True),
    Check('a-record-that-was-open-to-others', widened, soak=True),
]
