"""How right a run on the sample was: precision and recall of its accepted links against the sample's truth."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.catalogue import TITLES, Film, load_catalogue, load_truth


@dataclass(frozen=True)
class Score:
    """Counts are albums. An album is right when it is linked to a true film of it and to no other."""

    right: int
    wrong: int
    missed: int
    missed_in_review: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)


def score_links(links: Iterable[tuple[str, str | None, str]]) -> Score:
    """Scores (album_id, tmdb_id, decision) rows of a run over the sample titles.

    Every album of the sample that belongs to a listed film counts, whether or not the run ever saw it.
    """
    accepted: dict[str, set[str]] = {}
    review: dict[str, set[str]] = {}
    for album, film, decision in links:
        if film is not None and decision in ("accept", "review"):
            (accepted if decision == "accept" else review).setdefault(album, set()).add(film)
    listed = listed_films()
    right = wrong = missed = missed_in_review = 0
    for album, truth in load_truth().items():
        true, got = set(truth.tmdb_ids), accepted.get(album, set())
        if got and got <= true:
            right += 1
            continue
        wrong += bool(got)
        if true & listed:
            missed += 1
            missed_in_review += bool(review.get(album, set()) & true)
    return Score(right, wrong, missed, missed_in_review)


def listed_films() -> set[str]:
    """TMDB ids of the films that the sample title file asks for, by plain comparison of title and year."""
    with TITLES.open(encoding="utf-8-sig", newline="") as file:
        wanted = [(row["title"].strip().casefold(), row["year"].strip()) for row in csv.DictReader(file)]
    return {
        str(film.tmdb_id)
        for title, year in wanted
        for film in load_catalogue().films
        if title in _names(film) and (not year or film.release_date[:4] == year)
    }


def _names(film: Film) -> set[str]:
    return {name.casefold() for name in (film.title, film.original_title, *(title for _, title in film.alternative_titles))}
