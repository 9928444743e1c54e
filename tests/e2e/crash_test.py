#!/usr/bin/env python3
"""Kills the real binary at random instants, under concurrent writers and a receiver that often fails, and then
checks what it promised: no acknowledged write is lost, every event of one is delivered in the end, no transition
has a second event, no attempt number is used twice within a schedule, the database always opens.

    crash_test.py BINARY        ZEST_CRASH_KILLS=300 for a long run, ZEST_CRASH_SEED to repeat one
"""
import collections
import http.client
import json
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading

from sandbox_process import PATIENCE, Receiver, Sandbox, Threads, clean_environment, main

KILLS = int(os.environ.get("ZEST_CRASH_KILLS", "15"))
SEED = int(os.environ.get("ZEST_CRASH_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
WRITERS = 4
SAMPLES = pathlib.Path(__file__).parents[2] / "fixtures" / "contracts"


class Moments:
    """Counts what happens, so that the killer can strike a random number of happenings later."""

    def __init__(self):
        self.count = 0
        self.changed = threading.Condition()

    def happened(self):
        with self.changed:
            self.count += 1
            self.changed.notify_all()

    def wait_for(self, more):
        with self.changed:
            goal = self.count + more
            assert self.changed.wait_for(lambda: self.count >= goal, PATIENCE), "nothing happens any more"


class Writer:
    """Writes without a pause. A call without an answer is made again, as clients do, until it is acknowledged."""

    def __init__(self, sandbox, token, number, moments, finished):
        self.sandbox = sandbox
        self.token = token
        self.number = number
        self.moments = moments
        self.finished = finished
        self.persons = {}     # partnerInvestorId -> zestPersonId, as acknowledged
        self.requests = {}    # slug -> last acknowledged status
        self.sample = json.loads(next(SAMPLES.glob("*/samples/syndicate_primary.json")).read_text())

    def call(self, method, path, body=None, key=None):
        while True:
            try:
                headers = {"Idempotency-Key": key} if key else {}
                answer = self.sandbox.call(method, path, body, self.token, headers)
            except (OSError, http.client.HTTPException):
                self.sandbox.up.wait(PATIENCE)
                continue
            if answer.status != 503:  # it was stopping
                return answer

    def run(self):
        step = 0
        while not self.finished.is_set():
            step += 1
            name = f"writer{self.number}-{step}"
            row = {"partnerInvestorId": name, "email": f"{name}@example.com", "firstName": "Ada", "lastName": "Love",
                   "dateOfBirth": "1980-01-01"}
            made = self.call("POST", "/v1/investors", {"investors": [row]}, "key-" + name)
            assert made.status == 200, made
            result, = made.json["results"]
            assert result["status"] in ("created", "already_exists"), result
            self.persons[name] = result["zestPersonId"]
            self.moments.happened()
            if step % 4 == 0:
                self.submit_and_cancel(name)

    def submit_and_cancel(self, name):
        body = json.loads(json.dumps(self.sample))
        body["attributes"]["deal_slug"] = name
        made = self.call("POST", "/v1/spv-requests", body, "spv-" + name)
        assert made.status == 201, made
        slug = made.json["spvRequestSlug"]
        self.requests[slug] = "pending-review"
        self.moments.happened()
        gone = self.call("DELETE", "/v1/spv-requests/" + slug)
        # 409: a first call, whose answer was lost, has cancelled it.
        assert gone.status in (200, 409), gone
        self.requests[slug] = "cancelled"
        self.moments.happened()


def kill_at_random(sandbox, moments, chance):
    """Kills `KILLS` times: while it works, and now and then while it starts."""
    for _ in range(KILLS):
        moments.wait_for(chance.randrange(0, 60))
        sandbox.up.clear()
        sandbox.kill()
        if chance.random() < 0.3:
            half_started = subprocess.Popen([sandbox.binary, "serve", "--port", str(sandbox.port), *sandbox.options],
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=clean_environment())
            half_started.stdout.read(chance.choice([0, 1, 400]))
            half_started.kill()
            half_started.communicate()
        sandbox.start()
        sandbox.up.set()


def check_events(sandbox, writers, delivered):
    """Every transition that was acknowledged has one event, and the receiver has said yes to it."""
    events = collections.defaultdict(set)
    for event_id, event_type, subject in delivered:
        events[event_type, subject].add(event_id)
    for key, ids in events.items():
        assert len(ids) == 1, f"{key} has the events {ids}"
    for writer in writers:
        for person in writer.persons.values():
            assert ("investor.created", person) in events, person
        for slug, status in writer.requests.items():
            assert ("spv_request.created", slug) in events, slug
            assert status == "pending-review" or ("spv_request.cancelled", slug) in events, slug
            found = sandbox.get("/v1/spv-requests/" + slug, token=writer.token)
            assert found["status"] == status, found
        for name, person in writer.persons.items():
            assert sandbox.investors(writer.token, [name])[0] == {
                "partnerInvestorId": name, "status": "already_exists", "zestPersonId": person}


def check_database(path):
    database = sqlite3.connect(path)
    try:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        again = database.execute("SELECT delivery, schedule, number, COUNT(*) FROM attempts WHERE kind = 'scheduled' "
                                 "GROUP BY delivery, schedule, number HAVING COUNT(*) > 1").fetchall()
        assert not again, f"attempt numbers used twice: {again}"
        gaps = database.execute("SELECT delivery, schedule FROM attempts WHERE kind = 'scheduled' "
                                "GROUP BY delivery, schedule HAVING MAX(number) <> COUNT(*)").fetchall()
        assert not gaps, f"attempts that left no record: {gaps}"
        return database.execute("SELECT COUNT(*) FROM attempts").fetchone()[0]
    finally:
        database.close()


def nothing_is_lost(binary):
    print(f"seed {SEED}, {KILLS} kills", flush=True)
    chance = random.Random(SEED)
    failing = random.Random(SEED + 1)
    moments = Moments()
    delivered = set()
    calm = threading.Event()

    def answer(event, headers):
        moments.happened()
        status = 200 if calm.is_set() or failing.random() < 0.6 else 500
        if status == 200:
            data = event["data"]
            delivered.add((event["eventId"], event["eventType"], data.get("zestPersonId") or data["spvRequestSlug"]))
        return status

    with tempfile.TemporaryDirectory() as folder, Receiver(answer) as receiver:
        database = pathlib.Path(folder, "sandbox.db")
        with Sandbox(binary, "--db", database, "--webhook-url", receiver.url, "--time-scale", "20000",
                     "--log-level", "warning") as sandbox:
            sandbox.up = threading.Event()
            sandbox.up.set()
            token = sandbox.token()
            finished = threading.Event()
            writers = [Writer(sandbox, token, number, moments, finished) for number in range(WRITERS)]
            with Threads() as threads:
                for writer in writers:
                    threads.run(writer.run)
                try:
                    kill_at_random(sandbox, moments, chance)
                finally:
                    finished.set()
            calm.set()
            sandbox.call("PUT", "/_sandbox/clock", {"mode": "manual"})
            sandbox.post("/_sandbox/clock/advance", {"until": "idle"})
            sandbox.post("/_sandbox/webhook-deliveries/retry", {"status": "dead"})
            sandbox.post("/_sandbox/wait", {"timeout": "5m"})
            total = sandbox.deliveries(perPage=1)["count"]
            assert sandbox.deliveries(status="delivered", perPage=1)["count"] == total, sandbox.deliveries()
            check_events(sandbox, writers, delivered)
        attempts = check_database(database)
    writes = sum(len(writer.persons) + 2 * len(writer.requests) for writer in writers)
    print(f"{writes} writes acknowledged, {total} events, {attempts} attempts, {len(receiver.got)} seen by the receiver")


if __name__ == "__main__":
    sys.exit(main([nothing_is_lost]))
