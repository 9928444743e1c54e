"""The rows of the table. README.md beside this file says what each means.

A row has contenders: "sandbox", the build under test; "other", another build of it (--other); "bare", the least that
could do the job; and peers (peers.py). A contender is a context manager that gives a function, each call of which measures once.
"""
import collections
import contextlib
import http.client
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import time
import urllib.parse

from measure import (CONNECTIONS, POST_INVESTOR, POST_SMALL, Callgrind, Failed, Store, Threads, add_investors, bare,
                     bare_send, fresh_name, partner, process_took, quiet_sandbox, resident_mib, spv_request, started_in,
                     timed, token_of, wrk)

Row = collections.namedtuple("Row", "name title unit more_is_better must aim ratio contenders most_rounds missing",
                             defaults=[99, None])
ROWS = []
CHROMIUM = os.environ.get("ZEST_CHROMIUM", "/usr/bin/chromium")


def row(name, title, unit, more_is_better, must=None, aim=None, ratio=True, most_rounds=99, missing=None):
    """`must` and `aim` are ratios to "bare", or plain figures when `ratio` is False. The function it decorates answers
    {contender: context manager}, given (settings, {name: binary}). `missing(settings)` says what the machine lacks for
    it, or nothing."""
    def add(contenders):
        ROWS.append(Row(name, title, unit, more_is_better, must, aim, ratio, contenders, most_rounds, missing))
        return contenders
    return add


def of_each(binaries, contender, *arguments):
    return {name: contender(binary, *arguments) for name, binary in binaries.items()}


# ---- one endpoint under load

@contextlib.contextmanager
def hello(settings, post=False):
    with bare(settings, "hello") as port:
        yield lambda: wrk(f"http://127.0.0.1:{port}/hello", settings.seconds, POST_SMALL if post else None)[0]


@contextlib.contextmanager
def bare_rows(settings, synchronous):
    with contextlib.ExitStack() as stack:
        folder = settings.folder / fresh_name("rows")
        folder.mkdir(parents=True)
        stack.callback(lambda: [path.unlink() for path in folder.iterdir()] + [folder.rmdir()])
        port = stack.enter_context(bare(settings, "rows", folder / "rows.db", synchronous))
        yield lambda: wrk(f"http://127.0.0.1:{port}/rows", settings.seconds, POST_SMALL)[0]


@contextlib.contextmanager
def health(binary, settings):
    with quiet_sandbox(binary) as sandbox:
        yield lambda: wrk(sandbox.url + "/public/hc", settings.seconds)[0]


def get_rate(sandbox, settings, client_id="client_acme"):
    token = token_of(sandbox, client_id)
    url = f"{sandbox.url}/v1/spv-requests/{spv_request(sandbox, token)}"
    return lambda: wrk(url, settings.seconds, headers=[f"Authorization: Bearer {token}"])[0]


def post_rate(sandbox, settings, client_id="client_acme"):
    token = token_of(sandbox, client_id)
    return lambda: wrk(sandbox.url + "/v1/investors", settings.seconds, POST_INVESTOR % {"run": fresh_name()},
                       [f"Authorization: Bearer {token}"])[0]


@contextlib.contextmanager
def get_one(binary, settings):
    with quiet_sandbox(binary) as sandbox:
        yield get_rate(sandbox, settings)


@contextlib.contextmanager
def post_one(binary, settings):
    with quiet_sandbox(binary) as sandbox:
        yield post_rate(sandbox, settings)


@contextlib.contextmanager
def post_one_kept(binary, settings):
    path = settings.folder / (fresh_name("post") + ".db")
    settings.folder.mkdir(parents=True, exist_ok=True)
    try:
        with quiet_sandbox(binary, "--db", path) as sandbox:
            yield post_rate(sandbox, settings)
    finally:
        Store._remove(path)


@row("hc", "GET /public/hc", "per s", True, 1.2, 1.8)
def _(settings, binaries):
    return {"bare": hello(settings), **of_each(binaries, health, settings)}


@row("get", "GET of one SPV request, authenticated", "per s", True, 0.6, 1.0)
def _(settings, binaries):
    return {"bare": hello(settings), **of_each(binaries, get_one, settings)}


@row("post", "POST of one investor, temporary store", "per s", True, 0.25, 0.4)
def _(settings, binaries):
    return {"bare": hello(settings, post=True), **of_each(binaries, post_one, settings)}


@row("post-db", "POST of one investor, --db (durable)", "per s", True, 0.5, 0.8)
def _(settings, binaries):
    return {"bare": bare_rows(settings, "FULL"), **of_each(binaries, post_one_kept, settings)}


