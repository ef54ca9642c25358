"""Sources and uses of each region, and what would close a gap."""

import polars as pl

from optimization.verify.financing.view import CELL, View
from optimization.verify.loans import lifetime_interest, schedule
from optimization.verify.verdict import Verdict, joined, outer_joined, total

ITEM = ["region_id", "period", "side", "line_item", "party_id"]
NAMES = {"principal_due": "principal", "interest_due": "interest"}
NOTHING = 1e-6
LEAST = 0.01


def check_balance(view: View, verdict: Verdict) -> None:
    """Both sides of each region and period are equal, and follow from positions and flows."""
    table = view["balance"]
    sides = table.group_by("region_id", "period").agg(
        *(_side(side).round(4).alias(side) for side in ("source", "use"))
    )
    verdict.balance("balance_sides", sides, "source", "use")
    both = outer_joined(_expected(view), table, ITEM)
    verdict.balance("balance_items", both, "amount", "expected")


def _side(side: str) -> pl.Expr:
    return pl.when(pl.col("side") == side).then("amount").otherwise(0.0).sum()


def _expected(view: View) -> pl.DataFrame:
    """Every item of the balance from the tables of institutions."""
    flows = view["flow"].select(*CELL, line_item="flow_kind", party_id="source_id", amount="amount")
    position = view["position"]
    parts = [flows.with_columns(side=pl.lit("source")), _own(position, "source", "opening_cash")]
    spent = ("operating_cost", "capital_need", "debt_service", "closing_cash")
    parts += [_own(position, "use", item) for item in spent]
    parts += [_repaid(view, column) for column in NAMES]
    columns = [*CELL, "side", "line_item", "party_id", "amount"]
    rows = pl.concat([part.select(columns) for part in parts])
    regions = view["opening"].select("institution_id", "region_id")
    return total(rows.join(regions, on="institution_id"), ITEM, "amount", "expected")


def _own(position: pl.DataFrame, side: str, item: str) -> pl.DataFrame:
    return position.select(
        *CELL, side=pl.lit(side), line_item=pl.lit(item), party_id=pl.lit("own"), amount=item
    )


def _repaid(view: View, column: str) -> pl.DataFrame:
    return view["debt"].select(
        *CELL,
        side=pl.lit("use"),
        line_item=pl.lit(NAMES[column]),
        party_id="loan_id",
        amount=column,
    )


def check_remedies(view: View, verdict: Verdict) -> None:
    """Every lever that closes a gap alone is there, and no other."""
    key = ["institution_id", "lever", "party_id"]
    expected = pl.concat([_funds(view), _loans(view), _payers(view), _savings(view)])
    table = view["remedy"]
    verdict.same_rows("remedy_rows", table, expected, key)
    order = ["institution_id", pl.col("cost").is_null(), "cost", "lever", "party_id"]
    first = pl.int_range(pl.len()).over("institution_id") == 0
    rows = table.join(expected, on=key).sort(order).with_columns(best=first)
    verdict.balance("remedy_amount", rows, "amount", "lacking")
    verdict.equal("remedy_cost", rows, "cost", "price", allowed=verdict.cent / 2)
    verdict.equal("remedy_share", rows, "lever_share", "part")
    wrong = rows.filter(pl.col("cheapest") != pl.col("best"))
    verdict.none("remedy_cheapest", wrong)


def _lacking(view: View) -> pl.DataFrame:
    """Institutions that lack a cent or more, and how much."""
    return (
        view["outcome"]
        .with_columns(lacking=pl.col("uncovered") + pl.col("beyond"))
        .filter(pl.col("lacking") > LEAST * (1 - NOTHING))
        .select("institution_id", "lacking", "beyond")
    )


def _rows(frame: pl.DataFrame, lever: str, party: str, price: pl.Expr, of: str) -> pl.DataFrame:
    """Institution, lever, party, what is lacking, its price, its part of ``of``."""
    part = pl.when(pl.col(of) > NOTHING).then(pl.col("lacking") / pl.col(of))
    return frame.select(
        "institution_id",
        "lacking",
        lever=pl.lit(lever),
        party_id=pl.col(party),
        price=price.cast(pl.Float64),
        part=part,
    )


def _funds(view: View) -> pl.DataFrame:
    budget = total(view["budget"], ["fund_id"], "budget")
    rows = _lacking(view).join(view["eligible"], on="institution_id")
    rows = rows.join(view["fund"], on="fund_id").join(budget, on="fund_id", how="left")
    rows = rows.join(_without_room(view), on="institution_id", how="left")
    earmarked = (pl.col("purpose") == "operating") | (
        pl.col("short_of_room").is_null() & (pl.col("beyond") <= NOTHING)
    )
    price = pl.col("cost_of_funds") * pl.col("lacking")
    return _rows(rows.filter(earmarked), "fund", "fund_id", price, "budget")


def _paths(view: View) -> pl.DataFrame:
    """Uncovered up to each period of the institutions that lack money and owe nothing beyond."""
    lacking = _lacking(view).filter(pl.col("beyond") <= NOTHING)
    rows = view["position"].join(lacking, on="institution_id").sort(CELL)
    return rows.with_columns(upto=pl.col("uncovered").cum_sum().over("institution_id"))


