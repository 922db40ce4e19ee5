"""Seeded catalogues of real-looking films and albums, with the truth.

Films: titles of the word model with namesakes (Zipf's law over words: many films called "Home"), original and alternative
titles in six languages, years that grow denser, composers who score several films. Albums: soundtracks in many
wordings and languages with typos, reissues of one master, "A = B" titles, soundtracks of films that are not in the
catalogue, tributes and cast albums, and other records whose titles come from the same words.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.scale.words import ADJECTIVES, DECORATIONS, ENDINGS, FOREIGN, GIVEN, NOT_THE_SOUNDTRACK, NOUNS, PLACES, SYLLABLES
from soundtracks.records import ALBUMS, FILMS, ROW_GROUP, conform

Rng = np.random.Generator

#: Shares of the albums.
SOUNDTRACK, MISSING_FILM, OTHER_RECORD = 0.55, 0.15, 0.08  # the rest: records that have nothing to do with films
TYPO = 0.04


@dataclass(frozen=True)
class Catalogue:
    """`truth`: film row of each album, -1 for none."""

    films: pa.Table
    albums: pa.Table
    truth: npt.NDArray[np.int64]


def make_catalogue(films: int, albums: int, seed: int = 20261124) -> Catalogue:
    """A catalogue of so many films and albums; equal arguments give equal catalogues."""
    rng = np.random.default_rng(seed)
    people = _people(rng, max(50, films // 6))
    table = _films(rng, films, people)
    return Catalogue(table, *_albums(rng, albums, table, people))


def write_catalogue(folder: Path, films: int, albums: int, seed: int) -> None:
    """Writes films.parquet, albums.parquet and truth.npy."""
    catalogue = make_catalogue(films, albums, seed)
    pq.write_table(catalogue.films, folder / "films.parquet")
    pq.write_table(catalogue.albums, folder / "albums.parquet", row_group_size=ROW_GROUP)
    np.save(folder / "truth.npy", catalogue.truth)


def rows_of(ids: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Rows of the catalogue by id, which counts them from 1 (`_films`, `_albums`)."""
    return np.asarray(pc.cast(pc.replace_substring_regex(ids, "^.*:", ""), pa.int64())) - 1


def _pick(rng: Rng, words: list[str], count: int, skew: float = 1.0) -> list[str]:
    """Words drawn by Zipf's law: the word of rank r with probability ~ r^-skew."""
    weight = np.arange(1, len(words) + 1) ** -skew
    drawn = rng.choice(len(words), count, p=weight / weight.sum())
    return [words[n] for n in drawn]


def _surnames(rng: Rng, count: int) -> list[str]:
    parts = [_pick(rng, words, count, 0.3) for words in (SYLLABLES, SYLLABLES, ENDINGS)]
    return [f"{a}{b if short else ''}{c}".capitalize() for a, b, c, short in zip(*parts, rng.random(count) < 0.6, strict=True)]


def _people(rng: Rng, count: int) -> list[str]:
    given = _pick(rng, GIVEN, count, 0.5)
    return [f"{first.capitalize()} {last}" for first, last in zip(given, _surnames(rng, count), strict=True)]


def _titles(rng: Rng, count: int) -> list[str]:
    """English titles. As in real catalogues hundreds of films share one word of a title, most have theirs alone."""
    word = partial(_pick, rng, count=count)
    nouns = [list(map(str.capitalize, word(NOUNS, skew=s))) for s in (0.3, 0.3, 0.5, 0.3)]
    adjectives = [list(map(str.capitalize, word(ADJECTIVES, skew=0.5))) for _ in range(2)]
    places, names = list(map(str.capitalize, word(PLACES))), _surnames(rng, count)
    given = list(map(str.capitalize, word(GIVEN)))
    number = rng.integers(2, 9, count)
    shape = rng.choice(14, count, p=[0.02, 0.05, 0.03, 0.06, 0.12, 0.06, 0.12, 0.06, 0.12, 0.1, 0.1, 0.04, 0.07, 0.05])
    titles = []
    for n in range(count):
        a, b, c, d = nouns[0][n], nouns[1][n], nouns[2][n], nouns[3][n]
        x, y, who, where, first = adjectives[0][n], adjectives[1][n], names[n], places[n], given[n]
        match shape[n]:
            case 0:
                title = a
            case 1:
                title = f"{x} {a}"
            case 2:
                title = f"The {b}"
            case 3:
                title = f"The {x} {b}"
            case 4:
                title = f"The {b} of {who}"
            case 5:
                title = f"{a} in {where}"
            case 6:
                title = f"{first} {who}"
            case 7:
                title = f"{b} and {c}"
            case 8:
                title = f"{who}'s {x} {b}"
            case 9:
                title = f"{x} {b}: The {y} {c}"
            case 10:
                title = f"The {b} Who Lost the {x} {c}"
            case 11:
                title = f"{b} {c} {number[n]}"
            case 12:
                title = f"The {who} {d}"
            case _:
                title = f"{first} and the {x} {d}"
        titles.append(title)
    return titles


def _foreign(rng: Rng, count: int) -> tuple[list[str], list[str]]:
    """(titles, their languages)."""
    languages = _pick(rng, list(FOREIGN), count, 0.5)
    numbers = rng.integers(0, 1 << 30, (count, 3))
    names = _surnames(rng, count)
    titles = []
    for language, name, (i, j, k) in zip(languages, names, numbers, strict=True):
        first, words = FOREIGN[language]
        begin, a, b = first[i % len(first)], words[j % len(words)], words[k % len(words)]
        gap = "" if language == "ja" else " "
        title = f"{begin}{gap}{a}{gap}{b}" if k % 3 else f"{begin}{gap}{a} {name}"
        titles.append(title[0].upper() + title[1:])
    return titles, languages


