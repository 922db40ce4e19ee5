"""`soundtracks publish`: the whole catalogue as files by id, for any web server."""

from rich.console import Console

from soundtracks.text.foreign import markup


def publish() -> None:
    """Write the catalogue as static files by id below public/ in the lake, to be served as they are.

    public/films/tmdb/78.json, public/films/imdb/tt0083658.json, public/albums/discogs/master/3575.json, an index, an Atom
    feed of new links, Parquet and SQLite of all, and JSON Schema of the files. Only what changed or is gone is written.

    Names that the terms of TMDB or Discogs do not let anybody show any longer are left out; ids and decisions stay. From the
    first time on, runs keep the files fresh (SOUNDTRACKS_STATIC_FILES); run it again before names are too old: each file says
    until when they may be shown.
    """
    from soundtracks.cli.stack import use_lake
    from soundtracks.lake.lake import Lake
    from soundtracks.publishing.former import open_catalogue
    from soundtracks.publishing.refresh import LONGEST, heard_of, refresh
    from soundtracks.publishing.static_files import FOLDER

    use_lake()
    console, lake = Console(emoji=False), Lake.from_settings()
    with console.status("Writing what changed"):
        done = refresh(lake, open_catalogue(lake), look=True)
    if done is None:
        console.print("A run is writing them just now, and takes in what the catalogue has at its end.", highlight=False)
        if heard := heard_of(lake):
            console.print(
                f"It was last heard of at {heard:%Y-%m-%d %H:%M} UTC. If it has died, this command writes them from "
                f"{heard + LONGEST:%Y-%m-%d %H:%M} UTC on.",
                highlight=False,
            )
    else:
        console.print(f"{done.written:,} files written, {done.deleted:,} deleted.", highlight=False)
    if lake.exists(f"{FOLDER}/index.json"):
        console.print(f"[dim]{markup(lake.url)}/{FOLDER}/index.json[/]", soft_wrap=True, highlight=False)
