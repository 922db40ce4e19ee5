"""`soundtracks import-dump`: dumps of Discogs, TMDB, MusicBrainz and Wikidata instead of requests."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from soundtracks.errors import BadDump


def import_dump(
    file: Annotated[Path, typer.Argument(help="The dump or query result, as downloaded.", show_default=False)],
    checksum: Annotated[
        Path | None, typer.Option(help="Discogs' checksum file. Default: the *CHECKSUM.txt beside the dump, if there is one.")
    ] = None,
    lake: Annotated[str, typer.Option(help="The lake to write to. Default: SOUNDTRACKS_LAKE_URL.", show_default=False)] = "",
) -> None:
    """Import a dump of Discogs, TMDB, MusicBrainz or Wikidata into the lake: whole catalogues without a request.

    Reads discogs_YYYYMMDD_masters.xml.gz, …_releases.xml.gz and …_artists.xml.gz (monthly, https://data.discogs.com), TMDB's
    movie_ids_MM_DD_YYYY.json.gz (daily, https://files.tmdb.org/p/exports/), MusicBrainz' release-group.tar.xz
    (https://metabrainz.org/datasets), and of Wikidata results of its query service (JSON, CSV, TSV) or N-Triples.
    The kind is told from the content, packed (gzip, bzip2, xz) or not.

    Of Discogs, what is filed under Stage & Screen is kept, and what calls itself film music. The result is a dataset
    like those of the services: silver/albums-dump-masters, silver/albums-dump-releases or silver/films-export.
    Of artists their other names are kept: whoever records under another name than the film credits is then recognised.
    MusicBrainz and Wikidata bring ids: each link then carries release group and item where they are known, and the film
    that they name for an album is evidence in the match. docs/outputs.md has the queries for Wikidata.

    Memory does not grow with the file. A killed import continues where it was when the same command is given again.

    Example: soundtracks import-dump discogs_20261101_masters.xml.gz
    """
    import pyarrow as pa

    from soundtracks.lake.lake import Lake
    from soundtracks.settings import get_settings
    from soundtracks.sources.dumps.importer import import_dump as read_dump

    for path in filter(None, (file, checksum)):
        if not path.is_file():
            raise BadDump(f"There is no file {path}.")
    pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps back what was freed: 60 MB of 270
    settings = get_settings()
    target = Lake.from_settings(settings.model_copy(update={"lake_url": lake}) if lake else settings)
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(file.name, total=file.stat().st_size)
        done = read_dump(target, file, checksum, lambda position, size: bar.update(task, completed=position, total=size))
    console.print(f"{done.kind.name}: {done.records:,} read, {done.ref.rows:,} kept in {done.ref.dataset}.", highlight=False)
    if done.resumed:
        console.print(f"Continued after {done.resumed / 1e6:,.0f} MB of its content.", highlight=False)
    if done.quarantined:
        console.print(f"{done.quarantined:,} records could not be read: see quarantine/ in the lake.", highlight=False)
    console.print("Its SHA-256 is as published." if done.checked else "No checksum was at hand to compare with.")
    console.print(f"[dim]{target.url}/{done.ref.folder}/data.parquet[/]", soft_wrap=True, highlight=False)
