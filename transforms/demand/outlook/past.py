"""How each engine would have forecast the past, seeing only what had arrived; which is used."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from transforms.demand.forecast import LEVELS as HUB_LEVELS
from transforms.demand.forecast import backtest, choose, preferred
from transforms.demand.forecast.score import MEASURES, relative
from transforms.demand.outlook.series import DAY, STEP, Series

# Origins, the periods between them (weekdays rotate), and the most series that are scored.
ORIGINS, APART, SCORED_SERIES = 12, {DAY: 5, "week": 1}, 1000
# Earlier states that are scored: the newest that were restated, for each is a history of its own.
SCORED_STATES = 3
# Deliveries that show how much of a day is known at first, and the least that is no lag.
LEAST_DELIVERIES, NO_LAG, SETTLED_DAYS = 3, 0.97, 7


def scores(
    of: Series, earlier: Sequence[Series], days: int, holidays: Iterable[date]
) -> pl.DataFrame:
    """Score the engines on past origins of a series, each by its newest statement now.

    At the last day of an earlier state that was restated since, what was known then stands before
    the origin; at any other day, what is known now.

    Args:
        of: as it is known now.
        earlier: the same as it was known before, for other last days.
        days: how far ahead.
        holidays: days that differ.

    Returns:
        as ``forecast.backtest``.
    """
    final = of.part(SCORED_SERIES).select(of.history.columns)
    step, periods = STEP[of.frequency], of.periods(days)
    told = {"horizon": periods, "frequency": of.frequency, "quantiles": HUB_LEVELS}
    now = final.drop_nulls("value")
    restated = [t for t in earlier if not _as_known(final, t).drop_nulls("value").equals(now)]
    known = {origin(then): then for then in restated[-SCORED_STATES:]}
    newest, apart = origin(of), timedelta(days=step)
    past = [newest - apart * (1 + APART[of.frequency] * k) for k in range(ORIGINS)]
    plain = [day for day in past if day not in known]
    found = [_scored(final, plain, told, holidays)]
    found += [_scored(_as_known(final, then), [day], told, holidays) for day, then in known.items()]
    return joined([frame for frame in found if frame.height])


def origin(of: Series) -> date:
    """The first day of the last period."""
    return of.last - timedelta(days=STEP[of.frequency] - 1)


def _scored(
    history: pl.DataFrame, origins: list[date], told: dict[str, Any], holidays: Iterable[date]
) -> pl.DataFrame:
    known = history.filter(pl.col("value").is_not_null())
    if not origins or known.is_empty():
        return pl.DataFrame()
    return backtest(history, origins=origins, holidays=holidays, **told)


def _as_known(final: pl.DataFrame, then: Series) -> pl.DataFrame:
    """What was known then up to its last day, and after that what is known now."""
    series = final.select("series_id").unique()
    before = then.history.join(series, on="series_id", how="semi")
    before = before.filter(pl.col("date") >= final["date"].min())
    after = final.filter(pl.col("date") > origin(then))
    return pl.concat([before, after]).sort("series_id", "date")


def joined(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Scores of several sets of origins as those of all of them."""
    schema = {"engine": pl.String, "horizon": pl.String, "n": pl.Int64}
    if not found:
        return relative(pl.DataFrame(schema=schema | dict.fromkeys(MEASURES, pl.Float64)))
    rows = pl.concat([f.select(*schema, *MEASURES) for f in found]).filter(pl.col("n") > 0)
    weighted = rows.group_by("engine", "horizon", maintain_order=True).agg(
        pl.col("n").sum(),
        *((pl.col(m) * pl.col("n")).implode().list.sum() / pl.col("n").sum() for m in MEASURES),
    )
    return relative(weighted.sort("engine", "horizon"))


def best(of: Series, found: pl.DataFrame) -> str:
    """The engine of tonight, as ``forecast`` chooses it."""
    days = of.history.drop_nulls("value")["date"].n_unique()
    return choose(found, preferred(of.frequency, days))


def reported_shares(of: Series, earlier: Sequence[Series]) -> list[float]:
    """Part of a period's value that is known by its end, and of the periods before it.

    The median, over earlier states that are settled by now, of what all series together had of
    the period then and have now. 1 where there are too few, or where next to nothing is lacking.

    Returns:
        shares by age in periods, for as many periods as lie in ``SETTLED_DAYS``.
    """
    settled = timedelta(days=SETTLED_DAYS)
    old = [then for then in earlier if then.last + settled <= of.last]
    ages = range(max(1, SETTLED_DAYS // STEP[of.frequency]))
    return [_share([_part(of, then, age) for then in old]) for age in ages]


def _share(parts: Sequence[float | None]) -> float:
    known = pl.Series([p for p in parts if p is not None], dtype=pl.Float64)
    if known.len() < LEAST_DELIVERIES:
        return 1.0
    share = float(known.median())  # type: ignore[arg-type]
    return round(share, 4) if 0 < share < NO_LAG else 1.0


def _part(of: Series, then: Series, age: int) -> float | None:
    day = origin(then) - timedelta(days=age * STEP[of.frequency])
    first, now = (h.filter(pl.col("date") == day) for h in (then.history, of.history))
    both = first.join(now, on="series_id", suffix="_now").drop_nulls(["value", "value_now"])
    had, has = (float(both[c].sort().sum()) for c in ("value", "value_now"))
    return had / has if has > 0 else None


def completed(of: Series, shares: Sequence[float]) -> Series:
    """The series with its newest values divided by the part of them that is known by now."""
    value = pl.col("value")
    for age, share in enumerate(shares):
        day = origin(of) - timedelta(days=age * STEP[of.frequency])
        value = pl.when(pl.col("date") == day).then(value / share).otherwise(value)
    return Series(of.measure, of.frequency, of.history.with_columns(value), of.places, of.last)
