"""What falls due on a loan, per unit drawn, by its age in periods."""

from dataclasses import dataclass


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
