"""Every constraint of the allocation: a function each, its formula in words and symbols.

Symbols and units stand in ``optimization.allocation``.
"""

from typing import Any

import pyomo.environ as pyo

from optimization.solver import sum_over


def demand_is_met(m: pyo.ConcreteModel, o: str, c: str, t: int) -> Any:
    """(1) sum_{i:(o,i)∈A_c} admit[o,i,c,t] + unmet[o,c,t] = d[o,c,t]"""
    return (
        sum_over(m.admit[o, i, c, t] for i in m.reach[o, c]) + m.unmet[o, c, t] == m.demand[o, c, t]
    )


def arrivals(m: pyo.ConcreteModel, i: str, c: str, t: int) -> Any:
    """(2a) arriving[i,c,t] = sum_o admit[o,i,c,t]"""
    return m.arriving[i, c, t] == sum_over(m.admit[o, i, c, t] for o in m.sources[i, c])


def census_follows(m: pyo.ConcreteModel, i: str, c: str, t: int) -> Any:
    """(2b) census[i,c,t] = n[i,c,t] + sum_{τ≤t} s[c,t-τ] · arriving[i,c,τ]"""
    arrived = sum_over(m.stay[c, t - s] * m.arriving[i, c, s] for s in m.until[t])
    return m.census[i, c, t] == m.initial[i, c, t] + arrived


def capacity_holds(m: pyo.ConcreteModel, i: str, r: str, t: int) -> Any:
    """(3) sum_c u[c,r]·census[i,c,t] + β[i,r,t]
    ≤ occ[r]·(stock[i,r,t] + surge[i,r,t]) + crowding[i,r,t]

    stock is K where nothing moves; surge is 0 where none can be opened. On levels of the load,
    excess[i,r,t] stands in the place of crowding[i,r,t], here and in (9).
    """
    used = sum_over(m.use[c, r] * m.census[i, c, t] for c in m.users[i, r])
    stock = m.stays[i, r, t] + sum_over(m.stock[j, q, t] for j, q in m.moving[i, r])
    surge = sum_over(m.surge[j, q, t] for j, q in m.opening[i, r])
    room = m.occupancy[r] * (stock + surge)
    return used + m.reserve[i, r, t] <= room + (m.excess if m.on_levels else m.crowding)[i, r, t]


def stock_follows(m: pyo.ConcreteModel, i: str, r: str, t: int) -> Any:
    """(4) stock[i,r,t] = K[i,r,t] - sum_{τ≤t} sum_j move[i,j,r,τ]
    + sum_{τ≤t-lead[r]} sum_j move[j,i,r,τ]   where some arc serves
    """
    left = sum_over(m.move[i, j, r, s] for j in m.takers[i, r] for s in m.until[t])
    come = sum_over(m.move[j, i, r, s] for j in m.givers[i, r] for s in m.arrived[r, t])
    return m.stock[i, r, t] + left - come == m.capacity[i, r, t]


def retention(m: pyo.ConcreteModel, i: str, r: str, t: int) -> Any:
    """(5) stock[i,r,t] ≥ keep[i,r]   for r in R_mov that some arc serves"""
    return m.stock[i, r, t] >= m.keep[i, r]


def surge_holds(m: pyo.ConcreteModel, i: str, r: str, t: int) -> Any:
    """(6) surge[i,r,t] ≤ G[i,r,t]   where any can be opened"""
    return m.surge[i, r, t] <= m.surge_limit[i, r, t]


def fair_to_zones(m: pyo.ConcreteModel, region: str, o: str) -> Any:
    """(7a) sum_{c,t} W[c,t]·unmet[o,c,t] ≤ worst[region(o)] · sum_{c,t} W[c,t]·d[o,c,t]"""
    unmet = sum_over(
        m.harm_unmet[c, t] * m.unmet[z, c, t] for z, c in m.needs_of[o] for t in m.days
    )
    return unmet <= m.worst[region] * m.at_stake[o]


