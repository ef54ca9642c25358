"""Rules across figures of capacity. Each reads clean tables and returns subject and value."""

import polars as pl

from transforms.exact import exact_sum
from transforms.supply.supply import period_end

USE = 1.0
CHANGE = 0.5
LEAST_CHANGE = 10
TOTAL_CHANGE = 0.2
WEEK = 7
BEHIND = 2


def use_above_capacity(capacity: pl.DataFrame) -> pl.DataFrame:
    """Institutions that use more than they have, of any resource, in its newest figures."""
    share = pl.col("in_use") / pl.col("in_service")
    above = _newest(capacity).with_columns(value=share.round(6)).filter(pl.col("value") > USE)
    finite = above.filter(pl.col("value").is_finite())
    return _worst(finite)


def capacity_jumped(capacity: pl.DataFrame) -> pl.DataFrame:
    """Institutions whose units in service changed by over half and by at least ten."""
    both = _newest_and_before(capacity, ["institution_id", "resource_id"])
    large = (pl.col("in_service") - pl.col("before")).abs() >= LEAST_CHANGE
    return _worst(both.filter(large, pl.col("value") > CHANGE))


def total_jumped(capacity: pl.DataFrame) -> pl.DataFrame:
    """Resources whose units in service changed by over a fifth, over all institutions that have
    figures both in the newest period and before it."""
    both = _newest_and_before(capacity, ["institution_id", "resource_id"])
    newest = pl.col("date").max().over("resource_id")
    now = both.filter(newest - pl.col("date") < pl.duration(days="period_days"))
    totals = now.group_by("resource_id").agg(
        now=exact_sum("in_service"), before=exact_sum("before")
    )
    change = (pl.col("now") - pl.col("before")).abs() / pl.col("before")
    jumped = totals.with_columns(value=change).filter(pl.col("value") > TOTAL_CHANGE)
    return jumped.select(subject="resource_id", value="value").sort("subject")


def stale_institution(capacity: pl.DataFrame) -> pl.DataFrame:
    """Institutions whose figures end before the region's newest of what they report."""
    newest = period_end().max()
    resources = capacity.group_by("resource_id").agg(
        newest=newest, period=pl.col("period_days").max()
    )
    own = capacity.group_by("institution_id", "resource_id").agg(own=newest)
    days = (pl.col("newest") - pl.col("own")).dt.total_days()
    allowed = BEHIND * pl.max_horizontal("period", pl.lit(WEEK))
    best = (
        own.join(resources, on="resource_id")
        .with_columns(behind=days, beyond=days - allowed)
        .sort("beyond", "behind", "resource_id")
        .group_by("institution_id")
        .first()
    )
    late = best.filter(pl.col("beyond") > 0).sort("institution_id")
    return late.select(subject="institution_id", value=pl.col("behind").cast(pl.Float64))


def silent_institution(
    institution: pl.DataFrame, capacity: pl.DataFrame, night: pl.Expr
) -> pl.DataFrame:
    """Institutions that are open on ``night`` and never sent figures of capacity."""
    open_now = institution.filter(
        pl.col("active_to").is_null() | (pl.col("active_to") >= night),
        pl.col("active_from").is_null() | (pl.col("active_from") <= night),
    )
    silent = open_now.join(capacity, on="institution_id", how="anti").sort("institution_id")
    return silent.select(subject="institution_id", value=pl.lit(None, pl.Float64))


def known_share(capacity: pl.DataFrame) -> pl.DataFrame:
    """Share of each institution's newest figures that are known: subject, good_share.

    What no institution ever reports of a resource is not asked for.
    """
    asked, known = [], []
    for column in ("in_service", "in_use"):
        reported = pl.col(column).is_not_null().any().over("resource_id")
        asked.append(reported.cast(pl.Int64))
        known.append(pl.col(column).is_not_null().cast(pl.Int64))
    counted = capacity.with_columns(asked=pl.sum_horizontal(asked), known=pl.sum_horizontal(known))
    cells = _newest(counted).group_by("institution_id").agg(pl.col("asked", "known").sum())
    share = pl.when(pl.col("asked") > 0).then(pl.col("known") / pl.col("asked"))
    return cells.select(subject="institution_id", good_share=share.round(6)).sort("subject")


def _newest(capacity: pl.DataFrame) -> pl.DataFrame:
    """Each institution's newest row of each resource."""
    newest = pl.col("date").max().over("institution_id", "resource_id")
    return capacity.filter(pl.col("date") == newest)


def _newest_and_before(figures: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The newest row of each key with ``before``, a week or a period earlier, and the change."""
    known = figures.filter(pl.col("in_service").is_not_null())
    newest = known.filter(pl.col("date") == pl.col("date").max().over(key))
    since = pl.col("date") - pl.duration(days=pl.max_horizontal("period_days", pl.lit(WEEK)))
    both = newest.with_columns(since=since).join(
        known.select(*key, earlier="date", before="in_service"), on=key
    )
    both = both.filter(pl.col("earlier") <= pl.col("since"), pl.col("before") > 0)
    last = both.filter(pl.col("earlier") == pl.col("earlier").max().over(key))
    change = (pl.col("in_service") - pl.col("before")).abs() / pl.col("before")
    return last.with_columns(value=change)


def _worst(rows: pl.DataFrame) -> pl.DataFrame:
    worst = rows.group_by("institution_id").agg(pl.col("value").max())
    return worst.select(subject="institution_id", value="value").sort("subject")
