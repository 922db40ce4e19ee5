"""The one table of outputs, and docs/outputs.md held to it."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from soundtracks.publishing import runs_table, works
from soundtracks.publishing.catalogue import VIEW, Catalogue
from soundtracks.publishing.editions import EDITION_COLUMNS
from soundtracks.publishing.musicbrainz import MUSICBRAINZ_COLUMNS
from soundtracks.publishing.options import Options
from soundtracks.publishing.outputs import OUTPUTS, render

PAGE = (Path(__file__).parents[3] / "docs" / "outputs.md").read_text(encoding="utf-8")
SAMPLES = dict(re.findall(r"<!-- sample (\S+) -->\n```\w*\n(.*?)\n```", PAGE, re.DOTALL))
#: Outputs that carry the notices of TMDB and Discogs; pictures and lists for editors have no place for them.
WITH_NOTICES = ("links.parquet", "links.sqlite", "datasette.json", "soundtracks-by-tmdb-id.json", "links.jsonld")


def test_every_output_is_documented() -> None:
    assert re.findall(r"^## `(.+)`$", PAGE, re.MULTILINE) == [output.name for output in OUTPUTS]
    assert set(SAMPLES) == {output.name for output in OUTPUTS if not output.media_type.startswith("image/")}


def test_samples_have_the_columns_of_the_code() -> None:
    """Renew them with `python docs/make_outputs.py`."""
    assert list(json.loads(SAMPLES["links.parquet"])) == VIEW.names
    assert next(csv.reader([SAMPLES["links.csv"].splitlines()[0]])) == VIEW.names
    assert SAMPLES["editions.csv"].splitlines()[0].split(",") == list(EDITION_COLUMNS)
    assert SAMPLES["musicbrainz.csv"].splitlines()[0].split(",") == list(MUSICBRAINZ_COLUMNS)
    (film,) = json.loads(SAMPLES["soundtracks-by-tmdb-id.json"])["films"].values()
    assert list(film) == ["title", "year", "imdb_id", "wikidata_id", "albums"]
    assert {node["@type"] for node in json.loads(SAMPLES["links.jsonld"])["@graph"]} == {"Movie", "MusicAlbum"}
    assert SAMPLES["wikidata-quickstatements.tsv"].startswith("CREATE\nLAST\tLen\t")


def test_every_column_of_the_history_is_documented() -> None:
    listed = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    assert listed == [(name, text) for name, _, _, text in runs_table.COLUMNS]


def test_what_several_outputs_show_is_worked_out_once(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    usual = works.album_links
    monkeypatch.setattr(works, "album_links", lambda view: asked.append(view.num_rows) or usual(view))
    dict(render(catalogue, Options()))
    assert sorted(asked) == sorted([catalogue.view.num_rows, catalogue.accepted.num_rows])
    made: list[object] = []
    assert catalogue.once(made.append) is catalogue.once(made.append)
    assert made == [catalogue]
    assert replace(catalogue).once(lambda other: other is not catalogue)


@pytest.mark.parametrize("name", MUSICBRAINZ_COLUMNS)
def test_every_column_of_the_list_for_musicbrainz_is_named(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.slow
def test_rendered_twice_the_bytes_are_the_same(catalogue: Catalogue) -> None:
    options = Options.of(accept=0.9, review=0.1)
    assert dict(render(catalogue, options)) == dict(render(catalogue, options))


@pytest.mark.parametrize("name", WITH_NOTICES)
def test_notices(catalogue: Catalogue, name: str) -> None:
    data = next(output for output in OUTPUTS if output.name == name).write(catalogue, Options())
    assert b"Data provided by Discogs." in data
    assert b"not endorsed or certified by TMDB" in data
