import pytest

from benchmarks.peers import WAYS, Outcome, made_world, measured


def test_f1_is_the_harmonic_mean() -> None:
    assert Outcome(0.5, 1.0, 0, 0, 0).f1 == pytest.approx(2 / 3)
    assert Outcome(0.0, 0.0, 0, 0, 0).f1 == 0.0


@pytest.mark.parametrize(
    "way", [way for way in WAYS if not way.key.startswith(("splink", "goldenmatch"))], ids=lambda way: way.key
)
@pytest.mark.slow
def test_each_way_links_a_small_catalogue(way) -> None:
    found = measured(way, made_world(60, 120))
    assert 0.5 < found.f1 <= 1
    assert found.cpu > 0
    assert found.seconds > 0
