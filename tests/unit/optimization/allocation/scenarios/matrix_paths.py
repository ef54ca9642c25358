"""The harm over drawn paths written a second time, straight from the tables to a scipy matrix."""

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from tests.unit.optimization.allocation.matrix_model import Matrix, keyed


def least_harm(tables, chosen, no_worse=True):
    """The least (1 - λ)·mean + λ·CVaR of harm over the paths of ``allocation_scenario``."""
    m = Matrix()
    dates = tables["allocation_capacity"]["date"].unique().sort().to_list()
    number, first, days = chosen.scenarios, min(chosen.fixed_days, len(dates)), range(len(dates))
    mean = keyed(tables["allocation_demand"], "zone_id", "class_id", "date")
    drawn = keyed(tables["allocation_scenario"], "path", "zone_id", "class_id", "date")
    d = {(0, o, c, dates.index(t)): v["mean"] for (o, c, t), v in mean.items()}
    for k in range(1, number + 1):
        for o, c, t in mean:
            found = drawn.get((k, o, c, t), {"demand_patients": 0.0})
            d[k, o, c, dates.index(t)] = found["demand_patients"]
    classes = keyed(tables["allocation_class"], "class_id")
    resources = keyed(tables["allocation_resource"], "resource_id")
    stay = keyed(tables["allocation_stay"], "class_id", "day")
    use = keyed(tables["allocation_use"], "class_id", "resource_id")
    arcs = keyed(tables["allocation_arc"], "zone_id", "institution_id", "class_id")
    moves = keyed(
        tables["allocation_move_arc"], "from_institution_id", "to_institution_id", "resource_id"
    )
    K = keyed(tables["allocation_capacity"], "institution_id", "resource_id", "date")
    n = keyed(tables["allocation_census"], "institution_id", "class_id", "date")
    harm, crowding, usual_crowding = {k: [] for k in range(number + 1)}, {}, {}

    def decision(k, t, *name):
        return m.column(0 if t < first else k, t, *name)

    for (k, o, c, t), wanted in d.items():
        weight = classes[c,]["harm_weight"] * sum(
            stay[c, x]["staying_share"] for x in range(len(dates) - t)
        )
        unmet, reach = m.column("unmet", k, o, c, t), [i for a, i, b in arcs if (a, b) == (o, c)]
        admit = [m.column("admit", k, o, i, c, t) for i in reach]
        m.row([(a, 1.0) for a in admit] + [(unmet, 1.0)], wanted, wanted)
        harm[k].append((unmet, weight))
        limit = classes[c,]["elsewhere_limit"] * wanted
        sent = [m.column("sent", k, o, i, c, t) for i in reach]
        m.row([(e, 1.0) for e in sent], -np.inf, limit)
        for i, a, e in zip(reach, admit, sent, strict=True):
            usual = arcs[o, i, c]["usual"]
            m.row([(a, 1.0), (e, -1.0)], -np.inf, usual * wanted)
            if k and t < first:
                come = min(1.0, wanted / d[0, o, c, t]) if d[0, o, c, t] else 0.0
                plan = m.column("admit", 0, o, i, c, t)
                right = usual * wanted - come * usual * d[0, o, c, t]
                m.row([(a, 1.0), (plan, -come)], right, right)
    for k in range(number + 1):
        for (i, r, date), units in K.items():
            t, about = dates.index(date), resources[r,]
            over, occ = m.column("over", k, i, r, t), about["occupancy_target"]
            terms, usual = [(over, -1.0)], 0.0
            fixed = sum(
                used["units_per_patient"] * n.get((i, c, date), {"patients": 0.0})["patients"]
                for (c, q), used in use.items()
                if q == r
            )
            for (o, j, c), arc in arcs.items():
                for x in range(t + 1) if j == i and (c, r) in use else ():
                    still = use[c, r]["units_per_patient"] * stay[c, t - x]["staying_share"]
                    terms.append((m.column("admit", k, o, i, c, x), still))
                    usual += still * arc["usual"] * d[k, o, c, x]
            surge = decision(k, t, "surge", i, r)
            m.most[surge] = units["surge_limit"]
            terms.append((surge, -occ))
            stock = []
            for a, b, q in moves:
                for x in days if q == r and i in (a, b) else ():
                    if a == i and x <= t:
                        stock.append((decision(k, x, "move", a, b, q), -1.0))
                    if b == i and x <= t - about["lead_days"]:
                        stock.append((decision(k, x, "move", a, b, q), 1.0))
            m.row(
                terms + [(s, -occ * v) for s, v in stock],
                -np.inf,
                occ * units["in_service"] - fixed,
            )
            if any(q == r and i in (a, b) for a, b, q in moves):
                least = min(K[i, r, x]["in_service"] for x in dates) * about["retain_share"]
                m.row([*stock, (over, 0.0)], least - units["in_service"], np.inf)
            harm[k].append((over, about["crowding_weight"]))
            most = max(0.0, fixed + usual - occ * units["in_service"])
            if k == 0 and no_worse:
                m.row([(over, 1.0)], -np.inf, most)
            if k:
                crowding.setdefault((i, r, t), []).append((over, 1.0))
                usual_crowding[i, r, t] = usual_crowding.get((i, r, t), 0.0) + most
    for cell, terms in crowding.items() if no_worse else ():
        m.row(terms, -np.inf, usual_crowding[cell])
    cost, threshold = {}, m.column("threshold")
    cost[threshold] = chosen.tail_weight
    for k in range(1, number + 1):
        excess = m.column("excess", k)
        m.row([*harm[k], (threshold, -1.0), (excess, -1.0)], -np.inf, 0.0)
        cost[excess] = chosen.tail_weight / ((1 - chosen.tail) * number)
        for column, value in harm[k]:
            cost[column] = cost.get(column, 0.0) + (1 - chosen.tail_weight) * value / number
    return _solved(m, cost)


def _solved(m, cost):
    body, low, high = m.matrix(m.rows), np.array(m.low), np.array(m.high)
    equal = low == high
    below, above = ~equal & np.isfinite(high), ~equal & np.isfinite(low)
    upper = coo_array(np.vstack([body.toarray()[below], -body.toarray()[above]]))
    costs = np.zeros(len(m.columns))
    for column, value in cost.items():
        costs[column] = value
    found = linprog(
        costs,
        A_ub=upper,
        b_ub=np.concatenate([high[below], -low[above]]),
        A_eq=coo_array(body.toarray()[equal]),
        b_eq=low[equal],
        bounds=[(0, most) for most in m.most],
    )
    assert found.success, found.message
    return found.fun
