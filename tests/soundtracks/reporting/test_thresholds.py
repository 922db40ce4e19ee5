"""The threshold page's numbers."""

from soundtracks.matching.model import Model
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.works import album_links
from soundtracks.reporting.thresholds import threshold_data, weights


def test_links_stand_surest_first_as_albums(pressed: Catalogue) -> None:
    data = threshold_data(album_links(pressed.view), Model.load())
    assert data["links"]["album_id"] == ["master:1", "release:2", "master:7", "release:3", "release:4", "release:5"]
    assert data["links"]["bits"] == sorted(data["links"]["bits"], reverse=True)
    assert data["links"]["film"][0] == "Alien (1979)"
    assert data["review"] < data["accept"]


def test_patterns_count_what_became_of_their_links(pressed: Catalogue) -> None:
    found = {tuple(one["levels"]): one for one in threshold_data(album_links(pressed.view), Model.load())["patterns"]}
    first = found["Title: equal", "Artist and composer: composer", "Other films that fit too: other candidates"]
    assert first["counts"] == {"accept": 2, "review": 0, "reject": 0}
    assert [example["album"] for example in first["examples"]] == ["Alien (Original Soundtrack) (1979)", "Alien Score (1980)"]


def test_weights_are_the_models() -> None:
    model = Model.load()
    shown = {one["evidence"]: dict(one["levels"]) for one in weights(model)}
    assert shown["Title"]["equal"] == round(model.table["title"][-1], 2)
    assert all(bits for levels in shown.values() for bits in levels.values())
