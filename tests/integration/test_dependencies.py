"""What the project depends on: declared, pinned, hashed, and listed for an audit."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("flows", "transforms", "optimization", "schemas")
# Declared without an import of ours: prefect needs a limit on the versions of two, and polars hands
# frames to DuckDB through the third.
FOR_OTHERS = {"fastapi", "sqlalchemy", "pyarrow"}
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in project["dependencies"])
    return {plain(name[0]) for name in names if name}


def imported() -> set[str]:
    """Distributions from which some module of the four packages imports."""
    modules = set()
    for file in (f for package in PACKAGES for f in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.split(".")[0])
    theirs = modules - set(PACKAGES) - sys.stdlib_module_names
    owners = packages_distributions()
    return {plain(owners[module][0]) for module in theirs}


def pinned(lock: str) -> dict[str, tuple[str, set[str]]]:
    """Version and hashes of each package of a lock file."""
    found: dict[str, tuple[str, set[str]]] = {}
    name = ""
    for line in lock.splitlines():
        if pin := PIN.match(line):
            name = plain(pin[1])
            found[name] = pin[2], set()
        elif hashed := HASH.search(line):
            found[name][1].add(hashed[1])
    return found


def test_every_package_that_is_imported_is_declared():
    assert imported() - declared() == set()


def test_every_package_that_is_declared_is_imported():
    assert declared() - imported() == FOR_OTHERS


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-audit.lock", "requirements-benchmarks.lock"]
)
def test_every_pinned_package_has_a_hash(name):
    lock = (ROOT / name).read_text(encoding="utf-8")
    packages = pinned(lock)
    assert len(packages) > 20
    assert [package for package, (_, hashes) in packages.items() if not hashes] == []
    assert [line for line in lock.splitlines() if line[:1].isalnum() and "==" not in line] == []


def test_a_package_without_a_hash_is_found():
    assert pinned("anyio==4.16.0 \\\n    # via httpx\n") == {"anyio": ("4.16.0", set())}


def test_no_committed_file_names_a_package_index():
    for lock in ROOT.glob("requirements*.lock"):
        assert "index-url" not in lock.read_text() and "find-links" not in lock.read_text()


@pytest.fixture(scope="module")
def bill(tmp_path_factory) -> bytes:
    """What `make sbom` writes: its command, with another file to write to."""
    if find_spec("cyclonedx_py") is None:
        pytest.skip("cyclonedx-bom is not installed; `make setup` installs it")
    wanted = subprocess.run(
        ["make", "-n", "-o", "setup", "sbom"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    out = tmp_path_factory.mktemp("bill") / "sbom.json"
    command = next(line for line in wanted.stdout.splitlines() if "cyclonedx_py" in line)
    words = [sys.executable, *command.replace("sbom.json", str(out)).split()[1:]]
    subprocess.run([*words, "--no-validate"], cwd=ROOT, check=True)  # which takes 10 s
    return out.read_bytes()


def test_the_bill_lists_every_pinned_package_with_its_hashes(bill):
    made = json.loads(bill)
    assert (made["bomFormat"], made["metadata"]["component"]["name"]) == ("CycloneDX", "catchment")
    listed = {
        plain(part["name"]): (
            part["version"],
            {h["content"] for ref in part["externalReferences"] for h in ref["hashes"]},
        )
        for part in made["components"]
    }
    assert listed == pinned((ROOT / "requirements.lock").read_text(encoding="utf-8"))


def test_the_bill_names_no_moment_and_no_machine(bill):
    made = json.loads(bill)
    assert "timestamp" not in made["metadata"]
    assert "serialNumber" not in made
    assert str(ROOT).encode() not in bill
