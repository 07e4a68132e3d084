"""The dialects of clients to their end: RudderStack's beacon and pixel, names of PostHog and Mixpanel, ids and times as libraries
write them where they have none."""
import base64
import json

from check import Check
from serving import equal, expect, same_everywhere, short

SEEN = 'segment "Seen" = did "Seen"\n'


def basic(server):
    return {'Authorization': 'Basic ' + base64.b64encode((server.key + ':').encode()).decode()}


# --- doors

def rudder_beacon(world, target, headers):
    server = world.server()
    server.apply(SEEN)
    calls = {'batch': [{'type': 'track', 'userId': 'ann', 'event': 'Seen', 'messageId': 'm1'}]}
    answer = server.ask('POST', target.format(key=server.key), json.dumps(calls), headers)
    equal(f'POST {target}', answer.status, 200)
    equal('members', server.members('seen'), ['ann'])


def rudder_pixel(world, target):
    server = world.server()
    server.apply('segment "Seen" = did "Seen" or trait plan = "pro"')
    answer = server.ask('GET', target.format(key=server.key))
    equal(f'GET {target}', (answer.status, answer.headers.get('content-type')), (200, 'image/gif'))
    equal('members', server.members('seen'), ['ann'])


def browsers_ask_first(world):
    server = world.server()
    answer = server.ask('OPTIONS', '/rudder/beacon/v1/batch', headers={
        'Origin': 'https://shop.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type'})
    expect(answer.status in (200, 204) and answer.headers.get('access-control-allow-origin') in ('*', 'https://shop.example'),
           f'a browser that asks first is told {answer} {answer.headers}')


# --- names

def dollar_events(world, names):
    """What senders name with a $ is an event as any other."""
    server = world.server()
    server.apply('segment "Any" = at least 1 any event\n' + ''.join(
        f'segment "S{n}" id "s{n}" = did "{name}"\n' for n, name in enumerate(names)))
    for n, name in enumerate(names):
        server.track(f'u{n}', name)
    same_everywhere(server, 'any', [f'u{n}' for n in range(len(names))])
    for n in range(len(names)):
        same_everywhere(server, f's{n}', [f'u{n}'])


def dollar_properties(world, condition, properties):
    server = world.server()
    server.apply(f'segment "S" id "s" = {condition}\n')
    server.track('ann', '$pageview', properties)
    server.track('bob', '$pageview')
    same_everywhere(server, 's', ['ann'])


def dollar_traits(world):
    server = world.server()
    server.apply('segment "S" id "s" = trait "$name" = "Ann"\n')
    server.identify('ann', {'$name': 'Ann', '$email': 'x'})
    same_everywhere(server, 's', ['ann'])


def quiet(world, condition):
    """What the system writes itself, and what every event has, is known: nobody is warned of it."""
    server = world.server()
    server.identify('ann', {'plan': 'x'})
    server.send({'type': 'group', 'userId': 'ann', 'groupId': 'g'})
    answer = server.apply(f'segment "S" id "s" = {condition}\n')
    expect('so far' not in answer.text, f'it warns: {answer}')


def by_the_calendar(world, condition):
    """What would be 0 or unknown for everybody is refused with the reason, not applied with a warning."""
    server = world.server()
    for day in range(5):
        server.track('ann', 'E', timestamp=f'2026-03-0{day + 1}T1{day}:00:00Z')
    answer = server.ask('PUT', '/api/v1/segments', f'segment "S" id "s" = {condition}\n')
    equal('the answer', answer.status, 422)
    expect('after where' in answer.text, f'it does not say where it may stand: {answer}')


# --- who

def same_message_of_two_sources(world, call):
    """A messageId is its source's own."""
    server = world.server()
    made = server.ask('POST', '/api/v1/sources', {'name': 'other'})
    equal('another source', made.status, 201)
    server.apply('segment "Twice" = at least 2 "Seen"')
    for _ in range(2):
        for key in (server.key, made['key']):
            body = {'type': 'track', 'userId': 'ann', 'event': 'Seen', 'messageId': 'm-1'}
            if call == 'batch':
                server.send({'batch': [body]}, key)
            elif call == 'pixel':
                server.ask('GET', f'/v1/pixel/track?writeKey={key}&userId=ann&event=Seen&messageId=m-1')
            else:
                server.send(body, key)
        if call == 'restart':
            server.restart()
    same_everywhere(server, 'twice', ['ann'])
    equal('events', server.run('--format', 'csv', 'sql', 'SELECT count(*) AS n FROM seen').out, 'n\n2\n')


def renamed(world, calls, wanted):
    """An alias of one user's id to another's is a rename: both are one customer."""
    server = world.server()
    server.apply('segment "All" = at least 2 "Seen"')
    for call in calls:
        server.send(call)
    members = server.members('all')
    equal('how many customers have both', len(members), wanted)
    equal('by the record', server.batch('all'), members)
    server.restart()
    equal('after a restart', server.members('all'), members)


def seen(who):
    return {'type': 'track', 'userId': who, 'event': 'Seen'}


def alias(old, new):
    return {'type': 'alias', 'previousId': old, 'userId': new}


