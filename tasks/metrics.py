"""What a run measured, as it stands in runs/<run id>/metrics.json. Absent parts are absent, never zero."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class SourceMetrics(BaseModel):
    """Counts of one service: answers from the raw store are cache hits, all others requests."""

    model_config = ConfigDict(extra="allow")

    requests: int = 0
    cache_hits: int = 0
    retries: int = 0
    wait_seconds: float = 0.0


class ValidationMetrics(BaseModel):
    """Rows seen, rows set aside (an error-level rule broke), warnings (rules of warning level that broke)."""

    rows: int
    quarantined: int
    warnings: int


class MatchMetrics(BaseModel):
    """Sizes of the match. `candidates`: pairs scored. accepted, review, rejected: albums."""

    films: int
    albums: int
    candidates: int
    accepted: int
    review: int
    rejected: int
    engine: str
    seconds: float


class RunMetrics(BaseModel):
    """Everything of one run. `stages`: seconds by stage, in order."""

    run_id: str
    started: datetime
    finished: datetime | None = None
    titles: dict[str, int | str] = Field(default_factory=dict)
    extraction: dict[str, SourceMetrics] = Field(default_factory=dict)
    validation: dict[str, ValidationMetrics] = Field(default_factory=dict)
    matching: MatchMetrics | None = None
    links: dict[str, int | float] = Field(default_factory=dict)
    stages: dict[str, float] = Field(default_factory=dict)
