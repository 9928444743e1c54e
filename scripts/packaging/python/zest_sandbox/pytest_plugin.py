"""Fixtures of pytest: a sandbox for the whole run, and a partner with a clock of its own for each test."""
import os
from typing import Any, Dict, Iterator

import pytest

from ._api import Partner, Sandbox, connect_sandbox
from ._program import start_sandbox


@pytest.fixture(scope="session")
def zest_sandbox_options() -> Dict[str, Any]:
    """Options of `serve` for zest_sandbox; override it in conftest.py."""
    return {"clock": "manual", "log_level": "warning"}


@pytest.fixture(scope="session")
def zest_sandbox(zest_sandbox_options: Dict[str, Any]) -> Iterator[Sandbox]:
    """The sandbox of this run: the one at ZEST_SANDBOX_URL (`zest-sandbox exec -- pytest`), else one of its own."""
    if os.environ.get("ZEST_SANDBOX_URL"):
        yield connect_sandbox()
        return
    with start_sandbox(**zest_sandbox_options) as sandbox:
        yield sandbox


@pytest.fixture
def zest_partner(zest_sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Partner]:
    """A partner of this test's own, whose clock stands still until advanced. Give it an endpoint by
    change(webhook_url=…)."""
    partner = zest_sandbox.partner(name=request.node.name[:100], clock="manual")
    yield partner
    partner.remove()
