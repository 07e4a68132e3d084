"""The feed: whoever takes what each change says of its customer has the right sets, through late events, merges, decisions
and restarts; and whoever sends events does not pay for those who read, or do not."""
import datetime
import http.server
import json
import socket
import statistics
import threading
import time

from check import Check
from serving import Fails, equal, expect, until

BUYERS = ('segment "Buyers" = did "Order Completed" in the last 10 days\n'
          'segment "Two" = at least 2 "Order Completed"\n'
          'segment "Quiet" = did "Order Completed" and no "Product Viewed" in the last 20 days\n')


def ago(days):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    return at.isoformat(timespec='milliseconds').replace('+00:00', 'Z')


class Reader:
    """Twenty lines of a subscriber: is_member of each change, in order, and nothing else."""

    def __init__(self, server):
        self.server, self.sets, self.after, self.kinds = server, {}, '', []

    def read(self):
        while True:
            page = self.server.get(f'/api/v1/changes?limit=1000&after={self.after}')['changes']
            if not page:
                return
            for change in page:
                self.take(change)
                self.after = change['id']

    def take(self, change):
        if 'is_member' not in change:
            raise Fails(f'a change does not say whether the customer is a member now: {json.dumps(change)}')
        self.kinds.append(change['change'] + ('+' if 'correction_of' in change else ''))
        if change['change'] != 'merged':
            of = self.sets.setdefault(change['segment'], set())
            (of.add if change['is_member'] else of.discard)(change['customer'])


THEN = 'the moment behind the definitions'  # where a time stands in a step


def order(who, days=None, kind='userId', event='Order Completed'):
    """Now, so many days ago, or THEN."""
    at = {} if days is None else {'timestamp': days if days == THEN else ago(days)}
    return ('POST', '/v1/track', {kind: who, 'event': event, **at})


def same_person(user, device):
    return ('POST', '/v1/identify', {'userId': user, 'anonymousId': device})


def ruling(what, user, device):
    return ('POST', '/api/v1/rulings', {'ruling': what, 'who': {'user_id': user}, 'other': {'anonymous_id': device}, 'by': 'x'})


def sets_are_kept(world, steps, kinds, slugs=('buyers', 'two', 'quiet')):
    """After each step the reader's sets are the members, and by the end these kinds of change have been in the feed."""
    server = world.server()
    server.apply(BUYERS)
    then, reader = ago(0), Reader(server)
    for number, step in enumerate(steps):
        if step == 'restart':
            server.restart()
        else:
            method, target, body = step
            if isinstance(body, dict) and body.get('timestamp') == THEN:
                body = {**body, 'timestamp': then}
            answer = server.ask(method, target + (f'?writeKey={server.key}' if target.startswith('/v1/') else ''), body)
            expect(answer.status in (200, 201), f'{target}: {answer}')
        server.settled()
        reader.read()
        for slug in slugs:
            if server.ask('GET', f'/api/v1/segments/{slug}').status == 404:
                equal(f'members of {slug}, which is removed, after step {number}', sorted(reader.sets.get(slug, ())), [])
            else:
                equal(f'members of {slug} for a reader after step {number}', sorted(reader.sets.get(slug, ())), server.members(slug))
    for kind in kinds:
        expect(kind in reader.kinds, f'no change was {kind}: {reader.kinds}')


def sets_from_sql(world):
    """The record tells the same as the feed."""
    server = world.server()
    server.apply(BUYERS)
    server.track('ann', 'Order Completed')
    ran = server.run('--format', 'csv', 'sql', "SELECT customer, is_member FROM segment_changes WHERE segment = 'buyers'")
    equal('segment_changes', (ran.code, ran.out), (0, 'customer,is_member\nann,true\n'))


