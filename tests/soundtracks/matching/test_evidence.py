import numpy as np
import pyarrow as pa
import pytest

from soundtracks.matching import features
from soundtracks.matching.blocking import PAIRS
from soundtracks.matching.coverage import Coverage
from soundtracks.matching.evidence import (
    EVIDENCE,
    NAMES,
    NULL,
    compare,
    first_year_level,
    popularity_level,
    record_levels,
    title_year_level,
    year_level,
)
from soundtracks.matching.features import album_features, film_features, tracks_level
from soundtracks.matching.grams import name_hash
from soundtracks.matching.people import credit_level, credited, names_others_too
from soundtracks.matching.renown import NOTHING_TOLD, told_levels
from soundtracks.matching.standards import NONE_KNOWN
from soundtracks.matching.title_levels import (
    article_levels,
    beside_name,
    films_of_one_album,
    name_level,
    numeral_level,
    part_level,
    similar_level,
)
from soundtracks.matching.trades import NOBODY, Hashes, film_composers
from soundtracks.records import ALBUMS, FILMS
from soundtracks.text import canonical
from soundtracks.text.folding import fold
from soundtracks.text.patterns import Texts
from soundtracks.text.signals import MARKS, MUSIC, RECORD_KINDS, format_level, mark_levels, record_kinds, style_levels


def label(name: str, level: int) -> str:
    return "unknown" if level == NULL else EVIDENCE[name][level]


@pytest.mark.parametrize(
    ("credit", "composers", "expected"),
    [
        ("Hans Zimmer", ["Hans Zimmer"], "composer"),
        ("Hans Zimmer & Lisa Gerrard", ["Lisa Gerrard"], "composer among others"),
        ("Hans Zimmer & Lisa Gerrard", ["Lisa Gerrard", "Hans Zimmer"], "composer"),
        ("Max Steiner, The London Symphony Orchestra", ["Max Steiner"], "composer"),
        ("Pritam & Amitabh Bhattacharya", ["Pritam Chakraborty"], "similar name"),
        ("John Williams (4)", ["John Williams"], "composer"),
        ("Vangelis = ヴァンゲリス*", ["Vangelis"], "composer"),
        ("Zimmer, Hans", ["Hans Zimmer"], "composer"),
        ("BJÖRK", ["Björk"], "composer"),
        ("Rupert Gregson‐Williams", ["Rupert Gregson-Williams"], "composer"),
        ("Joel P West", ["Joel P. West"], "composer"),
        ("Tom Holkenborg (Junkie XL)", ["Tom Holkenborg"], "composer among others"),
        ("J. Williams", ["John Williams"], "similar name"),
        ("Johnny Williams", ["John Williams"], "similar name"),
        ("Pritam", ["Pritam Chakraborty"], "similar name"),
        ("M.M. Keeravani", ["M.M. Keeravaani"], "similar name"),
        ("Edward Artemiev", ["Eduard Artemyev"], "similar name"),
        ("Эдуард Артемьев", ["Eduard Artemyev"], "similar name"),
        ("Sachin-Jigar", ["Jigar Saraiya", "Sachin Sanghvi"], "shares a name"),
        ("Randy Newman", ["Thomas Newman"], "shares a name"),
        ("McCoy Tyner Trio", ["Hans Zimmer"], "others"),
        ("Joe Cocker", ["Joe Hisaishi"], "others"),
        ("McCoy Tyner Trio", None, "others, composer unknown"),
        ("Various", ["Hans Zimmer"], "Various or cast"),
        ("Various Artists", None, "Various or cast"),
        ("Artisti Vari", ["Ennio Morricone"], "Various or cast"),
        ("Original Motion Picture Cast", ["Alan Menken"], "Various or cast"),
        ("Boston (2)", ["Jeff Beal"], "self-titled"),
        ("早坂文雄", ["Fumio Hayasaka"], "unknown"),
        (None, ["Hans Zimmer"], "unknown"),
    ],
)
def test_credit(credit: str | None, composers: list[str] | None, expected: str) -> None:
    album = album_features(
        pa.table(
            {"title": ["Boston"], "artist": pa.array([credit], pa.string())} | nothing("genres", "styles", "formats", "year")
        )
    )
    film = film_features(pa.table({"composers": pa.array([composers], pa.list_(pa.string()))}))
    who, nobody, known = album["a_credit"][0].as_py(), album["a_various"][0].as_py(), film["f_composers"][0].as_py()
    assert label("credit", credit_level(who, nobody, known, "boston")) == expected


