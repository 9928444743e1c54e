"""A sandbox of the Zest Partner API for tests: starts the program, and talks to its control plane. Standard library only.

    with start_sandbox(clock="manual") as sandbox:
        partner = sandbox.partner(webhook_url="http://127.0.0.1:3000/webhooks")
        partner.advance("2h")
"""
from ._api import Partner, Sandbox, SandboxError, SandboxUnreachable, connect_sandbox
from ._program import VERSION as __version__
from ._program import find_program, start_sandbox
from ._webhooks import WebhookVerificationError, sign_webhook, verify_webhook
from .events import WebhookEvent

__all__ = ["Partner", "Sandbox", "SandboxError", "SandboxUnreachable", "WebhookEvent", "WebhookVerificationError", "__version__",
           "connect_sandbox", "find_program", "sign_webhook", "start_sandbox", "verify_webhook"]
