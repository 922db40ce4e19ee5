"""Settings: documented, read from the environment, and never shown when secret."""

from pathlib import Path

import pytest

from soundtracks.errors import BadInput
from soundtracks.settings import Settings, env_example, get_settings

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
    assert secret == {"lake_connection_string", "tmdb_token", "discogs_token", "discogs_key", "discogs_secret", "alert_webhook"}
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
