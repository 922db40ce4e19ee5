"""Other ways to link the same albums: each gives every album its best film and a score.

Their thresholds are chosen on the evaluation set itself, at their best F1; ours never sees the albums it is measured on.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rapidfuzz import fuzz, process, utils

from benchmarks.quality.worlds import World
from benchmarks.scale import peers as scale_peers

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Peer:
    """`score` of each album's best film (-inf: none), whether that film is right; `least`: the score it accepts from."""

    name: str
    score: Floats
    right: npt.NDArray[np.bool_]
    least: float

    def curve(self, wanted: int) -> tuple[Floats, Floats, Floats]:
        """(threshold, precision, recall) for each score there is, highest first. `wanted`: albums that have a film."""
        order = np.argsort(-self.score, kind="stable")
        order = order[np.isfinite(self.score[order])]
        true, score = np.cumsum(self.right[order]), self.score[order]
        ends = np.flatnonzero(np.append(score[1:] < score[:-1], True))  # equal scores are accepted together
        return score[ends], true[ends] / (ends + 1), true[ends] / wanted

    def at_best(self, wanted: int) -> tuple[float, float, float]:
        """(threshold, precision, recall) where F1 is best."""
        least, precision, recall = self.curve(wanted)
        best = int(np.argmax(2 * precision * recall / np.maximum(precision + recall, 1e-9)))
        return float(least[best]), float(precision[best]), float(recall[best])


def _best_threshold(score: Floats, right: npt.NDArray[np.bool_], wanted: int) -> float:
    return Peer("", score, right, 0).at_best(wanted)[0]


def _matched(data: World, best: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    ids = data.films["tmdb_id"].to_pylist()
    return np.array([b >= 0 and ids[b] in w for b, w in zip(best, data.wanted, strict=True)])


def _titles(table: pa.Table) -> list[str]:
    return [utils.default_process(title or "") for title in table["title"].to_pylist()]


def old_rule(data: World) -> Peer:
    """token_set_ratio >= 85 within a year (any year where the album's is unknown), the highest wins: the former system."""
    films, albums = _titles(data.films), _titles(data.of.albums)
    film_year = data.films["year"].to_numpy(zero_copy_only=False)
    album_year = data.of.albums["year"].to_numpy(zero_copy_only=False)
    best, score = np.full(len(albums), -1), np.full(len(albums), -np.inf)
    for year in [*np.unique(album_year[~np.isnan(album_year)]).tolist(), None]:
        rows = np.flatnonzero(np.isnan(album_year) if year is None else album_year == year)
        near = np.arange(len(films)) if year is None else np.flatnonzero(np.abs(film_year - year) <= 1)
        if len(near):
            ratio = process.cdist([albums[r] for r in rows], [films[n] for n in near], scorer=fuzz.token_set_ratio, workers=-1)
            best[rows], score[rows] = near[ratio.argmax(axis=1)], ratio.max(axis=1)
    return Peer("old rule: token_set_ratio ≥ 85, ± 1 year", np.where(score >= 85, score, -np.inf), _matched(data, best), 85)


def wratio(data: World) -> Peer:
    """RapidFuzz' WRatio of titles over all films of the list."""
    films, albums = _titles(data.films), _titles(data.of.albums)
    best, score = np.full(len(albums), -1), np.full(len(albums), -np.inf)
    for at in range(0, len(albums), 500):
        ratio = process.cdist(albums[at : at + 500], films, scorer=fuzz.WRatio, workers=-1)
        best[at : at + 500], score[at : at + 500] = ratio.argmax(axis=1), ratio.max(axis=1)
    right = _matched(data, best)
    return Peer("RapidFuzz WRatio", score, right, _best_threshold(score, right, _wanted(data)))


def tfidf(data: World) -> Peer:
    """Cosine of titles' character 3-grams, weighted by TF-IDF (scikit-learn)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3))
    films = vectors.fit_transform(_titles(data.films))
    cosine = vectors.transform(_titles(data.of.albums)) @ films.T
    best = np.asarray(cosine.argmax(axis=1)).ravel()
    score = np.asarray(cosine.max(axis=1).todense()).ravel()
    right = _matched(data, best)
    return Peer("TF-IDF cosine of 3-grams", score, right, _best_threshold(score, right, _wanted(data)))


def splink(data: World, *, widely: bool = False) -> tuple[str, float, float]:
    """(name, precision, recall) of Splink on our canonical titles, at its best threshold. `widely`: how it blocks."""
    row = {film: n for n, film in enumerate(data.films["tmdb_id"].to_pylist())}
    # a film that is not in the catalogue is beyond its rows: never found, yet counted
    truth = np.array([row.get(min(w), len(row)) if w else -1 for w in data.wanted], dtype=np.int64)
    result = scale_peers.splink(data.films, data.of.albums, truth, widely=widely)
    return result.name, result.precision, result.recall


def _wanted(data: World) -> int:
    return sum(bool(w) for w in data.wanted)
