"""A machine's clock that is wrong for a while, by libmoved_clock.so, which moves the wall clock of a program and leaves the
machine's own time alone. What only the wall clock says is held back and said; time goes on when it is right again."""
import os
import struct

from check import Check
from serving import Fails, equal, expect, same_everywhere

DAY = 86_400_000
HOUR = 3_600_000


class Clock:
    def __init__(self, world):
        if not os.path.exists(world.program.clock):
            raise Fails(f'there is no {world.program.clock}: build it (target moved_clock), or name it with --clock')
        self.file = world.write('ahead', struct.pack('q', 0))
        self.environment = {'LD_PRELOAD': world.program.clock, 'TESSERA_MOVED_CLOCK': self.file}

    def move(self, ms):
        with open(self.file, 'r+b') as file:
            file.write(struct.pack('q', ms))


PAID = 'segment "Paid" = did "Paid" in the last 10 days'


def begin(world):
    clock = Clock(world)
    server = world.server(environment=clock.environment)
    server.apply(PAID)
    server.track('ann', 'Paid')
    return clock, server


def strict(server):
    return server.ask('GET', '/readyz?strict').status


def wrong_for_a_moment(world, ms, during='event', restarts=False):
    """The clock is wrong while one event comes (or one timer is due), then right: nothing of it stays."""
    clock, server = begin(world)
    clock.move(ms)
    if during == 'event':
        server.track('bob', 'Paid')
    equal('members meanwhile', server.members('paid'), ['ann', 'bob'] if during == 'event' else ['ann'])
    equal('/readyz?strict meanwhile', strict(server), 503)
    if restarts:
        server.stop()
        server.start()
        server.ready()
        equal('/readyz?strict after a restart meanwhile', strict(server), 503)
    clock.move(0)
    equal('/readyz?strict when it is right again', strict(server), 200)
    server.track('cid', 'Paid')
    same_everywhere(server, 'paid', ['ann', 'cid'] + (['bob'] if during == 'event' else []))
    near = server.run('--format', 'csv', 'sql', 'SELECT max(time) - min(time) < INTERVAL 1 HOUR AS near FROM paid')
    equal('events are dated within the hour', near.out, 'near\ntrue\n')
    server.restart()
    equal('/readyz?strict after a restart', strict(server), 200)


def is_said(world):
    clock, server = begin(world)
    clock.move(30 * DAY)
    equal('/readyz?strict', strict(server), 503)
    server.members('paid')
    expect('clock' in server.get('/api/v1/status').text, 'the status says nothing of the clock')
    expect('clock' in server.run('doctor').out, 'doctor says nothing of the clock')
    expect('clock' in server.said(), 'no line of the log says anything of the clock')
    metrics = server.get('/metrics').text
    expect('tessera_engine_clock_jump_held_ms 0\n' not in metrics and 'clock_jump_held_ms' in metrics,
           'the metrics say nothing of the clock')


def somebody_accepts(world):
    clock, server = begin(world)
    clock.move(30 * DAY)
    equal('/readyz?strict', strict(server), 503)
    ran = server.run('clock', 'accept', environment=clock.environment)
    equal('clock accept', ran.code, 0)
    server.track('bob', 'Paid')
    same_everywhere(server, 'paid', ['bob'])


def set_back(world):
    """A record whose server ran on a wrong clock from the start is set back by a command."""
    clock = Clock(world)
    clock.move(30 * DAY)
    server = world.server(environment=clock.environment)
    server.apply(PAID)
    server.track('ann', 'Paid')
    server.stop()
    clock.move(0)
    ran = world.run('clock', 'back', environment=clock.environment)
    equal('clock back', ran.code, 0)
    server.start()
    server.ready()
    equal('/readyz?strict', strict(server), 200)
    server.track('bob', 'Paid')
    same_everywhere(server, 'paid', ['ann', 'bob'])


CHECKS = [
    Check('a-clock-30-days-ahead-while-an-event-comes', wrong_for_a_moment, (30 * DAY,)),
    Check('a-clock-30-days-ahead-while-nothing-comes', wrong_for_a_moment, (30 * DAY, 'timer'), soak=True),
    Check('a-clock-that-is-held-back-is-said-everywhere', is_said, soak=True),
    Check('a-restart-while-the-clock-is-30-days-ahead', wrong_for_a_moment, (30 * DAY, 'event', True), soak=True),
    Check('a-clock-hours-back-while-an-event-comes', wrong_for_a_moment, (-5 * HOUR,), soak=True),
    # Not seen before.
    Check('a-clock-an-hour-ahead-while-an-event-comes', wrong_for_a_moment, (2 * HOUR,), soak=True),
    Check('a-clock-ten-years-ahead-while-an-event-comes', wrong_for_a_moment, (3650 * DAY,), soak=True),
    Check('a-clock-that-is-at-1970', wrong_for_a_moment, (-56 * 365 * DAY, 'event', True), soak=True),
    Check('a-jump-that-somebody-accepts', somebody_accepts, soak=True),
    Check('a-record-that-followed-a-wrong-clock-is-set-back', set_back, soak=True),
]
