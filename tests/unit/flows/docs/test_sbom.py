from pathlib import Path

import pytest

from flows.docs.sbom import bill, packages

ROOT = Path(__file__).parents[4]
LOCK = """\
# by a tool
anyio==4.16.0 ; python_version > "3" \\
    --hash=sha256:59bb03251907983d1603d27c3087ddb1e93299ea2163adcdba37899a4fb12ffb \\
    --hash=sha256:c66ae634e0b8228396b801741beb3294326d4b6102f7bba4041c0dfb58c29026
    # via
    #   httpx
    #   catchment (pyproject.toml)
httpx[http2]==0.28.1 \\
    --hash=sha256:043e0bd78d32888c0a9ca90fc788b38796843360c855a7262a532813133a0650
    # via catchment (pyproject.toml)
"""


def test_a_lock_is_read_whole():
    anyio, httpx = packages(LOCK)
    assert (anyio.name, anyio.version, len(anyio.hashes)) == ("anyio", "4.16.0", 2)
    assert anyio.wanted_by == ["httpx", "catchment"]
    assert (httpx.reference, len(httpx.hashes)) == ("pkg:pypi/httpx@0.28.1", 1)


def test_the_bill_says_who_asks_for_what():
    made = bill(LOCK, "1.0")
    asks = {d["ref"]: d["dependsOn"] for d in made["dependencies"]}
    assert asks["pkg:pypi/httpx@0.28.1"] == ["pkg:pypi/anyio@4.16.0"]
    assert len(asks["pkg:pypi/catchment@1.0"]) == 2


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-audit.lock"])
def test_no_dependency_is_without_a_hash(name):
    lock = (ROOT / name).read_text(encoding="utf-8")
    pinned = packages(lock)
    assert len(pinned) > 20
    assert [p.name for p in pinned if not p.hashes] == []
    loose = [line for line in lock.splitlines() if line[:1].isalnum() and "==" not in line]
    assert loose == []
