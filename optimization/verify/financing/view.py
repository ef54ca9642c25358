"""The published tables, joined for recomputation."""

from collections.abc import Mapping
from functools import cached_property

import polars as pl

CELL = ["institution_id", "period"]
INPUTS = ("operating_cost", "capital_need", "other_income", "debt_service")


class View:
    """What was read and what was published, side by side."""

    def __init__(self, tables: Mapping[str, pl.DataFrame]) -> None:
        self.tables = tables

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self.tables[f"financing_{name}"]

    @cached_property
    def setting(self) -> dict[str, float]:
        """Settings by name."""
        return dict(self["setting"].iter_rows())

    @cached_property
    def last(self) -> int:
        """The last period."""
        return max(self["period"]["period"].to_list())

    @cached_property
    def given(self) -> pl.DataFrame:
        """Inputs by institution and period, named given_*, with the days of both kinds."""
        return (
            self["institution"]
            .rename({c: f"given_{c}" for c in INPUTS})
            .join(self["opening"], on="institution_id")
            .join(self["period"].select("period", days_in_period="days"), on="period")
            .with_columns(
                required=pl.col("days_required")
                / pl.col("days_in_period")
                * pl.col("given_operating_cost")
            )
            .join(total(self["claim"], CELL, "claim"), on=CELL, how="left")
            .with_columns(pl.col("claim").fill_null(0.0))
        )

    @cached_property
    def cells(self) -> pl.DataFrame:
        """Positions with their inputs and the closing cash of the period before."""
        before = self["position"].select(
            "institution_id", pl.col("period") + 1, before="closing_cash"
        )
        cells = self["position"].join(self.given, on=CELL).join(before, on=CELL, how="left")
        return cells.with_columns(pl.col("before").fill_null(pl.col("cash"))).sort(CELL)

    @cached_property
    def drawn(self) -> pl.DataFrame:
        """Loans' debts with the terms of the loan."""
        return self["debt"].join(self["loan"], on="loan_id")

    @cached_property
    def operating_debt(self) -> pl.DataFrame:
        """Owed on operating loans, by institution and period."""
        operating = self.drawn.filter(pl.col("purpose") == "operating")
        return total(operating, CELL, "owed", "operating_debt")

    @cached_property
    def support(self) -> pl.DataFrame:
        """Support by fund, institution and period, with the fund's terms."""
        flows = self["flow"].filter(pl.col("flow_kind") == "support")
        return flows.rename({"source_id": "fund_id"}).join(self["fund"], on="fund_id", how="left")

    @cached_property
    def pooled(self) -> list[str]:
        """Operating funds open to several regions."""
        regions = (
            self["eligible"]
            .join(self["opening"].select("institution_id", "region_id"), on="institution_id")
            .join(self["fund"].filter(pl.col("purpose") == "operating"), on="fund_id")
            .group_by("fund_id")
            .agg(pl.col("region_id").n_unique())
        )
        return regions.filter(pl.col("region_id") > 1)["fund_id"].sort().to_list()


def total(frame: pl.DataFrame, by: list[str], column: str, name: str | None = None) -> pl.DataFrame:
    """Sum of ``column`` by key, added in key order."""
    ordered = frame.sort(frame.columns[:4])
    return (
        ordered.group_by(by, maintain_order=True)
        .agg(pl.col(column).alias("all"))
        .select(*by, pl.col("all").list.sum().alias(name or column))
    )


def joined(frame: pl.DataFrame, other: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """``frame`` with what ``other`` has for its rows, else 0."""
    added = [c for c in other.columns if c not in on]
    return frame.join(other, on=on, how="left").with_columns(pl.col(added).fill_null(0.0))
