"""``python -m benchmarks.forecast --data FOLDER``: how good the forecasts of its series are.

Takes any CSV of ``series, date, value``, the German register's nights and the forecast hub's file.
Every figure is the worst of three offsets of when models are trained again.
"""

import argparse
from pathlib import Path

import polars as pl

from benchmarks.forecast.read import read_series
from benchmarks.forecast.speed import measured
from benchmarks.forecast.table import tables

SHOWN = ["mae_relative", "wis_relative", "coverage_50", "coverage_80"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast", description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder of CSV files of series")
    parser.add_argument("--speed", type=int, nargs="?", const=10_000, metavar="SERIES")
    arguments = parser.parse_args()
    if arguments.data is None and arguments.speed is None:
        parser.error("give --data FOLDER, --speed, or both")
    for series in read_series(arguments.data) if arguments.data else ():
        for part, frame in tables(series).items():
            print(f"\n{series.name}, {series.frequency}s, {part}: the worst of three offsets")
            print(_shown(frame), flush=True)
    if arguments.speed:
        print(measured(arguments.speed))


def _shown(frame: pl.DataFrame) -> str:
    rows = frame.select("horizon", "engine", "n", *(pl.col(c).round(3) for c in SHOWN))
    with pl.Config(
        tbl_rows=-1,
        tbl_formatting="ASCII_MARKDOWN",
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
    ):
        return str(rows)


if __name__ == "__main__":
    main()
