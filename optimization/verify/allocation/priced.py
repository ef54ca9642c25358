"""Prices of capacity: what the published tables say of one another."""

import polars as pl

from optimization.verify.allocation.sums import total
from optimization.verify.allocation.verdict import Verdict
from optimization.verify.allocation.view import CELL, View

PLACE = ["institution_id", "resource_id"]


def check_prices(view: View, verdict: Verdict) -> None:
    """Prices by their relative, the best units by the prices, what they avert by both."""
    value = view["allocation_value"]
    strays = value.join(view["allocation_load"], on=CELL, how="anti")
    verdict.none("price where there is no load", strays)
    rows = value.join(view["allocation_resource"], on="resource_id")
    unit_day = pl.col("occupancy_target") * pl.col("crowding_weight")
    verdict.equal(
        "value.unit_day_price", rows, pl.col("unit_day_price"), pl.col("relative") * unit_day
    )
    best = view["allocation_best_unit"]
    verdict.none(
        "best units out of order", best.filter(pl.col("rank") != pl.int_range(1, pl.len() + 1))
    )
    worth = total(value, PLACE, pl.col("unit_day_price"), "worth")
    both = best.join(worth, on=PLACE, how="left")
    verdict.equal("best_unit.averted_by_price", both, pl.col("averted_by_price"), pl.col("worth"))
    share = pl.col("averted") / pl.col("averted_by_price")
    verdict.equal("best_unit.confirmed_share", best, pl.col("confirmed_share"), share)
