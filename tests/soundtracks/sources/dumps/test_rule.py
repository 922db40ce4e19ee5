"""Which albums are kept, and how many labelled soundtracks the rule finds."""

import csv
import re
from pathlib import Path

import pytest

from soundtracks.sources.dumps.rule import HINT
from soundtracks.text.signals import looks_like_soundtrack, title_says_so

SAYS_SO = [
    "Star Trek (Music From The Motion Picture)",
    "Io Ballo Da Sola (Colonna Sonora Originale Del Film)",
    "Musique de la Bande Originale Du Film De Stanley Kubrick - Orange Mecanique",
    "Blade Runner (Soundtrack) = ブレードランナー・サウンドトラック",
    "ブレードランナー・サウンドトラック",
    "Der Dritte Mann (Original-Filmmusik)",
    "La Boum (B.O.F.)",
    "Todo Sobre Mi Madre (Banda Sonora Original)",
    "Música De La Película Carmen",
    "Central Do Brasil (Trilha Sonora)",
    "Akira OST",
    "Akira O.S.T.",
    "Музыка Из Кинофильма «Ирония Судьбы»",
    "Muzyka Z Filmu Pan Wołodyjowski",
    "THE ORIGINAL SCORE",
    "Scores For Short Films",
    "Great Film Themes No. 3",
    "Cinéma",
    "sound track",
    "Jaws (O. S. T.)",
    "Volver (B.S.O.)",
    "Diva - Bof",
    "Titanic (Score)",
    "Musique Originale",
    "Elokuva",
    "Amélie (Bande-Originale)",
    "Original Motion-Picture Music",
    "Sciezka Dzwiekowa",
    "Nosferatu (原聲大碟)",
    "Иваново Детство (к/ф)",
]
SAYS_NOTHING = ["Lost", "Ghost Stories", "Filmore", "Scoreboard", "Contracts", "The Wall", "Band On The Run", "", "Mostly Autumn"]


@pytest.mark.parametrize("title", SAYS_SO)
def test_title_says_so(title: str) -> None:
    assert title_says_so(title)
    if title.isascii():
        assert HINT.search(title.lower().encode()), "the quick look must not lose what the rule keeps"


@pytest.mark.parametrize("title", SAYS_NOTHING)
def test_title_says_nothing(title: str) -> None:
    assert not title_says_so(title)


@pytest.mark.parametrize(
    ("genres", "styles", "kept"),
    [
        (["Stage & Screen"], [], True),
        (["Rock"], ["Score"], True),
        (["Rock"], ["Soundtrack"], True),
        (["Rock"], ["Ambient"], False),
        ([], [], False),
    ],
)
def test_genre_and_style(genres: list[str], styles: list[str], kept: bool) -> None:
    assert looks_like_soundtrack("Boston", genres, styles) is kept


def test_recall_on_labelled_soundtracks(shared_data: Path) -> None:
    """Records of Discogs that people labelled as a film's soundtrack; found by searches, so the true recall may be lower."""
    with (shared_data / "labelled_albums.csv").open(encoding="utf-8") as file:
        labelled = [row for row in csv.DictReader(file) if row["rel"] == "ost"]
    parts = re.compile(r"\||, ")
    found = [r for r in labelled if looks_like_soundtrack(r["title"], parts.split(r["genres"]), parts.split(r["styles"]))]
    assert len(labelled) > 100
    assert len(found) / len(labelled) >= 0.99
    assert sum(title_says_so(row["title"]) for row in labelled) / len(labelled) >= 0.75  # by the title alone


def test_quick_look_agrees_with_the_rule_on_real_titles(shared_data: Path) -> None:
    with (shared_data / "gold_links.csv").open(encoding="utf-8") as file:
        titles = [row["album_title"] for row in csv.DictReader(file)]
    kept = [t for t in titles if t.isascii() and title_says_so(t)]
    assert len(kept) > 250
    assert all(HINT.search(t.lower().encode()) for t in kept)
