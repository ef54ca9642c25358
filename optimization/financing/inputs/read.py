"""From the financing input tables to what the model is indexed by."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from optimization.financing.inputs import Cell, FinancingInputs, Fund, Loan
from optimization.solver.matrix import grouped
from schemas.errors import InputRefused
from schemas.index import by_key

Tables = Mapping[str, pl.DataFrame]
ADDING_UP = 1e-9


def inputs_from_tables(tables: Tables, money_unit: float | None = None) -> FinancingInputs:
    """Index the financing input tables, money divided by the plan's unit of it or another.

    ``need`` is left empty: it follows from the status quo (see ``ledger.inputs_with_need``).

    Raises:
        InputRefused: a key repeats, or rows name an institution or period that does not exist.
    """
    setting = by_key(tables["financing_setting"], "setting", "setting_value")
    unit = money_unit or setting["money_unit"]
    opening = tables["financing_opening"].sort("institution_id")
    cells = tables["financing_institution"].sort("institution_id", "period")
    _check_cells(opening, cells, tables["financing_period"])
    claim = _money(tables["financing_claim"], ["payer_id", "institution_id", "period"], unit)
    arrears = _money(tables["financing_arrears"], ["payer_id", "institution_id"], unit)
    ceiling = _money(tables["financing_payer"], ["payer_id", "period"], unit)
    owing = _owing(claim, arrears, ceiling)
    open_pairs = set(owing)
    amounts = {
        column: {
            k: v / unit for k, v in by_key(cells, ["institution_id", "period"], column).items()
        }
        for column in ("operating_cost", "capital_need", "other_income", "debt_service")
    }
    by_cell = dict.fromkeys(amounts["operating_cost"], 0.0)
    return FinancingInputs(
        money_unit=unit,
        periods=tuple(tables["financing_period"]["period"].sort().to_list()),
        institutions=tuple(opening["institution_id"].to_list()),
        region=by_key(opening, "institution_id", "region_id"),
        deposit_rate=setting["deposit_rate"],
        gap_growth=setting["gap_growth"],
        least_cover=setting["least_cover"],
        largest_cut=setting["largest_cut"],
        equity_band=setting["equity_band"],
        opening_cash=_money(opening, "institution_id", unit, "cash"),
        last_support=_money(
            opening.drop_nulls("last_support"), "institution_id", unit, "last_support"
        ),
        **amounts,
        required=_required(opening, cells, tables["financing_period"], unit),
        claim=claim,
        claims=by_cell | _sum_by_cell(claim, claim),
        settled=by_cell | _sum_by_cell(claim, (k for k in claim if k[:2] not in open_pairs)),
        owing=owing,
        arrears=arrears,
        ceiling=ceiling,
        ratio=_ratio(claim, ceiling),
        funds=_funds(tables, unit),
        loans=_loans(tables["financing_loan"], unit),
        target_share=by_key(tables["financing_region"], "region_id", "target_share"),
        need={},
    )


def _money(
    frame: pl.DataFrame, key: str | list[str], unit: float, column: str | None = None
) -> dict[Any, float]:
    """The amounts of ``column`` (by default the last) by key, in the model's unit."""
    amounts = by_key(frame.sort(key), key, column or frame.columns[-1])
    return {k: v / unit for k, v in amounts.items()}


def _check_cells(opening: pl.DataFrame, cells: pl.DataFrame, periods: pl.DataFrame) -> None:
    """Every institution has every period once, and no other."""
    expected = opening.select("institution_id").join(periods.select("period"), how="cross")
    key = ["institution_id", "period"]
    strays = cells.join(expected, on=key, how="anti").height
    missing = expected.join(cells, on=key, how="anti").height
    if strays or missing:
        raise InputRefused(
            f"financing_institution: {missing} rows missing and {strays} of no known institution "
            "and period; give each institution of financing_opening one row per period"
        )


def _owing(
    claim: Mapping[tuple[str, str, int], float],
    arrears: Mapping[tuple[str, str], float],
    ceiling: Mapping[tuple[str, int], float],
) -> tuple[tuple[str, str], ...]:
    """Payer and institution where the payer may owe: all others pay each claim when it falls."""
    capped = {y for y, _ in ceiling}
    pairs = {(y, i) for y, i, _ in claim if y in capped} | {k for k, v in arrears.items() if v > 0}
    return tuple(sorted(pairs))


def _sum_by_cell(
    claim: Mapping[tuple[str, str, int], float], keys: Iterable[tuple[str, str, int]]
) -> dict[Cell, float]:
    sums: dict[Cell, float] = {}
    for y, i, p in keys:
        sums[i, p] = sums.get((i, p), 0.0) + claim[y, i, p]
    return sums


def _ratio(
    claim: Mapping[tuple[str, str, int], float], ceiling: Mapping[tuple[str, int], float]
) -> dict[tuple[str, int], float]:
    """Share of its claims that a payer must pay: all of them, or what its ceiling allows."""
    asked = dict.fromkeys(ceiling, 0.0)
    for y, i, p in claim:
        if (y, p) in asked:
            asked[y, p] += claim[y, i, p]
    return {k: _part(ceiling[k], total) for k, total in asked.items()}


def _part(ceiling: float, asked: float) -> float:
    """A ceiling that equals the claims but for the noise of adding them up pays them all."""
    part = ceiling / asked if asked > 0 else 1.0
    return 1.0 if part > 1 - ADDING_UP else part


def _required(
    opening: pl.DataFrame, cells: pl.DataFrame, periods: pl.DataFrame, unit: float
) -> dict[Cell, float]:
    """Cash to keep at hand by institution and period; cells where that is 0 are absent."""
    frame = (
        cells.join(opening.select("institution_id", "days_required"), on="institution_id")
        .join(periods.select("period", "days"), on="period")
        .with_columns(required=pl.col("days_required") / pl.col("days") * pl.col("operating_cost"))
        .filter(pl.col("required") > 0)
    )
    return _money(frame, ["institution_id", "period"], unit, "required")


def _funds(tables: Tables, unit: float) -> dict[str, Fund]:
    periods = tables["financing_period"]["period"].to_list()
    budget = _money(tables["financing_budget"], ["fund_id", "period"], unit)
    eligible = tables["financing_eligible"].sort("fund_id", "institution_id")
    may_support = grouped(eligible.select("fund_id", "institution_id").iter_rows())
    return {
        row["fund_id"]: Fund(
            fund_id=row["fund_id"],
            purpose=row["purpose"],
            max_share=row["max_share"],
            carry_over=row["carry_over"],
            cost=row["cost_of_funds"],
            budget={p: budget.get((row["fund_id"], p), 0.0) for p in periods},
            eligible=tuple(may_support.get(row["fund_id"], ())),
        )
        for row in tables["financing_fund"].sort("fund_id").iter_rows(named=True)
    }


def _loans(frame: pl.DataFrame, unit: float) -> dict[str, Loan]:
    columns = ["loan_id", "purpose", "repayment", "rate", "term", "limit", "income_multiple"]
    rows = frame.sort("loan_id").select(*columns, "draw_first", "draw_last")
    return {
        row["loan_id"]: Loan(**(row | {"limit": row["limit"] / unit}))
        for row in rows.iter_rows(named=True)
    }
