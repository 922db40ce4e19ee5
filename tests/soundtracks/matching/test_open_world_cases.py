"""Single albums before few films, as they come: what must be accepted, and what must not, one case a line."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from benchmarks.quality.worlds import sample_set
from soundtracks.matching.pipeline import match

Row = dict[str, Any]


def _film(title: str, year: int | None = None, *composers: str, original: str | None = None) -> Row:
    return {"title": title, "original_title": original, "year": year, "composers": list(composers) or None}


def _album(title: str, artist: str, year: int | None = None, labels: str = "", formats: str = "") -> Row:
    """`labels`: genres, then styles after a semicolon, each joined by `|`."""
    genres, _, styles = labels.partition(";")
    lists = {"genres": genres, "styles": styles, "formats": formats}
    return {"title": title, "artist": artist, "year": year} | {
        name: text.split("|") if text else None for name, text in lists.items()
    }


INDIAN = "Folk, World, & Country|Stage & Screen;Bollywood"
SOUNDTRACK = "Stage & Screen;Soundtrack"

#: The albums belong to the last of the films.
ACCEPTED: dict[str, tuple[list[Row], Row]] = {
    "Indian record of the year before": (
        [_film("Kaho Naa... Pyaar Hai", 2000)],
        _album("Kaho Naa... Pyaar Hai", "Rajesh Roshan", 1999, INDIAN, "CD|Album"),
    ),
    "Indian record of the year before, composer known": (
        [_film("Kaho Naa... Pyaar Hai", 2000, "Rajesh Roshan")],
        _album("Kaho Naa... Pyaar Hai", "Rajesh Roshan", 1999, INDIAN, "CD|Album"),
    ),
    "Hindi transcribed otherwise": (
        [_film("Dilwale Dulhania Le Jayenge", 1995)],
        _album("Dilwale Dulhaniya Le Jaayenge", "Jatin-Lalit", 1995, "Stage & Screen;Bollywood", "CD|Album"),
    ),
    "quoted film behind its director": (
        [_film("Kansas City", 1996, "Hal Willner")],
        _album('Music From The Robert Altman Film "Kansas City"', "Various", 1996),
    ),
    "sequel's number behind a dash": ([_film("Dhoom", 2004), _film("Dhoom 2", 2006)], _album("Dhoom - 2", "Pritam", 2006)),
    "studio before the title": (
        [_film("Moana", 1926), _film("Moana", 2016, "Mark Mancina")],
        _album("Disney Moana Soundtrack", "Various", 2016, SOUNDTRACK, "CD|Album"),
    ),
    "songs as heard in a film, reissued": (
        [_film("Urban Cowboy", 1980, "Ralph Burns")],
        _album(
            "Urban Cowboy - Songs As Heard In The Motion Picture",
            "Various",
            1995,
            "Rock|Stage & Screen;Soundtrack|Country",
            "LP|Compilation|Reissue",
        ),
    ),
    "franchise before the title": (
        [_film("Spider-Man", 2002, "Danny Elfman"), _film("Spider-Man: Across the Spider-Verse", 2023, "Daniel Pemberton")],
        _album("Music From & Inspired By Spider-Man: Across The Spider-Verse", "Various Artists", 2023),
    ),
    "franchise as initials": (
        [_film("The Lord of the Rings: The Return of the King", 2003, "Howard Shore")],
        _album("LOTR: The Return Of The King: Original Motion Picture Soundtrack", "Howard Shore", 2003),
    ),
    "tagline behind the title": (
        [_film("Swades: We, the People", 2004)],
        _album("Swades", "A.R. Rahman", 2004, "Stage & Screen;Bollywood", "CD|Album"),
    ),
    "music heard in the film, and other pieces": (
        [_film("Diva", 1981, "Vladimir Cosma")],
        _album(
            "Musiques Entendues Dans Le Film Diva Et Autres Extraits",
            "Various",
            1981,
            "Classical|Stage & Screen;Soundtrack",
            "LP|Compilation",
        ),
    ),
    "Chinese sequel, of a title in other characters": (
        [
            _film("Ip Man", 2008, "Kenji Kawai", original="葉問"),
            _film("Ip Man 2", 2010, "Kenji Kawai", original="葉問2:宗師傳奇"),
        ],
        _album("叶问 2", "川井憲次", 2010, SOUNDTRACK),
    ),
    "Chinese sequel, with a number or the word for it": (
        [_film("Project A", 1983, "Michael Lai", original="A計劃"), _film("Project A 2", 1987, original="A計劃續集")],
        _album("A計劃II", "Michael Lai", 1987, SOUNDTRACK),
    ),
    "expanded edition by the composer, decades later": (
        [_film("Aliens", 1986, "James Horner")],
        _album("Aliens (The Deluxe Edition)", "James Horner", 2001, SOUNDTRACK),
    ),
    "deluxe edition of the remake": (
        [_film("Aladdin", 1992, "Alan Menken"), _film("Aladdin", 2019, "Alan Menken")],
        _album("Aladdin (Deluxe Edition)", "Various", 2019, SOUNDTRACK),
    ),
    "deluxe edition of songs, decades later": (
        [_film("Grease", 1978, "Louis St. Louis")],
        _album("Grease (Deluxe Edition)", "Various", 2003, SOUNDTRACK),
    ),
    "number in both scripts of a title": (
        [_film("Movie 43", 2013, "Christophe Beck")],
        _album("Movie 43 ムービー43", "Various", 2013, SOUNDTRACK),
    ),
    "year behind a title in two scripts": (
        [_film("Oldboy", 2003, "Cho Young-wuk")],
        _album("Oldboy 올드보이 2003", "Various", 2003, SOUNDTRACK),
    ),
    "year behind a title, without a blank": (
        [_film("日本沈没", 1973, "佐藤勝"), _film("日本沈没", 2006, "岩代太郎")],
        _album("日本沈没2006", "岩代太郎", 2006, SOUNDTRACK),
    ),
    "style Bollywood alone": (
        [_film("Sholay", 1975)],
        _album("Sholay", "R.D. Burman", 1975, "Stage & Screen;Bollywood", "Vinyl|LP|Album"),
    ),
}

NOT_ACCEPTED: dict[str, tuple[list[Row], Row]] = {
    "two songs on a record": ([_film("Autumn Leaves", 1956, "Hans J. Salter")], _album("Autumn Leaves / Misty", "Erroll Garner")),
    "jazz LP in the film's year": (
        [_film("Gigi", 1958, "Frederick Loewe")],
        _album("Gigi", "Shelly Manne & His Friends", 1958),
    ),
    "sequel that is not listed": ([_film("Singham", 2011)], _album("Singham - 2", "Various", 2014, SOUNDTRACK, "CD|Album")),
    "sequel that is not listed, of the same year": (
        [_film("Nymphomaniac", 2013)],
        _album("Nymphomaniac - 2", "Various", 2013, SOUNDTRACK, "CD|Album"),
    ),
    "Chinese sequel that is not listed": (
        [_film("Infernal Affairs", 2002, "Chan Kwong-Wing", original="無間道")],
        _album("無間道II", "Chan Kwong-Wing", 2003, SOUNDTRACK),
    ),
    "Japanese sequel that is not listed": (
        [_film("The Ring", 1998, "Kenji Kawai", original="リング")],
        _album("リングII", "Kenji Kawai", 1999, SOUNDTRACK),
    ),
    "Japanese sequel that is not listed, in two scripts": (
        [_film("Bayside Shakedown", 1998, "Akihiko Matsumoto", original="踊る大捜査線")],
        _album("踊る大捜査線 THE MOVIE 2", "Akihiko Matsumoto", 2003, SOUNDTRACK),
    ),
    "Japanese sequel that is not listed, by the word for it": (
        [_film("Always: Sunset on Third Street", 2005, "Naoki Sato", original="ALWAYS 三丁目の夕日")],
        _album("ALWAYS 続・三丁目の夕日", "Naoki Sato", 2007, SOUNDTRACK),
    ),
    "deluxe edition of a remake that is not listed": (
        [_film("Footloose", 1984, "Miles Goodman")],
        _album("Footloose (Original Motion Picture Soundtrack) [Deluxe Edition]", "Various", 2011, SOUNDTRACK),
    ),
    "series, by the name of all its films": (
        [_film("Skyfall", 2012, "Thomas Newman", original="007:大破天幕杀机")],
        _album("007", "Various", 2012, SOUNDTRACK),
    ),
    "Japanese series, by the name of all its films": (
        [_film("The Time-Bombed Skyscraper", 1997, "大野克夫", original="名探偵コナン:時計じかけの摩天楼")],
        _album("名探偵コナン オリジナル・サウンドトラック 2", "大野克夫", 1996, SOUNDTRACK),
    ),
    "title song as a CD": (
        [_film("Skyfall", 2012, "Thomas Newman")],
        _album("Skyfall", "Adele (3)", 2012, "Pop|Stage & Screen;Soundtrack|Theme|Ballad", "CD"),
    ),
    "theme as a record": (
        [_film("Love Story", 1970, "Francis Lai")],
        _album("Theme From Love Story", "Francis Lai And His Orchestra", 1971),
    ),
    "love theme as a CD": (
        [_film("Titanic", 1997, "James Horner")],
        _album(
            "My Heart Will Go On (Love Theme From Titanic)", "Celine Dion", 1997, "Pop|Stage & Screen;Ballad|Soundtrack", "CD"
        ),
    ),
}


@pytest.mark.parametrize("case", ACCEPTED)
@pytest.mark.slow
def test_accepted(case: str, films, albums) -> None:
    known, album = ACCEPTED[case]
    links, _ = match(films(*known), albums(album), engine="local")
    assert links.select(["tmdb_id", "decision"]).to_pylist() == [{"tmdb_id": str(len(known)), "decision": "accept"}]


@pytest.mark.parametrize("case", NOT_ACCEPTED)
@pytest.mark.slow
def test_not_accepted(case: str, films, albums) -> None:
    known, album = NOT_ACCEPTED[case]
    links, metrics = match(films(*known), albums(album), engine="local")
    assert "accept" not in links["decision"].to_pylist()
    assert metrics.accepted == 0


#: A list of the older of several films of one name.
OLDER = {
    ("Dune", 1984),
    ("Frozen", 2010),
    ("Halloween", 1978),
    ("Solaris", 1972),
    ("Total Recall", 1990),
    ("Ghostbusters", 1984),
    ("West Side Story", 1961),
}


@pytest.mark.parametrize(
    ("rivals", "found"),
    [
        # Ghostbusters' score of 1984 came out in 2006: with a Ghostbusters of 2016 known, it waits for a person
        (True, 26),
        (False, 29),
    ],
)
def test_albums_of_films_outside_the_list_are_not_accepted(rivals: bool, found: int) -> None:
    """A list of the older of several films of one name; the others are known as rivals, or not at all."""
    of = sample_set()
    names = {title for title, _ in OLDER}
    known = [row for row in of.films.to_pylist() if row["title"] in names]
    listed = {row["tmdb_id"] for row in known if (row["title"], row["year"]) in OLDER}
    assert len(listed) == len(OLDER) < len(known)
    rows = [row | {"listed": row["tmdb_id"] in listed} for row in known if rivals or row["tmdb_id"] in listed]
    links, _ = match(pa.Table.from_pylist(rows, schema=of.films.schema), of.albums, engine="local")
    accepted = links.filter(pc.equal(links["decision"], "accept")).select(["album_id", "tmdb_id"]).to_pylist()
    wanted = dict(zip(of.albums["album_id"].to_pylist(), of.wanted, strict=True))
    assert [row for row in accepted if row["tmdb_id"] not in wanted[row["album_id"]] & listed] == []
    assert sum(bool(films & listed) for films in wanted.values()) == 30
    assert len(accepted) >= found
