"""The prepared titles of a dump: the albums that a reading of every title would find, from the lake where they are of this dump."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scale.catalogue import make_catalogue
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.records import ALBUMS, conform
from soundtracks.sources.dumps import title_index
from soundtracks.sources.dumps.title_index import TitlesOfDump
from soundtracks.text.search_wording import Wanted
from tests.rigs.killed import kill_at_each_step

TITLES = [
    "Profondo Rosso (Colonna Sonora Originale)",
    "Third Man Theme",
    "The Heat Is On",
    "Heat",
    "On Heat And Other Things",
    "Kaadhal Oviyam",
    "Bāhubali - The Beginning",
    "サスペリアPART2",
    "Alien 3",
    "Man",
    "",
    None,
    "A / B",
    "Awesome Mix Vol. 1 (Original Soundtrack)",
]
LISTED = conform(pa.table({"album_id": [str(n) for n in range(len(TITLES))], "title": TITLES}), ALBUMS)
WANTED = [
    ["Heat"],
    ["Heat On"],
    ["The Heat Is On", "on heat"],
    ["Third Man", "The"],
    ["Kathal Ovium"],
    ["Baahubali: The Beginning"],
    ["サスペリアPART2", "Suspiria"],
    ["Alien³"],
    ["A", "B"],
    ["Guardians of the Galaxy"],
    [""],
    [],
]


def with_artists(albums: pa.Table) -> pa.Table:
    artists = pa.array(["Guardians Of The Galaxy"] * len(albums))
    return albums.set_column(ALBUMS.get_field_index("artist"), "artist", artists)


def read_one_by_one(wanted: Wanted, albums: pa.Table) -> list[int]:
    return [row for row, held in enumerate(wanted.held_by(albums)) if held]


@pytest.mark.parametrize("titles", WANTED)
def test_it_finds_what_a_reading_of_every_title_finds(titles: list[str]) -> None:
    for albums in (LISTED, with_artists(LISTED), LISTED.slice(0, 0)):
        wanted = Wanted(titles)
        assert TitlesOfDump.build(albums).held(wanted).tolist() == read_one_by_one(wanted, albums)


@pytest.mark.slow
def test_of_a_made_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(title_index, "_BATCH", 700)
    made = make_catalogue(400, 2_000, seed=5)
    titles = TitlesOfDump.build(made.albums)
    found = 0
    for at in range(0, 400, 100):
        films = made.films.slice(at, 100)
        wanted = Wanted([*films["title"].to_pylist(), *filter(None, films["original_title"].to_pylist())])
        held = titles.held(wanted).tolist()
        assert held == read_one_by_one(wanted, made.albums)
        found += len(held)
    assert found > 500


_WORDS = st.lists(st.sampled_from(["the", "heat", "on", "II", "2", "é", "war", "of", "-", "("]), max_size=4).map(" ".join)


@given(st.lists(_WORDS, max_size=6), st.lists(_WORDS, max_size=3))
def test_of_any_words(titles: list[str], wanted: list[str]) -> None:
    albums = pa.table({"title": pa.array(titles, pa.string()), "artist": pa.nulls(len(titles), pa.string())})
    assert TitlesOfDump.build(albums).held(Wanted(wanted)).tolist() == read_one_by_one(Wanted(wanted), albums)


class TestKept:
    @pytest.fixture
    def built(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """Sizes of the albums that titles were read of."""
        sizes: list[int] = []
        build = TitlesOfDump.build
        monkeypatch.setattr(TitlesOfDump, "build", lambda albums: sizes.append(len(albums)) or build(albums))
        return sizes

    @staticmethod
    def held(lake: Lake, ref: DatasetRef) -> list[int]:
        return TitlesOfDump.of(lake, ref, lake.read_table(ref)).held(Wanted(["Heat"])).tolist()

    def test_read_once_a_dump(self, any_lake: Lake, built: list[int]) -> None:
        first = any_lake.publish_table("silver/albums-dump-masters", LISTED)
        assert self.held(any_lake, first) == self.held(any_lake, first) == [2, 3, 4]
        second = any_lake.publish_table("silver/albums-dump-masters", LISTED.slice(3))
        assert self.held(any_lake, second) == [0, 1]
        assert built == [len(LISTED), len(LISTED) - 3]

    def test_read_again_by_other_code(self, lake: Lake, built: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        ref = lake.publish_table("silver/albums-dump-masters", LISTED)
        self.held(lake, ref)
        monkeypatch.setattr(title_index, "code_version", lambda: "other")
        assert self.held(lake, ref) == [2, 3, 4]
        assert len(built) == 2

    @pytest.mark.parametrize("name", ["folded.parquet", "words.parquet", "made-from", "_current.json"])
    @pytest.mark.parametrize("content", [None, b"", b"PAR1 cut", b"{}"])
    def test_damaged_it_is_read_again(self, lake: Lake, built: list[int], name: str, content: bytes | None) -> None:
        ref = lake.publish_table("silver/albums-dump-masters", LISTED)
        self.held(lake, ref)
        (file,) = (entry.name for entry in lake.list("silver/albums-dump-masters-titles") if entry.name.endswith(f"/{name}"))
        lake.delete(file) if content is None else lake.write_bytes(file, content)
        assert self.held(lake, ref) == self.held(lake, ref) == [2, 3, 4]
        assert len(built) == 2


def build_and_search(lake: Path, ref: DatasetRef) -> None:
    kept = Lake(str(lake))
    assert TitlesOfDump.of(kept, ref, kept.read_table(ref)).held(Wanted(["Heat"])).tolist() == [2, 3, 4]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_of_two_that_build_it_one_is_killed_at_any_step(tmp_path: Path) -> None:
    """Nobody reads a half index, the other goes on, and the next finds a whole one or builds it."""
    template, alone, killed = (tmp_path / name for name in ("template", "alone", "killed"))
    alone.mkdir()
    killed.mkdir()
    ref = Lake(str(template)).publish_table("silver/albums-dump-masters", LISTED)
    left = kill_at_each_step(build_and_search, ref, template, alone)
    assert len(left) == 2 * 5  # three tables, what they are made from, the manifest; each before it is written and named
    for folder in left:
        build_and_search(folder, ref)
    for folder in kill_at_each_step(build_and_search, ref, template, killed, beside=len(left)):
        lake = Lake(str(folder))
        kept = lake.current("silver/albums-dump-masters-titles")
        assert kept is not None  # the other's
        assert [lake.etag(f"{kept.folder}/{file.name}") for file in kept.files] == [file.sha256 for file in kept.files]
        build_and_search(folder, ref)
