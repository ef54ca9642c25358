"""Has this content come before?"""

from flows.ingest.arrivals import Arrival
from flows.ingest.record import Account
from flows.store.warehouse import Connection
from schemas.feed import Feed

SAME = """
    SELECT delivery_id, verdict, rows_read, extract_time,
           delivery_id IN (SELECT delivery_id FROM ops.decision WHERE decision = 'refuse')
    FROM ops.delivery
    WHERE content_sha256 = ? AND feed = ? AND verdict <> 'duplicate'
    ORDER BY received_at, delivery_id
"""


NEWEST_OF_ITS_NAME = """
    SELECT content_sha256 FROM ops.delivery
    WHERE feed = ? AND file_name = ? AND extract_time = ? AND verdict = 'loaded'
    ORDER BY received_at DESC, delivery_id DESC LIMIT 1
"""


def seen(con: Connection, arrival: Arrival, content_sha256: str) -> Account | None:
    """The verdict on content that came before; null if it is to be read.

    The same content under another extract time is read again: it is what its sender says of that
    time, whatever comes late in between. So is content to which its sender goes back, after other
    content came under the same name.
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
            if _gone_back_to(con, arrival, content_sha256):
                return None
            return Account("duplicate", f"{same} is loaded", rows)
    return None


def _gone_back_to(con: Connection, arrival: Arrival, content_sha256: str) -> bool:
    """Did other content come under this name since?"""
    assert arrival.feed is not None
    asked = [arrival.feed.feed, arrival.name, arrival.extract_time]
    newest = con.execute(NEWEST_OF_ITS_NAME, asked).fetchone()
    return newest is not None and newest[0] != content_sha256


def twin(con: Connection, feed: Feed, content_sha256: str) -> list[str]:
    """A flag, where the same content is loaded under another extract time."""
    found = con.execute(SAME, [content_sha256, feed.feed]).fetchall()
    loaded = [delivery for delivery, verdict, *_ in found if verdict == "loaded"]
    return [f"the same bytes as delivery {loaded[0]}, of another extract time"] if loaded else []
