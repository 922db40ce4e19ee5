"""Secrets from Key Vault become the environment of the container's command."""

import subprocess
import sys

import httpx
import pytest

from tasks.errors import AzureError
from tasks.vault import read_secrets

URL = "https://x.vault.azure.net/"


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


def test_a_vault_that_does_not_answer_is_told():
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(AzureError, match="firewall"):
        read_secrets(URL, lambda: "t", httpx.Client(transport=httpx.MockTransport(refuse)))


def test_the_entrypoint_runs_its_command_as_it_is_without_a_vault():
    done = subprocess.run(["sh", "docker/entrypoint.sh", sys.executable, "-c", "print('ran')"], capture_output=True, text=True)
    assert done.stdout == "ran\n"
