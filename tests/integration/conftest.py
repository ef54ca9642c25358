from pathlib import Path

import pytest

from flows.clerk.sample import write_sample
from flows.store.home import Home

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, seed=1, institutions=12, days=180)
    return folder


@pytest.fixture(scope="session")
def night_one(sample, tmp_path_factory) -> Home:
    """The home of a first, plain night on the sample region; tests only read it."""
    from flows.night.orchestrate import run_night

    root = tmp_path_factory.mktemp("night") / "home"
    run_night(CONFIG / "demo.toml", sample, root, None, plain=True)
    return Home(root)
