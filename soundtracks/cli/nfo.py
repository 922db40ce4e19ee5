"""`soundtracks nfo`: tags in the .nfo files of a media library."""

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from soundtracks.cli.replacing import PREFIX, SUFFIX, replace_file
from soundtracks.errors import BadInput
from soundtracks.text.foreign import markup

SHOWN = 20
JUST_WRITTEN = "another program has just written it: run the command again"
NO_IDS = """No album that is linked has a MusicBrainz id, by which .nfo files name theirs: nothing can be tagged.
Import MusicBrainz' dump (https://metabrainz.org/datasets), and run your list again:
  soundtracks import-dump release-group.tar.xz
  soundtracks run films.csv"""
#: Seconds after which a file that was being written is one that a killed process left.
LEFT_BEHIND = 3600


def nfo(
    folders: Annotated[list[Path], typer.Argument(help="Folders of the music and films of Jellyfin or Kodi.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Tag albums and films of a media library with each other: the .nfo files that Jellyfin and Kodi read.

    album.nfo gets the style "Soundtrack of FILM (YEAR)" and the genre Soundtrack; a film whose album is in one of the folders
    gets the same text as a tag. Albums are known by the MusicBrainz release group in their file, as Jellyfin, Kodi and Lidarr
    write it (import MusicBrainz' dump, so that links have theirs), films by their ids at TMDB or IMDb. Nothing else in a file
    changes. A tag of ours that holds no longer goes: from albums and films that the catalogue knows, and only where it is the tag
    of one of its films, by any of its names and of any year; from films only together with music, so name both folders. Then
    scan the library anew. Plex reads no .nfo files of music.

    Example: soundtracks nfo /media/music /media/films --dry-run
    """
    from soundtracks.cli.stack import use_lake
    from soundtracks.lake.lake import Lake
    from soundtracks.publishing.former import open_catalogue
    from soundtracks.publishing.nfo import ours_on_albums, ours_on_films, read_nfo, tagged, tags_by_album, tags_by_film
    from soundtracks.publishing.nfo_elements import NotReadable
    from soundtracks.publishing.works import album_links

    for folder in folders:
        if not folder.is_dir():
            raise BadInput(f"{folder} is no folder.", hint="Name the folders that hold your music and films.")
    use_lake()
    catalogue = open_catalogue(Lake.from_settings()).catalogue()
    links = album_links(catalogue.accepted)
    console, unread = Console(emoji=False), list[str]()
    found = {}
    for path in _files(folders):
        try:
            if known := read_nfo(_read(path)):
                found[path] = known
        except (NotReadable, OSError) as error:
            unread.append(f"{path}: {error}")
    groups = {one for known in found.values() if known.kind == "album" for one in known.ids}
    tags = {"album": tags_by_album(links), "movie": tags_by_film(links, groups)}
    ours = {"album": ours_on_albums(catalogue), "movie": ours_on_films(catalogue, groups)}
    changed: list[Path] = []
    for path, known in found.items():
        try:
            before = _read(path)
            if read_nfo(before) != known:
                unread.append(f"{path}: {JUST_WRITTEN}")
                continue
            here, former = ([by_id[known.kind].get(one, set()) for one in known.ids] for by_id in (tags, ours))
            after = tagged(before, known, set().union(*here), former)
            if after != before:
                if not dry_run:
                    _replace(path, before, after)
                changed.append(path)
        except (NotReadable, OSError) as error:
            unread.append(f"{path}: {error}")
    for path in changed[:SHOWN]:
        console.print(markup(str(path)), soft_wrap=True, highlight=False)
    for line in unread[:SHOWN]:
        console.print(f"[yellow]left alone[/] {markup(line)}", soft_wrap=True, highlight=False)
    if links and not tags["album"]:
        console.print(f"[yellow]{NO_IDS}[/]", soft_wrap=True, highlight=False)
    albums = sum(known.kind == "album" for known in found.values())
    console.print(
        f"{albums:,} albums and {len(found) - albums:,} films have .nfo files; {len(changed):,} "
        f"{'would be' if dry_run else 'were'} changed, {len(unread):,} left alone.",
        highlight=False,
    )


def _files(folders: list[Path]) -> Iterator[Path]:
    """The .nfo files below the folders, each once; links to elsewhere are not followed."""
    seen: set[Path] = set()
    for folder in folders:
        for where, inner, names in os.walk(folder.resolve()):
            inner.sort()
            for name in sorted(names):
                path = Path(where, name)
                if name.startswith(PREFIX) and name.endswith(SUFFIX):
                    _remove_left_behind(path)
                if name.lower().endswith(".nfo") and path not in seen and path.is_file() and not path.is_symlink():
                    seen.add(path)
                    yield path


def _remove_left_behind(path: Path) -> None:
    with suppress(OSError):
        if path.is_file() and time.time() - path.lstat().st_mtime > LEFT_BEHIND:
            path.unlink()


def _read(path: Path) -> bytes:
    """As much of a plain file as an .nfo file may have; a link put in its place is not followed. Raises OSError."""
    from soundtracks.publishing.nfo import MAX_BYTES

    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "no plain file any more")
        return file.read(MAX_BYTES + 1)


def _replace(path: Path, before: bytes, after: bytes) -> None:
    """Raises OSError where the file is another one since it was read: a media server may write it while we do."""

    def unchanged() -> None:
        if _read(path) != before:
            raise OSError(errno.EBUSY, JUST_WRITTEN)

    replace_file(path, after, check=unchanged)
