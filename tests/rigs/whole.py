"""Whether a lake's catalogue is whole: what every reader of any moment must find."""

import hashlib

import pyarrow.compute as pc

from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.publishing.catalogue_tables import CatalogueTables
from soundtracks.publishing.publish import FILES


def damage(lake: Lake) -> list[str]:
    """What the catalogue's links name and is not there, keys that stand twice, and files of runs that are not what was written."""
    tables = CatalogueTables(lake)
    links = tables.links.read()  # first: what they name was merged before them
    films, albums = tables.films.read(columns=["tmdb_id"]), tables.albums.read(columns=["album_id"])
    found = []
    for name, key, known in (("film", "tmdb_id", films), ("album", "album_id", albums)):
        ids = links[key].drop_null()
        lacking = ids.filter(pc.invert(pc.is_in(ids, value_set=known[key].combine_chunks())))
        found += [f"a link names the {name} {i}, which is not there" for i in pc.unique(lacking).to_pylist()]
        found += [f"{name}s stand twice: {len(known) - pc.count_distinct(known[key]).as_py()}"] * (
            pc.count_distinct(known[key]).as_py() != len(known)
        )
    pairs = len(links.group_by(["album_id", "tmdb_id"]).aggregate([]))
    found += [f"links stand twice: {len(links) - pairs}"] * (pairs != len(links))
    for entry in lake.list("runs"):
        if entry.name.endswith(f"/{FILES}"):
            ref = DatasetRef.model_validate(lake.read_json(entry.name))
            found += changed_files(lake, ref)
    return found


def changed_files(lake: Lake, ref: DatasetRef) -> list[str]:
    """The files of a version that are not what its manifest says."""
    return [
        f"{ref.folder}/{file.name} is not what was written"
        for file in ref.files
        if hashlib.sha256(lake.read_bytes(f"{ref.folder}/{file.name}")).hexdigest() != file.sha256
    ]
