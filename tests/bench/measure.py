"""What measures: processes that serve, wrk, and single calls. Standard library only."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from sandbox_process import Sandbox  # noqa: E402

PATIENCE = 600  # seconds until something that does not end is a failure
CONNECTIONS = 16


class Failed(Exception):
    """What could not be measured, in one sentence."""


class Settings:
    """How much is measured. `bare` is the path of bench_bare, `folder` where stores are kept."""

    def __init__(self, bare, folder, rounds=5, seconds=3, scale=1.0):
        self.bare = str(bare)
        self.folder = pathlib.Path(folder)
        self.rounds = rounds
        self.seconds = seconds  # of one run of wrk
        self.scale = scale      # of everything that is counted

    def count(self, full, least=1):
        return max(least, int(full * self.scale))


def wrk(url, seconds, script=None, headers=()):
    """Requests per second of 16 connections. Answers other than 2xx and 3xx are a failure."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{max(1, int(seconds))}s"]
        for header in headers:
            command += ["-H", header]
        if script:
            lua.write(script)
            lua.flush()
            command += ["-s", lua.name]
        said = subprocess.run([*command, url], capture_output=True, text=True, timeout=PATIENCE)
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", said.stdout)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said.stdout)
    if not rate or refused or float(rate[1]) == 0:
        raise Failed(f"wrk {url}: {said.stdout.strip()} {said.stderr.strip()}")
    return float(rate[1]), int(re.search(r"(\d+) requests in", said.stdout)[1])


# One new investor for each request, with a key of its own: nothing is refused, nothing replayed.
POST_INVESTOR = """
local thread_number = 0
function setup(thread) thread:set("id", thread_number) thread_number = thread_number + 1 end
function init() count = 0 run = "%(run)s" end
function request()
  count = count + 1
  local name = run .. id .. "-" .. count
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Idempotency-Key"] = name
  return wrk.format("POST", nil, nil, '{"investors":[{"partnerInvestorId":"' .. name .. '","email":"' .. name ..
    '@example.com","firstName":"Ada","lastName":"Lovelace","dateOfBirth":"1980-01-01"}]}')
end
"""
POST_SMALL = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"investors":[{"partnerInvestorId":"investor-0001","email":"investor-0001@example.com","firstName":"Ada",\
"lastName":"Lovelace","dateOfBirth":"1980-01-01"}]}'
"""


def fresh_name(prefix="run"):
    return f"{prefix}-{os.urandom(5).hex()}"


@contextlib.contextmanager
def bare(settings, *words):
    """One of bench_bare's servers; gives its port."""
    process = subprocess.Popen([settings.bare, *map(str, words)], stdout=subprocess.PIPE, text=True)
    try:
        yield json.loads(process.stdout.readline())["port"]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def bare_send(settings, url, count, in_flight):
    """Deliveries per second of the bare sender."""
    said = subprocess.run([settings.bare, "send", url, str(count), str(in_flight)], capture_output=True, text=True,
                          timeout=PATIENCE)
    if said.returncode != 0:
        raise Failed(f"the bare sender: {said.stderr.strip()}")
    return json.loads(said.stdout)["perSecond"]


def quiet_sandbox(binary, *options):
    return Sandbox(binary, "--log-level", "warning", *options)


def partner(sandbox, client_id, **members):
    """Registers a partner; answers an access token of it."""
    sandbox.post("/_sandbox/partners", {"clientId": client_id, "name": client_id, **members})
    return token_of(sandbox, client_id)


def token_of(sandbox, client_id):
    return sandbox.post(f"/_sandbox/partners/{client_id}/token")["accessToken"]


def spv_request(sandbox, token):
    """Submits a sample; answers its slug."""
    sample = sandbox.get("/v1/contracts/samples/1.0.0/syndicate_secondary")
    return sandbox.post("/v1/spv-requests", sample, token=token,
                        headers={"Idempotency-Key": fresh_name()})["spvRequestSlug"]


def add_investors(sandbox, token, count, at_once=500):
    """That many investors, one event and delivery each; answers their person ids."""
    ids = []
    name = fresh_name("inv")
    for begin in range(0, count, at_once):
        names = [f"{name}-{number}" for number in range(begin, min(begin + at_once, count))]
        ids += [row["zestPersonId"] for row in sandbox.investors(token, names)]
    return ids


