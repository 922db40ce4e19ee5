"""Everything in one place: report, review, history, files and the threshold page, for this machine alone."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from soundtracks.errors import LakeError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.model import Model
from soundtracks.publishing import notices
from soundtracks.publishing.outputs import OUTPUTS
from soundtracks.publishing.publish import outputs_of
from soundtracks.publishing.works import AlbumLink
from soundtracks.reporting.history import PAGE, read_history, roll_up
from soundtracks.reporting.page import render
from soundtracks.reporting.thresholds import threshold_data

#: For pages that lie in the lake: they run, if at all, in an origin of their own, where the key to decide is out of reach.
SANDBOX = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-popups allow-top-navigation-by-user-activation"
)
#: Runs that the first page lists.
SHOWN_RUNS = 10


class Library:
    """The pages around the review, over one lake and the links that the review shows."""

    def __init__(self, lake: Lake, links: list[AlbumLink]) -> None:
        self.lake, self._links = lake, links

    def routes(self) -> list[Route]:
        return [
            Route("/report", self.report),
            Route("/report/{run}", self.report),
            Route("/history", self.history),
            Route("/thresholds", self.thresholds),
            Route("/api/thresholds", self.threshold_links),
            Route("/files/{name}", self.file),
        ]

    def home(self, request: Request) -> Response:
        """The first page: what there is, what waits, and where it stands."""
        runs = read_history(self.lake).to_pylist()[::-1]
        ref = self._newest([run["run_id"] for run in runs])
        sizes = {file.name: file.size for file in ref.files} if ref else {}
        waiting = sum(link.row["decision"] == "review" for link in self._links)
        values: dict[str, Any] = {
            "lake": self.lake.url,
            "films": len({link.row["tmdb_id"] for link in self._links if link.row["decision"] == "accept"}),
            "albums": len({link.work_id for link in self._links if link.row["decision"] == "accept"}),
            "waiting": waiting,
            "runs": [run | {"report": self.lake.exists(f"runs/{run['run_id']}/report.html")} for run in runs[:SHOWN_RUNS]],
            "more_runs": max(0, len(runs) - SHOWN_RUNS),
            "files": [(output, sizes[output.name]) for output in OUTPUTS if output.name in sizes],
        }
        return Response(render("library.html", notices=notices, **values), media_type="text/html")

    def report(self, request: Request) -> Response:
        """The report of a run, or of the newest that published."""
        wanted = request.path_params.get("run")
        runs = [wanted] if wanted else [row["run_id"] for row in read_history(self.lake).to_pylist()[::-1]]
        for run in runs:
            if (page := self._read(f"runs/{run}/report.html")) is not None:
                return _from_lake(page)
        raise HTTPException(404, "No run has such a report.")

    def history(self, request: Request) -> Response:
        roll_up(self.lake)
        return _from_lake(self.lake.read_bytes(PAGE))

    def thresholds(self, request: Request) -> Response:
        return Response(render("thresholds.html", notices=notices), media_type="text/html")

    def threshold_links(self, request: Request) -> Response:
        return JSONResponse(threshold_data(self._links, Model.load()))

    def file(self, request: Request) -> Response:
        """An output of the newest run that published, to be kept: no page of this origin opens it."""
        name = request.path_params["name"]
        ref = self._newest(read_history(self.lake)["run_id"].to_pylist()[::-1])
        output = next((output for output in OUTPUTS if output.name == name), None)
        if output is None or ref is None or name not in {file.name for file in ref.files}:
            raise HTTPException(404, "There is no such file among the published links.")
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(self.lake.read_bytes(f"{ref.folder}/{name}"), media_type=output.media_type, headers=headers)

    def _newest(self, runs: list[str]) -> DatasetRef | None:
        """The outputs of the first of `runs` that has any."""
        return next((ref for run in runs if (ref := outputs_of(self.lake, run))), None)

    def _read(self, name: str) -> bytes | None:
        try:
            return self.lake.read_bytes(name) if self.lake.exists(name) else None
        except LakeError:  # a name that leads out of the lake
            return None


def _from_lake(page: bytes) -> Response:
    return Response(page, media_type="text/html", headers={"content-security-policy": SANDBOX})
