"""Sound plans of each model, made once: what the tests of verification start from."""

from functools import cache

import polars as pl

from optimization.solver import run_table
from schemas.money import amounts
from schemas.results.financing import INPUTS, FinancingActivity
from schemas.results.purchases import PurchaseChoice, PurchaseCost, PurchaseMoney, PurchaseRound
from schemas.results.run import PlanRun
from schemas.table import conform, name, polars_schema
from tests.unit.optimization.allocation import cases as allocation
from tests.unit.optimization.financing.cases import case
from tests.unit.optimization.financing.cases import plan as finance
from tests.unit.optimization.financing.instances import random_case
from tests.unit.optimization.purchases import cases as purchases

Tables = dict[str, pl.DataFrame]
BY_NAME = {name(table): table for table in INPUTS}
ALLOCATIONS = {
    "scarce": {"demand": {"budget": 1}, "may_refuse": True},
    "plain": {},
    "robust": {"demand": {"budget": 2}, "fairness": "graduated"},
    "upper": {"demand": "upper", "fairness": "none", "no_worse": False},
    "whole": {"integer": ("icu_bed",)},
    "stranded": {},
    "paths": {"demand": {"scenarios": 3, "tail": 0.5, "fixed_days": 2}, "may_refuse": True},
}


@cache
def allocated(kind: str) -> tuple[Tables, Tables]:
    """A plan as published and as exact, of a random region where beds are scarce.

    With "scarce" some patients are refused, with "stranded" a zone has no referral arcs and
    changes of some have no price, with
    "whole" a move has a least size and a fixed cost and takes a day.
    """
    settings, given = ALLOCATIONS[kind], allocation.random_tables(3)
    zones, institutions = allocation.places(given, regions=2)
    if kind in ("scarce", "paths"):
        less = pl.col("harm_weight") * 0.3
        given["allocation_class"] = given["allocation_class"].with_columns(harm_weight=less)
    if kind == "stranded":
        arcs = given["allocation_arc"].filter(pl.col("zone_id") != "Z1")
        given["allocation_arc"] = arcs
    if kind == "whole":
        sizes = {"least_move": 0.5, "cost_move": 7.0}
        rows = given["allocation_resource"].with_columns(**{c: pl.lit(v) for c, v in sizes.items()})
        given["allocation_resource"] = rows
    if kind == "paths":
        given = allocation.drawn(given, 3)
    given = allocation.random_announced(3, given)
    if kind == "stranded":
        for table, price in (("class", "cost_change_patient"), ("resource", "cost_change_unit")):
            rows = given[f"allocation_{table}"]
            free = pl.when(pl.nth(0).is_in(["icu", "nurse"])).then(None).otherwise(price)
            given[f"allocation_{table}"] = rows.with_columns(free.alias(price))
    made = allocation.plan(given, zones, institutions, allocation.assumptions(**settings))
    tables = {"zone": zones, "institution": institutions, **given, **made.frames}
    data_to = pl.lit(given["allocation_demand"]["date"].min()).dt.offset_by("-1d")
    tables["plan_run"] = run_table((*made.before, made.record), 0.0).with_columns(data_to=data_to)
    return tables, {**tables, **made.exact}


@cache
def financed(kind: int | str) -> tuple[Tables, Tables]:
    """A plan as published in cents and as exact, of the random case of a seed.

    With seed 11 every kind of limit binds, and with "odd", too, whose amounts are not whole cents;
    "alone" is one institution that nobody helps.
    """
    if kind == "alone":
        given = case({"a": {"cost": 100.003}})
    else:
        given = random_case(11) if kind == "odd" else random_case(int(kind))
    if kind == "odd":
        given = {table: _odd(table, frame) for table, frame in given.items()}
    given["financing_activity"] = _activity(given)
    made = finance(given)
    return {**given, **made.frames}, {**given, **made.exact}