def fair_to_institutions(m: pyo.ConcreteModel, region: str, i: str) -> Any:
    """(7b) sum_{r,t} h[r]·crowding[i,r,t] ≤ crowded[region(i)] · sum_{r,t} h[r]·occ[r]·K[i,r,t]"""
    crowding = sum_over(
        m.harm_crowding[r] * m.crowding[j, r, t] for j, r in m.cells_of[i] for t in m.days
    )
    return crowding <= m.crowded[region] * m.crowd_capacity[i]


def steps_of_zones(m: pyo.ConcreteModel, region: str, o: str, b: float) -> Any:
    """(7c) sum_{c,t} W[c,t]·unmet[o,c,t] ≤ (b + above[o,b]) · sum_{c,t} W[c,t]·d[o,c,t]"""
    unmet = sum_over(
        m.harm_unmet[c, t] * m.unmet[z, c, t] for z, c in m.needs_of[o] for t in m.days
    )
    return unmet <= (b + m.zone_above[region, o, b]) * m.at_stake[o]


def steps_of_institutions(m: pyo.ConcreteModel, region: str, i: str, b: float) -> Any:
    """(7d) sum_{r,t} h[r]·crowding[i,r,t] ≤ (b + above[i,b]) · sum_{r,t} h[r]·occ[r]·K[i,r,t]"""
    crowding = sum_over(
        m.harm_crowding[r] * m.crowding[j, r, t] for j, r in m.cells_of[i] for t in m.days
    )
    return crowding <= (b + m.institution_above[region, i, b]) * m.crowd_capacity[i]


def choice(m: pyo.ConcreteModel, o: str, i: str, c: str, t: int) -> Any:
    """(8a) admit[o,i,c,t] ≤ usual[o,i,c]·d[o,c,t] + elsewhere[o,i,c,t]"""
    return m.admit[o, i, c, t] <= m.expected[o, i, c, t] + m.elsewhere[o, i, c, t]


def choice_limit(m: pyo.ConcreteModel, o: str, c: str, t: int) -> Any:
    """(8b) sum_i elsewhere[o,i,c,t] ≤ limit[c]·d[o,c,t]"""
    sent = sum_over(m.elsewhere[o, i, c, t] for i in m.reach[o, c])
    return sent <= m.limit[c] * m.demand[o, c, t]


def no_worse(m: pyo.ConcreteModel, i: str, r: str, t: int) -> Any:
    """(9) crowding[i,r,t] ≤ max(0, load when everyone goes where usual + β - occ[r]·K[i,r,t])"""
    return (m.excess if m.on_levels else m.crowding)[i, r, t] <= m.crowding_limit[i, r, t]


def crowding_of_level(m: pyo.ConcreteModel, i: str, r: str, t: int, q: int) -> Any:
    """(15a) crowding_q[i,r,t] ≥ excess[i,r,t] + v[i,r,t,q]   on each level q of the load"""
    return m.crowding_of[i, r, t, q] >= m.excess[i, r, t] + m.margin[i, r, t, q]


def mean_crowding(m: pyo.ConcreteModel, i: str, r: str, t: int) -> Any:
    """(15b) crowding[i,r,t] = sum_q crowding_q[i,r,t] / Q"""
    levels = sum_over(m.of_level[q] * m.crowding_of[i, r, t, q] for q in m.levels)
    return m.crowding[i, r, t] == levels


def largest_moves(m: pyo.ConcreteModel, i: str, j: str, r: str, t: int) -> Any:
    """(10a) move[i,j,r,t] ≤ max_t K[i,r,t] · moved[i,j,r,t]   where a move has a size or price"""
    return m.move[i, j, r, t] <= m.largest_move[i, r] * m.moved[i, j, r, t]


def least_moves(m: pyo.ConcreteModel, i: str, j: str, r: str, t: int) -> Any:
    """(10b) move[i,j,r,t] ≥ least_move[r] · moved[i,j,r,t]"""
    return m.move[i, j, r, t] >= m.least_move[r] * m.moved[i, j, r, t]


