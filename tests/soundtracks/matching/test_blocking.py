import pyarrow as pa
import pytest

from soundtracks.matching.blocking import KEPT, MAX_NAMESAKES, PAIRS, find_candidates
from soundtracks.matching.index import FilmIndex
from soundtracks.records import ALBUMS, FILMS, conform
from soundtracks.text.canonical import album_names

TITLES = [
    "Arrival", "Whiplash", "The Empire Strikes Back", "Thelma & Louise", "Regarding Henry", "Batman: The Dark Knight",
    "A Clockwork Orange", "Stealing Beauty", "The Shawshank Redemption", "Blade Runner",
]  # fmt: skip


@pytest.fixture
def index(films) -> FilmIndex:
    return FilmIndex.build(films(*({"title": title} for title in TITLES)))


def _found(index: FilmIndex, albums: pa.Table) -> list[set[str]]:
    pairs = find_candidates(albums, album_names(albums), index)
    assert pairs.schema == PAIRS
    found: list[set[str]] = [set() for _ in range(len(albums))]
    for album, film in zip(pairs["album"].to_pylist(), pairs["film"].to_pylist(), strict=True):
        found[album].add(TITLES[film])
    return found


@pytest.mark.parametrize(
    ("title", "film"),
    [
        ("Arrival (Original Motion Picture Soundtrack)", "Arrival"),
        ("Thelma & Louise / Regarding Henry (The Original Motion Picture Scores)", "Regarding Henry"),
        ("The Shawshank Redemtion (Original Soundtrack)", "The Shawshank Redemption"),  # a letter lost
        ("Stealling Beauty OST", "Stealing Beauty"),  # a letter doubled
        ("The Dark Knight (Original Motion Picture Soundtrack)", "Batman: The Dark Knight"),  # a part of the title
        ("Blade Runer", "Blade Runner"),
    ],
)
def test_an_album_finds_its_film(title: str, film: str, index: FilmIndex, albums) -> None:
    assert film in _found(index, albums({"title": title}))[0]


def test_nothing_alike_finds_nothing(index: FilmIndex, albums) -> None:
    assert _found(index, albums({"title": "Xylophone Concerto No. 7"}, {"title": None})) == [set(), set()]


def test_an_equal_name_has_similarity_one_and_its_namesakes(films, albums) -> None:
    index = FilmIndex.build(films({"title": "Home"}, {"title": "Home"}, {"title": "Homer"}))
    table = albums({"title": "Home (OST)"})
    pairs = find_candidates(table, album_names(table), index)
    assert pairs["film"].to_pylist() == [0, 1]
    assert pairs["similarity"].to_pylist() == [1.0, 1.0]
    assert pairs["namesakes"].to_pylist() == [2, 2]


def test_of_hundreds_of_namesakes_the_nearest_stay(films, albums) -> None:
    rows = [{"title": "Home", "year": 1900 + n % 120, "composers": [f"Somebody {n}"]} for n in range(600)]
    rows[7]["composers"] = ["Rachel Portman"]
    index = FilmIndex.build(films(*rows))
    table = albums({"title": "Home (Original Score)", "artist": "Rachel Portman", "year": 2015})
    pairs = find_candidates(table, album_names(table), index)
    kept = pairs["film"].to_pylist()
    assert len(kept) == MAX_NAMESAKES
    assert 7 in kept  # its composer
    assert {n for n in range(600) if rows[n]["year"] == 2015} <= set(kept)  # its year
    assert all(abs(rows[n]["year"] - 2015) <= 4 for n in kept if n != 7)


def test_work_stays_bounded_where_thousands_bear_one_title(films, albums) -> None:
    many = 5_000
    index = FilmIndex.build(films(*({"title": "Home", "year": 1900 + n % 100} for n in range(many))))
    table = albums(*({"title": "Home", "year": 1900 + n % 100} for n in range(100)), {"title": "Home"})
    pairs = find_candidates(table, album_names(table), index)
    assert len(pairs) == MAX_NAMESAKES * 101
    year = [1900 + n % 100 for n in range(many)]
    own = [
        a for a, f in zip(pairs["album"].to_pylist(), pairs["film"].to_pylist(), strict=True) if a < 100 and year[f] == 1900 + a
    ]
    assert set(own) == set(range(100))  # none loses the films of its own year


def test_similar_names_are_bounded_for_each_name(films, albums) -> None:
    index = FilmIndex.build(films(*({"title": f"The Curse of Castle Number {n}"} for n in range(50))))
    table = albums({"title": "The Curse of Castle Numberr"})
    names = album_names(table)
    assert 0 < len(find_candidates(table, names, index)) <= KEPT * len(names)


def test_candidates_do_not_depend_on_the_batch(index: FilmIndex, albums) -> None:
    table = albums(*({"title": f"{title} (Soundtrak)"} for title in TITLES), {"title": "Blade Runer"})
    together = _found(index, table)
    alone = [_found(index, table.slice(n, 1))[0] for n in range(len(table))]
    assert together == alone


def test_an_empty_index_has_no_candidates(albums) -> None:
    table = albums({"title": "Home"})
    assert len(find_candidates(table, album_names(table), FilmIndex.build(FILMS.empty_table()))) == 0


def test_another_spelling_is_found_beside_a_namesake_of_another_time() -> None:
    index = FilmIndex.build(
        conform(
            pa.table(
                {
                    "tmdb_id": ["1", "2", "3"],
                    "title": ["Rakshasudu", "Raakshasudu", "Kathal Ovium"],
                    "year": pa.array([2019, 1986, 1982], pa.int32()),
                }
            ),
            FILMS,
        )
    )
    albums = conform(
        pa.table(
            {
                "album_id": ["a", "b", "c"],
                "title": ["Rakshasudu", "Rakshasudu", "Kaadhal Oviyam"],
                "year": pa.array([1986, 2019, 1982], pa.int32()),
            }
        ),
        ALBUMS,
    )
    pairs = find_candidates(albums, album_names(albums), index).to_pylist()
    assert [(p["album"], p["film"], p["album_key"], p["film_key"], round(p["similarity"], 2)) for p in pairs] == [
        (0, 0, "rakshasudu", "rakshasudu", 1.0),
        (0, 1, "rakshasudu", "raakshasudu", 0.99),
        (1, 0, "rakshasudu", "rakshasudu", 1.0),
        (2, 2, "kaadhal oviyam", "kathal ovium", 0.99),
    ]
