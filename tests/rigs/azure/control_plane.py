"""What stands in the subscription, and how Azure Resource Manager changes it."""

import asyncio
import hashlib
import time
import uuid
from collections.abc import Iterable
from typing import Any

from tests.rigs.azure.faults import Fault
from tests.rigs.azure.groups import ContainerGroup, Start, now
from tests.rigs.azure.templates import Scope, TemplateError, resources


class ControlPlane:
    """`start`: how a container becomes a process. `provisioning`: seconds that Azure takes to place one."""

    def __init__(self, start: Start, provisioning: float = 0.5) -> None:
        self.groups: dict[str, ContainerGroup] = {}
        self.deployments: dict[str, dict[str, Any]] = {}
        self.operations: dict[str, dict[str, Any]] = {}
        self.faults: dict[str, Fault] = {}
        #: what the Key Vault holds
        self.secrets: dict[str, str] = {}
        #: output of containers whose diagnostics name a workspace; it outlives them
        self.log_analytics: dict[str, list[str]] = {}
        self._start = start
        self._provisioning = provisioning
        self._work: set[asyncio.Task[None]] = set()

    def take_fault(self, name: str) -> Fault:
        """The fault of a group: that of the key which its name holds. One that happens once is gone then."""
        key = next((key for key in self.faults if key in name), None)
        if key is None:
            return Fault()
        return self.faults.pop(key) if self.faults[key].once else self.faults[key]

    def deploy(self, subscription: str, group: str, name: str, properties: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """Begins a template deployment; returns it and the id of its operation. Raises TemplateError at once for a bad one."""
        scope = Scope(subscription, group, keys=_keys)
        described = resources(properties["template"], properties.get("parameters", {}), scope)
        places = [ContainerGroup(scope.id, resource, self.take_fault(resource["name"])) for resource in described]
        for place in places:
            place.environment()
        deployment = {
            "id": f"{scope.id}/providers/Microsoft.Resources/deployments/{name}",
            "name": name,
            "type": "Microsoft.Resources/deployments",
            "properties": {"provisioningState": "Accepted", "mode": properties["mode"], "timestamp": now()},
        }
        self.deployments[name] = deployment
        return deployment, self._operation(self._place(deployment, places))

    async def _place(self, deployment: dict[str, Any], places: Iterable[ContainerGroup]) -> dict[str, Any] | None:
        await asyncio.sleep(self._provisioning)
        for place in places:
            error = place.fault.refuses(place.name, place.container["image"])
            if error:
                deployment["properties"] |= {"provisioningState": "Failed", "error": error}
                if place.fault.slow_delete:
                    self.groups[place.name] = place
                return error
            if place.name in self.groups and self.groups[place.name].running:
                continue  # a deployment of the same group again leaves it as it is
            if "logAnalytics" in place.resource["properties"].get("diagnostics", {}):
                place.output = self.log_analytics.setdefault(place.name, [])
            self.groups[place.name] = place
            await place.start(self._start)
        deployment["properties"]["provisioningState"] = "Succeeded"
        return None

    async def delete(self, group: ContainerGroup) -> str | None:
        """Deletes a group; returns the id of the operation when that takes a while."""
        if group.fault.slow_delete:
            return self._operation(self._delete_later(group))
        await self._remove(group)
        return None

    async def _delete_later(self, group: ContainerGroup) -> None:
        done = asyncio.create_task(asyncio.sleep(group.fault.slow_delete))
        await (group.end_seen.wait() if group.fault.hidden_after_listings else done)
        await self._remove(group)
        await done

    async def _remove(self, group: ContainerGroup) -> None:
        await group.end()
        if self.groups.get(group.name) is group:
            del self.groups[group.name]

    async def close(self) -> None:
        """Ends all that still runs."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*(group.end() for group in self.groups.values()))

    def _operation(self, work: Any) -> str:
        number = str(uuid.uuid4())
        self.operations[number] = {"status": "Running", "started": time.time()}

        async def run() -> None:
            try:
                error = await work
            except (OSError, TemplateError) as reason:
                error = {"code": "Conflict", "message": str(reason)}
            self.operations[number] |= {"status": "Failed", "error": error} if error else {"status": "Succeeded"}

        task = asyncio.create_task(run())
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return number


def _keys(resource_id: str) -> dict[str, str]:
    """Keys that only Azure knows: made up, and the same for the same resource."""
    digest = hashlib.sha256(resource_id.encode()).hexdigest()
    return {"primarySharedKey": digest, "customerId": str(uuid.UUID(digest[:32]))}
