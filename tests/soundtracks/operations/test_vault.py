"""Secrets from Key Vault become the environment of the container's command."""

import os
import shutil
import subprocess
import sys
import time
import traceback
from pathlib import Path

import httpx
import pytest
import yaml

from soundtracks.errors import AzureError, UnexpectedAnswer
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
    found = read_secrets(URL, "t", client({"tmdb-token": "a", "prefect-api-auth-string": "admin:b"}))
    assert found == {"SOUNDTRACKS_TMDB_TOKEN": "a", "PREFECT_API_AUTH_STRING": "admin:b"}


def test_a_refusal_names_the_role_and_no_secret():
    with pytest.raises(AzureError, match="Key Vault Secrets User") as caught:
        read_secrets(URL, "t", client({"tmdb-token": "the-secret", "discogs-token": 403}))
    assert "the-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"<html>sign in</html>", "a web page instead of JSON"),
        (b"", "nothing"),
        (b'{"id": "the-secret"}', "no value"),
        (b'{"value": {"a": "the-secret"}}', "value of another kind"),
        (b'["the-secret"]', "all of it of another kind"),
        (b"the-secret", "something that is no JSON"),
    ],
)
def test_an_answer_of_another_kind_is_told_without_what_it_holds(body: bytes, what: str):
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=body))
    with pytest.raises(UnexpectedAnswer) as error:
        read_secrets(URL, "t", httpx.Client(transport=transport))
    assert error.value.message == f"The Key Vault {URL} answered otherwise than documented: with {what}."
    assert "the-secret" not in "".join(traceback.format_exception(error.value))


def test_a_vault_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch):
    pauses: list[float] = []
    monkeypatch.setattr(vault._ask.retry, "sleep", pauses.append)

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(AzureError, match="firewall"):
        read_secrets(URL, "t", httpx.Client(transport=httpx.MockTransport(refuse)))
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
    monkeypatch.setattr(vault, "identity_token", lambda: "t")
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


LATE = """
import http.server, json, sys, threading, time

class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        secret = self.path.startswith("/secrets/")
        allowed = not secret or self.headers["Authorization"] == "Bearer token-of-the-identity"
        body = {"value": "planted-" + self.path.split("/")[2].split("?")[0]} if secret else {
            "access_token": "token-of-the-identity", "expires_in": "3600", "expires_on": "4102444800",
            "resource": "https://vault.azure.net", "token_type": "Bearer"}
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass

vault = http.server.ThreadingHTTPServer(("127.0.0.1", 8200), Answers)
threading.Thread(target=vault.serve_forever, daemon=True).start()
time.sleep(float(sys.argv[1]))
http.server.ThreadingHTTPServer(("169.254.169.254", 80), Answers).serve_forever()
"""
NAMESPACE = (
    "ip link set lo up && ip addr add 169.254.169.254/32 dev lo || exit 3; "
    '"$PYTHON" -c "$LATE" 3 & server=$!; "$PYTHON" -m soundtracks.operations.vault "$PYTHON" -c '
    "'import os; print(os.environ[\"SOUNDTRACKS_TMDB_TOKEN\"])'; code=$?; kill $server; exit $code"
)


@pytest.mark.slow
def test_an_identity_that_answers_late_is_waited_for():
    """The real azure-identity, in a network of its own in which 169.254.169.254 answers three seconds late."""
    own_network = ["unshare", "--net"]
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("this machine has no unshare or ip")
    if subprocess.run([*own_network, "ip", "link", "set", "lo", "up"], capture_output=True).returncode:
        pytest.skip("this machine gives no network namespaces")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "IDENTITY_", "MSI_"))}
    environment |= {"PYTHON": sys.executable, "LATE": LATE, "SOUNDTRACKS_KEY_VAULT_URL": "http://127.0.0.1:8200"}
    environment |= {"PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([*own_network, "bash", "-c", NAMESPACE], capture_output=True, text=True, env=environment, timeout=180)
    assert done.stdout.splitlines() == ["planted-tmdb-token"], done.stderr
    assert "Traceback" not in done.stderr


def test_an_identity_that_never_answers_has_an_end(monkeypatch):
    import azure.identity
    from azure.identity import CredentialUnavailableError

    class Never:
        def get_token(self, *_: str) -> None:
            raise CredentialUnavailableError("no response from the IMDS endpoint")

    monkeypatch.setattr(azure.identity, "DefaultAzureCredential", Never)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        time.sleep(0.02)

    with pytest.raises(vault.NoIdentity, match="AZURE_CLIENT_ID"):
        vault.identity_token(0.05, sleep=pause)
    assert pauses


def test_the_end_is_one_that_the_crash_table_repeats(monkeypatch, capsys):
    def never() -> str:
        raise vault.NoIdentity("No token.", hint="Running again can help.")

    monkeypatch.setattr(vault, "identity_token", never)
    monkeypatch.setenv("SOUNDTRACKS_KEY_VAULT_URL", URL)
    with pytest.raises(SystemExit) as ended:
        vault.main(["true"])
    assert ended.value.code == vault.NO_IDENTITY
    assert capsys.readouterr().err == "No token. Running again can help.\n"
