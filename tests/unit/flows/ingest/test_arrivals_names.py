import pytest

from flows.ingest.arrivals import name_fault, shown


@pytest.mark.parametrize(
    "name",
    ["capacity_2026-02-10.csv", "Krankenhäuser (neu) 2022.csv", "2021/ID_2021r.csv", "a,b+c=d.csv"],
)
def test_names_that_senders_use_are_accepted(name):
    assert name_fault(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "beds\n2026.csv",
        "beds\t.csv",
        "x'); DROP TABLE ops.delivery; --.csv",
        'say "hi".csv',
        "a`b.csv",
        "beds;2026.csv",
        "..csv",
        "../beds.csv",
        "beds..csv",
        "folder/.hidden.csv",
        "back\\slash.csv",
        "pipe|.csv",
        "nul\x00.csv",
        "turned\u202egnp.csv",
        "broken\udcff.csv",
        "<b>.csv",
        "x" * 201,
        "",
    ],
)
def test_names_that_no_file_needs_are_refused(name):
    assert name_fault(name) is not None


def test_a_name_is_shown_without_what_a_terminal_would_obey():
    assert shown("a\n\x1b[2J\udcff\u202eb ä.csv") == "a\\n\\x1b[2J\\udcff\\u202eb ä.csv"
    assert len(shown("x" * 1000)) < 250
