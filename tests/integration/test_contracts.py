"""Imports run one way only, and the check that says so sees a violation."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("flows", "transforms", "optimization", "schemas")
PLANTED = {
    "transforms": "import duckdb\n",
    "schemas": "import transforms.exact\n",
    "optimization": "import transforms.exact\n",
    "flows": "import pyomo\n",
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    copy = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package)
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def contracts(tree: Path) -> subprocess.CompletedProcess:
    command = (
        "import sys; sys.path.insert(0, ''); from importlinter.cli import lint_imports_command"
    )
    return subprocess.run(
        [sys.executable, "-c", f"{command}; lint_imports_command(['--no-cache'])"],
        cwd=tree,
        capture_output=True,
        text=True,
    )


def test_imports_run_one_way(tree):
    kept = contracts(tree)
    assert kept.returncode == 0, kept.stdout


@pytest.mark.parametrize("package", PLANTED)
def test_a_planted_import_is_seen(tree, package):
    planted = tree / package / "planted.py"
    planted.write_text(PLANTED[package])
    try:
        broken = contracts(tree)
    finally:
        planted.unlink()
    assert broken.returncode != 0
    assert f"{package}.planted" in broken.stdout
