#!/usr/bin/env python3
"""Memory is bounded: by one advance however many attempts it makes, and over a long run.

    memory_test.py BINARY [case…]        ZEST_MEMORY_ROUNDS=20 for a longer run
"""
import os
import threading

from sandbox_process import Receiver, Sandbox, Threads, main
from time_test import ADVANCE, LADDER, ladders

# What one advance of 60 000 attempts may add to the process: the listing, its text and the answer's copy of that.
ADVANCE_MIB = 160
# A round is 1 000 events and 6 000 attempts. Between the end of the warm-up and three times as many rounds the
# process may grow by what allocators and page caches still fill, which is no multiple of the events.
WARM_UP_ROUNDS = int(os.environ.get("ZEST_MEMORY_ROUNDS", "4"))
GROWTH_MIB = 12


def memory(sandbox, name):
    """VmRSS (now) or VmHWM (at most so far) of the process, in MiB."""
    with open(f"/proc/{sandbox.process.pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
    raise AssertionError(name)


def create(sandbox, token, prefix, count):
    for begin in range(0, count, 1000):
        sandbox.investors(token, [f"{prefix}-{i}" for i in range(begin, min(count, begin + 1000))])


def ten_thousand_ladders_under_load_in_one_advance(binary):
    """Every offset is exact while others write, and the answer's memory stays small."""
    body = b"x" * 4096

    def answer(event, headers):
        return 200 if event["data"]["partnerInvestorId"].startswith("load") else (500, body)

    with Receiver(answer) as receiver, Sandbox(binary, "--clock", "manual", "--log-level", "off") as sandbox:
        token = sandbox.partner("ladders", webhookUrl=receiver.url)
        loads = [sandbox.partner(f"load{i}", webhookUrl=receiver.url) for i in range(2)]
        sandbox.post("/_sandbox/webhooks/pause", {"clientId": "ladders"})
        create(sandbox, token, "one", 10_000)
        sandbox.post("/_sandbox/webhooks/resume", {"clientId": "ladders"})
        before = memory(sandbox, "VmRSS")
        finished = threading.Event()

        def write(number):
            step = 0
            while not finished.is_set():
                step += 1
                sandbox.investors(loads[number], [f"load{number}-{step}"])

        with Threads() as threads:
            for number in range(len(loads)):
                threads.run(write, number)
            try:
                report = sandbox.post(ADVANCE, {"clientId": "ladders", "until": "idle"}, timeout=1200)
            finally:
                finished.set()
        peak = memory(sandbox, "VmHWM")
        offsets = ladders(report)
        # What is due now goes out at once: some first attempts may have been made before the call.
        wrong = [ladder for ladder in offsets.values() if ladder not in (LADDER, LADDER[1:])]
        assert len(offsets) == 10_000 and not wrong, (len(offsets), wrong[:3])
        assert report["attemptCount"] == len(report["attempts"]) > 50_000 and report["truncated"] is False
        assert "responseBody" not in report["attempts"][0] and "requestHeaders" not in report["attempts"][0]
        print(f"{report['attemptCount']} attempts listed; {before:.0f} MiB before, {peak:.0f} MiB at most")
        assert peak - before < ADVANCE_MIB, (before, peak)


def memory_is_flat_over_a_long_run(binary):
    """Events, retried to their dead letter, replayed, looked at and streamed, in one process."""
    with Receiver(lambda event, headers: (500, b"x" * 4096)) as receiver, \
            Sandbox(binary, "--clock", "manual", "--log-level", "off", "--webhook-url", receiver.url,
                    "--max-journal", "1000") as sandbox:
        token = sandbox.token()

        def play_round(number):
            create(sandbox, token, f"round{number}", 1000)
            sandbox.post(ADVANCE, {"until": "idle"}, timeout=600)
            for page in range(1, 11):
                sandbox.deliveries(status="dead", page=page, perPage=100)
            one = sandbox.deliveries(perPage=1)["documents"][0]["deliveryId"]
            sandbox.post(f"/_sandbox/webhook-deliveries/{one}/retry")
            sandbox.get("/_sandbox/requests")
            sandbox.call("GET", "/_sandbox/metrics")

        seen = []
        for number in range(3 * WARM_UP_ROUNDS):
            play_round(number)
            seen.append(memory(sandbox, "VmRSS"))
        print("MiB after each round:", " ".join(f"{one:.0f}" for one in seen))
        assert seen[-1] - seen[WARM_UP_ROUNDS - 1] < GROWTH_MIB, seen


if __name__ == "__main__":
    main([ten_thousand_ladders_under_load_in_one_advance, memory_is_flat_over_a_long_run])
