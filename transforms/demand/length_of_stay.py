"""How long patients stay: the share still in bed k days after admission."""

import numpy as np
import polars as pl

from schemas.assumptions.planning import PlanningAssumptions
from schemas.results.allocation import AllocationStay
from schemas.table import conform
from transforms.demand.stays import record_start

TAIL_DAYS = 7
Curves = dict[str, np.ndarray]


def allocation_stay(curves: Curves, horizon: int) -> pl.DataFrame:
    """Stay curves as a table, from the day of admission to ``horizon`` days after.

    Returns:
        results.allocation_stay.
    """
    return lasting({class_id: curve[: horizon + 1] for class_id, curve in curves.items()})


def lasting(curves: Curves) -> pl.DataFrame:
    """Stay curves as a table, as far as they go.

    Returns:
        results.allocation_stay.
    """
    frames = [
        pl.DataFrame({"day": range(curve.size), "staying_share": curve}).with_columns(
            class_id=pl.lit(class_id)
        )
        for class_id, curve in sorted(curves.items())
    ]
    return conform(AllocationStay, pl.concat(frames))


def curves(
    stays: pl.DataFrame,
    care_class: pl.DataFrame,
    planning: PlanningAssumptions,
    horizon: int,
) -> Curves:
    """Share still in bed by class, observed where enough stays are known, else geometric.

    Args:
        stays: from ``stays.stays``; those admitted in the last ``stay_days``, and not before the
            record starts, count.
        care_class: clean.care_class.
        planning: least_stays, least_at_risk, stay_days.
        horizon: days ahead.

    Returns:
        class_id to shares on days 0 to longest open stay + horizon.
    """
    oldest = pl.col("admitted").max() - pl.duration(days=planning.stay_days)
    start = pl.lit(record_start(stays), pl.Date)
    recent = stays.filter(pl.col("admitted") > oldest, pl.col("admitted") >= start)
    days = int(stays["days"].max() or 0) + horizon + 1  # type: ignore[arg-type]
    result: Curves = {}
    for class_id, mean in care_class.sort("class_id").select("class_id", "mean_stay_days").rows():
        own = recent.filter(pl.col("class_id") == class_id)
        if own.height < planning.least_stays:
            result[class_id] = geometric(mean, days)
        else:
            result[class_id] = observed(
                own["days"].to_numpy(), own["open"].to_numpy(), mean, days, planning.least_at_risk
            )
    return result


def geometric(mean_stay: float, days: int) -> np.ndarray:
    """Shares ``(1 - 1/mean)^k`` for k = 0 to ``days``; a mean below a day counts as a day."""
    return (1 - 1 / max(mean_stay, 1.0)) ** np.arange(days + 1)


def observed(
    stay_days: np.ndarray, is_open: np.ndarray, mean_stay: float, days: int, least_at_risk: int = 1
) -> np.ndarray:
    """Kaplan-Meier shares still in bed, a stay that is open counting as at least so long.

    Where fewer than ``least_at_risk`` patients are still observed, the curve goes on with the
    chance of leaving of the last ``TAIL_DAYS`` days before (where nobody left then, with that
    of the mean stay).

    Args:
        stay_days: days in bed so far, >= 1.
        is_open: is the patient still in?
        mean_stay: mean stay of the class (days).
        days: last day wanted.
        least_at_risk: fewer observed patients than this do not make a curve.

    Returns:
        ``share[k]`` for k = 0 to ``days``: 1 on day 0, never rising.
    """
    leaving, at_risk = _leaving(stay_days, is_open, days)
    enough = int(np.argmax(at_risk < least_at_risk)) if (at_risk < least_at_risk).any() else days
    chance = np.full(days, _tail_chance(leaving[:enough], at_risk[:enough], mean_stay))
    chance[:enough] = leaving[:enough] / at_risk[:enough]
    return np.concatenate([[1.0], np.cumprod(1 - chance)])


def _leaving(
    stay_days: np.ndarray, is_open: np.ndarray, days: int
) -> tuple[np.ndarray, np.ndarray]:
    """By day k: patients who leave after it, and patients whose next day is known.

    A patient with D days in bed is seen in bed on days 0 to D - 1. One who left is known to be
    gone on day D; of one still in, nothing is known from day D on.
    """
    closed = np.bincount(stay_days[~is_open], minlength=days + 1)
    open_ = np.bincount(stay_days[is_open], minlength=days + 1)
    leaving = closed[1 : days + 1]
    at_risk = _at_least(closed)[1 : days + 1] + np.append(_at_least(open_)[2:], 0)[:days]
    return leaving, at_risk


def _at_least(counts: np.ndarray) -> np.ndarray:
    return np.cumsum(counts[::-1])[::-1]


def _tail_chance(leaving: np.ndarray, at_risk: np.ndarray, mean_stay: float) -> float:
    left, seen = leaving[-TAIL_DAYS:].sum(), at_risk[-TAIL_DAYS:].sum()
    return float(left / seen) if left else 1 / max(mean_stay, 1.0)
