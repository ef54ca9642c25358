"""From bytes to text: what is repaired, what is kept aside, what is refused."""

import csv
import io
import tomllib
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from schemas.feed import Feed
from transforms.reading import read_text
from transforms.reading.records import first_names

TOML = r"""
feed = "beds"
publisher = "a test"
patient_data = false
[file]
name = 'beds_(?P<extract>.*)\.csv'
extract_format = "%Y-%m-%d"
max_mb = 3
[source]
names = { id = ["id", "hospital"], note = ["note", "remark"] }
text = ["id", "note"]
number = ["beds"]
unused = ["spare_.*"]
key = ["id"]
[[table]]
name = "institution"
columns = { institution_id = "id", name = "note" }
"""
HEAD = "id,note,beds\n"


def feed(**file):
    contract = tomllib.loads(TOML)
    contract["file"] |= file
    return Feed.model_validate(contract)


def read(text, **file):
    data = text if isinstance(text, bytes) else text.encode()
    return read_text(data, feed(**file))


def refusal(text, **file):
    with pytest.raises(DeliveryRejected) as refused:
        read(text, **file)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
    assert "CANARY" not in str(refused.value)
    return str(refused.value)


def rows(table):
    return table.frame.select("row_number", "id", "note", "beds").rows()


def test_a_plain_file():
    table = read(HEAD + "0071,St Ann,12\n0072,,\n")
    assert rows(table) == [(1, "0071", "St Ann", "12"), (2, "0072", None, None)]
    assert (table.rows_read, table.occurrences, table.bad_rows.height) == (2, [], 0)


def test_columns_may_stand_in_any_order_and_have_other_names():
    table = read("beds,remark,hospital\n12,St Ann,71\n")
    assert rows(table) == [(1, "71", "St Ann", "12")]


def test_quotes_hold_separators_quotes_and_newlines():
    table = read(HEAD + '1,"a, b",2\n2,"say ""hi""",3\n3,"two\nlines",4\n4,x,5\n')
    assert [r[2] for r in rows(table)] == ["a, b", 'say "hi"', "two\nlines", "x"]
    assert [r[0] for r in rows(table)] == [1, 2, 3, 5]
    assert table.rows_read == 4


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\ufeff" + HEAD + "1,a,2\n", Occurrence("byte_order_mark")),
        (HEAD + "1,a,2\r\n", Occurrence("mixed_line_ends")),
        ("id,note,beds\r1,a,2\r\n", Occurrence("mixed_line_ends")),
        ("id,note,beds,\n1,a,2,\n", Occurrence("trailing_separators")),
        (HEAD + "1,a,2,\n", Occurrence("trailing_separators")),
        ("id,note,beds,extra\n1,a,2,x\n", Occurrence("undeclared_column", private="extra")),
        ("id,note,beds,\n1,a,2\n", Occurrence("trailing_separators")),
        ("id,note,beds,,\n1,a,2,, \n", Occurrence("trailing_separators")),
        (
            ",id,note,beds\n0,1,a,2\n",
            Occurrence("undeclared_column", private="(without a name)"),
        ),
    ],
)
def test_repairs_and_drift_are_told(text, told):
    table = read(text)
    assert rows(table) == [(1, "1", "a", "2")]
    assert table.occurrences == [told]


@pytest.mark.parametrize(
    "text", [HEAD.replace("\n", "\r\n") + "1,a,2\r\n", HEAD + "\n1,a,2\n \n\n"]
)
def test_line_ends_of_one_kind_and_blank_lines_need_no_word(text):
    assert read(text).occurrences == []
    assert read(text).rows_read == 1


@pytest.mark.parametrize("line", ["2,b,3,4", "2,b,3", "2,b,", '2,b,3,"4"'])
def test_what_flows_over_into_a_nameless_last_column_makes_a_ragged_row(line):
    table = read(f'id,note,beds,\n1,a,2,\n{line}\n3,c,4,""\n')
    assert [r[0] for r in rows(table)] == [1, 3]
    assert table.bad_rows.rows() == [(2, "(the row)", "wrong_number_of_fields", "row")]


def test_unused_columns_are_not_read_and_not_drift():
    assert read("id,note,beds,spare_1\n1,a,2,9\n").occurrences == []


