"""Flow link-soundtracks: from a list of titles to published links. The parent of all others."""

from typing import cast

from prefect import flow
from prefect.runtime import flow_run

from flows.extract_albums import extract_albums
from flows.extract_films import extract_films
from flows.validate_records import validate_records
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.operations.heartbeats import subflows_without_heartbeats
from soundtracks.operations.runs import title_source
from soundtracks.sources.sweep import Choice
from tasks.approval import approval_of
from tasks.ask_in_doubt import ask_in_doubt
from tasks.outcome import completed, discarded, explain_failure, name_run
from tasks.publish import films_to_match, publish_links
from tasks.read_titles import read_title_list
from tasks.run_outputs import Found
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
        titles: The list of films: a name in the lake such as titles/films.csv, a path on the worker's machine, or one film:
            Blade Runner (1982).
        container: Of the inbox watcher, which gives it instead of titles: where the file landed.
        blob: Of the watcher: the file's name.
        etag: Of the watcher: the file's version; a newer version gets a run of its own.
        size: Of the watcher: the file's size in bytes.
        plan: How to ask Discogs: one search a film, a sweep of its soundtrack catalogue, or whichever is cheaper (auto);
            dump: not at all, its imported dumps are used; cc0: nor TMDB, its films are those imported from Wikidata.
    """
    run = Run(str(flow_run.id), Lake.from_settings())
    with subflows_without_heartbeats():
        found = run.held or find_links(run, title_source(titles, container, blob, etag), etag, plan)
    approval = approval_of(run, found)
    if approval is not None and approval.decision == "discard":
        return cast(DatasetRef, discarded(run.discard()))
    with run.stage("publish"):
        published = publish_links(found, run.id, run.links_to_move if approval else None)
        run.record(published=published)
    return completed(run.finish(published.ref), run.summary)


def find_links(run: Run, source: str, etag: str, plan: Choice) -> Found:
    """The first four stages: titles, films, albums, and the match."""
    with run.stage("titles"):
        listed = read_title_list(source, etag, run.id)
        wanted = validate_records("titles", listed.ref, run.id)
        run.record(titles=wanted, listed=listed)
    with run.stage("films"):
        found_films = extract_films(wanted.ref, run.id, plan)
        films = validate_records("films", found_films.ref, run.id)
        run.record(tmdb=found_films, films=films)
    with run.stage("albums"):
        found_albums = extract_albums(films.ref, run.id, plan)
        albums = validate_records("albums", found_albums.ref, run.id)
        run.record(discogs=found_albums, albums=albums)
    with run.stage("match"):
        asked = ask_in_doubt(found_films, films.ref, albums.ref, run.id)
        run.record(tmdb=asked)
        compared = films_to_match(asked.ref)
        run.uses(compared)
        matched = match_through_deployment(compared, [albums.ref], run.id)
        links = validate_records("links", matched.ref, run.id)
        run.record(match=matched, links=links)
    return Found(films=asked.ref, compared=compared, albums=[albums.ref], links=links.ref)
