"""Forgetting a person or an institution, and making pseudonyms again under a new key."""

from pathlib import Path

from flows import audit_log
from flows.deliveries.leave_out import content_of_landed, erase_landed, redact_landed
from flows.deliveries.rebuild import last_region_file, rebuild
from flows.deliveries.sidecar import Delivery, read_sidecars, write_private
from flows.home import Home, one_night
from flows.night.context import now
from flows.protect.encryption import is_encrypted, key_of, reencrypt_file
from flows.protect.forgotten import Forgotten, as_text, list_file, read_forgotten
from flows.protect.keys import keys_of
from flows.protect.pseudonym import pseudonym
from flows.protect.veil import Veil, veil_of
from flows.regions import RegionFiles, load_region
from schemas.errors import DeliveryRejected


def forget(home: Home, kind: str, code: str, region_file: Path | None) -> list[str]:
    """Leave a person or an institution out of everything kept, and of whatever arrives.

    Landed files lose their rows, the warehouse is made again without them, and a list of pseudonyms
    (``forgotten.json``) keeps them out. Run it again if it was stopped: it goes on.

    Args:
        home: the home.
        kind: ``patient_key`` or ``institution_id``.
        code: the code by which extracts name them.
        region_file: the region's file; else that of the last night.

    Returns:
        What was done, in words.
    """
    with one_night(home, "catchment forget"):
        _enlist(home, Forgotten(kind, pseudonym(keys_of(home).active(), kind, code)))
        files = load_region(region_file or last_region_file(home))
        veil = veil_of(home, files)
        rows = sum(_leave_out(home, d, files, veil, code) for d in read_sidecars(home))
        said = rebuild(home, region_file, plans=False)
        (home.root / "warehouse.before-rebuild.duckdb").unlink(missing_ok=True)
        audit_log.record(home, "forget", kind=kind, rows=str(rows))
    return [
        f"{rows:,} rows taken out of landed files",
        *said,
        "the published file is made without them by the next night; delete backups made before,"
        " and take them out of the folder of extracts",
    ]


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
        write_private(list_file(home.root), as_text([*known, wanted]))


def _leave_out(home: Home, delivery: Delivery, files: RegionFiles, veil: Veil, code: str) -> int:
    """Rows taken out of one landed file; one that cannot be read and holds the code is removed."""
    feed = next((f for f in files.feeds if f.feed == delivery.feed), None)
    if feed is None or not delivery.landed or delivery.erased:
        return 0
    rows = redact_landed(home, delivery, feed, veil)
    if delivery.verdict == "rejected":
        try:
            content = content_of_landed(home, delivery, feed, veil)
        except DeliveryRejected:
            content = code.encode()
        if code.encode() in content:
            erase_landed(home, delivery, now().date())
    return rows
