import numpy as np
import pytest

from transforms.sample import assumed
from transforms.sample.files import capacity_table, in_service, in_use, staffing
from transforms.sample.places import places
from transforms.sample.stays import census, stays

SURGE_FACTOR = 1.2


def occupancy(seed, institutions, days=180):
    made = places(seed, institutions)
    used = in_use(census(made, stays(seed, made, days), days))
    return made, used / in_service(made, used)


def test_use_is_patients_times_units():
    patients = np.array([10, 4, 2]).reshape(1, 3, 1)
    assert in_use(patients).ravel().tolist() == [12.0, 4.0, 4.6, 1.7]


def test_fewer_nurses_are_on_duty_at_weekends():
    week = staffing(7)
    assert week[2].tolist() == [1, 1, 1, 0.94, 0.94, 1, 1]
    assert (week[[0, 1, 3]] == 1).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_some_overflow_in_the_surge_while_neighbours_have_room(seed):
    made, occupied = occupancy(seed, 12)
    beds = occupied[:, 0]
    last_week = beds[:, -7:].mean(axis=1)
    assert (last_week[made.surges] > 1.0).sum() >= 3
    assert (beds[made.surges, -28:].max(axis=1) > 1.0).all()
    assert (beds[~made.surges, -28:] <= 0.8).all()
    autumn = beds[:, 30:90].mean(axis=1)
    assert (autumn < 0.95).all()
    assert (last_week[made.surges] > autumn[made.surges] + 0.05).all()


@pytest.mark.parametrize(("seed", "institutions"), [(1, 1), (2, 5), (1, 12), (4, 70)])
def test_no_use_is_beyond_what_the_feed_calls_plausible(seed, institutions):
    made, occupied = occupancy(seed, institutions)
    assert np.nanmax(occupied) <= SURGE_FACTOR
    assert np.isfinite(occupied).all()


def test_rows_are_those_of_resources_that_the_tier_owns():
    made = places(1, 12)
    patients = np.zeros((12, 3, 2), dtype=np.int64)
    table = capacity_table(made, patients)
    assert table.height == 2 * (6 * 2 + 6 * 4)
    assert set(table.filter(table["institution_id"] == "SYN-H003")["resource_id"]) == {
        "general_bed",
        "nurse",
    }
    assert table["date"].unique().sort().to_list()[-1] == assumed.LAST_DAY
    assert table["in_service"].min() >= 1


def test_nurses_run_shorter_than_beds_so_that_moving_them_helps():
    made, occupied = occupancy(1, 12)
    beds, _, nurses, ventilators = occupied[:, :, -7:].mean(axis=2).T
    assert (nurses[made.surges] > 1.03).all()
    assert nurses[made.surges].mean() > beds[made.surges].mean()
    equipped = assumed.OWNS[made.tier, 3]
    assert (ventilators[made.surges & equipped] > 1.03).all()
    assert (nurses[~made.surges] < 0.75).all()
    assert (ventilators[~made.surges & equipped] < 0.65).all()
