#!/usr/bin/env python3
"""Hostile receivers hold up their own partner only, and what is sent is recorded as it went.

    isolation_test.py BINARY [case…]
"""
import contextlib
import ssl
import subprocess
import tempfile
import threading

from sandbox_process import HangingReceiver, Receiver, Sandbox, Threads, main, read_request, socket


def attempts(sandbox, client_id):
    delivery = sandbox.deliveries(clientId=client_id)["documents"][0]
    return sandbox.get("/_sandbox/webhook-deliveries/" + delivery["deliveryId"])["attempts"]


def healthy_partner_is_served_while_others_hang(binary):
    """800 exchanges of 100 partners hang, without a thread for any of them; the healthy one's event arrives."""
    with HangingReceiver() as hanging, Receiver() as healthy, \
            Sandbox(binary, "--log-level", "warning", "--delivery-timeout", "10m") as sandbox:
        tokens = {f"hanging{i}": sandbox.partner(f"hanging{i}", webhookUrl=hanging.url) for i in range(100)}
        token = sandbox.partner("healthy", webhookUrl=healthy.url)
        threads = sandbox.threads()
        for client_id, partner in tokens.items():
            sandbox.investors(partner, [f"{client_id}-{i}" for i in range(10)])
        hanging.accepted(800)
        assert sandbox.threads() <= threads + 8, (threads, sandbox.threads())
        sandbox.investors(token, ["healthy-1"])
        healthy.wait_for(lambda got: len(got) == 1)
        sandbox.post("/_sandbox/wait", {"clientId": "healthy"})
        # Still hanging: nothing of theirs was answered or given up meanwhile.
        assert sandbox.deliveries(status="in_flight", perPage=1)["count"] == 800
        # A reset cancels them and does not wait for them.
        sandbox.post("/_sandbox/reset")
        assert sandbox.deliveries(perPage=1)["count"] == 0


def stop_does_not_wait_for_receivers(binary):
    with HangingReceiver() as hanging:
        sandbox = Sandbox(binary, "--webhook-url", hanging.url, "--delivery-timeout", "10m").start()
        sandbox.investors(sandbox.token(), ["one", "two"])
        hanging.accepted(2)
        assert sandbox.stop() == 0


@contextlib.contextmanager
def trickling_receiver():
    """Sends a byte of its answer whenever the peer has taken the one before, and never comes to an end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                pulse = threading.Event()
                while not pulse.wait(0.05):
                    connection.sendall(b"1\r\nx\r\n")
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"


@contextlib.contextmanager
def tls_receiver():
    """A receiver with a certificate that nobody knows: its URL and the certificate's file."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        certificate, key = folder + "/certificate.pem", folder + "/key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

        def answer(connection):
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secured, \
                    secured.makefile("rb") as stream:
                while read_request(stream):
                    secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                # A thread each: what a failed handshake leaves in OpenSSL's error queue must not end the next one.
                threading.Thread(target=answer, args=(connection,), daemon=True).start()
        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/hook", certificate


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def every_failure_has_its_kind(binary):
    large = b"x" * (50 * 1024 * 1024)

    def answer(status):
        return lambda event, headers: b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n%s" % (status, len(large), large)

    with contextlib.ExitStack() as stack:
        def receiver(said):
            return stack.enter_context(Receiver(said)).url
        unknown, certificate = stack.enter_context(tls_receiver())
        plain = receiver(lambda event, headers: 200)
        #            url, kind ("" for delivered), status
        expected = {
            "fine": (plain, "", 200),
            "nocontent": (receiver(lambda event, headers: 204), "", 204),
            "large": (receiver(answer(200)), "", 200),
            "largefailure": (receiver(answer(500)), "status", 500),
            "redirect": (receiver(lambda event, headers: b"HTTP/1.1 302 Found\r\nLocation: " + plain.encode() +
                                  b"\r\nContent-Length: 0\r\n\r\n"), "status", 302),
            "hangup": (receiver(lambda event, headers: None), "reset", None),
            "garbage": (receiver(lambda event, headers: b"no HTTP at all\r\n\r\n"), "reset", None),
            "nobody": (f"http://127.0.0.1:{free_port()}/hook", "connect", None),
            "noname": ("http://receiver.invalid/hook", "connect", None),
            "unknownca": (unknown, "tls", None),
            "silent": (stack.enter_context(HangingReceiver()).url, "timeout", None),
            "trickle": (stack.enter_context(trickling_receiver()), "timeout", 200),
        }
        sandbox = stack.enter_context(Sandbox(binary, "--clock", "manual", "--delivery-timeout", "3s"))
        for client_id, (url, _, _) in expected.items():
            sandbox.investors(sandbox.partner(client_id, webhookUrl=url), ["investor"])
        sandbox.post("/_sandbox/wait", {"timeout": "1m"})
        for client_id, (_, kind, status) in expected.items():
            attempt, = attempts(sandbox, client_id)
            seen = (attempt.get("failure", ""), attempt.get("responseStatus"), attempt["outcome"])
            assert seen == (kind, status, "failed" if kind else "delivered"), (client_id, attempt)
            assert len(attempt.get("responseBody", "")) <= 4096, client_id
            assert attempt["offsetSeconds"] == 0 and attempt["wallTime"] and attempt["virtualTime"], attempt
        trusting = stack.enter_context(Sandbox(binary, "--clock", "manual", "--ca-file", certificate))
        trusting.investors(trusting.partner("knownca", webhookUrl=unknown), ["investor"])
        trusting.post("/_sandbox/wait")
        known = attempts(trusting, "knownca")
        assert known[0]["outcome"] == "delivered", known


