"""Regions that plan fewer days than the demo's, and folders that are made once for every worker."""

import fcntl
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

CONFIG = Path(__file__).parents[2] / "config"


def short_region(folder: Path, days: int) -> Path:
    """The demo's region and feeds in ``folder``, planned for so many days."""
    shutil.copytree(CONFIG / "feeds", folder / "feeds")
    text = (CONFIG / "demo.toml").read_text(encoding="utf-8")
    short, found = re.subn(r"(?m)^horizon_days = 7\b", f"horizon_days = {days}", text)
    assert found == 1
    (folder / "demo.toml").write_text(short, encoding="utf-8")
    return folder / "demo.toml"


def made_once(tmp_path_factory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that ``make`` fills for all of pytest's workers: the first to ask makes it."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder, done = root / name, root / f"{name}.made"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
