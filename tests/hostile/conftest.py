"""A catalogue in which every text of the collection is a title, an artist, a composer, an id and a reviewer's note."""

import json

import pyarrow as pa
import pytest

from soundtracks.publishing.catalogue import DECISIONS, Catalogue
from soundtracks.records import ALBUMS, FILMS, LINKS
from tests.hostile.texts import TEXTS


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """One film, one album and one link for each text; every second album has the text as its id, too; odd ones wait for review."""
    films, albums, links, decisions = [], [], [], []
    for n, text in enumerate(TEXTS.values(), 1001):  # no id is 42, which the formulas come to
        album_id = f"release:{n}" if n % 2 else text
        films.append(
            {
                "tmdb_id": f"{n}",
                "title": text,
                "original_title": text,
                "alternative_titles": [text, f"{text} 2"],
                "composers": [text],
                "performers": [text],
                "language": text[:20],
                "year": 1900 + n % 120,
                "imdb_id": text[:30],
                "wikidata_id": "Q103569" if n % 3 else text[:30],
            }
        )
        albums.append(
            {
                "album_id": album_id,
                "title": text,
                "artist": text,
                "genres": [text],
                "styles": [text],
                "formats": [text],
                "country": text,
                "year": 1990,
                "master_id": text[:30] if n % 5 == 0 else None,
            }
        )
        evidence = {
            "title": {"value": f"{text} | {text}", "level": "equal", "weight": 9.0},
            text: {"value": text, "level": text, "weight": 1.0},
        }
        links.append(
            {
                "album_id": album_id,
                "tmdb_id": f"{n}",
                "decision": "review" if n % 4 == 0 else "accept",
                "probability": 0.995,
                "match_weight": 8.0,
                "runner_up_tmdb_id": text,
                "runner_up_gap": 1.0,
                "evidence": json.dumps(evidence, ensure_ascii=False),
            }
        )
        if n % 7 == 0:
            by, at = text[:80], "2026-11-01T10:00:00.000000Z"
            decisions.append({"album_id": album_id, "tmdb_id": f"{n}", "decision": "accept", "by": by, "at": at})
    tables = ((films, FILMS), (albums, ALBUMS), (links, LINKS), (decisions, DECISIONS))
    return Catalogue(*(pa.Table.from_pylist(rows, schema) for rows, schema in tables))
