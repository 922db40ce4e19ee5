"""`soundtracks demo` works on the lake of the stack that it has started, whatever was read before."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from soundtracks.cli import demo as demo_module
from soundtracks.cli import stack, up
from soundtracks.lake.lake import Lake
from soundtracks.settings import get_settings


def test_titles_are_dropped_into_the_stacks_own_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = SimpleNamespace(api_url="", env={"SOUNDTRACKS_LAKE_URL": str(tmp_path / "sample-lake")})
    lakes: list[str] = []
    monkeypatch.setattr(os, "environ", {n: v for n, v in os.environ.items() if n != "SOUNDTRACKS_LAKE_URL"})
    monkeypatch.setattr(stack.Stack, "load", lambda: started)
    monkeypatch.setattr(stack, "stop", list)
    monkeypatch.setattr(up, "up", lambda sample: get_settings())  # as the start of the stack does
    monkeypatch.setattr(demo_module, "_run_and_show", lambda *_: lakes.append(Lake.from_settings().url))
    get_settings.cache_clear()
    try:
        demo_module.demo(keep=False)
    finally:
        get_settings.cache_clear()
    assert lakes == [Lake(str(tmp_path / "sample-lake")).url]
