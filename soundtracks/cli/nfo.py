"""`soundtracks nfo`: tags in the .nfo files of a media library."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from soundtracks.errors import BadInput
from soundtracks.text.foreign import markup

SHOWN = 20


def nfo(
    folders: Annotated[list[Path], typer.Argument(help="Folders of the music and films of Jellyfin or Kodi.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Tag albums and films of a media library with each other: the .nfo files that Jellyfin and Kodi read.

    album.nfo gets the style "Soundtrack of FILM (YEAR)" and the genre Soundtrack; a film whose album is in one of the folders
    gets the same text as a tag. Albums are known by the MusicBrainz release group in their file, as Jellyfin, Kodi and Lidarr
    write it (import MusicBrainz' dump, so that links have theirs), films by their ids at TMDB or IMDb. Nothing else in a file
    changes; tags of ours that hold no longer go. Then scan the library anew. Plex reads no .nfo files of music.

    Example: soundtracks nfo /media/music /media/films --dry-run
    """
    from soundtracks.cli.stack import use_lake
    from soundtracks.lake.lake import Lake
    from soundtracks.publishing.former import open_catalogue
    from soundtracks.publishing.nfo import NotReadable, read_nfo, tagged, tags_by_album, tags_by_film
    from soundtracks.publishing.works import album_links

    for folder in folders:
        if not folder.is_dir():
            raise BadInput(f"{folder} is no folder.", hint="Name the folders that hold your music and films.")
    use_lake()
    links = album_links(open_catalogue(Lake.from_settings()).catalogue().accepted)
    console, unread = Console(emoji=False), list[str]()
    found = {}
    for path in _files(folders):
        try:
            if known := read_nfo(path.read_bytes()):
                found[path] = known
        except (NotReadable, OSError) as error:
            unread.append(f"{path}: {error}")
    groups = {one for known in found.values() if known.kind == "album" for one in known.ids}
    tags = {"album": tags_by_album(links), "movie": tags_by_film(links, groups)}
    changed: list[Path] = []
    for path, known in found.items():
        try:
            before = path.read_bytes()
            after = tagged(before, known, (tag for one in known.ids for tag in tags[known.kind].get(one, ())))
            if after != before:
                if not dry_run:
                    _write(path, after)
                changed.append(path)
        except OSError as error:
            unread.append(f"{path}: {error}")
    for path in changed[:SHOWN]:
        console.print(markup(str(path)), soft_wrap=True, highlight=False)
    for line in unread[:SHOWN]:
        console.print(f"[yellow]left alone[/] {markup(line)}", soft_wrap=True, highlight=False)
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
                if name.lower().endswith(".nfo") and path not in seen and path.is_file() and not path.is_symlink():
                    seen.add(path)
                    yield path


def _write(path: Path, data: bytes) -> None:
    """Replaces a file at once, with its rights and its owner: a media server never reads half of it, and may write."""
    was = path.stat()
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".soundtracks-", suffix=".part")
    made = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # a power cut must not leave the name without the content
        made.chmod(was.st_mode & 0o777)
        with suppress(OSError):  # only root may give files away
            os.chown(made, was.st_uid, was.st_gid)
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
