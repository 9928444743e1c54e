#!/usr/bin/env python3
"""An allocation that fails refuses the call that it was for, and nothing else; and it takes many calls to get there:
what bodies and answers take together has a limit, and few large bodies are read at a time.

    low_memory_test.py BINARY [case…]
"""
import contextlib
import http.client
import json
import os
import resource
import select
import socket
import subprocess

from memory_test import memory
from sandbox_process import PATIENCE, Receiver, Sandbox, Threads, clean_environment, main

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


# What two large bodies take while they are read, the others as bytes, and what the allocator keeps aside.
LARGE_BODIES_MIB = 240


def large_bodies_at_once_take_what_two_of_them_do(binary):
    with Sandbox(binary, "--log-level", "off") as sandbox:
        token = sandbox.token()
        before = memory(sandbox, "VmRSS")
        answers = refusals(sandbox, token) + refusals(sandbox, token)
        peak = memory(sandbox, "VmHWM")
        print(f"{before:.0f} MiB before, {peak:.0f} MiB at most")
        assert set(answers) == {400}, set(answers)
        assert peak - before < LARGE_BODIES_MIB, (before, peak)


# Bodies that lack their last byte, twice as many as are held (http::Limits::memory), and what they may add: the
# limit, and what sockets and allocator keep of those that were refused.
UNFINISHED = 128
UNFINISHED_MIB = 64 + 32


def bodies_that_do_not_end_have_a_limit_together(binary):
    """And small calls are answered meanwhile."""
    body = b'{"templateId":"' + b"x" * (MIB - 64) + b'"}'
    with Sandbox(binary, "--log-level", "off") as sandbox, contextlib.ExitStack() as clients:
        token = sandbox.token()
        before = memory(sandbox, "VmRSS")
        head = (f"POST /v1/spv-requests HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
                f"Idempotency-Key: unfinished\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        refused = []
        for _ in range(UNFINISHED):
            client = clients.enter_context(socket.create_connection(("127.0.0.1", sandbox.port), timeout=PATIENCE))
            client.sendall(head + body[:-1])
            refused += select.select([client], [], [], 0)[0]
        if not refused:  # yet
            refused = select.select([client], [], [], PATIENCE)[0]
        assert refused[0].recv(16).startswith(b"HTTP/1.1 503"), refused
        assert sandbox.get("/public/hc")["status"] == "ok"
        sandbox.investors(token, ["small"])
        peak = memory(sandbox, "VmHWM")
        print(f"{before:.0f} MiB before, {peak:.0f} MiB at most")
        assert peak - before < UNFINISHED_MIB, (before, peak)


def a_start_that_limits_forbid_says_so(binary):
    """From too little for anything to enough, whatever is missing first."""
    outcomes = set()
    for size in range(24, 400, 24):
        process = subprocess.Popen([str(binary), "serve", "--port", "0"], text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=clean_environment(),
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size * MIB, size * MIB)))
        lines = iter(process.stdout.readline, "")
        ready = any(line.strip() == "Ready." for line in lines)
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE)
        outcomes.add("started" if ready else "refused")
        assert ready or process.returncode in (1, 2, 127), (size, process.returncode, said)
        assert "internal error" not in said and "terminate called" not in said, (size, said)
        assert "Resource temporarily" not in said, (size, said)
        if ready:
            break
    assert outcomes == {"started", "refused"}, outcomes


if __name__ == "__main__":
    main([a_start_that_limits_forbid_says_so, what_has_no_memory_is_refused_alone, large_bodies_at_once_take_what_two_of_them_do,
          bodies_that_do_not_end_have_a_limit_together])