# ---- webhooks

DELIVERIES = 5000


@contextlib.contextmanager
def deliveries(binary, settings, *options, client_id="receiving"):
    """From the end of a pause until all have been taken and kept."""
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(bare(settings, "receive", 200))
        sandbox = stack.enter_context(quiet_sandbox(binary, *options))
        token = partner(sandbox, client_id, webhookUrl=f"http://127.0.0.1:{port}/hook")
        count = settings.count(DELIVERIES)

        def once():
            sandbox.post("/_sandbox/webhooks/pause", {"clientId": client_id})
            add_investors(sandbox, token, count)
            began = time.monotonic()
            sandbox.post("/_sandbox/webhooks/resume", {"clientId": client_id})
            waited = sandbox.post("/_sandbox/wait", {"until": "idle", "clientId": client_id, "timeout": "5m"})
            took = time.monotonic() - began
            if not waited["reached"]:
                raise Failed("the deliveries did not come to an end")
            return count / took
        yield once


@contextlib.contextmanager
def bare_deliveries(settings):
    with bare(settings, "receive", 200) as port:
        yield lambda: bare_send(settings, f"http://127.0.0.1:{port}/hook", settings.count(4 * DELIVERIES), 8)


@row("deliver", "deliveries of one partner to a fast receiver", "per s", True, 0.3, 0.5)
def _(settings, binaries):
    return {"bare": bare_deliveries(settings), **of_each(binaries, deliveries, settings)}


@contextlib.contextmanager
def ladder(binary, settings, partners):
    """Six attempts for each of 1 000 deliveries, all refused, in one advance over the whole schedule."""
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(bare(settings, "receive", 500))
        sandbox = stack.enter_context(quiet_sandbox(binary, "--clock", "manual"))
        count = settings.count(1000, partners) // partners * partners
        tokens = {client: partner(sandbox, client, webhookUrl=f"http://127.0.0.1:{port}/hook")
                  for client in (f"failing_{number}" for number in range(partners))}

        def dead():
            return sandbox.deliveries(status="dead", perPage=1)["count"]

        def once():
            before = dead()
            sandbox.post("/_sandbox/webhooks/pause")
            for token in tokens.values():
                add_investors(sandbox, token, count // partners)
            began = time.monotonic()
            sandbox.post("/_sandbox/webhooks/resume")
            sandbox.post("/_sandbox/clock/advance", {"by": "16h"})
            took = time.monotonic() - began
            if dead() - before != count:
                raise Failed(f"{dead() - before} deliveries are dead, not {count}")
            return took
        yield once


@row("ladder-1", "1 000 failing deliveries of one partner, whole ladder", "s", False, 2.0, 1.2, ratio=False)
def _(settings, binaries):
    return of_each(binaries, ladder, settings, 1)


@row("ladder-10", "the same as ten partners of 100", "s", False, 1.0, 0.6, ratio=False)
def _(settings, binaries):
    return of_each(binaries, ladder, settings, 10)


# ---- uploads, start, memory

MIB = 1024 * 1024


def upload(sandbox, token, path, content):
    head = (b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
            b"Content-Type: application/pdf\r\n\r\n")
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port)
    connection.request("POST", path, head + content + b"\r\n--b--\r\n",
                       {"Authorization": "Bearer " + token, "Content-Type": "multipart/form-data; boundary=b"})
    answer = connection.getresponse()
    if answer.status != 201:
        raise Failed(f"an upload was answered {answer.status}: {answer.read()[:300]!r}")
    answer.read()
    connection.close()


@contextlib.contextmanager
def uploads(binary, settings):
    with quiet_sandbox(binary) as sandbox:
        token = sandbox.token()
        slug = spv_request(sandbox, token)
        sandbox.post(f"/_sandbox/spv-requests/{slug}/approve")
        request = sandbox.get("/v1/spv-requests/" + slug, token=token)
        spv = request["materialisedRefs"]["vehicleSlug"]
        persons = add_investors(sandbox, token, 8)
        rows = [{"zestPersonId": person, "shareClassSlug": "sc_classA",
                 "lumpSum": {"currency": "USD", "value": "100000"}} for person in persons]
        sandbox.post(f"/v1/spvs/{spv}/subscriptions", {"subscriptions": rows}, token=token)
        size = settings.count(10 * MIB)
        padding = b"x" * size

        def once():
            # Content that nobody has seen, or it would be kept already.
            contents = [(fresh_name().encode() + padding)[:size] for _ in persons]

            def all_of_them():
                threads = Threads()
                for person, content in zip(persons, contents):
                    threads.run(upload, sandbox, token, f"/v1/spvs/{spv}/subscription/{person}/forms", content)
                threads.join()
            return size * len(persons) / MIB / timed(all_of_them)
        yield once