def nothing(*names: str) -> dict[str, pa.Array]:
    return {name: pa.nulls(1, ALBUMS.field(name).type) for name in names}


def test_an_artist_who_had_to_stand_for_the_title_is_no_evidence() -> None:
    assert credit_level("blues brothers", False, "elmer bernstein", None) == NULL


@pytest.mark.parametrize(
    ("album", "film", "similarity", "expected"),
    [
        ("baahubali the beginning", "bahubali the beginning", 0.98, "spelling variant"),
        ("borg mcenroe", "borg vs mcenroe", 0.88, "spelling variant"),
        ("spiderman far from home", "spider man far from home", 0.97, "spelling variant"),
        ("harry potter and the sorcerers stone", "harry potter and the philosophers stone", 0.85, "one word differs"),
        ("birds of prey the album", "birds of prey", 0.7, "one contains the other"),
        ("legally blond", "legally blonde", 0.96, "spelling variant"),
        ("happy death day 2u", "happy death day", 0.91, "similar"),  # a number is never little
        ("the legal blond", "the legal blonde", 0.96, "spelling variant"),
        ("jaws", "jars", 0.75, "loosely similar"),
        ("dark night", "dark light", 0.84, "similar"),
        ("halloween 3", "halloween 2", 0.91, "loosely similar"),
        ("matrix revolutions", "matrix reloaded", 0.67, "same beginning, another end"),
        ("le voyage de chihiro", "spirited away", 0.18, "another title"),
    ],
)
def test_similar_titles(album: str, film: str, similarity: float, expected: str) -> None:
    assert label("title", similar_level(album, film, similarity)) == expected


@pytest.mark.parametrize(
    ("album", "film", "expected"),
    [
        ("jaws", "jaws 2", "another number"),
        ("jaws 3", "jaws 2", "another number"),
        ("rocky 2 the score", "rocky 2", "the same number"),
        ("loro", "loro 1", "unknown"),  # first parts are often not numbered
        ("loro 2", "loro 1", "another number"),
        ("tamineta2", "tamineta", "another number"),
        ("jaws", "jars", "unknown"),
        ("jaws 2", "jaws 2", "unknown"),
    ],
)
def test_numerals(album: str, film: str, expected: str) -> None:
    assert label("numeral", numeral_level(album, film)) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("home", 0), ("gladiator", 1), ("blade runner", 2), ("banshees of inisherin", 3), ("君の名は", 0)]
)
def test_names_tell_by_their_length(name: str, expected: int) -> None:
    assert name_level(name) == expected


def test_years() -> None:
    apart = np.array([-30, -2, -1, 0, 1, 2, 3, 10, 11, 43, np.nan])
    none = np.zeros(len(apart), dtype=bool)
    assert [label("year", level) for level in year_level(apart, none, none)] == [
        *("older",) * 2, "a year older", "the same", *("later by one or two",) * 2, *("later by three to ten",) * 2,
        *("later by more than ten",) * 2, "unknown",
    ]  # fmt: skip
    assert [label("year", level) for level in year_level(apart, ~none, none)] == [
        *("older",) * 2, "a year older", "the same", *("later by one or two",) * 2, *("a reissue, later by more than two",) * 4,
        "unknown",
    ]  # fmt: skip
    apart = np.array([-2, -1, 0, 1, 2, 3, 30, np.nan])
    assert [label("first year", level) for level in first_year_level(apart, none[: len(apart)])] == [
        "older", "a year older", "the same", *("within a year or two",) * 2, "later by three to ten", "later by more than ten",
        "unknown",
    ]  # fmt: skip


