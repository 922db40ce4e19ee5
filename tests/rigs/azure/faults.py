"""What goes wrong with one container group. Each field is one thing that Azure was seen, or is documented, to do."""

from typing import Any

from pydantic import BaseModel, ConfigDict

#: Errors of a template deployment, as Azure words them.
DEPLOYMENT_ERRORS = {
    "InaccessibleImage": "The image '{image}' in container group '{name}' is not accessible. Please check the image and registry "
    "credential.",
    "ContainerGroupQuotaReached": "Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota "
    "'StandardCores' exceeded in region 'westeurope'. Limit: '10', Usage: '10' Requested: '4'.",
}


class Fault(BaseModel):
    """Applies to the group whose name holds the flow run's id."""

    model_config = ConfigDict(extra="forbid")

    #: the template deployment fails with this code of DEPLOYMENT_ERRORS
    deployment_error: str = ""
    #: runs instead of the container's command
    command: list[str] = []
    #: GETs of the group are answered 503 for so many seconds
    unavailable: float = 0
    #: … from the line of its output that holds this; empty: from the container's start
    unavailable_from: str = ""
    #: GETs of the group carry no instance view
    no_instance_view: bool = False
    #: a DELETE takes so many seconds; a deployment that is refused leaves a group to delete then
    slow_delete: float = 0
    #: the group of a slow DELETE is no longer shown, though the operation is still under way, once so many listings held it with
    #: its container ended: by the second, who lists has looked at it after the first
    hidden_after_listings: int = 0
    #: only the first container group has the fault; when the run is started again, all goes well
    once: bool = False

    def refuses(self, name: str, image: str) -> dict[str, Any] | None:
        """The error that the deployment of this group ends with, if any."""
        if not self.deployment_error:
            return None
        message = DEPLOYMENT_ERRORS[self.deployment_error].format(name=name, image=image)
        details = [{"code": self.deployment_error, "message": message}]
        return {"code": "DeploymentFailed", "message": "At least one resource deployment operation failed.", "details": details}

    def takes_down(self, since: float | None) -> bool:
        """Whether a GET of the group is answered 503, so many seconds after its container began it; None: it has not yet."""
        return since is not None and since < self.unavailable
