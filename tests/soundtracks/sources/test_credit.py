import pytest

from soundtracks.sources.credit import Credited, artist_credit


@pytest.mark.parametrize(
    ("artists", "credit"),
    [
        ([], None),
        ([("", "", "")], None),
        ([("Vangelis", None, None)], "Vangelis"),
        ([("Vangelis", "", ",")], "Vangelis"),
        ([("Hans Zimmer", "H. Zimmer", "&"), ("Lisa Gerrard", None, "")], "H. Zimmer & Lisa Gerrard"),
        ([("Hans Zimmer", None, ""), ("Lisa Gerrard", None, None)], "Hans Zimmer / Lisa Gerrard"),
        ([("A", None, "&"), ("B", None, ","), ("C", None, "Feat."), ("D", None, "")], "A & B, C Feat. D"),
        ([("A", None, " with "), ("B", None, None)], "A with B"),
    ],
)
def test_artist_credit(artists: list[tuple[str, str | None, str | None]], credit: str | None) -> None:
    assert artist_credit(Credited(*artist) for artist in artists) == credit
