"""Albums out of imported dumps, as another way of extract-albums: no key, no request, no waiting."""

from prefect import get_run_logger, task

from soundtracks.errors import BadInput
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.metrics import SourceMetrics
from soundtracks.records import ALBUMS, listed_films
from soundtracks.sources.discogs import Film
from soundtracks.sources.dumps.albums import albums_of
from soundtracks.sources.dumps.kinds import MASTERS, RELEASES
from soundtracks.sources.dumps.known_ids import KnownIds
from soundtracks.sources.models import Extracted


@task(task_run_name="take-albums-from-dumps")
def take_albums_from_dumps(films: DatasetRef) -> Extracted:
    """Publishes silver/albums out of what `soundtracks import-dump` brought. Raises BadInput when it brought nothing."""
    lake = Lake.from_settings()
    dumps = {kind.name: lake.current(kind.dataset) for kind in (MASTERS, RELEASES)}
    if not any(dumps.values()):
        raise BadInput(
            "No dump of Discogs is imported, so there are no albums to take from it.",
            hint="Import one: `soundtracks import-dump discogs_YYYYMMDD_masters.xml.gz`, or choose another plan.",
        )
    masters, releases = (lake.read_table(ref) if ref else ALBUMS.empty_table() for ref in dumps.values())
    columns = list(Film.model_fields)
    wanted = [Film.model_validate(row) for row in listed_films(lake.read_table(films)).select(columns).to_pylist()]
    albums = KnownIds.from_lake(lake).on_albums(albums_of(wanted, masters, releases))
    held = " and ".join(f"{ref.rows} of {name}" for name, ref in dumps.items() if ref)
    why = f"dumps were asked for: {albums.num_rows} albums of {held} hold a film's title; no requests"
    get_run_logger().info("Plan: dump (%s)", why)
    return Extracted(
        ref=lake.publish_table("silver/albums", albums),
        metrics=SourceMetrics(requests_per_item=0.0, plan="dump", plan_reason=why),
        failures=[],
        failed=0,
    )


def dumps_are_imported(lake: Lake) -> bool:
    return any(lake.current(kind.dataset) for kind in (MASTERS, RELEASES))
