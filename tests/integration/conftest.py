from pathlib import Path

import pytest

from flows.clerk.sample import write_sample
from flows.night.orchestrate import run_night
from flows.store.home import Home
from tests.integration.places import CONFIG, made_once, short_region


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> Path:
    def make(folder: Path) -> None:
        write_sample(folder, seed=1, institutions=12, days=180)

    return made_once(tmp_path_factory, "sample", make)


@pytest.fixture(scope="session")
def night_one(sample, tmp_path_factory) -> Home:
    """The home of a first, plain night on the sample region; tests only read it."""

    def make(folder: Path) -> None:
        run_night(CONFIG / "demo.toml", sample, folder / "home", None, plain=True)

    return Home(made_once(tmp_path_factory, "night", make) / "home")


@pytest.fixture(scope="session")
def short_night(sample, tmp_path_factory) -> Path:
    """``region`` plans three days; ``home`` is that of a night on it. Tests only read them."""

    def make(folder: Path) -> None:
        (folder / "region").mkdir()
        region = short_region(folder / "region", days=3)
        run_night(region, sample, folder / "home", None, plain=True)

    return made_once(tmp_path_factory, "short", make)
