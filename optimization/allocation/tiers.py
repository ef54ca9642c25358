"""The objectives of the allocation, in the order in which they are minimised."""

from typing import Any

import pyomo.environ as pyo

from optimization.solver import sum_over


def harm(m: pyo.ConcreteModel) -> Any:
    """Z1 = sum W[c,t]·unmet[o,c,t] + sum h[r]·crowding[i,r,t]   [points]"""
    unmet = sum_over(m.harm_unmet[c, t] * m.unmet[o, c, t] for o, c in m.needs for t in m.days)
    crowding = sum_over(
        m.harm_crowding[r] * m.crowding[i, r, t] for i, r in m.cells for t in m.days
    )
    return unmet + crowding


def unfairness(m: pyo.ConcreteModel) -> Any:
    """Z2 = sum_ρ (worst[ρ] + crowded[ρ])   [share]"""
    return sum_over(m.worst[p] for p in m.regions) + sum_over(m.crowded[p] for p in m.regions)


def graduated_unfairness(m: pyo.ConcreteModel) -> Any:
    """Z2 = sum_ρ (worst[ρ] + crowded[ρ]) + sum_b π·above, over zones and institutions   [share]"""
    zones = sum_over(
        m.part_of_zone[o] * m.zone_above[p, o, b] for p, o in m.harmed for b in m.steps
    )
    institutions = sum_over(
        m.part_of_institution[i] * m.institution_above[p, i, b]
        for p, i in m.crowds
        for b in m.steps
    )
    return (
        sum_over(m.worst[p] for p in m.regions)
        + sum_over(m.crowded[p] for p in m.regions)
        + zones
        + institutions
    )


def cost(m: pyo.ConcreteModel) -> Any:
    """Z3 = sum ct[c]·km[o,i]·elsewhere + sum (cm[r]·km[i,j]·move + cost_move[r]·moved)
    + sum cg[r]·surge
    + sum cc[c]·(elsewhere, or added + withdrawn where patients were announced)
    + sum cc[r]·(move, or moved_more + moved_less where units were announced)   [currency]

    The last two on days that were announced.
    """
    sent = sum_over(
        m.cost_sent[o, i, c] * m.elsewhere[o, i, c, t] for o, i, c in m.arcs for t in m.days
    )
    moved = sum_over(
        m.cost_moved[i, j, r] * m.move[i, j, r, t] for i, j, r in m.moves for t in m.days
    )
    counted = sum_over(
        m.cost_move[r] * m.moved[i, j, r, t] for i, j, r in m.counted for t in m.days
    )
    surge = sum_over(m.cost_surge[r] * m.surge[i, r, t] for i, r in m.surges for t in m.days)
    total = sent + moved + counted + surge
    return total + _changes(m, m.arcs, m.moves, m.days) if m.priced else total


def harm_over_paths(m: pyo.ConcreteModel) -> Any:
    """Z1 = (1 - λ) · sum_k harm[k] / N
    + λ · (threshold + sum_k excess[k] / ((1 - α) · N))   [points]
    """
    return (
        sum_over(m.of_mean[k] * m.path_harm[k] for k in m.paths)
        + sum_over(m.of_tail[k] * m.threshold[k] for k in m.thresholds)
        + sum_over(m.of_excess[k] * m.excess[k] for k in m.paths)
    )


def cost_over_paths(m: pyo.ConcreteModel) -> Any:
    """Z3 = Z3 of the plan on the first days + sum_k Z3_k / N on later ones   [currency]

    Later moves on a path have no fixed cost and least size.
    """
    sent = sum_over(
        m.cost_sent_share[o, i, c, t] * m.elsewhere[o, i, c, t]
        for o, i, c in m.arcs
        for t in m.days
    )
    moved = sum_over(
        m.cost_moved_share[i, j, r, t] * m.move[i, j, r, t] for i, j, r in m.moves for t in m.days
    )
    counted = sum_over(
        m.cost_move[r] * m.moved[i, j, r, t] for i, j, r in m.counted_first for t in m.first_days
    )
    surge = sum_over(
        m.cost_surge_share[i, r, t] * m.surge[i, r, t] for i, r in m.surges for t in m.days
    )
    total = sent + moved + counted + surge
    changes = _changes(m, m.arcs_first, m.moves_first, m.first_days) if m.priced else 0.0
    return total + changes


def _changes(m: pyo.ConcreteModel, arcs: pyo.Set, moves: pyo.Set, days: pyo.Set) -> Any:
    any_sent = sum_over(
        m.change_sent[c, t] * m.elsewhere[o, i, c, t] for o, i, c in arcs for t in days
    )
    any_moved = sum_over(
        m.change_moved[r, t] * m.move[i, j, r, t] for i, j, r in moves for t in days
    )
    sent_changed = sum_over(
        m.change_sent[c, t]
        * (m.added[o, i, c, t] + m.withdrawn[o, i, c, t] - m.elsewhere[o, i, c, t])
        for o, i, c, t in m.sent_announced
    )
    moved_changed = sum_over(
        m.change_moved[r, t]
        * (m.moved_more[i, j, r, t] + m.moved_less[i, j, r, t] - m.move[i, j, r, t])
        for i, j, r, t in m.moved_announced
    )
    return any_sent + any_moved + sent_changed + moved_changed
