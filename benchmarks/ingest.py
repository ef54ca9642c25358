"""``python -m benchmarks.ingest``: ten million stays with every check, beside text unchecked."""

import argparse
import json
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks import measure
from benchmarks.stays import HOSPITALS, write_stays

NAMES = ("catchment", "duckdb_text", "pandas")
FEED = Path(__file__).resolve().parents[1] / "config" / "feeds" / "canonical_encounter.toml"
DRAWN = datetime(2026, 12, 31)
TIMES_TEXT, GIB_4, TIMES_A_TENTH = 2.0, 4096.0, 11.0
COUNTED = ("read", "loaded", "nulled")


def main() -> None:
    asked = _arguments()
    if asked.way:
        return _one(asked.way, asked.file)
    runs = {rows: _runs(asked, rows) for rows in (asked.rows // 10, asked.rows)}
    medians = {rows: measure.medians(found) for rows, found in runs.items()}
    small, large = (medians[rows] for rows in (asked.rows // 10, asked.rows))
    ours = large["catchment"]
    wanted = {
        "peak MB": (ours["peak_mb"], GIB_4),
        "seconds, all / a tenth of the rows": (
            ours["seconds"] / small["catchment"]["seconds"],
            TIMES_A_TENTH,
        ),
    }
    if "duckdb_text" in large:
        times = ours["seconds"] / large["duckdb_text"]["seconds"]
        wanted = {"catchment / duckdb_text, seconds": (times, TIMES_TEXT)} | wanted
    measure.report(
        "ingest",
        {
            "rows": asked.rows,
            "rows_per_second": {way: asked.rows / m["seconds"] for way, m in large.items()},
            "machine": measure.machine(),
            "medians": large,
            "medians_at_a_tenth": small,
            "verdicts": measure.verdicts(wanted),
            "runs": [run for found in runs.values() for run in found],
        },
    )
    return None


def _runs(asked: argparse.Namespace, rows: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "encounter_2026-12-31.csv"
        expected = _written_apart(file, rows)
        runs = measure.in_turn("benchmarks.ingest", asked.ways, ["--file", str(file)], asked.rounds)
    for run in runs:
        _assert_agrees(run, expected)
    return runs


def _written_apart(file: Path, rows: int) -> dict[str, int]:
    """Write the file in a process of its own: the ways inherit the peak memory of this one."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(write_stays, file, rows).result()


def _assert_agrees(run: dict[str, Any], expected: dict[str, int]) -> None:
    """Refuse to compare ways that do not find the faults that were put in."""
    own = {n: run[n] for n in COUNTED if n in run}
    wanted = {n: expected[n] for n in own}
    if own != wanted:
        raise SystemExit(f"{run['way']} finds {json.dumps(own)}, not {json.dumps(wanted)}")


def _one(way: str, file: Path) -> None:
    used = time.process_time()
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        answer = WAYS[way](file, Path(folder) / "bench.duckdb")
    measure.say(answer, used)


def catchment(file: Path, database: Path) -> dict[str, float]:
    """Read, type, check, account for every row, load."""
    from flows.store import warehouse
    from flows.store.home import Home
    from flows.store.night import load_feed
    from schemas.clean import FEED_TABLES
    from transforms.feed import apply
    from transforms.reading import read_text

    known = frozenset(f"{i:04d}" for i in range(HOSPITALS))
    feed = load_feed(FEED)
    began = time.perf_counter()
    text = read_text(file.read_bytes(), feed)
    frame, unread = text.frame, text.bad_rows
    del text
    outcome = apply(feed, frame, known, DRAWN, unread, use_up=True)
    if not outcome.counts.balances():
        raise SystemExit("catchment: the rows do not add up")
    home = Home(database.parent)
    warehouse.initialise(home)
    with warehouse.opened(home) as con, warehouse.transaction(con):
        stays = outcome.tables["encounter"]
        warehouse.append_history(con, FEED_TABLES["encounter"], stays, "benchmark")
    counts = outcome.counts
    return {
        "seconds": time.perf_counter() - began,
        "read": counts.rows_read,
        "loaded": counts.loaded,
        "nulled": counts.cells_nulled,
    }


def duckdb_text(file: Path, database: Path) -> dict[str, float]:
    """The file as text into a table, unchecked."""
    import duckdb

    began = time.perf_counter()
    with duckdb.connect(str(database), config={"threads": "2"}) as con:
        con.execute(
            "CREATE TABLE encounter AS FROM read_csv(?, all_varchar = true, header = true)",
            [str(file)],
        )
        ((rows,),) = con.execute("SELECT count(*) FROM encounter").fetchall()
    return {"seconds": time.perf_counter() - began, "read": rows}


def pandas(file: Path, database: Path) -> dict[str, float]:
    """The same checks in pandas, good rows and bad ones apart."""
    from benchmarks.pandas_stays import load

    began = time.perf_counter()
    counts = load(file, database, DRAWN)
    return {"seconds": time.perf_counter() - began, **counts}


WAYS = {"catchment": catchment, "duckdb_text": duckdb_text, "pandas": pandas}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="each way is run this often")
    parser.add_argument("--ways", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--way", choices=NAMES, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
