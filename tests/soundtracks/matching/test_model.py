import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from soundtracks.errors import MatchError
from soundtracks.matching.blocking import PAIRS
from soundtracks.matching.coverage import Coverage
from soundtracks.matching.evidence import EVIDENCE, NAMES, NULL
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.linking import covering, link_batch
from soundtracks.matching.model import WEIGHTS, Model
from soundtracks.matching.people import COMPOSER, OTHERS
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.text import canonical

MODEL = Model.load()


def test_the_committed_table_is_whole_and_in_order() -> None:
    assert {name: len(bits) for name, bits in MODEL.table.items()} == {name: len(levels) for name, levels in EVIDENCE.items()}
    assert 0 < MODEL.review < MODEL.accept < 1
    for name in ("name", "numeral", "popularity"):
        assert list(MODEL.table[name]) == sorted(MODEL.table[name])


def test_a_table_without_a_level_is_an_error_that_says_which(tmp_path: Path) -> None:
    lines = [line for line in WEIGHTS.read_text(encoding="utf-8").splitlines() if not line.startswith("year,older")]
    (tmp_path / "weights.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(MatchError, match="'year', 'older'"):
        Model.load(tmp_path / "weights.csv")


def test_the_weight_is_the_prior_and_the_bits_of_each_level() -> None:
    levels = np.full((2, len(NAMES)), NULL, dtype=np.int8)
    levels[1, NAMES.index("title")] = len(EVIDENCE["title"]) - 1
    assert MODEL.weights(levels).tolist() == pytest.approx([MODEL.prior, MODEL.prior + MODEL.table["title"][-1]])


def decided(rows: list[dict], titles: list[str]) -> list[dict]:
    """Decides pairs given as (album, film, credit level, …) over albums of these titles."""
    albums = pa.Table.from_pylist([{"album_id": f"a{n}", "title": t} for n, t in enumerate(titles)], schema=ALBUMS)
    blank = {
        "album_key": "x",
        "film_key": "x",
        "album_kind": canonical.WHOLE,
        "film_kind": 0,
        "part": 0,
        "similarity": 1.0,
        "namesakes": 1,
    }
    pairs = pa.Table.from_pylist([blank | {k: v for k, v in row.items() if k in PAIRS.names} for row in rows], schema=PAIRS)
    films = pa.Table.from_pylist([{"tmdb_id": str(row["film"]), "title": "X"} for row in rows], schema=FILMS)
    levels = np.full((len(rows), len(NAMES)), NULL, dtype=np.int8)
    levels[:, NAMES.index("title")] = len(EVIDENCE["title"]) - 1
    for n, row in enumerate(rows):
        for name in NAMES:
            if name in row:
                levels[n, NAMES.index(name)] = EVIDENCE[name].index(row[name])
    links = MODEL.decide(albums, pairs, films, levels)
    assert links.schema == LINKS
    return links.to_pylist()


SURE = {"credit": "composer", "soundtrack": "film soundtrack in title"}


def test_the_sure_film_is_accepted_and_the_runner_up_named() -> None:
    (link,) = decided([{"album": 0, "film": 10} | SURE, {"album": 0, "film": 11} | SURE | {"credit": "others"}], ["X"])
    assert (link["tmdb_id"], link["decision"], link["runner_up_tmdb_id"]) == ("10", "accept", "11")
    assert link["runner_up_gap"] == pytest.approx(MODEL.table["credit"][COMPOSER] - MODEL.table["credit"][OTHERS], abs=1e-4)


def test_namesakes_that_nothing_tells_apart_are_not_accepted_and_the_lower_id_comes_first() -> None:
    (link,) = decided([{"album": 0, "film": 100} | SURE, {"album": 0, "film": 20} | SURE], ["X"])
    assert (link["tmdb_id"], link["runner_up_tmdb_id"], link["runner_up_gap"]) == ("20", "100", 0.0)
    assert link["decision"] == "review"
    assert link["probability"] == pytest.approx(0.5, abs=0.01)


def test_albums_without_candidates_stand_in_their_place() -> None:
    links = decided([{"album": 1, "film": 10} | SURE], ["X", "Y", "Z"])
    assert [(link["album_id"], link["tmdb_id"], link["decision"]) for link in links] == [
        ("a0", None, "reject"),
        ("a1", "10", "accept"),
        ("a2", None, "reject"),
    ]


def test_no_pairs_at_all() -> None:
    assert [link["decision"] for link in decided([], ["X"])] == ["reject"]


def test_an_album_of_two_films_has_both() -> None:
    rows = [{"album": 0, "film": film, "part": film, "album_kind": canonical.PART} | SURE for film in (1, 2)]
    assert [(link["tmdb_id"], link["decision"]) for link in decided(rows, ["A / B"])] == [("1", "accept"), ("2", "accept")]


def test_one_film_under_two_parts_is_one_link() -> None:
    rows = [{"album": 0, "film": 1, "part": part, "album_kind": canonical.PART} | SURE for part in (1, 2)]
    assert len(decided(rows, ["A / A"])) == 1


def test_the_name_of_a_series_gives_way_to_the_film_beside_it() -> None:
    rows = [
        {"album": 0, "film": 11, "part": 1, "album_kind": canonical.PART, "namesakes": 7} | SURE,
        {"album": 0, "film": 1891, "part": 2, "album_kind": canonical.PART} | SURE,
    ]
    assert [(link["tmdb_id"], link["decision"]) for link in decided(rows, ["Star Wars / The Empire Strikes Back"])] == [
        ("1891", "accept")
    ]


def test_the_evidence_adds_up_to_the_probability() -> None:
    (link,) = decided([{"album": 0, "film": 1} | SURE, {"album": 0, "film": 2} | SURE | {"credit": "shares a name"}], ["X"])
    evidence = json.loads(link["evidence"])
    told = list(evidence)
    assert [name for name in ("prior", *NAMES, "competition") if name in told] == told
    assert {"title", "name", "year", "credit", "soundtrack", "competition"} <= set(told)
    assert "titles named" not in told  # it has no value, and weighs nothing here
    total = sum(piece["weight"] for piece in evidence.values())
    assert 1 / (1 + 2**-total) == pytest.approx(link["probability"], abs=0.001)
    assert evidence["year"] == {"value": None, "level": "unknown", "weight": 0.0}


FILMS_OF = pa.Table.from_pylist(
    [
        {"tmdb_id": "78", "title": "Blade Runner", "year": 1982, "composers": ["Vangelis"]},
        {"tmdb_id": "98", "title": "Gladiator", "year": 2000, "composers": ["Hans Zimmer", "Lisa Gerrard"]},
        {"tmdb_id": "578", "title": "Jaws", "year": 1975, "composers": ["John Williams"]},
        {"tmdb_id": "579", "title": "Jaws 2", "year": 1978, "composers": ["John Williams"]},
        {"tmdb_id": "27205", "title": "Inception", "year": 2010, "composers": ["Hans Zimmer"]},
        {"tmdb_id": "1541", "title": "Thelma & Louise", "year": 1991, "composers": ["Hans Zimmer"]},
        {"tmdb_id": "11287", "title": "Regarding Henry", "year": 1991, "composers": ["Hans Zimmer"]},
        {"tmdb_id": "16619", "title": "The Boy Who Lost The Red Rain", "year": 1921, "composers": ["Ann Other"]},
    ],
    schema=FILMS,
)


@pytest.mark.parametrize(
    ("album", "films"),
    [
        ({"title": "Blade Runner", "artist": "Vangelis", "year": 1994, "styles": ["Soundtrack"]}, {"78"}),
        ({"title": "Blade Runner = ブレードランナー", "artist": "Vangelis = ヴァンゲリス*", "styles": ["Score"]}, {"78"}),
        ({"title": "Gladiator (Music From The Motion Picture)", "artist": "Hans Zimmer And Lisa Gerrard", "year": 2017}, {"98"}),
        ({"title": "Jaws 2 (The Original Motion Picture Soundtrack)", "artist": "John Williams (4)", "year": 1978}, {"579"}),
        ({"title": "Jaws (Music From The Original Motion Picture Soundtrack)", "artist": "John Williams (4)", "year": 1992}, {"578"}),
        (
            {"title": "Thelma & Louise / Regarding Henry (The Original Motion Picture Scores)", "artist": "Hans Zimmer", "year": 1991},
            {"1541", "11287"},
        ),
        ({"title": "Jaws 3 (Music From The Motion Picture)", "artist": "John Williams", "year": 1979}, set()),
        ({"title": "Gladiator", "artist": "Unlord", "year": 2000, "genres": ["Rock"], "styles": ["Punk"]}, set()),
        ({"title": "Inception", "artist": "McCoy Tyner Trio", "year": 1962, "genres": ["Jazz"], "styles": ["Modal"]}, set()),
        ({"title": "A Tribute To Blade Runner", "artist": "Edgar R.", "year": 2012, "styles": ["Score"]}, set()),
        ({"title": "Jaws (Original Video Game Soundtrack)", "artist": "Some One", "year": 1975}, set()),
        ({"title": "Themes From Jaws", "artist": "Big Band", "year": 1975, "genres": ["Jazz"], "styles": ["Big Band"]}, set()),
        ({"title": "The Boy Who Lost The Red Raven (Original Motion Picture Soundtrack)", "artist": "Someone Else", "year": 1973}, set()),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_albums_find_their_films_and_others_none(album: dict, films: set[str]) -> None:
    albums = pa.Table.from_pylist([{"album_id": "a"} | album], schema=ALBUMS)
    links = link_batch(albums, FilmIndex.build(FILMS_OF), MODEL).to_pylist()
    assert {link["tmdb_id"] for link in links if link["decision"] == "accept"} == films


def test_a_rival_takes_the_album_and_the_evidence_says_whose_it_is() -> None:
    films = FILMS_OF.filter(pa.array([i in ("78", "98") for i in FILMS_OF["tmdb_id"].to_pylist()])).to_pylist()
    rival = {"tmdb_id": "7", "title": "Gladiator", "year": 1992, "composers": ["Brad Fiedel"], "listed": False}
    table = pa.Table.from_pylist([*films, rival], schema=FILMS)
    album = {"album_id": "a", "title": "Gladiator (Original Motion Picture Score)", "artist": "Brad Fiedel", "year": 1992}
    (link,) = link_batch(pa.Table.from_pylist([album], schema=ALBUMS), FilmIndex.build(table), MODEL).to_pylist()
    assert (link["tmdb_id"], link["decision"], link["runner_up_tmdb_id"]) == ("98", "reject", "7")
    told = json.loads(link["evidence"])["rival"]
    assert (told["tmdb_id"], told["title"], told["year"], told["level"]) == ("7", "Gladiator", 1992, "a film outside the list")
    assert told["probability"] > MODEL.accept
    alone = pa.Table.from_pylist([films[0], rival], schema=FILMS)
    (link,) = link_batch(pa.Table.from_pylist([album], schema=ALBUMS), FilmIndex.build(alone), MODEL).to_pylist()
    assert (link["tmdb_id"], link["decision"], link["probability"]) == (None, "reject", None)
    assert json.loads(link["evidence"])["rival"]["tmdb_id"] == "7"


def test_the_same_record_is_less_sure_where_the_list_covers_little() -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "Moonfall", "year": 2016, "composers": ["Ann Other"]}], schema=FILMS)
    albums = pa.Table.from_pylist(
        [{"album_id": "a", "title": "Moonfall (Original Motion Picture Soundtrack)", "artist": "Various"}], schema=ALBUMS
    )
    index = FilmIndex.build(films)
    chance = [
        link_batch(albums, index.with_coverage(Coverage(known, 0.25)), MODEL)["probability"][0].as_py() for known in (0.03, 0.95)
    ]
    assert chance[0] < chance[1]


def test_a_standard_is_rather_the_song_than_the_film() -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "33117", "title": "Tea for Two", "year": 1950}], schema=FILMS)
    played = [("Charlie Ventura And His Orchestra", 1950), ("Bud Powell", 1949), ("Art Tatum", 1939)]
    albums = pa.Table.from_pylist(
        [{"album_id": who, "title": "Tea For Two", "artist": who, "year": year} for who, year in played], schema=ALBUMS
    )
    index = FilmIndex.build(films)
    alone, among_others = (
        link_batch(albums.slice(0, 1), covering(index, of_job), MODEL).to_pylist()[0] for of_job in (albums.slice(0, 1), albums)
    )
    assert "artists of the title" not in json.loads(alone["evidence"])
    weight = MODEL.table["artists of the title"][0]
    assert json.loads(among_others["evidence"])["artists of the title"] == {
        "value": None, "level": "three or more", "weight": weight,
    }  # fmt: skip
    assert among_others["match_weight"] == pytest.approx(alone["match_weight"] + weight, abs=0.01)
    assert among_others["probability"] < alone["probability"]
