"""Each name that the code reads, tied to the Bicep that sets it: variables, secrets, queue, containers, pools, roles."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main
import yaml
from prefect_azure.settings import AzureSettings

from soundtracks.cli.main import app as commands
from soundtracks.inbox.titlefile import lake_name
from soundtracks.lake.lake import Lake
from soundtracks.operations.deployments import read_plan
from soundtracks.operations.vault import SECRETS
from soundtracks.settings import Settings
from tests.docker.test_compose import KNOWN, prefect_variables
from tests.infra.bicep import Resource
from tests.infra.test_bicep import INFRA, WORLDS, world

HOME = INFRA.parent
PREFECT_YAML = (HOME / "prefect.yaml").read_text()
NEEDED = set(re.findall(r"\{\{ \$(\w+) \}\}", PREFECT_YAML)) - {"SOUNDTRACKS_HOME"}
FULL = list(WORLDS)[-1]
SCOPE = world(INFRA, FULL)
RESOURCES = list(SCOPE.resources())
APPS = {r.symbol: r for r in RESOURCES if r.type in ("Microsoft.App/containerApps", "Microsoft.App/jobs")}
CONTAINERS = {c["name"]: c for r in APPS.values() for c in r.body["properties"]["template"]["containers"]}

#: Settings that keep their default in Azure, and why.
DEFAULTS = {
    "match_processes": "as many as the machine has cores",
    "openlineage_url": "events stay in the lake",
    "lake_connection_string": "identities only",
    "tmdb_base_url": "the real service",
    "discogs_base_url": "the real service",
    "tmdb_key": "a token is used",
    "discogs_key": "a token is used",
    "discogs_secret": "a token is used",
    "user_agent": "the same everywhere",
    "tmdb_retention_hours": "TMDB's terms",
    "discogs_retention_hours": "Discogs' terms",
    "extract_batch": "the same everywhere",
    "max_rows": "the same everywhere",
    "inbox_settle_seconds": "blobs appear whole",
    "lake_retention_days": "the same everywhere",
    "server_retention_days": "the same everywhere",
    "search_breadth": "the same everywhere",
    "extract_circuit": "the same everywhere",
    "spark_driver_memory": "sized from the container",
    "posters": "the same everywhere",
    "spark_stage": "data travel through the session; the job of Databricks sets it itself",
    "approval_share": "the same everywhere",
    "approval_links": "the same everywhere",
    "approval_days": "the same everywhere",
    "static_files": "from the first `soundtracks publish` on",
}


def one(type_: str, symbol: str = "") -> Resource:
    (found,) = [r for r in RESOURCES if r.type == type_ and symbol in ("", r.symbol)]
    return found


def variables(container: str) -> dict[str, str]:
    return {e["name"]: e.get("value", e.get("secretRef")) for e in CONTAINERS[container].get("env", [])}


def granted(identity: str, role: str) -> set[str]:
    """What an identity has a role on: the symbols of roles.bicep."""
    assignments = [r.body for r in RESOURCES if r.type == "Microsoft.Authorization/roleAssignments"]
    own = [body for body in assignments if identity in body["properties"]["principalId"]]
    return {str(body.get("scope", "<group>")) for body in own if role in body["properties"]["roleDefinitionId"]}


class TestVariables:
    def test_prefect_yaml_gets_each_of_its_variables_from_the_register_job(self):
        assert set(variables("register")) - {"PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "SOUNDTRACKS_ALERT_WEBHOOK"} == NEEDED

    def test_each_is_an_output_too_with_the_same_value(self):
        for name in NEEDED:
            assert SCOPE.output(name) == variables("register")[name], name

    def test_prefect_yaml_can_be_filled_from_them(self):
        plan = read_plan(HOME / "prefect.yaml", "azure", {"SOUNDTRACKS_HOME": "/opt/app", **variables("register")})
        job = plan.document["deployments"][0]["work_pool"]["job_variables"]
        assert job["identities"] == ["<identities.flows>.id"]
        assert job["env"]["SOUNDTRACKS_LAKE_URL"] == "az://lake"

    @pytest.mark.parametrize("container", sorted(CONTAINERS))
    def test_each_variable_is_one_that_somebody_reads(self, container):
        known = KNOWN | NEEDED | {"AZURE_CLIENT_ID"} | prefect_variables(AzureSettings)
        assert set(variables(container)) <= known

    @pytest.mark.parametrize("name", sorted(Settings.model_fields))
    def test_each_setting_is_set_somewhere_or_keeps_its_default_for_a_reason(self, name):
        variable = f"SOUNDTRACKS_{name.upper()}"
        somewhere = {v for c in CONTAINERS for v in variables(c)} | set(SECRETS.values())
        somewhere |= set(re.findall(r"(SOUNDTRACKS_\w+): ", PREFECT_YAML))
        advice = f"{variable}: set it in infra/ or prefect.yaml, or say in DEFAULTS why its default is right in Azure; not both"
        assert (variable in somewhere) != (name in DEFAULTS), advice

    def test_the_watcher_reads_lake_and_queue(self):
        assert {"SOUNDTRACKS_LAKE_URL", "SOUNDTRACKS_LAKE_ACCOUNT_URL", "SOUNDTRACKS_INBOX_QUEUE"} <= set(variables("watcher"))

    def test_the_cleanup_is_told_where_to_look(self):
        assert {"SOUNDTRACKS_AZURE_SUBSCRIPTION_ID", "SOUNDTRACKS_AZURE_RESOURCE_GROUP"} <= set(variables("cleanup"))

    @pytest.mark.parametrize("container", sorted(set(CONTAINERS) - {"server", "migrate", "register"}))
    def test_who_has_an_identity_of_its_own_says_which(self, container):
        (app,) = [a for a in APPS.values() if CONTAINERS[container] in a.body["properties"]["template"]["containers"]]
        (identity,) = app.body["identity"]["userAssignedIdentities"]
        assert variables(container)["AZURE_CLIENT_ID"] == identity.removesuffix(".id") + ".properties.clientId"


class TestSecrets:
    IN_VAULT = frozenset(r.body["name"] for r in RESOURCES if r.type == "Microsoft.KeyVault/vaults/secrets")

    def test_what_containers_read_at_their_start_is_in_the_vault(self):
        assert set(SECRETS) <= self.IN_VAULT

    def test_the_flows_may_read_just_these(self):
        """The role must stand for each: without it the vault answers 403 where a missing secret would be 404."""
        (allowed,) = [SCOPE.module("roles").variable("flowSecrets")]
        assert set(allowed) == set(SECRETS)
        assert len(granted("identities.flows", "4633458b")) == len(SECRETS)

    @pytest.mark.parametrize("app", sorted(APPS))
    def test_each_secret_of_an_app_is_in_the_vault_and_used(self, app):
        body = APPS[app].body["properties"]
        named = {s["name"]: s["keyVaultUrl"].rpartition("/")[2] for s in body["configuration"]["secrets"]}
        used = {e["secretRef"] for c in body["template"]["containers"] for e in c["env"] if "secretRef" in e}
        assert set(named.values()) <= self.IN_VAULT
        assert set(named) == used

    @pytest.mark.parametrize("app", sorted(APPS))
    def test_each_app_may_read_its_secrets_and_pull_the_image(self, app):
        body = APPS[app].body
        (identity,) = body["identity"]["userAssignedIdentities"]
        who = identity.removesuffix(".id").strip("<>")
        symbols = {"prefect-api-auth-string": "auth", "alert-webhook": "webhook"}
        wanted = {s["keyVaultUrl"].rpartition("/")[2] for s in body["properties"]["configuration"]["secrets"]}
        assert {f"<roles.{symbols[name]}>" for name in wanted} <= granted(who, "4633458b")
        assert granted(who, "7f951dda") == {"<roles.registry>"}
        assert {s["identity"] for s in body["properties"]["configuration"]["secrets"]} <= {identity}

    def test_no_secret_stands_in_a_plain_variable(self):
        plain = {e["name"] for c in CONTAINERS.values() for e in c.get("env", []) if "value" in e}
        assert not {name for name in plain if re.search("TOKEN|SECRET|AUTH|PASSWORD|WEBHOOK", name)}

    def test_the_database_is_logged_in_to_by_identity(self):
        """The address names the identity and no password; Prefect's server takes a token of that identity for it."""
        server, database = variables("server"), one("Microsoft.DBforPostgreSQL/flexibleServers").body["properties"]
        admin = one("Microsoft.DBforPostgreSQL/flexibleServers/administrators").body["properties"]
        identity = one("Microsoft.ManagedIdentity/userAssignedIdentities", "server").body["name"]
        assert database["authConfig"]["passwordAuth"] == "Disabled"
        assert "administratorLoginPassword" not in database
        assert admin["principalName"] == identity
        assert server["PREFECT_SERVER_DATABASE_CONNECTION_URL"].startswith(f"postgresql+asyncpg://{identity}@")

    def test_the_job_that_migrates_logs_in_as_the_server_does(self):
        own = variables("migrate")
        assert own == {name: value for name, value in variables("server").items() if name in own}
        assert "PREFECT_SERVER_DATABASE_CONNECTION_URL" in own
        server, job = (APPS[name].body["identity"] for name in ("server", "migrate"))
        assert job == server

    def test_the_job_that_registers_goes_around_the_flows_secrets(self):
        """docker/entrypoint.sh would read them for SOUNDTRACKS_KEY_VAULT_URL, with an identity that may not."""
        assert "command" in CONTAINERS["register"]
        others = [c for n, c in CONTAINERS.items() if n not in ("register", "migrate")]
        assert not any("SOUNDTRACKS_KEY_VAULT_URL" in {e["name"] for e in c["env"]} for c in others)


