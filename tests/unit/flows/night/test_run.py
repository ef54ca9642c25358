import resource

import pytest

from flows.night.run import FILES, MEMORY_MB, assert_limits_allow_a_night
from schemas.errors import ConfigRefused

MEMORY = MEMORY_MB << 20


@pytest.mark.parametrize(
    ("files", "memory", "said"),
    [
        (5, resource.RLIM_INFINITY, "may open 5 files at once, a night wants 128.*ulimit -n"),
        (FILES - 1, MEMORY, "ulimit -n"),
        (FILES, MEMORY - 1, "ulimit -v"),
        (1024, 100 << 20, "may address 100 MB, a night wants 3,072.*ulimit -v"),
    ],
)
def test_too_little_is_refused_before_the_night_begins(files, memory, said, monkeypatch):
    limits = {resource.RLIMIT_NOFILE: files, resource.RLIMIT_AS: memory}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (limits[kind], limits[kind]))
    with pytest.raises(ConfigRefused, match=said):
        assert_limits_allow_a_night()


@pytest.mark.parametrize("files", [FILES, 1024, resource.RLIM_INFINITY])
@pytest.mark.parametrize("memory", [MEMORY, resource.RLIM_INFINITY])
def test_enough_is_enough(files, memory, monkeypatch):
    limits = {resource.RLIMIT_NOFILE: files, resource.RLIMIT_AS: memory}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (limits[kind], limits[kind]))
    assert_limits_allow_a_night()