@row("upload", "8 parallel uploads of 10 MiB", "MiB/s", True, 200, 350, ratio=False)
def _(settings, binaries):
    return of_each(binaries, uploads, settings)


@contextlib.contextmanager
def starts(binary):
    yield lambda: min(started_in(binary) for _ in range(3))


@contextlib.contextmanager
def bare_start(settings):
    yield lambda: min(process_took([settings.bare, "nothing"]) for _ in range(3))


@row("start", "start to Ready. (bare: load the libraries, end)", "ms", False, 25, 15, ratio=False)
def _(settings, binaries):
    return {"bare": bare_start(settings), **of_each(binaries, starts)}


def browser_missing(settings):
    if not shutil.which("node") or not pathlib.Path(CHROMIUM).exists():
        return "there is no Chromium, or no Node; scripts/test --browser installs both"
    if not (modules(settings) / "node_modules/playwright-core").is_dir():
        return f"{modules(settings)} has no playwright-core; scripts/test --browser puts it there"
    return None


def modules(settings):
    return pathlib.Path(os.environ.get("ZEST_BROWSER_MODULES") or settings.folder.parent / "browser").resolve()


@contextlib.contextmanager
def first_views(binary, settings):
    script = pathlib.Path(__file__).resolve().parent.parent / "console/first_view.mjs"
    with quiet_sandbox(binary) as sandbox:
        def once():
            done = subprocess.run(["node", script, sandbox.url], capture_output=True, text=True, timeout=120, check=False,
                                  env={**os.environ, "ZEST_BROWSER_MODULES": str(modules(settings))})
            if done.returncode != 0:
                raise Failed(done.stderr.strip()[-500:])
            return float(done.stdout)
        yield once


@row("console", "script time of the console's first view", "ms", False, 150, 80, ratio=False, missing=browser_missing)
def _(settings, binaries):
    return of_each(binaries, first_views, settings)


@contextlib.contextmanager
def idle_memory(binary):
    def once():
        with quiet_sandbox(binary) as sandbox:
            return resident_mib(sandbox.process)
    yield once


@contextlib.contextmanager
def used_memory(binary, settings):
    def once():
        with quiet_sandbox(binary) as sandbox:
            token = sandbox.token()
            url = f"{sandbox.url}/v1/spv-requests/{spv_request(sandbox, token)}"
            left = settings.count(100_000)
            while left > 0:
                left -= wrk(url, settings.seconds, headers=[f"Authorization: Bearer {token}"])[1]
            return resident_mib(sandbox.process)
    yield once


@row("memory-idle", "resident memory, idle", "MiB", False, 22, 16, ratio=False, most_rounds=3)
def _(settings, binaries):
    return of_each(binaries, idle_memory)


@row("memory-used", "resident memory after 100 000 requests", "MiB", False, 40, 28, ratio=False, most_rounds=2)
def _(settings, binaries):
    return of_each(binaries, used_memory, settings)


# ---- cost that must not grow with what is stored

SIZES = [(100_000, 1), (1_000_000, 1), (1_000_000, 1000)]


@contextlib.contextmanager
def on_store(binary, settings, size, figure):
    """`figure(sandbox, settings)` gives what measures; on a copy of a store that holds that much."""
    deliveries_kept, partners = size
    with contextlib.ExitStack() as stack:
        path = settings.folder / (fresh_name("empty") + ".db")
        if deliveries_kept:
            partners = settings.count(partners)
            store = Store(settings, binary, settings.count(deliveries_kept, partners), partners)
            path = stack.enter_context(store.copy())
        stack.callback(Store._remove, path)
        yield figure(stack.enter_context(quiet_sandbox(binary, "--db", path)), settings)


def flat(name, what, figure):
    for size in SIZES:
        label = f"{size[0] // 1000}k" if size[0] < 1_000_000 else f"{size[0] // 1_000_000}M"
        label += "" if size[1] == 1 else f"-{size[1]}p"

        def contenders(settings, binaries, size=size):
            settings.folder.mkdir(parents=True, exist_ok=True)
            empty = on_store(binaries["sandbox"], settings, (0, 0), figure)
            return {"bare": empty, **of_each(binaries, on_store, settings, size, figure)}
        row(f"{name}@{label}", f"{what} at {size[0]:,} deliveries of {size[1]:,} partner(s); bare: at none".replace(",", " "),
            "per s", True, 0.8, 1.0)(contenders)


