"""What a run measured, as it stands in runs/<run id>/metrics.json. Absent parts are absent, never zero."""

from datetime import datetime

from pydantic import BaseModel, Field


class SourceMetrics(BaseModel):
    """What one service was asked, how, and what it cost."""

    requests: int = Field(0, description="Requests sent to the service.")
    cache_hits: int = Field(0, description="Answers taken from the raw store instead.")
    retries: int = Field(0, description="Requests sent again after a fault.")
    too_many_requests: int = Field(0, description="Answers 429 among these: with a pace of our own there should be none.")
    wait_seconds: float = Field(0.0, description="Seconds spent waiting for the service's allowance or after faults.")
    rivals: int | None = Field(None, description="tmdb: films outside the list that compete for the albums.")
    rival_requests: int | None = Field(
        None,
        description="tmdb: requests for their sake alone: for short titles given by id, and for series and collections where a "
        "decision hangs on them; a search names them for nothing.",
    )
    alias_requests: int | None = Field(
        None, description="tmdb: requests for other names of composers, where a decision hangs on them."
    )
    doubts: int | None = Field(None, description="tmdb: films for which it was asked once more, as decisions hung on it.")
    requests_per_item: float | None = Field(None, description="Requests a title (tmdb) or a film (discogs).")
    plan: str | None = Field(None, description="discogs: how albums were got: search, sweep, dump or cc0 (tmdb: cc0 alone).")
    plan_reason: str | None = Field(None, description="discogs: why so, with what each way would have cost.")
    unreached: int | None = Field(None, description="discogs: albums that a sweep should have held and could not page to.")
    interrupted: str | None = Field(
        None, description="Why it ended early, with what it had; running again asks only for what is missing."
    )


class ValidationMetrics(BaseModel):
    """Counts of one dataset at the gate."""

    rows: int = Field(description="Rows that came in.")
    quarantined: int = Field(description="Rows set aside because they break a critical rule.")
    warnings: int = Field(description="Rules of warning level that were broken.")


class MatchMetrics(BaseModel):
    """Sizes and cost of the match."""

    films: int = Field(description="Films matched against.")
    albums: int = Field(description="Albums looked at.")
    candidates: int = Field(description="Pairs of an album and a film that were compared.")
    accepted: int = Field(description="Albums linked.")
    review: int = Field(description="Albums left for a person to decide.")
    rejected: int = Field(description="Albums not linked.")
    engine: str = Field(description="local (in process) or spark.")
    seconds: float = Field(description="Seconds that the match took, with the start of Spark.")
    passed_over: int = Field(
        0, description="Pairs of an album and a film of its name left out, as too many films bear it; at least so many."
    )

    said: int | None = Field(None, description="Albums whose film among these MusicBrainz or Wikidata name.")
    said_same: int | None = Field(None, description="Of these, linked to that film.")
    said_other: int | None = Field(None, description="Of these, linked to another: worth a look.")

    @property
    def agreement(self) -> str:
        """How far the links agree with MusicBrainz and Wikidata, in a sentence; "" where these name no film."""
        if not self.said:
            return ""
        return (
            f"MusicBrainz or Wikidata name the film of {self.said:,} albums: {self.said_same:,} are linked to it, "
            f"{self.said_other:,} to another."
        )

    @property
    def shortfall(self) -> str:
        """What was not looked at, in a sentence; "" where nothing was left out."""
        if not self.passed_over:
            return ""
        return (
            f"At least {self.passed_over:,} pairs of an album and a film of its name were not compared, as too many films bear "
            "one title; those nearest in year were. If the list repeats films, remove what stands twice."
        )

    @property
    def summary(self) -> str:
        """The match in a sentence."""
        return (
            f"{self.albums:,} albums against {self.films:,} films: {self.accepted:,} accepted, {self.review:,} for review, "
            f"{self.rejected:,} rejected, in {self.seconds:.1f} s ({self.engine})."
        )


class CatalogueMetrics(BaseModel):
    """What the run changed in the catalogue that all runs share."""

    version: int | None = Field(None, description="Version of catalogue/links that it made; absent when nothing was to change.")
    published: datetime | None = Field(None, description="When, UTC.")
    new: int = Field(0, description="Albums that were linked to no film before.")
    lost: int = Field(0, description="Albums that are linked to none any more.")
    changed: int = Field(0, description="Albums that are linked to other films than before.")

    @property
    def summary(self) -> str:
        """In a sentence."""
        if not self.new + self.lost + self.changed:
            return "The catalogue of all runs has the same links as before."
        return (
            f"In the catalogue of all runs: {self.new:,} albums newly linked, {self.lost:,} no longer, "
            f"{self.changed:,} to other films."
        )


class ApprovalMetrics(BaseModel):
    """What a run that moves many links asked a person before it published."""

    standing: int = Field(description="Links of its films and albums that the catalogue had accepted.")
    moved: int = Field(description="Of these, how many would go or change film.")
    until: datetime = Field(description="How long it waits, UTC.")
    decision: str | None = Field(
        None,
        description="publish or discard, as a person said; cancelled: the run was, while it waited; unanswered: nobody answered "
        "in time. Absent while it waits.",
    )
    by: str | None = Field(None, description="Who decided.")
    reason: str | None = Field(None, description="Why.")


class RunMetrics(BaseModel):
    """Everything of one run."""

    run_id: str = Field(description="The flow run's id; names the folder in runs/.")
    started: datetime = Field(description="When the run started, UTC.")
    finished: datetime | None = Field(None, description="When it ended, UTC; absent while it runs or when it failed.")
    titles: dict[str, int | str] = Field(
        default_factory=dict,
        description="file (name), rows (films in it), unique (without duplicates), left_out (rows of other kinds, in words), "
        "unreadable (rows set aside), unresolved (titles that no film was found for).",
    )
    read_as: list[str] = Field(
        default_factory=list, description="In words, how the list was read: format, columns, what was not used."
    )
    extraction: dict[str, SourceMetrics] = Field(
        default_factory=dict, description="Per service (tmdb, discogs): see SourceMetrics."
    )
    validation: dict[str, ValidationMetrics] = Field(
        default_factory=dict, description="Per dataset (titles, films, albums, links): see ValidationMetrics."
    )
    matching: MatchMetrics | None = Field(None, description="See MatchMetrics.")
    links: dict[str, int | float] = Field(
        default_factory=dict,
        description="films_with_albums, films_to_review, films_without, links (accepted albums of films), pressings (of these), "
        "albums_to_review, decided_by_people.",
    )
    approval: ApprovalMetrics | None = Field(None, description="See ApprovalMetrics; absent where nobody need be asked.")
    catalogue: CatalogueMetrics | None = Field(None, description="See CatalogueMetrics.")
    versions: list[str] = Field(
        default_factory=list, description="Dataset versions that the run read or wrote; `soundtracks prune` keeps them as long."
    )
    stages: dict[str, float] = Field(default_factory=dict, description="Seconds by stage, in order.")

    @property
    def unresolved(self) -> int:
        """Titles that no film was found for; 0 where that was not counted, as in runs of before."""
        count = self.titles.get("unresolved", 0)
        return count if isinstance(count, int) else 0

    @property
    def listed_films(self) -> int | None:
        """Films of the run's list; None before they were counted."""
        counts = [self.links.get(name) for name in ("films_with_albums", "films_to_review", "films_without")]
        return None if None in counts else int(sum(count or 0 for count in counts))

    @property
    def is_open_data(self) -> bool:
        """Whether films and albums came out of CC0 dumps alone."""
        return bool(self.extraction) and all(source.plan == "cc0" for source in self.extraction.values())
