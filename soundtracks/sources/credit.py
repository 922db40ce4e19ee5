"""The artists of a record as one text, the same from Discogs' API and from its dumps."""

from collections.abc import Iterable
from typing import NamedTuple


class Credited(NamedTuple):
    """`anv`: the name as it stands on the sleeve, where it differs. `join`: the word before the next artist."""

    name: str
    anv: str | None = None
    join: str | None = None


def artist_credit(artists: Iterable[Credited]) -> str | None:
    """The credit as Discogs prints it: names as on the sleeve, joined as given, `A & B, C Feat. D`; None for nobody.

    Where no joining word stands between two artists, ` / ` does.
    """
    parts: list[str] = []
    for artist in artists:
        join = (artist.join or "").strip()
        parts += [(artist.anv or artist.name).strip(), ", " if join == "," else f" {join} " if join else " / "]
    return "".join(parts[:-1]).strip(" ,") or None
