"""``serve`` refuses what it cannot do before it starts anything."""

from pathlib import Path

import pytest

from flows.night import serve
from schemas.errors import ConfigRefused

DEMO = Path(__file__).parents[4] / "config" / "demo.toml"


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start serving; fails if a server is started."""
    monkeypatch.setattr(serve, "_server", lambda port: pytest.fail("the server was started"))
    monkeypatch.setattr(serve, "_environment", lambda home, port: None)

    def call(cron: str, zone: str | None = None) -> None:
        serve.serve_nightly(DEMO, cron, zone, tmp_path, tmp_path / "home", 4200)

    return call


@pytest.mark.parametrize("cron", ["nightly", "61 2 * * *", "* * * *", "0 0 2 * * *", ""])
def test_what_is_not_a_schedule_is_refused_with_what_is_expected(start, cron):
    with pytest.raises(ConfigRefused, match=r"--cron .* five fields .* for example '0 2 \* \* \*'"):
        start(cron)


def test_what_is_not_a_time_zone_is_refused(start):
    with pytest.raises(ConfigRefused, match="--timezone Mars/Olympus .* for example Europe/Vienna"):
        start("0 2 * * *", "Mars/Olympus")