def test_what_was_there_before_comes_late() -> None:
    apart, every = np.array([-1, 0, 2, 3, 30]), np.ones(5, dtype=bool)
    assert [label("year", level) for level in year_level(apart, every, every)] == [
        *("a reissue of about its year",) * 3, *("a reissue, later by more than two",) * 2,
    ]  # fmt: skip
    assert [label("first year", level) for level in first_year_level(apart, every)] == [
        "a year older", "the same", "within a year or two", *("later, by a label of film music",) * 2,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("credit", "composers", "title", "expected"),
    [
        ("ennio morricone quentin tarantino", "ennio morricone", "quentin tarantino's the hateful eight", False),
        ("ennio morricone quentin tarantino", "ennio morricone", "the hateful eight", True),
        ("bernard herrmann elmer bernstein", "bernard herrmann", "cape fear", True),
    ],
)
def test_others_whom_the_title_names_are_no_others(credit: str, composers: str, title: str, expected: bool) -> None:
    assert names_others_too(credit, composers, title) is expected


@pytest.mark.parametrize(
    ("credit", "composers", "expected"),
    [
        ("ilayaraja", "ilaiyaraaja", "similar name"),
        ("vishal shekar", "vishaal shekhar", "similar name"),
        ("laxmikant pyarelal", "lakshmikant pyarelal", "similar name"),
        ("anirudh", "anirudh ravichander", "similar name"),
        ("harris jayaraj", "yuvan shankar raja", "others"),
    ],
)
def test_persons_are_compared_by_their_spelling_too(credit: str, composers: str, expected: str) -> None:
    assert label("credit", credit_level(credit, False, composers, "a film")) == expected


def test_popularity() -> None:
    assert popularity_level(np.array([0.6, 3, 10, 80, np.nan])).tolist() == [0, 1, 2, 3, NULL]


SOUNDTRACK, POP, NONE = ";stage & screen;soundtrack;", ";electronic;house;", None


@pytest.mark.parametrize(
    ("title", "labels", "expected"),
    [
        ("Inception (Music From The Motion Picture)", NONE, "film soundtrack in title"),
        ("Inception (Music From The Motion Picture)", POP, "film soundtrack in title, another genre"),
        ("Inception (Bande Originale Du Film)", NONE, "film soundtrack in title"),
        ("Inception (Banda Sonora De La Película)", NONE, "film soundtrack in title"),
        ("Музыка из кинофильма Ночной дозор", NONE, "soundtrack in title"),
        ("Inception (Original Soundtrack)", SOUNDTRACK, "soundtrack in title"),
        ("Inception OST", NONE, "soundtrack in title"),
        ("Inception (Original Score)", POP, "soundtrack in title, another genre"),
        ("Inception", SOUNDTRACK, "soundtrack style"),
        ("Music From Saturday Night Fever", NONE, "a film is mentioned"),
        ("Barbie The Album", NONE, "a film is mentioned"),
        ("Inception", NONE, "nothing said"),
        ("Inception", ";stage & screen;", "Stage & Screen"),
        ("Inception", POP, "another genre"),
        ("Music From Saturday Night Fever", POP, "another genre"),
    ],
)
def test_soundtrack_marks(title: str, labels: str | None, expected: str) -> None:
    assert MARKS[mark_levels(Texts.of([fold(title)]), style_levels(pa.array([labels], pa.string())))[0]] == expected


