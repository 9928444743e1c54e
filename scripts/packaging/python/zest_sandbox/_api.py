"""A sandbox that runs, and the partners of it."""
import http.client
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Callable, Dict, List, Mapping, Optional, Union

from ._webhooks import sign_webhook, verify_webhook
from .events import WebhookEvent

Json = Any
CALLING = 600.0  # seconds (wall) that an answer may take: an advance waits for every receiver


class SandboxError(Exception):
    """What the sandbox answered when it did not do what it was asked."""

    def __init__(self, what: str, status: int, body: Json) -> None:
        body = body if isinstance(body, dict) else {}
        rows = "; ".join(f"{row.get('field')} {row.get('message')}" for row in body.get("validationErrors") or [])
        super().__init__(f"{what}: {status} {body.get('detail', '')}" + (f": {rows}" if rows else ""))
        self.status = status
        self.code: Optional[str] = body.get("code")
        self.error_id: Optional[str] = body.get("errorId")
        self.body = body


class SandboxUnreachable(urllib.error.URLError, ConnectionError):
    """No sandbox answers there, or a rule of faults cut the connection."""

    def __str__(self) -> str:
        return str(self.reason)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match.group(1).upper(), name.rstrip("_"))


def _members(given: Mapping[str, Any]) -> Dict[str, Any]:
    """{"webhook_url": …} -> {"webhookUrl": …}, without what is None."""
    return {_camel(name): value for name, value in given.items() if value is not None}


def _query(members: Mapping[str, Any]) -> str:
    given = {name: value for name, value in members.items() if value is not None}
    return "?" + urllib.parse.urlencode(given) if given else ""


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")


class _Scope:
    """Calls that mean all partners, or one."""

    _scope: Dict[str, str]

    def control(self, method: str, path: str, body: Json = None) -> Json:
        """Any call of the control plane; the answer's JSON."""
        raise NotImplementedError

    def approve(self, spv_request_slug: str) -> Json:
        """What Zest's staff does: the request becomes an SPV, and its event goes out."""
        return self.control("POST", f"/_sandbox/spv-requests/{_quoted(spv_request_slug)}/approve", {})

    def reject(self, spv_request_slug: str, reason: str) -> Json:
        return self.control("POST", f"/_sandbox/spv-requests/{_quoted(spv_request_slug)}/reject", {"reason": reason})

    def complete(self, subscription_slug: str, **options: Any) -> Json:
        """Options: skip_synchronous_emit, force."""
        return self.control("POST", f"/_sandbox/subscriptions/{_quoted(subscription_slug)}/complete", _members(options))

    def clock(self) -> Json:
        return self.control("GET", "/_sandbox/clock" + _query(self._scope))

    def set_clock(self, mode: Optional[str] = None, **change: Any) -> Json:
        return self.control("PUT", "/_sandbox/clock", {**self._scope, **_members({"mode": mode, **change})})

    def advance(self, by: Optional[str] = None, *, to: Optional[str] = None, until: Optional[str] = None) -> Json:
        """Moves virtual time and does all that becomes due, by default until nothing is scheduled; answers the attempts made,
        when all is settled."""
        if by is None and to is None and until is None:
            until = "idle"
        return self.control("POST", "/_sandbox/clock/advance", {**self._scope, **_members({"by": by, "to": to, "until": until})})

    def wait(self, until: str, **condition: Any) -> Json:
        return self.control("POST", "/_sandbox/wait", {**self._scope, **_members({"until": until, **condition})})

    def wait_idle(self, timeout: str = "15s") -> Json:
        """Until nothing that is due is left undelivered."""
        return self.wait("idle", timeout=timeout)

    def deliveries(self, **filters: Any) -> List[Json]:
        """The newest first; filters: status, event_type, subject, page, per_page (100)."""
        asked = {"perPage": 100, **self._scope, **_members(filters)}
        return self.control("GET", "/_sandbox/webhook-deliveries" + _query(asked))["documents"]

    def delivery(self, delivery_id: str) -> Json:
        """With its envelope and every attempt."""
        return self.control("GET", f"/_sandbox/webhook-deliveries/{_quoted(delivery_id)}")

    def retry(self, delivery_id: str) -> Json:
        """Offers it again on a fresh schedule."""
        return self.control("POST", f"/_sandbox/webhook-deliveries/{_quoted(delivery_id)}/retry", {})

    def pause_webhooks(self) -> Json:
        return self.control("POST", "/_sandbox/webhooks/pause", self._scope)

    def resume_webhooks(self) -> Json:
        return self.control("POST", "/_sandbox/webhooks/resume", self._scope)

    def chaos(self, on: str, action: Mapping[str, Any], match: Optional[Mapping[str, Any]] = None, **more: Any) -> Json:
        """Sets a rule of faults: chaos("webhook", {"type": "duplicate", "copies": 2}, {"eventType": "investor.created"})."""
        return self.control("POST", "/_sandbox/chaos/rules",
                            {**self._scope, "on": on, "action": dict(action), "match": dict(match or {}), **_members(more)})

    def chaos_rules(self) -> List[Json]:
        return self.control("GET", "/_sandbox/chaos/rules" + _query(self._scope))["documents"]

    def remove_chaos(self, rule_id: Optional[str] = None) -> Json:
        """One rule, or all."""
        path = _query(self._scope) if rule_id is None else "/" + _quoted(rule_id)
        return self.control("DELETE", "/_sandbox/chaos/rules" + path)

    def requests(self, **filters: Any) -> List[Json]:
        """The journal of calls of the Partner API, newest first."""
        asked = {"perPage": 100, **self._scope, **_members(filters)}
        return self.control("GET", "/_sandbox/requests" + _query(asked))["documents"]

    def verify(self, match: Mapping[str, Any], count: Optional[int] = None, *, at_least: Optional[int] = None,
               at_most: Optional[int] = None) -> Json:
        """Asserts how often a call was made, by default once; raises AssertionError with the nearest misses."""
        if count is None and at_least is None and at_most is None:
            count = 1
        times = _members({"count": count, "at_least": at_least, "at_most": at_most})
        answer = self.control("POST", "/_sandbox/requests/verify", {**self._scope, "match": dict(match), **times})
        if not answer["verified"]:
            near = "".join(f"\n  {json.dumps(miss)}" for miss in answer.get("nearestMisses", []))
            raise AssertionError(f"{times} calls of {dict(match)} were expected, {answer['count']} came"
                                 + (f"; nearest:{near}" if near else ""))
        return answer

    def coverage(self) -> Json:
        """What the tests have met of the API: `percent`, `covered`, `total`, and `dimensions` with the command that provokes each
        item that is missing."""
        return self.control("GET", "/_sandbox/coverage" + _query(self._scope))

    def explain(self, id: str = "last") -> Json:
        """Why a call was refused, a webhook was sent, a resource waits: by errorId, delivery, slug, person, Idempotency-Key."""
        return self.control("GET", f"/_sandbox/explain/{_quoted(id)}")

    def reset(self, **options: Any) -> Json:
        """Back to the beginning, without a restart; options: partners, tokens, rewind, keep_coverage."""
        return self.control("POST", "/_sandbox/reset", {**self._scope, **_members(options)})


