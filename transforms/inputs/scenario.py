"""Last night's planning inputs, changed as a scenario says."""

from collections.abc import Mapping

import polars as pl

from schemas.assumptions.scenario import Closed, DemandFactor, Scenario, StaffLost
from schemas.errors import ConfigRefused
from transforms.exact import exact_sum

Tables = Mapping[str, pl.DataFrame]
DECIMALS = 6


def changed(tables: Tables, scenario: Scenario) -> dict[str, pl.DataFrame]:
    """The allocation's input tables, ``zone`` and ``institution``, as ``scenario`` has them.

    Raises:
        ConfigRefused: a closed institution is the only one that a zone can reach.
    """
    return {
        **tables,
        "allocation_demand": demand(tables, scenario),
        "allocation_scenario": paths(tables, scenario),
        "allocation_capacity": capacity(tables, scenario),
        "allocation_arc": arcs(tables["allocation_arc"], scenario),
        "allocation_class": classes(tables["allocation_class"], scenario),
    }


def demand(tables: Tables, scenario: Scenario) -> pl.DataFrame:
    """``allocation_demand`` times every factor that applies; mean and upper bound alike."""
    return _scaled(tables["allocation_demand"], ["mean", "upper"], tables["zone"], scenario)


def paths(tables: Tables, scenario: Scenario) -> pl.DataFrame:
    """``allocation_scenario`` times every factor that applies."""
    asked = tables["allocation_scenario"]
    made = _scaled(asked, ["demand_patients"], tables["zone"], scenario)
    return made.filter(pl.col("demand_patients") > 0)


def _scaled(
    asked: pl.DataFrame, columns: list[str], zone: pl.DataFrame, scenario: Scenario
) -> pl.DataFrame:
    place = zone.select("zone_id", "region_id")
    frame = asked.join(place, on="zone_id", how="left", maintain_order="left")
    for change in scenario.demand_factor:
        times = pl.when(_matches(change, "class_id", "zone_id", "region_id")).then(change.factor)
        frame = frame.with_columns((pl.col(columns) * times.otherwise(1.0)).round(DECIMALS))
    return frame.select(asked.columns)


def capacity(tables: Tables, scenario: Scenario) -> pl.DataFrame:
    """``allocation_capacity`` less what is closed and lost, with the surge that may be opened."""
    had = tables["allocation_capacity"]
    place = tables["institution"].select("institution_id", "region_id")
    frame = had.join(place, on="institution_id", how="left", maintain_order="left")
    for closed in scenario.closed:
        kept = _kept(closed, "institution_id", "resource_id")
        frame = frame.with_columns(pl.col("in_service", "surge_limit") * kept)
    for lost in scenario.staff_lost:
        kept = _kept(lost, "institution_id", "resource_id", "region_id")
        frame = frame.with_columns(pl.col("in_service") * kept)
    for resource, share in scenario.surge_share.items():
        opened = pl.when(pl.col("resource_id") == resource).then(pl.col("in_service") * share)
        frame = frame.with_columns(surge_limit=opened.otherwise(pl.col("surge_limit")))
    frame = frame.with_columns(pl.col("in_service", "surge_limit").round(DECIMALS))
    if scenario.surge_budget is not None:
        frame = within_budget(frame, tables["allocation_resource"], scenario.surge_budget)
    return frame.select(had.columns)


def within_budget(frame: pl.DataFrame, resources: pl.DataFrame, budget: float) -> pl.DataFrame:
    """Surge limits, all cut by the same share, so that opening all costs ``budget`` at most."""
    prices = resources.select("resource_id", "cost_surge_day")
    priced = frame.join(prices, on="resource_id", how="left", maintain_order="left")
    cost = priced.select(exact_sum(pl.col("surge_limit") * pl.col("cost_surge_day"))).item()
    share = min(1.0, budget / cost) if cost > 0 else 1.0
    limit = pl.col("surge_limit") * pl.when(pl.col("cost_surge_day") > 0).then(share).otherwise(1.0)
    cut = (limit * 10**DECIMALS).floor() / 10**DECIMALS
    return priced.with_columns(surge_limit=cut if share < 1 else pl.col("surge_limit"))


def arcs(frame: pl.DataFrame, scenario: Scenario) -> pl.DataFrame:
    """``allocation_arc`` without institutions that are closed whole.

    Their patients go where the others of the zone go, in the same shares; where nobody went
    elsewhere, to the nearest that remains.

    Raises:
        ConfigRefused: a zone and class would have no arc left.
    """
    key = ["zone_id", "class_id"]
    shut = [c.institution_id for c in scenario.closed if c.resource_id is None and c.share == 1]
    left = frame.filter(~pl.col("institution_id").is_in(shut)).sort(*key, "km", "institution_id")
    alone = frame.join(left, on=key, how="anti")
    if not alone.is_empty():
        raise ConfigRefused(
            f"{scenario.name}: closed: {alone.select(key).n_unique()} zones and classes can reach"
            " no other institution; close its resources one by one, or only a share of them"
        )
    total = pl.col("usual").sum().over(key)
    nearest = pl.int_range(pl.len()).over(key) == 0
    shared = pl.when(total > 0).then(pl.col("usual") / total).otherwise(nearest.cast(pl.Float64))
    touched = frame.filter(pl.col("institution_id").is_in(shut)).select(key).unique()
    moved = left.join(touched, on=key, how="semi").with_columns(usual=shared)
    same = left.join(touched, on=key, how="anti")
    return pl.concat([same, moved]).sort("zone_id", "institution_id", "class_id")


def classes(frame: pl.DataFrame, scenario: Scenario) -> pl.DataFrame:
    """``allocation_class`` with the limits on sending that the scenario gives."""
    limit = pl.col("elsewhere_limit")
    if not scenario.elsewhere_limit:
        return frame
    given = pl.col("class_id").replace_strict(
        scenario.elsewhere_limit, default=None, return_dtype=pl.Float64
    )
    return frame.with_columns(elsewhere_limit=given.fill_null(limit))


def _matches(change: DemandFactor | Closed | StaffLost, *keys: str) -> pl.Expr:
    named = {key: getattr(change, key) for key in keys}
    tests = [pl.col(key) == value for key, value in named.items() if value is not None]
    return pl.all_horizontal(pl.lit(True), *tests)


def _kept(change: Closed | StaffLost, *keys: str) -> pl.Expr:
    return pl.when(_matches(change, *keys)).then(1.0 - change.share).otherwise(1.0)