@pytest.mark.parametrize(
    ("title", "credit", "labels", "expected"),
    [
        ("Inception (Original Motion Picture Soundtrack)", "hans zimmer", SOUNDTRACK, "music"),
        ("La La Land (Original Motion Picture Soundtrack)", "various", ";musical;soundtrack;", "music"),
        ("Matilda The Musical (Soundtrack From The Netflix Film)", "", None, "music"),
        ("Pulp Fiction", "various", ";dialogue;soundtrack;", "music"),
        ("A Tribute To Blade Runner", "", None, "tribute or karaoke"),
        ("Grease (Karaoke)", "", None, "tribute or karaoke"),
        ("Lullaby Renditions Of The Lion King", "", None, "tribute or karaoke"),
        ("Titanic", "the karaoke crew", None, "tribute or karaoke"),
        ("Euphoria (Season 2 Soundtrack)", "various", SOUNDTRACK, "television"),
        ("Stranger Things 4: Soundtrack From The Netflix Series", "various", None, "television"),
        ("Lost: The Final Season", "michael giacchino", None, "television"),
        ("Halloween III: Season Of The Witch (Original Motion Picture Soundtrack)", "john carpenter", SOUNDTRACK, "music"),
        ("A Series Of Unfortunate Events (Music From The Motion Picture)", "thomas newman", None, "music"),
        ("GoldenEye 007 (Original Video Game Soundtrack)", "", SOUNDTRACK, "game"),
        ("Top Gun (NES Soundtrack)", "", None, "game"),
        ("Minecraft", "c418", ";score;video game music;", "game"),
        ("The King And I (The Original Cast Album)", "", None, "cast of a stage show"),
        ("Hair (The Original Broadway Cast Recording)", "various", None, "cast of a stage show"),
        ("South Pacific", "original broadway cast", ";stage & screen;", "cast of a stage show"),
        ("Chess", "", ";musical;", "cast of a stage show"),
        ("American Psycho (Comic Series Soundtrack)", "", None, "television"),
        ("Hotze - The Original Comic Book Soundtrack", "", None, "comic, book or podcast"),
        ("The Story Of Star Wars", "roscoe lee browne", None, "story record"),
        ("Star Wars (Read-Along)", "", None, "story record"),
        ("The Jungle Book", "various", ";story;soundtrack;", "story record"),
        ("Great Western Themes", "", None, "compilation of themes"),
        ("2001: Music From The Films Of Stanley Kubrick", "various", SOUNDTRACK, "compilation of themes"),
        ("Compton (A Soundtrack By Dr. Dre)", "", None, "own work, called a soundtrack"),
        ("Music For An Imaginary Film", "", None, "own work, called a soundtrack"),
        ("Blade Runner (Remixes)", "", None, "remixes"),
        ("Freedom (Theme From Panther)", "various", None, "song from a film"),
        ("Themes From Blade Runner", "", None, "song from a film"),
    ],
)
def test_other_records_with_a_films_name(title: str, credit: str, labels: str | None, expected: str) -> None:
    kinds = record_kinds(Texts.of([fold(title)]), Texts.of([credit]), pa.array([labels], pa.string()))
    assert RECORD_KINDS[kinds[0]] == expected


@pytest.mark.parametrize(
    ("title", "film", "expected"),
    [
        ("The Tribute (Original Score)", "tribute", "the   (original score)"),
        ("Rocky III (Music From The Motion Picture)", "rocky 3", "  (music from the motion picture)"),
        ("A Tribute To Blade Runner", "blade runner", "a tribute to  "),
        ("Into The Night: Covers", "into night", " : covers"),
        ("Covers Of Covers", "covers", "  of covers"),
        ("Undercovers", "covers", "undercovers"),
    ],
)
def test_a_films_own_name_is_taken_out_before_the_rest_is_read(title: str, film: str, expected: str) -> None:
    assert beside_name(fold(title), film) == expected


def test_words_of_the_films_name_are_no_sign_against_it() -> None:
    albums = album_features(
        pa.Table.from_pylist(
            [{"album_id": str(n), "title": "Karaoke (Original Motion Picture Soundtrack)"} for n in range(2)], schema=ALBUMS
        )
    )
    assert [label("record", level) for level in record_levels(albums, ["karaoke", "grease"])] == ["unknown", "tribute or karaoke"]


@pytest.mark.parametrize(
    ("formats", "expected"),
    [
        (";vinyl;lp;album;", 2),
        (";cd;album;", 2),
        (';vinyl;7";45 rpm;single;', 0),
        (';vinyl;12";', 1),
        (";cd;ep;", 1),
        (";vinyl;", NULL),
        (None, NULL),
    ],
)
def test_formats(formats: str | None, expected: int) -> None:
    assert format_level(formats) == expected


