"""Rows and cells at fault: the row or the cell goes, the others load, nothing is silently wrong."""

import random

import pytest

VARIANTS = range(6)
ID, DAY, NOTE, BEDS, USED = range(5)


def _write(delivery, column, written):
    """One cell is written otherwise; the truth stays."""
    row = delivery.row()
    kept, row[column] = row[column], written(row[column]) if callable(written) else written
    text = delivery.text()
    row[column] = kept
    return text


def _all(delivery, column, written):
    kept = [row[column] for row in delivery.rows]
    for row in delivery.rows:
        row[column] = written(row[column])
    text = delivery.text()
    for row, value in zip(delivery.rows, kept, strict=True):
        row[column] = value
    return text


def _true(delivery, column, value):
    """One cell truly is ``value``."""
    delivery.row()[column] = value
    return delivery.text()


def _copies(delivery, count):
    return delivery.text() + "".join(",".join(delivery.row()) + "\n" for _ in range(count))


def _contradicted(delivery, column, value):
    row = delivery.row()
    other = [*row[:column], value, *row[column + 1 :]]
    delivery.rows.remove(row)
    return delivery.text() + ",".join(row) + "\n" + ",".join(other) + "\n"


def _far_down(delivery):
    """The type changes in the last rows."""
    for row in delivery.rows[-5:]:
        row[BEDS] = f"{row[BEDS]} beds"
    text = delivery.text()
    for row in delivery.rows[-5:]:
        row[BEDS] = row[BEDS].split()[0]
    return text


def _day(row_day, form):
    year, month, day = row_day.split("-")
    return form.format(y=year, yy=year[2:], m=month, d=day)


def _without_zeros(delivery):
    """Ids as a spreadsheet would write them."""
    return _all(delivery, ID, lambda value: str(int(value)))


def _strangers(delivery):
    return _all(delivery, ID, lambda value: f"9{value[1:]}")


