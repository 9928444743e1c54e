#!/usr/bin/env python3
"""Everything at once, at random: partners that use their API and change their own settings, clocks and rules, an
operator who loads snapshots and resets everything, receivers that fail, clients that hang up, and ends of the process,
by SIGKILL and by SIGTERM. Meanwhile every answer must be one that the call can have, no answer may be a 500, and what
was acknowledged must be there unless the operator took it away. In the end every event is delivered, each with one
body for ever, nothing is left behind, and the process stops.

    monkey_test.py BINARY       ZEST_MONKEY_SECONDS=30 for a longer run, ZEST_MONKEY_SEED to begin from one
"""
import collections
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time

from crash_test import SAMPLES, check_database
from sandbox_process import PATIENCE, Receiver, Sandbox, Threads, clean_environment, main

SECONDS = float(os.environ.get("ZEST_MONKEY_SECONDS", "4"))
SEED = int(os.environ.get("ZEST_MONKEY_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
MONKEYS = 5
OPERATORS = 2
RULES = [
    {"on": "webhook", "action": {"type": "duplicate", "copies": 2, "spacing": "10s"}},
    {"on": "webhook", "match": {"first": 3}, "action": {"type": "hold", "untilReleased": True}},
    {"on": "webhook", "match": {"nth": 2}, "action": {"type": "delay", "by": "10m"}},
    {"on": "webhook", "action": {"type": "reorder", "window": 3, "order": "shuffle", "within": "5m"}},
    {"on": "webhook", "match": {"probability": 0.5}, "action": {"type": "drop", "attempts": 2}},
    {"on": "webhook", "action": {"type": "lostAck", "attempts": 1}},
    {"on": "webhook", "match": {"nth": 3}, "action": {"type": "replay", "after": "1h"}},
    {"on": "webhook", "match": {"nth": 2}, "action": {"type": "disconnect", "midBody": True}, "ttl": "1h"},
]


class Lost(Exception):
    """No answer came, and the process was being ended."""


class Shaken(Exception):
    """The answer means nothing: the whole state was changed under the call. Or there was none yet: all is reset."""


class World:
    """What all have to know: whether the process lives, and whether the state was replaced as a whole."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.lock = threading.Lock()
        self.begun = 0      # upheavals: loads of snapshots, resets of all
        self.ended = 0
        self.life = 0       # of the process
        self.ending = True  # somebody is ending it
        self.up = threading.Event()
        self.finished = threading.Event()
        self.deadline = time.monotonic() + SECONDS
        self.done = 0  # actions of monkeys
        self.progress = threading.Condition()
        self.answers = collections.Counter()

    def went_on(self):
        with self.progress:
            self.done += 1
            self.progress.notify_all()

    def wait_for(self, more):
        """Until the monkeys have done so much more, or are finished."""
        with self.progress:
            goal = self.done + more
            assert self.progress.wait_for(lambda: self.done >= goal or self.finished.is_set(), PATIENCE), \
                "nothing happens any more"

    def part(self):
        """How much of the time is over, from 0 to 1."""
        return 1 - (self.deadline - time.monotonic()) / SECONDS

    def finish(self):
        self.finished.set()
        self.up.set()
        with self.progress:
            self.progress.notify_all()

    def mark(self):
        """A number of the state as a whole; nothing while it is being replaced."""
        with self.lock:
            return self.begun if self.begun == self.ended else None

    @contextlib.contextmanager
    def upheaval(self):
        with self.lock:
            self.begun += 1
        try:
            yield
        except Lost:
            self.up.wait(PATIENCE)  # until then the old process may still do what nobody has the answer to
            raise
        finally:
            with self.lock:
                self.ended += 1

    def start(self):
        self.sandbox.start()
        with self.lock:
            self.life += 1
            self.ending = False
        self.up.set()

    def end(self, how):
        with self.lock:
            self.ending = True
        self.up.clear()
        return how()

    def call(self, method, path, *arguments, allowed=(), of_all=False, **more):
        """An answer; Lost when there is none, for a good reason; Shaken when a reset of everything is under way, or,
        for a call that is about all partners, of any."""
        assert self.up.wait(PATIENCE), "the sandbox does not come up again"
        with self.lock:
            life = self.life
        mark = self.mark()
        try:
            answer = self.sandbox.call(method, path, *arguments, **more)
        except (OSError, http.client.HTTPException) as failure:
            if not self.was_ended(life):
                raise AssertionError(f"{method} {path}: cut off by nobody: {failure!r}") from failure
            raise Lost from None
        self.answers[answer.status] += 1
        if answer.status >= 500 and answer.status not in allowed:
            if answer.status == 503 and self.was_ended(life):
                raise Lost
            # Of many rows it is several transactions, and until the last one partners are told so.
            if answer.status == 503 and "is being reset" in answer.json["detail"]:
                if of_all or self.shaken_since(mark):
                    raise Shaken
            raise AssertionError(f"{method} {path}: {answer}")
        if answer.status >= 400:
            error = answer.json
            assert error["code"] and error["detail"] and error["errorId"], answer
        return answer

    def shaken_since(self, mark):
        return mark is None or self.mark() != mark

    def was_ended(self, life):
        with self.lock:
            return self.ending or self.life != life


class Monkey:
    """One partner, and what is known of it. Nobody else touches it but by upheavals, after which nothing is known."""

    def __init__(self, world, number, urls):
        self.world = world
        self.chance = random.Random(SEED + number)
        self.urls = urls
        self.client_id = f"client_monkey{number}"
        self.steps = 0
        self.token = None
        self.mark = None
        self.sample = json.loads(next(SAMPLES.glob("*/samples/syndicate_secondary.json")).read_text())
        made = world.sandbox.post("/_sandbox/partners", self.settings())
        self.public_key = made["publicKey"]
        self.key = tempfile.NamedTemporaryFile("w", suffix=".pem")
        self.key.write(made["privateKeyPem"])
        self.key.flush()
        self.forget()

    def settings(self):
        return {"clientId": self.client_id, "name": self.client_id, "webhookSecret": "whsec_monkey",
                "webhookUrl": self.chance.choice(self.urls), "deliveryTimeout": "2s"}

    def forget(self):
        self.persons = {}        # partnerInvestorId -> zestPersonId
        self.requests = {}       # slug -> (status, vehicle slug)
        self.subscriptions = {}  # slug -> [SPV, person, "pending" | "form" | "funded" | "completed"]

    def name(self):
        self.steps += 1
        return f"{self.client_id}-{self.steps}"

    # Calls and what they may answer.

    def hold(self, condition, *about):
        if condition:
            return
        if self.world.shaken_since(self.mark):
            raise Shaken
        raise AssertionError(f"{self.client_id}: {about}")

    def call(self, statuses, method, path, body=None, **more):
        answer = self.world.call(method, path, body, allowed=statuses, **more)
        self.hold(answer.status in statuses, method, path, body, answer)
        return answer

    def api(self, statuses, method, path, body=None, **headers):
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call(statuses, method, path, body, token=self.token, headers=fields)

    def mine(self, **members):
        return {"clientId": self.client_id, **members}

    def settle(self):
        """Brings what is known in line with the world, and the partner into it."""
        mark = self.world.mark()
        if mark is None or mark != self.mark:
            self.forget()
            self.token = None
        self.mark = mark
        if self.token is not None:
            return
        found = self.world.call("GET", "/_sandbox/partners/" + self.client_id)
        if found.status == 404:
            settings = {**self.settings(), "publicKey": self.public_key}
            self.call((201,), "POST", "/_sandbox/partners", settings)
        made = subprocess.run([self.world.sandbox.binary, "token", "--url", self.world.sandbox.url, "--client-id",
                               self.client_id, "--key", self.key.name], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, timeout=PATIENCE, env=clean_environment())
        if made.returncode != 0:
            raise Shaken  # asked again; should it go on like this, the end finds out
        self.token = made.stdout.strip()

    # What partners do.

    def investors(self):
        rows = {self.name(): None for _ in range(self.chance.randrange(1, 4))}
        if self.persons:
            known = self.chance.choice(sorted(self.persons))
            rows[known] = self.persons[known]
        body = [{"partnerInvestorId": one, "email": f"{one}@example.com", "firstName": "Ada", "lastName": "Love",
                 "dateOfBirth": "1980-01-01"} for one in rows]
        results = self.api((200,), "POST", "/v1/investors", {"investors": body}).json["results"]
        for row in results:
            person = rows[row["partnerInvestorId"]]
            expected = "created" if person is None else "already_exists"
            self.hold(row["status"] == expected and person in (None, row["zestPersonId"]), row, person)
            self.persons[row["partnerInvestorId"]] = row["zestPersonId"]

    def submit(self):
        key = self.name()
        made = self.api((201,), "POST", "/v1/spv-requests", self.sample, Idempotency_Key=key)
        self.requests[made.json["spvRequestSlug"]] = ("pending-review", None)
        if self.chance.random() < 0.4:
            again = self.api((201,), "POST", "/v1/spv-requests", self.sample, Idempotency_Key=key)
            self.hold(again.body == made.body, again, made)
            other = {**self.sample, "attributes": {**self.sample["attributes"], "currency": "GBP"}}
            self.api((409,), "POST", "/v1/spv-requests", other, Idempotency_Key=key)

    def review(self):
        slug = self.some_request("pending-review")
        del self.requests[slug]  # whatever becomes of the call, its answer decides
        verb = self.chance.choice(["approve", "approve", "reject", "cancel"])
        if verb == "cancel":
            answer = self.api((200,), "DELETE", "/v1/spv-requests/" + slug)
        else:
            reason = {"reason": "a whim"} if verb == "reject" else {}
            answer = self.call((200,), "POST", f"/_sandbox/spv-requests/{slug}/{verb}", reason)
        vehicle = answer.json.get("materialisedRefs", {}).get("vehicleSlug")
        self.requests[slug] = (answer.json["status"], vehicle)

    def subscribe(self):
        vehicle = self.requests[self.some_request("approved")][1]
        taken = {person for spv, person, _ in self.subscriptions.values() if spv == vehicle}
        free = sorted(set(self.persons.values()) - taken)
        if not free:
            return
        person = self.chance.choice(free)
        del self.persons[next(name for name, one in self.persons.items() if one == person)]  # once only
        row = {"zestPersonId": person, "lumpSum": {"currency": "USD", "value": "100000"}, "shareClassSlug": "sc_classA"}
        made = self.api((201,), "POST", f"/v1/spvs/{vehicle}/subscriptions", {"subscriptions": [row]}).json["results"]
        self.subscriptions[made[0]["subscriptionSlug"]] = [vehicle, person, "pending"]

    def upload(self, kind, fields):
        if not self.subscriptions:
            return
        slug = self.chance.choice(sorted(self.subscriptions))
        vehicle, person, state = self.subscriptions.pop(slug)
        content = self.chance.randbytes(self.chance.choice([1, 200, 70_000]))
        parts = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                        for name, value in fields.items())
        body = (parts + '--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
                'Content-Type: application/pdf\r\n\r\n').encode() + content + b"\r\n--b--\r\n"
        early = state == "completed" or (kind == "fundings" and state == "pending")
        answer = self.call((409,) if early else (201,), "POST", f"/v1/spvs/{vehicle}/subscription/{person}/{kind}",
                           body, token=self.token, headers={"Content-Type": "multipart/form-data; boundary=b"})
        if not early:
            url = answer.json["subscriptionFormUrl" if kind == "forms" else "fundingReceiptUrl"]
            served = self.call((200,), "GET", "/" + url.split("/", 3)[3])
            self.hold(served.body == content, "another content", url)
            state = "funded" if kind == "fundings" or state == "funded" else "form"
        self.subscriptions[slug] = [vehicle, person, state]

    def form(self):
        self.upload("forms", {})

    def funding(self):
        self.upload("fundings", {"amount": "100000.00", "currency": "USD", "wireReference": self.name()})

    def complete(self):
        if not self.subscriptions:
            return
        slug = self.chance.choice(sorted(self.subscriptions))
        vehicle, person, state = self.subscriptions.pop(slug)
        answer = self.call((200,) if state == "funded" else (409,), "POST", f"/_sandbox/subscriptions/{slug}/complete",
                           {"skipSynchronousEmit": self.chance.random() < 0.5})
        self.subscriptions[slug] = [vehicle, person, "completed" if answer.status == 200 else state]

    def look(self):
        slug = self.some_request(None)
        status, vehicle = self.requests[slug]
        found = self.api((200,), "GET", "/v1/spv-requests/" + slug).json
        self.hold(found["status"] == status, found, status)
        self.hold(found.get("materialisedRefs", {}).get("vehicleSlug") == vehicle, found, vehicle)
        listed = self.api((200,), "GET", "/v1/spv-requests?perPage=1&status=" + status).json
        self.hold(listed["count"] >= sum(one == status for one, _ in self.requests.values()), listed)

    def some_request(self, status):
        slugs = sorted(slug for slug, (one, _) in self.requests.items() if status in (None, one))
        if not slugs:
            raise Shaken  # nothing to do
        return self.chance.choice(slugs)

    # What partners' developers do.

    def start_over(self):
        self.forget()
        tokens = self.chance.random() < 0.3
        if tokens:
            self.token = None
        self.call((200,), "POST", "/_sandbox/reset", self.mine(tokens=tokens))

    def leave(self):
        self.forget()
        self.token = None
        self.call((200, 404), "DELETE", "/_sandbox/partners/" + self.client_id)

    def settings_change(self):
        change = self.chance.choice([{"webhookUrl": self.chance.choice(self.urls)}, {"webhookUrl": None},
                                     {"autoApprove": self.chance.choice(["0s", "1h", None])}, {"name": self.name()}])
        if "autoApprove" in change:
            # From now on requests leave review by themselves.
            self.requests = {slug: one for slug, one in self.requests.items() if one[0] != "pending-review"}
            change = {**change, "autoApprove": None}
        self.call((200,), "PATCH", "/_sandbox/partners/" + self.client_id, change)

    def clock(self):
        mode = self.chance.choice([{"mode": "manual"}, {"mode": "real"}, {"mode": "scaled", "scale": 300}])
        self.call((200,), "PUT", "/_sandbox/clock", self.mine(**mode))

    def advance(self):
        target = self.chance.choice([{"by": "31s"}, {"by": "2h"}, {"to": "next"}, {"until": "idle"}])
        self.call((200, 409), "POST", "/_sandbox/clock/advance", self.mine(**target))

    def pause(self):
        self.call((200,), "POST", "/_sandbox/webhooks/" + self.chance.choice(["pause", "resume", "resume"]), self.mine())

    def rule(self):
        made = self.call((201,), "POST", "/_sandbox/chaos/rules", self.mine(**self.chance.choice(RULES))).json
        if self.chance.random() < 0.5:
            self.investors()
        self.call((200, 404) if "ttl" in made else (200,), "DELETE", "/_sandbox/chaos/rules/" + made["id"])

    def deliveries(self):
        query = f"clientId={self.client_id}&perPage=5&page={self.chance.randrange(1, 4)}"
        listed = self.call((200,), "GET", "/_sandbox/webhook-deliveries?" + query).json["documents"]
        for delivery in listed[:1]:
            path = "/_sandbox/webhook-deliveries/" + delivery["deliveryId"]
            self.call((200,), "GET", path)
            self.call((200, 409), "POST", path + "/retry")
        if self.chance.random() < 0.3:
            self.call((200,), "POST", "/_sandbox/webhook-deliveries/retry", self.mine(status="dead"))

    def wait(self):
        until = self.chance.choice([{"until": "idle"}, {"until": "event", "eventType": "investor.created"}])
        self.call((200, 408, 409), "POST", "/_sandbox/wait", self.mine(timeout="50ms", **until))

    def insight(self):
        path = self.chance.choice(["/_sandbox/status", "/_sandbox/metrics", "/_sandbox/requests?perPage=5", "/_sandbox",
                                   "/_sandbox/clock", "/_sandbox/chaos/held", "/_sandbox/readyz", "/openapi.json",
                                   "/_sandbox/partners", "/_sandbox/subscriptions", "/v1/contracts"])
        self.call((200,), "GET", path)

    def faults(self):
        wanted = self.chance.choice(["code=503", "delay=20ms", "code=409"])
        status = int(wanted[5:]) if wanted.startswith("code") else 200
        self.api((status,), "GET", "/v1/oauth2/info", Prefer=wanted)

    def hang_up(self):
        """Half a request, an answer that nobody reads, a stream that nobody watches for long."""
        host = " HTTP/1.1\r\nHost: localhost\r\n"
        request, answered = self.chance.choice([
            ("GET /openapi.json" + host + "\r\n", True),
            ("GET /openapi.json" + host + "\r\n" * 20, False),
            ("GET /_sandbox/stream" + host + "\r\n", True),
            ("POST /v1/investors" + host + "Content-Length: 100\r\n\r\n{", False),
            ("POST /_sandbox/wait" + host + "Content-Type: application/json\r\nContent-Length: 17\r\n\r\n"
             '{"timeout": "1m"}', False),
            ("\r\n\0\r\n", True)])
        with contextlib.suppress(OSError), \
                socket.create_connection(("127.0.0.1", self.world.sandbox.port), PATIENCE) as raw:
            raw.sendall(request.encode())
            if answered:
                raw.recv(1)

    WEIGHTS = {investors: 8, submit: 7, review: 6, subscribe: 6, form: 4, funding: 4, complete: 4, look: 6, start_over: 1,
               leave: 0.5, settings_change: 2, clock: 2, advance: 2, pause: 2, rule: 2, deliveries: 3, wait: 2,
               insight: 3, faults: 1, hang_up: 2}

    def act(self):
        action, = self.chance.choices(list(self.WEIGHTS), list(self.WEIGHTS.values()))
        with contextlib.suppress(Lost, Shaken):
            self.settle()
            action(self)
        self.world.went_on()

    def run(self):
        while not self.world.finished.is_set():
            self.act()
        for _ in range(20):  # now that nobody shakes the world, so that there is something to check
            self.act()


def operate(world, number):
    """An operator: saves and loads, and resets everything; later on lets the monkeys come to something."""
    chance = random.Random(SEED + 1000 + number)
    saved = []
    while world.part() < 0.6:
        world.wait_for(chance.randrange(5, 150))
        with contextlib.suppress(Lost, Shaken):
            if not saved or chance.random() < 0.5:
                answer = world.call("GET", "/_sandbox/snapshot", of_all=True)
                assert answer.status == 200, answer
                saved = saved[-2:] + [answer.json]
                continue
            with world.upheaval():
                if chance.random() < 0.6:
                    answer = world.call("PUT", "/_sandbox/snapshot", chance.choice(saved))
                else:
                    answer = world.call("POST", "/_sandbox/reset", {"partners": chance.random() < 0.5})
            assert answer.status == 200, answer


def end_now_and_then(world):
    chance = random.Random(SEED + 2000)
    ends = 0
    while world.part() < 1:
        world.wait_for(chance.randrange(50, 400))
        assert world.sandbox.process.poll() is None, "the sandbox ended by itself"
        if chance.random() < 0.5:
            world.end(world.sandbox.kill)
        else:
            code = world.end(world.sandbox.stop)
            assert code == 0, f"the stop ended with {code}"
        ends += 1
        world.start()
    return ends


# The end: everybody is quiet, and what is left must fit together.

def deliver_everything(sandbox, url):
    sandbox.post("/_sandbox/webhooks/resume")
    sandbox.call("DELETE", "/_sandbox/chaos/rules")
    partners = sandbox.get("/_sandbox/partners?perPage=100")["documents"]
    for partner in partners:
        sandbox.call("PATCH", "/_sandbox/partners/" + partner["clientId"], {"webhookUrl": url, "deliveryTimeout": "1m"})
    assert sandbox.call("PUT", "/_sandbox/clock", {"mode": "manual"}).status == 200
    assert sandbox.get("/_sandbox/chaos/held")["count"] == 0
    sandbox.post("/_sandbox/clock/advance", {"until": "idle"})
    sandbox.post("/_sandbox/webhook-deliveries/retry", {"status": "dead"})
    sandbox.post("/_sandbox/clock/advance", {"until": "idle"})
    sandbox.post("/_sandbox/wait", {"timeout": "5m"})
    assert sandbox.get("/_sandbox/status")["deliveries"]["in_flight"] == 0


def all_deliveries(sandbox):
    found = []
    while True:
        page = sandbox.deliveries(perPage=100, page=len(found) // 100 + 1)
        found += page["documents"]
        if len(found) >= page["count"]:
            return found


def check_events(deliveries, got):
    bodies = collections.defaultdict(set)
    for event_id, _, body in got:
        bodies[event_id].add(body)
    twice = [seen for seen in bodies.values() if len(seen) > 1]
    assert not twice, f"{len(twice)} event ids came with several bodies, such as {twice[0]}"
    transitions = collections.Counter()
    for delivery in deliveries:
        assert delivery["status"] == "delivered" and delivery["eventId"] in bodies, delivery
        if not delivery["eventType"].endswith("uploaded"):  # other bytes, another event
            transitions[delivery["clientId"], delivery["eventType"], delivery["subject"]] += 1
    assert all(count == 1 for count in transitions.values()), transitions.most_common(3)


def check_what_is_known(monkey):
    with contextlib.suppress(Shaken):
        monkey.settle()
        for name, person in monkey.persons.items():
            row = monkey.world.sandbox.investors(monkey.token, [name])[0]
            monkey.hold(row.get("zestPersonId") == person and row["status"] == "already_exists", row, person)
        for slug, (status, _) in monkey.requests.items():
            found = monkey.api((200,), "GET", "/v1/spv-requests/" + slug).json
            monkey.hold(found["status"] == status, found, status)
        listed = monkey.world.sandbox.get(f"/_sandbox/subscriptions?clientId={monkey.client_id}&perPage=100")["documents"]
        states = {one["subscriptionSlug"]: one["status"] for one in listed}
        for slug, (_, _, state) in monkey.subscriptions.items():
            completed = states.get(slug, "pending") == "completed"
            monkey.hold(completed == (state == "completed"), slug, state, states.get(slug))
    return len(monkey.persons) + len(monkey.requests) + len(monkey.subscriptions)


def check_files(folder):
    for path in (folder / "content").rglob("*"):
        assert path.is_dir() or hashlib.sha256(path.read_bytes()).hexdigest() == path.name, path
    left = list((folder / "spool").iterdir())
    assert not left, left


def everything_at_once(binary):
    print(f"seed {SEED}, {SECONDS} s", flush=True)
    failing = random.Random(SEED + 3000)
    pause = threading.Event()
    with contextlib.ExitStack() as stack:
        good, bad, slow, rude = [stack.enter_context(Receiver(answer)) for answer in (
            lambda event, headers: 200,
            lambda event, headers: 200 if failing.random() < 0.5 else 500,
            lambda event, headers: pause.wait(0.1) or 200,
            lambda event, headers: None)]
        database = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()), "sandbox.db")
        sandbox = Sandbox(binary, "--db", database, "--time-scale", "300", "--log-level", "error")
        world = World(sandbox)
        world.start()
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(lambda: (sandbox.kill(), sys.stderr.write("".join(sandbox.output[-40:]))))
            monkeys = [Monkey(world, number, [good.url, bad.url, slow.url, rude.url]) for number in range(MONKEYS)]
            with Threads() as threads:
                for monkey in monkeys:
                    threads.run(monkey.run)
                for number in range(OPERATORS):
                    threads.run(operate, world, number)
                try:
                    ends = end_now_and_then(world)
                finally:
                    world.finish()
            known = sum(check_what_is_known(monkey) for monkey in monkeys)
            deliver_everything(sandbox, good.url)
            deliveries = all_deliveries(sandbox)
            check_events(deliveries, good.got + bad.got + slow.got + rude.got)
            assert sandbox.stop() == 0
            sandbox.start()  # which sweeps what the ends before left behind
            assert sandbox.stop() == 0
            on_failure.pop_all()
        check_database(database)
        check_files(pathlib.Path(str(database) + ".files"))
    print(f"{sum(world.answers.values())} answers {dict(sorted(world.answers.items()))}, {ends} ends, "
          f"{world.begun} upheavals, {known} facts held, {len(deliveries)} deliveries in the end")


if __name__ == "__main__":
    sys.exit(main([everything_at_once]))
