import numpy as np
import pytest

from soundtracks.odds import MAX_BITS, all_log_odds, log_odds


@pytest.mark.parametrize(
    ("probability", "bits"),
    [(0.5, 0.0), (2 / 3, 1.0), (0.8, 2.0), (0.2, -2.0), (1024 / 1025, 10.0), (1.0, MAX_BITS), (0.0, -MAX_BITS)],
)
def test_log_odds(probability: float, bits: float) -> None:
    assert log_odds(probability) == pytest.approx(bits, abs=1e-3)


def test_all_at_once_and_bounded() -> None:
    assert all_log_odds(np.array([0.0, 0.5, 0.8, 1.0]), 12).tolist() == pytest.approx([-12, 0, 2, 12], abs=1e-3)
