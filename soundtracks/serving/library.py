"""Everything in one place: report, review, history, files and the threshold page, for this machine alone."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from soundtracks.decisions import read_decisions
from soundtracks.errors import BadInput, LakeError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.model import Model
from soundtracks.publishing import notices
from soundtracks.publishing.catalogue import POSTERS
from soundtracks.publishing.catalogue_tables import CatalogueTables
from soundtracks.publishing.outputs import OUTPUTS
from soundtracks.publishing.publish import outputs_of
from soundtracks.publishing.runs_table import fate
from soundtracks.publishing.works import AlbumLink
from soundtracks.reporting.history import PAGE, read_history, roll_up
from soundtracks.reporting.moves import PROPOSAL
from soundtracks.reporting.page import render
from soundtracks.reporting.report import render_catalogue
from soundtracks.reporting.thresholds import threshold_data

#: For pages that lie in the lake: they run, if at all, in an origin of their own, where the key to decide is out of reach.
SANDBOX = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src {pictures}; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-popups allow-top-navigation-by-user-activation"
)
#: Runs that the first page lists.
SHOWN_RUNS = 10


class Library:
    """The pages around the review, over one lake and the links that the review shows."""

    def __init__(self, lake: Lake, links: list[AlbumLink], *, posters: bool = False) -> None:
        self.lake, self._links, self._posters = lake, links, posters
        self._made: tuple[tuple[int | None, int], bytes] | None = None

    def routes(self) -> list[Route]:
        return [
            Route("/report", self.report),
            Route("/report/{run}", self.report),
            Route("/history", self.history),
            *(Route(f"/{{run}}/{page}", self.report) for page in ("report.html", PROPOSAL)),  # as the history names them
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
            "runs": [run | self._pages(run) for run in runs[:SHOWN_RUNS]],
            "more_runs": max(0, len(runs) - SHOWN_RUNS),
            "files": [(output, sizes[output.name]) for output in OUTPUTS if output.name in sizes],
        }
        return Response(render("library.html", notices=notices, **values), media_type="text/html")

    def _pages(self, run: dict[str, Any]) -> dict[str, str]:
        """Where a run's report is, or what it would have been where it waited for approval; and what became of the run."""
        folder = f"runs/{run['run_id']}"
        reports = any(self.lake.exists(f"{folder}/{name}") for name in ("report.html", PROPOSAL))
        return {"page": f"/report/{run['run_id']}" if reports else "", "fate": fate(run)}

    def report(self, request: Request) -> Response:
        """The report of a run, or what it would be where the run waits for approval; without a run, of all together."""
        run = request.path_params.get("run")
        if run is None:
            return self._from_lake(self._whole())
        for name in ("report.html", PROPOSAL):
            if (page := self._read(f"runs/{run}/{name}")) is not None:
                return self._from_lake(page)
        raise HTTPException(404, "No run has such a report.")

    def _whole(self) -> bytes:
        """The report of the catalogue as it is now; made once for each version and what people said of it."""
        tables, said = CatalogueTables(self.lake), read_decisions(self.lake)
        now = tables.links.version, len(said)
        if self._made is None or self._made[0] != now:
            try:
                self._made = now, render_catalogue(tables, said, posters=self._posters).encode()
            except BadInput as error:
                raise HTTPException(422, str(error)) from error
        return self._made[1]

    def history(self, request: Request) -> Response:
        roll_up(self.lake)
        return self._from_lake(self.lake.read_bytes(PAGE))

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

    def _from_lake(self, page: bytes) -> Response:
        pictures = f"data: {POSTERS}" if self._posters else "data:"
        return Response(page, media_type="text/html", headers={"content-security-policy": SANDBOX.format(pictures=pictures)})