class TestPlaces:
    def test_the_queue_is_the_one_that_events_go_to(self):
        queue = one("Microsoft.Storage/storageAccounts/queueServices/queues").body["name"]
        delivery = one("Microsoft.EventGrid/systemTopics/eventSubscriptions").body["properties"]
        assert delivery["deliveryWithResourceIdentity"]["destination"]["properties"]["queueName"] == queue
        assert variables("watcher")["SOUNDTRACKS_INBOX_QUEUE"].rpartition("/")[2] == queue

    def test_events_tell_of_the_inbox_of_the_lake(self):
        container = one("Microsoft.Storage/storageAccounts/blobServices/containers", "lakeContainer").body["name"]
        assert variables("watcher")["SOUNDTRACKS_LAKE_URL"] == f"az://{container}"
        starts = one("Microsoft.EventGrid/systemTopics/eventSubscriptions").body["properties"]["filter"]["subjectBeginsWith"]
        blob = starts.partition(f"/containers/{container}/blobs/")[2] + "films.csv"
        lake = Lake("az://lake", account_url="https://x.blob.core.windows.net")
        assert lake_name(lake, container, blob) == "titles/films.csv"

    def test_raw_data_are_forgotten_where_the_sources_keep_them(self):
        rules = one("Microsoft.Storage/storageAccounts/managementPolicies").body["properties"]["policy"]["rules"]
        prefixes = {p for rule in rules for p in rule["definition"]["filters"]["prefixMatch"]}
        assert {"lake/raw/tmdb/", "lake/raw/discogs/", "lake/runs/", "lake/quarantine/"} == prefixes
        assert 'f"raw/{self.source}/' in (HOME / "soundtracks/sources/rawstore.py").read_text()
        kept = {rule["name"]: rule["definition"]["actions"]["baseBlob"].get("delete") for rule in rules}
        assert kept["forget-tmdb"]["daysAfterModificationGreaterThan"] + 14 <= Settings().tmdb_retention_hours / 24

    def test_each_pool_has_its_worker(self):
        pools = yaml.safe_load(PREFECT_YAML)["definitions"]["pools"]["azure"]
        served = {c["args"][c["args"].index("--pool") + 1] for c in CONTAINERS.values() if "worker" in c.get("args", [])}
        assert served == {pool["name"] for pool in pools}

    @pytest.mark.parametrize("container", ["watcher", "cleanup", "register"])
    def test_our_commands_are_called_as_they_are(self, container):
        program, name, *arguments = CONTAINERS[container].get("args") or CONTAINERS[container]["command"]
        assert program == "soundtracks"
        group = typer.main.get_group(commands)
        command = group.commands[name]
        command.make_context(name, arguments)  # raises on an option that is not there

    def test_the_watcher_starts_the_deployment_of_azure(self):
        assert "link-soundtracks/azure" in CONTAINERS["watcher"]["args"]

    def test_the_image_is_what_prefect_yaml_calls_it(self):
        assert {c["image"] for c in CONTAINERS.values()} == {variables("register")["SOUNDTRACKS_IMAGE"]}


