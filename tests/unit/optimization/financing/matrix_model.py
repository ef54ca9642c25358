"""The financing model once more, as rows of numbers: nothing is shared with the package."""

import numpy as np
import polars as pl
from scipy.optimize import linprog


class Rows:
    """Columns by name as they appear; rows as dictionaries."""

    def __init__(self) -> None:
        self.columns: dict[tuple, int] = {}
        self.equal: list[tuple[dict, float]] = []
        self.below: list[tuple[dict, float]] = []

    def column(self, *name) -> int:
        return self.columns.setdefault(name, len(self.columns))

    def add(self, kind: str, terms: list[tuple[float, tuple]], right: float) -> None:
        row: dict[int, float] = {}
        for coefficient, name in terms:
            at = self.column(*name)
            row[at] = row.get(at, 0.0) + coefficient
        if kind == ">":
            row, right = {k: -v for k, v in row.items()}, -right
        (self.equal if kind == "=" else self.below).append((row, right))

    def dense(self, rows: list) -> tuple[np.ndarray | None, np.ndarray | None]:
        if not rows:
            return None, None
        matrix = np.zeros((len(rows), len(self.columns)))
        for at, (row, _) in enumerate(rows):
            for k, v in row.items():
                matrix[at, k] = v
        return matrix, np.array([right for _, right in rows])


def payments_of(repayment: str, rate: float, term: int, horizon: int) -> list[tuple]:
    """By age 0..horizon: owed, principal and interest on a draw of 1."""
    owed, table = 1.0, []
    for age in range(horizon + 1):
        principal = interest = 0.0
        if 1 <= age <= term:
            if repayment == "bullet":
                principal = 1.0 if age == term else 0.0
                interest = (1 + rate) ** term - 1 if age == term else 0.0
            else:
                interest = owed * rate
                principal = (
                    1 / term
                    if repayment == "level_principal"
                    else rate / (1 - (1 + rate) ** -term) - interest
                )
        owed -= principal
        table.append((owed, principal, interest))
    return table


