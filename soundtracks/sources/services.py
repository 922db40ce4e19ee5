"""Opens TMDB and Discogs from the settings: addresses, keys, allowances, kept answers."""

import httpx
from pydantic import SecretStr

from soundtracks.errors import MissingSetting, Unauthorized, Unavailable
from soundtracks.lake.lake import Lake
from soundtracks.settings import Settings
from soundtracks.sources.http import Access, Source
from soundtracks.sources.pacing import Clock, Pacer, SharedLimit
from soundtracks.sources.rawstore import RawStore

#: Requests and seconds at which one run asks. TMDB: about 40 to 50 a second, it names no number. Discogs: 60 a minute with a
#: key; its headers tell, and the pacer follows them (https://www.discogs.com/developers, rate limiting).
ALLOWANCE = {"tmdb": (40, 1.0), "discogs": (60, 60.0)}
#: What all runs together never exceed in any such time: of TMDB's 40 to 50 a second, one run takes 40.
SHARED_ALLOWANCE = {"tmdb": (50, 1.0), "discogs": (60, 60.0)}

SAMPLE = "Without a key, try the sample: soundtracks up --sample."


def access_to(source: str, settings: Settings) -> Access:
    """How a service is reached. Raises MissingSetting when its key is not set."""
    if source == "tmdb":
        if not settings.tmdb_token:
            raise MissingSetting(
                "SOUNDTRACKS_TMDB_TOKEN", f"TMDB needs a read access token (themoviedb.org/settings/api). {SAMPLE}"
            )
        secrets = [settings.tmdb_token]
        key, setting, base_url = (
            f"Bearer {settings.tmdb_token.get_secret_value()}",
            "SOUNDTRACKS_TMDB_TOKEN",
            settings.tmdb_base_url,
        )
    else:
        base_url = settings.discogs_base_url
        if settings.discogs_token:
            secrets = [settings.discogs_token]
            key, setting = f"Discogs token={settings.discogs_token.get_secret_value()}", "SOUNDTRACKS_DISCOGS_TOKEN"
        elif settings.discogs_key and settings.discogs_secret:
            secrets = [settings.discogs_key, settings.discogs_secret]
            key = "Discogs key={}, secret={}".format(*(secret.get_secret_value() for secret in secrets))
            setting = "SOUNDTRACKS_DISCOGS_KEY and SOUNDTRACKS_DISCOGS_SECRET"
        else:
            raise MissingSetting(
                "SOUNDTRACKS_DISCOGS_TOKEN", f"Discogs searches only with a token (discogs.com/settings/developers). {SAMPLE}"
            )
    return Access(
        source=source,
        base_url=base_url,
        authorization=SecretStr(key),
        secrets=tuple(secrets),
        setting=setting,
        user_agent=settings.user_agent,
        circuit=settings.extract_circuit,
    )


def open_source(
    access: Access,
    lake: Lake,
    settings: Settings,
    *,
    clock: Clock | None = None,
    shared: SharedLimit | None = None,
    allowance: tuple[int, float] | None = None,
    transport: httpx.BaseTransport | None = None,
) -> Source:
    """A service ready to be asked; close it (`with`). `shared`: the allowance that all runs share, if there is one.
    `allowance`: requests and seconds to start with, other than ALLOWANCE."""
    clock = clock or Clock()
    retention = {"tmdb": settings.tmdb_retention_hours, "discogs": settings.discogs_retention_hours}
    limit, window = allowance or ALLOWANCE[access.source]
    ceiling, _ = (limit, window) if allowance else SHARED_ALLOWANCE[access.source]
    pacer = Pacer(limit, window, clock, shared, ceiling)
    return Source(access, RawStore(lake, retention), pacer, clock, transport)


def check_access(source: str, settings: Settings) -> str:
    """Asks a service whether it takes the key; returns its address. Raises MissingSetting, Unauthorized, Unavailable."""
    access = access_to(source, settings)
    question = {"tmdb": "/authentication", "discogs": "/oauth/identity"}[source]
    headers = {"Authorization": access.authorization.get_secret_value(), "User-Agent": access.user_agent}
    try:
        answer = httpx.get(f"{access.base_url.rstrip('/')}{question}", headers=headers, timeout=15)
    except httpx.HTTPError as error:
        raise Unavailable(
            source, f"{access.host} does not answer ({type(error).__name__}).", hint="Is there a network?"
        ) from None
    if answer.status_code in (401, 403):
        raise Unauthorized(source, f"the key is refused ({answer.status_code}).", hint=f"Correct {access.setting}.")
    if answer.status_code >= 400:
        raise Unavailable(source, f"{access.host} answers {answer.status_code}.", hint="Try again later.")
    return access.host
