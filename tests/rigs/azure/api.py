"""The HTTP side of the stand-in: managed identity, sign-in, Azure Resource Manager, and its own controls below /_sandbox."""

import json
import re
import time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.rigs.azure.control_plane import ControlPlane
from tests.rigs.azure.faults import Fault
from tests.rigs.azure.groups import TYPE, ContainerGroup
from tests.rigs.azure.templates import TemplateError

#: Given out by the identity endpoint and wanted by the rest.
TOKEN = "sandbox-managed-identity"
IDENTITY_HEADER = "sandbox"
_SCOPE = "/subscriptions/{subscription}/{resourcegroups}/{group}/providers"
_SOON = {"Retry-After": "1"}


def azure_app(plane: ControlPlane) -> Starlette:
    """The stand-in as an ASGI app."""
    api = _Api(plane)
    deployment, groups = f"{_SCOPE}/Microsoft.Resources/deployments/{{name}}", f"{_SCOPE}/{TYPE}"
    return Starlette(
        routes=[
            Route("/msi/token", api.token),
            Route("/secrets/{name}", api.secret),
            Route("/_sandbox/requests", api.requests_seen),
            Route("/_sandbox/groups", api.groups_now),
            Route("/_sandbox/logs/{name}", api.logs_kept),
            Route("/_sandbox/faults/{key}", api.set_fault, methods=["PUT"]),
            Route(deployment, api.deployment, methods=["GET", "PUT"]),
            Route(deployment + "/operationStatuses/{operation}", api.operation),
            Route(groups, api.list_groups),
            Route(groups + "/{name}", api.container_group, methods=["GET", "DELETE"]),
            Route(groups + "/{name}/stop", api.stop, methods=["POST"]),
            Route(groups + "/{name}/containers/{container}/logs", api.logs),
        ]
    )


class _Api:
    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane
        self.seen: list[dict[str, Any]] = []

    async def _refused(self, request: Request) -> Response | None:
        """Keeps what was asked; what a request without a token or version is answered."""
        body = (await request.body()).decode()
        self.seen.append({"at": time.time(), "method": request.method, "url": str(request.url), "body": body})
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing or wrong.")
        if request.path_params["resourcegroups"].lower() != "resourcegroups":
            return _error(404, "NotFound", str(request.url))
        if "api-version" not in request.query_params:
            return _error(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        return None

    async def token(self, request: Request) -> Response:
        """The identity endpoint of App Service and Container Instances."""
        if request.headers.get("x-identity-header") != IDENTITY_HEADER:
            return _error(401, "Unauthorized", "X-IDENTITY-HEADER is missing or wrong.")
        resource = request.query_params.get("resource", "")
        expires = str(int(time.time()) + 3600)
        return JSONResponse({"access_token": TOKEN, "expires_on": expires, "resource": resource, "token_type": "Bearer"})

    async def secret(self, request: Request) -> Response:
        """Key Vault."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
        self.seen.append({"at": time.time(), "method": "GET", "url": str(request.url), "body": ""})
        value = self.plane.secrets.get(request.path_params["name"])
        return (
            JSONResponse({"value": value}) if value else _error(404, "SecretNotFound", "A secret with that name was not found.")
        )

    async def deployment(self, request: Request) -> Response:
        if refused := await self._refused(request):
            return refused
        name = request.path_params["name"]
        if request.method == "GET":
            known = self.plane.deployments.get(name)
            return JSONResponse(known) if known else _error(404, "DeploymentNotFound", f"Deployment '{name}' could not be found.")
        if len(name) > 64 or not re.fullmatch(r"[-\w._()]+", name):
            return _error(400, "InvalidDeployment", f"The deployment name '{name}' is not valid.")
        properties = json.loads(await request.body())["properties"]
        subscription, group = request.path_params["subscription"], request.path_params["group"]
        try:
            deployment, operation = self.plane.deploy(subscription, group, name, properties)
        except TemplateError as error:
            return _error(400, "InvalidTemplate", f"Deployment template validation failed: '{error}'")
        url = f"{request.url.replace(query='')}/operationStatuses/{operation}?api-version=2025-04-01"
        return JSONResponse(deployment, 201, {"Azure-AsyncOperation": url, **_SOON})

    async def operation(self, request: Request) -> Response:
        if refused := await self._refused(request):
            return refused
        return JSONResponse(self.plane.operations[request.path_params["operation"]], headers=_SOON)

    async def list_groups(self, request: Request) -> Response:
        if refused := await self._refused(request):
            return refused
        for group in self.plane.groups.values():
            group.note_listing()
        return JSONResponse({"value": [group.view(listed=True) for group in self.plane.groups.values()]})

    async def container_group(self, request: Request) -> Response:
        if refused := await self._refused(request):
            return refused
        group = self._group(request)
        if request.method == "DELETE":
            if group is None:
                return Response(status_code=204)
            if operation := await self.plane.delete(group):
                base = str(request.url.replace(query="")).split("/providers/")[0]
                url = f"{base}/providers/Microsoft.Resources/deployments/x/operationStatuses/{operation}?api-version=2025-04-01"
                return JSONResponse(group.view(), 202, {"Azure-AsyncOperation": url, **_SOON})
            return JSONResponse(group.view())
        if group and group.fault.takes_down(group.since_cue):
            return _error(503, "ServiceUnavailable", "The service is unavailable.")
        return JSONResponse(group.view()) if group else self._not_found(request)

    async def stop(self, request: Request) -> Response:
        if refused := await self._refused(request):
            return refused
        if group := self._group(request):
            await group.end()
        return Response(status_code=204)

    async def logs(self, request: Request) -> Response:
        if refused := await self._refused(request):
            return refused
        group = self._group(request)
        if group is None:
            return self._not_found(request)
        tail = int(request.query_params.get("tail", 1000))
        return JSONResponse({"content": "\n".join(group.output[-tail:])})

    # the stand-in's own controls

    async def requests_seen(self, _: Request) -> Response:
        return JSONResponse(self.seen)

    async def groups_now(self, _: Request) -> Response:
        return JSONResponse([group.view() for group in self.plane.groups.values()])

    async def logs_kept(self, request: Request) -> Response:
        """Log Analytics: the output of all containers whose group's name holds the given text."""
        name = request.path_params["name"]
        return JSONResponse([line for group, lines in self.plane.log_analytics.items() if name in group for line in lines])

    async def set_fault(self, request: Request) -> Response:
        fault = Fault.model_validate_json(await request.body())
        key = request.path_params["key"]
        of_key = [group for group in self.plane.groups.values() if key in group.name]
        for group in of_key:
            group.fault = fault
        if not (of_key and fault.once):  # on a busy machine the fault comes later than its group
            self.plane.faults[key] = fault
        return JSONResponse(fault.model_dump())

    def _group(self, request: Request) -> ContainerGroup | None:
        return self.plane.groups.get(request.path_params["name"])

    def _not_found(self, request: Request) -> Response:
        name, group = request.path_params["name"], request.path_params["group"]
        message = f"The Resource '{TYPE}/{name}' under resource group '{group}' was not found."
        return _error(404, "ResourceNotFound", message)


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status)