class Sandbox(_Scope):
    """A sandbox that runs. A context manager that stops it, when it was started here."""

    def __init__(self, url: str, client_id: str, webhook_secret: str, admin_token: Optional[str] = None,
                 stop: Callable[[], None] = lambda: None) -> None:
        self._scope = {}
        self._stop = stop
        self.url = url
        self.client_id = client_id
        self.webhook_secret = webhook_secret
        self.admin_token = admin_token

    def request(self, method: str, path: str, body: Json = None, bearer: Optional[str] = None,
                headers: Optional[Mapping[str, str]] = None) -> Json:
        """Any call of either API; raises SandboxError unless it is a success, SandboxUnreachable when there is no answer. Bytes
        go out as they are, else JSON."""
        fields = dict(headers or {})
        data: Optional[bytes] = None
        if isinstance(body, bytes):
            data = body
        elif body is not None:
            data = json.dumps(body).encode()
            fields.setdefault("Content-Type", "application/json")
        if bearer:
            fields["Authorization"] = "Bearer " + bearer
        asked = urllib.request.Request(self.url + path, data, fields, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(asked, timeout=CALLING) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
            try:
                told = json.loads(text)
            except ValueError:
                told = {}
            raise SandboxError(f"{method} {path}", error.code, told) from None
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError) as error:
            reason = getattr(error, "reason", error)
            reason = getattr(reason, "strerror", None) or reason
            raise SandboxUnreachable(f"{method} {path}: no answer from {self.url} ({reason})") from error
        return json.loads(text) if text else None

    def control(self, method: str, path: str, body: Json = None) -> Json:
        return self.request(method, path, body, self.admin_token)

    def partner(self, *, name: str = "Test partner", clock: Optional[str] = None, **members: Any) -> "Partner":
        """A new partner, with a clock of its own; members: webhook_url, webhook_secret, client_id, auto_approve …"""
        made = self.control("POST", "/_sandbox/partners", _members({"name": name, **members}))
        partner = Partner(self, made["clientId"], made["webhookSecret"], made.get("privateKeyPem"))
        if clock:
            partner.set_clock(clock)
        return partner

    def seeded(self) -> "Partner":
        """The partner that exists without any configuration."""
        return Partner(self, self.client_id, self.webhook_secret)

    def snapshot(self) -> Json:
        return self.control("GET", "/_sandbox/snapshot")

    def restore(self, snapshot: Json, *, rewind: bool = False) -> Json:
        return self.control("PUT", "/_sandbox/snapshot" + ("?rewind=true" if rewind else ""), snapshot)

    def status(self) -> Json:
        return self.control("GET", "/_sandbox/status")

    def stop(self) -> None:
        self._stop()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()


