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
    "flows/store": "import flows.night.run\n",
    "flows/backup": "import flows.scenarios.run\n",
    "transforms/feed": "import transforms.quality.report\n",
    "optimization/verify": "import optimization.allocation.plan\n",
    "flows/attic": "",  # a room that no layer names
}
CIRCLE = {
    "optimization/purchases/first.py": "import optimization.purchases.second\n",
    "optimization/purchases/second.py": "import optimization.purchases.first\n",
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


@pytest.mark.parametrize("place", PLANTED)
def test_a_planted_import_is_seen(tree, place):
    broken = with_files(
        tree, {f"{place}/__init__.py": ""} | {f"{place}/planted.py": PLANTED[place]}
    )
    assert broken.returncode != 0
    named = "attic" if place == "flows/attic" else f"{place.replace('/', '.')}.planted"
    assert named in broken.stdout


def test_a_planted_circle_is_seen(tree):
    broken = with_files(tree, CIRCLE)
    assert broken.returncode != 0
    assert "No cycles are allowed in optimization.purchases" in broken.stdout


def with_files(tree: Path, planted: dict[str, str]) -> subprocess.CompletedProcess:
    """The verdict on the tree with files beside its own, which are taken away again."""
    missing = {name: text for name, text in planted.items() if not (tree / name).exists()}
    folders = {(tree / name).parent for name in missing if not (tree / name).parent.exists()}
    for name, text in missing.items():
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(text)
    try:
        return contracts(tree)
    finally:
        for name in missing:
            (tree / name).unlink()
        for folder in folders:
            shutil.rmtree(folder)
