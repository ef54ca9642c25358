from pathlib import Path

import polars as pl
import pytest

from transforms.sample import sample_files
from transforms.sample.files import file_name

DOC = (Path(__file__).resolve().parents[4] / "docs" / "sample.md").read_text(encoding="utf-8")
SAMPLE = sample_files()
WEEKS_AGO = (22, 18, 14, 10, 6, 4, 3, 2, 1, 0)


def test_every_fault_is_documented_at_its_row():
    for fault in SAMPLE.faults:
        line = f"| {fault.table} | {fault.row} | {fault.column or '–'} | {fault.meaning} |"
        found = [text for text in DOC.splitlines() if text.startswith(line)]
        assert len(found) == 1
        assert found[0].endswith(f"| {fault.rule or '–'} |")
    header_lines = 2
    assert DOC.split("on purpose")[1].count("\n| ") - header_lines == len(SAMPLE.faults)


def test_rows_by_file_are_documented():
    for name, frame in SAMPLE.files.items():
        assert f"| `{name}` | {frame.height:,} |" in DOC


def weekly_percent(hospital):
    """Percent of general beds in use in each of the weeks before the last day, documented ones."""
    faulty = [f.row - 1 for f in SAMPLE.faults if f.table == "capacity"]
    here = (pl.col("institution_id") == hospital) & (pl.col("resource_id") == "general_bed")
    clean = SAMPLE.files[file_name("capacity")].with_row_index()
    clean = clean.filter(here & ~pl.col("index").is_in(faulty)).sort("date", descending=True)
    use, served = (clean[c].cast(pl.Float64).to_list() for c in ("in_use", "in_service"))
    weeks = [slice(7 * w, 7 * w + 7) for w in WEEKS_AGO]
    return [100 * sum(use[week]) / sum(served[week]) for week in weeks]


@pytest.mark.parametrize("hospital", ["SYN-H002", "SYN-H006", "SYN-H012"])
def test_occupancy_is_documented(hospital):
    line = next(line for line in DOC.splitlines() if line.startswith(f"| {hospital} |"))
    assert line.split(" | ")[4:] == [
        *(f"{percent:.0f}" for percent in weekly_percent(hospital)[:-1]),
        f"{weekly_percent(hospital)[-1]:.0f} |",
    ]