def test_what_is_not_known_has_the_null_level() -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "Home"}], schema=FILMS)
    albums = pa.Table.from_pylist([{"album_id": "a", "title": "Home"}], schema=ALBUMS)
    known = {name: label(name, int(level)) for name, level in zip(NAMES, compared(films, albums, "home")[0], strict=True)}
    assert {name for name, level in known.items() if level != "unknown"} == {
        *("title", "name", "soundtrack"),
        *("signs together", "title and signs", "none of these", "unmarked records", "told of the film"),
    }
    assert known["soundtrack"] == "nothing said"
    assert known["told of the film"] == "far less, alone of its name"
    assert known["none of these"] == "most known, no composer to compare"


def test_a_pair_of_records_compared() -> None:
    films = pa.Table.from_pylist(
        [
            {
                "tmdb_id": "78", "title": "Blade Runner", "year": 1982, "composers": ["Vangelis"], "performers": ["Harrison Ford"],
                "popularity": 60.0,
            }
        ],
        schema=FILMS,
    )  # fmt: skip
    albums = pa.Table.from_pylist(
        [
            {
                "album_id": "a", "title": "Blade Runner", "artist": "Vangelis", "year": 2013, "first_year": 1994,
                "genres": ["Electronic", "Stage & Screen"], "styles": ["Score"], "formats": ["Vinyl", "LP"],
            }
        ],
        schema=ALBUMS,
    )  # fmt: skip
    found = dict(zip(NAMES, compared(films, albums, "blade runner")[0].tolist(), strict=True))
    assert {name: label(name, level) for name, level in found.items()} == {
        "title": "equal",
        "name": "two words",
        "numeral": "unknown",
        "year": "unknown",  # the master's year says more
        "first year": "later by more than ten",
        "year in the title": "unknown",
        "article": "unknown",
        "credit": "composer",
        "performers": "unknown",
        "film id": "unknown",
        "soundtrack": "soundtrack style",
        "record": "unknown",
        "style": "unknown",
        "song": "unknown",
        "artists of the title": "unknown",
        "format": "album",
        "tracks": "unknown",
        "label": "unknown",  # its styles say so already
        "titles named": "unknown",
        "films of one album": "unknown",
        "told of the film": "less, alone of its name",
        "known to TMDB": "unknown",
        "time": "unknown",
        "popularity": "famous",
        "signs together": "equal title, labelled, composer, first released in another year",
        "part of a title": "unknown",
        "title and signs": "equal title, labelled, two words",
        "none of these": "most known, composer agrees",
        "unmarked records": "unknown",
    }


@pytest.mark.parametrize(
    ("album", "film", "shared", "expected"),
    [
        ("Star Wars: Revenge Of The Sith", "Star Wars: Episode III - Revenge of the Sith", "revenge of the sith", "part of it equal"),
        ("Star Wars: Revenge Of The Sith", "Star Wars: Episode II - Attack of the Clones", "star wars",
         "shares a part with another title"),
        ("Maze Runner: The Scorch Trials", "Maze Runner: The Death Cure", "maze runner", "shares a part with another title"),
        ("Alien: Original Soundtrack", "Alien: The Film", "alien", "equal to its main title"),
    ],
)  # fmt: skip
def test_what_stands_beside_a_shared_part_tells(album: str, film: str, shared: str, expected: str) -> None:
    assert label("title", part_level(album, film, shared, EVIDENCE["title"].index("equal to its main title"))) == expected


@pytest.mark.parametrize(
    ("title", "name", "year", "expected"),
    [
        ("Cape Fear (The Classic 1962 Score)", "cape fear", 1962, "the film's"),
        ("Cape Fear (The Classic 1962 Score)", "cape fear", 1991, "an earlier one"),
        ("Halloween (2018 Remaster)", "halloween", 1978, "unknown"),  # the edition's
        ("Blade Runner 2049", "blade runner 2049", 2017, "unknown"),  # its name
        ("Cape Fear", "cape fear", 1962, "unknown"),
    ],
)
def test_a_year_in_the_title(title: str, name: str, year: int, expected: str) -> None:
    said = album_features(pa.Table.from_pylist([{"album_id": "a", "title": title}], schema=ALBUMS))["a_title_year"]
    assert label("year in the title", int(title_year_level(said, np.array([float(year)]), [name])[0])) == expected


