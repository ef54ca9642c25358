"""Gaps in capacity, filled by named rules in columns of their own."""

import polars as pl

from schemas.clean import CapacityEstimate
from schemas.table import conform
from transforms.exact import exact_sum

MIDDLE = "middle_of_range"
LAST = "last_known"
OCCUPANCY = "region_occupancy"
NONE = "none"
SERIES = ["institution_id", "resource_id"]


def capacity_estimate(capacity: pl.DataFrame, institution: pl.DataFrame) -> pl.DataFrame:
    """Fill what was not given, by the first of these rules that can.

    - ``middle_of_range``: a withheld number is the middle of its range.
    - ``last_known``: else the institution's last number of that resource, reported or the middle
      of a withheld one. In use stays within its own range, and nobody is made more crowded than
      then or, if there was room then, crowded at all.
    - ``middle_of_range``: else, for units in service, the middle of a range given for any reason.
    - ``region_occupancy``: else, for units in use, units in service × the occupancy on that date
      of those institutions of the region that reported both.
    - ``none``: else it stays null and counts 0.

    Args:
        capacity: clean.capacity.
        institution: clean.institution.

    Returns:
        clean.capacity_estimate.
    """
    regions = institution.select("institution_id", "region_id")
    rows = capacity.join(regions, on="institution_id", how="left").sort(*SERIES, "date")
    service = _fill(rows, "in_service", _service_rules())
    known = service.with_columns(service=pl.coalesce("in_service", "in_service_imputed"))
    joined = known.join(_occupancy(rows), on=["region_id", "resource_id", "date"], how="left")
    used = _fill(joined.sort(*SERIES, "date"), "in_use", _use_rules())
    reported = {"in_service": "in_service_reported", "in_use": "in_use_reported"}
    return conform(CapacityEstimate, used.rename(reported))


def _fill(frame: pl.DataFrame, measure: str, rules: list[tuple[str, pl.Expr]]) -> pl.DataFrame:
    """Add ``<measure>_imputed`` and ``<measure>_rule`` by the first rule that gives a number."""
    gap = pl.col(measure).is_null()
    value, rule = pl.lit(None, dtype=pl.Float64), pl.lit(NONE)
    for name, estimate in reversed(rules):
        value = pl.coalesce(estimate, value)
        rule = pl.when(estimate.is_not_null()).then(pl.lit(name)).otherwise(rule)
    return frame.with_columns(
        pl.when(gap).then(value).alias(f"{measure}_imputed"),
        pl.when(gap).then(rule).alias(f"{measure}_rule"),
    )


def _middle(measure: str) -> pl.Expr:
    return (pl.col(f"{measure}_low").fill_null(0) + pl.col(f"{measure}_high")) / 2


def _withheld(measure: str) -> pl.Expr:
    return pl.when(pl.col(f"{measure}_reason") == "withheld").then(_middle(measure))


def _told(measure: str) -> pl.Expr:
    """What the institution said itself: the number, or the middle of a withheld one's range."""
    return pl.coalesce(measure, _withheld(measure))


def _last(measure: str) -> pl.Expr:
    return _told(measure).forward_fill().over(SERIES)


def _service_rules() -> list[tuple[str, pl.Expr]]:
    return [
        (MIDDLE, _withheld("in_service")),
        (LAST, _within(_last("in_service"), "in_service")),
        (MIDDLE, _middle("in_service")),
    ]


def _use_rules() -> list[tuple[str, pl.Expr]]:
    return [
        (MIDDLE, _withheld("in_use")),
        (LAST, _within(_last_use(), "in_use")),
        (OCCUPANCY, _within(pl.col("service") * pl.col("occupancy"), "in_use")),
    ]


def _last_use() -> pl.Expr:
    """Last known use, no more crowded against today's units than it was against those then."""
    use = _last("in_use")
    service_then = pl.when(_told("in_use").is_not_null()).then("service")
    crowding = use / service_then.forward_fill().over(SERIES)
    most = pl.col("service") * pl.max_horizontal(crowding, pl.lit(1.0))
    return pl.when(most.is_finite() & (use > most)).then(most).otherwise(use)


def _within(value: pl.Expr, measure: str) -> pl.Expr:
    """Keep an estimate between the least and the most that the cell can be, where known."""
    least = pl.col(f"{measure}_low").fill_null(0)
    most = pl.col(f"{measure}_high").fill_null(float("inf"))
    return value.clip(least, most)


def _occupancy(rows: pl.DataFrame) -> pl.DataFrame:
    """Occupancy by region, resource and date, of those who reported both numbers."""
    both = rows.drop_nulls(["in_service", "in_use"]).filter(pl.col("in_service") > 0)
    sums = both.group_by("region_id", "resource_id", "date").agg(
        use=exact_sum("in_use", 9), units=exact_sum("in_service", 9)
    )
    return sums.select(
        "region_id", "resource_id", "date", occupancy=pl.col("use") / pl.col("units")
    )