class TestRoles:
    def test_only_the_worker_starts_containers(self):
        assert granted("identities.worker", "roles.launcher") == {"<group>"}
        others = ("identities.server", "identities.watcher", "identities.flows")
        assert [granted(who, "roles.launcher") for who in others] == [set()] * 3

    def test_the_watcher_may_put_messages_back(self):
        """Update Message needs messages/write, which the role of a message processor has not."""
        assert granted("identities.watcher", "974c5e8b-45b9-4653-ba55-5f855dd0fb88") == {"<roles.messages>"}

    def test_nobody_is_contributor_or_owner_of_anything(self):
        contributor, owner = "b24988ac-6180-42a0-ab88-20f7382dd24c", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
        ids = {r.body["properties"]["roleDefinitionId"] for r in RESOURCES if r.type.endswith("/roleAssignments")}
        assert not [i for i in ids if contributor in i or owner in i]

    def test_the_launcher_may_do_what_the_job_template_asks_for(self):
        launcher = one("Microsoft.Authorization/roleDefinitions", "launcher").body["properties"]["permissions"][0]["actions"]
        joiner = one("Microsoft.Authorization/roleDefinitions", "joiner").body["properties"]["permissions"][0]["actions"]
        template = (INFRA / "job-templates" / "aci.json").read_text()
        assert "listKeys(" in template
        assert "Microsoft.OperationalInsights/workspaces/listKeys/action" in joiner
        assert "Microsoft.Network/virtualNetworks/subnets/join/action" in joiner
        assert {f"Microsoft.ContainerInstance/containerGroups/{verb}" for verb in ("read", "write", "delete")} <= set(launcher)
        assert not [action for action in launcher + joiner if "*" in action]


def test_the_dockerfile_needs_no_buildkit():
    """`az acr build` uses the classic builder, which keeps the modes that files have in git."""
    lines = Path(HOME / "docker" / "Dockerfile").read_text()
    assert not re.findall(r"^(?:COPY|ADD|RUN).*(?:--chmod|--mount|--link|<<)", lines, re.MULTILINE)
    for script in ("entrypoint.sh", "soundtracks"):
        assert (HOME / "docker" / script).stat().st_mode & 0o111, f"chmod +x {shlex.quote(script)}"
