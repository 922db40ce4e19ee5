"""How the services are reached: addresses and keys from the settings, and what to say where one cannot be reached."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from soundtracks.errors import MissingSetting
from soundtracks.masking import MASK, register
from soundtracks.settings import Settings
from soundtracks.sources.network import is_loopback

SAMPLE = "Without a key, try the sample: soundtracks up --sample."
#: Hosts of the services themselves; the key goes to no other without being told.
OWN_HOSTS = {"tmdb": ("api.themoviedb.org", "api.tmdb.org"), "discogs": ("api.discogs.com",)}
#: Paths of the services' own addresses, under which all that is asked stands.
OWN_PATHS = {"tmdb": "/3", "discogs": ""}
#: TMDB's name is blocked by carriers in India and networks in Russia, Belarus and China; its second name often is not.
OTHER_ADDRESS = {
    "tmdb": "Set SOUNDTRACKS_TMDB_BASE_URL={other} (the same service by another name), or HTTPS_PROXY.",
    "discogs": "Set HTTPS_PROXY if a proxy leads out of this network.",
}


@dataclass(frozen=True)
class Access:
    """How a service is reached. `authorization`: the header's value; `parameters`: keys that go into the address. `secrets`:
    never to be seen anywhere. `setting`: where the user sets the key. `other_address`: what to do where the service's name is
    blocked."""

    source: str
    base_url: str
    authorization: SecretStr | None
    secrets: tuple[SecretStr, ...]
    setting: str
    user_agent: str
    circuit: int
    parameters: Mapping[str, SecretStr] = field(default_factory=dict)
    other_address: str = ""

    @property
    def host(self) -> str:
        return httpx.URL(self.base_url).host

    @property
    def foreign_path(self) -> str:
        """The path of the address where it is not the service's own, "/" for none: what is asked under it is something else."""
        path = httpx.URL(self.base_url).path.rstrip("/")
        return "" if path == OWN_PATHS[self.source] else path or "/"

    @property
    def foreign_host(self) -> str:
        """Said aloud where the key goes to another host than the service's own; empty for these and for this machine."""
        if self.host in OWN_HOSTS[self.source] or is_loopback(self.host):
            return ""
        own = " or ".join(OWN_HOSTS[self.source])
        setting = f"SOUNDTRACKS_{self.source.upper()}_BASE_URL"
        return f"{self.host} is not the service's own host ({own}), and the key is sent there, as {setting} says."

    def unreachable(self, error: httpx.TransportError) -> str:
        """What to do where no connection comes about; nothing where one did, and broke."""
        never = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError)
        return f"{connection_problem(self.host, error)} {self.other_address}".strip() if never else ""

    def without_secrets(self, body: bytes) -> bytes:
        """A service that echoes the key must not make us store or show it."""
        for secret in self.secrets:
            value = secret.get_secret_value()
            for form in (value, quote(value, safe=""), json.dumps(value)[1:-1]):
                body = body.replace(form.encode(), MASK.encode())
        return body


def connection_problem(host: str, error: Exception) -> str:
    """Why a service cannot be reached, as a person would say it: a name that is blocked is no wrong key."""
    text = str(error).lower()
    if isinstance(error, httpx.ProxyError):
        return "The environment's proxy refuses or does not answer: see HTTPS_PROXY and NO_PROXY."
    if "certificate" in text or "ssl" in text or "tls" in text:
        return f"Somebody else answers for {host}: its name is hijacked, or its connection is opened on the way. No key was sent."
    if "name" in text or "getaddrinfo" in text or "nodename" in text:
        return f"The name {host} is not known here: there is no network, or the name is blocked. The key was not tried."
    return f"{host} cannot be reached from here: there is no network, or it is blocked. The key was not tried."


def access_to(source: str, settings: Settings) -> Access:
    """How a service is reached. Raises MissingSetting when its key is not set."""
    return (_tmdb if source == "tmdb" else _discogs)(settings)


def _tmdb(settings: Settings) -> Access:
    """With the token or the short key; which of the two a value is, its own form tells."""
    given = [(settings.tmdb_token, "SOUNDTRACKS_TMDB_TOKEN"), (settings.tmdb_key, "SOUNDTRACKS_TMDB_KEY")]
    secret, setting = next(((secret, name) for secret, name in given if secret), (None, ""))
    if not secret:
        raise MissingSetting(
            "SOUNDTRACKS_TMDB_TOKEN",
            f"TMDB needs a read access token, or SOUNDTRACKS_TMDB_KEY (themoviedb.org/settings/api). {SAMPLE}",
        )
    value = secret.get_secret_value()
    short = (setting.endswith("_KEY") and not value.startswith("eyJ")) or re.fullmatch("[0-9a-f]{32}", value)
    return _access(
        "tmdb",
        settings.tmdb_base_url,
        None if short else f"Bearer {value}",
        [secret],
        setting,
        settings,
        parameters={"api_key": secret} if short else {},
    )


def _discogs(settings: Settings) -> Access:
    if settings.discogs_token:
        secrets, setting = [settings.discogs_token], "SOUNDTRACKS_DISCOGS_TOKEN"
        header = f"Discogs token={settings.discogs_token.get_secret_value()}"
    elif settings.discogs_key and settings.discogs_secret:
        secrets = [settings.discogs_key, settings.discogs_secret]
        header = "Discogs key={}, secret={}".format(*(secret.get_secret_value() for secret in secrets))
        setting = "SOUNDTRACKS_DISCOGS_KEY and SOUNDTRACKS_DISCOGS_SECRET"
    else:
        raise MissingSetting(
            "SOUNDTRACKS_DISCOGS_TOKEN", f"Discogs searches only with a token (discogs.com/settings/developers). {SAMPLE}"
        )
    return _access("discogs", settings.discogs_base_url, header, secrets, setting, settings)


def _access(
    source: str,
    base_url: str,
    header: str | None,
    secrets: Sequence[SecretStr],
    setting: str,
    settings: Settings,
    *,
    parameters: Mapping[str, SecretStr] | None = None,
) -> Access:
    register(secret.get_secret_value() for secret in secrets)
    host = httpx.URL(base_url).host
    other = "https://api.themoviedb.org/3" if host == "api.tmdb.org" else "https://api.tmdb.org/3"
    return Access(
        source=source,
        base_url=base_url,
        authorization=SecretStr(header) if header else None,
        secrets=tuple(secrets),
        setting=setting,
        user_agent=settings.user_agent,
        circuit=settings.extract_circuit,
        parameters=parameters or {},
        other_address="" if is_loopback(host) else OTHER_ADDRESS[source].format(other=other),
    )
