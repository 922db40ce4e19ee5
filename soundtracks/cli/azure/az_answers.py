"""What the commands need of each answer of the Azure CLI, and of which kind it must be: Az reads every answer as one of these.
What has a default may be missing; `Nullable` and `| None`: Azure may give null."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_camel

T = TypeVar("T")
#: A name or an id.
Name = Annotated[str, Field(min_length=1)]
Nullable = Annotated[list[T], BeforeValidator(lambda given: [] if given is None else given)]


class Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Page(Answer, Generic[T]):
    """A list, as `az rest` gives it."""

    value: list[T]


class Named(Answer):
    name: Name


class WithId(Answer):
    id: Name


class User(Named):
    type: str


class Login(Answer):
    """`az account show`."""

    name: Name
    id: Name
    user: User


class Token(Answer):
    access_token: SecretStr


class SecretValue(Answer):
    value: SecretStr


class Policies(Answer):
    quota_id: str | None = None
    spending_limit: str | None = None


class Subscription(Answer):
    display_name: Name
    state: Name
    subscription_policies: Policies | None = None


class Group(Answer):
    location: Name
    tags: dict[str, str] | None = None


class Given(Answer, Generic[T]):
    """A parameter; one that holds a secret has no value."""

    value: T | None = None


class Parameters(Answer):
    """What a deployment of infra/main.bicep or infra/budget.bicep was given, as far as the next one asks for it."""

    admin_addresses: Given[list[str]] = Given()
    alert_email: Given[str] = Given()
    databricks_job: Given[str] = Given()
    databricks_subnets: Given[list[str]] = Given()
    monthly_budget: Given[int] = Given()
    prefix: Given[str] = Given()
    up_to: Given[str] = Given()
    with_databricks: Given[bool] = Given()
    amount: Given[int] = Given()
    start: Given[str] = Given()


class TimePeriod(Answer):
    start_date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}")]


class BudgetProperties(Answer):
    time_period: TimePeriod


class StandingBudget(Named):
    """Of Microsoft.Consumption/budgets."""

    properties: BudgetProperties


class DeploymentProperties(Answer):
    provisioning_state: str = "not begun"
    parameters: Parameters | None = None
    outputs: dict[str, Given[str]] | None = None


class Deployment(Answer):
    properties: DeploymentProperties = DeploymentProperties()


class Storage(Answer):
    storage_size_gb: int


class PostgresServer(Answer):
    storage: Storage


class DeletedVaultProperties(Answer):
    vault_id: Name
    location: Name
    scheduled_purge_date: str | None = None


class DeletedVault(Named):
    properties: DeletedVaultProperties


class DeletedWorkspace(Named):
    id: Name
    location: Name = "its region"


class RoleAssignment(Answer):
    id: Name
    role_definition_name: str | None = None  # null for a role that is deleted


class RoleDefinition(Answer):
    name: Name
    role_name: Name
    assignable_scopes: list[str]


class Provider(Answer):
    namespace: Name
    registration_state: str


class ResourceType(Answer):
    resource_type: Name
    locations: Nullable[str] = []


class ResourceTypes(Answer):
    resource_types: Nullable[ResourceType] = []


def _regions(parameters: object) -> object:
    """Of the parameters of somebody's policy, which may be anything, those that list regions."""
    if not isinstance(parameters, dict):
        return {} if parameters is None else parameters
    named = {name: given for name, given in parameters.items() if "allowedlocations" in name.lower()}
    return {name: given for name, given in named.items() if isinstance(given, dict) and isinstance(given.get("value"), list)}


class AllowedRegions(Answer):
    value: list[str]


class PolicyProperties(Answer):
    display_name: str | None = None
    enforcement_mode: str | None = None
    regions: Annotated[dict[str, AllowedRegions], BeforeValidator(_regions)] = Field({}, alias="parameters")


class Policy(Named):
    properties: PolicyProperties


class MaybeNamed(Answer):
    name: str | None = None


class PostgresEdition(Answer):
    supported_server_skus: Nullable[MaybeNamed] = []


class PostgresOffer(Answer):
    """What a region can give of Postgres."""

    restricted: str | None = None
    reason: str | None = None
    supported_server_versions: Nullable[MaybeNamed] = []
    supported_server_editions: Nullable[PostgresEdition] = []


class UsageName(Answer):
    value: Name


class Usage(Answer):
    name: UsageName
    limit: float
    current_value: float


class Resource(Answer):
    id: Name
    name: Name
    type: Name


class Subnet(Answer):
    id: Name
    name: Name
    service_association_links: Nullable[MaybeNamed] = []


class Registry(Answer):
    name: Name
    login_server: Name


class Image(Answer):
    digest: Name


class JobState(Answer):
    status: Name


class JobExecution(Answer):
    properties: JobState


class AppState(Answer):
    running_status: str | None = None


class App(Named):
    properties: AppState


class Revisions(Answer):
    latest_revision_name: Name
    latest_ready_revision_name: str | None = None


class RevisedApp(Answer):
    properties: Revisions
