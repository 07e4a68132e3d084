"""Definitions against what is sent later, against their own size, and by the thousand.

What was accepted stays runnable whatever comes; what could never be computed is not accepted, or is computed in proportion
to what was written; one more of many costs what one costs.
"""
import json
import re
import threading
import time

from check import Check
from serving import Fails, equal, expect, same_everywhere, short

FINE = 'segment "Fine" = did "Seen"\n'


def other_type_later(world, condition, call):
    """A definition is applied before anybody has sent what it reads; then that comes in another type."""
    server = world.server()
    server.apply(f'{FINE}segment "Other" = {condition}')
    server.track('ann', 'Seen')
    server.send({'userId': 'ann', **call})
    goes_on(server)


def goes_on(server, restarts=True):
    """Previews, commands and a start know nothing of what came."""
    same_everywhere(server, 'fine', ['ann'])
    preview = server.ask('POST', '/api/v1/segments/preview', 'did "Seen"')
    equal('a preview of another segment', preview.status, 200)
    if restarts:
        server.restart()
        same_everywhere(server, 'fine', ['ann'], ' after a restart')


def other_type_by_picture(world):
    server = world.server()
    server.apply(FINE + 'segment "Other" = trait vip is true')
    server.track('ann', 'Seen')
    server.ask('GET', f'/v1/pixel/identify?writeKey={server.key}&userId=ann&traits.vip=maybe')
    goes_on(server)


def other_type_by_file(world):
    server = world.server()
    server.apply(FINE + 'segment "Other" = sum("Order Completed".total) > 3')
    server.track('ann', 'Seen')
    rows = [{'type': 'track', 'userId': 'ann', 'event': 'Order Completed', 'timestamp': '2026-01-01T00:00:00Z',
             'properties': {'total': 'a lot'}}]
    world.write('rows.jsonl', ''.join(json.dumps(row) + '\n' for row in rows))
    ran = server.run('import', 'rows.jsonl', '--preset', 'segment', '--yes')
    equal('the import', (ran.code, short(ran.err) if ran.code else ''), (0, ''))
    goes_on(server)


def other_type_and_removed(world, condition, traits):
    """Whoever removes the definition that nobody can run any more has a server again."""
    server = world.server()
    server.apply(f'{FINE}segment "Other" = {condition}')
    server.track('ann', 'Seen')
    server.identify('ann', traits)
    server.stop()
    world.said('segments', 'remove', 'other')
    server.start()
    server.ready()
    same_everywhere(server, 'fine', ['ann'])


def other_type_of_the_library(world):
    """The ready-made definitions, applied before launch as they are meant to be."""
    server = world.server()
    text = world.said('segments', 'library', '--text')
    server.apply(FINE + text)
    server.track('ann', 'Seen')
    for event in ('Order Completed', 'Product Viewed', 'Product Added', 'Checkout Started'):
        server.track('ann', event, {'total': 'much', 'revenue': ['x'], 'currency': 7, 'products': 'none', 'value': {}, 'price': 'y'})
    server.identify('ann', {'email': True, 'country': ['DE'], 'created_at': 'long ago', 'birthday': 7, 'plan': 1})
    goes_on(server)


TYPES = [
    Check('a-text-where-true-is-expected', other_type_later,
          ('trait vip is true', {'type': 'identify', 'traits': {'vip': 'yes'}})),
    Check('a-text-where-a-number-is-expected', other_type_later,
          ('trait age > 30', {'type': 'identify', 'traits': {'age': 'old'}}), soak=True),
    Check('a-text-where-a-sum-is-taken', other_type_later,
          ('sum("Paid".total) > 3', {'type': 'track', 'event': 'Paid', 'properties': {'total': 'many'}}), soak=True),
    Check('a-text-where-a-list-is-expected', other_type_later,
          ('trait tags includes "golf"', {'type': 'identify', 'traits': {'tags': 'golf'}}), soak=True),
    Check('a-number-where-a-text-is-expected', other_type_later,
          ('trait code = "A1"', {'type': 'identify', 'traits': {'code': 7}}), soak=True),
    Check('a-list-where-a-text-is-expected', other_type_later,
          ('trait code = "A1"', {'type': 'identify', 'traits': {'code': ['A1']}}), soak=True),
    Check('a-number-where-a-time-is-expected', other_type_later,
          ('trait renewal in the next 14 days', {'type': 'identify', 'traits': {'renewal': 7}}), soak=True),
    Check('a-definition-that-met-another-type-is-removed', other_type_and_removed, ('trait vip is true', {'vip': 'yes'})),
    # Not seen before.
    Check('a-text-among-the-elements-of-a-list', other_type_later,
          ('count(each "Paid".products where price > 5) > 0',
           {'type': 'track', 'event': 'Paid', 'properties': {'products': [{'price': 'cheap'}]}}), soak=True),
    Check('true-where-letters-are-matched', other_type_later,
          ('trait code matches "^A"', {'type': 'identify', 'traits': {'code': True}}), soak=True),
    Check('a-text-where-values-are-added', other_type_later,
          ('trait a + trait b > 3', {'type': 'identify', 'traits': {'a': 'x', 'b': 'y'}}), soak=True),
    Check('a-text-where-events-are-chosen-by-a-number', other_type_later,
          ('at least 2 "Paid" where total > 100 in the last 30 days',
           {'type': 'track', 'event': 'Paid', 'properties': {'total': 'n/a'}}), soak=True),
    Check('another-type-by-a-picture', other_type_by_picture, soak=True),
    Check('another-type-by-a-file', other_type_by_file, soak=True),
    Check('other-types-than-the-library-expects', other_type_of_the_library, soak=True),
    Check('a-sum-that-met-texts-is-removed', other_type_and_removed, ('trait age + 1 > 30', {'age': 'old'}), soak=True),
]