@pytest.mark.parametrize(
    ("album", "film", "name", "expected"),
    [
        ("the warriors", "The Warriors", "warriors", "both have one"),
        ("songs from the warriors", "The Warriors", "warriors", "both have one"),
        ("the warriors", "Warriors", "warriors", "the album's alone"),
        ("wicked", "The Wicked", "wicked", "the film's alone"),
        ("the music of wicked", "Wicked", "wicked", "unknown"),
        ("wicked", "Wicked", "wicked", "unknown"),
        ("one", "The One", "1", "the film's alone"),
        ("the one", "The One", "1", "both have one"),
    ],
)
def test_articles_tell_namesakes_apart(album: str, film: str, name: str, expected: str) -> None:
    pairs = pa.table({"similarity": pa.array([1.0], pa.float32()), "film_kind": [canonical.TITLE], "film_key": [name]})
    levels = article_levels(pairs, pa.chunked_array([[album]]), pa.chunked_array([[film]]))
    assert label("article", int(levels[0])) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([0], ["unknown"]),
        ([1], ["unknown"]),
        ([1, 2], ["two are known"] * 2),
        ([1, 2, 3], ["three or more are known"] * 3),
    ],
)
def test_films_of_one_album(parts: list[int], expected: list[str]) -> None:
    columns = {"album": [0] * len(parts), "part": parts, "similarity": pa.array([1.0] * len(parts), pa.float32())}
    assert [label("films of one album", int(level)) for level in films_of_one_album(pa.table(columns))] == expected


def test_a_soundtrack_of_television_is_none_of_a_film() -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "Batman", "year": 1966}], schema=FILMS)
    titles = ("Batman (Original Television Soundtrack)", "Batman (Original Soundtrack)")
    for title, expected in zip(titles, ("nothing said", "soundtrack in title"), strict=True):
        albums = pa.Table.from_pylist([{"album_id": "a", "title": title}], schema=ALBUMS)
        level = compared(films, albums, "batman")[0][NAMES.index("soundtrack")]
        assert label("soundtrack", int(level)) == expected


@pytest.mark.parametrize(
    ("title", "artist", "composers", "expected"),
    [
        ("Danny Elfman 'Beetlejuice' LP", "Universal", ["Danny Elfman"], "composer"),
        ("Danny Elfman - Beetlejuice", None, ["Danny Elfman"], "composer"),
        ("Harry Belafonte - Beetlejuice", None, ["Danny Elfman"], "unknown"),  # a claim of the title alone
        ("Beetlejuice", "Hans Zimmer", ["Danny Elfman"], "another film composer"),
        ("Beetlejuice", "Harry Belafonte", ["Danny Elfman"], "others"),
        ("Beetlejuice", "Hans Zimmer", None, "a film composer, this film's unknown"),
        ("Beetlejuice", "Harry Belafonte", None, "others, composer unknown"),
    ],
)
def test_credits_by_trade_and_in_titles(title: str, artist: str | None, composers: list[str] | None, expected: str) -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "Beetlejuice", "composers": composers}], schema=FILMS)
    albums = pa.Table.from_pylist([{"album_id": "a", "title": title, "artist": artist}], schema=ALBUMS)
    known = film_composers(pa.array(["hans zimmer|lisa gerrard", None]))
    level = compared(films, albums, "beetlejuice", known)[0][NAMES.index("credit")]
    assert label("credit", int(level)) == expected


@pytest.mark.parametrize(
    ("labels", "styles", "expected"),
    [
        (["Varèse Sarabande"], None, "film music's"),
        (["Waxwork Records", "GZ Media"], None, "film music's"),
        (["Columbia"], None, "unknown"),
        (["Varèse Sarabande"], ["Soundtrack"], "unknown"),  # said already
        (None, None, "unknown"),
    ],
)
def test_labels_of_film_music(labels: list[str] | None, styles: list[str] | None, expected: str) -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "Inferno"}], schema=FILMS)
    albums = pa.Table.from_pylist([{"album_id": "a", "title": "Inferno", "labels": labels, "styles": styles}], schema=ALBUMS)
    assert label("label", int(compared(films, albums, "inferno")[0][NAMES.index("label")])) == expected


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [(None, NULL), (["1"], 0), (["12"], 2), (["Main Title", "Theme"], 0), (["5"], 1), (["A"] * 9, 2), (["2001: A Theme"], 0)],
)
def test_tracks_are_counted_or_named(tracks: list[str] | None, expected: int) -> None:
    assert tracks_level(tracks) == expected


