"""Who pays for an institution, from which source, when: the formulation.

Institutions i in regions ρ, periods p = 1..Q, payers y, funds f, loans l. Money in the plan's
unit of money; rates per period.

    opex, capex      operating cost without depreciation, capital need     money
    claim            what payer y owes for the period's activity           money
    other, service   other income, service of debt that already exists     money
    B_y, B_f         payer's ceiling; fund's new money                     money
    max_share        largest share of a fund for one institution           share
    limit, lev       most that all owe; most that one owes by income       money, 1
    left[l,k]        share of a draw still owed k periods later            share
    due[l,k]         principal and interest due k periods after a draw     1
    deposit, g       interest on cash; weight of a need a period earlier   share
    κ                cost of a unit of public money                        1
    θ, band, cut     fair share of a region, its tolerance; pace           share
    dscr             least debt service cover                              1

Variables, all at least 0: pay, support, carry, draw, cash, gap, thin, arrears, beyond, below,
slower, worst. owed[l,i,p] = sum_{q≤p} left[l,p-q]·draw[l,i,q].

A payer without ceiling and without arrears pays each claim when it falls due: (1) and (2) leave
nothing to choose, so its claims stand in (5) as they are. The constraints are in payers (1, 2),
funds (3), debt (4, 9), cash (5, 6, 7) and fairness (8, 10, 11), the objectives in tiers.
"""

from collections.abc import Iterable

import pyomo.environ as pyo

from optimization.financing import cash, debt, fairness, funds, payers, tiers
from optimization.financing.inputs import FinancingInputs


def build(given: FinancingInputs) -> pyo.ConcreteModel:
    """The model of ``given``, its objectives named as in ``tiers.ORDER``."""
    m = pyo.ConcreteModel(name="financing")
    m.given = given
    _declare_variables(m, given)
    for part in (payers, funds, debt, cash, fairness, tiers):
        part.declare(m)
    return m


def _declare_variables(m: pyo.ConcreteModel, given: FinancingInputs) -> None:
    institutions, periods = given.institutions, given.periods
    cells = [(i, p) for i in institutions for p in periods]
    owing = [(y, i, p) for y, i in given.owing for p in periods]
    loans, funds = given.loans.items(), given.funds.items()
    m.pay = _amounts(owing)
    m.arrears = _amounts(owing)
    m.support = _amounts((f, i, p) for f, fund in funds for i in fund.eligible for p in periods)
    m.carry = _amounts((f, p) for f in given.funds for p in periods)
    m.draw = _amounts(
        (k, i, q) for k, x in loans for i in institutions for q in x.draws(given.last)
    )
    m.cash = _amounts(cells)
    m.gap = _amounts(cells)
    m.thin = _amounts(given.required)
    m.beyond = _amounts(institutions if given.debt_may_outlive else ())
    m.worst = _amounts(sorted({given.region[i] for i in institutions if given.need[i] > 0}))
    m.below = _amounts(r for r, target in given.equity_targets.items() if target > 0)
    m.slower = _amounts(i for i in given.last_support if given.last_support[i] > 0)


def _amounts(index: Iterable) -> pyo.Var:
    return pyo.Var(list(index), domain=pyo.NonNegativeReals)
