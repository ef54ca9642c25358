"""The tables of one plan, each checked against its schema and in the order of its key."""

from collections.abc import Mapping, Sequence

import polars as pl

from optimization.verify.verdict import Verdict
from schemas.table import Table, check, key, name


class View:
    """What was read and what was published, side by side.

    Raises:
        PlanRefused: a table that is ``needed`` is missing.
        TableRefused: a table does not fit its schema.
    """

    def __init__(
        self, tables: Mapping[str, pl.DataFrame], needed: Sequence[type[Table]], verdict: Verdict
    ) -> None:
        missing = [name(t) for t in needed if name(t) not in tables]
        verdict.lacking("tables", pl.DataFrame({"table": missing}))
        checked = {name(t): check(t, tables[name(t)]).sort(key(t)) for t in needed}
        self.tables = dict(tables) | checked

    def __getitem__(self, table: str) -> pl.DataFrame:
        return self.tables[table]
