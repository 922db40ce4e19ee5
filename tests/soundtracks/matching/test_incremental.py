"""A match that knows earlier ones gives the links of a match from scratch, byte by byte, and scores less."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks.scale.catalogue import make_catalogue
from soundtracks.matching import incremental, match_state
from soundtracks.matching.incremental import group_digests
from soundtracks.matching.index import COMPARED, Statistics
from soundtracks.matching.linking import with_groups
from soundtracks.matching.match_state import FILES, FILM_ROWS, MatchState
from soundtracks.matching.pipeline import KEPT, match_files
from soundtracks.records import ALBUMS as ALBUM_SCHEMA
from soundtracks.records import FILMS as FILM_SCHEMA
from soundtracks.records import conform
from tests.soundtracks.matching.conftest import with_standards

pytestmark = pytest.mark.slow

MADE = make_catalogue(500, 1_500, seed=11)


class Match:
    """Runs matches in one folder and knows how many albums each kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.kept = -1

    def __call__(self, films: pa.Table, albums: pa.Table) -> bytes:
        return self._matched(films, albums, self.state)

    def from_scratch(self, films: pa.Table, albums: pa.Table) -> bytes:
        return self._matched(films, albums, None)

    def _matched(self, films: pa.Table, albums: pa.Table, state: Path | None) -> bytes:
        pq.write_table(films, self.folder / "films")
        pq.write_table(albums, self.folder / "albums")
        paths = [self.folder / name for name in ("films", "albums", "links")]
        match_files(*paths, engine="local", state=state, progress=self._note)
        return paths[2].read_bytes()

    def _note(self, what: str, done: int, _: int) -> None:
        if what == KEPT:
            self.kept = done


@pytest.fixture
def match(tmp_path: Path) -> Match:
    return Match(tmp_path)


def with_value(table: pa.Table, row: int, **values: Any) -> pa.Table:
    for name, value in values.items():
        column = table[name].to_pylist()
        column[row] = value
        table = table.set_column(table.column_names.index(name), table.schema.field(name), pa.array(column, table[name].type))
    return table


