#!/usr/bin/env python3
"""What the real binary shows of itself: the event stream with resumption, and metrics that Prometheus accepts.

    insight_test.py BINARY [case…]
"""
import contextlib
import http.client
import json
import re
import time

from sandbox_process import PATIENCE, Receiver, Sandbox, expect, main


class Stream:
    """A viewer of /_sandbox/stream. next() gives (id, name, data) of the next event, read as the standard says."""

    def __init__(self, sandbox, last_event_id=None, query=""):
        self.connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=PATIENCE)
        fields = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        self.connection.request("GET", "/_sandbox/stream" + query, headers=fields)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()
        assert self.answer.getheader("Content-Type").startswith("text/event-stream")

    def next(self):
        fields = {}
        while True:
            line = self.answer.readline().decode("utf-8")
            assert line.endswith("\n"), "the stream ended"
            line = line.rstrip("\n")
            if line == "":
                if "data" in fields:
                    return fields.get("id"), fields["event"], json.loads(fields["data"])
                fields = {}
            elif not line.startswith(":"):
                name, colon, value = line.partition(": ")
                assert colon and name in ("id", "event", "data", "retry") and name not in fields, line
                fields[name] = value

    def until(self, condition):
        """Every event up to the one for which `condition(name, data)` holds."""
        events = []
        while True:
            events.append(self.next())
            if condition(*events[-1][1:]):
                return events

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.connection.close()


def is_attempt_of(name):
    return lambda kind, data: kind == "attempt" and data["clientId"] == name


def a_viewer_who_comes_back_misses_nothing_and_sees_nothing_twice(binary):
    with Receiver() as receiver, Sandbox(binary, "--clock", "manual", "--webhook-url", receiver.url) as sandbox:
        token = sandbox.token()
        with Stream(sandbox) as live:
            sandbox.investors(token, ["one"])
            told = set()  # a call and its webhook's attempt, whichever is over first
            first = live.until(lambda kind, data: told.add(kind if kind != "request" else data["path"]) or {"/v1/investors", "attempt"} <= told)
        # Nobody looks on meanwhile.
        sandbox.investors(token, ["two", "three"])
        sandbox.post("/_sandbox/wait")
        sandbox.post("/_sandbox/clock/advance", {"by": "1s"})
        with Stream(sandbox, first[-1][0]) as resumed:
            rest = resumed.until(lambda kind, data: kind == "clock")
        with Stream(sandbox, 0) as whole:
            everything = whole.until(lambda kind, data: kind == "clock")
        assert [event[0] for event in everything][-len(first + rest):] == [event[0] for event in first + rest]
        ids = [int(event[0]) for event in everything]
        assert ids == list(range(ids[0], ids[0] + len(ids))), ids
        kinds = [event[1] for event in rest]
        assert kinds.count("attempt") == 2 and kinds.count("request") == 1, kinds
        requests = [data for _, kind, data in everything if kind == "request"]
        assert [data["path"] for data in requests] == ["/v1/oauth2/tokens", "/v1/investors", "/v1/investors"]
        attempts = [data for _, kind, data in everything if kind == "attempt"]
        assert all(data["outcome"] == "delivered" and data["number"] == 1 for data in attempts), attempts
        # Of the secrets of calls and webhooks, nothing.
        text = json.dumps(everything)
        assert "Zest-Signature" not in text and token not in text


def a_viewer_sees_the_partner_that_it_asked_for(binary):
    with Receiver() as receiver, Sandbox(binary, "--clock", "manual", "--webhook-url", receiver.url) as sandbox:
        other = sandbox.partner("other", webhookUrl=receiver.url)
        with Stream(sandbox, query="?clientId=other") as stream:
            sandbox.investors(sandbox.token(), ["acme"])
            sandbox.post("/_sandbox/wait")
            sandbox.investors(other, ["other"])
            events = stream.until(is_attempt_of("other"))
        assert {data["clientId"] for _, _, data in events} == {"other"}, events


def identifiers_go_on_after_a_restart(binary):
    """What was shown in another life is gone: a viewer is told so, and none of its identifiers comes again."""
    with Receiver() as receiver:
        sandbox = Sandbox(binary, "--clock", "manual", "--webhook-url", receiver.url)
        with sandbox:
            with Stream(sandbox) as stream:
                sandbox.investors(sandbox.token(), ["one"])
                seen = stream.until(is_attempt_of("client_acme"))[-1][0]
        with sandbox:
            sandbox.investors(sandbox.token(), ["two"])
            with Stream(sandbox, seen) as stream:
                events = stream.until(is_attempt_of("client_acme"))
            assert events[0][1] == "gap" and events[0][0] is None, events
            assert min(int(event[0]) for event in events[1:]) > int(seen)


