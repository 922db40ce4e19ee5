"""Starts a command with the secrets of Key Vault in its environment: `python -m soundtracks.operations.vault COMMAND …`.

They are read by the container's own managed identity at the start, so that they stand in no template, no job variable, no
run parameter and no image. docker/entrypoint.sh calls this when SOUNDTRACKS_KEY_VAULT_URL is set. Prefect-free.

Container Instances start a container before its identity endpoint answers (azure-docs 61891, 71206): it is waited for.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
from pydantic import BaseModel
from tenacity import Retrying, retry, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_exponential

from soundtracks.errors import AzureError
from soundtracks.operations.replies import read_answer

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

#: Secret of the vault → environment variable. One that is not in the vault is not set.
SECRETS = {
    "tmdb-token": "SOUNDTRACKS_TMDB_TOKEN",
    "discogs-token": "SOUNDTRACKS_DISCOGS_TOKEN",
    "prefect-api-auth-string": "PREFECT_API_AUTH_STRING",
    "spark-master": "SOUNDTRACKS_SPARK_MASTER",  # the address of Spark Connect holds a token
}
#: What prefect.yaml gives a variable that only the vault fills: where the vault does not, the variable is not set.
PLACEHOLDER = "in-key-vault"
#: Seconds that the identity endpoint is waited for.
MAX_IDENTITY_WAIT = 90.0
#: Exit code of a container whose identity did not answer: the crash table knows it as worth repeating (EX_TEMPFAIL).
NO_IDENTITY = 75
_VERSION = "7.4"
_SCOPE = "https://vault.azure.net/.default"


class _Secret(BaseModel):
    value: str


def read_secrets(vault_url: str, token: str, client: httpx.Client) -> dict[str, str]:
    """Environment variable → secret, of those that the vault holds. `token`: for Key Vault.

    Raises AzureError, without any secret in its message.
    """
    found = {}
    for name, variable in SECRETS.items():
        try:
            answer = _ask(client, f"{vault_url.rstrip('/')}/secrets/{name}", token)
        except httpx.HTTPError as error:
            raise AzureError(
                f"The Key Vault {vault_url} does not answer: {error}.", hint="Does its firewall admit the containers' subnet?"
            ) from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            continue
        if answer.status_code != httpx.codes.OK:
            raise AzureError(
                f"The Key Vault {vault_url} refused the secret {name}: HTTP {answer.status_code}.",
                hint="The flows' identity needs the role Key Vault Secrets User on it.",
            )
        found[variable] = read_answer(_Secret, answer.content, f"The Key Vault {vault_url}").value
    return found


@retry(
    retry=retry_if_exception_type(httpx.TransportError),  # a new container's network may not be there in its first seconds
    stop=stop_after_attempt(4),
    wait=wait_exponential(0.5),
    reraise=True,
)
def _ask(client: httpx.Client, url: str, token: str) -> httpx.Response:
    return client.get(url, params={"api-version": _VERSION}, headers={"Authorization": f"Bearer {token}"})


class NoIdentity(AzureError):
    """The container's managed identity does not answer (yet): running again can help."""


def identity_token(wait: float = MAX_IDENTITY_WAIT, sleep: Callable[[float], None] = time.sleep) -> str:
    """A token for Key Vault, see access_token."""
    return access_token(_SCOPE, wait, sleep).token


def access_token(scope: str, wait: float = MAX_IDENTITY_WAIT, sleep: Callable[[float], None] = time.sleep) -> "AccessToken":
    """A token by the container's managed identity, waited for `wait` seconds at most. Raises NoIdentity."""
    from azure.core.exceptions import AzureError as SdkError
    from azure.identity import DefaultAzureCredential

    retrying = Retrying(
        retry=retry_if_exception_type(SdkError),
        stop=stop_after_delay(wait),
        wait=wait_exponential(0.5, max=8),
        sleep=sleep,
        reraise=True,
    )
    try:
        # anew each time: a credential may remember that an endpoint did not answer
        token: AccessToken = retrying(lambda: DefaultAzureCredential().get_token(scope))
        return token
    except SdkError as error:
        raise NoIdentity(
            f"The container's managed identity gave no token within {wait:.0f} s ({type(error).__name__}).",
            hint="Running again can help. If it stays: does the container group hold the flows' identity (AZURE_CLIENT_ID)?",
        ) from error


def main(command: list[str]) -> None:
    """Replaces this process by the command, with the vault's secrets in its environment."""
    try:
        with httpx.Client(timeout=20) as client:
            secrets = read_secrets(os.environ["SOUNDTRACKS_KEY_VAULT_URL"], identity_token(), client)
    except NoIdentity as error:
        print(error, file=sys.stderr)  # noqa: T201 -- there is no logging yet
        sys.exit(NO_IDENTITY)
    except AzureError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    environment = {name: value for name, value in os.environ.items() if value != PLACEHOLDER} | secrets
    os.execvpe(command[0], command, environment)  # noqa: S606 -- the container's own command


if __name__ == "__main__":
    main(sys.argv[1:])
