"""Flow link-soundtracks: from a list of titles to published links. The parent of all others."""

from prefect import flow
from prefect.runtime import flow_run

from flows.extract_albums import extract_albums
from flows.extract_films import extract_films
from flows.validate_records import validate_records
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.operations.runs import title_source
from soundtracks.sources.sweep import Choice
from tasks.outcome import completed, explain_failure, name_run
from tasks.publish import publish_links
from tasks.read_titles import read_title_list
from tasks.run_record import Run
from tasks.submit_match import match_through_deployment


@flow(name="link-soundtracks", flow_run_name=name_run, on_failure=[explain_failure], on_crashed=[explain_failure])
def link_soundtracks(
    titles: str = "",
    container: str = "",
    blob: str = "",
    etag: str = "",
    size: int = 0,
    plan: Choice = "auto",
) -> DatasetRef:
    """Finds the soundtrack albums of a list of films.

    Args:
        titles: The title file: a path on the worker's machine, or a name in the lake such as titles/films.csv.
        container: Filled in by the inbox watcher instead of titles: where the file landed. Leave it empty.
        blob: Filled in by the watcher: the file's name. Leave it empty.
        etag: Filled in by the watcher: the file's version; a newer version gets a run of its own. Leave it empty.
        size: Filled in by the watcher: the file's size in bytes. Leave it at 0.
        plan: How to ask Discogs: one search a film, a sweep of its soundtrack catalogue, or whichever is cheaper (auto);
            dump: not at all, its imported dumps are used.
    """
    run = Run(str(flow_run.id), Lake.from_settings())
    with run.stage("titles"):
        listed = read_title_list(title_source(titles, container, blob, etag), etag, run.id)
        wanted = run.listed(listed, validate_records("titles", listed.ref, run.id))
    with run.stage("films"):
        found = run.extracted("tmdb", extract_films(wanted, run.id))
        films = run.validated("films", validate_records("films", found, run.id))
    with run.stage("albums"):
        found = run.extracted("discogs", extract_albums(films, run.id, plan))
        albums = run.validated("albums", validate_records("albums", found, run.id))
    with run.stage("match"):
        matched = run.matched(match_through_deployment(films, [albums], run.id))
        links = run.validated("links", validate_records("links", matched, run.id))
    with run.stage("publish"):
        published = run.published(publish_links(films, [albums], links, run.id))
    return completed(run.finish(published), run.summary)
