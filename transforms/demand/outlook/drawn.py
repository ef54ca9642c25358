"""Joint paths of what a night expects."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from schemas.assumptions.region import Region
from transforms.demand.forecast import ENGINES
from transforms.demand.outlook.own import OWN
from transforms.demand.outlook.rows import path_rows, zone_shares
from transforms.demand.outlook.series import Frames, Series, series
from transforms.demand.stays import planned_stays
from transforms.exact import exact_sum

KEY = ("path", "zone_id", "class_id", "date", "value")
USE_KEY = ("path", "institution_id", "resource_id", "date", "value")
KINDS: dict[str, Any] = {"path": pl.Int64, "date": pl.Date, "value": pl.Float64}


def demand_paths(
    clean: Frames, region: Region, last: date, expected: pl.DataFrame, count: int, seed: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Draw joint paths of what ``demand_forecast`` expects.

    Paths are drawn of institutions and shared among zones as the forecast is. Where the mean is
    not the engine's, but the region's own or one that makes up for late reports, paths are scaled
    to it.

    Args:
        clean: as for ``demand_forecast``.
        region: the region's file.
        last: the last day known.
        expected: regional.demand_forecast of that day.
        count: paths to draw.
        seed: the same seed draws the same paths.

    Returns:
        path, zone_id, class_id, date | value (patients/day), of admissions; and path,
        institution_id, resource_id, date | value (units in use).
    """
    days = region.allocation.horizon_days
    admissions, in_use = [_none(KEY)], [_none(USE_KEY)]
    for of in series(clean, region, last):
        chosen = _engine_of(expected, of)
        drawn = path_rows(of, days, count, seed, chosen, region.planning.holidays)
        if of.measure == "admissions":
            shares = zone_shares(
                planned_stays(clean, region, last), last, region.planning.usual_days
            )
            parts = drawn.rename({"need_id": "class_id"}).join(
                shares, on=["institution_id", "class_id"]
            )
            value = exact_sum(pl.col("share") * pl.col("value"), 9)
            rows = parts.group_by(KEY[:-1]).agg(value=value)
            admissions.append(_scaled(rows, expected, KEY))
        else:
            rows = drawn.rename({"need_id": "resource_id"})
            in_use.append(_scaled(rows, expected, USE_KEY))
    return pl.concat(admissions), pl.concat(in_use)


def _engine_of(expected: pl.DataFrame, of: Series) -> str | None:
    """The engine by which most series of the measure are forecast; None if there is none."""
    rows = expected.filter(pl.col("demand_measure") == of.measure, pl.col("engine").is_in(ENGINES))
    return str(rows["engine"].mode().sort()[0]) if rows.height else None


def _scaled(rows: pl.DataFrame, expected: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Paths whose mean is that of ``expected``, where that is not the engine's."""
    key = columns[1:4]
    other = (pl.col("engine") == OWN) | (pl.col("reported_share") < 1)
    wanted = expected.filter(other).select(*key, "forecast_mean")
    mean = pl.col("value").sort().mean().over(key)
    ratio = pl.when(mean > 0).then(pl.col("forecast_mean") / mean)
    both = rows.join(wanted, on=key, how="left")
    return both.with_columns((pl.col("value") * ratio.fill_null(1.0)).round(9)).select(columns)


def _none(columns: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(schema={c: KINDS.get(c, pl.String) for c in columns})