flat("get", "GET of one SPV request", get_rate)
flat("post", "POST of one investor, --db", post_rate)


@contextlib.contextmanager
def small_reset(binary, settings):
    deliveries_kept, partners = 1_000_000, 1000
    partners = settings.count(partners, 2)
    store = Store(settings, binary, settings.count(deliveries_kept, partners), partners)
    with store.copy() as path, quiet_sandbox(binary, "--db", path) as sandbox:
        numbers = itertools.count()
        yield lambda: timed(sandbox.post, "/_sandbox/reset", {"clientId": store.client(next(numbers) % partners)}) * 1000


@row("reset-small", "reset of a partner with 1 000 of 1 000 000 deliveries", "ms", False, 50, None, ratio=False)
def _(settings, binaries):
    return of_each(binaries, small_reset, settings)


@contextlib.contextmanager
def large_reset(binary, settings):
    store = Store(settings, binary, settings.count(1_000_000), 1)

    def once():
        with store.copy() as path, quiet_sandbox(binary, "--db", path) as sandbox:
            token = partner(sandbox, "bystander")
            longest = timed(add_investors, sandbox, token, 1)
            threads = Threads()
            threads.run(sandbox.post, "/_sandbox/reset", {"clientId": store.client(0)})
            while threads.threads[0].is_alive():
                longest = max(longest, timed(add_investors, sandbox, token, 1))
            threads.join()
            return longest * 1000
    yield once


@row("reset-large", "longest write of another while the owner of 1 000 000 deliveries is reset", "ms", False, 50, None,
     ratio=False, most_rounds=3)
def _(settings, binaries):
    return of_each(binaries, large_reset, settings)


# ---- instructions, which no other process disturbs

def requests_over(sandbox, count, head, body=lambda number: b""):
    """That many requests over 16 connections, one on each at a time."""
    port = urllib.parse.urlsplit(sandbox.url).port
    connections = [http.client.HTTPConnection("127.0.0.1", port) for _ in range(CONNECTIONS)]
    method, path, headers = head
    for begin in range(0, count, CONNECTIONS):
        for number, connection in enumerate(connections):
            connection.request(method, path, body(begin + number) or None, headers(begin + number))
        for connection in connections:
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise Failed(f"{method} {path} was answered {answer.status}: {text[:300]!r}")
    for connection in connections:
        connection.close()


def instructions(kind):
    @contextlib.contextmanager
    def contender(binary, settings):
        with Callgrind(binary) as counted:
            sandbox = counted.sandbox
            token = token_of(sandbox, "client_acme")
            slug = spv_request(sandbox, token)
            run = fresh_name()
            bearer = {"Authorization": "Bearer " + token}
            head = {
                "hc": ("GET", "/public/hc", lambda number: {}),
                "get": ("GET", "/v1/spv-requests/" + slug, lambda number: bearer),
                "post": ("POST", "/v1/investors", lambda number: {
                    **bearer, "Content-Type": "application/json", "Idempotency-Key": f"{run}-{number}"}),
            }[kind]
            numbers = itertools.count()

            def body(number):
                if kind != "post":
                    return b""
                return (f'{{"investors":[{{"partnerInvestorId":"{run}-{number}","email":"{run}-{number}@example.com",'
                        f'"firstName":"Ada","lastName":"Lovelace","dateOfBirth":"1980-01-01"}}]}}').encode()

            def some(count):
                begin = next(numbers) * 100_000
                shifted = (*head[:2], lambda number: head[2](begin + number))
                requests_over(sandbox, count, shifted, lambda number: body(begin + number))
            some(10 * CONNECTIONS)  # whatever is made once
            count = settings.count(40, 2) * CONNECTIONS
            yield lambda: counted.instructions(lambda: some(count)) / count / 1000
    return contender


for _kind in ("hc", "get", "post"):
    @row(f"{_kind}-instructions", f"{_kind}: instructions of one request, 16 at a time", "k", False, ratio=False,
         most_rounds=2)
    def _(settings, binaries, kind=_kind):
        return of_each(binaries, instructions(kind), settings)


def chosen(patterns):
    """The rows whose names match one of the regular expressions, as a whole, in the order of the table."""
    found = [one for one in ROWS if any(re.fullmatch(pattern, one.name) for pattern in patterns)]
    if not found:
        raise Failed(f"no row is called {' or '.join(patterns)}; --list names them")
    return found
