"""What the prices of tier 1 prove: b·y, from the input tables; and what budgets are worth."""

import polars as pl

from optimization.verify.financing.view import CELL, View
from optimization.verify.verdict import Verdict, joined, total

CLAIM = ["payer_id", *CELL]
SUPPORT = ["fund_id", *CELL]
LOAN = ["loan_id", *CELL]
# A ceiling may equal the claims but for the noise of adding them up.
NEARLY_ALL = 0.999_999_999


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


def check_bound(view: View, verdict: Verdict, prices: Prices) -> None:
    """b·y is the optimum"""
    parts = [
        *_bounds_of_payers(view, prices),
        *_bounds_of_funds(view, prices),
        *_bounds_of_loans(view, prices),
        *_bounds_of_institutions(view, prices),
    ]
    amounts = pl.concat([p.select(pl.col("b") * pl.col("y")).to_series() for p in parts])
    optimum = view["objective"].filter(pl.col("objective_tier") == 1).select("optimum")
    bound = optimum.with_columns(bound=pl.lit(sum(amounts.to_list())))
    turnover = max(float(sum(amounts.abs().to_list())), view.setting["money_unit"])
    verdict.equal("tier_one_bound", bound, "optimum", "bound", size=turnover)


def _bounds_of_payers(view: View, prices: Prices) -> list[pl.DataFrame]:
    claims = view["claim"].rename({"claim": "b"})
    first = view["arrears"].select(*CLAIM[:2], period=pl.lit(1, pl.Int64), b=pl.col("arrears"))
    owed = prices("arrears_balance", CLAIM)
    key = ["payer_id", "period"]
    asked = total(view["claim"], key, "claim", "asked")
    limits = view["claim"].join(asked, on=key).join(view["payer"], on=key, how="left")
    part = (pl.col("ceiling") / pl.col("asked")).fill_null(1.0).clip(0, 1)
    shares = limits.with_columns(b=part * pl.col("claim"))
    return [
        claims.join(owed, on=CLAIM),
        first.join(owed, on=CLAIM),
        shares.join(prices("payers_pay_pro_rata", CLAIM), on=CLAIM),
        view["payer"].rename({"ceiling": "b"}).join(prices("payers_can_pay", key), on=key),
    ]


def _bounds_of_funds(view: View, prices: Prices) -> list[pl.DataFrame]:
    key = ["fund_id", "period"]
    budget = view["budget"].join(view["fund"], on="fund_id").rename({"budget": "b"})
    shares = budget.with_columns(pl.col("b") * pl.col("max_share"))
    return [
        budget.join(prices("fund_balance", key), on=key),
        shares.join(prices("share_of_fund", SUPPORT), on=key),
    ]


def _bounds_of_loans(view: View, prices: Prices) -> list[pl.DataFrame]:
    income = pl.col("claim") + pl.col("given_other_income")
    given = view.given.with_columns(income=income)
    mean = given.group_by("institution_id").agg(pl.col("income").sum().clip(0) / view.last)
    income_rows = prices("income_limit", LOAN).join(mean, on="institution_id")
    multiple = income_rows.join(view["loan"], on="loan_id").with_columns(
        b=pl.col("income_multiple") * pl.col("income")
    )
    limits = prices("loan_limit", ["loan_id", "period"]).join(view["loan"], on="loan_id")
    least = view.setting["least_cover"] or 1.0
    surplus = (income - pl.col("given_operating_cost")) / least - pl.col("given_debt_service")
    cover = given.with_columns(b=surplus.clip(0)).join(prices("debt_is_covered", CELL), on=CELL)
    return [multiple, limits.rename({"limit": "b"}), cover]


def _bounds_of_institutions(view: View, prices: Prices) -> list[pl.DataFrame]:
    pairs = ["payer_id", "institution_id"]
    settled = view["claim"].join(owing(view), on=pairs, how="anti")
    rows = joined(view.given.drop("claim"), total(settled, CELL, "claim"), CELL)
    opening = pl.col("cash") + view.setting["deposit_rate"] * pl.col("cash").clip(0)
    first = pl.when(pl.col("period") == 1).then(opening).otherwise(0.0)
    money_in = first + pl.col("claim") + pl.col("given_other_income")
    out = pl.sum_horizontal("given_operating_cost", "given_capital_need", "given_debt_service")
    needs = view.given.select(
        *CELL, b=pl.col("given_capital_need").cum_sum().over("institution_id")
    )
    return [
        rows.with_columns(b=money_in - out).join(prices("cash_balance", CELL), on=CELL),
        needs.join(prices("capital_is_earmarked", CELL), on=CELL),
    ]


def check_shadow_prices(view: View, verdict: Verdict, prices: Prices) -> None:
    """What one more unit of a budget, ceiling or limit would take off tier 1"""
    key = ["source_id", "period"]
    by_kind = {
        "payer": _payer_prices(view, prices),
        "fund": _fund_prices(view, prices),
        "loan": prices("loan_limit", key),
    }
    for kind, worth in by_kind.items():
        rows = view["source"].filter(pl.col("source_kind") == kind)
        rows = joined(rows, worth, key)
        if kind == "payer":
            capped = view["payer"].rename({"payer_id": "source_id"})
            rows = rows.join(capped, on=key, how="left").with_columns(
                y=pl.when(pl.col("ceiling").is_not_null()).then("y")
            )
        verdict.equal("shadow_price", rows, "shadow_price", -pl.col("y"), size=1e-3)


def _fund_prices(view: View, prices: Prices) -> pl.DataFrame:
    key = ["fund_id", "period"]
    shares = total(prices("share_of_fund", SUPPORT, "share"), key, "share")
    rows = view["fund"].join(view["period"].select("period"), how="cross")
    rows = joined(joined(rows, prices("fund_balance", key), key), shares, key)
    worth = pl.col("y") + pl.col("max_share") * pl.col("share")
    return rows.select("period", source_id="fund_id", y=worth)


def _payer_prices(view: View, prices: Prices) -> pl.DataFrame:
    key = ["payer_id", "period"]
    asked = total(view["claim"], key, "claim", "asked")
    rows = view["claim"].join(asked, on=key).join(view["payer"], on=key)
    rows = rows.join(prices("payers_pay_pro_rata", CLAIM), on=CLAIM)
    short = rows.filter(pl.col("ceiling") < NEARLY_ALL * pl.col("asked"))
    shares = short.with_columns(share=pl.col("y") * pl.col("claim") / pl.col("asked"))
    both = joined(view["payer"], prices("payers_can_pay", key), key)
    both = joined(both, total(shares.select(*key, "institution_id", "share"), key, "share"), key)
    return both.select("period", source_id="payer_id", y=pl.col("y") + pl.col("share"))
