"""Series as a matrix: what was known of each series on each day or week."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

STEP_DAYS = {"day": 1, "week": 7}
SEASON = {"day": 7, "week": 52}
# Longer seasons are too few in a history to take a profile from.
LONGEST_PROFILE = 14
# Periods over which the usual change of a series is measured, and what its prior weighs.
RECENT = {1: 56, 7: 26}
PRIOR = 4.0
# Periods before and after a history for which holidays are looked up; no horizon is longer.
MARGIN = 400


@dataclass(frozen=True)
class Panel:
    """Series × periods, on the scale of the fourth root, which steadies counts and rates alike.

    Attributes:
        ids: the series, sorted.
        first: the first period.
        step: days of a period, 1 or 7.
        season: periods of a season.
        root: series × periods, the fourth root of the value; NaN is unknown.
        holidays: days whose values are known to differ.
        refit: 0 to 1, by how much of the time between two trainings they are shifted.
    """

    ids: tuple[str, ...]
    first: date
    step: int
    season: int
    root: np.ndarray
    holidays: frozenset[date] = frozenset()
    refit: float = 0.0

    @property
    def last(self) -> int:
        """The index of the last period."""
        return self.root.shape[1] - 1

    @property
    def begins(self) -> int:
        """The number of the first period in the calendar."""
        return self.first.toordinal() // self.step

    @cached_property
    def free(self) -> np.ndarray:
        """1 on a holiday that is no weekend, else 0: from ``MARGIN`` periods before the first."""
        days = [self.day(n) for n in range(-MARGIN, self.last + MARGIN + 1)]
        return np.array([float(d in self.holidays and d.weekday() < 5) for d in days])

    @property
    def cycle(self) -> int:
        """Periods after which like is compared with like: a week of days, else one period."""
        return self.season if self.season <= LONGEST_PROFILE else 1

    def day(self, index: int) -> date:
        """The date of a period."""
        return self.first + timedelta(days=self.step * int(index))

    def index(self, day: date) -> int:
        """The period that begins on a date."""
        return (day - self.first).days // self.step

    def part(self, every: int) -> "Panel":
        """One series in every so many."""
        return replace(self, ids=self.ids[::every], root=self.root[::every])

    @cached_property
    def filled(self) -> np.ndarray:
        """``root`` with each gap filled from what came before it, a season or a period back."""
        filled = self.root.copy()
        for t in range(1, filled.shape[1]):
            gap = np.isnan(filled[:, t])
            if gap.any():
                back = filled[gap, t - self.cycle] if t >= self.cycle else np.nan
                filled[gap, t] = np.where(np.isnan(back), filled[gap, t - 1], back)
        return filled

    @cached_property
    def length(self) -> np.ndarray:
        """Series × periods: days from the first known value to the end of the period."""
        begun = np.cumsum(~np.isnan(self.root), axis=1) > 0
        return np.cumsum(begun, axis=1) * self.step

    @cached_property
    def stale(self) -> np.ndarray:
        """Series × periods: periods since a value was known."""
        index = np.arange(self.root.shape[1])
        seen = np.where(np.isnan(self.root), 0, index)
        return index - np.maximum.accumulate(seen, axis=1)

    @cached_property
    def width(self) -> np.ndarray:
        """Series × periods: the usual change over a cycle, wide where little is known.

        A prior change, that of a count of the same level, stands in for ``PRIOR`` observations.
        """
        change = np.full_like(self.root, np.nan)
        lag = self.cycle
        change[:, lag:] = self.root[:, lag:] - self.root[:, :-lag]
        known = ~np.isnan(change)
        number = _recent_sum(known.astype(float), RECENT[self.step])
        square = _recent_sum(np.where(known, change, 0.0) ** 2, RECENT[self.step])
        prior = (self.filled**4 + 1) ** -0.5 / 8
        return np.sqrt((square + PRIOR * prior) / (number + PRIOR) * (1 + 8 / (1 + number)))


def _recent_sum(values: np.ndarray, periods: int) -> np.ndarray:
    total = np.cumsum(values, axis=1)
    total[:, periods:] -= total[:, :-periods].copy()
    return np.maximum(total, 0.0)


def panel(
    history: pl.DataFrame,
    frequency: str,
    season: int | None = None,
    holidays: Iterable[date] | None = None,
) -> Panel:
    """Lay out a history; a series that has no known value is left out.

    Args:
        history: series_id | date | value (null is unknown), at most one row per series and date.
        frequency: ``day`` or ``week``.
        season: periods of a season; None is 7 days or 52 weeks.
        holidays: days whose values are known to differ.

    Raises:
        ValueError: the frequency is neither, a value is negative or infinite, a series has two
            rows of a date, or weeks do not begin on the same weekday.
    """
    if frequency not in STEP_DAYS:
        raise ValueError(f"frequency is {frequency!r}, expected one of {', '.join(STEP_DAYS)}")
    step = STEP_DAYS[frequency]
    rows = _checked(history, step)
    ids = rows.filter(pl.col("value").is_not_null())["series_id"].unique().sort()
    first = rows["date"].min() if rows.height else date(1970, 1, 1)
    assert isinstance(first, date)
    periods = rows.select(index=(pl.col("date") - first).dt.total_days() // step)["index"]
    known = rows.with_columns(index=periods).join(
        pl.DataFrame({"series_id": ids}).with_row_index("row"), on="series_id"
    )
    root = np.full((len(ids), int(periods.max() or 0) + 1), np.nan)  # type: ignore[arg-type]
    root[known["row"].to_numpy(), known["index"].to_numpy()] = known["value"].to_numpy() ** 0.25
    if not len(ids):
        raise ValueError("no series has a known value: there is nothing to forecast from")
    days = frozenset(holidays or ())
    return Panel(tuple(ids), first, step, season or SEASON[frequency], root, days)


def _checked(history: pl.DataFrame, step: int) -> pl.DataFrame:
    rows = history.select(
        pl.col("series_id").cast(pl.String),
        pl.col("date").cast(pl.Date),
        pl.col("value").cast(pl.Float64).fill_nan(None),
    )
    if rows.select("series_id", "date").is_duplicated().any():
        raise ValueError("history has two rows of one series and date: keep one of them")
    if rows.filter((pl.col("value") < 0) | pl.col("value").is_infinite()).height:
        raise ValueError("history holds a value below 0 or infinite: give null where unknown")
    days = rows["date"].to_physical()
    if ((days - (days.min() or 0)) % step != 0).any():
        raise ValueError("weeks of the history begin on different weekdays: give them one")
    return rows
