"""A publication whose process is killed between two of its steps: the catalogue is as before or as after, and the next goes on."""

import os
from pathlib import Path
from typing import Any

import pytest

from soundtracks.lake.lake import Lake
from soundtracks.publishing import publish as publishing
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.catalogue_tables import CatalogueTables
from soundtracks.publishing.publish import FILES, publish
from tests.rigs.killed import kill_at_each_step

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

#: Stand in for the outputs, whose making takes longer than all else: their writing is what is killed.
RENDERED = (("links.csv", b"all"), ("report.json", b"{}"))


def publish_rendered(lake: Path, catalogue: Catalogue) -> None:
    publishing.render = lambda *_: iter(RENDERED)  # in a process that ends after it
    publish(Lake(str(lake)), "r2", catalogue)


def held(lake: Lake) -> list[dict[str, Any]]:
    return CatalogueTables(lake).catalogue().view.to_pylist()


def test_killed_between_any_two_steps(catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(publishing, "render", lambda *_: iter(RENDERED))
    every = Catalogue(catalogue.films, catalogue.albums, catalogue.links)
    template, whole, killed = (tmp_path / name for name in ("template", "whole", "killed"))
    killed.mkdir()
    for lake, runs in ((template, ("r1",)), (whole, ("r1", "r2"))):
        publish(Lake(str(lake)), "r1", Catalogue(catalogue.films, catalogue.albums, catalogue.links.slice(0, 2)))
        if "r2" in runs:
            publish(Lake(str(lake)), "r2", every)
    before, after = held(Lake(str(template))), held(Lake(str(whole)))
    assert before != after
    left = kill_at_each_step(publish_rendered, every, template, killed)
    assert len(left) >= 2 * (len(RENDERED) + 1) + 2 * 3  # files and their names; films, albums, links, from both sides
    seen = []
    for folder in left:
        lake = Lake(str(folder))
        seen.append(held(lake))
        publish(lake, "r2", every)
        assert held(lake) == after, folder.name
        assert {entry.name for entry in lake.list("runs/r2")} == {f"runs/r2/{name}" for name in (*dict(RENDERED), FILES)}
    changed = seen.index(after)
    assert seen == [before] * changed + [after] * (len(seen) - changed)
    assert changed > 2 * (len(RENDERED) + 1)
