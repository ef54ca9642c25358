"""What several checks need of an allocation's tables."""

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import date
from functools import cached_property
from statistics import NormalDist

import polars as pl

from optimization.verify.verdict import TableView, Verdict, total
from schemas.results.allocation import staying
from schemas.table import Table

CARE = ["institution_id", "class_id", "date"]
CELL = ["institution_id", "resource_id", "date"]
NEED = ["zone_id", "class_id", "date"]
PLACE = ["institution_id", "resource_id"]
DECIMALS = 6


class View(TableView):
    """The tables of an allocation."""

    def __init__(
        self, tables: Mapping[str, pl.DataFrame], needed: Sequence[type[Table]], verdict: Verdict
    ) -> None:
        super().__init__(tables, needed, verdict)
        self.tables["allocation_stay"] = staying(self["allocation_stay"])

    @cached_property
    def settings(self) -> dict[str, str]:
        """Settings of the model, by name."""
        rows = self["allocation_setting"]
        return dict(zip(rows["setting"], rows["value"], strict=True))

    @property
    def budget(self) -> int:
        """Days on which demand may reach its upper bound; 0 where the plan is not so robust."""
        words = self.settings["demand"].split()
        return int(words[1]) if words[0] == "budget" else 0

    @property
    def shared_days(self) -> pl.DataFrame:
        """Days whose decisions are the same on all drawn paths; none where there are no paths."""
        return self.dates.head(int(self.settings.get("fixed_days", 0)))

    def within(self, days: pl.DataFrame) -> "View":
        """The same tables, asked to keep what was announced on ``days`` alone."""
        view = copy(self)
        told = self["allocation_announced_day"].join(days, on="date", how="semi")
        view.tables = {**self.tables, "allocation_announced_day": told}
        return view

    @property
    def levels(self) -> list[float]:
        """Standard deviations from the mean of each equally likely level of a load; 0 alone where
        the plan is not made on levels.
        """
        words = self.settings["demand"].split()
        if words[0] != "levels":
            return [0.0]
        number, spread = int(words[1]), float(words[2])
        return [spread * NormalDist().inv_cdf((q + 0.5) / number) for q in range(number)]

    @cached_property
    def demand(self) -> pl.DataFrame:
        """zone_id, class_id, date, planned, above: d to the millionth, and upper - mean."""
        above = pl.max_horizontal(pl.col("upper") - pl.col("mean"), 0.0)
        planned = pl.col("mean") + above if self.settings["demand"] == "upper" else pl.col("mean")
        return self["allocation_demand"].select(
            "zone_id", "class_id", "date", planned=planned.round(DECIMALS), above=above
        )

    @cached_property
    def expected(self) -> pl.DataFrame:
        """By arc and date: usual·d as ``expected``, usual·(upper - mean) as ``above``."""
        arcs = self["allocation_arc"].join(self.demand, on=["zone_id", "class_id"])
        return arcs.select(
            "zone_id",
            "institution_id",
            "class_id",
            "date",
            expected=pl.col("usual") * pl.col("planned"),
            above=pl.col("usual") * pl.col("above"),
        )

    @cached_property
    def stranded(self) -> pl.DataFrame:
        """Rows of ``demand`` above 0 that no arc serves: unmet however one decides."""
        wanted = self.demand.filter(pl.col("planned") > 0)
        return wanted.join(self["allocation_arc"], on=["zone_id", "class_id"], how="anti")

    @cached_property
    def dates(self) -> pl.DataFrame:
        """Every day of the plan, once."""
        used = ("allocation_capacity", "allocation_demand", "allocation_census")
        return pl.concat([self[t].select("date") for t in used]).unique().sort("date")

    @property
    def last_day(self) -> date:
        """Last day of the plan."""
        return self.dates["date"].to_list()[-1]

    @cached_property
    def capacity(self) -> pl.DataFrame:
        """institution_id, resource_id, date, units (K) and surge_limit (G), to the millionth."""
        units = {"units": "in_service", "surge_limit": "surge_limit"}
        return self["allocation_capacity"].select(
            *CELL, **{to: pl.col(column).round(DECIMALS) for to, column in units.items()}
        )

    @cached_property
    def harm_unmet(self) -> pl.DataFrame:
        """class_id, date, weight: W[c,t] = w[c] · sum of s[c,k] over the days that remain."""
        stay = self["allocation_stay"].join(self.dates, how="cross")
        last = pl.lit(self.last_day)
        stay = stay.filter(pl.col("day") <= (last - pl.col("date")).dt.total_days())
        days = total(stay, ["class_id", "date"], pl.col("staying_share"), "days")
        classes = self["allocation_class"].select("class_id", "harm_weight")
        return days.join(classes, on="class_id").select(
            "class_id", "date", weight=pl.col("days") * pl.col("harm_weight")
        )
