"""The units of columns and feeds: every number has one of them."""

_UNITS = """
    1; admissions/day; beds; bytes; cells; columns; currency; currency/day;
    currency/km; currency/patient; currency/unit; currency/unit-day; currency/unit-km;
    currency/weighted admission; days; degrees; FTE; km; minutes; non-zeros; patient-days;
    patient-days/day; patients; patients/day; patients/day or units; per 100,000 people; periods;
    persons; points;
    points/patient-day; points/unit-day; points/year; rows; seconds; share;
    unit-days; units; units/patient; visits; weighted admissions/day; year
"""
UNITS = frozenset(" ".join(unit.split()) for unit in _UNITS.split(";"))
