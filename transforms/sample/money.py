"""Two years of quarterly accounts of the sample's hospitals, invented but adding up."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from transforms.sample import assumed
from transforms.sample.places import Places

# Share of operating cost, or for stocks of a year's, by measure.
SALARIES, DEPRECIATION, OTHER_INCOME, UNPAID = 0.62, 0.05, 0.045, 0.02
SUBSIDY_BY_TIER = np.array([0.05, 0.03, 0.06])
COST_BY_BED = np.array([52_000.0, 66_000.0, 84_000.0])
COST_BY_ICU_BED = 190_000.0
SEASON = np.array([1.03, 0.99, 0.97, 1.01])
GROWTH = 0.008
PAYER_SPREAD = 0.12


def quarter_starts() -> list[date]:
    """First day of every quarter, and of the one after the last."""
    year = assumed.FIRST_QUARTER.year
    return [date(year + q // 4, 3 * (q % 4) + 1, 1) for q in range(assumed.QUARTERS + 1)]


def operating_cost(
    random: np.random.Generator, made: Places, beds: np.ndarray, icu: np.ndarray
) -> np.ndarray:
    """Cost by institution and quarter, (N, Q), currency: by beds and tier, growing."""
    size = beds * COST_BY_BED[made.tier] + icu * COST_BY_ICU_BED
    own = size * random.lognormal(0, 0.08, len(size))
    quarter = np.arange(assumed.QUARTERS)
    path = (1 + GROWTH) ** quarter * SEASON[quarter % 4]
    return own[:, None] * path * random.normal(1, 0.01, (len(size), assumed.QUARTERS))


def margins(random: np.random.Generator, made: Places) -> np.ndarray:
    """Operating margin by institution, (N,): small hospitals and every fourth are worst off."""
    size = len(made.tier)
    usual = np.array([-0.035, -0.005, 0.005])[made.tier] + random.normal(0, 0.015, size)
    return usual - 0.06 * (np.arange(size) % 4 == 3)


def measures(seed: int, made: Places, beds: np.ndarray, icu: np.ndarray) -> dict[str, np.ndarray]:
    """Amounts by measure, (N, Q) each; revenue by payer under ``payer:measure``.

    Revenue, other income and subsidies together are operating cost × (1 + margin).
    """
    random = np.random.default_rng([seed, 3])
    cost = operating_cost(random, made, beds, icu)
    year = cost[:, -4:].sum(axis=1, keepdims=True)
    subsidy = cost * SUBSIDY_BY_TIER[made.tier][:, None]
    revenue = cost * (1 + margins(random, made)[:, None] - OTHER_INCOME) - subsidy
    mix = assumed.PAYER_SHARES * random.lognormal(0, PAYER_SPREAD, (len(cost), 3))
    mix /= mix.sum(axis=1, keepdims=True)
    draw = random.uniform(size=(6, len(cost), 1))
    long_term = year * (0.25 + 0.5 * draw[0])
    wobble = random.normal(1, 0.03, cost.shape)
    return {
        "operating_cost": cost,
        "salaries": cost * SALARIES,
        "depreciation": cost * DEPRECIATION,
        **{f"{p}:net_patient_revenue": revenue * mix[:, [k]] for k, p in enumerate(assumed.PAYERS)},
        "other_income": cost * OTHER_INCOME,
        "subsidies": subsidy,
        "uncompensated_care": cost * UNPAID * (0.5 + draw[1]),
        "cash": year / 365 * (-3 + 38 * draw[2]) * wobble,
        "current_debt": year * (0.06 + 0.06 * draw[3]) * wobble,
        "long_term_debt": long_term * (1 - 0.012 * np.arange(assumed.QUARTERS)),
        "debt_service": long_term * (0.010 + 0.012) * np.ones(assumed.QUARTERS),
        "capital_assets": year * (0.9 + 0.6 * draw[4]) * np.ones(assumed.QUARTERS),
        "capital_need": cost * 0.06 * np.maximum(draw[5] - 0.4, 0),
    }


def finance_table(seed: int, made: Places, beds: np.ndarray, icu: np.ndarray) -> pl.DataFrame:
    """finance: one row per institution, measure, payer and quarter; whole currency units."""
    amounts = measures(seed, made, beds, icu)
    codes = assumed.codes("SYN-H", len(made.tier))
    starts = quarter_starts()
    shape = (len(codes), len(amounts), assumed.QUARTERS)
    institution, measure, quarter = (axis.ravel() for axis in np.indices(shape))
    labels = [("all:" + label).split(":")[-2:] for label in amounts]
    ends = [after - timedelta(days=1) for after in starts[1:]]
    return pl.DataFrame(
        {
            "institution_id": np.array(codes)[institution],
            "measure": np.array([label[1] for label in labels])[measure],
            "payer_id": np.array([label[0] for label in labels])[measure],
            "period_start": pl.Series(starts[:-1]).gather(quarter),
            "period_end": pl.Series(ends).gather(quarter),
            "amount": np.rint(np.stack(list(amounts.values()), axis=1).ravel()).astype(np.int64),
        }
    )
