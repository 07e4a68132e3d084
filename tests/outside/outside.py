#!/usr/bin/env python3
"""Tessera, tried from outside as a stranger, a careless sender and a bad day would: over HTTP and by the command line,
against any binary of it. Each check says in its name what comes, starts a server of its own on a fresh record, and sees
what a user would see. Python's standard library and util-linux are all it needs.

    outside.py BINARY [--only NAME] [--list] [--soak] [-j N] [--clock FILE]

The table of the checks is that of the modules beside this file. A line a check: 'ok NAME', or 'FAILS NAME: what was seen';
exit code 1 when any fails. Without --soak one of each kind is tried. --clock is libmoved_clock.so, which the build
of the tests makes; without it, it is looked for beside the binary.
"""
import argparse
import concurrent.futures
import fnmatch
import os
import sys
import time
import traceback

sys.dont_write_bytecode = True  # the folder of the sources stays as it is

import answers
import clocks
import connections
import damage
import definitions
import dialects
import feed
import identified
import lists
import memory
import names
import secrets_kept
import tokens
from serving import Fails, Program, World, short

MODULES = [definitions, names, memory, lists, clocks, feed, dialects, damage, tokens, connections, secrets_kept, identified,
           answers]
CHECKS = [check for module in MODULES for check in module.CHECKS]


def seen_of(check, program):
    """None where it holds; otherwise what was seen."""
    world = World(program)
    try:
        check.run(world, *check.given)
        return None
    except Fails as fails:
        return str(fails)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f'{error!r} ({os.path.basename(place.filename)}:{place.lineno})'
    finally:
        world.end()


def arguments():
    parser = argparse.ArgumentParser(description='Tries a Tessera binary from outside.')
    parser.add_argument('binary', nargs='?')
    parser.add_argument('--only', action='append', default=[], metavar='NAME', help='these alone; * stands for any text')
    parser.add_argument('--list', action='store_true', help='the names of the checks')
    parser.add_argument('--soak', action='store_true', help='all of them, which takes minutes and gigabytes')
    parser.add_argument('-j', type=int, default=2, metavar='N', help='so many at once (default: 2)')
    parser.add_argument('--clock', metavar='FILE', help='libmoved_clock.so')
    given = parser.parse_args()
    if not given.binary and not given.list:
        parser.error('which binary?')
    return given


def main():
    given = arguments()
    twice = {check.name for check in CHECKS if sum(check.name == other.name for other in CHECKS) > 1}
    if twice:
        raise SystemExit(f'two checks have one name: {" ".join(sorted(twice))}')
    chosen = [check for check in CHECKS if any(fnmatch.fnmatchcase(check.name, only) for only in given.only)]
    if not given.only:
        chosen = [check for check in CHECKS if given.soak or given.list or not check.soak]
    if not chosen:
        raise SystemExit(f'no check is named {" or ".join(given.only)}; --list shows them')
    if given.list:
        for check in chosen:
            print(check.name + ('  (soak)' if check.soak else ''))
        return 0
    clock = given.clock or os.path.join(os.path.dirname(os.path.abspath(given.binary)), 'libmoved_clock.so')
    program = Program(given.binary, os.path.abspath(clock))
    failed, begun = 0, time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(given.j) as pool:
        running = {pool.submit(seen_of, check, program): check for check in chosen}
        for done in concurrent.futures.as_completed(running):
            seen = done.result()
            failed += seen is not None
            name = running[done].name
            print(f'ok {name}' if seen is None else f'FAILS {name}: {short(seen, 400)}', flush=True)
    spent = os.times()
    print(f'figure: {len(chosen) - failed} of {len(chosen)} checks hold, {time.monotonic() - begun:.0f} s, '
          f'{sum(spent[:4]):.0f} CPU seconds', flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
