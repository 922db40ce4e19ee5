"""docker/compose.yaml, as far as it can be checked without Docker: every name in it is one that somebody reads."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from prefect.settings import Settings as PrefectSettings
from prefect.settings.models.root import Settings as Root

from soundtracks.operations.deployments import read_plan
from soundtracks.settings import Settings

HOME = Path(__file__).parents[2]
FILE = HOME / "docker" / "compose.yaml"
COMPOSE = yaml.safe_load(FILE.read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}


def prefect_variables(model: type = Root) -> set[str]:
    names = set()
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, PrefectSettings.__mro__[1]):
            names |= prefect_variables(field.annotation)
        else:
            names.add(f"{model.model_config.get('env_prefix', '')}{name}".upper())
    return names


WORKERS = [service for service in SERVICES.values() if "soundtracks.operations.worker" in service.get("command", [])]
KNOWN = prefect_variables() | {"POSTGRES_PASSWORD"} | {f"SOUNDTRACKS_{name.upper()}" for name in Settings.model_fields}


def test_all_parts_are_there():
    assert set(SERVICES) == {"postgres", "azurite", "copy", "migrate", "server", "setup", "worker", "worker-match", "watcher"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_services_run_our_image(name):
    build = OURS[name]["build"]
    dockerfile = FILE.parent / build["context"] / build["dockerfile"]
    declared = re.findall(r"^ARG (\w+)", dockerfile.read_text(), re.MULTILINE)
    assert set(build["args"]) <= set(declared)
    assert f"AS {build['target']}\n" in dockerfile.read_text()


def test_the_match_alone_has_spark_and_each_image_has_one_target():
    assert {name for name, service in OURS.items() if service["build"]["target"] == "match"} == {"worker-match"}
    assert {(service["image"].endswith("-match"), service["build"]["target"]) for service in OURS.values()} == {
        (True, "match"),
        (False, "small"),
    }


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_variable_is_one_that_prefect_or_we_read(name):
    assert set(OURS[name].get("environment", {})) <= KNOWN


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_who_is_waited_for_tells_its_health(name):
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert how["condition"] in ("service_healthy", "service_completed_successfully")
        assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[other]


def test_each_pool_of_the_local_environment_has_its_worker():
    pools = [pool.name for pool in read_plan(HOME / "prefect.yaml", "local", {"SOUNDTRACKS_HOME": "/opt/app"}).pools]
    assert [worker["command"] for worker in WORKERS] == [
        ["python", "-m", "soundtracks.operations.worker", "--pool", pool] for pool in pools
    ]


def test_no_secret_stands_in_it_but_azurites_published_key():
    text = FILE.read_text()
    assert re.findall(r"AccountKey=([^;]{6})", text) == ["Eby8vd"]
    assert all(value.startswith(("${", '""')) for value in re.findall(r"(?:PASSWORD|TOKEN): (\S+)", text))


def test_all_settings_of_the_file_reach_those_who_use_them_and_the_databases_password_does_not():
    handed = {name: service["env_file"] for name, service in SERVICES.items() if "env_file" in service}
    assert set(handed) == {"setup", "worker", "worker-match", "watcher"}
    assert all(files == [{"path": "../.env", "required": False}] for files in handed.values())
    assert {SERVICES[name]["environment"]["POSTGRES_PASSWORD"] for name in handed} == {""}
    assert {SERVICES[name]["environment"]["SOUNDTRACKS_LAKE_URL"] for name in handed} == {"az://lake"}  # wins over the file's


def test_the_server_asks_for_a_password_that_its_clients_know_and_answers_to_its_own_addresses():
    environment = SERVICES["server"]["environment"]
    password = environment["PREFECT_SERVER_API_AUTH_STRING"]
    assert password.startswith("${PREFECT_API_AUTH_STRING:?")  # compose refuses to start without it
    origins = environment["PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS"].split(",")
    assert origins == ["http://localhost:4200", "http://127.0.0.1:4200"]
    assert environment["PREFECT_SERVER_UI_API_URL"].removesuffix("/api") in origins
    assert environment["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"
    command = SERVICES["server"]["command"]
    assert command[:3] == ["python", "-m", "soundtracks.operations.api_server"]
    clients = [service for name, service in OURS.items() if name not in ("server", "migrate")]
    assert {client["environment"]["PREFECT_API_AUTH_STRING"] for client in clients} == {password}
    hosts = {urlsplit(client["environment"]["PREFECT_API_URL"]).hostname for client in clients}
    assert hosts == {command[command.index("--allow-host") + 1]}


def test_a_copy_then_the_migration_then_the_server_then_its_clients():
    """Each waits for what is before it: no server of another version starts before its database is ready, no worker before it."""
    waits = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    done = {"condition": "service_completed_successfully"}
    assert waits["copy"] == {"postgres": {"condition": "service_healthy"}}
    assert waits["migrate"] == {"copy": done}
    assert waits["server"] == {"migrate": done}
    assert waits["setup"]["server"] == {"condition": "service_healthy"}
    assert [waits[name] for name in ("worker", "worker-match", "watcher")] == [{"setup": done}] * 3
    assert {SERVICES[name]["restart"] for name in ("copy", "migrate", "setup")} == {"no"}


def test_a_worker_has_time_to_end_its_runs():
    assert {worker["stop_grace_period"] for worker in WORKERS} == {"60s"}


def test_the_server_is_for_this_machine_only():
    assert SERVICES["server"]["ports"] == ["127.0.0.1:4200:4200"]
    assert not any("ports" in service for name, service in SERVICES.items() if name != "server")


def test_no_container_keeps_a_right_of_the_kernel_that_it_does_not_need():
    services = SERVICES
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert {name for name, service in services.items() if "cap_add" in service} == {"postgres"}
