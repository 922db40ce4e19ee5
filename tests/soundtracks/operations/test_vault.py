"""Secrets from Key Vault become the environment of the container's command."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml

from soundtracks.errors import AzureError
from soundtracks.operations import vault
from soundtracks.operations.vault import SECRETS, read_secrets

URL = "https://x.vault.azure.net/"
ENV = yaml.safe_load(Path("prefect.yaml").read_text())["definitions"]["azure"]["env"]
#: Variables of a container in Azure that hold the placeholder.
PLACEHOLDERS = {name: value for name, value in ENV.items() if value == vault.PLACEHOLDER}


def client(answers):
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer t"
        assert request.url.params["api-version"]
        found = answers.get(request.url.path.removeprefix("/secrets/"), 404)
        return httpx.Response(found) if isinstance(found, int) else httpx.Response(200, json={"value": found})

    return httpx.Client(transport=httpx.MockTransport(answer))


def test_secrets_of_the_vault_are_read_and_missing_ones_left_out():
    found = read_secrets(URL, lambda: "t", client({"tmdb-token": "a", "prefect-api-auth-string": "admin:b"}))
    assert found == {"SOUNDTRACKS_TMDB_TOKEN": "a", "PREFECT_API_AUTH_STRING": "admin:b"}


def test_a_refusal_names_the_role_and_no_secret():
    with pytest.raises(AzureError, match="Key Vault Secrets User") as caught:
        read_secrets(URL, lambda: "t", client({"tmdb-token": "the-secret", "discogs-token": 403}))
    assert "the-secret" not in str(caught.value)


def test_a_vault_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch):
    pauses: list[float] = []
    monkeypatch.setattr(vault._ask.retry, "sleep", pauses.append)

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(AzureError, match="firewall"):
        read_secrets(URL, lambda: "t", httpx.Client(transport=httpx.MockTransport(refuse)))
    assert pauses == [0.5, 1, 2]


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({"tmdb-token": "a"}, {"SOUNDTRACKS_TMDB_TOKEN": "a", "SOUNDTRACKS_SPARK_MASTER": "local[2]"}),
        (
            {"prefect-api-auth-string": "admin:b", "spark-master": "sc://x"},
            {"PREFECT_API_AUTH_STRING": "admin:b", "SOUNDTRACKS_SPARK_MASTER": "sc://x"},
        ),
    ],
)
def test_the_command_gets_the_secrets_and_no_placeholder(held, expected, monkeypatch):
    monkeypatch.setattr(vault, "read_secrets", lambda url, token, http: {SECRETS[name]: value for name, value in held.items()})
    monkeypatch.setattr(os, "environ", {"SOUNDTRACKS_KEY_VAULT_URL": URL, "SOUNDTRACKS_SPARK_MASTER": "local[2]"} | PLACEHOLDERS)
    called = []
    monkeypatch.setattr(os, "execvpe", lambda program, command, environment: called.append((program, command, environment)))
    vault.main(["flow", "run"])
    assert called == [("flow", ["flow", "run"], {"SOUNDTRACKS_KEY_VAULT_URL": URL} | expected)]


def test_prefect_yaml_gives_the_placeholder():
    assert PLACEHOLDERS == {"PREFECT_API_AUTH_STRING": vault.PLACEHOLDER}


def test_the_entrypoint_runs_its_command_as_it_is_without_a_vault():
    done = subprocess.run(["sh", "docker/entrypoint.sh", sys.executable, "-c", "print('ran')"], capture_output=True, text=True)
    assert done.stdout == "ran\n"