def test_decomposed_accents_are_composed_in_header_and_cells():
    table = read(HEAD + "1,Orle\u0301ans,2\n")
    assert rows(table)[0][2] == "Orl\u00e9ans"
    assert table.occurrences == [Occurrence("decomposed_accents")]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("2,b", "wrong_number_of_fields"),
        ("2,b,3,4", "wrong_number_of_fields"),
        ("2,b\x00,3", "control_character"),
        ("2,b\x1b[31m,3", "control_character"),
        ("2,b\u0085,3", "control_character"),
        ('2,5" x 6" bed,3', "misplaced_quote"),
        ('2,"b"c,3', "misplaced_quote"),
        ("id,note,beds", "header_repeated"),
    ],
)
def test_a_line_that_cannot_be_read_is_kept_aside_and_the_others_load(line, rule):
    table = read(HEAD + f"1,a,2\n{line}\n3,c,4\n")
    assert [r[0] for r in rows(table)] == [1, 3]
    assert table.bad_rows.rows() == [(2, "(the row)", rule, "row")]
    assert table.rows_read == 3


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ("1,a,2\n2,b,3\n4\n3,c,4\n4,d,5\n", [1, 5]),
        ("1,a,2\n0\n02,b,3\n3,c,4\n", [4]),
        ("1,a,2\n2,b,3\n4\n", [1]),
        ("1,a,2\n2,b,3\n2 rows written\n", [1, 2]),
        ("1,a,2\n2,b,3\nPrinted today\nPage 1\n", [1, 2]),
        ("1,a,2\n2,b\nc,3\n3,d,4\n", [1, 4]),
    ],
)
def test_rows_beside_a_piece_of_a_cell_are_kept_aside_since_it_may_be_theirs(lines, kept):
    assert [r[0] for r in rows(read(HEAD + lines))] == kept


def archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("xl/workbook.xml", "CANARY")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "zero bytes"),
        (b"\n\n", "nothing but blank lines"),
        (HEAD.encode(), "header and no rows"),
        (archive(), "zip archive or an Excel workbook"),
        (b"\x89PNG\r\n\x1a\nCANARY", "PNG image"),
        (b"PAR1CANARY", "Parquet"),
        (b"\x1f\x8b\x08CANARY", "gzip"),
        (b"%PDF-1.7 CANARY", "PDF"),
        (b"  <!DOCTYPE html><html><body>CANARY", "web page"),
        (b"<?xml version='1.0'?><a>CANARY</a>", "XML"),
        (b'[{"id": "CANARY"}]', "JSON"),
        ((HEAD + "1,CANARY,2\n").encode("utf-16"), "UTF-16"),
        ((HEAD + "1,CANARY,2\n").encode("utf-16-le"), "UTF-16"),
        ((HEAD + "1,CANARY \u00e9,2\n").encode("cp1252"), "line 2 is not in utf-8"),
        (b"1,CANARY,2\n2,b,3\n", "lacks the column"),
        (b"id,beds\n1,2\n", "lacks the column note or remark"),
        (b"id,name,beds\n1,CANARY,2\n", "note or remark; the feed does not know its column name"),
        (b"1,CANARY,2\n2,b,3\n", "the feed does not know 3 of its columns"),
        (b"id,note,beds,beds\n1,CANARY,2,3\n", "has twice the column beds"),
        (b"id,hospital,note,beds\n1,1,CANARY,2\n", "has twice the column id"),
        (b"id;note;beds\n1;CANARY;2\n", "separated by ';'"),
        (b"Report of CANARY\nid,note,beds\n1,a,2\n", "header seems to stand in line 2"),
        (HEAD.encode() + b'1,"CANARY,2\n2,b,3\n', "never closed"),
        (HEAD.encode() + b'1,"CANARY,2\n2,"b,3\n4,c,5\n', "line 2 is not closed where it should"),
        (HEAD.encode() + b'1,"a,2\n2,b",3\n', "line 2 is not closed where it should"),
        (b'id,"note,beds\n1,CANARY,2\n', "quote in the header is open at the end of its line"),
        (b'id,"no\nte",beds\n1,CANARY,2\n', "or a column's name holds a line break"),
        (b'id,"note" ,beds\n1,CANARY,2\n', "followed by text or a space before ','"),
        (HEAD.encode() + b"1,CANARY\n2,b\n3,c,4\n", "2 of 3 rows do not have the columns"),
        (HEAD.encode() + b"1,CANARY\x00,2\n" * 3, "hold NUL or control characters"),
        (HEAD.encode() + b"1," + b"CANARY" * 200_000 + b",2\n", "line 2 is longer than 1 MiB"),
        (HEAD.encode() + b"1,CANARY,2\n" * 300_000, "its feed allows 3,000,000"),
        (b"id,note,beds" + b",x" * 3000 + b"\n1,CANARY,2\n", "3,003 columns, the feed allows"),
        (b"id,note,beds,Patient Name\n1,a,2,CANARY\n", "seems to hold a person's name"),
        (b"id,note,beds,date_of_birth\n1,a,2,CANARY\n", "seems to hold a person's name"),
        (b"id,note,beds,national_id\n1,a,2,CANARY\n", "seems to hold a person's name"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_its_feed_says_is_refused(data, reason):
    assert reason in refusal(data)


def test_a_row_is_numbered_by_the_lines_before_it_as_a_spreadsheet_counts():
    table = read("\n" + HEAD + "1,a,2\n\n2,b\n")
    assert (rows(table)[0][0], table.bad_rows["row_number"].to_list()) == (2, [4])


def test_stray_columns_of_people_are_counted_and_not_named():
    contract = feed().model_copy(update={"patient_data": True})
    with pytest.raises(DeliveryRejected) as refused:
        read_text(b"id,remark on Ann,beds\n1,a,2\n", contract)
    _, strays = refused.value.occurrences
    assert strays == Occurrence("stray_columns", count=1)


def test_a_last_line_without_end_may_be_cut_short():
    table = read(HEAD + "1,a,2\n2,b,34")
    assert [r[0] for r in rows(table)] == [1]
    assert table.bad_rows.rows() == [(2, "(the row)", "cut_short", "row")]
    assert table.occurrences == [Occurrence("last_line_without_end")]


def test_a_sender_that_never_ends_the_last_line_is_known_to_its_feed():
    assert read(HEAD + "1,a,2\n2,b,34", unended="load").frame.height == 2


def test_a_feed_may_allow_a_file_without_rows():
    table = read(HEAD, allow_empty=True)
    assert (table.frame.height, table.rows_read) == (0, 0)
    assert table.frame.columns == ["row_number", "id", "note", "beds"]
    assert table.occurrences == []


def test_names_of_the_first_line_are_told_where_it_is_plain():
    assert first_names(b"id,note\n1,a\n", feed()) == ["id", "note"]
    assert first_names(b'id,"note"\n1,a\n', feed()) == []


def test_the_declared_encoding_is_used():
    assert rows(read((HEAD + "1,Doña,2\n").encode("cp1252"), encoding="cp1252"))[0][2] == "Doña"


def test_utf8_sent_for_another_encoding_is_refused_since_it_would_read_as_other_letters():
    assert "the file is in utf-8" in refusal(HEAD + "1,Doña,2\n", encoding="cp1252")


def test_the_declared_dialect_is_used():
    table = read("id|note|beds\n1|'a|b'|2\n", separator="|", quote="'")
    assert rows(table) == [(1, "1", "a|b", "2")]


CELL = st.text(st.sampled_from('ab ,"\n;é'), max_size=6)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(1, 99), CELL, CELL), min_size=1, max_size=8))
def test_what_the_standard_library_writes_is_read_back_or_refused(cells):
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([("id", "note", "beds"), *cells])
    try:
        table = read(buffer.getvalue())
    except DeliveryRejected as refused:
        assert "not closed where it should" in str(refused)
        return
    found = [(int(i), n or "", b or "") for _, i, n, b in rows(table)]
    assert found == [(i, n.strip(), b.strip()) for i, n, b in cells]


@settings(max_examples=150)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_and_every_line_is_counted(data):
    try:
        table = read(HEAD.encode() + data)
    except DeliveryRejected:
        return
    assert table.rows_read == table.frame.height + table.bad_rows["row_number"].n_unique()


@pytest.mark.parametrize("space", [" ", "\t", "\u00a0", "\u2003"])
def test_space_around_a_field_is_no_part_of_it(space):
    assert rows(read(HEAD + f"1,{space}a b{space},2\n")) == [(1, "1", "a b", "2")]


def test_a_large_file_reads_the_same_as_a_small_one():
    lines = "".join(f"{i:05d},n{i},{i % 7}\n" for i in range(100_000))
    table = read(HEAD + lines)
    assert table.frame["id"].to_list() == [f"{i:05d}" for i in range(100_000)]


@pytest.mark.parametrize("mark", ["decimal", "thousands"])
def test_in_quotes_a_separator_may_be_a_mark_of_numbers(mark):
    marks = {"decimal": ",", "thousands": "."} if mark == "decimal" else {"thousands": ","}
    table = read(HEAD + 'A,x,"1,234"\n', **marks)
    assert rows(table) == [(1, "A", "x", "1,234")]
