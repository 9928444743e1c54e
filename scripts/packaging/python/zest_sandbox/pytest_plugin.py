"""Fixtures of pytest: a sandbox for the whole run, and a partner with a clock of its own for each test; and how much of the
API the tests have met."""
import os
from typing import Any, Dict, Iterator, List

import pytest

from ._api import Partner, Sandbox, connect_sandbox
from ._program import start_sandbox

_MET = "zest_coverage"  # of a worker's output


class _Coverage:
    """Which items the tests have met, over all sandboxes of the run."""

    def __init__(self) -> None:
        self.items: Dict[str, List[str]] = {}
        self.met: Dict[str, bool] = {}

    def add(self, coverage: Any) -> None:
        for dimension in coverage["dimensions"]:
            self.items[dimension["id"]] = [item["id"] for item in dimension["items"]]
            for item in dimension["items"]:
                self.met[item["id"]] = self.met.get(item["id"], False) or item["count"] > 0

    def percent(self) -> int:
        return sum(self.met.values()) * 100 // len(self.met) if self.met else 0

    def line(self) -> str:
        parts = [f"{of} {sum(self.met[item] for item in items)}/{len(items)}" for of, items in self.items.items()]
        return f"{self.percent()}% ({sum(self.met.values())} of {len(self.met)}): " + ", ".join(parts)


def _of(config: pytest.Config) -> _Coverage:
    if not hasattr(config, "_zest_coverage"):
        config._zest_coverage = _Coverage()  # type: ignore[attr-defined]
    return config._zest_coverage  # type: ignore[attr-defined, no-any-return]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("zest-sandbox")
    group.addoption("--zest-coverage-min", type=float, metavar="PERCENT",
                    help="fail when the tests have met less than so many percent of what `zest-sandbox coverage` lists")


@pytest.fixture(scope="session")
def zest_sandbox_options() -> Dict[str, Any]:
    """Options of `serve` for zest_sandbox; override it in conftest.py."""
    return {"clock": "manual", "log_level": "warning"}


@pytest.fixture(scope="session")
def zest_sandbox(zest_sandbox_options: Dict[str, Any], pytestconfig: pytest.Config) -> Iterator[Sandbox]:
    """The sandbox of this run: the one at ZEST_SANDBOX_URL (`zest-sandbox exec -- pytest`), else one of its own."""
    if os.environ.get("ZEST_SANDBOX_URL"):
        sandbox = connect_sandbox()
        yield sandbox
        _of(pytestconfig).add(sandbox.coverage())
        return
    with start_sandbox(**zest_sandbox_options) as sandbox:
        yield sandbox
        _of(pytestconfig).add(sandbox.coverage())


@pytest.fixture
def zest_partner(zest_sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Partner]:
    """A partner of this test's own, whose clock stands still until advanced. Give it an endpoint by
    change(webhook_url=…)."""
    partner = zest_sandbox.partner(name=request.node.name[:100], clock="manual")
    yield partner
    partner.remove()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of pytest-xdist has ended: what its tests have met."""
    for coverage in getattr(node, "workeroutput", {}).get(_MET, []):
        _of(node.config).add(coverage)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    met = _of(config)
    if hasattr(config, "workeroutput"):
        config.workeroutput[_MET] = [
            {"dimensions": [{"id": of, "items": [{"id": item, "count": int(met.met[item])} for item in items]}
                            for of, items in met.items.items()]}]
        return
    least = config.getoption("--zest-coverage-min")
    if least is not None and met.percent() < least and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    least = config.getoption("--zest-coverage-min")
    met = _of(config)
    if not met.met and least is None:
        return
    terminalreporter.section("zest coverage")
    terminalreporter.line(met.line() if met.met else "no test has used zest_sandbox, so nothing was met")
    if least is not None and met.percent() < least:
        terminalreporter.line(f"less than --zest-coverage-min {least:g} asks for", red=True)
