"""Read series: any CSV of ``series, date, value``, and two publishers' own files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

REGISTER = ["datum", "bundesland_id", "behandlungsgruppe", "intensivbetten_belegt"]
HUB = ["state", "target_end_date", "value"]
GENERIC = ["series", "date", "value"]
# The first weeks of the register are reporting units that join.
REGISTER_BEGINS, REGISTER_SCORED, HUB_SCORED = "2020-06-01", "2021-09-01", "2024-11-30"


@dataclass(frozen=True)
class Series:
    """One file's series: series_id | date | value, its frequency, and when scoring begins."""

    name: str
    kind: str
    history: pl.DataFrame
    frequency: str
    scored_from: str | None = None


def read_series(folder: Path) -> Iterator[Series]:
    """Every file of a folder that holds series; of nights of one register, the newest."""
    nights = [f for f in sorted(folder.rglob("*.csv")) if _has(f, REGISTER)]
    for file in [*nights[-1:], *(f for f in sorted(folder.rglob("*.csv")) if f not in nights)]:
        if _has(file, REGISTER):
            yield Series(file.stem, "register", _register(file), "day", REGISTER_SCORED)
        elif _has(file, HUB):
            yield Series(file.stem, "hub", _renamed(file, HUB), "week", HUB_SCORED)
        elif _has(file, GENERIC):
            history = _renamed(file, GENERIC)
            yield Series(file.stem, "generic", history, _frequency(history))


def _has(file: Path, columns: list[str]) -> bool:
    with file.open(encoding="utf-8", errors="replace") as lines:
        return set(columns) <= set(lines.readline().strip().lstrip("\ufeff").split(","))


def _register(file: Path) -> pl.DataFrame:
    rows = pl.read_csv(file, infer_schema=False).filter(
        pl.col("behandlungsgruppe") == pl.lit("Erwachsene").first()
    )
    return _typed(rows, ["bundesland_id", "datum", "intensivbetten_belegt"]).filter(
        pl.col("date") >= pl.lit(REGISTER_BEGINS).str.to_date()
    )


def _renamed(file: Path, columns: list[str]) -> pl.DataFrame:
    return _typed(pl.read_csv(file, infer_schema=False), columns)


def _typed(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    series, day, value = (pl.col(c) for c in columns)
    return rows.select(
        series_id=series,
        date=day.str.to_date(),
        value=value.cast(pl.Float64, strict=False),
    )


def _frequency(history: pl.DataFrame) -> str:
    gaps = history["date"].unique().sort().diff().drop_nulls().dt.total_days()
    return "week" if gaps.min() == 7 else "day"
