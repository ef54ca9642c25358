import pytest

from flows.store.ending import unforeseen


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (PermissionError(13, "Permission denied", "/home/canary"), "account that runs the night"),
        (OSError(30, "Read-only file system", "/home/canary"), "account that runs the night"),
        (OSError(28, "No space left on device", "/home/canary"), "make room"),
        (RuntimeError("IO Error: checksum of canary"), "catchment rebuild"),
        (ValueError("canary"), "unforeseen ValueError"),
        (MemoryError("canary"), "unforeseen MemoryError (out of memory: "),
    ],
)
def test_what_helps_is_said_and_no_value(error, advice):
    try:
        raise error
    except Exception as raised:
        said = unforeseen(raised)
    assert advice in said
    assert "test_ending_unforeseen.py" in said
    assert "canary" not in said
