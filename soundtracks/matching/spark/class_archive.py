"""Makes the archive of Spark's classes: `python -m soundtracks.matching.spark.class_archive`, or `make spark`.

Half of Spark's start goes into reading and checking its classes, every time. A JVM can keep them as it wants them (class
data sharing, JEP 350) and map that file instead. Spark then starts two to three seconds sooner; the file takes 170 MB, so
it is made where it is asked for, and the image goes without. A JVM that it does not fit starts as if there were none.
"""

import subprocess
from pathlib import Path

import pyarrow as pa
import typer

from soundtracks.errors import MatchError, SoundtracksError
from soundtracks.matching.pipeline import match
from soundtracks.matching.spark.session import CLASSES, start_session

#: Albums of the match that loads the classes: so many that Spark makes several partitions of them.
_ALBUMS = 6_000
_PATIENCE = 120.0  # seconds; writing the archive takes about five


def make(archive: Path = CLASSES) -> Path:
    """Runs a small match in Spark and keeps the classes that it loaded. Raises MatchError."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    part = archive.with_suffix(".part")
    session = start_session(java_options=f'-XX:ArchiveClassesAtExit="{part}" -Xlog:cds*=off')
    numbers = [str(n) for n in range(_ALBUMS)]
    match(pa.table({"tmdb_id": ["1"], "title": ["Home"]}), pa.table({"album_id": numbers, "title": numbers}), engine="spark")
    jvm = session.sparkContext._gateway.proc  # type: ignore[union-attr]
    session.stop()
    jvm.stdin.close()  # it ends with its parent's end of the pipe, and writes the archive then
    try:
        failed = jvm.wait(_PATIENCE) != 0
    except subprocess.TimeoutExpired:
        jvm.kill()
        failed = True
    if failed or not part.exists():
        part.unlink(missing_ok=True)
        raise MatchError("This Java keeps no archive of classes.", hint="Spark starts without one too, only later.")
    return part.replace(archive)


def main() -> None:
    """Makes the archive and says where it is."""
    typer.echo("Keeping Spark's classes (once, half a minute)…")
    try:
        archive = make()
    except SoundtracksError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(error.exit_code) from error
    typer.echo(f"{archive}: {archive.stat().st_size >> 20} MB. Remove it to go without.")


if __name__ == "__main__":
    typer.run(main)
