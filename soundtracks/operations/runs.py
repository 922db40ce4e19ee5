"""From a landed title file to its flow run: exactly one for each version of a file.

The server's own event triggers lose and double events, so the run is created here, with the file's version as
idempotency key: the server answers a second request with the run that exists. The event is for people to see.
"""

from dataclasses import dataclass
from uuid import uuid4

import httpx
from prefect import get_run_logger
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.events import emit_event
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Scheduled

from soundtracks.errors import BadInput, ServerError
from soundtracks.inbox.copies import readable_source
from soundtracks.inbox.titlefile import TitleFile, lake_name
from soundtracks.lake.lake import Lake
from soundtracks.operations.queues import queue_for, queue_of
from soundtracks.operations.versions import check_versions

LANDED = "soundtracks.titles.landed"
QUARANTINE_GREW = "soundtracks.quarantine.grew"


class RunRefused(ServerError):
    """The server will never take this request: asking again is in vain."""


@dataclass(frozen=True)
class Submitted:
    """`new`: whether this request created the run, or an earlier one had."""

    file: TitleFile
    run: FlowRun
    new: bool


def title_source(titles: str | None, container: str | None, blob: str | None, etag: str = "", lake: Lake | None = None) -> str:
    """What a run was asked to read: `titles` as given, or of the version that landed the copy in the lake, or the blob.

    Raises BadInput when neither or both are given, or when the blob lies outside the inbox.
    """
    if titles and not (container or blob):
        return titles
    if titles or not (container and blob):
        raise BadInput("Give either titles, or container and blob (with etag and size) of a file that landed in the inbox.")
    lake = lake or Lake.from_settings()
    return readable_source(lake, lake_name(lake, container, blob), etag)


class Runs:
    """Creates the runs of one deployment, such as link-soundtracks/local."""

    def __init__(self, client: SyncPrefectClient, deployment: str) -> None:
        self._client = client
        self._deployment = deployment
        self._found: DeploymentResponse | None = None

    def create(self, file: TitleFile) -> Submitted:
        """Creates the file's run or finds it. Raises ServerError when the server is away or of a version that does not go with
        the packages here, RunRefused when it says no."""
        request = f"{file.blob} landed ({uuid4().hex[:12]})"  # tells a run made by this request from an older one
        try:
            deployment = self._read_deployment()
            run = self._client.create_flow_run_from_deployment(
                deployment.id,
                parameters={"container": file.container, "blob": file.blob, "etag": file.etag, "size": file.size},
                idempotency_key=file.key,
                name=file.name,
                work_queue_name=queue_of(deployment, queue_for(size=file.size)),
                tags=["title-file"],
                state=Scheduled(message=request),
            )
        except PrefectHTTPStatusError as error:
            self._found = None  # the deployment may have been made anew
            if error.response.status_code in (409, 422):
                check_versions(self._client._client)  # an older server refuses what it does not know: not the file's fault
                raise RunRefused(f"The server refuses a run for {file.blob}: {error.response.text[:300]}") from error
            raise ServerError(f"The Prefect server answered {error.response.status_code}.") from error
        except httpx.TransportError as error:
            raise ServerError(f"The Prefect server does not answer: {error}.") from error
        new = run.state is not None and run.state.message == request
        if new:
            _tell(file, run)
        return Submitted(file, run, new)

    def _read_deployment(self) -> DeploymentResponse:
        if self._found is None:
            try:
                self._found = self._client.read_deployment_by_name(self._deployment)
            except ObjectNotFound as error:
                raise ServerError(
                    f"The server has no deployment {self._deployment}.", hint="Register it: `soundtracks deploy`."
                ) from error
        return self._found


def emit_quarantine_alert(run_id: str, message: str) -> None:
    """The event that the automation for a growing quarantine waits for, and a warning in the run's log."""
    get_run_logger().warning(message)
    resource = {"prefect.resource.id": f"soundtracks.quarantine.{run_id}", "prefect.resource.name": "quarantine"}
    emit_event(event=QUARANTINE_GREW, resource=resource, payload={"run_id": run_id, "message": message})


def _tell(file: TitleFile, run: FlowRun) -> None:
    emit_event(
        event=LANDED,
        resource={
            "prefect.resource.id": f"soundtracks.titles.{file.container}/{file.blob}",
            "prefect.resource.name": file.name,
        },
        related=[{"prefect.resource.id": f"prefect.flow-run.{run.id}", "prefect.resource.role": "flow-run"}],
        payload={"container": file.container, "blob": file.blob, "etag": file.etag, "size": file.size},
    )
