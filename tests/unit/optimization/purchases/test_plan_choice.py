from itertools import product

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog

from optimization.purchases.plan import choose
from optimization.solver import SolveSettings
from optimization.verify.purchases import verify_purchases
from tests.unit.optimization.purchases.cases import random_tables, tables

SETTINGS = SolveSettings(threads=1)


def as_priced(given):
    """Every set averts the sum of what its requests are priced."""
    worth = {
        (r["institution_id"], r["price"]): r["priced"] for r in given["purchase_request"].to_dicts()
    }
    return lambda sets: [sum(worth[r.institution, r.price] for r in s) for s in sets]


def solved(given, averted=None):
    made = choose(given, averted or as_priced(given), SETTINGS).exact
    verify_purchases(given | made)
    return made


def bought(frames):
    rows = frames["purchase_choice"].filter("bought")
    return dict(rows.select("purchase_id", "period").iter_rows())


def test_the_dearest_choice_is_not_the_best():
    """12 of money: 6 + 6 for 7 + 6 points beats 10 for 11 points."""
    request = [{"price": p, "priced": v} for p, v in ((10.0, 11.0), (6.0, 7.0), (6.5, 6.0))]
    frames = solved(tables(request=request, budget=[{"budget": 12.5}]))
    assert bought(frames) == {"k1": 1, "k2": 1}
    row = frames["purchase_choice"].row(by_predicate=pl.col("purchase_id") == "k0", named=True)
    assert (row["choice_rule"], row["averted"]) == ("beyond_the_budget", 0.0)


def test_what_averts_more_comes_first_and_the_other_when_money_has_come():
    """Two quarters of 73 days: 9 points a year x 0.4 years, then 8 x 0.2."""
    request = [{"priced": 8.0}, {"priced": 9.0, "price": 10.5}]
    budget = [{"budget": 10.5}, {"period": 2, "budget": 10.0}]
    frames = solved(tables(2, 73, request=request, budget=budget))
    assert bought(frames) == {"k0": 2, "k1": 1}
    assert frames["purchase_choice"]["averted"].to_list() == pytest.approx([1.6, 3.6])


def test_money_that_lapses_does_not_wait():
    budget = [{"budget": 5.0}, {"period": 2, "budget": 5.0}]
    kept = tables(2, 73, request=[{}], budget=budget)
    assert bought(solved(kept)) == {"k0": 2}
    lapsing = [b | {"carry_over": False} for b in budget]
    assert bought(solved(tables(2, 73, request=[{}], budget=lapsing))) == {}


def test_a_loan_pays_what_a_fund_does_not_and_its_service_is_told():
    """4 borrowed for two periods at 10 %: half due each, interest 0.4 and 0.2."""
    loan = [{"repayment": "level_principal", "term": 2}]
    request = [{"running_cost": 3.0}]
    frames = solved(tables(3, request=request, budget=[{"budget": 6.0}], loan=loan))
    assert frames["purchase_money"].rows() == [
        ("k0", "fund", "f", 1, 6.0),
        ("k0", "loan", "l", 1, 4.0),
    ]
    assert frames["purchase_cost"].rows() == [
        ("k0", 1, 3.0, 0.0, 0.0),
        ("k0", 2, 3.0, 2.0, 0.4),
        ("k0", 3, 3.0, 2.0, 0.2),
    ]


@pytest.mark.parametrize("limit", [{"limit": 3.9}, {"income_multiple": 0.039}, {"draw_first": 2}])
def test_a_loan_has_limits(limit):
    given = tables(1, request=[{}], budget=[{"budget": 6.0}], loan=[LOAN_OPEN | limit])
    assert bought(solved(given)) == {}


LOAN_OPEN = {"limit": 4.0, "income_multiple": 0.04}


def test_a_loan_within_its_limits_is_drawn():
    assert bought(solved(tables(1, request=[{}], budget=[{"budget": 6.0}], loan=[LOAN_OPEN])))


def test_one_may_not_have_more_than_its_share_and_only_who_may_has_any():
    assert bought(solved(tables(request=[{}], budget=[{"budget": 20.0, "max_share": 0.5}])))
    less = tables(request=[{}], budget=[{"budget": 19.9, "max_share": 0.5}])
    assert bought(solved(less)) == {}
    other = tables(request=[{}], budget=[{}], eligible=[{"fund_id": "f", "institution_id": "b"}])
    assert bought(solved(other)) == {}


def test_cents_add_up_to_the_price():
    request = [{"price": 100.01}]
    budget = [{"fund_id": f, "budget": 33.337} for f in "fgh"] + [{"fund_id": "i", "budget": 0.01}]
    money = solved(tables(request=request, budget=budget))["purchase_money"]
    assert sum(round(a * 100) for a in money["amount"]) == 10001


