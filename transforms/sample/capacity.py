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
    other well below for four weeks (``CALM``); none is ever beyond what its feed calls plausible.
    """
    factor = staffing(used.shape[2])
    needed = used / factor
    crowded = needed[:, :, -assumed.STRUCK_DAYS :].mean(axis=2) / assumed.CROWDED
    calm = needed[:, :, -assumed.CALM_DAYS :].max(axis=2) / assumed.CALM
    struck = made.surges[:, None]
    most = np.where(struck, assumed.MOST_CROWDED, assumed.MOST_CALM)
    units = np.maximum(np.where(struck, crowded, calm), needed.max(axis=2) / most)
    return np.ceil(np.maximum(np.ceil(units), 1)[:, :, None] * factor)


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
