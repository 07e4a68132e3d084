"""A server under trial: the real binary on a fresh record in a folder of its own, spoken to over HTTP and by the command
line alone. What is seen that should not be is raised as Fails, in words that a reader of one line understands.

A binary that knows no tokens, or not an option that is asked for, is tried all the same: it is asked what it knows first.
"""
import ctypes
import http.client
import json
import os
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections import namedtuple

PATIENCE = 60.0  # seconds for one answer; what it asks for takes milliseconds where nobody else works
PAUSE = 0.02     # between two looks at what another process does

Ran = namedtuple('Ran', 'code out err')


class Fails(Exception):
    """What was seen, and should not be."""


def expect(holds, seen):
    if not holds:
        raise Fails(seen)


def short(text, most=160):
    text = ' '.join(str(text).split())
    return text if len(text) <= most else text[:most] + '...'


def equal(what, seen, wanted):
    expect(seen == wanted, f'{what}: {short(seen)} instead of {short(wanted)}')


def until(condition, what, patience=PATIENCE):
    """Looks until it holds; what it gives."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        expect(time.monotonic() < end, f'{what}: not within {patience:g} s')
        time.sleep(PAUSE)


class Answer:
    def __init__(self, status, headers, text):
        self.status, self.headers, self.text = status, headers, text

    def __getitem__(self, member):
        try:
            return json.loads(self.text)[member]
        except (ValueError, KeyError, TypeError):
            raise Fails(f'no member {member} in the answer {self}') from None

    def __str__(self):
        return f'{self.status} {short(self.text)}'


class Program:
    """The binary, and what it knows."""

    def __init__(self, binary, clock):
        self.binary, self.clock = os.path.abspath(binary), clock
        helped = subprocess.run([self.binary, 'serve', '--help'], capture_output=True, text=True, check=False)
        self.options = set(re.findall(r'--[a-z][a-z-]+', helped.stdout))
        if '--listen' not in self.options:
            raise SystemExit(f'{binary} is no tessera: {short(helped.stdout + helped.stderr)}')

    def run(self, *words, folder, token='', environment=None, patience=PATIENCE, given=None, umask=-1):
        own = {**os.environ, **(environment or {})}
        own.pop('TESSERA_TOKEN', None)
        if token:
            own['TESSERA_TOKEN'] = token
        try:
            ran = subprocess.run([self.binary, *words], cwd=folder, env=own, timeout=patience, capture_output=True,
                                 input=given, text=True, check=False, errors='replace', umask=umask)
        except subprocess.TimeoutExpired:
            raise Fails(f'tessera {short(" ".join(words), 60)}: no end within {patience:g} s') from None
        return Ran(ran.returncode, ran.stdout, ran.stderr)


class World:
    """What one check has: a folder, and the servers that it starts. All of it is gone when it ends."""

    def __init__(self, program):
        self.program, self.folder, self.servers = program, tempfile.mkdtemp(prefix='tessera-outside-'), []

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), 'wb' if isinstance(content, bytes) else 'w') as file:
            file.write(content)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def server(self, *options, record='r.duckdb', **how):
        made = Server(self, record, options, **how)
        self.servers.append(made)
        made.start()
        return made

    def run(self, *words, record='r.duckdb', **how):
        """A command on the record at rest."""
        return self.program.run('--store', self.path(record), *words, folder=self.folder, **how)

    def said(self, *words, **how):
        ran = self.run(*words, **how)
        expect(ran.code == 0, f'tessera {" ".join(words[:3])} ends with {ran.code}: {short(ran.err)}')
        return ran.out

    def end(self):
        for server in self.servers:
            server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


_libc = ctypes.CDLL(None)


class Server:
    def __init__(self, world, record, options, address_space=0, environment=None, umask=-1, tls=None):
        self.world, self.record = world, world.path(record)
        known = world.program.options
        # Options with their values, without those that this binary does not know.
        pairs, words = [], list(options)
        while words:
            name = words.pop(0)
            pairs.append([name] + ([words.pop(0)] if words and not words[0].startswith('--') else []))
        self.options = [word for pair in pairs if pair[0] in known for word in pair]
        self.address_space, self.environment, self.umask, self.tls = address_space, environment, umask, tls
        self.process, self.port, self.key, self.token = None, 0, '', ''

    # --- its life

    def start(self, *more):
        words = [self.world.program.binary, '--store', self.record, '--format', 'json', 'serve', '--listen', '127.0.0.1:0']
        # It goes when this program goes, however that ends.
        before = ['setpriv', '--pdeathsig', 'KILL']
        if self.address_space:
            before += ['prlimit', f'--as={self.address_space}']
        environment = {**os.environ, **(self.environment or {})}
        environment.pop('TESSERA_TOKEN', None)
        with open(self.record + '.said', 'ab') as said:
            self.process = subprocess.Popen(before + words + self.options + list(more), stdout=subprocess.PIPE, stderr=said,
                                            stdin=subprocess.DEVNULL, env=environment, umask=self.umask,
                                            cwd=self.world.folder)
        line = self._first_line()
        expect(line, f'the server does not start: {self.last_said()}')
        said = json.loads(line)
        self.port = int(said['address'].rsplit(':', 1)[1])
        self.key = said.get('write_key') or self.key
        self.token = said.get('token') or self.token

    def _first_line(self):
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        expect(ready, 'the server says nothing of its address within 60 s')
        return self.process.stdout.readline()

    def refuses(self, *more):
        """What it says when it does not start."""
        before = len(self.said())
        try:
            self.start(*more)
        except Fails:
            self.process.wait()
            return self.said()[before:]
        self.kill()
        raise Fails('the server starts as if nothing had been')

    def stop(self, patience=PATIENCE):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise Fails(f'SIGTERM does not end it within {patience:g} s') from None
        equal('exit code of a stop', code, 0)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process:
            self.process.stdout.close()

    def restart(self):
        self.stop()
        self.start()
        self.ready()

    def ready(self, patience=PATIENCE):
        until(lambda: self.ask('GET', '/readyz').status == 200, 'ready', patience)

    def is_alive(self):
        return self.process.poll() is None

    def lives(self):
        expect(self.is_alive(), f'the process has ended ({self.process.poll()}): {self.last_said()}')
        equal('/healthz', self.ask('GET', '/healthz').status, 200)

    def said(self):
        if not os.path.exists(self.record + '.said'):
            return ''
        with open(self.record + '.said', encoding='utf-8', errors='replace') as file:
            return file.read()

    def last_said(self):
        return short((self.said().strip().split('\n') or [''])[-1])

    # --- what it takes

    def _status(self, name):
        with open(f'/proc/{self.process.pid}/status', encoding='ascii', errors='replace') as file:
            return next((int(line.split()[1]) << 10 for line in file if line.startswith(name)), 0)

    def memory(self):
        return self._status('VmRSS:')

    def most_memory(self):
        return self._status('VmHWM:')

    def cpu(self):
        """Seconds of the processor that it has taken."""
        with open(f'/proc/{self.process.pid}/stat', encoding='ascii', errors='replace') as file:
            fields = file.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    # --- HTTP

    def address(self):
        return f'{"https" if self.tls else "http"}://127.0.0.1:{self.port}'

    def connect(self, patience=PATIENCE, source=None):
        return socket.create_connection(('127.0.0.1', self.port), patience, source_address=source and (source, 0))

    def ask(self, method, target, body=None, headers=None, token=None, patience=PATIENCE, source=None):
        """An answer. Where management is asked the token is sent, unless another (or '', none) is given."""
        own = dict(headers or {})
        may = self.token if token is None else token
        if may and target.startswith(('/api/', '/metrics')):
            own.setdefault('Authorization', 'Bearer ' + may)
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        if self.tls:
            made = http.client.HTTPSConnection('127.0.0.1', self.port, timeout=patience, context=self.tls)
        else:
            made = http.client.HTTPConnection('127.0.0.1', self.port, timeout=patience,
                                              source_address=source and (source, 0))
        try:
            made.request(method, target, body, own)
            got = made.getresponse()
            return Answer(got.status, {name.lower(): value for name, value in got.getheaders()},
                          got.read().decode('utf-8', 'replace'))
        except (TimeoutError, ssl.SSLError) as error:
            raise Fails(f'{method} {short(target, 60)}: no answer within {patience:g} s ({error})') from None
        except (OSError, http.client.HTTPException) as error:
            ended = '' if self.is_alive() else f'; the process has ended: {self.last_said()}'
            raise Fails(f'{method} {short(target, 60)}: {error!r}{ended}') from None
        finally:
            made.close()

    def get(self, target, wanted=200, **how):
        answer = self.ask('GET', target, **how)
        expect(answer.status == wanted, f'GET {short(target, 60)}: {answer}')
        return answer

    def send(self, call, key=None):
        """A call of the tracking API: its type says where."""
        answer = self.ask('POST', f'/v1/{call.get("type", "batch")}?writeKey={key or self.key}', call)
        expect(answer.status == 200, f'{call.get("type", "batch")} is answered {answer}')
        return answer

    def track(self, who, event, properties=None, **more):
        return self.send({'type': 'track', 'userId': who, 'event': event, 'properties': properties or {}, **more})

    def identify(self, who, traits, **more):
        return self.send({'type': 'identify', 'userId': who, 'traits': traits, **more})

    def apply(self, definitions, patience=PATIENCE):
        answer = self.ask('PUT', '/api/v1/segments', definitions, patience=patience)
        expect(answer.status == 200, f'definitions are answered {answer}')
        return answer

    def settled(self):
        """Waits until what is on the disk is in the segments, and so in the feed."""
        def is_so():
            engine = self.get('/api/v1/status')['engine']
            return engine['applied_until'] >= engine['log_end']
        until(is_so, 'what was sent is in the segments')

    def members(self, slug):
        self.settled()
        return sorted(self.get(f'/api/v1/segments/{slug}/members?limit=10000')['members'])

    def run(self, *words, **how):
        """A command of the command line, put to the server."""
        how.setdefault('token', self.token)
        return self.world.program.run('--store', self.address(), *words, folder=self.world.folder, **how)

    def batch(self, *words):
        """Who is in a segment by the record: the words behind 'segments members'."""
        ran = self.run('segments', 'members', *words)
        expect(ran.code == 0, f'segments members {" ".join(words)} ends with {ran.code}: {short(ran.err)}')
        return sorted(ran.out.split())

    def changes(self):
        out, after = [], ''
        while True:
            page = self.get(f'/api/v1/changes?limit=10000&after={after}')['changes']
            if not page:
                return out
            out += page
            after = page[-1]['id']


def same_everywhere(server, slug, who, when=''):
    """Live and by the record, these are the members."""
    equal(f'members of {slug}{when}, live', server.members(slug), sorted(who))
    equal(f'members of {slug}{when}, by the record', server.batch(slug), sorted(who))
