"""Recompute an allocation from its tables alone, and refuse one that does not follow.

No part of the model or the solver is used: each constraint, objective and derived column is
computed again from the input tables and the published figures. A constraint may be broken by a
millionth; a figure that follows from others must agree but for the noise of adding up.
"""

from collections.abc import Mapping

import polars as pl

from optimization.verify.allocation.flows import (
    check_admissions,
    check_changes,
    check_loads,
    check_moves,
    check_transfers,
)
from optimization.verify.allocation.over_paths import check_paths
from optimization.verify.allocation.view import View
from optimization.verify.allocation.worth import (
    check_comparison,
    check_fairness,
    check_objectives,
    check_prices,
)
from optimization.verify.verdict import Verdict, Verification
from schemas.results.allocation import INPUTS, RESULTS

RULES = {
    "tables": "every table of the model is there",
    "referral_arcs": "patients are admitted along referral arcs alone",
    "unmet_rows": "each zone, class and day with demand says who is unmet",
    "unmet_demand": "demand is that of the inputs",
    "unmet_share": "the share unmet is unmet by demand",
    "demand_is_met": "(1) admitted and unmet add up to demand",
    "choice": "(8a) transfers are the admissions beyond the usual ones",
    "transfer_km": "a transfer's distance is its arc's",
    "transfer_cost": "a transfer costs its patients times distance times the price of a km",
    "choice_limit": "(8b) no more of a zone's patients are sent elsewhere than may be",
    "announced_days": "what was announced was announced for the days that say so",
    "change_rows": "changes are the flows that differ from what was announced, and no others",
    "change_planned": "a change's planned amount is the plan's",
    "change_announced": "a change's announced amount is what was announced",
    "change_difference": "a change is planned less announced",
    "move_arcs": "units move along move arcs alone",
    "movable": "only movable resources move",
    "move_arrives": "units arrive after the days that they are on the way",
    "move_km": "a move's distance is its arc's",
    "move_cost": "a move costs its units times distance times the price, and its fixed cost",
    "least_moves": "(10b) no move is smaller than the least move",
    "whole_moves": "units that must be whole are",
    "load_rows": "every institution's resource in use or in service has its load, no unknown one",
    "load_in_service": "units in service are those of the inputs",
    "census_follows": "(2) units in use are those of patients in bed, who follow from admissions",
    "usual_use": "units in use as usual follow from everyone going where usual",
    "load_reserve": "units kept free are what demand at its bound would add",
    "stock_follows": "(4) stock is what is in service, less what left, more what came",
    "capacity_holds": "(3) crowding is use and reserve beyond the room",
    "usual_crowding": "crowding as usual is use and reserve beyond the room",
    "surge_holds": "(6) surge is no more than can be opened",
    "surge_is_used": "no surge is opened that nobody uses",
    "no_worse": "(9) nowhere is more crowding than as usual, where that is set",
    "retention": "(5) the units that may not leave stay",
    "path_rows": "paths are numbered from 1, and have patients where some are expected",
    "path_arcs": "on every path patients go and units move along arcs alone",
    "path_demand": "(1) on every path no more are admitted than come",
    "path_limit": "(8b) on every path no more are sent elsewhere than may be",
    "path_surge": "(6) on every path surge is no more than can be opened",
    "path_retention": "(5) on every path the units that may not leave stay",
    "admitted_as_planned": "(12a) on the first days every path admits as planned of those who come",
    "moved_as_planned": "(12b) on the first days every path moves what the plan does",
    "opened_as_planned": "(12c) on the first days every path opens the surge that the plan does",
    "no_worse_over_paths": "(13) nowhere is the paths' mean crowding above the usual, where set",
    "harm_of_path": "(14a) harm of a path is that of who is unmet and of crowding on it",
    "usual_harm_of_path": "harm of a path as usual is that of everyone going where usual",
    "mean_harm": "mean harm is that of the paths",
    "excess_harm": "(14b) the tail's harm is the mean of the worst paths, as many as the tail has",
    "fairness_rows": "every region has its fairness",
    "fair_to_zones": "(7a) worst is the largest share of harm unmet in a zone of the region",
    "fair_to_institutions": "(7b) crowded is the largest crowding in an institution of the region",
    "usual_worst": "the largest share of harm unmet as usual",
    "usual_crowded": "the largest crowding as usual",
    "tiers": "the tiers solved are those of the settings",
    "objective": "each tier's objective is what the published plan reaches",
    "gap": "a tier's gap is the distance of objective and bound",
    "first_day": "the plan begins on the day after the last that its data cover",
    "value_rows": "prices stand where there is load",
    "value_price": "a price is its relative times the harm of a unit-day of crowding",
    "best_unit_rank": "the best units are ranked from 1",
    "best_unit_price": "a best unit's price is the sum of its days' prices",
    "best_unit_confirmed": "what is confirmed is averted by price",
    "comparison_harm": "a policy's harm is that of care not given and of crowding",
    "comparison_of_plan": "the plan's figures in the comparison follow from it",
    "comparison_of_usual": "the usual figures in the comparison follow from the inputs",
}
CHECKS = (
    check_admissions,
    check_transfers,
    check_moves,
    check_loads,
    check_fairness,
    check_changes,
    check_objectives,
    check_prices,
    check_comparison,
    check_paths,
)


def verify_allocation(tables: Mapping[str, pl.DataFrame]) -> Verification:
    """Verify a plan: ``tables`` by name are zone, institution, the allocation's inputs and
    results, and ``plan_run`` where it is known.

    Raises:
        PlanRefused: naming the rule that the plan breaks.
        TableRefused: a table does not fit its schema.
    """
    verdict = Verdict("allocation", RULES)
    view = View(tables, (*INPUTS, *RESULTS), verdict)
    for check in CHECKS:
        check(view, verdict)
    return Verification(verdict.worst)
