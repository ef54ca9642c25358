"""Drawn paths of demand, each followed through again from its flows."""

from functools import cached_property

import polars as pl

from optimization.verify.allocation.flows import NOISE, recomputed
from optimization.verify.allocation.view import CELL, NEED, View
from optimization.verify.verdict import joined, outer_joined, total

ADMIT = {"from_id": "zone_id", "to_id": "institution_id", "subject_id": "class_id"}
MOVE = {"from_id": "from_institution_id", "to_id": "to_institution_id", "subject_id": "resource_id"}
OPEN = {"to_id": "institution_id", "subject_id": "resource_id"}
ONE = ["path", "zone_id", "class_id", "date"]
PLACED = ("allocation_arc", "allocation_capacity", "allocation_census", "allocation_move_arc")
ENDS = ("zone_id", "institution_id", "from_institution_id", "to_institution_id")


class Paths(View):
    """The region once for each path, a zone or institution of path k being called ``k|id``."""

    def __init__(self, view: View) -> None:
        self.plan = view
        numbers = range(1, int(view.settings["demand"].split()[1]) + 1)
        self.numbers = pl.DataFrame({"path": numbers}, schema={"path": pl.Int64})
        self.tables = {**view.tables, **{t: self.on_each(view[t]) for t in PLACED}}
        self.tables["allocation_demand"] = called(self.demands)
        self.tables["allocation_admission"] = self.flow("admit", ADMIT, "patients_per_day")
        moves = self.flow("move", MOVE, "units").join(
            view["allocation_resource"].select("resource_id", "lead_days"), on="resource_id"
        )
        arrives = pl.col("date").dt.offset_by(pl.format("{}d", "lead_days"))
        self.tables["allocation_move"] = moves.with_columns(arrives=arrives)

    def on_each(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Every row of ``frame`` on every path."""
        return called(frame.join(self.numbers, how="cross"))

    def flow(self, action: str, names: dict[str, str], amount: str) -> pl.DataFrame:
        """What is done on the paths, by the columns that ``names`` gives to its ends."""
        rows = self.plan["allocation_scenario_flow"].filter(action=action)
        named = rows.select(
            "path", "date", **{to: of for of, to in names.items()}, **{amount: "planned"}
        )
        return called(named)

    @cached_property
    def demands(self) -> pl.DataFrame:
        """allocation_demand of every path, 0 where it has no row."""
        drawn = self.plan["allocation_scenario"].rename({"demand_patients": "mean"})
        rows = self.plan["allocation_demand"].select(NEED).join(self.numbers, how="cross")
        return joined(rows, drawn, ONE).with_columns(upper="mean")

    @cached_property
    def surge(self) -> pl.DataFrame:
        """Surge that is open on the paths, by ``CELL``."""
        return self.flow("surge", OPEN, "surge")

    @cached_property
    def loads(self) -> pl.DataFrame:
        """By ``CELL``: ``recomputed``, surge, crowding and usual_crowding."""
        resources = self["allocation_resource"].select(
            "resource_id", "occupancy_target", "crowding_weight", "cost_surge_day"
        )
        rows = outer_joined(recomputed(self), self.surge, CELL).join(resources, on="resource_id")
        occupancy = pl.col("occupancy_target")
        room = occupancy * (pl.col("there") + pl.col("surge"))
        return rows.with_columns(
            crowding=pl.max_horizontal(pl.col("use") - room, 0.0),
            usual_crowding=pl.max_horizontal(pl.col("usual") - occupancy * pl.col("units"), 0.0),
            needed=pl.col("use") / occupancy - pl.col("there"),
        )

    @cached_property
    def unmet(self) -> pl.DataFrame:
        """By ``NEED``: planned, admitted, left (unmet), stranded, and the weight of one."""
        admitted = total(self["allocation_admission"], NEED, "patients_per_day", "admitted")
        rows = outer_joined(self.demand, admitted, NEED).join(
            self.harm_unmet, on=["class_id", "date"], how="left"
        )
        stranded = self.stranded.select(*NEED, stranded="planned")
        left = pl.max_horizontal(pl.col("planned") - pl.col("admitted"), 0.0)
        return joined(rows, stranded, NEED).with_columns(
            left=pl.when(left > NOISE).then(left).otherwise(0.0)
        )

    @cached_property
    def beyond_usual(self) -> pl.DataFrame:
        """Admissions on the paths beyond the usual ones: by arc and date, ``sent``."""
        key = [*ADMIT.values(), "date"]
        rows = joined(self["allocation_admission"], self.expected, key)
        sent = pl.col("patients_per_day") - pl.col("expected")
        return rows.with_columns(sent=pl.when(sent > NOISE).then(sent).otherwise(0.0))

    @cached_property
    def harms(self) -> pl.DataFrame:
        """By path: harm_unmet, harm_crowding and usual_harm."""
        missed = self.unmet.with_columns(own("zone_id")[0])
        crowding = self.loads.with_columns(own("institution_id")[0])
        weight, each = pl.col("weight"), pl.col("crowding_weight")
        sums = [
            total(missed, ["path"], pl.col("left") * weight, "harm_unmet"),
            total(missed, ["path"], pl.col("stranded") * weight, "stranded"),
            total(crowding, ["path"], pl.col("crowding") * each, "harm_crowding"),
            total(crowding, ["path"], pl.col("usual_crowding") * each, "usual"),
        ]
        rows = self.numbers
        for one in sums:
            rows = joined(rows, one, ["path"])
        return rows.with_columns(usual_harm=pl.col("stranded") + pl.col("usual"))


def called(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` with its places named by path."""
    ends = [c for c in ENDS if c in frame.columns]
    return frame.with_columns(pl.format("{}|{}", "path", c).alias(c) for c in ends).drop("path")


def own(column: str) -> tuple[pl.Expr, pl.Expr]:
    """The path in a place's name on it, and its own name."""
    parts = pl.col(column).str.splitn("|", 2)
    return (
        parts.struct.field("field_0").cast(pl.Int64).alias("path"),
        parts.struct.field("field_1").alias(column),
    )
