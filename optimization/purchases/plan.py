"""The purchases, from input tables to result tables: chosen, confirmed, chosen again."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from optimization.purchases import results
from optimization.purchases.confirm import confirmation
from optimization.purchases.inputs import PurchaseInputs, Request, Tables, read_inputs
from optimization.purchases.model import build
from optimization.purchases.results import Round
from optimization.purchases.tiers import ORDER
from optimization.solver import Plan, SolveSettings, solve_tiers
from schemas.assumptions.region import Region
from schemas.money import in_unit
from schemas.results import allocation
from schemas.results.purchases import INPUTS
from schemas.table import name

ROUNDS = 5
Averted = Callable[[Sequence[Sequence[Request]]], list[float]]


def plan(frames: Tables, region: Region, threads: int) -> Plan:
    """Choose what to buy, and confirm what it averts by solving the allocation again.

    ``frames`` by table name: the input tables of ``schemas.results.purchases`` and of
    ``schemas.results.allocation``, ``financing_period``, ``zone`` and ``institution``.

    Raises:
        InputRefused: a number that the solver would misread.
        SolverStopped: no choice by the time limit.
    """
    settings = SolveSettings(region.financing.time_limit_s, threads)
    allocated = {name(table): frames[name(table)] for table in allocation.INPUTS}
    confirmed = confirmation(
        allocated, frames["zone"], frames["institution"], region.allocation, settings
    )
    given = {name(table): frames[name(table)] for table in INPUTS}
    given["financing_period"] = frames["financing_period"]
    return choose(given, confirmed.averted, settings)


def choose(tables: Tables, averted: Averted, settings: SolveSettings) -> Plan:
    """Choose the purchases that avert most harm, and confirm what they avert.

    Args:
        tables: the input tables of ``schemas.results.purchases`` and ``financing_period``.
        averted: harm averted by each of several sets of requests, points/year; see
            ``optimization.purchases.confirm``.
        settings: how to solve.

    The first round takes what shadow prices say. Where a round's purchases together avert a tenth
    more or less than taken, the next takes what each averts alone, and for those just chosen that
    times the part by which together they avert less. Of all rounds, the one whose purchases avert
    most as confirmed is kept, of equal ones the last.

    Raises:
        InputRefused: a number that the solver would misread.
        SolverStopped: no choice by the time limit.
    """
    given = read_inputs(tables)
    made = rounds(given, _priced(tables), averted, settings, tables)
    kept = max(reversed(made), key=lambda r: round(r.worth, 6))
    frames = results.frames(given, tables, made, made.index(kept))
    run = {"plan_run": kept.record.run_table(0.0)}
    return Plan(frames, frames | run, kept.record)


def rounds(
    given: PurchaseInputs,
    priced: Mapping[str, float],
    averted: Averted,
    settings: SolveSettings,
    tables: Tables,
) -> list[Round]:
    """The rounds of the choice; the last one holds, unless five were not enough."""
    value, alone, made = priced, None, list[Round]()
    while len(made) < ROUNDS:
        one = _round(given, value, averted, settings, tables)
        made.append(one)
        if one.holds:
            break
        alone = alone or _alone(given, priced, averted)
        value = corrected(alone, one)
    return made


def corrected(alone: Mapping[str, float], last: Round) -> dict[str, float]:
    """What each request averts alone; for those chosen together, the part that they do together."""
    chosen = last.choice.period
    whole = sum(alone[k] for k in sorted(chosen))
    part = last.confirmed / whole if whole > 0 else 0.0
    return {k: round(v * part if k in chosen else v, 6) for k, v in alone.items()}


def _round(
    given: PurchaseInputs,
    value: Mapping[str, float],
    averted: Averted,
    settings: SolveSettings,
    tables: Tables,
) -> Round:
    model = build(given, value)
    inputs = {
        **in_unit(INPUTS, tables, given.money_unit),
        "value": dict(value),
        "years": dict(given.years),
    }
    record = solve_tiers(model, ORDER, settings, inputs)
    choice = results.chosen(model)
    (confirmed,) = averted([[given.requests[k] for k in sorted(choice.period)]])
    return Round(value, choice, record, confirmed)


def _alone(
    given: PurchaseInputs, priced: Mapping[str, float], averted: Averted
) -> dict[str, float]:
    return dict(zip(priced, averted([[given.requests[k]] for k in priced]), strict=True))


def _priced(tables: Tables) -> dict[str, float]:
    """Requests that avert anything by shadow prices, points/year."""
    rows = tables["purchase_request"].filter(pl.col("priced") > 0).sort("purchase_id")
    return dict(rows.select("purchase_id", "priced").iter_rows())
