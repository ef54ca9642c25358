"""Forgetting a person or an institution, and making pseudonyms again under a new key."""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from flows.clerk.rebuild import last_region_file, rebuild
from flows.ingest.landing import Delivery, landed_path, read_sidecars
from flows.ingest.leave_out import content_of_landed, erase_landed, redact_landed, sharing
from flows.protect.keys import is_encrypted, key_of, keys_of, pseudonym, reencrypt_file
from flows.protect.redact import Redacted, Sought, decoded, plain
from flows.protect.veil import (
    INSTITUTION,
    PERSON,
    Forgotten,
    Veil,
    as_text,
    list_file,
    read_forgotten,
    veil_of,
)
from flows.store import audit_log
from flows.store.files import write_text
from flows.store.home import Home, now, one_night
from flows.store.night import RegionFiles, load_region
from flows.store.warehouse import opened, transaction
from schemas.errors import DeliveryRejected
from schemas.events import EVENTS, Count
from schemas.feed import Feed
from transforms.reading import read_text
from transforms.reading.content import refuse_other_kinds


@dataclass
class Done:
    """Rows removed from landed files, and what is to be said of each file."""

    rows: int = 0
    files: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def words(self) -> list[str]:
        """What was done in words, the number of rows first."""
        return [f"{Count(self.rows):row|rows} removed from landed files", *self.files, *self.left]

    def note(self, delivery: Delivery, found: Redacted) -> None:
        """Account for one file."""
        self.rows += found.taken
        if found.taken:
            rest = "" if found.left else "; none was left, so the file is removed"
            self.files.append(f"{_called(delivery)}: {Count(found.taken):row|rows} removed{rest}")
        if found.elsewhere:
            self.left.append(
                f"{_called(delivery)}: {found.elsewhere:,} rows hold the code in a column that"
                " is not theirs and were kept: look at them"
            )


def out_of_landed(
    home: Home, files: RegionFiles, veil: Veil, code: str, sought: Sought | None
) -> Done:
    """Remove them from all landed files.

    A file that was not loaded and cannot be split into records is removed whole if it is not text,
    or is text that holds the code. So is a file that belongs to no delivery.
    """
    done = Done()
    for delivery in read_sidecars(home):
        if not delivery.landed or not landed_path(home, delivery).is_file():
            continue
        feed = next((f for f in files.feeds if f.feed == delivery.feed), None)
        if feed is None:
            done.left.append(f"{_called(delivery)}: its feed is not of this region; not searched")
        elif _is_to_go(home, delivery, feed, veil, code):
            erase_landed(home, delivery, now().date())
            done.files.append(f"{_called(delivery)}: cannot be read; the whole file is removed")
        elif found := redact_landed(home, delivery, feed, veil, sought):
            done.note(delivery, found)
        else:
            done.left.append(f"{_called(delivery)}: its feed cannot read it; not searched")
    strays = _strays(home)
    if strays:
        done.files.append(f"{strays} landed files that belong to no delivery removed")
    return done


def _called(delivery: Delivery) -> str:
    return f"{delivery.file_name} ({delivery.delivery_id}, {delivery.verdict})"


def _is_to_go(home: Home, delivery: Delivery, feed: Feed, veil: Veil, code: str) -> bool:
    """Can the file not be split into records, and may it hold the code?"""
    if any(each.verdict in ("loaded", "held") for each in sharing(home, delivery)):
        return False
    try:
        content = content_of_landed(home, delivery, feed, veil)
    except DeliveryRejected:
        return True
    with suppress(DeliveryRejected):
        read_text(content, feed)
        return False
    try:
        refuse_other_kinds(content)
        return code in plain(decoded(content, feed)[0])
    except (DeliveryRejected, UnicodeDecodeError):
        return True


def _strays(home: Home) -> int:
    """Remove landed files that belong to no delivery: refused before they had one, or cut off."""
    known = {d.sha256 for d in read_sidecars(home)}
    files = [p for p in home.landing.glob("??/*") if p.suffix != ".json" and p.is_file()]
    strays = [p for p in files if p.name not in known]
    for path in strays:
        path.unlink()
    return len(strays)