def sent_beyond_announced(m: pyo.ConcreteModel, o: str, i: str, c: str, t: int) -> Any:
    """(11a) elsewhere[o,i,c,t] - announced[o,i,c,t] ≤ added[o,i,c,t]   where some were announced"""
    return m.elsewhere[o, i, c, t] - m.announced_patients[o, i, c, t] <= m.added[o, i, c, t]


def sent_short_of_announced(m: pyo.ConcreteModel, o: str, i: str, c: str, t: int) -> Any:
    """(11b) announced[o,i,c,t] - (admit[o,i,c,t] - usual[o,i,c]·d[o,c,t]) ≤ withdrawn[o,i,c,t]"""
    beyond_usual = m.admit[o, i, c, t] - m.expected[o, i, c, t]
    return m.announced_patients[o, i, c, t] - beyond_usual <= m.withdrawn[o, i, c, t]


def moved_beyond_announced(m: pyo.ConcreteModel, i: str, j: str, r: str, t: int) -> Any:
    """(11c) move[i,j,r,t] - announced[i,j,r,t] ≤ moved_more[i,j,r,t]   where some were announced"""
    return m.move[i, j, r, t] - m.announced_units[i, j, r, t] <= m.moved_more[i, j, r, t]


def moved_short_of_announced(m: pyo.ConcreteModel, i: str, j: str, r: str, t: int) -> Any:
    """(11d) announced[i,j,r,t] - move[i,j,r,t] ≤ moved_less[i,j,r,t]"""
    return m.announced_units[i, j, r, t] - m.move[i, j, r, t] <= m.moved_less[i, j, r, t]


def admitted_as_planned(
    m: pyo.ConcreteModel, p: str, o: str, j: str, i: str, c: str, t: int
) -> Any:
    """(12a) admit_k[o,i,c,t] = usual[o,i,c]·d_k[o,c,t]
    + min(1, d_k[o,c,t] / d[o,c,t]) · (admit[o,i,c,t] - usual[o,i,c]·d[o,c,t])

    on each path k, on the first days; ``p`` and ``j`` are o and i on the path.
    """
    beyond_usual = m.admit[o, i, c, t] - m.expected[o, i, c, t]
    return m.admit[p, j, c, t] == m.expected[p, j, c, t] + m.coming[p, c, t] * beyond_usual


def moved_as_planned(m: pyo.ConcreteModel, p: str, i: str, q: str, j: str, r: str, t: int) -> Any:
    """(12b) move_k[i,j,r,t] = move[i,j,r,t]   on each path k, on the first days"""
    return m.move[p, q, r, t] == m.move[i, j, r, t]


def opened_as_planned(m: pyo.ConcreteModel, p: str, i: str, r: str, t: int) -> Any:
    """(12c) surge_k[i,r,t] = surge[i,r,t]   on each path k, on the first days"""
    return m.surge[p, r, t] == m.surge[i, r, t]


def no_worse_over_paths(m: pyo.ConcreteModel, i: str, r: str, t: int) -> Any:
    """(13) sum_k crowding_k[i,r,t] ≤ sum_k crowding of path k when everyone goes where usual"""
    crowding = sum_over(m.crowding[p, q, t] for p, q in m.on_paths[i, r])
    return crowding <= m.usual_crowding[i, r, t]


def harm_of_path(m: pyo.ConcreteModel, k: int) -> Any:
    """(14a) harm[k] = sum W[c,t]·unmet_k[o,c,t] + sum h[r]·crowding_k[i,r,t]"""
    unmet = sum_over(
        m.harm_unmet[c, t] * m.unmet[o, c, t] for o, c in m.path_needs[k] for t in m.days
    )
    crowding = sum_over(
        m.harm_crowding[r] * m.crowding[i, r, t] for i, r in m.path_cells[k] for t in m.days
    )
    return m.path_harm[k] == unmet + crowding


def excess_harm(m: pyo.ConcreteModel, k: int, only: int) -> Any:
    """(14b) excess[k] ≥ harm[k] - threshold"""
    return m.excess[k] >= m.path_harm[k] - m.threshold[only]
