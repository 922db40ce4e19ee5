from collections.abc import Mapping

import numpy as np
import pytest

from benchmarks.figures import Figure
from benchmarks.scale import __main__ as scale
from benchmarks.scale.catalogue import make_catalogue
from benchmarks.scale.memory import PeakMemory
from benchmarks.scale.peers import score, splink
from soundtracks.matching.blocking import find_candidates
from soundtracks.matching.index import FilmIndex
from soundtracks.text.canonical import album_names


def test_equal_seeds_make_equal_catalogues() -> None:
    one, two, other = make_catalogue(100, 300, 1), make_catalogue(100, 300, 1), make_catalogue(100, 300, 2)
    assert one.films.equals(two.films)
    assert one.albums.equals(two.albums)
    assert one.truth.tolist() == two.truth.tolist()
    assert not one.films.equals(other.films)


def test_the_truth_names_films_and_leaves_albums_without() -> None:
    made = make_catalogue(500, 4_000)
    assert made.truth.min() == -1
    assert made.truth.max() < 500
    assert 0.5 < (made.truth >= 0).mean() < 0.6
    of_master: dict[str, set[int]] = {}
    for master, film in zip(made.albums["master_id"].to_pylist(), made.truth.tolist(), strict=True):
        of_master.setdefault(master or "", set()).add(film)
    assert all(len(films) == 1 for master, films in of_master.items() if master)  # reissues are of their master's film


def test_candidates_hold_nearly_all_true_pairs() -> None:
    made = make_catalogue(2_000, 2_000)
    pairs = find_candidates(made.albums, album_names(made.albums), FilmIndex.build(made.films))
    found = set(zip(pairs["album"].to_pylist(), pairs["film"].to_pylist(), strict=True))
    true = [(album, int(film)) for album, film in enumerate(made.truth) if film >= 0]
    assert sum(pair in found for pair in true) / len(true) > 0.99


def test_precision_and_recall_count_albums() -> None:
    assert score(np.array([1, 2, -1, 3]), np.array([1, 5, 4, -1])) == (1 / 3, 1 / 3)


@pytest.mark.parametrize("widely", [False, True])
@pytest.mark.slow
def test_splink_links_what_is_plain(widely: bool) -> None:
    made = make_catalogue(1_000, 2_000)
    result = splink(made.films, made.albums, made.truth, widely=widely)
    assert result.precision > 0.9
    assert result.recall > 0.8
    assert result.completeness is not None
    assert result.completeness >= result.recall


@pytest.mark.slow
def test_peak_memory_counts_this_process() -> None:
    with PeakMemory() as memory:
        memory._stop.wait(1.2)
    assert memory.bytes > 10 << 20


def test_what_is_recorded_of_a_size_tells_counts_from_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Candidates are counted, and finding them is a step."""
    kept: dict[str, Mapping[str, Figure]] = {}
    monkeypatch.setattr(scale, "record", lambda name, figures, command: kept.update({name: figures}))
    spent = {"canonical titles": 20.0, "candidates": 26.0, "evidence": 40.0, "decision": 9.0}
    runs = [
        scale.Run(engine, size, size, seconds, 3 * size, 0.99, 0.99, 0.91, (0.98, 0.97), 2**30, steps=spent, alone=15.2)
        for engine, size, seconds in (
            ("local", 1_000, 1.0),
            ("local", 10_000, 10.0),
            ("spark", 1_000, 4.0),
            ("spark", 10_000, 8.0),
        )
    ]
    scale._record(runs, [], command=1.2)
    texts = {name: figure.text for name, figure in kept["scale_engines"].items()}
    assert texts["1000.candidates"] == "0.003 M"
    assert texts["1000.step.candidates"] == "26"
    assert (texts["10000.local.time"], texts["10000.spark.time"]) == ("10 s", "8.0 s")
    assert (texts["exponent.local"], texts["exponent.spark"]) == ("1.00", "0.30")
    assert (texts["10000.an_album"], texts["10000.alone"], texts["command"]) == ("95 µs", "15 ms", "1.2 s")