def pause_resume_and_replay(binary):
    with Receiver(lambda event, headers: 200) as receiver, \
            Sandbox(binary, "--clock", "manual", "--webhook-url", receiver.url) as sandbox:
        token = sandbox.token()
        assert sandbox.post("/_sandbox/webhooks/pause")["paused"] is True
        sandbox.investors(token, [f"investor-{i}" for i in range(5)])
        parked = sandbox.post("/_sandbox/clock/advance", {"by": "1h"})
        assert parked["attempts"] == [] and len(parked["parked"]) == 5, parked
        sandbox.post("/_sandbox/webhooks/resume")
        sandbox.post("/_sandbox/wait")
        assert len(receiver.got) == 5
        count = sandbox.post("/_sandbox/webhook-deliveries/retry",
                             {"status": "delivered", "eventType": "investor.created", "dryRun": True})
        assert count["count"] == 5 and len(receiver.got) == 5, count
        subject = sandbox.deliveries()["documents"][0]["subject"]
        one = sandbox.post("/_sandbox/webhook-deliveries/retry", {"status": "delivered", "subject": subject})
        assert one["count"] == 1, one
        sandbox.post("/_sandbox/wait")
        delivery = sandbox.get("/_sandbox/webhook-deliveries/" + one["deliveryIds"][0])
        assert [attempt["number"] for attempt in delivery["attempts"]] == [1, 1], delivery
        assert receiver.got[-1][2] in [body for _, _, body in receiver.got[:5]]
        late = sandbox.call("POST", "/_sandbox/wait", {"until": "event", "count": 6, "timeout": "10ms"})
        assert late.status == 408 and late.json["open"] == [], late


def waiting_calls_report_what_is_open(binary):
    with HangingReceiver() as hanging, \
            Sandbox(binary, "--clock", "manual", "--webhook-url", hanging.url, "--delivery-timeout", "10m") as sandbox:
        sandbox.investors(sandbox.token(), ["one", "two"])
        hanging.accepted()
        late = sandbox.call("POST", "/_sandbox/wait", {"timeout": "10ms"})
        assert late.status == 408 and late.json["code"] == "timeout" and len(late.json["open"]) == 2, late
        with Threads() as threads:
            first = sandbox.deliveries()["documents"][-1]["deliveryId"]
            threads.run(lambda: sandbox.post("/_sandbox/wait", {"until": "delivery", "deliveryId": first,
                                                                "status": "retrying", "timeout": "1m"}))
            hanging.reset_all()


if __name__ == "__main__":
    main([healthy_partner_is_served_while_others_hang, stop_does_not_wait_for_receivers, every_failure_has_its_kind,
          pause_resume_and_replay, waiting_calls_report_what_is_open])
