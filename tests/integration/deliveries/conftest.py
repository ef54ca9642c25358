import shutil
from pathlib import Path

import pytest

from tests.integration.deliveries.place import HOSPITALS, Place, beds


@pytest.fixture(autouse=True)
def _settled_at_once(monkeypatch):
    monkeypatch.setattr("flows.ingest.landing.SETTLED_S", 0)


@pytest.fixture(scope="session")
def known(tmp_path_factory) -> Path:
    """A home that knows three hospitals and a week of their beds."""
    root = tmp_path_factory.mktemp("known")
    place = Place(root / "inbox", root / "home")
    place.inbox.mkdir()
    rows = "".join(f"{h},Synthetic {h},Z1,R1,primary,public,45,9,1990-01-01\n" for h in HOSPITALS)
    place.send(
        "synthetic_institution_2026-01-01.csv",
        "institution_id,name,zone_id,region_id,tier,ownership,latitude,longitude,active_from\n"
        + rows,
    )
    place.send("synthetic_capacity_2026-01-08.csv", beds(range(1, 8)))
    verdicts = place.night("canonical_institution", "canonical_capacity")
    assert {v for v, _ in verdicts.values()} == {"loaded"}
    return root


@pytest.fixture
def place(known, tmp_path) -> Place:
    """A copy of that home, with an empty inbox."""
    shutil.copytree(known / "home", tmp_path / "home")
    (tmp_path / "inbox").mkdir()
    return Place(tmp_path / "inbox", tmp_path / "home")
