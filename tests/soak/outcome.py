"""What came of one part of the campaign, and the table of all."""

from dataclasses import dataclass, field

VERDICTS = ("survived", "by_hand", "lost", "twice", "hung")


@dataclass
class Outcome:
    """Counts of tries. `tried` is the sum of the others.

    `survived`: the outcome was right without help, or after `soundtracks up`. `by_hand`: the run failed with its reason, and
    starting it again by hand gave the right outcome. `lost`: no run, data damaged, or the wrong outcome. `twice`: more than
    one run for one version of a file. `hung`: no end within the limit. `secrets`: files with a key in them, None where the part
    has no stack to search. `skipped`: why the part could not run here. `measured`: sentences with figures.
    """

    part: str
    survived: int = 0
    by_hand: int = 0
    lost: int = 0
    twice: int = 0
    hung: int = 0
    seconds: float = 0.0
    skipped: str = ""
    secrets: int | None = None
    told: list[str] = field(default_factory=list)
    measured: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        return sum(getattr(self, verdict) for verdict in VERDICTS)

    @property
    def passed(self) -> bool:
        return bool(self.skipped) or (self.tried > 0 and not self.lost + self.twice + self.hung + (self.secrets or 0))

    def search(self, found: list[str]) -> None:
        """Notes the secrets that were found where none may be."""
        self.secrets = (self.secrets or 0) + len(found)
        self.told += found
        for what in found:
            print(f"  {self.part}: {what}", flush=True)

    def take(self, other: "Outcome") -> None:
        """Adds the tries of another, that ran beside it."""
        for count in VERDICTS:
            setattr(self, count, getattr(self, count) + getattr(other, count))
        self.seconds += other.seconds
        if other.secrets is not None:
            self.secrets = (self.secrets or 0) + other.secrets
        self.told += other.told
        self.measured += other.measured

    def add(self, verdict: str, about: str = "") -> None:
        """`verdict`: the name of a count; `about`: what is printed of all but those that survived."""
        setattr(self, verdict, getattr(self, verdict) + 1)
        if verdict != "survived":
            self.told.append(f"{verdict}: {about}")
            print(f"  {self.part}: {verdict}: {about}", flush=True)


HEADINGS = ("part", "tried", "survived", "started again by hand", "lost", "twice", "hung", "secrets found", "minutes")


def table(outcomes: list[Outcome]) -> str:
    """All parts as a Markdown table."""
    rows = [HEADINGS, ("---", *["---:"] * (len(HEADINGS) - 1))]
    for o in outcomes:
        counts = (o.tried, o.survived, o.by_hand, o.lost, o.twice, o.hung, o.secrets)
        rows.append(
            (o.part, *("–" if n is None else f"{n:,}" for n in counts), f"{o.seconds / 60:.1f}")
            if not o.skipped
            else (f"{o.part}: {o.skipped}", *["–"] * 8)
        )
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