NOT_NUMBERS = ["twelve", "12 beds", "85%", "1 234", "1\u00a0234", "#REF!"]
SPECIAL = ["NaN", "inf", "-inf", "Infinity", "nan", "+inf"]
MARKERS = ["-", "*", "?", "n/a", "null", "."]
OTHER_DAYS = ["{d}.{m}.{y}", "{d}/{m}/{y}", "{m}/{d}/{y}", "{y}{m}{d}", "{y}/{m}/{d}", "{y}-{m}"]
NO_DAYS = ["2026-02-30", "2026-13-01", "0000-00-00", "2026-00-10", "soon", "2026-02-01T00:00"]
OTHER_DIGITS = [{48 + i: zero + i for i in range(10)} for zero in (0x660, 0x6F0)]
KINDS = {
    "marker declared": ("loaded", lambda d, n: _true(d, 3 + n % 2, "NA")),
    "cell empty": ("loaded", lambda d, n: _true(d, 3 + n % 2, "")),
    "marker not declared": ("nulled", lambda d, n: _write(d, BEDS, MARKERS[n])),
    "no number": ("nulled", lambda d, n: _write(d, 3 + n % 2, NOT_NUMBERS[n])),
    "not finite": ("nulled", lambda d, n: _write(d, USED, SPECIAL[n])),
    "beyond all reason": ("nulled", lambda d, n: _write(d, USED, f"{1 + n}e{300 + n}")),
    "negative": ("nulled", lambda d, n: _write(d, 3 + n % 2, f"-{n + 1}")),
    "decimal comma": ("nulled", lambda d, n: _write(d, USED, f'"{n},5"')),
    "thousands separator": ("nulled", lambda d, n: _write(d, BEDS, f'"{n + 1},234"')),
    "decimal comma in every cell": (
        "rejected",
        lambda d, n: _all(d, USED, lambda v: '"' + f"{float(v):.{n + 1}f}".replace(".", ",") + '"'),
    ),
    "a column of words": ("rejected", lambda d, n: _all(d, BEDS, lambda v: f"b{n}")),
    "other digits": (
        "nulled",
        lambda d, n: _write(d, BEDS, lambda v: v.translate(OTHER_DIGITS[n % 2])),
    ),
    "a formula": ("nulled", lambda d, n: _write(d, BEDS, f"=1+{n}")),
    "hexadecimal": ("nulled", lambda d, n: _write(d, BEDS, f"0x{n + 16:x}")),
    "letter for a digit": ("nulled", lambda d, n: _write(d, BEDS, f"{n + 1}O")),
    "two points": ("nulled", lambda d, n: _write(d, USED, f"1.{n}.5")),
    "a type that changes far down": ("nulled", lambda d, n: _far_down(d)),
    "in use far above in service": ("nulled", lambda d, n: _write(d, USED, str(481 + n * 1000))),
    "in use a little above in service": (
        "flagged", lambda d, n: _true_use(d, 1.01 + n * 0.03),
    ),
    "nothing in service, some in use": ("nulled", lambda d, n: _closed(d, n + 1)),
    "day of another format": (
        "quarantined", lambda d, n: _write(d, DAY, lambda v: _day(v, OTHER_DAYS[n])),
    ),
    "every day of another format": (
        "rejected", lambda d, n: _all(d, DAY, lambda v: _day(v, OTHER_DAYS[n])),
    ),
    "no such day": ("quarantined", lambda d, n: _write(d, DAY, NO_DAYS[n])),
    "two-digit year": (
        "quarantined", lambda d, n: _write(d, DAY, lambda v: _day(v, "{yy}-{m}-{d}")),
    ),
    "a day of another age": ("quarantined", lambda d, n: _write(d, DAY, f"{1 + n}026-02-01")),
    "a day in the future": ("quarantined", lambda d, n: _write(d, DAY, f"2026-02-{11 + n}")),
    "key empty": ("quarantined", lambda d, n: _write(d, n % 2, "")),
    "key a marker": ("quarantined", lambda d, n: _write(d, n % 2, "NA")),
    "unknown institution": ("quarantined", lambda d, n: _write(d, ID, f"0009{n}")),
    "another region's file": ("rejected", lambda d, n: _strangers(d)),
    "overlong id": ("quarantined", lambda d, n: _write(d, ID, "9" * (129 + n))),
    "markup for an id": ("quarantined", lambda d, n: _write(d, ID, f"<b>{n}</b>")),
    "sql for an id": ("quarantined", lambda d, n: _write(d, ID, f"' OR {n}={n} --")),
    "ids without their zeros": ("flagged", lambda d, n: _without_zeros(d)),
    "one id without its zeros": ("flagged", lambda d, n: _write(d, ID, lambda v: str(int(v)))),
    "an id as a decimal": ("quarantined", lambda d, n: _write(d, ID, lambda v: f"{int(v)}.0")),
    "an id in powers of ten": ("quarantined", lambda d, n: _write(d, ID, f"{n + 1}E+04")),
    "the same row twice": ("duplicate", lambda d, n: _copies(d, n + 1)),
    "the same file twice in one": (
        "quarantined", lambda d, n: d.text() * 2,
    ),
    "one key with two contents": (
        "quarantined", lambda d, n: _contradicted(d, BEDS + n % 2, str(500 + n)),
    ),
    "one row far too long ago": ("quarantined", lambda d, n: _write(d, DAY, f"1{n}99-01-01")),
}  # fmt: skip


def _true_use(delivery, factor):
    row = delivery.row()
    row[BEDS], row[USED] = "100", f"{100 * factor:.1f}"
    return delivery.text()


def _closed(delivery, used):
    row = delivery.row()
    row[BEDS] = "0"
    kept, row[USED] = row[USED], str(used)
    text = delivery.text()
    row[USED] = kept
    return text


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_row_or_cell_at_fault_is_met_as_it_should_be(kind, variant, judge, tally, delivery_of):
    allowed, make = KINDS[kind]
    delivery = delivery_of(random.Random(f"{kind} {variant}"))
    data = make(delivery, variant).encode()
    assert judge(kind, data, delivery.rows) == allowed, tally.silently_wrong[-1:]


@pytest.mark.parametrize(
    ("column", "value"), [(ID, "00099"), (DAY, "2026-01-01"), (NOTE, "x"), (BEDS, "7"), (USED, "")]
)
def test_the_judge_sees_a_value_that_is_not_true(column, value, judge, delivery_of):
    delivery = delivery_of(random.Random(column))
    data = delivery.text().encode()
    if value == "":
        delivery.rows[3][USED], data = "1", _write(delivery, USED, "NA").encode()
        delivery.rows.append(["00001", "2026-02-06", "Haus 1", "5", "5"])
    else:
        for row in [r for r in delivery.rows if r[ID] == delivery.rows[3][ID]]:
            row[column] = value
    assert judge("planted", data, delivery.rows, planted=True) == "silently wrong"
