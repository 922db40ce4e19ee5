"""What a run says of itself in the Prefect UI."""

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from soundtracks.metrics import MatchMetrics, RunMetrics, SourceMetrics, ValidationMetrics
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.records import ALBUMS, FILMS, LINKS
from tasks.artifacts import headline, link_rows, reason_rows, summary


def metrics(waiting: int = 0, **parts: object) -> RunMetrics:
    links = {"films_with_albums": 8, "films_to_review": 1, "films_without": 3, "links": 20, "albums_to_review": waiting}
    links["decided_by_people"] = 2
    whole = {"run_id": "r1", "started": datetime(2026, 11, 24, tzinfo=UTC), "links": links, **parts}
    return RunMetrics.model_validate(whole)


def match(review: int) -> MatchMetrics:
    return MatchMetrics(films=12, albums=40, candidates=90, accepted=20, review=review, rejected=5, engine="spark", seconds=2)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({}, "8 of 12 films have soundtrack albums."),
        ({"waiting": 1}, "8 of 12 films have soundtrack albums, 1 album waits for review."),
        ({"titles": {"unresolved": 0}}, "8 of 12 films have soundtrack albums."),
        ({"titles": {"unresolved": 1}}, "8 of 12 films have soundtrack albums, no film was found for 1 title."),
        (
            {"titles": {"unresolved": 1006}, "waiting": 2},
            "8 of 12 films have soundtrack albums, no film was found for 1,006 titles, 2 albums wait for review.",
        ),
        (
            {"waiting": 35, "validation": {"films": ValidationMetrics(rows=9, quarantined=2, warnings=0)}},
            "8 of 12 films have soundtrack albums, 35 albums wait for review, 2 rows were set aside.",
        ),
        (
            {"extraction": {"discogs": SourceMetrics(interrupted="no answer to 5 requests")}},
            "8 of 12 films have soundtrack albums. discogs ended early: no answer to 5 requests.",
        ),
    ],
)
def test_a_run_in_a_sentence(parts: dict[str, Any], told: str) -> None:
    assert headline(metrics(**parts)) == told


def test_a_summary_cannot_be_broken_by_what_it_holds() -> None:
    text = summary(metrics(titles={"file": "a|b <i>.csv", "rows": 3, "unique": 2}, matching=match(4), waiting=4))
    assert text.startswith("## a\\|b &lt;i&gt;.csv\n")
    assert "| albums for a person to decide: `soundtracks review` | 4 |" in text
    assert "| pairs compared | 90 in 2.0 s |" in text
    assert "no film was found" not in text


def test_a_summary_tells_how_many_titles_came_to_no_film() -> None:
    text = summary(metrics(titles={"file": "a.csv", "rows": 18, "unique": 18, "unresolved": 6}))
    assert "| titles that no film was found for | 6 |\n| films with albums | 8 |" in text


def test_reasons_most_often_first() -> None:
    rows = [
        {"dataset": "films", "column": "year", "reason": "No such year.", "value": "1"},
        {"dataset": "albums", "column": "title", "reason": "A title is needed.", "value": "[x](http://evil.example)"},
        {"dataset": "albums", "column": "title", "reason": "A title is needed.", "value": ""},
    ]
    first, second = reason_rows(rows)
    assert (first["data"], first["rows"]) == ("albums", 2)
    assert first["example"] == "\\[x\\](http:\u2060//evil.example)"
    assert (second["reason"], second["rows"]) == ("No such year.", 1)


def test_links_are_shown_surest_first_with_addresses() -> None:
    films = [{"tmdb_id": "348", "title": "Alien", "year": 1979}, {"tmdb_id": "own-1", "title": "[REC] & <b>"}]
    albums = [
        {"album_id": "release:2", "title": "[REC] & <b>"},
        {"album_id": "master:1", "title": "Alien (Original Soundtrack)", "artist": "Jerry Goldsmith"},
    ]
    links = [
        {"album_id": "release:2", "tmdb_id": "own-1", "decision": "accept", "probability": 0.9, "match_weight": 3.0},
        {"album_id": "master:1", "tmdb_id": "348", "decision": "accept", "probability": 0.998, "match_weight": 9.0},
    ]
    tables = (pa.Table.from_pylist(rows, schema) for rows, schema in ((films, FILMS), (albums, ALBUMS), (links, LINKS)))
    assert list(link_rows(Catalogue(*tables))) == [
        {
            "film": "[Alien (1979)](https://www.themoviedb.org/movie/348)",
            "album": "[Jerry Goldsmith – Alien (Original Soundtrack)](https://www.discogs.com/master/1)",
            "probability": "0.9980",
        },
        {
            "film": "\\[REC\\] &amp; &lt;b&gt; (?)",
            "album": "[? – \\[REC\\] &amp; &lt;b&gt;](https://www.discogs.com/release/2)",
            "probability": "0.9000",
        },
    ]
