"""Removing a patient or an institution from every landed file, and what a person must look at."""

from contextlib import suppress
from dataclasses import dataclass, field

from flows.ingest.landing import Delivery, landed_path, read_sidecars
from flows.ingest.leave_out import content_of_landed, erase_landed, redact_landed, sharing
from flows.protect.redact import Redacted, Sought, decoded, plain
from flows.protect.veil import Veil
from flows.store.home import Home, now
from flows.store.night import RegionFiles
from schemas.errors import DeliveryRejected
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
        return [f"{self.rows:,} rows removed from landed files", *self.files, *self.left]

    def note(self, delivery: Delivery, found: Redacted) -> None:
        """Account for one file."""
        self.rows += found.taken
        if found.taken:
            rest = "" if found.left else "; none was left, so the file is removed"
            self.files.append(f"{_called(delivery)}: {found.taken:,} rows removed{rest}")
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
