"""What the financing model is indexed by, and what falls due on a loan."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from optimization.solver.matrix import grouped

Institution = str
Period = int
Cell = tuple[Institution, Period]


@dataclass(frozen=True, slots=True)
class Fund:
    """Public money; ``cost`` by unit of it, budgets in the model's unit of money."""

    fund_id: str
    purpose: str
    max_share: float
    carry_over: bool
    cost: float
    budget: Mapping[Period, float]
    eligible: tuple[Institution, ...]


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan product; rates per period, limits in the model's unit of money."""

    loan_id: str
    purpose: str
    repayment: str
    rate: float
    term: int
    limit: float
    income_multiple: float | None
    draw_first: int
    draw_last: int

    def outstanding(self, age: int) -> float:
        """Share of a draw still owed ``age`` periods after it, that period's repayment made."""
        if age >= self.term:
            return 0.0
        if self.repayment == "bullet":
            return 1.0
        if self.repayment == "level_principal":
            return 1.0 - age / self.term
        whole = (1 + self.rate) ** self.term
        return (whole - (1 + self.rate) ** age) / (whole - 1)

    def principal(self, age: int) -> float:
        """Principal that falls due at ``age`` on a draw of 1."""
        return self.outstanding(age - 1) - self.outstanding(age) if age >= 1 else 0.0

    def interest(self, age: int) -> float:
        """Interest that falls due at ``age`` on a draw of 1."""
        if not 1 <= age <= self.term:
            return 0.0
        if self.repayment == "bullet":
            return (1 + self.rate) ** self.term - 1 if age == self.term else 0.0
        return self.rate * self.outstanding(age - 1)

    def lifetime_interest(self) -> float:
        """Interest on a draw of 1 over its whole life."""
        return sum(self.interest(age) for age in range(1, self.term + 1))

    def draws(self, last: int) -> range:
        """Periods up to ``last`` in which it may be drawn."""
        return range(self.draw_first, min(self.draw_last, last) + 1)


@dataclass(frozen=True)
class FinancingInputs:
    """What the model reads, by its own keys; money in ``money_unit``, rates per period."""

    money_unit: float
    periods: tuple[Period, ...]
    institutions: tuple[Institution, ...]
    region: Mapping[Institution, str]
    deposit_rate: float
    gap_growth: float
    least_cover: float
    largest_cut: float
    equity_band: float
    opening_cash: Mapping[Institution, float]
    last_support: Mapping[Institution, float]
    operating_cost: Mapping[Cell, float]
    capital_need: Mapping[Cell, float]
    other_income: Mapping[Cell, float]
    debt_service: Mapping[Cell, float]
    required: Mapping[Cell, float]
    claim: Mapping[tuple[str, Institution, Period], float]
    claims: Mapping[Cell, float]
    settled: Mapping[Cell, float]
    owing: tuple[tuple[str, Institution], ...]
    arrears: Mapping[tuple[str, Institution], float]
    ceiling: Mapping[tuple[str, Period], float]
    ratio: Mapping[tuple[str, Period], float]
    funds: Mapping[str, Fund]
    loans: Mapping[str, Loan]
    target_share: Mapping[str, float]
    need: Mapping[Institution, float]

    @property
    def last(self) -> Period:
        """The last period, Q."""
        return self.periods[-1]

    def income(self, institution: Institution) -> float:
        """Claims and other income of a mean period."""
        of = [self.claims[institution, p] + self.other_income[institution, p] for p in self.periods]
        return sum(of) / len(self.periods)

    @cached_property
    def claimants(self) -> dict[str, list[Institution]]:
        """Institutions that a payer owes at any time, in order."""
        return grouped(sorted({k[:2] for k in self.claim} | set(self.arrears)))

    @cached_property
    def owed_by(self) -> dict[str, list[Institution]]:
        """Institutions that a payer may owe."""
        return grouped((y, i) for y, i in self.owing)

    @cached_property
    def owing_to(self) -> dict[Institution, list[str]]:
        """Payers that may owe an institution."""
        return grouped((i, y) for y, i in self.owing)

    @cached_property
    def funds_of(self) -> dict[Institution, list[str]]:
        """Funds that may support an institution."""
        return grouped((i, f.fund_id) for f in self.funds.values() for i in f.eligible)

    @cached_property
    def operating_funds(self) -> dict[Institution, list[str]]:
        """Funds for operation that may support an institution."""
        return self._funds_for("operating")

    @cached_property
    def capital_funds(self) -> dict[Institution, list[str]]:
        """Funds for capital that may support an institution."""
        return self._funds_for("capital")

    def _funds_for(self, purpose: str) -> dict[Institution, list[str]]:
        funds = (f for f in self.funds.values() if f.purpose == purpose)
        return grouped((i, f.fund_id) for f in funds for i in f.eligible)

    @cached_property
    def left(self) -> dict[tuple[str, Period], list[tuple[Period, float]]]:
        """By loan and period p: the periods q of draws, and the share of them still owed."""
        return self._by_draw(Loan.outstanding)

    @cached_property
    def due(self) -> dict[tuple[str, Period], list[tuple[Period, float]]]:
        """By loan and period p: the periods q of draws, and what falls due on a draw of 1."""
        return self._by_draw(lambda loan, age: loan.principal(age) + loan.interest(age))

    @cached_property
    def covered_due(self) -> dict[tuple[str, Period], list[tuple[Period, float]]]:
        """As ``due``, without the principal of bullets."""
        return self._by_draw(
            lambda loan, age: (
                loan.interest(age) + (0.0 if loan.repayment == "bullet" else loan.principal(age))
            )
        )

    def _by_draw(
        self, share: Callable[[Loan, int], float]
    ) -> dict[tuple[str, Period], list[tuple[Period, float]]]:
        return {
            (k, p): [(q, c) for q in loan.draws(p) if (c := share(loan, p - q)) != 0]
            for k, loan in self.loans.items()
            for p in self.periods
        }

    @cached_property
    def debt_may_outlive(self) -> bool:
        """Can an operating loan be owed after the last period?"""
        return any(
            self.left[k, self.last] for k, loan in self.loans.items() if loan.purpose == "operating"
        )

    @cached_property
    def pooled_funds(self) -> tuple[str, ...]:
        """Operating funds that are open to several regions."""
        return tuple(
            f.fund_id
            for f in self.funds.values()
            if f.purpose == "operating" and len({self.region[i] for i in f.eligible}) > 1
        )

    @cached_property
    def pooled_budget(self) -> float:
        """All new money of the pooled funds."""
        return sum(b for f in self.pooled_funds for b in self.funds[f].budget.values())

    @cached_property
    def equity_targets(self) -> dict[str, float]:
        """Least pooled support of each region: its share of the money, or its need if less."""
        need: dict[str, float] = {}
        for i in self.institutions:
            need[self.region[i]] = need.get(self.region[i], 0.0) + self.need[i]
        money = (1 - self.equity_band) * self.pooled_budget
        return {r: min(money * self.target_share.get(r, 0.0), need[r]) for r in sorted(need)}
