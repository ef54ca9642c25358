"""What several checks need of the purchases' tables."""

from functools import cached_property

import polars as pl

from optimization.verify import view
from optimization.verify.loans import schedule


class View(view.View):
    """The tables of the purchases."""

    @cached_property
    def periods(self) -> pl.DataFrame:
        """period, days and days_left: from its first day to the end of the plan."""
        rows = self["financing_period"].select("period", "days").sort("period")
        return rows.with_columns(days_left=pl.col("days").cum_sum(reverse=True))

    @cached_property
    def bought(self) -> pl.DataFrame:
        """purchase_id and period of what is bought."""
        return self["purchase_choice"].filter("bought").select("purchase_id", "period")

    def money(self, kind: str, source: str) -> pl.DataFrame:
        """Money from funds or loans as purchase_id, ``source``, institution_id, period, amount."""
        rows = self["purchase_money"].filter(source_kind=kind).rename({"source_id": source})
        institutions = self["purchase_request"].select("purchase_id", "institution_id")
        return rows.drop("source_kind").join(institutions, on="purchase_id")

    @cached_property
    def debt(self) -> pl.DataFrame:
        """Draws in each period from their own: owed, principal and interest due."""
        last = self.periods["period"].max()
        terms = schedule(self["purchase_loan"], int(last or 0))  # type: ignore[arg-type]
        rows = self.money("loan", "loan_id").join(terms, on="loan_id")
        amount, period = pl.col("amount"), pl.col("period") + pl.col("age")
        return rows.select(
            "purchase_id",
            "loan_id",
            "institution_id",
            period=period,
            owed=amount * (1 - pl.col("repaid")),
            principal=amount * pl.col("principal"),
            interest=amount * pl.col("interest"),
        )
