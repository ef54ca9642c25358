"""What a named rule is given and returns.

It is given the feed's typed and derived columns with ``row_number`` and ``extract_date``. Beside a
column ``x`` whose unknowns matter (it reaches a capacity) stand ``x|reason`` and, where a marker
bounds it, ``x|low`` and ``x|high``; all three are null where ``x`` is known
(transforms.feed.faults.reason_of, low_of, high_of). A rule that changes ``x`` keeps that true.
"""

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
