"""What falls due on a loan, and what is owed, followed period by period on a draw of 1."""

import polars as pl


def schedule(loans: pl.DataFrame, last: int) -> pl.DataFrame:
    """loan_id, age from 0 to ``last``, repaid so far, principal and interest due.

    ``loans`` has loan_id, repayment, rate (share/period) and term (periods).
    """
    rows = []
    for loan, repayment, rate, term in loans.select(
        "loan_id", "repayment", "rate", "term"
    ).iter_rows():
        payment = rate / (1 - (1 + rate) ** -term)
        owed = 1.0
        for age in range(last + 1):
            due = _due(repayment, rate, term, age, owed, payment)
            owed -= due[0]
            rows.append((loan, age, 1 - owed, *due))
    names = ["loan_id", "age", "repaid", "principal", "interest"]
    types = [pl.String, pl.Int64, pl.Float64, pl.Float64, pl.Float64]
    return pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")


def _due(
    repayment: str, rate: float, term: int, age: int, owed: float, payment: float
) -> tuple[float, float]:
    """Principal and interest at ``age``, given what is owed before and an annuity's payment."""
    if age == 0 or age > term:
        return 0.0, 0.0
    if repayment == "bullet":
        return (1.0, (1 + rate) ** term - 1) if age == term else (0.0, 0.0)
    principal = 1 / term if repayment == "level_principal" else payment - rate * owed
    return principal, rate * owed


def lifetime_interest() -> pl.Expr:
    """Interest of a draw of 1 over its whole life, from the loan's terms."""
    rate, term = pl.col("rate"), pl.col("term")
    return (
        pl.when(pl.col("repayment") == "bullet")
        .then((1 + rate).pow(term) - 1)
        .when(pl.col("repayment") == "annuity")
        .then(term * rate / (1 - (1 + rate).pow(-term)) - 1)
        .otherwise(rate * (term + 1) / 2)
    )
