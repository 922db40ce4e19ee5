import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundtracks.matching.grams import BUCKETS, gram_matrix, rarest


def test_a_name_has_its_padded_grams_once() -> None:
    matrix = gram_matrix(["home", "aaaa", "", "日本"])
    assert matrix.shape == (4, BUCKETS)
    # " ho" "hom" "ome" "me "; " aa" "aaa" "aa "; nothing; " 日本" "日本 "
    assert np.diff(matrix.indptr).tolist() == [4, 3, 0, 2]
    assert set(matrix.data) == {1.0}


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=20), min_size=1, max_size=20))
@pytest.mark.slow
def test_a_name_has_the_same_grams_in_any_company(names: list[str]) -> None:
    together = gram_matrix(names)
    for n, name in enumerate(names):
        assert together[n].indices.tolist() == gram_matrix([name]).indices.tolist()


def test_rarest_grams_fit_the_budget_but_some_always_stay() -> None:
    matrix = gram_matrix(["home", "the"])
    frequency = np.zeros(BUCKETS, dtype=np.int32)
    frequency[matrix[0].indices] = [5, 7, 100, 1000]
    frequency[matrix[1].indices] = 50
    kept = rarest(matrix, frequency, budget=20, at_least=1)
    assert sorted(frequency[kept[0].indices]) == [5, 7]
    assert kept[1].nnz == 1


def test_grams_that_no_film_has_are_dropped() -> None:
    assert rarest(gram_matrix(["home"]), np.zeros(BUCKETS, dtype=np.int32), budget=20, at_least=3).nnz == 0
