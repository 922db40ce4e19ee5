from datetime import UTC, datetime, timedelta

import pytest

from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.sources.rawstore import Answer, Asked, RawStore

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ASKED = Asked(source="discogs", host="api.discogs.com", path="/database/search", params={"q": "Amélie soundtrack", "page": "1"})


@pytest.fixture
def store(lake: Lake) -> RawStore:
    return RawStore(lake, {"discogs": 6, "tmdb": 4320})


def test_an_answer_comes_back_as_it_was(store: RawStore) -> None:
    answer = Answer(request=ASKED, at=NOW, status=200, body={"results": [{"title": "Yann Tiersen - Amélie", "id": 1}]})
    store.save(answer)
    assert store.load(ASKED, NOW) == answer


def test_what_was_never_asked_is_none(store: RawStore) -> None:
    assert store.load(ASKED, NOW) is None


@pytest.mark.parametrize(
    ("age", "used"), [(0, True), (5.9, True), (6.1, False), (-1, True), (-7, False)], ids=lambda value: str(value)
)
def test_age_is_limited_even_when_a_clock_was_wrong(store: RawStore, age: float, used: bool) -> None:
    store.save(Answer(request=ASKED, at=NOW - timedelta(hours=age), status=200, body={}))
    assert (store.load(ASKED, NOW) is not None) == used


@pytest.mark.parametrize("damage", [b"", b"no zstd", None], ids=["empty", "garbage", "cut"])
def test_a_damaged_answer_is_asked_for_again(store: RawStore, lake: Lake, damage: bytes | None) -> None:
    store.save(Answer(request=ASKED, at=NOW, status=200, body={"results": list(range(500))}))
    file = lake.path(ASKED.name)
    file.write_bytes(file.read_bytes()[:40] if damage is None else damage)
    assert store.load(ASKED, NOW) is None


@pytest.mark.parametrize(
    "other",
    [
        ASKED.model_copy(update={"host": "127.0.0.1"}),
        ASKED.model_copy(update={"path": "/masters/1"}),
        ASKED.model_copy(update={"params": {"q": "Amélie soundtrack", "page": "2"}}),
    ],
)
def test_each_request_has_its_own_object(other: Asked) -> None:
    assert other.name != ASKED.name


def test_the_order_of_parameters_makes_no_difference() -> None:
    turned = ASKED.model_copy(update={"params": dict(reversed(ASKED.params.items()))})
    assert turned.name == ASKED.name


@pytest.mark.slow
def test_no_flipped_bit_goes_unseen(store: RawStore, lake: Lake) -> None:
    """Each bit of a kept answer in turn: it is the same answer (a bit that means nothing), or it is asked for again."""
    answer = Answer(request=ASKED, at=NOW, status=200, body={"results": [{"title": "Yann Tiersen - Amélie", "id": 1234567}]})
    store.save(answer)
    file = lake.path(ASKED.name)
    good, unseen = file.read_bytes(), []
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        file.write_bytes(bad)
        if store.load(ASKED, NOW) not in (None, answer):
            unseen.append(bit)
    assert unseen == []


def test_an_answer_under_anothers_name_is_not_taken(store: RawStore, lake: Lake) -> None:
    other = ASKED.model_copy(update={"path": "/masters/1", "params": {}})
    store.save(Answer(request=other, at=NOW, status=404, body=None))
    lake.write_bytes(ASKED.name, lake.read_bytes(other.name))
    assert store.load(ASKED, NOW) is None


@pytest.mark.parametrize("deleted", [True, False])
def test_an_answer_that_prune_deletes_meanwhile_is_none(
    store: RawStore, lake: Lake, monkeypatch: pytest.MonkeyPatch, deleted: bool
) -> None:
    """One that is there and cannot be read is an error still."""
    store.save(Answer(request=ASKED, at=NOW, status=200, body={}))

    def read(_lake: Lake, name: str) -> bytes:
        if deleted:
            lake.delete(name)
        raise LakeError(f"Cannot read {name}")

    monkeypatch.setattr(Lake, "read_bytes", read)
    if deleted:
        assert store.load(ASKED, NOW) is None
        return
    with pytest.raises(LakeError, match="Cannot read"):
        store.load(ASKED, NOW)
