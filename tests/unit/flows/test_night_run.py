import resource

import pytest

from flows.night import run
from schemas.errors import ConfigRefused


@pytest.mark.parametrize("most", [5, run.FEWEST_FILES - 1])
def test_too_few_open_files_are_refused_before_the_night_begins(most, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (most, most))
    with pytest.raises(ConfigRefused, match="ulimit"):
        run._enough_files()


@pytest.mark.parametrize("most", [run.FEWEST_FILES, 1024, resource.RLIM_INFINITY])
def test_enough_open_files_are_enough(most, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (most, most))
    run._enough_files()
