"""Settings: documented, read from the environment, and never shown when secret."""

from pathlib import Path

import pytest

from soundtracks.errors import BadInput
from soundtracks.settings import KEYS, SECRETS, Settings, env_example, get_settings

ROOT = Path(__file__).parents[2]


def test_the_example_lists_every_setting() -> None:
    """Renew it with: python -c "from soundtracks.settings import env_example; open('.env.example', 'w').write(env_example())"."""
    assert (ROOT / ".env.example").read_text() == env_example()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_is_for(name: str) -> None:
    description = Settings.model_fields[name].description or ""
    assert len(description) > 15
    assert description.endswith((".", ")"))


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", "az://lake")
    monkeypatch.setenv("SOUNDTRACKS_DISCOGS_TOKEN", "planted-secret")
    settings = Settings()
    assert settings.lake_url == "az://lake"
    assert settings.discogs_token is not None
    assert settings.discogs_token.get_secret_value() == "planted-secret"


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert secret == set(SECRETS)
    for name in secret:
        monkeypatch.setenv(f"SOUNDTRACKS_{name.upper()}", f"planted-{name}")
    shown = repr(Settings()) + str(Settings()) + Settings().model_dump_json()
    assert "planted" not in shown


def test_a_value_that_cannot_be_used_is_told_without_repeating_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDTRACKS_MATCH_ENGINE", "planted-secret")
    get_settings.cache_clear()
    with pytest.raises(BadInput, match="SOUNDTRACKS_MATCH_ENGINE: Input should be") as caught:
        get_settings()
    assert "planted" not in str(caught.value)
    assert caught.value.__cause__ is None
    get_settings.cache_clear()


def refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str:
    monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    try:
        with pytest.raises(BadInput) as caught:
            get_settings()
    finally:
        get_settings.cache_clear()
    assert "planted" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("around", [" {}", "{} ", "{}\n", "{}\r\n", "\ufeff{}", "\u00a0{}\u200b", "\t{}\t"])
def test_blanks_and_line_breaks_around_a_key_are_no_part_of_it(monkeypatch: pytest.MonkeyPatch, name: str, around: str) -> None:
    monkeypatch.setenv(f"SOUNDTRACKS_{name.upper()}", around.format("planted-key"))
    assert getattr(Settings(_env_file=None), name).get_secret_value() == "planted-key"


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize(
    "value",
    [
        "planted\nkey",
        "planted\r\nX-Header: 1",
        "planted\x1bkey",
        "planted\u200bkey",
        "planted key",
        "plantéd",
        "planted\u202ekey",
    ],
)
@pytest.mark.slow
def test_a_key_that_cannot_be_one_is_refused_by_the_settings_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    variable = f"SOUNDTRACKS_{name.upper()}"
    assert f"{variable}" in refused(monkeypatch, variable, value)


def test_a_setting_that_is_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDTRACKS_TMDB_TOKEN", "")
    monkeypatch.setenv("SOUNDTRACKS_TMDB_KEY", " \n")
    monkeypatch.setenv("SOUNDTRACKS_SPARK_MASTER", "")
    settings = Settings(_env_file=None)
    assert (settings.tmdb_token, settings.tmdb_key) == (None, None)
    assert settings.spark_master.get_secret_value() == "local[*]"


def test_the_owners_short_key_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_API_KEY", "planted-short-key")
    settings = Settings(_env_file=None)
    assert settings.tmdb_key is not None
    assert settings.tmdb_key.get_secret_value() == "planted-short-key"
    assert "TMDB_API_KEY: character" in refused(monkeypatch, "TMDB_API_KEY", "planted\x01key")


@pytest.mark.parametrize(
    "address",
    [
        "http://api.discogs.com",
        "ftp://api.discogs.com",
        "api.discogs.com",
        "https://",
        "https://planted:pw@x.org",
        "http://127.0.0.1.evil.test",
        "https://api.discogs.com/?x=1",
    ],
)
@pytest.mark.parametrize("name", ["SOUNDTRACKS_TMDB_BASE_URL", "SOUNDTRACKS_DISCOGS_BASE_URL"])
def test_keys_go_to_https_addresses_only(monkeypatch: pytest.MonkeyPatch, name: str, address: str) -> None:
    assert f"{name}: it" in refused(monkeypatch, name, address)


@pytest.mark.parametrize(
    "address", ["https://api.tmdb.org/3", "http://127.0.0.1:8000/3", "http://[::1]:1/3", "http://localhost:9/3"]
)
def test_addresses_that_are_safe(address: str) -> None:
    assert Settings(_env_file=None, tmdb_base_url=f" {address}\n").tmdb_base_url == address


def test_parts_of_longer_secrets_are_secrets() -> None:
    settings = Settings(
        _env_file=None,
        spark_master="sc://host:15002/;use_ssl=true;token=planted-token==;user_id=me",
        lake_connection_string="DefaultEndpointsProtocol=https;AccountName=n;AccountKey=planted+key==;EndpointSuffix=x",
    )
    assert {"planted-token==", "planted+key=="} <= set(settings.secrets())
    assert "planted" not in repr(settings)
    assert Settings(_env_file=None).secrets() == []