@pytest.mark.parametrize(("known", "level"), [(0.0, 0), (0.1, 1), (0.2, 2), (0.4, 3), (0.6, 4), (0.9, 5)])
def test_coverage_has_levels(known: float, level: int) -> None:
    assert Coverage(known, 0.0).known_level == level


@pytest.mark.parametrize(
    ("genres", "styles", "expected"),
    [
        (["Pop, Stage & Screen"], ["Soundtrack, Chanson"], ";pop;stage & screen;soundtrack;chanson;"),
        (["Pop"], None, ";pop;"),
        (None, ["Score"], ";score;"),
        ([], [], None),
        (None, None, None),
    ],
)
def test_labels(genres: list[str] | None, styles: list[str] | None, expected: str | None) -> None:
    beside = {"album_id": "b", "title": "X", "genres": ["Rock"], "styles": ["Beat"]}
    albums = pa.Table.from_pylist([{"album_id": "a", "title": "X", "genres": genres, "styles": styles}, beside], schema=ALBUMS)
    assert features._labels(albums, "genres", "styles").to_pylist() == [expected, ";rock;beat;"]
    assert features._labels(albums.slice(0, 1), "genres", "styles").to_pylist() == [expected]


def test_genres_may_come_joined() -> None:
    albums = pa.Table.from_pylist(
        [{"album_id": "a", "title": "X", "genres": ["Pop, Stage & Screen"], "styles": ["Soundtrack, Chanson"]}], schema=ALBUMS
    )
    assert MARKS[album_features(albums)["a_mark"][0].as_py()] == "soundtrack style"
    assert album_features(albums)["a_record"][0].as_py() == MUSIC


def test_credits_of_other_scripts_are_read() -> None:
    assert credited("Эдуард Артемьев") == "eduard artemev"


@pytest.mark.parametrize(
    ("title", "artist", "styles", "expected"),
    [
        ("Inferno", "Art Tatum", None, "three or more"),
        ("Inferno", None, None, "three or more"),
        ("Inferno", "Inferno (3)", None, "three or more"),
        ("Nocturne", "Nocturne (3)", None, "the one of that name"),
        ("Nocturne", "Art Tatum", None, "unknown"),
        ("Inferno", "Keith Emerson", None, "unknown"),  # the film's composer
        ("Inferno", "Art Tatum", ["Soundtrack"], "unknown"),
        ("Inferno (Original Motion Picture Soundtrack)", "Art Tatum", None, "unknown"),
    ],
)
def test_artists_of_the_title(title: str, artist: str | None, styles: list[str] | None, expected: str) -> None:
    name = title.split(" (")[0]
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": name, "composers": ["Keith Emerson"]}], schema=FILMS)
    record = {"album_id": "a", "title": title, "artist": artist, "styles": styles}
    known = name_hash(pa.array(["inferno"]))
    levels = compared(films, pa.Table.from_pylist([record], schema=ALBUMS), name.lower(), standards=known)
    assert label("artists of the title", int(levels[0][NAMES.index("artists of the title")])) == expected


def compared(
    films: pa.Table, albums: pa.Table, name: str, composers: Hashes = NOBODY, standards: Hashes = NONE_KNOWN
) -> np.ndarray:
    pair = {
        "album": 0, "film": 0, "album_key": name, "film_key": name, "album_kind": canonical.WHOLE, "film_kind": canonical.TITLE, "part": 0,
        "similarity": 1.0, "namesakes": 1, "titles": 1,
    }  # fmt: skip
    pairs = pa.Table.from_pylist([pair], schema=PAIRS)
    features = film_features(films)
    for column in features.column_names:
        films = films.append_column(column, features[column])
    films = films.append_column("f_told", pa.array(told_levels(films, NOTHING_TOLD)))
    films = films.append_column("f_entered", pa.array([-1] * len(films), pa.int8()))
    return compare(pairs, films, album_features(albums, composers), standards=standards)
