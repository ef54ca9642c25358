"""Public holidays of the whole of Germany, as a forecaster of its register would name them."""

from datetime import date, timedelta

FIXED = [(1, 1), (5, 1), (10, 3), (12, 24), (12, 25), (12, 26), (12, 31)]
AFTER_EASTER = [-2, 1, 39, 50]


def german_holidays(years: range) -> set[date]:
    """Fixed days, Good Friday, Easter Monday, Ascension Day and Whit Monday."""
    fixed = {date(year, month, day) for year in years for month, day in FIXED}
    moving = {easter(year) + timedelta(days=n) for year in years for n in AFTER_EASTER}
    return fixed | moving


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the rule of Meeus, Jones and Butcher."""
    century, rest = divmod(year, 100)
    golden = year % 19
    leap = century - century // 4 - (8 * century + 13) // 25
    moon = (19 * golden + leap + 15) % 30
    moon -= (moon // 28) * (1 - (moon // 28) * (29 // (moon + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    day = moon - weekday
    month = 3 + (day + 40) // 44
    return date(year, month, day + 28 - 31 * (month // 4))
