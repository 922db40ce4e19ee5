"""All settings, from the environment (prefix SOUNDTRACKS_) and .env. `.env.example` lists every one."""

import os
import unicodedata
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from soundtracks.errors import BadInput
from soundtracks.masking import register, secrets_inside

#: Settings that are sent as (part of) a header or an address: nothing but visible ASCII can be meant.
KEYS = ("tmdb_token", "tmdb_key", "discogs_token", "discogs_key", "discogs_secret")
SECRETS = (*KEYS, "lake_connection_string", "alert_webhook", "openlineage_url", "spark_master")
#: More than anybody waits or keeps, and few enough for every calendar.
MAX_DAYS = 36_500
#: Settings of which more means for ever.
RETENTIONS = ("lake_retention_days", "tmdb_retention_hours", "discogs_retention_hours", "server_retention_days")
#: What comes along when a key is copied from a page or a file.
_AROUND = " \t\r\n\v\f\u00a0\u200b\u2060\ufeff"


class _File(DotEnvSettingsSource):
    """.env, without the variables that the environment has empty: by their whole names, for USER_AGENT= is another program's."""

    def __call__(self) -> dict[str, Any]:
        off = {name.lower() for name, value in os.environ.items() if not value}
        self.env_vars = {name: value for name, value in self.env_vars.items() if name.lower() not in off}
        return super().__call__()


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="SOUNDTRACKS_",
        env_file=".env",
        env_file_encoding="utf-8-sig",  # as editors of Windows write it
        env_ignore_empty=True,  # a name without a value is not set
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    # the lake
    lake_url: str = Field("./lake", description="Where all data lives: a folder, file://… or az://container[/prefix].")
    lake_account_url: str = Field(
        "", description="Blob endpoint of the storage account for az:// lakes, e.g. https://NAME.blob.core.windows.net."
    )
    lake_connection_string: SecretStr | None = Field(
        None, description="Connection string for az:// lakes. Only for Azurite: in Azure a managed identity is used."
    )
    lake_retention_days: float = Field(
        90,
        ge=1,
        description="What `soundtracks prune` keeps, days: files of younger runs and the versions of datasets that they used. "
        "The current version of each, metrics, decisions and quarantine stay whatever their age.",
    )
    inbox_queue: str = Field(
        "",
        description="Storage Queue that Event Grid fills, e.g. https://NAME.queue.core.windows.net/title-events. "
        "Empty: the inbox is only listed.",
    )
    inbox_settle_seconds: float = Field(
        5,
        ge=0,
        le=24 * 3600,
        description="A file of the inbox counts as written when it has not changed for so long, seconds, and no process of this "
        "machine has it open for writing. More, where slow tools write it piece by piece.",
    )

    # the services
    tmdb_token: SecretStr | None = Field(None, description="TMDB's API read access token (a v4 bearer token).")
    tmdb_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("SOUNDTRACKS_TMDB_KEY", "TMDB_API_KEY"),
        description="TMDB's API key (the short one, v3), instead of the token; TMDB_API_KEY is read as well.",
    )
    tmdb_base_url: str = Field(
        "https://api.themoviedb.org/3",
        description="Address of TMDB's API. Where that name is blocked: https://api.tmdb.org/3 is the same service.",
    )
    discogs_token: SecretStr | None = Field(None, description="Discogs' personal access token.")
    discogs_key: SecretStr | None = Field(None, description="Discogs' consumer key (instead of a token).")
    discogs_secret: SecretStr | None = Field(None, description="Discogs' consumer secret (with the key).")
    discogs_base_url: str = Field("https://api.discogs.com", description="Address of Discogs' API.")
    user_agent: str = Field("SoundtrackLinks/1.0", description="Sent to both services; Discogs refuses requests without one.")
    tmdb_retention_hours: float = Field(
        4320,
        ge=0,
        description="How long TMDB's answers are reused, hours (its terms: 6 months at most); then `soundtracks prune` deletes"
        " them.",
    )
    discogs_retention_hours: float = Field(
        6,
        ge=0,
        description="How long Discogs' answers are reused, hours (its terms: 6 hours); then `soundtracks prune` deletes them.",
    )

    max_rows: int = Field(
        1_000_000, ge=1, description="The longest list that is read, rows. A million take some 500 MB of memory."
    )

    extract_batch: int = Field(
        100,
        ge=1,
        description="Titles or films that one batch (a Prefect task) asks for. Smaller: finer progress; larger: less overhead.",
    )
    search_breadth: Literal["narrow", "usual", "wide"] = Field(
        "usual",
        description="Titles searched on Discogs. narrow: the title, others if that finds nothing; usual: the original title too;"
        " wide: alternative titles too.",
    )
    extract_circuit: int = Field(
        12,
        ge=1,
        description="Different questions in a row without an answer after which a run stops asking a service; the next run goes"
        " on from there.",
    )

    # the match
    match_engine: Literal["auto", "spark", "local"] = Field(
        "auto",
        description="local (all cores of this machine, no Java), spark (same functions and links), or auto: local for what the"
        " memory here holds, unless SOUNDTRACKS_SPARK_MASTER names a cluster and the input is large.",
    )
    match_processes: int = Field(
        0,
        ge=0,
        description="Processes of the local match. 0: one for each core, as memory allows; 1: without worker processes.",
    )
    spark_master: SecretStr = Field(
        SecretStr("local[*]"),
        description="Spark master URL: local[*], spark://host:7077, sc://host for Spark Connect, which may hold a token, or"
        " active: the session that a cluster has started this process with.",
    )
    spark_driver_memory: str = Field("", description="Spark's driver heap, e.g. 4g. Empty: sized from the memory there is.")
    spark_stage: str = Field(
        "",
        description="Folder that this process and Spark's workers share, for a cluster: a mounted share or a volume of Unity"
        " Catalog. Empty: data travel through the session.",
    )
    match_deployment: str = Field(
        "", description="Deployment that runs the match for the parent, e.g. match-albums/azure. Empty: in the parent's process."
    )

    databricks_job: str = Field(
        "",
        description="Job of Databricks that matches what one process does not, as the browser shows its address:"
        " https://adb-1234.5.azuredatabricks.net/jobs/678. Empty or none: not used.",
    )

    # approval
    approval_share: float = Field(
        0.2,
        ge=0,
        le=1,
        description="A run waits for a person's approval when it would take away or change more than this share of the links "
        "that stand on its films and albums. 1: never; a first run moves none.",
    )
    approval_links: int = Field(10, ge=0, description="Links that must move at least before a run waits for approval.")
    approval_days: float = Field(
        7,
        gt=0,
        le=MAX_DAYS,
        description="Days that a run waits for approval. Then it ends as Failed, and nothing of it is published.",
    )

    static_files: Literal["auto", "always", "never"] = Field(
        "auto",
        description="Whether runs keep the static files by id (public/ in the lake) fresh. auto: once `soundtracks publish` has"
        " written them; always: from the first run on; never: by the command alone.",
    )

    # operations
    posters: bool = Field(
        False,
        description="Whether report and review show TMDB's posters: a browser that opens them then asks image.tmdb.org.",
    )
    server_retention_days: int = Field(
        90,
        ge=0,
        description="Days after which the local stack's Prefect server forgets a run that has ended, with its logs and artifacts;"
        " 0: never. The lake keeps what a run made, and the inbox remembers that the file had its run.",
    )
    openlineage_url: SecretStr | None = Field(
        None,
        description="Address that takes the OpenLineage events of each run, e.g. http://marquez:5000/api/v1/lineage; it may hold"
        " a key. Empty: they stay in runs/<run id>/lineage.jsonl.",
    )
    alert_webhook: SecretStr | None = Field(
        None,
        description="Webhook URL that is called when a run fails or the quarantine grows (set up by `soundtracks deploy`): "
        "of Slack, Teams, Mattermost or your own.",
    )

    # in Azure
    azure_subscription_id: str = Field("", description="Subscription whose container groups the clean-up looks after.")
    azure_resource_group: str = Field("", description="Resource group in which flow runs get their containers.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = dotenv_settings.env_file if isinstance(dotenv_settings, DotEnvSettingsSource) else None
        return init_settings, env_settings, _File(settings_cls, env_file=file), file_secret_settings

    @field_validator(*RETENTIONS)
    @classmethod
    def _at_most(cls, value: float, info: ValidationInfo) -> float:
        return min(value, MAX_DAYS * (24 if str(info.field_name).endswith("hours") else 1))

    @field_validator(*SECRETS, mode="before")
    @classmethod
    def _trimmed(cls, value: Any, info: ValidationInfo) -> Any:
        """Blanks and line breaks around a secret are no part of it; characters inside that cannot be are refused."""
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not isinstance(text, str):
            return value
        text = text.strip(_AROUND)
        _refuse_control_characters(text)
        return text or (default_of(info.field_name) if info.field_name else "") or None

    @field_validator(*KEYS)
    @classmethod
    def _key(cls, value: SecretStr | None) -> SecretStr | None:
        for place, sign in enumerate(value.get_secret_value() if value else "", 1):
            if not "!" <= sign <= "~":
                raise ValueError(f"character {place} (U+{ord(sign):04X}) can be in no key; copy the value again")
        return value

    @field_validator("lake_url")
    @classmethod
    def _place(cls, value: str) -> str:
        """Taken as it is, a mistyped place would be an empty lake beside the real one."""
        value = value.strip(_AROUND)
        if not value:
            raise ValueError("it is blank; leave it out for ./lake")
        if value[0] == value[-1] and value[0] in "\"'":
            raise ValueError("it has quotation marks around it, which would be a part of its name; leave them out")
        _refuse_control_characters(value)
        return value

    @field_validator("user_agent")
    @classmethod
    def _header(cls, value: str) -> str:
        if not value.strip() or not all(" " <= sign <= "~" for sign in value):
            raise ValueError("use letters, digits and signs of ASCII, such as MyLinks/1.0 +https://example.org")
        return value.strip()

    @field_validator("tmdb_base_url", "discogs_base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        """The keys go to this address: nobody on the way may read them."""
        value = value.strip(_AROUND)
        url = urlsplit(value)
        try:
            port = url.port
        except ValueError:  # its text repeats the value
            port = 0
        if port == 0:
            raise ValueError("its port is no number from 1 to 65535")
        if not url.hostname or url.username or url.password or url.query or url.fragment:
            raise ValueError("it is not an address of the form https://host/path")
        if url.scheme != "https" and not (url.scheme == "http" and _is_this_machine(url.hostname)):
            raise ValueError("it must begin with https://, since the key is sent there (http:// is for this machine only)")
        return value

    @property
    def retention(self) -> dict[str, float]:
        """How long the answers of each service may be kept, hours."""
        return {"tmdb": self.tmdb_retention_hours, "discogs": self.discogs_retention_hours}

    def secrets(self) -> list[str]:
        """Every secret value, and the parts of longer ones that give access by themselves."""
        found: list[str] = []
        for name in SECRETS:
            secret = getattr(self, name)
            value = secret.get_secret_value() if secret else ""
            parts = secrets_inside(value)
            found += parts if name == "spark_master" else [value, *parts]
        return [value for value in found if value]


def _refuse_control_characters(text: str) -> None:
    for place, sign in enumerate(text, 1):
        if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp"):
            raise ValueError(f"character {place} is a control character (U+{ord(sign):04X}); copy the value again")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read once. Raises BadInput for a value that cannot be used; the value is not repeated.

    From here on their secrets are masked in every error and log of this process.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"{_variable(str(e['loc'][0]))}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors(include_input=False)
        )
        raise BadInput(f"A setting cannot be used: {problems}.", hint="See .env.example.") from None
    except UnicodeDecodeError:  # it holds the whole file, keys and all
        raise BadInput(
            "The file .env is not UTF-8.",
            hint="Save it as UTF-8: `>` of PowerShell writes UTF-16, `| Set-Content -Encoding utf8 .env` does not.",
        ) from None
    register(settings.secrets())
    return settings


def _variable(name: str) -> str:
    """The environment variable of a setting; with its other name, where it has one."""
    return "SOUNDTRACKS_TMDB_KEY or TMDB_API_KEY" if name.isupper() else f"SOUNDTRACKS_{name.upper()}"


def default_of(name: str) -> object:
    """The default of a setting as people may read it; empty where there is none."""
    default = Settings.model_fields[name].default
    return "" if default is None else default.get_secret_value() if isinstance(default, SecretStr) else default


def env_example() -> str:
    """The content of .env.example: every setting with what it is for and its default; a test holds the file to it."""
    lines = ["# Copy to .env and fill in. Everything has a default but the keys; the environment wins over this file."]
    for name, field in Settings.model_fields.items():
        lines += ["", f"# {field.description}", f"# SOUNDTRACKS_{name.upper()}={default_of(name)}"]
    return "\n".join(lines) + "\n"
