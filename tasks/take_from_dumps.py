"""Films and albums out of imported dumps, instead of asking the services: no key, no request, no waiting."""

from prefect import get_run_logger, task

from soundtracks.errors import BadInput
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.metrics import SourceMetrics
from soundtracks.records import listed_films
from soundtracks.sources.discogs import Film
from soundtracks.sources.dumps.albums import Dump, albums_of
from soundtracks.sources.dumps.artists import OtherNames
from soundtracks.sources.dumps.dump_kinds import MASTERS, RELEASES, WIKIDATA
from soundtracks.sources.dumps.known_ids import KnownIds
from soundtracks.sources.dumps.listed_films import films_of
from soundtracks.sources.models import Extracted
from soundtracks.sources.tmdb import Title
from tasks.batches import LISTED_FAILURES, check_found


@task(task_run_name="take-films-from-wikidata")
def take_films_from_wikidata(titles: DatasetRef) -> Extracted:
    """Publishes silver/films and silver/resolved out of imported items of Wikidata. Raises BadInput when there are none."""
    lake = Lake.from_settings()
    ref = lake.current(WIKIDATA)
    if ref is None:
        raise BadInput(
            "Nothing of Wikidata is imported, so there are no films to take from it.",
            hint="Import a query result (docs/outputs.md): `soundtracks import-dump query.json`, or choose another plan.",
        )
    wanted = [Title.model_validate(row) for row in lake.read_table(titles).to_pylist()]
    batch = films_of(wanted, lake.read_table(ref))
    films = KnownIds.from_lake(lake).on_films(batch.rows)
    check_found(listed_films(films).num_rows, batch.failures, len(wanted))
    why = f"CC0 was asked for: {listed_films(films).num_rows} films of {ref.rows} items of Wikidata; no requests"
    get_run_logger().info("Plan: cc0 (%s)", why)
    return Extracted(
        ref=lake.publish_table("silver/films", films),
        metrics=SourceMetrics(
            requests_per_item=0.0, plan="cc0", plan_reason=why, rivals=len(films) - listed_films(films).num_rows
        ),
        failures=batch.failures[:LISTED_FAILURES],
        failed=len(batch.failures),
        resolved=lake.publish_table("silver/resolved", batch.resolved),
    )


@task(task_run_name="take-albums-from-dumps")
def take_albums_from_dumps(films: DatasetRef, plan: str = "dump") -> Extracted:
    """Publishes silver/albums out of what `soundtracks import-dump` brought. Raises BadInput when it brought nothing."""
    lake = Lake.from_settings()
    dumps = {kind.name: lake.current(kind.dataset) for kind in (MASTERS, RELEASES)}
    if not any(dumps.values()):
        raise BadInput(
            "No dump of Discogs is imported, so there are no albums to take from it.",
            hint="Import one: `soundtracks import-dump discogs_YYYYMMDD_masters.xml.gz`, or choose another plan.",
        )
    masters, releases = (Dump.from_lake(lake, ref) for ref in dumps.values())
    columns = list(Film.model_fields)
    wanted = [Film.model_validate(row) for row in listed_films(lake.read_table(films)).select(columns).to_pylist()]
    albums = KnownIds.from_lake(lake).on_albums(albums_of(wanted, masters, releases))
    albums = OtherNames.from_lake(lake, albums).on_albums(albums)
    held = " and ".join(f"{ref.rows} of {name}" for name, ref in dumps.items() if ref)
    why = f"dumps were asked for: {albums.num_rows} albums of {held} hold a film's title; no requests"
    get_run_logger().info("Plan: %s (%s)", plan, why)
    return Extracted(
        ref=lake.publish_table("silver/albums", albums),
        metrics=SourceMetrics(requests_per_item=0.0, plan=plan, plan_reason=why),
        failures=[],
        failed=0,
    )


def dumps_are_imported(lake: Lake) -> bool:
    return any(lake.current(kind.dataset) for kind in (MASTERS, RELEASES))
