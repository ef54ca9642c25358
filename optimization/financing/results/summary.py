"""The plan by institution, region and source, and what each tier reached."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from optimization.financing.ledger import total_by_cell
from optimization.financing.results import Published, frame, ratio, thin
from optimization.solver import SolveRecord
from schemas.results import financing as tables

MONEY_TIERS = ("uncovered", "cost")


def outcomes(plan: Published) -> pl.DataFrame:
    """``FinancingOutcome``: need in the status quo, and what the plan leaves of it."""
    given, books, settle = plan.given, plan.books, plan.unit.settle
    need = _by_institution(plan, plan.before.gap)
    gap = _by_institution(plan, books.gap)
    support = _by_institution(plan, total_by_cell(books.support))
    rows = []
    for i in given.institutions:
        asked = settle((1 - given.largest_cut) * given.last_support.get(i, 0.0))
        amounts = need[i], gap[i], plan.beyond[i], support[i], max(asked - support[i], 0.0)
        share = ratio(gap[i] + plan.beyond[i], need[i])
        last = plan.money(books.cash[i, given.last])
        rows.append((i, given.region[i], *map(plan.money, amounts), share, last))
    return frame(tables.FinancingOutcome, rows)


def _by_institution(plan: Published, amounts: dict[Any, float]) -> dict[str, float]:
    total = dict.fromkeys(plan.given.institutions, 0.0)
    for (i, _), amount in amounts.items():
        total[i] += amount
    return total


def fairness(plan: Published, outcome: pl.DataFrame) -> pl.DataFrame:
    """``FinancingFairness``: each region's worst institution and its part of pooled money."""
    given = plan.given
    share: dict[str, float] = {}
    for region, unmet in outcome.select("region_id", "unmet_share").iter_rows():
        share[region] = max(share.get(region, 0.0), unmet or 0.0)
    pooled = dict.fromkeys(share, 0.0)
    for (f, i, _), amount in plan.books.support.items():
        if f in given.pooled_funds:
            pooled[given.region[i]] += amount
    rows = []
    for region, worst in share.items():
        target = plan.unit.settle(given.equity_targets[region])
        amounts = pooled[region], target, max(target - pooled[region], 0.0)
        rows.append((region, worst, *map(plan.money, amounts)))
    return frame(tables.FinancingFairness, rows)


def sources(plan: Published, record: SolveRecord) -> pl.DataFrame:
    """``FinancingSource``: what each payer, fund and loan had, gave and kept."""
    rows = _payer_rows(plan, record) + _fund_rows(plan, record) + _loan_rows(plan, record)
    return frame(tables.FinancingSource, rows)


def _sums(plan: Published, amounts: dict[Any, float]) -> dict[tuple[str, int], float]:
    total: dict[tuple[str, int], float] = {}
    for (source, _, p), amount in amounts.items():
        total[source, p] = total.get((source, p), 0.0) + amount
    return total


def _row(plan: Published, kind: str, source: str, p: int, *amounts: float) -> tuple[Any, ...]:
    return (kind, source, p, *map(plan.money, amounts))


def tier_one_prices(record: SolveRecord, rule: str) -> dict[Any, float]:
    """Change of tier 1 by one more on the rule's right side, by index."""
    return record.dual("uncovered", rule) if record.rows else {}


def _payer_rows(plan: Published, record: SolveRecord) -> list[tuple[Any, ...]]:
    given = plan.given
    at_ceiling = tier_one_prices(record, "payers_can_pay")
    at_share = tier_one_prices(record, "payers_pay_pro_rata")
    rows = []
    for (y, p), paid in _sums(plan, plan.books.paid).items():
        if (y, p) not in given.ceiling:
            rows.append((*_row(plan, "payer", y, p, 0.0, paid, paid, 0.0, 0.0), None))
            continue
        ceiling = plan.unit.settle(given.ceiling[y, p])
        price = -at_ceiling.get((y, p), 0.0)
        if given.ratio[y, p] < 1:
            price -= _pro_rata_price(plan, at_share, y, p)
        row = _row(plan, "payer", y, p, 0.0, ceiling, paid, max(ceiling - paid, 0.0), 0.0)
        rows.append((*row, price + 0.0))
    return rows


def _pro_rata_price(plan: Published, at_share: dict[Any, float], y: str, p: int) -> float:
    """A ceiling of one more lets every claim be paid by its part of the sum of claims."""
    claims = {i: plan.given.claim.get((y, i, p), 0.0) for i in plan.given.claimants[y]}
    whole = sum(claims.values())
    return sum(at_share.get((y, i, p), 0.0) * claim / whole for i, claim in claims.items())


