#!/usr/bin/env python3
"""An allocation that fails refuses the call that it was for, and nothing else.

    low_memory_test.py BINARY [case…]
"""
import http.client
import json
import os
import resource

from sandbox_process import Receiver, Sandbox, Threads, main

MIB = 1024 * 1024
AT_ONCE = 32
# Small to send, large to hold: about 30 MiB once it is read.
LARGE = b'{"templateId":"syndicate_primary","attributes":{"x":[' + b",".join([b"[]"] * 340_000) + b"]}}"


def address_space(sandbox):
    with open(f"/proc/{sandbox.process.pid}/statm", encoding="ascii") as pages:
        return int(pages.read().split()[0]) * resource.getpagesize()


def limit(sandbox, size):
    resource.prlimit(sandbox.process.pid, resource.RLIMIT_AS, (size, resource.getrlimit(resource.RLIMIT_AS)[1]))


def refusals(sandbox, token):
    """What comes of so many large calls at once: the statuses, 0 for one whose connection was closed."""
    statuses = []

    def send():
        try:
            answer = sandbox.call("POST", "/v1/spv-requests", LARGE, token=token,
                                  headers={"Content-Type": "application/json", "Idempotency-Key": "large"})
        except (ConnectionError, http.client.HTTPException):
            statuses.append(0)
            return
        statuses.append(answer.status)
        if answer.status != 503 or answer.body:  # even the envelope needs some
            assert answer.json["code"] == ("service_unavailable" if answer.status == 503 else "validation_error"), answer

    with Threads() as threads:
        for _ in range(AT_ONCE):
            threads.run(send)
    return statuses


def what_has_no_memory_is_refused_alone(binary):
    """Large calls by the dozen under a limit of the address space, while small ones and webhooks go on."""
    os.environ["MALLOC_ARENA_MAX"] = "1"  # else each thread has 64 MiB aside that no limit sees
    with Receiver() as receiver, Sandbox(binary, "--clock", "manual", "--log-level", "off", "--webhook-url",
                                         receiver.url) as sandbox:
        token = sandbox.token()
        acknowledged = set()
        answers = []
        for round_number, room in enumerate((4, 16, 48, 96, 4)):
            limit(sandbox, address_space(sandbox) + room * MIB)
            answers += refusals(sandbox, token)
            assert sandbox.process.poll() is None, f"the sandbox ended: {sandbox.output[-5:]}"
            # Small calls are served again as soon as the large ones are over.
            one = f"small-{round_number}"
            sandbox.investors(token, [one])
            acknowledged.add(one)
            assert sandbox.get("/_sandbox/readyz")["status"] == "ready"
        assert set(answers) <= {0, 400, 503}, sorted(set(answers))
        assert answers.count(503) > 0, "nothing was refused: the limit did not bite"
        print({status: answers.count(status) for status in sorted(set(answers))})
        limit(sandbox, resource.getrlimit(resource.RLIMIT_AS)[1])
        sandbox.post("/_sandbox/clock/advance", {"until": "idle"})
        told = {json.loads(body)["data"]["partnerInvestorId"] for _, kind, body in receiver.got if kind == "investor.created"}
        assert told == acknowledged, (told, acknowledged)
        assert set(refusals(sandbox, token)) == {400}


if __name__ == "__main__":
    main([what_has_no_memory_is_refused_alone])
