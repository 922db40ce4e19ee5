"""OpenLineage events of a run: which datasets each of its stages read and wrote, from the title file to the published links.

They stand in runs/<run id>/lineage.jsonl, an event a line, and go to SOUNDTRACKS_OPENLINEAGE_URL where it is set. An address that
does not answer is told in the log and harms no run. Specification 2-0-2: https://openlineage.io/spec/2-0-2/OpenLineage.json
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx

from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.masking import mask
from soundtracks.settings import get_settings

PRODUCER = "urn:soundtrack-links"
_SPEC = "https://openlineage.io/spec"
_SCHEMA = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_JOB = "link-soundtracks"
#: What each stage reads: datasets of the stages before it, by their last name.
READS: Mapping[str, Sequence[str]] = {
    "titles": (),
    "films": ("titles",),
    "albums": ("films",),
    "match": ("films", "albums"),
    "compare": ("films", "albums", "links"),
    "publish": ("films", "albums", "links"),
}
TIMEOUT = 5.0  # seconds for an event: a run waits for it

logger = logging.getLogger(__name__)


@dataclass
class Lineage:
    """Events of one run. `send`: for tests; default: a POST to the address of the settings, if there is one."""

    run_id: str
    lake: Lake
    send: Callable[[dict[str, Any]], None] | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _events: list[dict[str, Any]] = field(default_factory=list)
    _datasets: dict[str, DatasetRef] = field(default_factory=dict)
    _before: dict[str, DatasetRef] = field(default_factory=dict)
    _written: dict[str, DatasetRef] = field(default_factory=dict)
    _file: str = ""

    def begin(self, stage: str = "") -> None:
        """A stage begins; without one, the run itself."""
        self._written = {}
        self._before = dict(self._datasets)
        self._emit("START", stage)

    def go_on(self, *refs: DatasetRef) -> None:
        """The run goes on in another process: its events so far, and the datasets that it has written."""
        lines = self.lake.read_bytes(f"runs/{self.run_id}/lineage.jsonl").splitlines()  # of text, U+2028 ends a line too
        self._events = [json.loads(line) for line in lines]
        for ref in refs:
            self.wrote(ref)

    def read_file(self, name: str) -> None:
        """The title file, which the first stage reads."""
        self._file = name

    def wrote(self, ref: DatasetRef) -> None:
        """A dataset that the stage under way wrote."""
        name = ref.dataset.rpartition("/")[2]
        self._datasets[name] = self._written[name] = ref

    def end(self, stage: str = "", *, failed: str = "") -> None:
        """A stage ended, or the run; `failed`: why it did not end well."""
        self._emit("FAIL" if failed else "COMPLETE", stage, failed)

    def _emit(self, kind: str, stage: str, failed: str = "") -> None:
        facets: dict[str, Any] = {}
        if stage:
            parent = {"run": {"runId": _uuid(self.run_id)}, "job": {"namespace": PRODUCER, "name": _JOB}}
            facets["parent"] = _facet("1-1-0/ParentRunFacet", **parent)
        if failed:
            facets["errorMessage"] = _facet("1-0-1/ErrorMessageRunFacet", message=mask(failed), programmingLanguage="python")
        done = kind != "START"
        read = [self._before[name] for name in READS.get(stage, ()) if name in self._before]
        inputs = [_dataset(self.lake, ref) for ref in read]
        if stage == "titles" and self._file and done:
            inputs.append({"namespace": self.lake.url, "name": self._file})
        event = {
            "eventType": kind,
            "eventTime": self.now().astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "run": {"runId": _uuid(f"{self.run_id}/{stage}") if stage else _uuid(self.run_id), "facets": facets},
            "job": {"namespace": PRODUCER, "name": f"{_JOB}.{stage}" if stage else _JOB},
            "inputs": inputs,
            "outputs": [_dataset(self.lake, ref, wrote=True) for ref in self._written.values()] if stage and done else [],
            "producer": PRODUCER,
            "schemaURL": _SCHEMA,
        }
        self._events.append(event)
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in self._events)
        self.lake.write_bytes(f"runs/{self.run_id}/lineage.jsonl", lines.encode())
        (self.send or _post)(event)


def _post(event: dict[str, Any]) -> None:
    """Sends an event to the address of the settings, if there is one."""
    url = get_settings().openlineage_url
    if url is None:
        return
    try:
        httpx.post(url.get_secret_value(), json=event, timeout=TIMEOUT).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        logger.warning("The OpenLineage event was not taken: %s", mask(str(error)))


def _uuid(name: str) -> str:
    """The run's own id where it is a UUID, as Prefect's are; stages and others have one made of their name."""
    try:
        return str(UUID(name))
    except ValueError:
        return str(uuid5(NAMESPACE_URL, f"{PRODUCER}:{name}"))


def _dataset(lake: Lake, ref: DatasetRef, *, wrote: bool = False) -> dict[str, Any]:
    described: dict[str, Any] = {
        "namespace": lake.url,
        "name": ref.dataset,
        "facets": {"version": _facet("1-0-1/DatasetVersionDatasetFacet", datasetVersion=ref.version)},
    }
    if wrote:
        statistics = _facet("1-0-2/OutputStatisticsOutputDatasetFacet", rowCount=ref.rows, size=sum(f.size for f in ref.files))
        described["outputFacets"] = {"outputStatistics": statistics}
    return described


def _facet(schema: str, **values: Any) -> dict[str, Any]:
    version, _, name = schema.partition("/")
    return {"_producer": PRODUCER, "_schemaURL": f"{_SPEC}/facets/{version}/{name}.json#/$defs/{name}"} | values