def test_where_the_second_solve_differs_the_choice_is_made_again():
    """Priced 9 and 8, but the first averts 2 only; together 10 of money buys one of them."""
    given = tables(request=[{"priced": 9.0}, {"priced": 8.0, "price": 9.5}], budget=[{}])
    alone = {10.0: 2.0, 9.5: 7.9}
    frames = solved(given, lambda sets: [sum(alone[r.price] for r in s) for s in sets])
    assert bought(frames) == {"k1": 1}
    rounds = frames["purchase_round"].select("predicted", "confirmed", "kept").rows()
    assert rounds == [(9.0, 2.0, False), (7.9, 7.9, True)]


def test_together_they_may_avert_less_than_alone():
    given = tables(request=[{"priced": 9.0}, {"priced": 8.0}], budget=[{"budget": 20.0}])
    frames = solved(given, lambda sets: [10.0 if len(s) == 2 else 9.0 * len(s) for s in sets])
    assert frames["purchase_round"].select("predicted", "confirmed").rows() == [
        (17.0, 10.0),
        (10.0, 10.0),
    ]
    assert frames["purchase_choice"]["averted_per_year"].to_list() == [5.0, 5.0]


def best(given):
    """Every way of buying, each paid for by a linear program of its own."""
    requests = given["purchase_request"].to_dicts()
    days, top = 200, 0.0
    choices = [[None, *range(r["earliest_period"], 3)] for r in requests]
    for when in product(*choices):
        worth = sum(
            r["priced"] * (3 - p) * days / 365 for r, p in zip(requests, when, strict=True) if p
        )
        if worth > top and _payable(given, requests, when):
            top = worth
    return top


def _payable(given, requests, when):
    """Amounts x[k, f, g, l] for what is bought; f keeps money, g does not, l is a loan."""
    made = [(r, p) for r, p in zip(requests, when, strict=True) if p]
    loan = given["purchase_loan"].row(0, named=True)
    budget = {(f, p): b for f, p, b, *_ in given["purchase_budget"].iter_rows()}
    n = 3 * len(made)
    rows, most = [], []

    def limit(coefficients, bound):
        row = np.zeros(n)
        for k, c in coefficients:
            row[k] += c
        rows.append(row)
        most.append(bound)

    at = {(k, s): 3 * k + j for k in range(len(made)) for j, s in enumerate("fgl")}
    early = [(at[k, "f"], 1.0) for k, (_, p) in enumerate(made) if p == 1]
    late = [(at[k, "f"], 1.0) for k, (_, p) in enumerate(made) if p == 2]
    limit(early, budget["f", 1])
    limit(early + late, budget["f", 1] + budget["f", 2])
    for i in "ab":
        own = [(at[k, "f"], 1.0, p) for k, (r, p) in enumerate(made) if r["institution_id"] == i]
        limit([(c, v) for c, v, p in own if p == 1], 0.75 * budget["f", 1])
        spent = [(c, 0.75 * v) for c, v in early]
        whole = 0.75 * (budget["f", 1] + budget["f", 2])
        limit([(c, v) for c, v, p in own if p == 2] + spent, whole)
    for p in (1, 2):
        limit([(at[k, "g"], 1.0) for k, (_, q) in enumerate(made) if q == p], budget["g", p])
        for who in ("ab", "a", "b"):
            owed = [
                (at[k, "l"], 1.0 if p == q else _still(loan))
                for k, (r, q) in enumerate(made)
                if q <= p and r["institution_id"] in who
            ]
            limit(owed, loan["limit"] if who == "ab" else 0.3 * 10.0)
    equal = np.zeros((len(made), n))
    for k in range(len(made)):
        equal[k, 3 * k : 3 * k + 3] = 1.0
    bounds = [
        (0, 0 if s == "g" and made[k][0]["institution_id"] == "b" else None)
        for k in range(len(made))
        for s in "fgl"
    ]
    prices = [r["price"] for r, _ in made]
    return linprog(np.zeros(n), rows, most, equal, prices, bounds).status == 0


def _still(loan):
    """Share of a draw owed one period later; four periods at 10 %."""
    annuity = 0.1 / (1 - 1.1**-4)
    return {"bullet": 1.0, "level_principal": 0.75, "annuity": 1.1 - annuity}[loan["repayment"]]


@pytest.mark.parametrize("seed", range(9))
def test_the_choice_is_the_best_of_all(seed):
    given = random_tables(seed)
    frames = solved(given)
    assert frames["purchase_choice"]["averted"].sum() == pytest.approx(best(given), abs=1e-6)
