"""The form that the Prefect UI draws for a run: it asks people for what people know."""

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentUpdate

#: Parameters that the inbox watcher alone gives. A deployment takes them though its form does not show them.
WATCHERS = ("container", "blob", "etag", "size")


def hide_fields(client: SyncPrefectClient, deployment: str) -> None:
    """Takes the watcher's parameters out of the form of a deployment; others are drawn in their order."""
    found = client.read_deployment_by_name(deployment)
    schema = found.parameter_openapi_schema or {}
    fields: dict[str, object] = schema.get("properties", {})
    kept = {name: field for name, field in fields.items() if name not in WATCHERS}
    if kept != fields:
        client.update_deployment(found.id, DeploymentUpdate(parameter_openapi_schema=schema | {"properties": kept}))
