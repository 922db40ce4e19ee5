"""All settings, from the environment (prefix SOUNDTRACKS_) and .env. `.env.example` lists every one."""

from functools import lru_cache
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from soundtracks.errors import BadInput


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SOUNDTRACKS_", env_file=".env", extra="ignore")

    # the lake
    lake_url: str = Field("./lake", description="Where all data lives: a folder, file://… or az://container[/prefix].")
    lake_account_url: str = Field(
        "", description="Blob endpoint of the storage account for az:// lakes, e.g. https://NAME.blob.core.windows.net."
    )
    lake_connection_string: SecretStr | None = Field(
        None, description="Connection string for az:// lakes. Only for Azurite: in Azure a managed identity is used."
    )
    inbox_queue: str = Field(
        "",
        description="Storage Queue that Event Grid fills, e.g. https://NAME.queue.core.windows.net/title-events. "
        "Empty: the inbox is only listed.",
    )

    # the services
    tmdb_token: SecretStr | None = Field(None, description="TMDB's API read access token (a v4 bearer token).")
    tmdb_base_url: str = Field("https://api.themoviedb.org/3", description="Address of TMDB's API.")
    discogs_token: SecretStr | None = Field(None, description="Discogs' personal access token.")
    discogs_key: SecretStr | None = Field(None, description="Discogs' consumer key (instead of a token).")
    discogs_secret: SecretStr | None = Field(None, description="Discogs' consumer secret (with the key).")
    discogs_base_url: str = Field("https://api.discogs.com", description="Address of Discogs' API.")
    user_agent: str = Field("SoundtrackLinks/1.0", description="Sent to both services; Discogs refuses requests without one.")
    tmdb_retention_hours: float = Field(
        4320, description="How long TMDB's answers are reused, hours (its terms: 6 months at most)."
    )
    discogs_retention_hours: float = Field(6, description="How long Discogs' answers are reused, hours (its terms: 6 hours).")

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
        description="Failed attempts in a row after which a run stops asking a service; the next run goes on from there.",
    )

    # the match
    match_engine: Literal["auto", "spark", "local"] = Field(
        "auto", description="spark, local (in this process, same functions and links), or auto: local for small inputs."
    )
    spark_master: str = Field(
        "local[*]", description="Spark master URL: local[*], spark://host:7077, or sc://host for Spark Connect."
    )
    spark_driver_memory: str = Field("", description="Spark's driver heap, e.g. 4g. Empty: sized from the memory there is.")
    spark_stage: str = Field(
        "",
        description="Folder that this process and Spark's workers share, for a cluster. Empty: data travel through the session.",
    )
    match_deployment: str = Field(
        "", description="Deployment that runs the match for the parent, e.g. match-albums/azure. Empty: in the parent's process."
    )

    # operations
    alert_webhook: SecretStr | None = Field(
        None,
        description="Address that `soundtracks deploy` has called when a run fails or the quarantine grows: of Slack, Teams, "
        "Mattermost or your own.",
    )

    # in Azure
    key_vault_url: str = Field(
        "", description="Key Vault that containers read their secrets from at the start, e.g. https://NAME.vault.azure.net."
    )
    azure_subscription_id: str = Field("", description="Subscription whose container groups the sweep looks after.")
    azure_resource_group: str = Field("", description="Resource group in which flow runs get their containers.")


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read once. Raises BadInput for a value that cannot be used; the value is not repeated."""
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(f"SOUNDTRACKS_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_input=False))
        raise BadInput(f"A setting cannot be used: {problems}.", hint="See .env.example.") from None


def env_example() -> str:
    """The content of .env.example: every setting with what it is for and its default; a test holds the file to it."""
    lines = ["# Copy to .env and fill in. Everything has a default but the keys; the environment wins over this file."]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else field.default
        lines += ["", f"# {field.description}", f"# SOUNDTRACKS_{name.upper()}={default}"]
    return "\n".join(lines) + "\n"
