"""Every table the platform keeps, in the order in which the dictionary lists them."""

from schemas import clean, ops, regional
from schemas.results import allocation, financing, outcome, purchases
from schemas.results.run import PlanRun, PlanSeconds
from schemas.table import Table, layer, name, published

RESULTS: tuple[type[Table], ...] = (
    *allocation.RESULTS,
    *allocation.INPUTS,
    *outcome.TABLES,
    *financing.RESULTS,
    *financing.INPUTS,
    *purchases.RESULTS,
    *purchases.INPUTS,
    PlanRun,
)
ALL: tuple[type[Table], ...] = (
    *clean.TABLES,
    *regional.TABLES,
    *RESULTS,
    *ops.TABLES,
    PlanSeconds,
)
BY_NAME: dict[str, type[Table]] = {name(table): table for table in ALL}
PUBLISHED: tuple[type[Table], ...] = tuple(table for table in ALL if published(table))


def of_layer(wanted: str) -> tuple[type[Table], ...]:
    """The tables of one DuckDB schema."""
    return tuple(table for table in ALL if layer(table) == wanted)