def timed(function, *arguments, **more):
    began = time.monotonic()
    function(*arguments, **more)
    return time.monotonic() - began


def started_in(binary, *options):
    """Milliseconds until `Ready.`, of one start."""
    began = time.monotonic()
    with quiet_sandbox(binary, *options):
        return (time.monotonic() - began) * 1000


def process_took(command):
    """Milliseconds of one process from its start to its end."""
    return timed(subprocess.run, command, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE) * 1000


def resident_mib(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024


class Store:
    """A database with many deliveries, made once and copied for each that uses it."""

    def __init__(self, settings, binary, deliveries, partners):
        self.folder = settings.folder / "stores"
        # Another build may have another schema.
        version = subprocess.run([binary, "version"], capture_output=True, text=True, check=True).stdout.strip()
        name = re.sub(r"[^\w.]+", "-", f"{version}-{deliveries}-{partners}")
        self.original = self.folder / f"{name}.db"
        self.partners = partners
        if not self.original.exists():
            self._fill(binary, deliveries, partners)

    @staticmethod
    def client(number):
        return f"client_{number}"

    def _fill(self, binary, deliveries, partners):
        self.folder.mkdir(parents=True, exist_ok=True)
        print(f"  filling {self.original.name} …", file=sys.stderr, flush=True)
        making = self.original.with_name(self.original.name + ".part")
        self._remove(making)
        with quiet_sandbox(binary, "--db", making, "--max-journal", "1") as sandbox:
            for number in range(partners):
                token = partner(sandbox, self.client(number))
                add_investors(sandbox, token, deliveries // partners, 2000)
        shutil.rmtree(str(making) + ".files", ignore_errors=True)
        making.rename(self.original)

    @staticmethod
    def _remove(path):
        for suffix in ("", "-wal", "-shm"):
            pathlib.Path(str(path) + suffix).unlink(missing_ok=True)
        shutil.rmtree(str(path) + ".files", ignore_errors=True)

    @contextlib.contextmanager
    def copy(self):
        path = self.folder / (fresh_name("copy") + ".db")
        subprocess.run(["cp", "--reflink=auto", self.original, path], check=True)
        os.sync()  # else the first commits wait for the copy
        try:
            yield path
        finally:
            self._remove(path)


class Callgrind:
    """The sandbox under valgrind; counts instructions of its own process, whatever else the machine does."""

    def __init__(self, binary, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.file = pathlib.Path(self.folder.name) / "out"
        wrapper = pathlib.Path(self.folder.name) / "sandbox"
        wrapper.write_text(f'#!/bin/sh\nexec valgrind --quiet --tool=callgrind --callgrind-out-file={self.file} '
                           f'"{binary}" "$@"\n', encoding="utf-8")
        wrapper.chmod(0o755)
        self.sandbox = quiet_sandbox(wrapper, *options)

    def __enter__(self):
        self.sandbox.start()
        return self

    def __exit__(self, *failure):
        # valgrind's own end is slow, and what it would write is not needed.
        self.sandbox.kill()
        self.folder.cleanup()

    def _control(self, order):
        subprocess.run(["callgrind_control", order, str(self.sandbox.process.pid)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE)

    def instructions(self, work, keep=None):
        """Of `work()`; `keep`: where to leave the profile for callgrind_annotate."""
        self._control("-z")
        work()
        self._control("-d")
        dump = max(self.file.parent.glob("out.*"), key=lambda path: path.stat().st_mtime)
        text = dump.read_text(encoding="utf-8", errors="replace")
        if keep:
            shutil.copy(dump, keep)
        return int(re.findall(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)[-1])


class Threads:
    """Calls on threads of their own; join() raises what the first one raised and answers what they gave."""

    def __init__(self):
        self.threads, self.failures, self.results = [], [], []

    def run(self, function, *arguments):
        def body():
            try:
                self.results.append(function(*arguments))
            except BaseException as failure:  # handed to the one who joins
                self.failures.append(failure)
        self.threads.append(threading.Thread(target=body, daemon=True))
        self.threads[-1].start()

    def join(self):
        for thread in self.threads:
            thread.join(PATIENCE)
        if self.failures:
            raise self.failures[0]
        return self.results
