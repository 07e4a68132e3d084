"""Junk that anybody with the public key can pour in: a thousand names of properties, of traits, of events. What comes later
means what it would have meant, live, asked of the record and after a restart, and who reads the feed is told the same."""
import json

from check import Check
from serving import equal, expect, same_everywhere, short

BEYOND = 1050      # a record has columns for 1,000 properties an event, and tables for 1,000 events
PROPERTIES = 100   # of a call, which has at most 32 KB
EVENTS = 350       # of a batch
SLOWLY = 300       # seconds: the first definitions behind it wait until a thousand tables are made


def pour_properties(server, call, member):
    for start in range(0, BEYOND, PROPERTIES):
        server.send({'userId': 'mallory', **call, member: {f'junk {n}': n for n in range(start, start + PROPERTIES)}})


def pour_events(server):
    for start in range(0, BEYOND, EVENTS):
        server.send({'batch': [{'type': 'track', 'userId': 'mallory', 'event': f'Junk {n}'}
                               for n in range(start, start + EVENTS)]})


def of_the_feed(server):
    """Who is in which segment, for one who knows the feed alone."""
    inside = {}
    for change in server.changes():
        if change['change'] in ('entered', 'left'):
            of = inside.setdefault(change['segment'], set())
            (of.add if change['change'] == 'entered' else of.discard)(change['customer'])
    return {slug: sorted(of) for slug, of in inside.items()}


def means_the_same(server, wanted):
    """Each of {condition: who}: live, by the record, by the feed; now and after a restart."""
    slugs = {f's{n}': who for n, who in enumerate(wanted.values())}
    for when in ('', ' after a restart'):
        for slug, who in slugs.items():
            same_everywhere(server, slug, who, when)
        told = of_the_feed(server)
        for slug, who in slugs.items():
            equal(f'members of {slug}{when}, by the feed', told.get(slug, []), sorted(who))
        if not when:
            server.restart()


def segments_of(wanted):
    return ''.join(f'segment "S{n}" id "s{n}" = {condition}\n' for n, condition in enumerate(wanted))


ORDER = {'type': 'track', 'event': 'Order Completed'}


def properties_beyond(world, wanted, properties):
    server = world.server()
    pour_properties(server, ORDER, 'properties')
    server.apply(segments_of(wanted), SLOWLY)
    server.send({**ORDER, 'userId': 'ann', 'properties': properties})
    server.send({**ORDER, 'userId': 'bob', 'properties': {'total': 1}})
    means_the_same(server, wanted)


def traits_beyond(world, wanted, traits):
    server = world.server()
    pour_properties(server, {'type': 'identify'}, 'traits')
    server.apply(segments_of(wanted), SLOWLY)
    server.identify('ann', traits)
    server.identify('bob', {'other': 1})
    means_the_same(server, wanted)


def event_beyond(world):
    server = world.server()
    pour_events(server)
    server.apply('segment "Paid" id "s0" = did "Paid" where total > 3\n', SLOWLY)
    server.track('ann', 'Paid', {'total': 5})
    means_the_same(server, {'paid': ['ann']})


def event_beyond_by_file(world):
    server = world.server()
    pour_events(server)
    server.apply('segment "Paid" id "s0" = did "Paid" where total > 3\n', SLOWLY)
    world.write('rows.jsonl', json.dumps({'type': 'track', 'userId': 'ann', 'event': 'Paid', 'properties': {'total': 5},
                                          'timestamp': '2026-01-01T00:00:00Z'}) + '\n')
    ran = server.run('import', 'rows.jsonl', '--preset', 'segment', '--yes')
    equal('the import', (ran.code, short(ran.err) if ran.code else ''), (0, ''))
    means_the_same(server, {'paid': ['ann']})


def own_calls_beyond(world):
    """What is no event of the sender's, where none of its kind had come before the junk."""
    server = world.server()
    pour_events(server)
    server.apply('segment "Known" = trait plan = "pro"\n', SLOWLY)
    server.identify('ann', {'plan': 'pro'})
    server.send({'type': 'group', 'userId': 'ann', 'groupId': 'g1', 'traits': {'industry': 'x'}})
    server.send({'type': 'page', 'userId': 'ann', 'name': 'Home'})
    server.send({'type': 'screen', 'userId': 'ann', 'name': 'Start'})
    same_everywhere(server, 'known', ['ann'])
    equal('rejects', server.get('/api/v1/rejects')['rejects'], [])


def junk_is_seen_and_dropped(world):
    server = world.server()
    pour_events(server)
    server.track('ann', 'Paid')
    status = server.get('/api/v1/status').text
    expect('further_name' in status, 'the status does not say that a source pours in names')
    doctor = server.run('doctor').out
    expect('default' in doctor or 'names' in doctor, f'doctor does not name the source: {short(doctor)}')
    listed = server.run('events', 'list', '--rare', '--limit', '5')
    equal('events list', listed.code, 0)
    server.stop()
    world.said('events', 'drop', '--fewer-than', '2', '--rare', '--yes')
    server.start()
    server.ready()
    left = server.run('events', 'list', '--rare').out
    expect('Junk' not in left, f'junk is there after it was dropped: {short(left)}')


CHECKS = [
    Check('a-property-beyond-a-thousand', properties_beyond,
          ({'did "Order Completed" where coupon = "X"': ['ann']}, {'coupon': 'X'}), soak=True),
    Check('a-trait-beyond-a-thousand', traits_beyond, ({'trait plan = "pro"': ['ann']}, {'plan': 'pro'}), soak=True),
    Check('an-event-beyond-a-thousand-names', event_beyond, soak=True),
    Check('identify-group-page-and-screen-beyond-a-thousand-names', own_calls_beyond, soak=True),
    # Not seen before.
    Check('a-number-a-list-and-elements-beyond-a-thousand-properties', properties_beyond,
          ({'sum("Order Completed".rebate) = 2.5': ['ann'],
            'did "Order Completed" where labels includes "new"': ['ann'],
            'did "Order Completed" where any products where (sku = "a" and cost > 1)': ['ann'],
            'did "Order Completed" where gift is true': ['ann']},
           {'rebate': 2.5, 'labels': ['new'], 'products': [{'sku': 'a', 'cost': 2}, {'sku': 'b'}], 'gift': True}), soak=True),
    Check('a-list-and-an-object-beyond-a-thousand-traits', traits_beyond,
          ({'trait tags includes "golf"': ['ann'], 'trait address.city = "Bonn"': ['ann'], 'trait vip is true': ['ann']},
           {'tags': ['golf'], 'address': {'city': 'Bonn'}, 'vip': True}), soak=True),
    Check('an-event-of-a-file-beyond-a-thousand-names', event_beyond_by_file, soak=True),
    Check('junk-names-are-said-listed-and-dropped', junk_is_seen_and_dropped, soak=True),
]
