"""What a named rule returns."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class RuleOutcome:
    """Rows after a named rule joined some of them.

    ``frame`` has the columns it was given (the feed's typed and derived columns and
    ``row_number``); ``merged`` are the row numbers that no longer stand in it.
    """

    frame: pl.DataFrame
    merged: list[int]


Rule = Callable[[pl.DataFrame], RuleOutcome]