def sets_from_a_webhook(world):
    got, wake = [], threading.Event()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers['Content-Length']))))
            self.send_response(200)
            self.end_headers()
            wake.set()

        def log_message(self, *_):
            pass

    receiver = http.server.HTTPServer(('127.0.0.1', 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    try:
        server = world.server('--webhooks-inside')
        server.apply(BUYERS)
        made = server.ask('POST', '/api/v1/webhooks', {'url': f'http://127.0.0.1:{receiver.server_port}/'})
        equal('the webhook', made.status, 201)
        server.track('ann', 'Order Completed')
        expect(wake.wait(20), 'the webhook is told nothing within 20 s')
        expect('"is_member": true' in json.dumps(got), f'a webhook is not told who is a member: {json.dumps(got)[:300]}')
    finally:
        receiver.shutdown()
        receiver.server_close()


# --- who reads, and who pays for it

def stream_of(server, reads):
    one = socket.socket()
    if not reads:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.connect(('127.0.0.1', server.port))
    token = f'Authorization: Bearer {server.token}\r\n' if server.token else ''
    one.sendall(f'GET /api/v1/changes HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{token}\r\n'.encode())
    one.settimeout(20)
    one.recv(512)  # the head: it is open
    return one


def pour(server, first, batches, size=100):
    """Milliseconds of each batch, by its median; and what the server took in all until the last change was in the feed."""
    took, before = [], server.cpu()
    for number in range(batches):
        calls = [{'type': 'track', 'userId': f'u{first + number * size + n}', 'event': 'Order Completed'} for n in range(size)]
        begun = time.monotonic()
        server.send({'batch': calls})
        took.append((time.monotonic() - begun) * 1000)
    last = f'u{first + batches * size - 1}'
    until(lambda: server.ask('GET', f'/api/v1/customers/{last}').status == 200, 'the last event')
    return statistics.median(took), server.cpu() - before


def fan_out(world, streams, batches, reads=False):
    """Changes made while many have the feed open cost about what they cost without."""
    server = world.server()
    server.apply('segment "Buyers" = did "Order Completed"')
    pour(server, 0, batches)
    alone, cpu_alone = pour(server, 10**6, batches)
    held = [stream_of(server, reads) for _ in range(streams)]
    stop, readers = threading.Event(), []
    if reads:
        def read(some):
            for one in some:
                one.setblocking(False)
            while not stop.wait(0.02):
                for one in some:
                    try:
                        one.recv(1 << 20)
                    except BlockingIOError:
                        pass
        readers = [threading.Thread(target=read, args=(held,))]
        readers[0].start()
    try:
        beside, cpu_beside = pour(server, 2 * 10**6, batches)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
        for one in held:
            one.close()
    seen = (f'{batches * 100} changes with {streams} streams: {cpu_beside:.2f} CPU s instead of {cpu_alone:.2f}, '
            f'a batch in {beside:.1f} ms instead of {alone:.1f}')
    if streams >= 500:
        print('figure: ' + seen, flush=True)
        expect(beside < 1.5 * alone + 3, seen)
    # What goes into a socket costs the system, once a stream.
    expect(cpu_beside < 2 * cpu_alone + 0.1 + streams * batches * 0.00003, seen)


LATE = [order('ann', 3), order('ann', 15), order('bob', 40), ('POST', '/v1/track', {'userId': 'ann', 'event': 'Product Viewed',
                                                                                  'timestamp': ago(2)}), order('bob', 1)]
MERGE = [order('ann'), order('d1', kind='anonymousId'), order('d2', 12, 'anonymousId'), same_person('ann', 'd1'),
         same_person('ann', 'd2'), order('d1', kind='anonymousId')]

CHECKS = [
    Check('a-set-kept-through-late-events', sets_are_kept, (LATE, ['entered', 'voided+']), soak=True),
    Check('a-set-kept-through-merges', sets_are_kept, (MERGE, ['merged'])),
    Check('a-set-kept-through-events-that-move-earlier-changes', sets_are_kept,
          ([order('ann'), order('ann', THEN), order('bob'), order('bob', 15), order('bob', THEN, event='Product Viewed')],
           ['entered+', 'left']), soak=True),
    Check('60-streams-that-nobody-reads', fan_out, (60, 30), soak=True),
    Check('500-streams-that-nobody-reads', fan_out, (500, 300), soak=True),
    Check('100-streams-that-are-read', fan_out, (100, 100, True), soak=True),
    # Not seen before.
    Check('a-set-kept-while-decisions-part-and-join', sets_are_kept,
          (MERGE[:5] + [ruling('unlink', 'ann', 'd1'), ruling('link', 'ann', 'd1'), order('ann', 8)], ['merged']), soak=True),
    Check('a-set-kept-while-definitions-change-and-go', sets_are_kept,
          ([order('ann'), order('ann', 30), ('PUT', '/api/v1/segments', 'segment "Two" = at least 3 "Order Completed"'),
            order('ann', 50), ('DELETE', '/api/v1/segments/buyers', ''), order('bob')], ['left']), soak=True),
    Check('a-set-kept-while-somebody-is-marked-and-starts-happen', sets_are_kept,
          ([order('ann'), 'restart', ('POST', '/api/v1/rulings', {'ruling': 'mark', 'who': 'ann', 'as': 'staff', 'by': 'x'}),
            'restart', ('POST', '/api/v1/rulings', {'ruling': 'unmark', 'who': 'ann', 'by': 'x'}), order('ann', 11)],
           ['left']), soak=True),
    Check('a-set-kept-by-sql', sets_from_sql, soak=True),
    Check('a-set-kept-by-a-webhook', sets_from_a_webhook, soak=True),
    Check('120-streams-of-which-all-are-read', fan_out, (120, 20, True), soak=True),
    Check('200-streams-that-nobody-reads-for-long', fan_out, (200, 600), soak=True),
]
