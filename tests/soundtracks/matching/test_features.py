import pyarrow as pa
import pytest

from soundtracks.matching import features
from soundtracks.matching.evidence import NULL
from soundtracks.matching.features import album_features, tracks_level
from soundtracks.matching.people import credited
from soundtracks.records import ALBUMS
from soundtracks.text.folding import fold
from soundtracks.text.patterns import Texts
from soundtracks.text.signals import MARKS, MUSIC, RECORD_KINDS, format_level, mark_levels, record_kinds, style_levels

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


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [(None, NULL), (["1"], 0), (["12"], 2), (["Main Title", "Theme"], 0), (["5"], 1), (["A"] * 9, 2), (["2001: A Theme"], 0)],
)
def test_tracks_are_counted_or_named(tracks: list[str] | None, expected: int) -> None:
    assert tracks_level(tracks) == expected


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
    ("title", "styles", "expected"),
    [
        ("King Kong (Original Motion Picture Score)", None, "said in the title"),
        ("King Kong (Original Motion Picture Score)", ["Score"], "said in the title"),
        ("King Kong (Original Motion Picture Soundtrack)", ["Soundtrack", "Score"], "by its style"),
        ("King Kong (The Score And Soundtrack)", ["Soundtrack"], None),
        ("Scores", None, None),
    ],
)
def test_scores(title: str, styles: list[str] | None, expected: str | None) -> None:
    albums = pa.Table.from_pylist([{"album_id": "a", "title": title, "styles": styles}], schema=ALBUMS)
    level = album_features(albums)["a_score"][0].as_py()
    assert (None if level == NULL else features.SCORES[level]) == expected


@pytest.mark.parametrize(
    ("record", "cd", "indian"),
    [
        ({"formats": ["CD", "Album"]}, True, False),
        ({"formats": ["CDr"]}, True, False),
        ({"formats": ["Vinyl", "LP"], "country": "India"}, False, True),
        ({"styles": ["Bollywood"]}, False, True),
        ({"country": "Indonesia"}, False, False),
        ({}, False, False),
    ],
)
def test_what_bears_on_the_year(record: dict[str, object], cd: bool, indian: bool) -> None:
    found = album_features(pa.Table.from_pylist([{"album_id": "a", "title": "X"} | record], schema=ALBUMS))
    assert (found["a_cd"][0].as_py(), found["a_indian"][0].as_py()) == (cd, indian)