def _fund_rows(plan: Published, record: SolveRecord) -> list[tuple[Any, ...]]:
    books = plan.books
    at_balance = tier_one_prices(record, "fund_balance")
    at_share = tier_one_prices(record, "share_of_fund")
    used = _sums(plan, books.support)
    rows = []
    for (f, p), budget in books.budget.items():
        fund = plan.given.funds[f]
        price = -at_balance.get((f, p), 0.0)
        price -= fund.max_share * sum(at_share.get((f, i, p), 0.0) for i in fund.eligible)
        opening = books.carry.get((f, p - 1), 0.0)
        amounts = opening, budget, used.get((f, p), 0.0), books.lapsed[f, p], books.carry[f, p]
        rows.append((*_row(plan, "fund", f, p, *amounts), price + 0.0))
    return rows


def _loan_rows(plan: Published, record: SolveRecord) -> list[tuple[Any, ...]]:
    """A loan's money is what its limit leaves: opening and repaid are drawn and closing."""
    at_limit = tier_one_prices(record, "loan_limit")
    owed, drawn = _sums(plan, plan.books.owed), _sums(plan, plan.books.draw)
    repaid = _sums(plan, plan.books.principal)
    rows = []
    for k, loan in plan.given.loans.items():
        limit = plan.unit.settle(loan.limit)
        for p in plan.given.periods:
            opening = limit - owed.get((k, p - 1), 0.0)
            closing = max(limit - owed[k, p], 0.0)
            row = _row(plan, "loan", k, p, opening, repaid[k, p], drawn[k, p], 0.0, closing)
            rows.append((*row, 0.0 - at_limit.get((k, p), 0.0)))
    return rows


def prices(record: SolveRecord, constraints: Iterable[str]) -> pl.DataFrame:
    """``FinancingPrice``: the prices of tier 1 that are not 0."""
    rows = [
        (rule, *_subject(rule, index), price)
        for rule in constraints
        for index, price in tier_one_prices(record, rule).items()
        if price != 0
    ]
    return frame(tables.FinancingPrice, rows)


def _subject(rule: str, index: Any) -> tuple[str, str, int]:
    """The index of a constraint as source or region, institution and period."""
    parts = index if isinstance(index, tuple) else (index,)
    period = parts[-1] if isinstance(parts[-1], int) else 0
    named = [part for part in parts if isinstance(part, str)]
    if rule in ("fund_balance", "payers_can_pay", "loan_limit", "equity"):
        return named[0], "all", period
    return (named[0] if len(named) == 2 else "all"), named[-1], period


def objectives(
    plan: Published, record: SolveRecord, money_unit: float, outcome: pl.DataFrame
) -> pl.DataFrame:
    """``FinancingObjective``: by tier the least value proved, and that of the published plan."""
    reached = achieved(plan, outcome)
    rows = []
    for k, tier in enumerate(record.tiers, 1):
        unit = money_unit if tier.name in MONEY_TIERS else 1.0
        optimum = tier.objective if tier.bound is None else tier.bound
        slack = 1e-6 * (10.0 if record.widened else 1.0) * (record.components + abs(optimum))
        rows.append((k, tier.name, optimum * unit, reached[tier.name], slack * unit))
    return frame(tables.FinancingObjective, rows)


def achieved(plan: Published, outcome: pl.DataFrame) -> dict[str, float]:
    """The four objectives of the books, money in currency."""
    given, books = plan.given, plan.books
    growth = 1 + given.gap_growth
    gaps = sum(growth ** (given.last - p) * gap for (_, p), gap in books.gap.items())
    thinness = sum(thin(plan, cell) for cell in plan.cells)
    lent = sum(given.loans[k].lifetime_interest() * d for (k, _, _), d in books.draw.items())
    paid_for = sum(given.funds[f].cost * s for (f, _, _), s in books.support.items())
    banked = sum(max(cash, 0.0) for cash in books.opening.values())
    return {
        "uncovered": plan.money(gaps + sum(plan.beyond.values())),
        "unfairness": _unfairness(plan, outcome),
        "thinness": _part(thinness, sum(given.required.values()))
        + _part(sum(books.arrears.values()), sum(given.claims.values())),
        "cost": plan.money(lent + paid_for - given.deposit_rate * banked),
    }


def _unfairness(plan: Published, outcome: pl.DataFrame) -> float:
    given = plan.given
    regions = fairness(plan, outcome)
    worst = sum(regions["largest_unmet_share"].to_list())
    below = sum(regions["below"].to_list()) * plan.ticks
    slower = sum(outcome["slower"].to_list()) * plan.ticks
    last = sum(given.last_support.values())
    return worst + _part(below, given.pooled_budget) + _part(slower, last)


def _part(amount: float, of: float) -> float:
    return amount / of if of > 0 else 0.0