def every_attempt_has_a_pair_of_log_lines_without_secrets(binary):
    with Receiver(lambda event, headers: 500) as receiver, \
            Sandbox(binary, "--clock", "manual", "--webhook-url", receiver.url + "?key=hidden") as sandbox:
        token = sandbox.token()
        sandbox.investors(token, ["one"])
        sandbox.post("/_sandbox/clock/advance", {"until": "idle"})
        event = sandbox.deliveries()["documents"][0]["deliveryId"]
        deadline = time.monotonic() + PATIENCE
        while not any("dead letter" in line for line in sandbox.output) and time.monotonic() < deadline:
            time.sleep(0.01)
        text = "".join(sandbox.output)
        log = text.split("Ready.\n", 1)[1]
        lines = [re.split(" (?:info |warn ) ", line, maxsplit=1)[1] for line in log.splitlines() if event in line]
        answer = rf"<-- 500 POST {re.escape(receiver.url)} \d+ms "
        for number, following in enumerate(["next +30s", "next +5m", "next +30m", "next +2h", "next +12h", "dead letter"]):
            sent, came = lines[2 * number:2 * number + 2]
            assert sent == f"--> investor.created [{event}] attempt {number + 1}/6", sent
            assert re.fullmatch(answer + re.escape(f"{following} [{event}]"), came), came
        assert len(lines) == 12, lines
        console = sandbox.url + "/_sandbox/console#/deliveries?status="
        for hint in (f"webhooks that failed: {console}retrying", f"dead letters: {console}dead"):
            assert sum(line.endswith(hint) for line in log.splitlines()) == 1, hint
        secret = json.loads(next(line for line in sandbox.output if line.startswith("{")))["webhookSecret"]
        for hidden in (token, secret, "key=hidden"):
            assert hidden not in log, hidden


# --- Prometheus' text format, version 0.0.4, read strictly ---

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]Inf|NaN")
TYPES = ("counter", "gauge", "histogram", "summary", "untyped")
ESCAPES = {"\\": "\\", '"': '"', "n": "\n"}


def parse_labels(text):
    """(labels, what follows the closing brace)"""
    labels = {}
    position = 0
    while text[position] != "}":
        name = LABEL.match(text, position)
        assert name and text[name.end():name.end() + 2] == '="', text
        position = name.end() + 2
        value = ""
        while text[position] != '"':
            if text[position] == "\\":
                position += 1
                assert text[position] in ESCAPES, f"an escape that there is not: {text}"
                value += ESCAPES[text[position]]
            else:
                value += text[position]
            position += 1
        position += 1
        assert name[0] not in labels and not name[0].startswith("__"), text
        labels[name[0]] = value
        assert text[position] in ",}", text
        position += text[position] == ","
    return labels, text[position + 1:]


def parse_metrics(text):
    """{family: (type, {labels as sorted pairs: value})}; fails on anything that the format does not allow."""
    assert text.endswith("\n") and "\r" not in text
    families, helped, current = {}, set(), None
    for line in text[:-1].split("\n"):
        if line.startswith("# "):
            _, keyword, name, rest = line.split(" ", 3)
            assert keyword in ("HELP", "TYPE") and NAME.fullmatch(name), line
            if keyword == "HELP":
                assert name not in helped and rest, line
                assert not re.search(r"\\(?![\\n])", rest), line
                helped.add(name)
            else:
                assert rest in TYPES and name not in families, f"a second TYPE, or one after samples: {line}"
                families[name] = (rest, {})
            current = name
            continue
        name = NAME.match(line)
        assert name, line
        assert name[0] == current and current in families, f"a sample outside its family: {line}"
        rest = line[name.end():]
        labels, rest = parse_labels(rest[1:]) if rest.startswith("{") else ({}, rest)
        assert rest.startswith(" ") and NUMBER.fullmatch(rest[1:]), line
        key = tuple(sorted(labels.items()))
        assert key not in families[current][1], f"a second sample of the same labels: {line}"
        families[current][1][key] = float(rest[1:])
    assert helped == set(families)
    for name, (kind, samples) in families.items():
        assert (kind == "counter") == name.endswith("_total"), name
        assert kind != "counter" or all(value >= 0 for value in samples.values()), name
        assert len({tuple(label for label, _ in key) for key in samples}) <= 1, f"{name} has mixed labels"
    return families