def _films(rng: Rng, count: int, people: list[str]) -> pa.Table:
    titles = _titles(rng, count)
    foreign, languages = _foreign(rng, count)
    is_foreign = rng.random(count) < 0.35
    others, _ = _foreign(rng, count)
    alternatives = rng.choice(3, count, p=[0.6, 0.3, 0.1])
    year = (2025 - 105 * rng.random(count) ** 2.2).astype(np.int32)
    by, second = rng.integers(0, len(people), (2, count))
    scored = rng.choice(3, count, p=[0.06, 0.86, 0.08])
    columns = {
        "tmdb_id": [str(n + 1) for n in range(count)],
        "title": titles,
        "original_title": [f if is_f else t for t, f, is_f in zip(titles, foreign, is_foreign, strict=True)],
        "alternative_titles": [
            [other, titles[-n]][:k] or None for n, (other, k) in enumerate(zip(others, alternatives, strict=True))
        ],
        "year": year,
        "composers": [[people[a], people[b]][:k] or None for a, b, k in zip(by, second, scored, strict=True)],
        "language": [lang if is_f else "en" for lang, is_f in zip(languages, is_foreign, strict=True)],
    }
    return conform(pa.table(columns), FILMS)


def _albums(rng: Rng, count: int, films: pa.Table, people: list[str]) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    kind = rng.choice(4, count, p=[SOUNDTRACK, MISSING_FILM, OTHER_RECORD, 1 - SOUNDTRACK - MISSING_FILM - OTHER_RECORD])
    # some films have many records: the square of a uniform number favours the first tenth threefold
    film = (rng.random(count) ** 1.5 * len(films)).astype(np.int64)
    reissue = rng.random(count) < 0.15  # the same master as the album before
    for n in np.flatnonzero(reissue & (kind == 0)).tolist():
        if n and kind[n - 1] == 0:
            film[n] = film[n - 1]
    columns = {name: films[name].to_pylist() for name in ("title", "original_title", "composers", "year", "language")}
    elsewhere, bands = _titles(rng, count), _surnames(rng, count)
    wording, chance, artist = rng.random(count), rng.random(count), rng.random(count)
    later = np.where(rng.random(count) < 0.9, rng.choice([0, 0, 0, 0, 1, -1], count), rng.integers(2, 40, count))
    stranger, anywhen = rng.integers(0, len(people), count), rng.integers(1950, 2026, count)
    rows: dict[str, list[object]] = {field.name: [] for field in ALBUMS}
    master = 0
    for n in range(count):
        f, k = int(film[n]), int(kind[n])
        original = k == 0 and columns["language"][f] != "en" and wording[n] < 0.5
        title = (columns["original_title"] if original else columns["title"])[f] if k in (0, 2) else elsewhere[n]
        language = columns["language"][f] if original else "en"
        year, composers = int(anywhen[n]), [people[stranger[n]]]
        if k in (0, 2):
            year, composers = columns["year"][f], columns["composers"][f] or []
        if k < 2:
            shapes = DECORATIONS[language]
            named = shapes[int(wording[n] * 997) % len(shapes)].format(title)
            if original and chance[n] < 0.1:
                named = f"{title} = {columns['title'][f]}"
        else:
            named = NOT_THE_SOUNDTRACK[int(wording[n] * 997) % len(NOT_THE_SOUNDTRACK)].format(title) if k == 2 else title
        follows = bool(reissue[n] and n and k == 0 and kind[n - 1] == 0)
        master += not follows
        # what is made of a film's fame comes when it has some
        after = int(later[n]) if k != 2 else int(anywhen[n]) % 25
        first = min(year + after, 2026) if not follows else rows["first_year"][-1]
        rows["album_id"].append(f"release:{n + 1}")
        rows["title"].append(_typo(rng, named) if chance[n] > 1 - TYPO and k == 0 else named)
        rows["artist"].append(_credit(composers, artist[n], bands[n]) if k < 2 else bands[n])
        rows["first_year"].append(first)
        rows["year"].append(None if chance[n] < 0.05 else int(anywhen[n]) if follows else first)
        rows["genres"].append(["Stage & Screen"] if k < 3 else ["Rock"])
        rows["styles"].append(["Soundtrack"] if k < 2 and chance[n] < 0.8 else None)
        rows["formats"].append(["CD", "Album"] if artist[n] < 0.5 else ["Vinyl", "LP"])
        rows["master_id"].append(str(master) if chance[n] < 0.6 or follows else None)
        rows["country"].append(None)
    known = [field for field in ALBUMS if rows[field.name]]
    made = pa.table({field.name: pa.array(rows[field.name], field.type) for field in known})
    return conform(made, ALBUMS), np.where(kind == 0, film, -1)


def _credit(composers: list[str], chance: float, band: str) -> str:
    if not composers or chance < 0.15:
        return "Various"
    if chance < 0.22:
        return band
    if chance < 0.27:
        given, last = composers[0].split(" ", 1)
        return f"{given[0]}. {last}"
    return composers[0] + (" (2)" if chance < 0.3 else "*" if chance < 0.33 else "")


def _typo(rng: Rng, text: str) -> str:
    """One letter of the first twenty lost, doubled, swapped or replaced."""
    at, how = int(rng.integers(0, max(1, min(len(text) - 1, 20)))), int(rng.integers(0, 4))
    middle = {0: "", 1: text[at] * 2, 2: text[at : at + 2][::-1], 3: "e"}[how]
    return text[:at] + middle + text[at + (2 if how == 2 else 1) :]
