import hashlib
import os
import subprocess
import sys
from pathlib import Path

from flows.sample import write_sample

ROOT = Path(__file__).resolve().parents[3]


def hashes(paths):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    first = hashes(write_sample(tmp_path / "a", seed=7, institutions=4, days=40))
    again = hashes(write_sample(tmp_path / "b", seed=7, institutions=4, days=40))
    other = hashes(write_sample(tmp_path / "c", seed=8, institutions=4, days=40))
    assert first == again
    same = {name for name in first if first[name] == other[name]}
    assert same == {"synthetic_region_2026-02-10.csv"}


def test_one_thread_and_two_give_the_same_bytes(tmp_path):
    digests = []
    for threads in ("1", "2"):
        out = tmp_path / threads
        code = "from pathlib import Path; from flows.sample import write_sample\n"
        code += f"write_sample(Path({str(out)!r}), 1, 4, 40)"
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            cwd=ROOT,
            env={**os.environ, "POLARS_MAX_THREADS": threads},
        )
        digests.append(hashes(out.iterdir()))
    assert digests[0] == digests[1]


def test_files_are_plain_csv_with_a_header(tmp_path):
    paths = write_sample(tmp_path, institutions=2, days=30)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in paths)
    for path in paths:
        data = path.read_bytes()
        assert data.endswith(b"\n")
        assert b"\r" not in data
        data.decode("ascii")
    header = (tmp_path / "synthetic_capacity_2026-02-10.csv").read_text().splitlines()[0]
    assert header == "institution_id,resource_id,date,period_days,in_service,in_use"
