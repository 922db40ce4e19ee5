"""Damaged lists, and what is left of them."""

from tests.soundtracks.lists.corpus import Case, text

DAMAGES = [
    Case(
        "open-quote.csv",
        text("title,year", "Alien,1979", '"Gladiator,2000', "Ran,1985", "Heat,1995", '"Seven, Eight",1995'),
        [("Alien", 1979, ""), ("Ran", 1985, ""), ("Heat", 1995, ""), ("Seven, Eight", 1995, "")],
        unreadable=1,
    ),
    Case(
        "value-too-many.csv",
        text("title,year", "Alien,1979", "I, Robot,2004", "Ran,1985"),
        [("Alien", 1979, ""), ("Ran", 1985, "")],
        unreadable=1,
    ),
    Case(
        "value-too-few.csv",
        text("id,title,year,rating,seen", "1,Alien,1979,9,", "2,Ran", "3,Heat,1995,8,x"),
        [("Alien", 1979, ""), ("Heat", 1995, "")],
        unreadable=1,
    ),
    Case(
        "cut-off.json",
        b'[{"title": "Alien", "year": 1979}, {"title": "Ran", "year": 1985}, {"title": "Hea',
        [("Alien", 1979, ""), ("Ran", 1985, "")],
        unreadable=1,
    ),
    Case(
        "cut-off-in-object.json",
        b'{"total": 3, "movies": [\n{"title": "Alien", "year": 1979},\n{"title": "Ran", "year": 19',
        [("Alien", 1979, "")],
        unreadable=1,
    ),
    Case(
        "bad-line.jsonl",
        text('{"title": "Alien", "year": 1979}', '{"title": "R', '{"title": "Heat", "year": 1995}', '{"title": "Ran"}'),
        [("Alien", 1979, ""), ("Heat", 1995, ""), ("Ran", None, "")],
        unreadable=1,
    ),
    Case(
        "two-documents.json",
        text('[{"title": "Alien", "year": 1979}]', '[{"title": "Ran", "year": 1985}],'),
        [("Alien", 1979, ""), ("Ran", 1985, "")],
    ),
    Case(
        "cut-off.xml",
        b"<videodb><movie><title>Alien</title><year>1979</year></movie><movie><title>Ran</title><year>1985</ye",
        [("Alien", 1979, ""), ("Ran", 1985, "")],
        unreadable=1,
    ),
    Case(
        "stray-ampersand.xml",
        b"<videodb><movie><title>Tom & Jerry</title><year>1992</year></movie></videodb>",
        [("Tom & Jerry", 1992, "")],
    ),
    Case(
        "entities.xml",
        b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><videodb><movie><title>Alien &b;</title><year>1979</year></movie></videodb>',
        [("Alien &b;", 1979, "")],
    ),
    Case(
        "lost-letters.csv",
        text("title,tmdb_id", "???,670", "????,", "Alien,348", "Ran,1"),
        [("???", None, "tmdb:670"), ("Alien", None, "tmdb:348"), ("Ran", None, "tmdb:1")],
        unreadable=1,
    ),
    Case(
        "endless-title.txt",
        text("x" * 501, "Alien", "Ran", "Heat"),
        [("Alien", None, ""), ("Ran", None, ""), ("Heat", None, "")],
        unreadable=1,
    ),
]