# --- sizes

LETS = 60
SOON = 30.0  # seconds for what is 60 lines


def doubled(first, join, again=2):
    return f'let x0 = {first}\n' + ''.join(
        f'let x{n} = {f" {join} ".join([f"x{n - 1}"] * again)}\n' for n in range(1, LETS))


def many_lets(world, first, join, condition, again=2):
    """Sixty names, each used twice or thrice by the next."""
    server = world.server()
    server.track('ann', 'Seen')
    server.apply(doubled(first, join, again) + f'segment "Large" = {condition}\n' + FINE, SOON)
    server.track('bob', 'Seen')
    same_everywhere(server, 'fine', ['ann', 'bob'])
    server.restart()
    equal('members after a restart', server.members('fine'), ['ann', 'bob'])


def many_lets_previewed(world):
    server = world.server()
    server.track('ann', 'Seen')
    text = doubled('count("Seen")', '+') + 'segment "Large" = x59 > 0\n'
    equal('the preview', server.ask('POST', '/api/v1/segments/preview', text, patience=SOON).status, 200)
    server.stop()


def many_lets_counted(world):
    """By a command, whose file travels with it."""
    server = world.server()
    server.track('ann', 'Seen')
    world.write('large.tsl', doubled('count("Seen")', '+') + 'segment "Large" = x59 > 0\n')
    ran = server.run('segments', 'count', 'Large', '-f', 'large.tsl', patience=SOON)
    equal('the count', (ran.code, ran.out.strip()), (0, '1'))


def nested_segments(world):
    """Segments within segments, each asked for twice by the next."""
    server = world.server()
    server.track('ann', 'Seen')
    text = 'segment "S0" = did "Seen"\n' + ''.join(
        f'segment "S{n}" = in segment "S{n - 1}" and not (not in segment "S{n - 1}")\n' for n in range(1, 40))
    server.apply(text + FINE, SOON)
    same_everywhere(server, 's39', ['ann'])


def stopped_meanwhile(world):
    """A stop ends it, whatever is being asked."""
    server = world.server()
    server.track('ann', 'Seen')
    text = doubled('count("Seen")', '+') + 'segment "Large" = x59 > 0\n'
    asked = threading.Event()

    def ask():
        asked.set()
        try:
            server.ask('POST', '/api/v1/segments/preview', text, patience=SOON)
        except Fails:
            pass  # the stop is what is looked at

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asked.wait()
    server.get('/healthz')
    server.stop()
    asking.join()


SIZES = [
    Check('sixty-lets-each-twice-the-one-before', many_lets, ('count("Seen")', '+', 'x59 > 0')),
    Check('sixty-lets-are-previewed', many_lets_previewed, soak=True),
    Check('a-stop-while-sixty-lets-are-previewed', stopped_meanwhile, soak=True),
    # Not seen before.
    Check('sixty-conditions-each-twice-the-one-before', many_lets, ('did "Seen"', 'and', 'x59'), soak=True),
    Check('sixty-lets-each-thrice-the-one-before', many_lets, ('count("Seen")', '+', 'x59 > 0', 3), soak=True),
    Check('sixty-lengths-of-time-each-twice-the-one-before', many_lets,
          ('last_time("Seen") - first_time("Seen")', '+', 'x59 >= 0 days'), soak=True),
    Check('sixty-lets-in-the-file-of-a-command', many_lets_counted, soak=True),
    Check('forty-segments-each-twice-within-the-next', nested_segments, soak=True),
]


# --- numbers of them

def many(count):
    return '\n'.join(f'segment "Seg {n}" = at least {n % 50 + 1} "Event {n % 20}" where total > {n} in the last {n % 300 + 1} days'
                     for n in range(count))


def cost_of(server, work):
    before = server.cpu()
    work()
    return server.cpu() - before