FILMS = conform(MADE.films, FILM_SCHEMA)
ALBUMS = conform(with_standards(MADE.albums, MADE.films), ALBUM_SCHEMA)
FEWER = FILMS.slice(0, 450)
#: Of an album, and of a film that is new.
OTHERS_NAME = ALBUMS["title"][20].as_py()
SAID = with_value(ALBUMS, 7, title="Words of no film at all", film_ids=["tt0000003"])
CHANGES = {
    "nothing": (FILMS, ALBUMS, FILMS, ALBUMS),
    "new albums": (FILMS, ALBUMS.slice(0, 1_300), FILMS, ALBUMS),
    "albums gone": (FILMS, ALBUMS, FILMS, ALBUMS.slice(200)),
    "new films": (FEWER, ALBUMS, FILMS, ALBUMS),
    "films gone": (FILMS, ALBUMS, FEWER, ALBUMS),
    "many new films": (FILMS.slice(0, 200), ALBUMS, FILMS, ALBUMS),
    "a film renamed": (FILMS, ALBUMS, with_value(FILMS, 3, title=FILMS["title"][77].as_py()), ALBUMS),
    "a film called like an album": (FILMS, ALBUMS, with_value(FILMS, 3, title=OTHERS_NAME), ALBUMS),
    "a film is no longer listed": (FILMS, ALBUMS, with_value(FILMS, 77, listed=False), ALBUMS),
    "a composer comes": (FILMS, ALBUMS, with_value(FILMS, 3, composers=[ALBUMS["artist"][30].as_py() or "Nino Rota"]), ALBUMS),
    "a film gets the id that an album names": (FILMS, SAID, with_value(FILMS, 9, imdb_id="tt0000003"), SAID),
    "less is told of all films": (FILMS, ALBUMS, FILMS.set_column(5, "composers", pa.nulls(500, pa.list_(pa.string()))), ALBUMS),
    "standards gone": (FILMS, ALBUMS, FILMS, conform(MADE.albums, ALBUM_SCHEMA)),
    "both": (FEWER, ALBUMS.slice(100), FILMS, ALBUMS.slice(0, 1_400)),
    "other order": (FILMS, ALBUMS, FILMS.take(list(range(499, -1, -1))), ALBUMS.take(list(range(len(ALBUMS) - 1, -1, -1)))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_links_are_those_of_a_match_from_scratch(change: str, match: Match) -> None:
    films, albums, films_now, albums_now = CHANGES[change]
    match(films, albums)
    assert match.kept == 0
    scratch = match.from_scratch(films_now, albums_now)
    assert match(films_now, albums_now) == scratch
    # and once more: what was kept is remembered as well as what was linked
    assert match(films_now, albums_now) == scratch
    assert match.kept == len(albums_now)


@pytest.mark.parametrize("seed", range(2))
def test_lists_in_turn_come_out_as_from_scratch_and_are_remembered(seed: int, match: Match) -> None:
    """Drawn lists over one catalogue, as runs of different people: whatever came before, the links are those of no state."""
    draw = np.random.default_rng(seed)
    for _ in range(5):
        films = FILMS.filter(pa.array(draw.random(len(FILMS)) < draw.choice([0.5, 0.95, 1.0])))
        albums = ALBUMS.filter(pa.array(draw.random(len(ALBUMS)) < draw.choice([0.3, 0.9])))
        films = with_value(films, int(draw.integers(len(films))), year=int(draw.integers(1950, 2026)))
        assert match(films, albums) == match.from_scratch(films, albums)


def test_a_list_that_was_matched_before_another_is_remembered(match: Match) -> None:
    first, second = ALBUMS.slice(0, 700), ALBUMS.slice(700)
    match(FILMS, first)
    match(FILMS, second)
    match(FILMS, first)
    assert match.kept == len(first)


def test_earlier_groups_are_remembered_up_to_a_number(match: Match, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incremental, "REMEMBERED", 10)
    match(FILMS, ALBUMS.slice(0, 700))
    match(FILMS, ALBUMS.slice(700))
    state = MatchState.open(match.state)
    assert len(state.groups) == 10 + len(group_digests(with_groups(ALBUMS.slice(700)))[0])
    assert set(state.links["group"].to_pylist()) == set(state.groups["group"].to_pylist())
    assert match(FILMS, ALBUMS) == match.from_scratch(FILMS, ALBUMS)


def test_films_that_nobody_asks_for_any_more_are_forgotten(match: Match) -> None:
    match(FILMS, ALBUMS)
    match(FEWER, ALBUMS)
    match(FEWER, ALBUMS.slice(1))
    assert len(MatchState.open(match.state).films) <= len(FILMS)
    match(FEWER, ALBUMS)
    assert len(MatchState.open(match.state).films) == len(FEWER)


def test_only_what_a_new_film_could_matter_to_is_scored(match: Match) -> None:
    """An album that bears a film's name hangs on the films of its names; one that bears none, on all of them."""
    match(FILMS.slice(1), ALBUMS)
    bears_none = MatchState.open(match.state).groups.filter(pc.field("open"))["group"]
    match(FILMS, ALBUMS)
    grouped = with_groups(ALBUMS)
    left = pc.sum(pc.is_in(grouped["group"], value_set=bears_none.combine_chunks())).as_py()
    assert 0.95 * (len(ALBUMS) - left) < match.kept < len(ALBUMS)


def test_a_changed_album_takes_its_masters_releases_along(match: Match, albums) -> None:
    rows = [{"album_id": f"release:{n}", "title": f"Album {n}", "master_id": "1" if n < 3 else None} for n in range(6)]
    match(FILMS, albums(*rows))
    rows[0]["title"] = "Another"
    match(FILMS, albums(*rows))
    assert match.kept == 3


def test_no_films_and_no_albums(match: Match) -> None:
    for films, albums in ((FILMS.slice(0, 0), ALBUMS), (FILMS, ALBUMS.slice(0, 0)), (FILMS, ALBUMS)):
        assert match(films, albums) == match.from_scratch(films, albums)


def test_a_state_of_other_code_is_none(match: Match, monkeypatch: pytest.MonkeyPatch) -> None:
    match(FILMS, ALBUMS)
    monkeypatch.setattr(match_state, "code_version", lambda: "other")
    assert MatchState.open(match.state) == MatchState()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["gone", "cut", "of another turn"])
def test_a_damaged_state_is_thrown_away(name: str, damage: str, match: Match) -> None:
    albums = ALBUMS.slice(0, 60)
    match(FILMS.slice(0, 50), albums.slice(30))
    file = match.state / name
    before = file.read_bytes()
    match(FILMS.slice(0, 60), albums)
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes({"cut": before[:-9], "of another turn": before}[damage])
    match.kept = -1
    assert match(FILMS.slice(0, 60), albums) == match.from_scratch(FILMS.slice(0, 60), albums)
    assert match.kept == 0


@pytest.mark.parametrize("content", ['{"code": "CODE"}', '{"code": "CODE", "turn": "x", "job": "", "sha256": []}', "7", "{"])
def test_a_manifest_of_another_shape_is_none(content: str, tmp_path: Path) -> None:
    MatchState().save(tmp_path)
    assert json.loads((tmp_path / "match.json").read_text())["turn"] == 0
    (tmp_path / "match.json").write_text(content.replace("CODE", match_state.code_version()))
    assert MatchState.open(tmp_path).turn == 0


def test_the_states_of_two_matches_at_once_are_not_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    films = pa.Table.from_pylist([{"digest": 1, "keys": [1], "since": 2, "until": None}], FILM_ROWS)
    hashed = match_state.sha256_of

    def save_another(path: Path) -> str:
        monkeypatch.setattr(match_state, "sha256_of", hashed)
        MatchState(turn=1).save(tmp_path)
        return hashed(path)

    monkeypatch.setattr(match_state, "sha256_of", save_another)
    MatchState(turn=2, films=films).save(tmp_path)
    found = MatchState.open(tmp_path)
    assert (found.turn, len(found.films)) == (2, 1)


def digests(albums: pa.Table) -> dict[str, int]:
    group, digest = group_digests(with_groups(albums))
    return dict(zip(group.to_pylist(), digest.tolist(), strict=True))


def test_a_groups_digest_sees_rows_that_swap_content(albums) -> None:
    one = {"master_id": "1", "artist": "A"}
    before = digests(albums(one | {"title": "X"}, one | {"title": "Y"}))
    assert digests(albums(one | {"title": "Y"}, one | {"title": "X"})) != before
    assert digests(albums(one | {"title": "X"}, one | {"title": "Y"})) == before


@pytest.mark.parametrize(
    ("one", "other"),
    [(None, []), ([], [""]), (["a", None], None), (["a", "b"], ["b", "a"]), (["a b"], ["a", "b"]), (["a"], ["a", ""])],
)
def test_a_groups_digest_sees_what_a_list_holds(albums, one: list[str] | None, other: list[str] | None) -> None:
    assert digests(albums({"styles": one})) != digests(albums({"styles": other}))


def test_what_links_hang_on_beside_films_and_albums_is_all_looked_at() -> None:
    """Whoever counts something more over a whole job says in incremental.py when links no longer hold because of it."""
    counted = {field.name for field in dataclasses.fields(Statistics)}
    of_all_films = {"names", "frequency"}  # a group that looks for what resembles its names stands only while no film changes
    assert counted == of_all_films | {"coverage", "composers", "standards"}
    of_each_film = {"f_facts", "f_entered"}  # counted over all films, as far as it says anything of one: part of its digest
    assert {name for name in COMPARED if name.startswith("f_")} == of_each_film | {"f_composers", "f_aliases", "f_cast"}
