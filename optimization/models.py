"""The models of a night, in the order in which they are solved: later ones read earlier results.

A flow solves, verifies, stores and documents every model by its entry in ``MODELS``.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import ModuleType

import polars as pl
from pydantic import BaseModel

from optimization import allocation, financing, purchases
from optimization.allocation import constraints as allocation_constraints
from optimization.allocation import tiers as allocation_tiers
from optimization.financing import constraints as financing_constraints
from optimization.financing import tiers as financing_tiers
from optimization.purchases import constraints as purchases_constraints
from optimization.purchases import tiers as purchases_tiers
from optimization.solver import Plan, run_table, seconds_table
from optimization.verify import Verification
from optimization.verify.allocation import RULES as ALLOCATION_RULES
from optimization.verify.allocation import verify_allocation
from optimization.verify.financing import RULES as FINANCING_RULES
from optimization.verify.financing import verify_financing
from optimization.verify.purchases import RULES as PURCHASES_RULES
from optimization.verify.purchases import verify_purchases
from schemas import clean
from schemas.assumptions.allocation import (
    AllocationAssumptions,
    ClassAssumptions,
    ResourceAssumptions,
)
from schemas.assumptions.financing import (
    FinancingAssumptions,
    FundAssumptions,
    LoanAssumptions,
    PayerAssumptions,
    PurchaseAssumptions,
)
from schemas.assumptions.planning import PlanningAssumptions
from schemas.assumptions.region import Region
from schemas.results import allocation as allocation_tables
from schemas.results import financing as financing_tables
from schemas.results import purchases as purchases_tables
from schemas.table import Table

Frames = Mapping[str, pl.DataFrame]
Tables = tuple[type[Table], ...]


@dataclass(frozen=True, slots=True)
class Formulation:
    """Modules whose docstrings are the formulas: symbols, constraints, and what is minimised.

    ``settings`` are the tables of a region's file that the model believes.
    """

    symbols: ModuleType
    constraints: ModuleType
    tiers: ModuleType
    settings: Mapping[str, type[BaseModel]]


@dataclass(frozen=True, slots=True)
class Model:
    """A model: the tables that it is given and makes, how it is solved and how it is verified.

    ``inputs`` are made for it alone and stored beside its ``results``; ``reads`` are the other
    tables that ``plan`` and ``verify`` need. ``plan`` takes the frames of ``inputs`` and ``reads``
    by table name, the region and the solver's threads; ``verify`` those of ``inputs``, ``reads``
    and ``results``, and plan_run; ``rules`` are the words of the rules by which it refuses.
    """

    name: str
    inputs: Tables
    results: Tables
    reads: Tables
    plan: Callable[[Frames, Region, int], Plan]
    verify: Callable[[Frames], Verification]
    rules: Mapping[str, str]
    formulation: Formulation

    def solve(self, frames: Frames, region: Region, threads: int) -> Plan:
        """Plan, and verify the plan as exact as the solver left it; plan_run has what is off.

        Raises:
            InputRefused: a number that the solver would misread, or tables that contradict.
            SolverStopped: no plan by the region's time limit.
            PlanRefused: the plan does not follow from its inputs.
        """
        plan = self.plan(frames, region, threads)
        start = time.monotonic()
        worst = self.verify({**frames, **plan.exact}).worst_violation
        seconds = {**plan.record.seconds, "verify": time.monotonic() - start}
        record = replace(plan.record, seconds=seconds)
        records = (*plan.before, record)
        closing = {"plan_run": run_table(records, worst), "plan_seconds": seconds_table(records)}
        return Plan({**plan.frames, **closing}, plan.exact, record, plan.before)


ALLOCATION = Model(
    "allocation",
    allocation_tables.INPUTS,
    allocation_tables.RESULTS,
    (clean.Zone, clean.Institution),
    allocation.plan,
    verify_allocation,
    ALLOCATION_RULES,
    Formulation(
        allocation,
        allocation_constraints,
        allocation_tiers,
        {
            "[planning]": PlanningAssumptions,
            "[allocation]": AllocationAssumptions,
            "[allocation.classes.CLASS]": ClassAssumptions,
            "[allocation.resources.RESOURCE]": ResourceAssumptions,
        },
    ),
)
FINANCING = Model(
    "financing",
    financing_tables.INPUTS,
    financing_tables.RESULTS,
    (),
    financing.plan,
    verify_financing,
    FINANCING_RULES,
    Formulation(
        financing,
        financing_constraints,
        financing_tiers,
        {
            "[financing]": FinancingAssumptions,
            "[financing.payers.PAYER]": PayerAssumptions,
            "[[financing.funds]]": FundAssumptions,
            "[[financing.loans]]": LoanAssumptions,
        },
    ),
)
PURCHASES = Model(
    "purchases",
    purchases_tables.INPUTS,
    purchases_tables.RESULTS,
    (
        clean.Zone,
        clean.Institution,
        *allocation_tables.INPUTS,
        financing_tables.FinancingPeriod,
    ),
    purchases.plan,
    verify_purchases,
    PURCHASES_RULES,
    Formulation(
        purchases,
        purchases_constraints,
        purchases_tiers,
        {"[[financing.purchases]]": PurchaseAssumptions},
    ),
)
MODELS = (ALLOCATION, FINANCING, PURCHASES)
