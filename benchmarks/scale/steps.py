"""What each step of the match costs one core, and what one album costs where films and code are in memory."""

import time

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from soundtracks.matching.blocking import find_candidates
from soundtracks.matching.evidence import compare
from soundtracks.matching.features import album_features
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.linking import link_batch
from soundtracks.matching.model import Model
from soundtracks.text.canonical import album_names

#: Albums of which the steps are measured, and of which each is linked alone.
SAMPLE, ALONE = 50_000, 200
STEPS = ("canonical titles", "candidates", "evidence", "decision")


def steps(index: FilmIndex, albums: pa.Table, truth: npt.NDArray[np.int64]) -> tuple[float, dict[str, float]]:
    """Pair completeness, and step → µs an album on one core (of processor time), on a sample of the albums."""
    model = Model.load()
    chosen = np.unique(np.linspace(0, len(albums) - 1, min(SAMPLE, len(albums))).astype(int))
    seconds = dict.fromkeys(STEPS, 0.0)
    found = wanted = 0
    for at in range(0, len(chosen), 5_000):
        rows = chosen[at : at + 5_000]
        batch = albums.take(pa.array(rows)).combine_chunks()
        laps = [time.process_time()]
        names = album_names(batch)
        laps.append(time.process_time())
        pairs = find_candidates(batch, names, index)
        laps.append(time.process_time())
        taken = pa.Table.from_batches([index.films.take(pairs["film"].combine_chunks())])
        some, row = np.unique(pairs["album"].to_numpy(), return_inverse=True)
        levels = compare(pairs, taken, album_features(batch.take(pa.array(some)), index.statistics.composers).take(pa.array(row)))
        laps.append(time.process_time())
        model.decide(batch, pairs, taken, levels)
        laps.append(time.process_time())
        for step, spent in zip(seconds, np.diff(laps), strict=True):
            seconds[step] += spent
        true = truth[rows]
        candidates = pairs["album"].to_numpy().astype(np.int64) * len(index) + pairs["film"].to_numpy()
        wanted += int((true >= 0).sum())
        found += int(np.isin(np.flatnonzero(true >= 0) * len(index) + true[true >= 0], candidates).sum())
    return found / max(1, wanted), {step: spent * 1e6 / len(chosen) for step, spent in seconds.items()}


def one_album(index: FilmIndex, albums: pa.Table) -> float:
    """Milliseconds (of processor time) that an album takes alone, median of ALONE, after as many to warm up."""
    model = Model.load()
    rows = np.linspace(0, len(albums) - 1, 2 * ALONE).astype(int)
    spent = []
    for row in np.random.default_rng(1).permutation(rows):
        album = albums.slice(int(row), 1)
        start = time.process_time()
        link_batch(album, index, model)
        spent.append(time.process_time() - start)
    return float(np.median(spent[ALONE:])) * 1000
