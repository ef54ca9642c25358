"""Has this content come before?"""

from flows.night.ingest.arrivals import Arrival
from flows.night.ingest.record import Account
from flows.warehouse import Connection
from schemas.feed import Feed

SAME = """
    SELECT delivery_id, verdict, rows_read, extract_time,
           delivery_id IN (SELECT delivery_id FROM ops.decision WHERE decision = 'refuse')
    FROM ops.delivery
    WHERE content_sha256 = ? AND feed = ? AND verdict <> 'duplicate'
    ORDER BY received_at, delivery_id
"""


def seen(con: Connection, arrival: Arrival, content_sha256: str) -> Account | None:
    """The verdict on content that came before; null if it is to be read.

    The same content under another extract time is read again: it is what its sender says of that
    time, whatever comes late in between.
    """
    assert arrival.feed is not None
    feed = arrival.feed.feed
    found = con.execute(SAME, [content_sha256, feed]).fetchall()
    for delivery, verdict, rows, extract_time, refused in found:
        same = f"the same bytes as delivery {delivery}, which"
        if verdict == "held":
            return Account("duplicate", f"{same} is held: release or refuse that one", rows)
        if refused:
            return Account("rejected", f"{same} was refused")
        if verdict == "loaded" and extract_time == arrival.extract_time:
            return Account("duplicate", f"{same} is loaded", rows)
    return None


def twin(con: Connection, feed: Feed, content_sha256: str) -> list[str]:
    """A flag, where the same content is loaded under another extract time."""
    found = con.execute(SAME, [content_sha256, feed.feed]).fetchall()
    loaded = [delivery for delivery, verdict, *_ in found if verdict == "loaded"]
    return [f"the same bytes as delivery {loaded[0]}, of another extract time"] if loaded else []
