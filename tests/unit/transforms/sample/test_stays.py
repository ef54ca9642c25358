from datetime import date

import numpy as np
import pytest

from transforms.sample import assumed
from transforms.sample.places import places
from transforms.sample.stays import (
    MINUTES,
    Stays,
    census,
    day_number,
    expected_admissions,
    first_day,
    referral,
    rhythm,
    stays,
    winter_wave,
)

MADE = places(1, 12)
DRAWN = stays(1, MADE, 180)
GENERAL, ICU, PAEDIATRIC = range(3)


def days(*dates):
    return np.array([day_number(d) for d in dates])


def test_first_day_counts_the_last_day():
    assert first_day(180) == date(2025, 8, 15)
    assert first_day(1) == assumed.LAST_DAY


def test_referral_shares_sum_to_one_and_reach_only_those_who_treat():
    choice, share = referral(MADE)
    assert np.allclose(share.sum(axis=2), 1)
    for care_class in range(3):
        used = choice[:, care_class][share[:, care_class] > 0]
        assert assumed.TREATS[MADE.tier[used], care_class].all()


def test_the_week_has_a_rhythm():
    monday, sunday = days(date(2026, 1, 12), date(2026, 1, 18))
    pace = rhythm(np.array([monday, sunday]))
    assert (pace[:, 0] > pace[:, 1]).all()
    assert pace[GENERAL, 0] / pace[GENERAL, 1] == pytest.approx(1.12 / 0.86, rel=0.01)


def test_the_year_has_a_rhythm():
    pace = rhythm(days(date(2026, 2, 4), date(2025, 8, 6)))
    assert pace[PAEDIATRIC] == pytest.approx([1.03 * 1.15, 1.03 * 0.85], rel=1e-3)


def test_the_wave_is_highest_in_february_and_comes_every_winter():
    peak, before, summer = winter_wave(days(date(2026, 2, 8), date(2025, 2, 8), date(2025, 8, 1)))
    assert (peak, before) == (1, 1)
    assert summer < 1e-20
    assert winter_wave(days(date(2026, 1, 23)))[0] == pytest.approx(np.exp(-0.5))


def test_the_surge_raises_illness_where_people_go_to_the_hospitals_it_strikes():
    summer, winter = days(date(2025, 8, 12), date(2026, 2, 10))
    rates = expected_admissions(MADE, np.array([summer, winter]))[:, GENERAL]
    pace = rhythm(np.array([summer, winter]))[GENERAL]
    growth = rates[:, 1] / rates[:, 0] / (pace[1] / pace[0])
    struck = MADE.surges[referral(MADE)[0][:, GENERAL, 0]]
    assert growth[struck].mean() > 1.3
    assert growth[~struck].mean() < 1.1


def test_stays_are_in_order_and_touch_the_days():
    start = day_number(first_day(180)) * MINUTES
    assert (np.diff(DRAWN.admitted) >= 0).all()
    assert (DRAWN.discharged > DRAWN.admitted).all()
    assert DRAWN.discharged.min() >= start
    assert DRAWN.admitted.max() < (day_number(assumed.LAST_DAY) + 1) * MINUTES
    assert (DRAWN.discharged >= (day_number(assumed.LAST_DAY) + 1) * MINUTES).any()


def test_nobody_is_admitted_in_the_hour_that_the_clock_repeats():
    night = day_number(date(2025, 10, 26)) * MINUTES
    hours = (DRAWN.admitted[(DRAWN.admitted >= night) & (DRAWN.admitted < night + MINUTES)]) // 60
    assert 2 not in hours % 24
    assert 3 in hours % 24
    others = DRAWN.admitted[DRAWN.admitted < night] // 60
    assert 2 in others % 24


def test_children_and_only_children_are_paediatric():
    child = DRAWN.age < 2
    assert (child == (DRAWN.care_class == PAEDIATRIC)).all()


def test_a_patient_is_in_one_bed_at_a_time_and_keeps_zone_sex_and_payer():
    order = np.lexsort((DRAWN.admitted, DRAWN.patient))
    again = np.diff(DRAWN.patient[order]) == 0
    assert again.sum() > 1000
    assert (DRAWN.discharged[order][:-1][again] < DRAWN.admitted[order][1:][again]).all()
    for attribute in (DRAWN.zone, DRAWN.sex, DRAWN.age, DRAWN.payer):
        assert (np.diff(attribute[order])[again] == 0).all()


def test_payers_have_their_shares():
    shares = np.bincount(DRAWN.payer) / len(DRAWN.payer)
    assert shares == pytest.approx(assumed.PAYER_SHARES, abs=0.02)


def test_the_same_seed_draws_the_same_and_another_does_not():
    assert (stays(1, MADE, 40).admitted == stays(1, MADE, 40).admitted).all()
    assert len(stays(1, MADE, 40).zone) != len(stays(2, MADE, 40).zone)


def test_census_counts_midnights():
    last = day_number(assumed.LAST_DAY)
    nine, noon = 9 * 60, 12 * 60
    # Stay 1: in before the first of three days, out on the second. Stay 2: in on the second,
    # out on the third. Stay 3: in on the third, still there.
    admitted = np.array([last - 9, last - 1, last]) * MINUTES + nine
    discharged = np.array([last - 1, last, last + 4]) * MINUTES + noon
    same = np.zeros(3, dtype=np.int64)
    drawn = Stays(same, same, same + 1, same, same, admitted, discharged, same, same)
    counted = census(MADE, drawn, 3)
    assert counted.shape == (12, 3, 3)
    assert counted[1, 0].tolist() == [1, 1, 1]
    assert counted.sum() == 3
