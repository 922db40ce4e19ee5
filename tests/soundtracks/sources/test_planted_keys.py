"""Keys of every shape, planted in the settings, sought in all that an extraction leaves: logs, answers, rows, errors."""

import json
import logging
from pathlib import Path

import pytest
import zstandard

from sandbox import tmdb
from sandbox.faults import Fault
from sandbox.serve import serving
from sandbox.tmdb import Tmdb as TmdbService
from soundtracks.errors import SourceError
from soundtracks.lake.lake import Lake
from soundtracks.settings import Settings
from soundtracks.sources.batches import fetch_films
from soundtracks.sources.endpoints import access_to
from soundtracks.sources.services import open_source
from soundtracks.sources.tmdb import Title, Tmdb
from tests.rigs.moved_clock import MovedClock

SHAPES = {
    "token": {"tmdb_token": "{}"},
    "short key": {"tmdb_key": "{}"},
    "token with a line break": {"tmdb_token": "{}\r\n"},
    "short key with blanks": {"tmdb_key": "  {}\u200b"},
}


def everything(lake: Lake) -> str:
    texts = []
    for path in Path(lake.url.removeprefix("file://")).rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            texts.append(
                (zstandard.ZstdDecompressor().decompress(data) if path.suffix == ".zst" else data).decode(errors="replace")
            )
            texts.append(str(path))
    return "\n".join(texts)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.slow
def test_no_planted_key_is_found(
    tmdb_service: TmdbService,
    lake: Lake,
    clock: MovedClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    shape: dict[str, str],
) -> None:
    planted = "Pl4nted+Key/of==sorts%25"
    monkeypatch.setattr(tmdb, "TOKEN", planted)
    monkeypatch.setattr(tmdb, "API_KEY", planted)
    caplog.set_level(logging.DEBUG)
    echo = json.dumps({"results": [], "you_sent": [planted, f"?api_key={planted}", "Pl4nted%2BKey%2Fof%3D%3Dsorts%2525"]})
    tmdb_service.faults.add(
        Fault(path="query=Echo", status=200, body=echo),
        Fault(path="query=Bad", status=422, body=echo),
        Fault(path="query=Down", status=503, times=6),
        Fault(path="query=Broken", kind="reset", times=6),
    )
    with serving(tmdb_service) as url:
        settings = Settings(
            _env_file=None, tmdb_base_url=f"{url}/3", extract_circuit=100, **{k: v.format(planted) for k, v in shape.items()}
        )
        with open_source(access_to("tmdb", settings), lake, settings, clock=clock) as source:
            names = ["Blade Runner", "Echo", "Bad", "Down", "Broken"]
            batch = fetch_films([Title(row=row, title=name) for row, name in enumerate(names)], Tmdb(source))
            with pytest.raises(SourceError) as caught:
                source.get("/movie/999999999", {})
    assert batch.rows["tmdb_id"].to_pylist() == ["78"], "the key was taken"
    texts = [everything(lake), caplog.text, repr(batch), repr(settings), repr(source), str(vars(source)), repr(caught.value)]
    texts += [request.url for request in tmdb_service.log.requests]
    assert caplog.records
    assert not [text for text in texts if "Pl4nted" in text]