def _without_room(view: View) -> pl.DataFrame:
    """Institutions whose capital need is less than what is uncovered, at some time."""
    capital = pl.col("purpose") == "capital"
    granted = total(view.support.filter(capital), CELL, "amount", "granted")
    lent = total(view.drawn.filter(capital), CELL, "drawn", "lent")
    rows = joined(joined(_paths(view), granted, CELL), lent, CELL).sort(CELL)
    room = pl.col("capital_need") - pl.col("granted") - pl.col("lent")
    rows = rows.with_columns(room=room.cum_sum().over("institution_id"))
    short = rows.filter(pl.col("upto") > pl.col("room") + NOTHING)
    return short.select("institution_id", short_of_room=pl.lit(True)).unique()


def _loans(view: View) -> pl.DataFrame:
    """Loans whose repayment later cash bears, and of which no more is left than payers owe."""
    one = ["institution_id"]
    terms = schedule(view["loan"], view.last).join(view["loan"], on="loan_id")
    terms = terms.filter(pl.col("purpose") == "operating")
    gaps = (
        _paths(view)
        .filter(pl.col("uncovered") > 0)
        .select(*one, "lacking", drawn_in="period", gap="uncovered")
    )
    rows = gaps.join(terms, how="cross").with_columns(period=pl.col("drawn_in") + pl.col("age"))
    rows = rows.filter(pl.col("period") <= view.last)
    barred = ~pl.col("drawn_in").is_between("draw_first", "draw_last")
    out = rows.with_columns(
        out=pl.col("gap") * (pl.col("principal") + pl.col("interest")),
        left=pl.when(pl.col("period") == view.last).then(pl.col("gap") * (1 - pl.col("repaid"))),
        barred=barred,
    )
    key = [*one, "loan_id"]
    by_period = out.group_by(*key, "period").agg(pl.col("out").sum())
    able = _bears(view, by_period, key)
    left = out.group_by(key).agg(pl.col("left").sum(), pl.col("barred").any())
    spare = _spare(view)
    rows = _lacking(view).join(left, on=one).join(able, on=key).join(spare, on=one)
    rows = rows.filter(~pl.col("barred") & (pl.col("left") <= pl.col("spare") + NOTHING))
    rows = rows.join(view["loan"], on="loan_id")
    return _rows(rows, "loan", "loan_id", lifetime_interest() * pl.col("lacking"), "limit")


def _bears(view: View, out: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Institution and loan where cash covers all that has flowed out, with interest lost."""
    growth = 1 + view.setting["deposit_rate"]
    spans = out.select(key).unique().join(view["period"].select("period"), how="cross")
    rows = spans.join(out, on=[*key, "period"], how="left")
    rows = rows.join(view["position"].select(*CELL, "closing_cash"), on=CELL, how="left")
    rows = rows.sort(*key, "period").with_columns(
        lost=pl.col("out").fill_null(0.0) * pl.lit(growth).pow(-pl.col("period"))
    )
    lost = pl.col("lost").cum_sum().over(key) * pl.lit(growth).pow(pl.col("period"))
    rows = rows.with_columns(lost=lost)
    enough = (pl.col("lost") <= pl.col("closing_cash") + NOTHING).all()
    return rows.group_by(key).agg(enough=enough).filter("enough").select(key)


def _spare(view: View) -> pl.DataFrame:
    """What payers owe after the last period, less operating debt."""
    one = ["institution_id"]
    last = view["position"].filter(pl.col("period") == view.last).select(*one, "arrears")
    debt = view.operating_debt.filter(pl.col("period") == view.last).drop("period")
    rows = joined(last, debt, one)
    return rows.select(*one, spare=pl.col("arrears") - pl.col("operating_debt"))


def _payers(view: View) -> pl.DataFrame:
    """Payers that owe, at every time, at least what is uncovered until then."""
    pair = ["institution_id", "payer_id"]
    paths = _paths(view).select(*CELL, "upto", "lacking")
    rows = view["receivable"].join(paths, on=CELL)
    enough = rows.group_by(pair).agg(
        enough=(pl.col("upto") <= pl.col("closing") + NOTHING).all(),
        lacking=pl.col("lacking").first(),
        claims=pl.col("claim").sum(),
    )
    rows = enough.filter("enough").join(_spare(view), on="institution_id")
    rows = rows.filter(pl.col("lacking") <= pl.col("spare") + NOTHING)
    return _rows(rows, "payer", "payer_id", pl.lit(0.0), "claims")


def _savings(view: View) -> pl.DataFrame:
    cost = total(view["position"], ["institution_id"], "operating_cost", "spent")
    rows = _lacking(view).join(cost, on="institution_id").with_columns(own=pl.lit("own"))
    return _rows(rows, "saving", "own", pl.lit(None), "spent")


def check_activity(view: View, verdict: Verdict) -> None:
    """What planned activity changes in an institution's money adds up."""
    one = ["institution_id"]
    rows = view["activity"]
    cost = total(view["institution"], one, "operating_cost", "spent")
    claims = total(view["claim"], one, "claim", "asked")
    rows = joined(joined(rows, cost, one), claims, one)
    verdict.balance("activity_cost", rows, "planned_cost", "spent")
    verdict.balance("activity_claims", rows, "planned_claims", "asked")
    more = pl.col("planned_claims") - pl.col("usual_claims")
    more -= pl.col("planned_cost") - pl.col("usual_cost")
    verdict.balance("activity_change", rows, "net_change", more)
