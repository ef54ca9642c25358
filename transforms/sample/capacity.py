"""What the sample's hospitals have, sized so that some overflow while others have room."""

import numpy as np
import polars as pl

from transforms.sample import assumed, names
from transforms.sample.places import Places
from transforms.sample.stays import day_number


def in_use(census: np.ndarray) -> np.ndarray:
    """Units in use by institution, resource and day, (N, R, T): patients × units per patient."""
    return np.round(np.einsum("ict,cr->irt", census, assumed.USES), 2)


def staffing(days: int) -> np.ndarray:
    """Units in service on a day against the usual, (R, T): fewer nurses at weekends."""
    calendar = np.arange(day_number(assumed.LAST_DAY) - days + 1, day_number(assumed.LAST_DAY) + 1)
    factor = np.ones((len(assumed.RESOURCES), days))
    factor[assumed.RESOURCES.index("nurse"), (calendar + 3) % 7 >= 5] = assumed.WEEKEND_NURSES
    return factor


def in_service(made: Places, used: np.ndarray) -> np.ndarray:
    """Whole units in service by institution, resource and day, (N, R, T).

    A hospital that the surge strikes is above its capacity in the last week (``CROWDED``), any
    other well below for four weeks (``CALM``). On a day when use would pass ``MOST_CROWDED``,
    units are opened for that day, so that no use is beyond what the feed calls plausible.
    """
    factor = staffing(used.shape[2])
    units = _usual_units(made, used / factor)[:, :, None] * factor
    return np.ceil(np.maximum(units, used / assumed.MOST_CROWDED))


def _usual_units(made: Places, needed: np.ndarray) -> np.ndarray:
    """Units that each institution has on a usual day, (N, R)."""
    crowded = needed[:, :, -assumed.STRUCK_DAYS :].mean(axis=2) / assumed.CROWDED
    crowded = np.maximum(crowded, needed.mean(axis=2) / assumed.USUALLY)
    calm = needed[:, :, -assumed.CALM_DAYS :].max(axis=2) / assumed.CALM
    calm = np.maximum(calm, needed.max(axis=2) / assumed.MOST_CALM)
    return np.ceil(np.maximum(np.where(made.surges[:, None], crowded, calm), 1))


def capacity_table(made: Places, census: np.ndarray) -> pl.DataFrame:
    """capacity: one row per institution, resource that it owns, and day."""
    used = in_use(census)
    served = in_service(made, used)
    days = used.shape[2]
    owned = np.broadcast_to(assumed.OWNS[made.tier][:, :, None], used.shape)
    institution, resource, day = np.nonzero(owned)
    start = day_number(assumed.LAST_DAY) - days + 1
    return pl.DataFrame(
        {
            "institution_id": np.array(names.codes("SYN-H", len(made.tier)))[institution],
            "resource_id": np.array(assumed.RESOURCES)[resource],
            "date": pl.Series((start + day).astype(np.int32)).cast(pl.Date),
            "period_days": np.ones(len(day), dtype=np.int64),
            "in_service": served[owned].astype(np.int64),
            "in_use": used[owned],
        }
    )
