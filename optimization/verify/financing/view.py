"""What several checks need of a financing's tables."""

from functools import cached_property

import polars as pl

from optimization.verify.verdict import TableView, joined, total

CELL = ["institution_id", "period"]
INPUTS = ("operating_cost", "capital_need", "other_income", "debt_service")


class View(TableView):
    """The tables of a financing, by their names after ``financing_``."""

    def __getitem__(self, table: str) -> pl.DataFrame:
        return super().__getitem__(f"financing_{table}")

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
        rows = (
            self["institution"]
            .rename({c: f"given_{c}" for c in INPUTS})
            .join(self["opening"], on="institution_id")
            .join(self["period"].select("period", days_in_period="days"), on="period")
        )
        days = pl.col("days_required") / pl.col("days_in_period")
        rows = rows.with_columns(required=days * pl.col("given_operating_cost"))
        return joined(rows, total(self["claim"], CELL, "claim"), CELL).sort(CELL)

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
        return self["debt"].join(self["loan"], on="loan_id").sort("loan_id", *CELL)

    @cached_property
    def operating_debt(self) -> pl.DataFrame:
        """Owed on operating loans, by institution and period."""
        operating = self.drawn.filter(pl.col("purpose") == "operating")
        return total(operating, CELL, "owed", "operating_debt")

    @cached_property
    def support(self) -> pl.DataFrame:
        """Support by fund, institution and period, with the fund's terms."""
        flows = self["flow"].filter(flow_kind="support").rename({"source_id": "fund_id"})
        return flows.join(self["fund"], on="fund_id", how="left").sort("fund_id", *CELL)

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
        return regions.filter(pl.col("region_id") > 1)["fund_id"].to_list()
