"""Where the sample's regions, zones and hospitals stand, and who lives there."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from transforms.sample import assumed

GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True)
class Places:
    """Arrays over zones (Z), institutions (N); positions in km from the middle of the map."""

    regions: int
    zone_region: np.ndarray
    zone_km: np.ndarray
    persons: np.ndarray
    institution_zone: np.ndarray
    institution_km: np.ndarray
    tier: np.ndarray
    surges: np.ndarray

    @property
    def institution_region(self) -> np.ndarray:
        """The region each institution stands in, (N,)."""
        return self.zone_region[self.institution_zone]


def region_count(institutions: int) -> int:
    """Three regions for a small sample, one per twenty institutions for a large one."""
    return min(3, institutions) if institutions <= 60 else institutions // 20


def zone_count(institutions: int) -> int:
    """Forty zones for twelve institutions, and in proportion."""
    return max(institutions, round(institutions * 40 / 12))


def places(seed: int, institutions: int, zones: int | None = None) -> Places:
    """Lay out the map: discs of zones on a grid of regions, hospitals spread over the zones.

    In each region the tiers follow each other (tertiary, secondary, primary, primary), and the
    winter surge strikes every third hospital, so that its neighbours are spared.
    """
    random = np.random.default_rng([seed, 1])
    regions = region_count(institutions)
    zone_region, rank, size = _split(zones or zone_count(institutions), regions)
    region, order, count = _split(institutions, regions)
    zone_km = _zone_positions(random, zone_region, rank, size, regions)
    first_zone = np.searchsorted(zone_region, np.arange(regions))
    host = first_zone[region] + order * size[first_zone[region]] // count
    tier = np.array([2, 1, 0, 0])[order % 4]
    return Places(
        regions=regions,
        zone_region=zone_region,
        zone_km=zone_km,
        persons=_persons(random, len(zone_region), host, tier),
        institution_zone=host,
        institution_km=zone_km[host] + random.uniform(-1.5, 1.5, (institutions, 2)),
        tier=tier,
        surges=(order + region) % 3 == 1,
    )


def _split(things: int, regions: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each thing's region, its rank within it, and how many that region has."""
    sizes = np.array([len(part) for part in np.array_split(np.arange(things), regions)])
    region = np.repeat(np.arange(regions), sizes)
    rank = np.arange(things) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return region, rank, sizes[region]


def _zone_positions(
    random: np.random.Generator,
    region: np.ndarray,
    rank: np.ndarray,
    size: np.ndarray,
    regions: int,
) -> np.ndarray:
    """Zones of a region lie like the seeds of a sunflower, a little shaken."""
    radius = assumed.REGION_RADIUS_KM * np.sqrt(size.max() / 13)
    columns = int(np.ceil(np.sqrt(regions)))
    centre = np.stack([region % columns, region // columns], axis=1) * 1.75 * radius
    middle = centre.mean(axis=0)
    away = radius * np.sqrt((rank + 0.3) / size)
    angle = rank * GOLDEN_ANGLE + region
    around = np.stack([away * np.cos(angle), away * np.sin(angle)], axis=1)
    return centre - middle + around + random.uniform(-2, 2, around.shape)


def _persons(
    random: np.random.Generator, zones: int, host: np.ndarray, tier: np.ndarray
) -> np.ndarray:
    """People by zone, age band and sex, (Z, A, 2); more where a hospital stands."""
    total = assumed.PERSONS_PER_ZONE * random.lognormal(0, 0.35, zones)
    np.multiply.at(total, host, assumed.PERSONS_BY_HOST[tier])
    tilt = random.normal(0, 0.15, (zones, 1)) * np.linspace(-1, 1, len(assumed.AGE_BANDS))
    shares = assumed.AGE_SHARES * np.exp(tilt)
    shares /= shares.sum(axis=1, keepdims=True)
    women = np.linspace(0.487, 0.64, len(assumed.AGE_BANDS))
    by_sex = np.stack([women, 1 - women], axis=1)
    return np.rint(total[:, None, None] * shares[:, :, None] * by_sex).astype(np.int64)


def region_table(made: Places) -> pl.DataFrame:
    """region: one row per region, all within the sample."""
    codes = assumed.codes("SYN-R", made.regions, 1)
    return pl.DataFrame(
        {
            "region_id": ["SYN", *codes],
            "name": ["Synthetic sample region", *assumed.region_names(made.regions)],
            "parent_region_id": [None, *["SYN"] * made.regions],
        }
    )


def zone_table(made: Places) -> pl.DataFrame:
    """zone: names, places and need for care by the age of the people (mean 1)."""
    by_age = made.persons.sum(axis=2)
    need = by_age @ assumed.NEED_BY_AGE / by_age.sum(axis=1)
    average = (by_age.sum(axis=0) @ assumed.NEED_BY_AGE) / by_age.sum()
    count = len(made.zone_region)
    return pl.DataFrame(
        {
            "zone_id": assumed.codes("SYN-Z", count),
            "name": assumed.zone_names(count),
            "region_id": np.array(assumed.codes("SYN-R", made.regions, 1))[made.zone_region],
            **_degrees(made.zone_km),
            "need_weight": np.round(need / average, 3),
        }
    )


def institution_table(made: Places) -> pl.DataFrame:
    """institution: hospitals of three tiers, each in a zone."""
    count = len(made.tier)
    tiers = [assumed.TIERS[t] for t in made.tier]
    owners = np.array(["public", "church", "private"])
    return pl.DataFrame(
        {
            "institution_id": assumed.codes("SYN-H", count),
            "name": assumed.hospital_names(tiers),
            "zone_id": np.array(assumed.codes("SYN-Z", len(made.zone_region)))[
                made.institution_zone
            ],
            "region_id": np.array(assumed.codes("SYN-R", made.regions, 1))[made.institution_region],
            "tier": tiers,
            "ownership": owners[np.where(made.tier == 2, 0, np.arange(count) % 3)],
            **_degrees(made.institution_km),
            "active_from": ["1990-01-01"] * count,
        }
    )


def population_table(made: Places) -> pl.DataFrame:
    """population: people by zone, age band and sex in one year."""
    zones, ages, sexes = made.persons.shape
    zone, age, sex = (axis.ravel() for axis in np.indices(made.persons.shape))
    return pl.DataFrame(
        {
            "zone_id": np.array(assumed.codes("SYN-Z", zones))[zone],
            "year": np.full(zones * ages * sexes, assumed.POPULATION_YEAR),
            "age_band": np.array(assumed.AGE_BANDS)[age],
            "sex": np.array(assumed.SEXES)[sex],
            "persons": made.persons.ravel(),
        }
    )


def _degrees(km: np.ndarray) -> dict[str, np.ndarray]:
    """Positions in km as degrees, five decimals (about a metre)."""
    latitude = assumed.LATITUDE - km[:, 1] / assumed.KM_PER_DEGREE
    east = km[:, 0] / (assumed.KM_PER_DEGREE * np.cos(np.radians(latitude)))
    return {
        "latitude": np.round(latitude, 5),
        "longitude": np.round(assumed.LONGITUDE + east, 5),
    }
