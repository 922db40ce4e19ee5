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


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_name_without_a_value_in_the_file_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(f"SOUNDTRACKS_{name.upper()}", raising=False)
    (tmp_path / ".env").write_text(f"SOUNDTRACKS_{name.upper()}=\n")
    assert getattr(Settings(_env_file=tmp_path / ".env"), name) == getattr(Settings(_env_file=None), name)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("TMDB_RETENTION_HOURS", "inf", "Input should be a finite number"),
        ("DISCOGS_RETENTION_HOURS", "nan", "Input should be a finite number"),
        ("DISCOGS_RETENTION_HOURS", "-1", "Input should be greater than or equal to 0"),
        ("LAKE_RETENTION_DAYS", "inf", "Input should be a finite number"),
        ("APPROVAL_DAYS", "1e300", "Input should be less than or equal to 36500"),
        ("APPROVAL_SHARE", "nan", "Input should be a finite number"),
        ("INBOX_SETTLE_SECONDS", "nan", "Input should be a finite number"),
        ("LAKE_URL", " \n", "it is blank; leave it out for ./lake"),
        ("LAKE_URL", '"./lake"', "it has quotation marks around it, which would be a part of its name; leave them out"),
        ("LAKE_URL", "'az://lake'\n", "it has quotation marks around it, which would be a part of its name; leave them out"),
        ("LAKE_URL", "./la\nke", "character 5 is a control character (U+000A); copy the value again"),
        ("TMDB_BASE_URL", "https://api.themoviedb.org:planted/3", "its port is no number from 1 to 65535"),
        ("TMDB_BASE_URL", "https://api.themoviedb.org:99999/3", "its port is no number from 1 to 65535"),
        ("DISCOGS_BASE_URL", "https://api.discogs.com:0", "its port is no number from 1 to 65535"),
    ],
)
def test_values_that_would_fail_later_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    expected = f"A setting cannot be used: SOUNDTRACKS_{name}: {says}. See .env.example."
    assert refused(monkeypatch, f"SOUNDTRACKS_{name}", value) == expected


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("LAKE_RETENTION_DAYS", "99999", 36_500),
        ("SERVER_RETENTION_DAYS", "1000000000000", 36_500),
        ("TMDB_RETENTION_HOURS", "1e9", 876_000),
        ("DISCOGS_RETENTION_HOURS", "999999", 876_000),
        ("DISCOGS_RETENTION_HOURS", "6", 6),
    ],
)
def test_more_than_can_be_kept_is_for_ever(monkeypatch: pytest.MonkeyPatch, name: str, value: str, kept: float) -> None:
    monkeypatch.setenv(f"SOUNDTRACKS_{name}", value)
    assert getattr(Settings(_env_file=None), name.lower()) == kept


@pytest.mark.parametrize("value", ["/data/films 'old'", "/data/Bobs'", "'old' films/lake"])
def test_quotation_marks_that_do_not_surround_a_lake_belong_to_its_name(value: str) -> None:
    assert Settings(_env_file=None, lake_url=value).lake_url == value


@pytest.mark.parametrize("empty", ["SOUNDTRACKS_ALERT_WEBHOOK", "soundtracks_alert_webhook"])
def test_an_empty_variable_switches_off_what_the_file_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    """What the file sets beside it stays; an empty name leaves the other name of a key."""
    file = tmp_path / ".env"
    file.write_text("SOUNDTRACKS_ALERT_WEBHOOK=https://hooks.test/x\nSOUNDTRACKS_LAKE_URL=./mine\nTMDB_API_KEY=filed\n")
    for name, value in {empty: "", "SOUNDTRACKS_LAKE_ACCOUNT_URL": "", "SOUNDTRACKS_TMDB_KEY": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TMDB_API_KEY", raising=False)
    settings = Settings(_env_file=file)
    assert (settings.alert_webhook, settings.lake_url) == (None, "./mine")
    monkeypatch.setenv("TMDB_API_KEY", "given")
    given = Settings(_env_file=file).tmdb_key
    assert given is not None
    assert given.get_secret_value() == "given"


@pytest.mark.parametrize("empty", ["USER_AGENT", "user_agent", "TMDB_KEY", "LAKE_URL", "OTHER_SOUNDTRACKS_USER_AGENT"])
def test_an_empty_variable_of_another_program_switches_nothing_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    file = tmp_path / ".env"
    file.write_text("SOUNDTRACKS_USER_AGENT=Mine/1.0\nSOUNDTRACKS_TMDB_KEY=filed\nSOUNDTRACKS_LAKE_URL=./mine\n")
    for name in ("SOUNDTRACKS_USER_AGENT", "SOUNDTRACKS_TMDB_KEY", "TMDB_API_KEY", "SOUNDTRACKS_LAKE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(empty, "")
    settings = Settings(_env_file=file)
    assert settings.tmdb_key is not None
    assert (settings.user_agent, settings.tmdb_key.get_secret_value(), settings.lake_url) == ("Mine/1.0", "filed", "./mine")


@pytest.mark.parametrize(
    ("filed", "empty", "key"),
    [
        ("TMDB_API_KEY", "TMDB_API_KEY", None),
        ("SOUNDTRACKS_TMDB_KEY", "SOUNDTRACKS_TMDB_KEY", None),
        ("TMDB_API_KEY", "SOUNDTRACKS_TMDB_KEY", "filed"),
        ("SOUNDTRACKS_TMDB_KEY", "TMDB_API_KEY", "filed"),
    ],
)
def test_each_name_of_a_key_is_switched_off_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filed: str, empty: str, key: str | None
) -> None:
    (tmp_path / ".env").write_text(f"{filed}=filed\n")
    monkeypatch.delenv(filed, raising=False)
    monkeypatch.setenv(empty, "")
    found = Settings(_env_file=tmp_path / ".env").tmdb_key
    assert (found and found.get_secret_value()) == key


@pytest.mark.parametrize("value", ["./lake\n", " ./lake ", "./lake\r\n"])
def test_blanks_around_the_lake_are_no_part_of_its_name(value: str) -> None:
    assert Settings(_env_file=None, lake_url=value).lake_url == "./lake"


LINE = "SOUNDTRACKS_TMDB_TOKEN=planted-kéy\n"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-be"])
def test_a_file_that_is_not_utf_8_is_told_without_repeating_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(LINE.encode(encoding))
    get_settings.cache_clear()
    with pytest.raises(BadInput, match=r"The file \.env is not UTF-8\. Save it as UTF-8") as caught:
        get_settings()
    get_settings.cache_clear()
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


def test_the_mark_that_windows_puts_before_utf_8_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SOUNDTRACKS_LAKE_URL=./mine\n", encoding="utf-8-sig")
    assert Settings(_env_file=tmp_path / ".env").lake_url == "./mine"


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
