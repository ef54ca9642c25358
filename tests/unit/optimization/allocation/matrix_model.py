"""The allocation written a second time, straight from the tables to a scipy matrix."""

from itertools import product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, vstack
from scipy.stats import norm

STEPS = (0.05, 0.1, 0.25, 0.5)


class Matrix:
    """Columns by name, rows as lists of (column, coefficient)."""

    def __init__(self):
        self.columns, self.rows, self.low, self.high = {}, [], [], []
        self.whole, self.least, self.most = [], [], []

    def column(self, *name, whole=False, most=np.inf):
        if name not in self.columns:
            self.columns[name] = len(self.columns)
            self.whole.append(whole)
            self.least.append(0.0)
            self.most.append(most)
        return self.columns[name]

    def row(self, terms, low, high):
        self.rows.append(terms)
        self.low.append(low)
        self.high.append(high)

    def matrix(self, rows):
        at = [(k, c, v) for k, terms in enumerate(rows) for c, v in terms]
        k, c, v = zip(*at, strict=True)
        return coo_array((v, (k, c)), shape=(len(rows), len(self.columns))).tocsr()

    def optimum(self, tiers, slack):
        """Optimum of each tier in turn, earlier ones held within ``slack``."""
        body, low, high, found = self.matrix(self.rows), self.low, self.high, []
        for terms in tiers:
            cost = np.zeros(len(self.columns))
            for column, value in terms:
                cost[column] += value
            solved = milp(
                cost,
                constraints=LinearConstraint(body, low, high),
                bounds=Bounds(self.least, self.most),
                integrality=np.array(self.whole, int),
                options={"mip_rel_gap": 1e-9},
            )
            assert solved.success, solved.message
            found.append(solved.fun)
            body = vstack([body, coo_array(cost[None, :])]).tocsr()
            low = [*low, -np.inf]
            high = [*high, solved.fun + slack * max(1.0, abs(solved.fun))]
        return found


def keyed(frame, *key):
    value = [c for c in frame.columns if c not in key]
    return {tuple(row[k] for k in key): {v: row[v] for v in value} for row in frame.to_dicts()}