def forget(home: Home, kind: str, code: str, region_file: Path | None) -> list[str]:
    """Remove a patient or an institution from all that is kept and all that will arrive.

    Landed files lose their rows, the warehouse is made again without them, and a list of pseudonyms
    (``forgotten.json``) keeps them out. Run it again if it was stopped: it goes on.

    Args:
        home: the home.
        kind: ``patient_key`` or ``institution_id``.
        code: the code by which extracts name them.
        region_file: the region's file; else that of the last night.

    Returns:
        What was done and what is left to do, in words.
    """
    code = plain(code)
    with one_night(home, "catchment forget"):
        _enlist(home, Forgotten(kind, pseudonym(keys_of(home).active(), kind, code)))
        files = load_region(region_file or last_region_file(home))
        veil = veil_of(home, files)
        alone = kind == PERSON and not (code.isdigit() or code in _codes(home, veil))
        sought = Sought(code, alone) if kind == PERSON else None
        done = out_of_landed(home, files, veil, code, sought)
        said = rebuild(home, region_file, plans=False)
        (home.root / "warehouse.before-rebuild.duckdb").unlink(missing_ok=True)
        if kind == INSTITUTION:
            _out_of_findings(home, code)
        audit_log.record(home, "forget", kind=kind, rows=str(done.rows))
    return [*done.words(), *said, *_left_to_do(kind)]


def rotate(home: Home, region_file: Path | None) -> list[str]:
    """Make a new key, encrypt landed files with it, and make the warehouse's pseudonyms again.

    Earlier keys stay: they open earlier backups. Run `catchment rebuild` if it was stopped.
    """
    with one_night(home, "catchment key rotate"):
        keys = keys_of(home)
        old, new = keys.active(), keys.rotate()
        files = [p for p in sorted(home.landing.glob("??/*")) if p.suffix != ".json"]
        sealed = [p for p in files if is_encrypted(p) and key_of(p) != new.key_id]
        for path in sealed:
            reencrypt_file(path, keys)
        audit_log.record(home, "key rotated", before=old.key_id, now=new.key_id)
        said = rebuild(home, region_file, plans=False) if read_sidecars(home) else []
    return [f"key {new.key_id} in {keys.folder}; {len(sealed)} files encrypted again", *said]


def _enlist(home: Home, wanted: Forgotten) -> None:
    known = read_forgotten(home.root)
    if wanted not in known:
        write_text(list_file(home.root), as_text([*known, wanted]))


def _codes(home: Home, veil: Veil) -> frozenset[str]:
    """Codes of the region, which may be in any record."""
    own = frozenset(code for codes in veil.codes.values() for code in codes)
    if not home.warehouse.is_file():
        return own
    with suppress(duckdb.Error), opened(home) as con:
        found = con.execute(
            "SELECT institution_id FROM history.institution UNION SELECT zone_id FROM history.zone"
            " UNION SELECT zone_id FROM history.institution"
        ).fetchall()
        return own | {code for (code,) in found if code}
    return own


def _out_of_findings(home: Home, code: str) -> None:
    """Earlier nights' findings, scores and alerts of institutions that are no longer there."""
    gone = "(subject = ? OR subject NOT IN (SELECT institution_id FROM history.institution))"
    rules = [event.code for event in EVENTS if event.subject == "institution"]
    with opened(home) as con, transaction(con):
        con.execute(
            f"DELETE FROM ops.alert WHERE {gone} AND (subject = ? OR list_contains(?, rule))",
            [code, code, rules],
        )
        for table in ("quality", "quality_score"):
            con.execute(
                f"DELETE FROM ops.{table} WHERE subject_kind = 'institution' AND {gone}", [code]
            )


def _left_to_do(kind: str) -> list[str]:
    kept = (
        "the kept nights hold no patients: nothing needs to be done there"
        if kind == PERSON
        else "the last 14 nights, which are kept, name it until later nights replace them"
    )
    return [
        "the next night publishes without them; delete the backups made before now, and remove"
        " them from the files in the folder of extracts",
        kept,
    ]
