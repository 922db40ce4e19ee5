import pyarrow as pa
import pytest

from soundtracks.matching.evidence import EVIDENCE, NULL
from soundtracks.matching.features import album_features, film_features
from soundtracks.matching.people import by_another_name, credit_level, joined_people, names_others_too
from soundtracks.records import ALBUMS


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


@pytest.mark.parametrize(
    ("credit", "aliases", "composers", "composer_aliases", "expected"),
    [
        ("oneohtrix point never", None, ["Daniel Lopatin"], ["Oneohtrix Point Never", "OPN"], "oneohtrix point never"),
        ("oneohtrix point never", ["Daniel Lopatin"], ["Daniel Lopatin"], None, "daniel lopatin"),
        ("opn", None, ["Daniel Lopatin"], ["Oneohtrix Point Never", "OPN"], "opn"),
        ("久石 譲", None, ["Joe Hisaishi"], ["久石譲"], "久石譲"),
        ("junkie xl and friends", None, ["Tom Holkenborg"], ["Junkie XL"], "junkie xl"),
        ("ennio morricone", ["Dan Savio", "Leo Nichols"], ["Dan Savio"], None, "dan savio"),
        ("hans pettersson", None, ["Jan Schmidt"], ["Hans"], ""),  # one short word is the name of many
        ("hans", None, ["Jan Schmidt"], ["Hans"], "hans"),
        ("leftfield", ["Neil Barnes"], ["Hans Zimmer"], ["ハンス・ジマー"], ""),
        ("leftfield", None, None, None, ""),
    ],
)
def test_another_name(
    credit: str, aliases: list[str] | None, composers: list[str] | None, composer_aliases: list[str] | None, expected: str
) -> None:
    people = map(joined_people, (aliases, composers, composer_aliases))
    assert by_another_name(credit, *people) == expected


def test_an_artist_who_had_to_stand_for_the_title_is_no_evidence() -> None:
    assert credit_level("blues brothers", False, "elmer bernstein", None) == NULL


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


def nothing(*names: str) -> dict[str, pa.Array]:
    return {name: pa.nulls(1, ALBUMS.field(name).type) for name in names}
