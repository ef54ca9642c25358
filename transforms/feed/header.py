"""A file's column names against its feed."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from schemas.feed import Feed
from schemas.feed.expression import columns_of
from schemas.feed.source import GIVEN, fits, is_plain

_BREAKS = re.compile(
    r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])"
)
_PERSON = (
    r"(?:pat|patient(?:e|en|in|s)?|paciente|paziente|pazienti|person(?:en)?|persona|assuree?"
    r"|asegurad[oa]|assistit[oa]|assicurat[oa]|beneficiaire|beneficiary|insured|subscriber"
    r"|guarantor|guardian|mother|father|(?:kranken)?versicherten?)"
)
# Of one person: of several, a number before them counts them.
_ONE = (
    r"(?:pat|patient|patiente|patientin|paciente|paziente|assuree?|asegurad[oa]|assistit[oa]"
    r"|assicurat[oa]|beneficiaire|beneficiary|subscriber)"
)
_SEVERAL = r"(?:patients|pazienti)"
_OF = r"(?: ?(?:of|the|de|des|der|du|del|della|dell|di|la|le|l|d|s)){0,3}"
_NAME = r"(?:names?|nom|nome|namen)"
_LONG = r"nr|num|numero|number|nummer|ids?|identifier|identifiant|identificativo"
_NUMBER = rf"(?:n|no|{_LONG})"
_ITS_NUMBER = rf"(?: ?(?:{_LONG})| n| no)"
_ADDRESS = r"(?:address|adresse|anschrift|indirizzo|direccion|domicil\w*|wohnort|strasse)"
_CARD = (
    r"securite sociale|seguridad social|previdenza sociale|tarjeta sanitaria|tessera sanitaria"
    r"|carte vitale|(?:personal)?ausweis|reisepass"
)
_INSURANCE = (
    r"(?:sv|(?:kranken|sozial|renten|unfall)?versicher(?:ten|ungs?)|krankenkassen?"
    rf"|medicare|medicaid|steuer|fiscal|taxpayer|tax|{_CARD})"
)
_OF_A_PERSON = (
    rf"\b{_PERSON}{_OF} ?{_NAME}\b",
    rf"\b{_NAME}{_OF} ?{_PERSON}\b",
    rf"\bnombre{_OF} ?(?:paciente|asegurad[oa]|persona|beneficiari[oa]|titular)\b",
    rf"(?<!\bin )(?<!\bout )(?<!\bday )\b(?!{_SEVERAL}){_PERSON}{_ITS_NUMBER}\b",
    rf"\b{_NUMBER}{_OF} ?{_ONE}$",
    rf"\b{_PERSON}{_OF} ?{_ADDRESS}\b",
    rf"\b{_ADDRESS}{_OF} ?{_PERSON}\b",
    r"\b(?:sur|last|first|fore|middle|family|given|maiden|familien|ruf|zu|maed?chen|madchen)"
    r" ?names?\b",
    rf"\bnom{_OF} ?(?:famille|usage|usuel|jeune fille|marital)\b",
    r"\b(?:apellidos?|cognom[ei])\b|vorname|nachname|prenom",
    r"birth|geburt|naissance|\b(?:nacimiento|nascita)\b|(?:fecha|data) ?(?:nacimiento|nascita)",
    r"\bvers ?(?:nr|nummer)\b|\bgeb ?(?:dat|datum|tag|am|jahr|name)\b|\b(?:dob|ddn)\b",
    rf"\b{_INSURANCE}(?: ?ident(?:ifikations|ification)?)?{_ITS_NUMBER}(?: ?nr)?\b",
    rf"\b{_NUMBER}{_OF} ?(?:{_CARD})\b",
    r"social ?security|national ?id|insurance ?n|passport|\bpasaporte\b|\bpassaporto\b",
    r"\bcod(?:ice)? ?(?:fiscale|fisc)\b|\bhistoria clinica\b",
    r"\b(?:ssn|nhs|nir|ahvn?|n?avs|mrn|svnr|kvnr|dni|nie|nss|nhc|ipp|mbi|hicn)\b",
    r"phone|telefon|\be mail|email|\bcourriel\b|\bcorreo\b",
)
_ANY = re.compile("|".join(_OF_A_PERSON))


def names_a_person(column: str) -> bool:
    """Does the column of this name seem to hold what tells who a person is?"""
    return _ANY.search(_words(column)) is not None


def _words(column: str) -> str:
    """Its words in lower case, without accents, one space between them: Geb.-Dat. is geb dat."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", column) if not unicodedata.combining(c)
    )
    return " ".join(re.findall(r"[^\W_]+", _BREAKS.sub(" ", plain).casefold()))


