import numpy as np
import pytest

from benchmarks.same_kind import best_f1, one_to_one, ours, tfidf
from soundtracks.matching.same_kind import Records

LEFT = Records(["a", "b", "c"], {"title": ["Solaris, Andrei Tarkovsky", "Stalker, Andrei Tarkovsky", "Playtime, Jacques Tati"]})
RIGHT = Records(["x", "y"], {"title": ["Tarkovsky, Andrei: Stalker", "Tarkovsky, Andrei: Solaris"]})


def test_the_best_f1_is_found_among_all_thresholds() -> None:
    scored = np.array([0, 1, 2]), np.array([0, 1, 2]), np.array([0.9, 0.8, 0.1])
    assert best_f1(scored, ["p", "q", "r"], ["p", "q", "s"]) == 1.0  # without the third
    assert best_f1(scored, ["p", "q", "r"], ["p", "s", "r"]) == pytest.approx(2 * 2 / (3 + 2))
    tied = scored[0], scored[1], np.ones(3)
    assert best_f1(tied, ["p", "q", "r"], ["p", "q", "s"]) == pytest.approx(2 * 2 / (3 + 2))  # all or none


def test_a_record_is_linked_once() -> None:
    rows, others, score = one_to_one((np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([0.9, 0.8, 0.95])))
    assert (rows.tolist(), others.tolist(), score.tolist()) == ([1, 0], [0, 1], [0.95, 0.8])


@pytest.mark.parametrize("linker", [ours, tfidf])
def test_linkers_give_pairs_of_rows(linker) -> None:
    rows, others, _ = one_to_one(linker(LEFT, RIGHT))
    assert {(0, 1), (1, 0)} <= set(zip(rows.tolist(), others.tolist(), strict=True))
