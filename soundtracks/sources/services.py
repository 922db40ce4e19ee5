"""Opens TMDB and Discogs from the settings: addresses, keys, allowances, cached responses."""

import logging

import httpx

from soundtracks.errors import Unauthorized, Unavailable
from soundtracks.lake.lake import Lake
from soundtracks.settings import Settings
from soundtracks.sources.answers import is_json
from soundtracks.sources.endpoints import Access, access_to
from soundtracks.sources.http import KeyTransport, Source
from soundtracks.sources.network import Garbled, Network, TooLarge
from soundtracks.sources.pacing import Clock, Pacer, SharedLimit
from soundtracks.sources.rawstore import RawStore

log = logging.getLogger(__name__)

#: Requests and seconds at which one run asks. TMDB: about 40 to 50 a second, it names no number. Discogs: 60 a minute with a
#: key; its headers tell, and the pacer follows them (https://www.discogs.com/developers, rate limiting).
ALLOWANCE = {"tmdb": (40, 1.0), "discogs": (60, 60.0)}
#: What all runs together never exceed in any such time: of TMDB's 40 to 50 a second, one run takes 40.
SHARED_ALLOWANCE = {"tmdb": (50, 1.0), "discogs": (60, 60.0)}


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
    if access.foreign_host:
        log.warning("%s: %s", access.source, access.foreign_host)
    clock = clock or Clock()
    limit, window = allowance or ALLOWANCE[access.source]
    ceiling, _ = (limit, window) if allowance else SHARED_ALLOWANCE[access.source]
    pacer = Pacer(limit, window, clock, shared, ceiling)
    return Source(access, RawStore(lake, settings.retention), pacer, clock, transport)


def check_access(source: str, settings: Settings) -> str:
    """Asks a service whether it takes the key; returns its address, and whose it is if not the service's own.

    Raises MissingSetting, Unauthorized, Unavailable: a name that is blocked is told apart from a wrong key.
    """
    access = access_to(source, settings)
    # A pair of key and secret belongs to no user, so /oauth/identity refuses it: a search tells.
    of_discogs = "/oauth/identity" if settings.discogs_token else "/database/search?q=film&per_page=1"
    question = "/authentication" if source == "tmdb" else of_discogs
    url = httpx.URL(access.base_url)
    headers = {"User-Agent": access.user_agent, "Accept-Encoding": "gzip"}
    try:
        with httpx.Client(transport=KeyTransport(Network(url), access), base_url=url, headers=headers, timeout=15) as client:
            answer = client.get(question)
    except httpx.TransportError as error:
        hint = access.unreachable(error) or "Is there a network?"
        raise Unavailable(source, f"{access.host} does not answer ({type(error).__name__}).", hint=hint) from None
    except (Garbled, TooLarge):
        raise Unavailable(source, f"{access.host} does not answer as {source} does.", hint=access.other_address) from None
    if answer.status_code in (401, 403) and is_json(answer.content):
        raise Unauthorized(source, f"the key is refused ({answer.status_code}).", hint=f"Correct {access.setting}.")
    if answer.status_code >= 400:
        raise Unavailable(source, f"{access.host} answers {answer.status_code}.", hint=f"Try again later. {access.other_address}")
    if not is_json(answer.content):
        raise Unavailable(source, f"{access.host} answers with a page of somebody else.", hint=access.other_address)
    return " ".join(filter(None, (access.host, access.foreign_host and f"({access.foreign_host})")))
