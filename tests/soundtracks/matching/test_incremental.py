import dataclasses
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks.scale.catalogue import make_catalogue
from soundtracks.matching import incremental
from soundtracks.matching.incremental import Earlier, group_digests
from soundtracks.matching.linking import with_groups
from soundtracks.matching.pipeline import match_files
from tests.soundtracks.matching.conftest import with_standards

pytestmark = pytest.mark.slow

MADE = make_catalogue(500, 1_500, seed=11)


class Match:
    """Runs matches in one folder and knows how many albums each kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.kept = -1

    def __call__(self, films: pa.Table, albums: pa.Table, state: Path | None = None) -> bytes:
        pq.write_table(films, self.folder / "films")
        pq.write_table(albums, self.folder / "albums")
        paths = [self.folder / name for name in ("films", "albums", "links")]
        match_files(*paths, engine="local", state=state or self.state, progress=self._note)
        return paths[2].read_bytes()

    def _note(self, what: str, done: int, _: int) -> None:
        if what == "Kept from the match before":
            self.kept = done

    def full(self, films: pa.Table, albums: pa.Table) -> bytes:
        """A full match with the statistics of the last one: nothing is kept, since no group is known."""
        earlier = Earlier.open(self.state)
        assert earlier is not None
        state = self.folder / "forgetful"
        dataclasses.replace(earlier, groups={}).save(state)
        links = self(films, albums, state)
        assert self.kept == 0
        return links


@pytest.fixture
def match(tmp_path: Path) -> Match:
    return Match(tmp_path)


def _renamed(films: pa.Table, row: int, title: str) -> pa.Table:
    titles = films["title"].to_pylist()
    titles[row] = title
    return films.set_column(films.column_names.index("title"), "title", pa.array(titles))


FILMS, ALBUMS = MADE.films, with_standards(MADE.albums, MADE.films)
FEWER = FILMS.slice(0, 450)
CHANGES = {
    "nothing": (FILMS, ALBUMS, FILMS, ALBUMS),
    "new albums": (FILMS, ALBUMS.slice(0, 1_300), FILMS, ALBUMS),
    "albums gone": (FILMS, ALBUMS, FILMS, ALBUMS.slice(200)),
    "new films": (FEWER, ALBUMS, FILMS, ALBUMS),
    "films gone": (FILMS, ALBUMS, FEWER, ALBUMS),
    "a film renamed": (FILMS, ALBUMS, _renamed(FILMS, 3, FILMS["title"][77].as_py()), ALBUMS),
    "both": (FEWER, ALBUMS.slice(100), FILMS, ALBUMS.slice(0, 1_400)),
    "other order": (FILMS, ALBUMS, FILMS.take(list(range(499, -1, -1))), ALBUMS.take(list(range(1_499, -1, -1)))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_links_are_those_of_a_full_match(change: str, match: Match) -> None:
    films, albums, films_now, albums_now = CHANGES[change]
    match(films, albums)
    assert match.kept == 0
    full = match.full(films_now, albums_now)
    assert match(films_now, albums_now) == full
    assert match.kept > len(albums_now) * 0.3
    # and once more: what was kept is remembered as well as what was linked
    assert match(films_now, albums_now) == full
    assert match.kept == len(albums_now)


def test_only_what_a_new_film_could_matter_to_is_scored(match: Match) -> None:
    match(FILMS.slice(1), ALBUMS)
    match(FILMS, ALBUMS)
    assert match.kept > len(ALBUMS) * 0.9


def test_a_changed_album_takes_its_masters_releases_along(match: Match, albums) -> None:
    rows = [{"album_id": f"release:{n}", "title": f"Album {n}", "master_id": "1" if n < 3 else None} for n in range(6)]
    match(FILMS, albums(*rows))
    rows[0]["title"] = "Another"
    match(FILMS, albums(*rows))
    assert match.kept == 3


def test_statistics_are_counted_anew_when_films_grow_by_a_fifth(match: Match) -> None:
    match(FILMS.slice(0, 300), ALBUMS)
    match(FILMS, ALBUMS)
    assert match.kept == 0


def test_other_code_or_half_a_state_is_none(match: Match, monkeypatch: pytest.MonkeyPatch) -> None:
    match(FILMS, ALBUMS)
    monkeypatch.setattr(incremental, "code_version", lambda: "other")
    assert Earlier.open(match.state) is None
    monkeypatch.undo()
    (match.state / "groups.parquet").write_bytes(b"PAR1 cut")
    assert Earlier.open(match.state) is None


def test_a_groups_digest_sees_rows_that_swap_content(albums) -> None:
    one = {"master_id": "1", "artist": "A"}
    before = with_groups(albums(one | {"title": "X"}, one | {"title": "Y"}))
    after = with_groups(albums(one | {"title": "Y"}, one | {"title": "X"}))
    assert group_digests(before) != group_digests(after)
    assert group_digests(before) == group_digests(before.take(pc.sort_indices(before["album_id"])))
