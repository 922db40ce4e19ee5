"""How far a run would move links that stand already: what a person looks at before it is published."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from soundtracks.errors import SoundtracksError
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.reporting.changes import Change, films_by_work

#: In the folder of a run that waits for approval: its report, as it would be published.
PROPOSAL = "proposal.html"


@dataclass(frozen=True)
class Moves:
    """`standing`: links (an album, a film) that the catalogue accepts on the run's listed films and on its albums.

    `moved`: how many of them would be accepted no more. `changes`: their albums, by title.
    """

    standing: int
    moved: int
    changes: list[Change]

    def need_approval(self, share: float, links: int) -> bool:
        """Whether more than this share moves, and at least so many: of three links, one is a third."""
        return self.moved >= max(links, 1) and self.moved > share * self.standing

    def require_at_most(self, approved: int) -> None:
        """Raises SoundtracksError where more moves than a person approved: the catalogue has changed since."""
        if self.moved > approved:
            raise SoundtracksError(
                f"Other runs have published since this one asked: {self.summary} It was approved for {approved:,}. "
                "Nothing is published.",
                hint="Run the list again: what was fetched is kept, and the newest catalogue is compared with.",
            )

    @property
    def summary(self) -> str:
        """In a sentence."""
        return moved_in_words(self.moved, self.standing)


def moved_in_words(moved: int, standing: int) -> str:
    """How many links would move, in a sentence."""
    return f"{moved:,} of {standing:,} links that stand on its films and albums would go or change film."


def count_moves(tables: CatalogueTables, run: RunResult) -> Moves:
    """What a run would move. New links move nothing, so a first run moves none; neither does what people said."""
    preview = tables.preview(run)
    before, after = (films_by_work(links, preview.works) for links in (preview.before, preview.after))
    moved = {work: films - after.get(work, set()) for work, films in before.items()}
    touched = {work for work, films in moved.items() if films}
    pressings = pa.array([album for album, work in preview.works.items() if work in touched] + sorted(touched), pa.string())
    albums = _titles(tables.albums.read(columns=["album_id", "title"], where=("album_id", pressings)), "album_id")
    named_films = pa.array(
        sorted({film for side in (before, after) for work in touched for film in side.get(work, ())}), pa.string()
    )
    films = _titles(tables.films.read(columns=["tmdb_id", "title"], where=("tmdb_id", named_films)), "tmdb_id")
    films |= _titles(run.films, "tmdb_id")
    # the work's own title, if it has one, else that of its first pressing
    titles = {preview.works.get(album, album): title for album, title in sorted(albums.items(), reverse=True)} | albums

    def named(work: str, side: Mapping[str, set[str]]) -> list[tuple[str, str]]:
        return [(film, films.get(film) or film) for film in sorted(side.get(work, ()))]

    changes = [Change(work, titles.get(work) or work, named(work, before), named(work, after)) for work in touched]
    return Moves(
        standing=sum(map(len, before.values())),
        moved=sum(map(len, moved.values())),
        changes=sorted(changes, key=lambda change: (change.before[0][1].casefold(), change.album.casefold(), change.album_id)),
    )


def _titles(table: pa.Table, key: str) -> dict[str, str]:
    return dict(zip(table[key].to_pylist(), table["title"].to_pylist(), strict=True))
