"""The audit: whoever sees a customer, by whatever road, or changes something, leaves a line that says who, from where and what,
and of whom by pseudonym alone; and a line that was changed shows."""
import json

from check import Check
from serving import equal, expect, short

SEGMENT = 'segment "All" = at least 0 any event'


def begin(world):
    server = world.server()
    server.identify('ann-4711', {'email': 'ann@marker.example', 'diagnosis': 'flu'})
    server.apply(SEGMENT)
    made = server.ask('POST', '/api/v1/tokens', {'name': 'support', 'scopes': 'identified'})
    if made.status != 201:
        made = server.ask('POST', '/api/v1/tokens')
    equal('a token', made.status, 201)
    server.token = server.token or made['token']
    return server, made['token']


def entries(server):
    return server.get('/api/v1/audit?limit=1000')['entries']


def is_noted(server, who, action):
    found = [entry for entry in entries(server) if entry['action'] == action and entry['who'] == who]
    expect(found, f'the audit has no {action} by {who}: {short([(entry["who"], entry["action"]) for entry in entries(server)])}')
    equal('its address', found[0]['address'], '127.0.0.1')
    text = json.dumps(entries(server))
    for word in ('ann-4711', 'marker.example', 'tsk_', 'flu'):
        expect(word not in text, f'the audit has {word} in it')


def by_http(world, target, action):
    server, token = begin(world)
    answer = server.ask('GET', target, token=token)
    expect(answer.status in (200, 404), f'GET {target}: {answer}')
    is_noted(server, 'support', 'GET ' + action)


def by_command(world, words):
    server, token = begin(world)
    answer = server.ask('POST', '/api/v1/commands', {'words': words}, token=token)
    equal('the command', answer.status, 200)
    verbs = [word for word in words if not word.startswith('-')]
    known = ['tessera ' + ' '.join(verbs[:n]) for n in (1, 2)]
    noted = {entry['action'] for entry in entries(server) if entry['who'] == 'support'}
    is_noted(server, 'support', next((each for each in known if each in noted), known[0]))


def changed(world, steps):
    """Each of (method, target, body, action) is noted with the name of the token that did it."""
    server, _ = begin(world)
    for method, target, body, action in steps:
        answer = server.ask(method, target.format(key=server.key), body)
        expect(answer.status < 300, f'{method} {target}: {answer}')
        is_noted(server, 'admin', action)


def verified(world):
    """The head of today holds tomorrow, and another one does not."""
    server, _ = begin(world)
    server.get('/api/v1/customers/ann-4711')
    head = server.get('/api/v1/audit/head')
    size, root = head['size'], head['root']
    server.get('/api/v1/rejects')
    server.get(f'/api/v1/audit/head?size={size}&root={root}')
    other = ('0' if root[0] != '0' else '1') + root[1:]
    server.get(f'/api/v1/audit/head?size={size}&root={other}', 409)
    ran = server.run('audit', 'verify', '--head', f'{size}:{root}')
    equal('audit verify', ran.code, 0)


def one_pseudonym(world):
    """Looked up by whatever name, a customer is one in the audit, and it is no public id."""
    server, token = begin(world)
    for name in ('ann-4711', 'ann@marker.example'):
        server.ask('GET', f'/api/v1/customers/{name}', token=token)
    details = {entry['detail'] for entry in entries(server) if entry['who'] == 'support'}
    equal('how many customers the audit tells of', len(details), 1)


CHANGES = [('PUT', '/api/v1/segments', 'segment "B" = did "Seen"', 'PUT /api/v1/segments'),
           ('POST', '/api/v1/rulings', '{"ruling":"mark","who":"ann-4711","as":"staff","by":"x"}', 'POST /api/v1/rulings'),
           ('POST', '/api/v1/webhooks', '{"url":"https://example.org/x"}', 'POST /api/v1/webhooks')]
DOORS = [('POST', '/api/v1/sources', '{"name":"shop"}', 'POST /api/v1/sources'),
         ('DELETE', '/api/v1/keys/{key}', None, 'DELETE /api/v1/keys/{key}'),
         ('DELETE', '/api/v1/segments/all', None, 'DELETE /api/v1/segments/{slug}')]

CHECKS = [
    Check('a-customers-history-is-looked-at', by_http,
          ('/api/v1/customers/ann-4711/history', '/api/v1/customers/{id}/history'), soak=True),
    Check('customers-are-looked-at-by-sql', by_command, (['sql', 'SELECT * FROM customers'],)),
    Check('rejects-are-looked-at', by_http, ('/api/v1/rejects', '/api/v1/rejects'), soak=True),
    Check('a-customer-is-looked-up-by-e-mail', by_http,
          ('/api/v1/customers/ann%40marker.example', '/api/v1/customers/{id}'), soak=True),
    Check('definitions-decisions-and-webhooks-are-changed', changed, (CHANGES,), soak=True),
    # Not seen before.
    Check('members-are-listed', by_http, ('/api/v1/segments/all/members?format=csv', '/api/v1/segments/{slug}/members'), soak=True),
    Check('changes-are-read', by_http, ('/api/v1/changes?after=', '/api/v1/changes'), soak=True),
    Check('a-customers-outlook-is-looked-at', by_http,
          ('/api/v1/customers/ann-4711/outlook', '/api/v1/customers/{id}/outlook'), soak=True),
    Check('somebody-who-is-not-there-is-looked-up', by_http,
          ('/api/v1/customers/nobody%40marker.example', '/api/v1/customers/{id}'), soak=True),
    Check('a-customer-is-asked-for-by-a-command', by_command, (['customer', 'ann@marker.example'],), soak=True),
    Check('members-are-listed-by-a-command', by_command, (['segments', 'members', 'All'],), soak=True),
    Check('customers-are-exported', by_command, (['export', 'All'],), soak=True),
    Check('keys-and-segments-are-taken-back', changed, (DOORS,), soak=True),
    Check('the-head-of-the-audit-holds', verified, soak=True),
    Check('one-customer-is-one-in-the-audit', one_pseudonym, soak=True),
]