MOST_NAMED = 20


@dataclass(frozen=True)
class Header:
    """Where our columns stand in a file.

    ``names`` maps our name to the file's; ``drift`` are columns that the feed does not know;
    ``absent`` are optional columns that the file lacks.
    """

    names: dict[str, str]
    drift: list[str]
    absent: list[str]


def clean_name(name: str) -> str:
    """A column name as it is compared: accents composed, no space around it."""
    return unicodedata.normalize("NFC", name).strip()


def read_header(feed: Feed, names: Sequence[str]) -> Header:
    """Find the feed's columns among ``names`` (as ``clean_name`` gives them).

    Raises:
        DeliveryRejected: naming our columns that are missing or that stand there twice, or if an
            undeclared column seems to hold a person's name, birth date or number.
    """
    ours = {alias: our for our in feed.source.names for alias in feed.source.aliases(our)}
    found: dict[str, list[str]] = {}
    drift = []
    for name in names:
        our = ours.get(name, name)
        if feed.source.kind(our) is not None:
            found.setdefault(our, []).append(name)
        elif not fits(feed.source.unused, name):
            drift.append(name)
    missing, absent = _not_found(feed, list(found))
    doubled = [our for our, theirs in found.items() if len(theirs) > 1]
    _refuse(feed, missing, doubled, len(found), drift)
    return Header({our: theirs[0] for our, theirs in found.items()}, drift, absent)


def rename(feed: Feed, text: pl.DataFrame) -> pl.DataFrame:
    """The feed's columns by our names, and row_number; absent optional ones are null.

    Raises:
        DeliveryRejected: as ``read_header``.
    """
    header = read_header(feed, [c for c in text.columns if c != "row_number"])
    return text.select(
        pl.col("row_number").cast(pl.Int64),
        *(pl.col(theirs).alias(our) for our, theirs in header.names.items()),
        *(pl.lit(None, pl.String).alias(our) for our in header.absent),
    )


def _refuse(
    feed: Feed, missing: list[str], doubled: list[str], found: int, drift: list[str]
) -> None:
    if missing:
        lacking = ", ".join(_with_aliases(feed, missing))
        raise DeliveryRejected("columns_missing", *_strays(feed, found, drift), detail=lacking)
    if doubled:
        raise DeliveryRejected("columns_twice", detail=", ".join(doubled))
    sensitive = [name for name in drift if names_a_person(name)]
    if sensitive:
        raise DeliveryRejected("names_persons", count=len(sensitive))


def _strays(feed: Feed, found: int, drift: list[str]) -> list[Occurrence]:
    """Columns that the feed does not know: one of them may be the one that it lacks.

    They are named where the line is a header beyond doubt, and no row of people: a first line of
    data would be told otherwise.
    """
    if not drift or feed.patient_data or not found:
        return [Occurrence("stray_columns", count=len(drift))] if drift else []
    return [Occurrence("stray_column", private=shown_name(name)) for name in drift[:MOST_NAMED]]


def shown_name(name: str) -> str:
    """A column's name as it is shown."""
    return name[:60] or "(without a name)"


def _with_aliases(feed: Feed, columns: list[str]) -> list[str]:
    return [" or ".join(feed.source.aliases(column)) for column in columns]


def _not_found(feed: Feed, found: list[str]) -> tuple[list[str], list[str]]:
    asked = dict.fromkeys([*feed.source.required(), *_named(feed)])
    lacking = [c for c in asked if c not in found]
    optional = [c for c in lacking if fits(feed.source.optional, c)]
    patterns = [p for t in feed.table if t.unpivot for p in t.unpivot.columns if not is_plain(p)]
    unmatched = [p for p in patterns if not any(fits([p], c) for c in found)]
    return [c for c in lacking if c not in optional] + unmatched, optional


def _named(feed: Feed) -> Iterator[str]:
    """Source columns that the feed names outside its lists of types."""
    for table in feed.table:
        own = {*GIVEN, *feed.derive}
        if table.unpivot:
            own |= {table.unpivot.name, table.unpivot.value}
            yield from (c for c in table.unpivot.columns if is_plain(c) and c not in own)
        for expression in feed.expressions_of(table):
            yield from (c for c in columns_of(expression) if c not in own)
    for expression in [*feed.derive.values(), *([feed.where] if feed.where else [])]:
        yield from (c for c in columns_of(expression) if c not in {*GIVEN, *feed.derive})
    yield from (c for c in feed.source.key if c not in {*GIVEN, *feed.derive})
    yield from (c for c in feed.source.optional if is_plain(c) and feed.source.kind(c))