def metrics_are_what_prometheus_reads(binary):
    with Receiver(lambda event, headers: 500) as receiver, \
            Sandbox(binary, "--clock", "manual", "--webhook-url", receiver.url) as sandbox:
        token = sandbox.token()

        def metrics():
            answer = expect(200, sandbox.call("GET", "/_sandbox/metrics"))
            kind = {name.lower(): value for name, value in answer.headers.items()}["content-type"]
            assert kind == "text/plain; version=0.0.4; charset=utf-8", kind
            return parse_metrics(answer.body.decode("utf-8"))

        before = metrics()
        sandbox.investors(token, ["one", "two"])
        sandbox.call("GET", "/v1/no-such-path", token=token)
        sandbox.post("/_sandbox/clock/advance", {"until": "idle"})
        after = metrics()
        for name, (kind, samples) in before.items():
            assert after[name][0] == kind
            for labels, value in samples.items():
                assert kind != "counter" or after[name][1][labels] >= value, (name, labels)
        failed = (("event_type", "investor.created"), ("kind", "scheduled"), ("outcome", "failed"))
        assert after["zest_sandbox_webhook_attempts_total"][1][failed] == 12
        dead = (("client_id", "client_acme"), ("status", "dead"))
        assert after["zest_sandbox_deliveries"][1][dead] == 2
        made = (("method", "POST"), ("operation", "bulkCreateInvestors"), ("status", "200"))
        assert after["zest_sandbox_requests_total"][1][made] == 1, after["zest_sandbox_requests_total"]


def labels_are_escaped(binary):
    """A client id may hold what the format must escape; every other one must be refused at registration."""
    with Sandbox(binary, "--clock", "manual") as sandbox:
        names = ['quo"te', "back\\slash", "new\nline", "back\\nslash", "ünï"]
        registered = {"client_acme"}
        for name in names:
            answer = sandbox.call("POST", "/_sandbox/partners", {"clientId": name, "name": name})
            assert answer.status in (201, 400), answer
            if answer.status == 201:
                registered.add(name)
        families = parse_metrics(sandbox.call("GET", "/_sandbox/metrics").body.decode("utf-8"))
        assert {dict(key)["client_id"] for key in families["zest_sandbox_virtual_time_seconds"][1]} == registered
        assert families["zest_sandbox_partners"][1][()] == len(registered)


def the_parser_is_strict(binary):
    good = '# HELP a_total A.\n# TYPE a_total counter\na_total{b="x\\"y"} 1\n'
    assert parse_metrics(good)["a_total"][1] == {(("b", 'x"y'),): 1}
    for bad in (good[:-1], good.replace("1\n", "one\n"), good.replace('\\"', '"'), good.replace('\\"', "\\t"),
                good.replace("counter", "count"), good + 'a_total{b="x\\"y"} 2\n', good.replace("# HELP", "# HINT"),
                good.replace('{b=', '{1b='), good.replace("a_total{", "b_total{"), good.replace("a_total", "a"),
                good.replace('{b="x\\"y"} 1', '{b="x" 1')):
        with contextlib.suppress(AssertionError, IndexError):
            parse_metrics(bad)
            raise RuntimeError(f"accepted: {bad}")


def its_threads_carry_names(binary):
    with Sandbox(binary) as sandbox:
        sandbox.post("/_sandbox/wait", {"until": "idle"})  # on a thread that is made for it
        expected = {"http-1", "http-deadlines", "waiting", "writer", "checkpointer", "curl", "timer", "event-stream"}
        deadline = time.monotonic() + PATIENCE  # a thread names itself once it runs
        while missing := expected - set(sandbox.thread_names()):
            assert time.monotonic() < deadline, missing


if __name__ == "__main__":
    main([a_viewer_who_comes_back_misses_nothing_and_sees_nothing_twice, a_viewer_sees_the_partner_that_it_asked_for,
          identifiers_go_on_after_a_restart,
          every_attempt_has_a_pair_of_log_lines_without_secrets, metrics_are_what_prometheus_reads, labels_are_escaped,
          its_threads_carry_names, the_parser_is_strict])
