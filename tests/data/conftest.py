"""Where the real extracts are, and plain readings of them with the standard library."""

import csv
from pathlib import Path

import pytest

MARKERS = {"-999999": "withheld", "NA": "not_reported"}
SURGE = 2
MEASURES = ("in_service", "in_use")
SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"


def week_mean(row: dict[str, str], name: str) -> tuple[float | None, str | None]:
    """The published mean, else sum ÷ days; else null with the reason of the mean."""
    average = row[f"{name}_7_day_avg"]
    if average not in MARKERS:
        return float(average), None
    total, days = row[f"{name}_7_day_sum"], row[f"{name}_7_day_coverage"]
    if total in MARKERS or days in MARKERS or float(days) == 0:
        return None, MARKERS[average]
    return float(total) / float(days), None


def less(all_of_it, part) -> tuple[float | None, str | None]:
    if all_of_it[0] is None or part[0] is None:
        return None, all_of_it[1] or part[1]
    rest = all_of_it[0] - part[0]
    return (rest, None) if rest >= -1e-9 else (None, "implausible")


def week_cells(row: dict[str, str]) -> dict[tuple[str, str], tuple[float | None, str | None]]:
    """(resource, measure) → (value, reason), as the platform's rules say."""
    beds, used = week_mean(row, "inpatient_beds"), week_mean(row, "inpatient_beds_used")
    icu, icu_used = week_mean(row, "total_icu_beds"), week_mean(row, "icu_beds_used")
    found = {
        ("icu_bed", "in_service"): icu,
        ("icu_bed", "in_use"): icu_used,
        ("general_bed", "in_service"): less(beds, icu),
        ("general_bed", "in_use"): less(used, icu_used),
    }
    for resource in ("general_bed", "icu_bed"):
        service, use = (found[resource, m][0] for m in MEASURES)
        if service is not None and use is not None and use > SURGE * service:
            found[resource, "in_use"] = (None, "implausible")
    return found


@pytest.fixture(scope="session")
def mean():
    """The mean that a row of the weekly file gives of a column, or why it gives none."""
    return week_mean


@pytest.fixture(scope="session")
def cells():
    """What a row of the weekly file says, by resource and measure."""
    return week_cells


@pytest.fixture(scope="session")
def us() -> Path:
    """The folder of the United States' files."""
    folder = (SHARED / "us").resolve()
    if not folder.is_dir():
        pytest.skip(
            "the real extracts are not here: no folder ../shared/data/us beside the project"
        )
    return folder


@pytest.fixture(scope="session")
def read_csv():
    """Rows of a file as dictionaries of text."""

    def read(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
        with path.open(encoding=encoding, newline="") as file:
            return list(csv.DictReader(file))

    return read


@pytest.fixture(scope="session")
def load():
    """A real file through its feed: the canonical tables, counts and faults."""
    from flows.store.night import load_feed
    from transforms.feed import apply
    from transforms.reading import read_text

    feeds = Path(__file__).resolve().parents[2] / "config" / "feeds"

    def load(feed_name: str, path: Path, known: frozenset[str] | None = None):
        feed = load_feed(feeds / f"{feed_name}.toml")
        text = read_text(path.read_bytes(), feed)
        return apply(feed, text.frame, known, feed.extract_time(path.name), text.bad_rows)

    return load