def one_more(world, count, most):
    """Applying one more of many costs what one costs, and so does a start: not what all of them with each other cost."""
    server = world.server()
    applied = cost_of(server, lambda: server.apply(many(count), 300))
    added = cost_of(server, lambda: server.apply('segment "One more" = did "Event 1"', 300))
    edited = cost_of(server, lambda: server.apply('segment "Seg 3" = did "Event 2"', 300))
    expect(max(added, edited) < most, f'one more of {count} takes {added:.2f} CPU s, an edit {edited:.2f} (all: {applied:.2f})')
    begun = time.monotonic()
    server.stop()
    server.start()
    server.ready(300)
    started = server.cpu()
    expect(started < 2 * most + 1, f'a start with {count} takes {started:.2f} CPU s')
    if count >= 10000:
        print(f'figure: {count} segments: all {applied:.2f} CPU s, one more {added:.2f}, an edit {edited:.2f}, '
              f'a restart {started:.2f} ({time.monotonic() - begun:.1f} s)', flush=True)


def history(world, count, edits, most):
    """A start reads what was edited once, not all of it again for each edit."""
    server = world.server()
    server.apply(many(count), 300)
    for n in range(edits):
        server.apply(f'segment "Seg {n % count}" = did "Event {n % 20}" where total > {n}')
    server.stop()
    server.start()
    server.ready(300)
    spent = server.cpu()
    expect(spent < most, f'a start with {count} segments and {edits} edits behind them takes {spent:.2f} CPU s')
    if edits >= 1000:
        print(f'figure: {count} segments, {edits} edits: a start takes {spent:.2f} CPU s', flush=True)


def events_meanwhile(world, count):
    """While one more of many is applied, whoever sends an event finds it in its segment."""
    server = world.server()
    server.apply(many(count) + '\n' + FINE, 300)

    def until_member(who):
        begun = time.monotonic()
        server.track(who, 'Seen')
        expect(who in server.members('fine'), f'{who} is not in it')
        return time.monotonic() - begun

    alone = until_member('ann')
    applying = threading.Thread(target=lambda: server.ask('PUT', '/api/v1/segments', 'segment "One more" = did "X"', patience=300))
    applying.start()
    waited = until_member('bob')
    applying.join()
    expect(waited < 10 * alone + 1, f'beside {count} segments an event is in its segment {waited:.1f} s late while one more is '
                                    f'applied ({alone:.1f} s otherwise)')


def previews_of_many(world, count, most):
    """A preview of one condition does not compile all that is in force with each other."""
    server = world.server()
    server.track('ann', 'Event 1', {'total': 5})
    server.apply(many(count), 300)
    spent = cost_of(server, lambda: server.ask('POST', '/api/v1/segments/preview', 'did "Event 1"', patience=300))
    expect(spent < most, f'a preview beside {count} segments takes {spent:.2f} CPU s')


def beyond_the_limit(world):
    """There is a limit of definitions in force, and it is said."""
    server = world.server()
    server.apply(many(25000), 600)
    server.ask('PUT', '/api/v1/segments', many(25000).replace('"Seg ', '"More '), patience=600)
    answer = server.ask('PUT', '/api/v1/segments', 'segment "One beyond" = did "X"', patience=600)
    equal('one beyond 50,000', answer.status, 422)
    expect('50' in answer.text and '000' in answer.text, f'the refusal does not say the limit: {answer}')


def beyond_its_size(world, definition):
    """One that is larger than a definition may be is refused before it is kept, with the limit, and costs no more than to read."""
    server = world.server()
    before = server.cpu()
    answer = server.ask('PUT', '/api/v1/segments', definition)
    expect(answer.status in (413, 422) and re.search('100,?000|larger than|at most', answer.text), f'it is answered {answer}')
    spent = server.cpu() - before
    expect(spent < 5, f'it takes {spent:.1f} CPU s to refuse it')
    equal('definitions in force', server.get('/api/v1/segments')['segments'], [])


NUMBERS = [
    Check('one-more-of-1000-segments', one_more, (1000, 0.6)),
    Check('one-more-of-10000-segments', one_more, (10000, 6), soak=True),
    Check('an-event-while-one-more-of-2000-is-applied', events_meanwhile, (2000,), soak=True),
    Check('a-start-with-300-edits-behind-it', history, (200, 300, 3), soak=True),
    # Not seen before.
    Check('a-start-with-40-edits-behind-it', history, (150, 40, 0.8), soak=True),
    Check('a-start-with-1000-edits-of-10000-segments', history, (10000, 1000, 20), soak=True),
    Check('a-preview-beside-1500-segments', previews_of_many, (1500, 1), soak=True),
    Check('a-definition-beyond-the-limit-of-them', beyond_the_limit, soak=True),
    Check('a-definition-of-200000-values', beyond_its_size,
          ('segment "Large" = trait a in (' + ', '.join(str(n) for n in range(200000)) + ')',), soak=True),
    Check('a-definition-of-110000-conditions', beyond_its_size,
          ('segment "Large" = ' + ' or '.join(['did "E"'] * 110000),), soak=True),
]

CHECKS = TYPES + SIZES + NUMBERS