def _odd(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` with every amount of money a thousand times larger and more, in thousands."""
    frame = frame.with_columns(pl.col(amounts(BY_NAME[table])) * 1000.3717)
    if table != "financing_setting":
        return frame
    unit = pl.when(setting="money_unit").then(1000.0).otherwise("setting_value")
    return frame.with_columns(setting_value=unit)


def _activity(given: Tables) -> pl.DataFrame:
    """What planned activity would change if a tenth of cost and of claims came from it."""
    one = "institution_id"
    cost = (
        given["financing_institution"]
        .group_by(one)
        .agg(planned_cost=pl.col("operating_cost").sum())
    )
    claims = given["financing_claim"].group_by(one).agg(planned_claims=pl.col("claim").sum())
    rows = cost.join(claims, on=one).with_columns(
        usual_cost=pl.col("planned_cost") * 0.9, usual_claims=pl.col("planned_claims") * 0.8
    )
    net = pl.col("planned_claims") - pl.col("usual_claims") - pl.col("planned_cost")
    rows = rows.with_columns(net_change=net + pl.col("usual_cost"))
    return conform(FinancingActivity, rows.with_columns(activity_ratio=pl.lit(1.1)))


# purchase: period, harm averted a year
BOUGHT = {"k0": (1, 5.0), "k1": (1, 4.0), "k2": (2, 3.0), "k3": (2, 2.0)}
MONEY = {
    "k0": {"g": 3.0, "m": 1.0, "n": 6.0},
    "k1": {"f": 5.5, "m": 2.5},
    "k2": {"f": 0.62, "g": 2.5, "m": 1.5, "n": 1.38},
    "k3": {"f": 1.88, "l": 4.99, "m": 0.65, "n": 1.48},
}
# purchase: running cost, principal and interest due in each period from its own
COSTS = {
    "k0": (3.0, (0.0, 3.36, 3.64), (0.0, 0.8, 0.41)),
    "k1": (1.0, (0.0, 1.25, 1.25), (0.0, 0.5, 0.25)),
    "k2": (0.5, (0.0, 1.41), (0.0, 0.44)),
    "k3": (0.0, (0.0, 6.02), (0.0, 1.78)),
}
DAYS_LEFT = {1: 600, 2: 400}


def _chosen() -> Tables:
    """The result tables of the choice in ``BOUGHT``, ``MONEY`` and ``COSTS``."""
    choice = [
        (k, True, p, value, value * (DAYS_LEFT[p] / 365), "bought")
        for k, (p, value) in BOUGHT.items()
    ]
    choice.append(("k4", False, None, 9.0, 0.0, "beyond_the_budget"))
    money = [
        (k, "fund" if source in "fg" else "loan", source, BOUGHT[k][0], amount)
        for k, sources in MONEY.items()
        for source, amount in sources.items()
    ]
    cost = [
        (k, BOUGHT[k][0] + age, running, *due)
        for k, (running, *dues) in COSTS.items()
        for age, due in enumerate(zip(*dues, strict=True))
    ]
    averted = sum(row[4] for row in choice)
    run = (
        "purchases",
        1,
        "harm_kept",
        "optimal",
        -averted,
        None,
        None,
        1,
        1,
        1,
        1,
        0,
        0.0,
        None,
        "",
        "",
    )
    made = {
        PurchaseChoice: choice,
        PurchaseMoney: money,
        PurchaseCost: cost,
        PurchaseRound: [(1, 4, 14.0, 14.0, True)],
        PlanRun: [run],
    }
    return {
        name(table): pl.DataFrame(rows, schema=polars_schema(table), orient="row")
        for table, rows in made.items()
    }


@cache
def bought() -> Tables:
    """A choice of four of five requests, in two of three periods, in which every limit binds.

    The fund f keeps money for the second period, in which it has no budget.
    """
    a, b = {"income": 40.0}, {"institution_id": "b", "income": 50.0}
    lapsing = {"fund_id": "g", "carry_over": False}
    terms = {"repayment": "level_principal", "rate": 0.2, "income_multiple": 0.05}
    given = purchases.tables(
        periods=3,
        days=200,
        request=[
            a | {"running_cost": 3.0, "priced": 5.0},
            b | {"running_cost": 1.0, "priced": 4.0, "price": 8.0},
            a | {"running_cost": 0.5, "priced": 3.0, "price": 6.005, "earliest_period": 2},
            b | {"priced": 2.0, "price": 9.0, "earliest_period": 2},
            b | {"priced": 9.0, "price": 400.0},
        ],
        budget=[
            {"budget": 8.0, "max_share": 0.75},
            *(lapsing | {"period": p + 1, "budget": x} for p, x in enumerate((3.0, 2.5, 1.0))),
        ],
        loan=[
            {"loan_id": "l", "limit": 5.0, "term": 1, "rate": 0.3},
            {"loan_id": "m", "limit": 7.0, "term": 2} | terms,
            {"loan_id": "n", "limit": 6.0, "term": 2, "repayment": "annuity", "draw_last": 2},
        ],
        eligible=[{"fund_id": f, "institution_id": i} for f, i in ("fa", "fb", "ga")],
    )
    return given | _chosen()
