import numpy as np
import pytest

from soundtracks.matching.mixture import NULL, learn, probabilities


def test_shares_that_pairs_were_drawn_from_are_found_without_labels() -> None:
    rng = np.random.default_rng(7)
    count = 20_000
    same = rng.random(count) < 0.3
    levels = {
        name: np.where(rng.random(count) < np.where(same, of_same, of_others), 1, 0).astype(np.int8)
        for name, of_same, of_others in (("a", 0.9, 0.1), ("b", 0.8, 0.05), ("c", 0.95, 0.3))
    }
    levels["a"][rng.random(count) < 0.2] = NULL  # what is not known says nothing
    seed = np.where(levels["b"] == 1, 0.9, 0.05)
    mixture = learn(levels, dict.fromkeys(levels, 2), seed, {})
    assert mixture.prior == pytest.approx(np.log2(0.3 / 0.7), abs=0.15)
    for name, of_same, of_others in (("a", 0.9, 0.1), ("b", 0.8, 0.05), ("c", 0.95, 0.3)):
        expected = [np.log2((1 - of_same) / (1 - of_others)), np.log2(of_same / of_others)]
        assert mixture.weights[name] == pytest.approx(expected, abs=0.3)
    assert mixture.bits(levels)["a"][levels["a"] == NULL].tolist() == [0.0] * int((levels["a"] == NULL).sum())
    found = probabilities(mixture.match_weights(levels))
    assert found.mean() == pytest.approx(0.3, abs=0.02)
    assert found[found > 0.9].size > 1_000
    assert same[found > 0.9].mean() > 0.9  # calibrated


def test_what_is_expected_decides_where_there_is_nothing() -> None:
    expected = {"a": (np.array([1.0, 3.0]), np.array([3.0, 1.0]))}
    mixture = learn({"a": np.zeros(0, np.int8)}, {"a": 2}, np.zeros(0), expected)
    assert mixture.weights["a"] == pytest.approx([-np.log2(3), np.log2(3)])
    assert mixture.prior == 0.0
