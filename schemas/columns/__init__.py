"""One entry for each column name: one name, one meaning, one unit, one type."""

from schemas.columns import care, forecast, money, outcome, plan, record
from schemas.columns.column import Column

TOPICS = {
    "Places, capacity and patients": care.COLUMNS,
    "Forecasts": forecast.COLUMNS,
    "Plans and solves": plan.COLUMNS,
    "Outcomes of plans": outcome.COLUMNS,
    "Money": money.COLUMNS,
    "The record": record.COLUMNS,
}
COLUMNS: dict[str, Column] = {name: column for topic in TOPICS.values() for name, column in topic.items()}


def codes(name: str) -> tuple[str, ...]:
    """The values of a column's vocabulary."""
    return tuple(COLUMNS[name].codes)