def optimum(tables, zones, institutions, settings, slack=1e-6):
    """Z1, Z2, Z3 of models.md section 1, by every setting."""
    m = Matrix()
    region_of = dict(zip(zones["zone_id"], zones["region_id"], strict=True))
    region_at = dict(zip(institutions["institution_id"], institutions["region_id"], strict=True))
    dates = tables["allocation_capacity"]["date"].unique().sort().to_list()
    H = len(dates)
    robust = settings.demand if isinstance(settings.demand, str) else "mean"
    budget = getattr(settings.demand, "budget", 0)
    levels = getattr(settings.demand, "levels", None)
    demand = keyed(tables["allocation_demand"], "zone_id", "class_id", "date")
    d = {(o, c, dates.index(t)): v[robust] for (o, c, t), v in demand.items()}
    more = {(o, c, dates.index(t)): v["upper"] - v["mean"] for (o, c, t), v in demand.items()}
    arcs = keyed(tables["allocation_arc"], "zone_id", "institution_id", "class_id")
    K = {
        (i, r, dates.index(t)): v
        for (i, r, t), v in keyed(
            tables["allocation_capacity"], "institution_id", "resource_id", "date"
        ).items()
    }
    n = {
        (i, c, dates.index(t)): v["patients"]
        for (i, c, t), v in keyed(
            tables["allocation_census"], "institution_id", "class_id", "date"
        ).items()
    }
    s = {
        k: v["staying_share"]
        for k, v in keyed(tables["allocation_stay"], "class_id", "day").items()
    }
    u = {
        k: v["units_per_patient"]
        for k, v in keyed(tables["allocation_use"], "class_id", "resource_id").items()
    }
    classes = keyed(tables["allocation_class"], "class_id")
    resources = keyed(tables["allocation_resource"], "resource_id")
    moves = keyed(
        tables["allocation_move_arc"], "from_institution_id", "to_institution_id", "resource_id"
    )
    announced = {
        (f["action"], f["from_id"], f["to_id"], f["subject_id"], dates.index(f["date"])): f[
            "announced"
        ]
        for f in tables["allocation_announced"].to_dicts()
    }
    told_days = {dates.index(day) for day in tables["allocation_announced_day"]["date"]}
    places = sorted({i for i, _, _ in K})
    W = {
        (c, t): classes[c,]["harm_weight"] * sum(s[c, k] for k in range(H - t))
        for (c,) in classes
        for t in range(H)
    }
    harm, cost, uneven = [], [], []
    stake, missed, crowding, room = {}, {}, {}, {}
    for (o, c, t), wanted in d.items():
        reach = [i for a, i, b in arcs if (a, b) == (o, c)]
        admit = [m.column("admit", o, i, c, t) for i in reach]
        sent = [m.column("elsewhere", o, i, c, t) for i in reach]
        unmet = m.column("unmet", o, c, t)
        m.row([(a, 1) for a in admit] + [(unmet, 1)], wanted, wanted)
        m.row([(e, 1) for e in sent], -np.inf, classes[c,]["elsewhere_limit"] * wanted)
        for i, a, e in zip(reach, admit, sent, strict=True):
            m.row([(a, 1), (e, -1)], -np.inf, arcs[o, i, c]["usual"] * wanted)
            cost.append((e, classes[c,]["cost_km"] * arcs[o, i, c]["km"]))
            price, before = (
                classes[c,]["cost_change_patient"],
                announced.get(("transfer", o, i, c, t), 0.0),
            )
            if t in told_days and price and not before:
                cost.append((e, price))
            if t in told_days and price and before:
                added, less = m.column("added", o, i, c, t), m.column("less", o, i, c, t)
                m.row([(e, 1), (added, -1)], -np.inf, before)
                m.row([(a, 1), (less, 1)], before + arcs[o, i, c]["usual"] * wanted, np.inf)
                cost += [(added, price), (less, price)]
        harm.append((unmet, W[c, t]))
        missed.setdefault(o, []).append((unmet, W[c, t]))
        stake[o] = stake.get(o, 0) + W[c, t] * wanted
    for i, (r,), t in product(places, resources, range(H)):
        about = resources[r,]
        used = [(c, u[c, r]) for (c,) in classes if (c, r) in u]
        terms, usual, fixed, adds, spread = [], 0.0, 0.0, {}, 0.0
        for c, units in used:
            fixed += units * n.get((i, c, t), 0.0)
            spread += units**2 * n.get((i, c, t), 0.0)
            for (o, j, b), arc in arcs.items():
                if (j, b) != (i, c):
                    continue
                for x in range(t + 1):
                    still = units * s[c, t - x]
                    terms.append((m.column("admit", o, i, c, x), still))
                    usual += still * arc["usual"] * d[o, c, x]
                    spread += units * still * arc["usual"] * d[o, c, x]
                    adds[x] = adds.get(x, 0.0) + still * arc["usual"] * more[o, c, x]
        beta = sum(sorted(adds.values(), reverse=True)[:budget])
        units, limit = K[i, r, t]["in_service"], K[i, r, t]["surge_limit"]
        occ = about["occupancy_target"]
        over = m.column("over", i, r, t)
        surge = m.column("surge", i, r, t, most=limit)
        gone = [
            (m.column("move", a, b, q, x), 1.0)
            for a, b, q in moves
            for x in range(t + 1)
            if (a, q) == (i, r)
        ]
        come = [
            (m.column("move", a, b, q, x), 1.0)
            for a, b, q in moves
            for x in range(t + 1 - about["lead_days"])
            if (b, q) == (i, r)
        ]
        balance = [(k, occ * v) for k, v in gone] + [(k, -occ * v) for k, v in come]
        body, free = [*terms, (surge, -occ), *balance], occ * units - fixed - beta
        if levels:
            excess = m.column("excess", i, r, t)
            m.least[excess] = -np.inf
            m.row([*body, (excess, -1.0)], free, free)
            parts = []
            for q in range(levels):
                part = m.column("part", i, r, t, q)
                off = settings.demand.spread * spread**0.5 * norm.ppf((q + 0.5) / levels)
                m.row([(part, 1.0), (excess, -1.0)], off, np.inf)
                parts.append((part, -1.0 / levels))
            m.row([(over, 1.0), *parts], 0.0, 0.0)
        else:
            m.row([*body, (over, -1.0)], -np.inf, free)
        if any(r == q and i in (a, b) for a, b, q in moves):
            least = min(K[i, r, x]["in_service"] for x in range(H)) * about["retain_share"]
            m.row([(k, -v) for k, v in gone] + come + [(over, 0.0)], least - units, np.inf)
        if settings.no_worse:
            held = excess if levels else over
            m.row([(held, 1.0)], -np.inf, max(0.0, fixed + usual + beta - occ * units))
        harm.append((over, about["crowding_weight"]))
        crowding.setdefault(i, []).append((over, about["crowding_weight"]))
        room[i] = room.get(i, 0.0) + about["crowding_weight"] * occ * units
        cost.append((surge, about["cost_surge_day"]))
    for (i, j, r), arc in moves.items():
        about = resources[r,]
        most = max(K[i, r, t]["in_service"] for t in range(H))
        for t in range(H):
            move = m.column("move", i, j, r, t)
            m.whole[move] = r in settings.integer
            cost.append((move, about["cost_unit_km"] * arc["km"]))
            price, before = about["cost_change_unit"], announced.get(("move", i, j, r, t), 0.0)
            if t in told_days and price:
                off = m.column("off", i, j, r, t)
                m.row([(move, 1), (off, -1)], -np.inf, before)
                m.row([(move, 1), (off, 1)], before, np.inf)
                cost.append((off, price))
            if about["least_move"] or about["cost_move"]:
                moved = m.column("moved", i, j, r, t, whole=True, most=1)
                m.row([(move, 1), (moved, -most)], -np.inf, 0)
                m.row([(move, 1), (moved, -(about["least_move"] or 0))], 0, np.inf)
                cost.append((moved, about["cost_move"] or 0.0))
    for which, terms, size, region in (
        ("worst", missed, stake, region_of),
        ("crowded", crowding, room, region_at),
    ):
        total = {}
        for k, weight in size.items():
            total[region[k]] = total.get(region[k], 0.0) + weight
        for k, weight in size.items():
            if weight <= 0:
                continue
            m.row([*terms[k], (m.column(which, region[k]), -weight)], -np.inf, 0)
            for b in STEPS if settings.fairness == "graduated" else ():
                above = m.column("above", which, k, b)
                m.row([*terms[k], (above, -weight)], -np.inf, b * weight)
                uneven.append((above, weight / total[region[k]]))
        uneven += [(m.column(which, p), 1.0) for p in total]
    tiers = [harm, cost] if settings.fairness == "none" else [harm, uneven, cost]
    return m.optimum(tiers, slack)