class Partner(_Scope):
    """One partner application of a sandbox: its own clock, data, deliveries and rules."""

    def __init__(self, sandbox: Sandbox, client_id: str, webhook_secret: str, private_key_pem: Optional[str] = None) -> None:
        self._scope = {"clientId": client_id}
        self._sandbox = sandbox
        self._token: Optional[str] = None
        self.client_id = client_id
        self.webhook_secret = webhook_secret
        self.private_key_pem = private_key_pem

    def control(self, method: str, path: str, body: Json = None) -> Json:
        return self._sandbox.control(method, path, body)

    def token(self) -> str:
        """An access token."""
        return self.control("POST", f"/_sandbox/partners/{_quoted(self.client_id)}/token", {})["accessToken"]

    def call(self, method: str, path: str, body: Json = None, *, idempotency_key: Optional[str] = None,
             headers: Optional[Mapping[str, str]] = None) -> Json:
        """A call of the Partner API as this partner."""
        self._token = self._token or self.token()
        fields = dict(headers or {})
        if idempotency_key is not None:
            fields["Idempotency-Key"] = idempotency_key
        try:
            return self._sandbox.request(method, path, body, self._token, fields)
        except SandboxError as error:
            if error.status == 401:
                self._token = None  # a reset may have revoked it
            raise

    def sample(self, template: str = "syndicate_secondary", version: str = "1.0.0") -> Json:
        """A body that fits POST /v1/spv-requests."""
        return self.call("GET", f"/v1/contracts/samples/{_quoted(version)}/{_quoted(template)}")

    def sign(self, raw_body: Union[str, bytes], at: Optional[float] = None) -> str:
        """The Zest-Signature header of a webhook to this partner."""
        return sign_webhook(raw_body, self.webhook_secret, at)

    def verify_webhook(self, headers: Union[Mapping[str, str], str], raw_body: Union[str, bytes]) -> WebhookEvent:
        return verify_webhook(headers, raw_body, self.webhook_secret)

    def change(self, **members: Any) -> Json:
        return self.control("PATCH", f"/_sandbox/partners/{_quoted(self.client_id)}", _members(members))

    def remove(self) -> None:
        self.control("DELETE", f"/_sandbox/partners/{_quoted(self.client_id)}")


def connect_sandbox(url: Optional[str] = None, *, admin_token: Optional[str] = None, client_id: Optional[str] = None,
                    webhook_secret: Optional[str] = None) -> Sandbox:
    """A sandbox that somebody else has started: by hand, in a container, by `zest-sandbox exec`. What is left out comes from
    ZEST_SANDBOX_URL, ZEST_SANDBOX_ADMIN_TOKEN, ZEST_CLIENT_ID and ZEST_WEBHOOK_SECRET."""
    where = url or os.environ.get("ZEST_SANDBOX_URL")
    if not where:
        raise ValueError("say with `url` or ZEST_SANDBOX_URL where the sandbox is")
    if not re.match(r"https?://[^/]", where):
        raise ValueError(f'"{where}" is no address such as http://127.0.0.1:8080')
    sandbox = Sandbox(where.rstrip("/"), client_id or os.environ.get("ZEST_CLIENT_ID") or "client_acme",
                      webhook_secret or os.environ.get("ZEST_WEBHOOK_SECRET", ""),
                      admin_token or os.environ.get("ZEST_SANDBOX_ADMIN_TOKEN"))
    sandbox.status()
    return sandbox