def nobody(world, ids, kind='userId'):
    """What a variable without a value becomes identifies nobody."""
    server = world.server()
    server.apply(SEEN)
    for id_ in ids:
        server.send({'type': 'track', kind: id_, 'event': 'Seen'})
        server.send({'type': 'track', kind: id_, 'anonymousId' if kind == 'userId' else 'userId': f'one of {id_}', 'event': 'Seen'})
    members = server.members('seen')
    for id_ in ids:
        expect(id_ not in members, f'{id_!r} is a customer')
    equal('how many customers', len(members), len(ids))


# --- when

def sent_at(world, values):
    """A sentAt that says nothing corrects nothing, and takes no event away."""
    server = world.server()
    server.apply('segment "Then" = did "Seen" on 2026-03-01')
    for n, value in enumerate(values):
        answer = server.send({'type': 'track', 'userId': f'u{n}', 'event': 'Seen', 'timestamp': '2026-03-01T10:00:00Z', 'sentAt': value})
        equal(f'sentAt {value!r}', answer.status, 200)
    equal('rejects', [short(reject) for reject in server.get('/api/v1/rejects')['rejects']], [])
    same_everywhere(server, 'then', [f'u{n}' for n in range(len(values))])


def blank_and_unknown(world):
    """The manual says what blank is of something absent, and it is so."""
    server = world.server()
    server.apply('segment "Blank" = trait city is blank\nsegment "Either" = trait city is blank or trait city is unknown')
    server.identify('ann', {'city': '  '})
    server.identify('bob', {'name': 'Bob'})
    same_everywhere(server, 'blank', ['ann'])
    same_everywhere(server, 'either', ['ann', 'bob'])


CHECKS = [
    Check('the-beacon-of-rudderstack-below-its-path', rudder_beacon,
          ('/rudder/beacon/v1/batch?writeKey={key}', {'Content-Type': 'text/plain;charset=UTF-8'})),
    Check('the-pixel-of-rudderstack-below-its-path', rudder_pixel,
          ('/rudder/pixel/v1/track?writeKey={key}&userId=ann&event=Seen',), soak=True),
    Check('any-event-counts-those-named-with-a-dollar', dollar_events, (['$pageview', '$autocapture', '$screen'],)),
    Check('a-property-named-with-a-dollar', dollar_properties,
          ('did "$pageview" where property "$current_url" contains "shop"', {'$current_url': 'https://shop.example/'}), soak=True),
    Check('a-system-event-is-no-news', quiet, ('did "$identify"',), soak=True),
    Check('days-that-are-counted-apart', by_the_calendar, ('distinct("E".$day) >= 5',), soak=True),
    Check('one-message-id-of-two-sources', same_message_of_two_sources, ('track',)),
    Check('an-alias-of-a-user-to-a-user', renamed, ([seen('old'), seen('new'), alias('old', 'new')], 1)),
    Check('ids-of-no-object-and-of-a-test', nobody, (['[object Object]', 'test', 'user_id'],), soak=True),
    Check('a-sent-at-that-says-nothing', sent_at, (['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', 'yesterday'],), soak=True),
    # Not seen before.
    Check('a-beacon-of-json', rudder_beacon, ('/rudder/beacon/v1/batch?writeKey={key}', {'Content-Type': 'application/json'}), soak=True),
    Check('a-page-asks-before-its-beacon', browsers_ask_first, soak=True),
    Check('a-pixel-that-identifies', rudder_pixel,
          ('/rudder/pixel/v1/identify?writeKey={key}&userId=ann&traits.plan=pro',), soak=True),
    Check('any-event-counts-those-of-mixpanel', dollar_events, (['$mp_web_page_view', '$ae_session', '$web_event'],), soak=True),
    Check('a-number-named-with-a-dollar', dollar_properties,
          ('sum("$pageview"."$duration") > 3', {'$duration': 5}), soak=True),
    Check('a-list-named-with-a-dollar', dollar_properties,
          ('did "$pageview" where property "$active_feature_flags" includes "new"', {'$active_feature_flags': ['new']}), soak=True),
    Check('a-trait-named-with-a-dollar', dollar_traits, soak=True),
    Check('a-group-is-no-news', quiet, ('did "$group"',), soak=True),
    Check('hours-of-which-the-commonest-is-asked', by_the_calendar, ('mode("E".$hour) = 10',), soak=True),
    Check('days-of-the-week-that-are-added-up', by_the_calendar, ('sum("E".$weekday) > 4',), soak=True),
    Check('one-message-id-of-two-sources-in-batches', same_message_of_two_sources, ('batch',), soak=True),
    Check('one-message-id-of-two-sources-by-pictures', same_message_of_two_sources, ('pixel',), soak=True),
    Check('one-message-id-of-two-sources-over-a-restart', same_message_of_two_sources, ('restart',), soak=True),
    Check('aliases-one-after-another', renamed,
          ([seen('a'), alias('a', 'b'), seen('b'), alias('b', 'c'), seen('c')], 1), soak=True),
    Check('an-alias-before-the-new-name-is-seen', renamed, ([seen('old'), alias('old', 'new'), seen('new')], 1), soak=True),
    Check('devices-of-no-object', nobody, (['[object Object]', 'anonymous', 'undefined'], 'anonymousId'), soak=True),
    Check('ids-in-capitals-and-with-blanks', nobody, (['[OBJECT OBJECT]', ' test ', 'User_Id'],), soak=True),
    Check('a-sent-at-that-is-none', sent_at, ([0, {'a': 1}, '', '2026-13-45T99:00:00Z', True],), soak=True),
    Check('blank-of-something-absent', blank_and_unknown, soak=True),
]
