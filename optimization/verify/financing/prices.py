"""The published prices of tier 1, by rule."""

import polars as pl

from optimization.verify.financing.view import CELL, View

CLAIM = ["payer_id", *CELL]
SUPPORT = ["fund_id", *CELL]
LOAN = ["loan_id", *CELL]


class Prices:
    """The price of each rule, by the columns that the rule is indexed by."""

    def __init__(self, view: View) -> None:
        self.frame = view["price"]

    def __call__(self, rule: str, on: list[str], name: str = "y") -> pl.DataFrame:
        """Prices of ``rule`` as a frame of its index ``on`` and ``name``."""
        subject = {c: "party_id" for c in on if c not in (*CELL, "region_id")}
        frame = self.frame.filter(pl.col("constraint_name") == rule)
        return frame.select(
            *(pl.col(subject.get(c, c)).alias(c) for c in on), pl.col("dual_value").alias(name)
        )


def owing(view: View) -> pl.DataFrame:
    """Payer and institution where the payer has a ceiling or old arrears."""
    capped = view["claim"].join(view["payer"].select("payer_id").unique(), on="payer_id")
    old = view["arrears"].filter(pl.col("arrears") > 0)
    pairs = ["payer_id", "institution_id"]
    return pl.concat([capped.select(pairs), old.select(pairs)]).unique()