def optimum(tables: dict[str, pl.DataFrame]) -> list[float]:
    """The least values of the four tiers."""
    t = {k.removeprefix("financing_"): v.rows(named=True) for k, v in tables.items()}
    setting = {r["setting"]: r["setting_value"] for r in t["setting"]}
    q, dep, dscr = len(t["period"]), setting["deposit_rate"], setting["least_cover"]
    span = range(1, q + 1)
    length = {r["period"]: r["days"] for r in t["period"]}
    who = {r["institution_id"]: r for r in t["opening"]}
    cell = {(r["institution_id"], r["period"]): r for r in t["institution"]}
    claim = {(r["payer_id"], r["institution_id"], r["period"]): r["claim"] for r in t["claim"]}
    arrears = {(r["payer_id"], r["institution_id"]): r["arrears"] for r in t["arrears"]}
    ceiling = {(r["payer_id"], r["period"]): r["ceiling"] for r in t["payer"]}
    funds = {r["fund_id"]: r for r in t["fund"]}
    budget = {(r["fund_id"], r["period"]): r["budget"] for r in t["budget"]}
    eligible = {(r["fund_id"], r["institution_id"]) for r in t["eligible"]}
    loans = {r["loan_id"]: r for r in t["loan"]}
    theta = {r["region_id"]: r["target_share"] for r in t["region"]}
    pairs = sorted({k[:2] for k in claim} | set(arrears))
    claims = {
        (i, p): sum(claim.get((y, j, p), 0.0) for y, j in pairs if j == i)
        for i in who
        for p in span
    }
    least = {}
    for y, i in pairs:
        for p in span:
            asked = sum(v for k, v in claim.items() if k[0] == y and k[2] == p)
            able = min(1.0, ceiling.get((y, p), asked) / asked) if asked else 1.0
            least[y, i, p] = able * claim.get((y, i, p), 0.0)
    need = {}
    for i in who:
        cash, need[i] = who[i]["cash"], 0.0
        for p in span:
            c = cell[i, p]
            cash += dep * max(cash, 0) + sum(least[y, j, p] for y, j in pairs if j == i)
            cash += c["other_income"] - c["operating_cost"] - c["capital_need"] - c["debt_service"]
            need[i] += max(-cash, 0.0)
            cash = max(cash, 0.0)
    rows = Rows()
    for y, i in pairs:
        for p in span:
            terms = [(1, ("arrears", y, i, p)), (1, ("pay", y, i, p))]
            right = claim.get((y, i, p), 0.0)
            if p > 1:
                terms.append((-1, ("arrears", y, i, p - 1)))
            else:
                right += arrears.get((y, i), 0.0)
            rows.add("=", terms, right)
            rows.add(">", [(1, ("pay", y, i, p))], least[y, i, p])
    for (y, p), most in ceiling.items():
        rows.add("<", [(1, ("pay", y, i, p)) for z, i in pairs if z == y], most)
    for f, fund in funds.items():
        for p in span:
            carried = [(-1, ("carry", f, p - 1))] if fund["carry_over"] and p > 1 else []
            members = [i for g, i in sorted(eligible) if g == f]
            rows.add(
                "=",
                [(1, ("support", f, i, p)) for i in members] + [(1, ("carry", f, p))] + carried,
                budget[f, p],
            )
            for i in members:
                rows.add(
                    "<",
                    [(1, ("support", f, i, p))] + [(c * fund["max_share"], n) for c, n in carried],
                    fund["max_share"] * budget[f, p],
                )
    plan = {k: payments_of(x["repayment"], x["rate"], x["term"], q) for k, x in loans.items()}

    def draws(k, p, upto=True):
        x = loans[k]
        last = min(x["draw_last"], p if upto else q)
        return range(x["draw_first"], last + 1)

    def owed(k, i, p, sign=1.0):
        return [(sign * plan[k][p - s][0], ("draw", k, i, s)) for s in draws(k, p)]

    operating = [k for k, x in loans.items() if x["purpose"] == "operating"]
    for k, x in loans.items():
        for p in span:
            rows.add("<", [term for i in who for term in owed(k, i, p)], x["limit"])
            if x["income_multiple"] is not None:
                for i in who:
                    income = sum(claims[i, s] + cell[i, s]["other_income"] for s in span) / q
                    rows.add("<", owed(k, i, p), x["income_multiple"] * max(income, 0.0))
    for i in who:
        debt = [term for k in operating for term in owed(k, i, q, -1.0)]
        rows.add(
            ">",
            [(1, ("beyond", i)), *debt] + [(1, ("arrears", y, i, q)) for y, j in pairs if j == i],
            0.0,
        )
        for p in span:
            c = cell[i, p]
            free = c["other_income"] - c["operating_cost"] - c["capital_need"] - c["debt_service"]
            terms = [(1, ("cash", i, p)), (-1, ("gap", i, p))]
            if p == 1:
                free += who[i]["cash"] + dep * max(who[i]["cash"], 0)
            else:
                terms.append((-(1 + dep), ("cash", i, p - 1)))
            terms += [(-1, ("pay", y, i, p)) for y, j in pairs if j == i]
            terms += [(-1, ("support", f, i, p)) for f in funds if (f, i) in eligible]
            for k in loans:
                for s in draws(k, p):
                    due = plan[k][p - s][1] + plan[k][p - s][2] - (1.0 if s == p else 0.0)
                    terms.append((due, ("draw", k, i, s)))
            rows.add("=", terms, free)
            required = who[i]["days_required"] / length[p] * c["operating_cost"]
            if required > 0:
                own = [term for k in operating for term in owed(k, i, p, -1.0)]
                rows.add(">", [(1, ("cash", i, p)), (1, ("thin", i, p)), *own], required)
            capital = [
                (1, ("support", f, i, s))
                for f in funds
                for s in range(1, p + 1)
                if funds[f]["purpose"] == "capital" and (f, i) in eligible
            ]
            capital += [
                (1, ("draw", k, i, s))
                for k in loans
                for s in draws(k, p)
                if loans[k]["purpose"] == "capital"
            ]
            rows.add("<", capital, sum(cell[i, s]["capital_need"] for s in range(1, p + 1)))
            if dscr > 0:
                surplus = claims[i, p] + c["other_income"] - c["operating_cost"]
                aid = [
                    (-1 / dscr, ("support", f, i, p))
                    for f in funds
                    if funds[f]["purpose"] == "operating" and (f, i) in eligible
                ]
                due = []
                for k, x in loans.items():
                    for s in draws(k, p):
                        _, principal, interest = plan[k][p - s]
                        bullet = x["repayment"] == "bullet"
                        due.append((interest + (0 if bullet else principal), ("draw", k, i, s)))
                rows.add("<", due + aid, max(0.0, surplus / dscr - c["debt_service"]))
        gaps = [(1, ("gap", i, p)) for p in span] + [(1, ("beyond", i))]
        worst = [(-need[i], ("worst", who[i]["region_id"]))] if need[i] > 0 else []
        rows.add("<", gaps + worst, 0.0)
        last = who[i]["last_support"]
        if last is not None:
            given = [(1, ("support", f, i, p)) for f in funds if (f, i) in eligible for p in span]
            rows.add(">", [*given, (1, ("slower", i))], (1 - setting["largest_cut"]) * last)
    region = {i: who[i]["region_id"] for i in who}
    pooled = [
        f
        for f in funds
        if funds[f]["purpose"] == "operating"
        and len({region[i] for g, i in eligible if g == f}) > 1
    ]
    money = sum(budget[f, p] for f in pooled for p in span)
    for r in sorted(set(region.values())):
        target = min(
            (1 - setting["equity_band"]) * theta.get(r, 0.0) * money,
            sum(need[i] for i in who if region[i] == r),
        )
        given = [
            (1, ("support", f, i, p))
            for f in pooled
            for i in who
            if region[i] == r and (f, i) in eligible
            for p in span
        ]
        rows.add(">", [*given, (1, ("below", r))], target)
    g = setting["gap_growth"]
    required = sum(
        who[i]["days_required"] / length[p] * cell[i, p]["operating_cost"]
        for i in who
        for p in span
    )
    known = sum(x["last_support"] or 0.0 for x in who.values())
    asked = sum(claim.values())
    tiers: list[dict[int, float]] = [{}, {}, {}, {}]
    constant = -dep * sum(max(x["cash"], 0.0) for x in who.values())
    for name, at in rows.columns.items():
        kind = name[0]
        if kind == "gap":
            tiers[0][at] = (1 + g) ** (q - name[2])
        elif kind == "beyond":
            tiers[0][at] = 1.0
        elif kind == "worst":
            tiers[1][at] = 1.0
        elif kind == "below" and money > 0:
            tiers[1][at] = 1 / money
        elif kind == "slower" and known > 0:
            tiers[1][at] = 1 / known
        elif kind == "thin":
            tiers[2][at] = 1 / required
        elif kind == "arrears" and asked > 0:
            tiers[2][at] = 1 / asked
        elif kind == "draw":
            x = loans[name[1]]
            life = payments_of(x["repayment"], x["rate"], x["term"], x["term"])
            tiers[3][at] = sum(interest for _, _, interest in life)
        elif kind == "cash" and name[2] < q:
            tiers[3][at] = -dep
        elif kind == "support":
            tiers[3][at] = funds[name[1]]["cost_of_funds"]
    return lexicographic(rows, tiers, [0.0, 0.0, 0.0, constant])


def lexicographic(rows: Rows, tiers: list[dict[int, float]], constants: list[float]) -> list[float]:
    """Each tier's least value, those before held within a millionth."""
    values = []
    for tier, constant in zip(tiers, constants, strict=True):
        a, b = rows.dense(rows.below)
        e, f = rows.dense(rows.equal)
        cost = np.zeros(len(rows.columns))
        for k, v in tier.items():
            cost[k] = v
        solved = linprog(cost, A_ub=a, b_ub=b, A_eq=e, b_eq=f, method="highs")
        assert solved.status == 0, solved.message
        values.append(solved.fun + constant)
        rows.below.append((tier, solved.fun + 1e-6 * max(1.0, abs(solved.fun))))
    return values
