"""Signatures of webhooks. Zest docs: webhooks/signatures."""
import hashlib
import hmac
import json
import time
from typing import Mapping, Optional, Union, cast

from .events import WebhookEvent

TOLERANCE = 300  # seconds that a signature may be old or ahead


class WebhookVerificationError(Exception):
    """Why a webhook is not to be trusted."""


def _raw(body: Union[str, bytes]) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    raise TypeError("the raw body is needed, bytes or text as they came: not parsed JSON")


def _signature(secret: str, seconds: str, body: bytes) -> str:
    return hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()


def sign_webhook(raw_body: Union[str, bytes], secret: str, at: Optional[float] = None) -> str:
    """The value of a Zest-Signature header; `at` in seconds since 1970, by default now."""
    seconds = str(int(time.time() if at is None else at))
    return f"t={seconds},v1={_signature(secret, seconds, _raw(raw_body))}"


def verify_webhook(headers: Union[Mapping[str, str], str], raw_body: Union[str, bytes], secret: str, *, now: Optional[float] = None,
                   tolerance: float = TOLERANCE) -> WebhookEvent:
    """The event, when its signature and age are right; raises WebhookVerificationError otherwise. `headers`: those of the
    request, or the value of Zest-Signature alone."""
    body = _raw(raw_body)
    if not isinstance(secret, str) or not secret:  # whoever knows that a secret is empty can sign with it
        raise TypeError("verify_webhook needs the webhook secret of the partner, whsec_…")
    header = headers if isinstance(headers, str) else next(
        (value for name, value in headers.items() if name.lower() == "zest-signature"), "")
    if not header:
        raise WebhookVerificationError("there is no Zest-Signature header")
    fields = [field.strip().partition("=")[::2] for field in header.split(",")]
    seconds = next((value for name, value in fields if name == "t"), "")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
        raise WebhookVerificationError("Zest-Signature has no time")
    if abs((time.time() if now is None else now) - int(seconds)) > tolerance:
        raise WebhookVerificationError(f"Zest-Signature is more than {tolerance:g} seconds old or ahead")
    expected = _signature(secret, seconds, body)
    if not any(name == "v1" and hmac.compare_digest(value.encode(), expected.encode()) for name, value in fields):
        raise WebhookVerificationError("Zest-Signature does not fit the body and the secret")
    return cast(WebhookEvent, json.loads(body))
