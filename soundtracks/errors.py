"""The one error tree. Classes that one module alone raises stand there, named in brackets; a test holds this drawing to all.

SoundtracksError            exit 1   something went wrong; the message says what to do
├── BadInput                exit 2   what the user gave cannot be used (file, option, setting)
│   ├── BadTitles                    a title file that cannot be read
│   │   └── NoTitles                 there is nothing in it
│   ├── BadDump                      a dump of another kind, damaged, or not what its checksum says
│   │   └── CutOff                   its end is missing; what was read of it is kept
│   ├── NotATitleFile                a file of the inbox that starts no run [soundtracks/inbox/titlefile.py]
│   ├── MissingSetting               a setting that is needed and not there
│   ├── MissingExtra                 an optional part that is not installed: names the command that installs it
│   └── NeedsCheckout                a command that needs the repository, called from an installed package
├── SourceError                      TMDB or Discogs did not give what was asked
│   ├── Unauthorized                 the key is wrong: names the setting
│   ├── NotFound                     a deleted or merged id
│   ├── BadAnswer                    not JSON, truncated, or of another shape
│   ├── Unavailable                  retries used up
│   └── CircuitOpen                  failed again and again: ended early, resumable
├── LakeError                        the lake could not be read or written
│   ├── DamagedFile                  a file of the lake is not what was written
│   └── NotARegularFile              a link, FIFO, device or folder where a file should be
├── DatasetBroken                    validation found a dataset that cannot be used at all
├── MatchError                       the match could not run (no Java, Spark died)
├── ServerError                      no Prefect server, or it refused
│   ├── RunRefused                   the server will never take this request [soundtracks/operations/runs.py]
│   └── ServerRefuses                a person's request: the password is wrong, for instance [soundtracks/operations/client.py]
├── AzureError                       Azure's control plane refused
│   ├── UnexpectedAnswer             Azure, Databricks or the vault answered otherwise than documented
│   ├── Refused                      what `az` said, with cause and remedy [soundtracks/cli/azure/az.py]
│   └── NoIdentity                   the container's managed identity does not answer [soundtracks/operations/vault.py]
├── MalformedEvent                   a message of the queue that is no event [soundtracks/inbox/messages.py]
├── RunFailed                        the run that a command follows failed [soundtracks/cli/follow.py]
├── RunWaits                         the run that a command follows waits for a person's approval [soundtracks/cli/follow.py]
└── NotReady                         a check of `soundtracks doctor` failed [soundtracks/cli/doctor.py]
"""

from soundtracks.masking import mask


class SoundtracksError(Exception):
    """Base of all errors of ours. `hint` says what a person can do about it. Secrets that are known are masked in both."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.message, self.hint = mask(message), mask(hint)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class BadInput(SoundtracksError):
    exit_code = 2


class BadTitles(BadInput):
    pass


class NoTitles(BadTitles):
    pass


class BadDump(BadInput):
    pass


class CutOff(BadDump):
    pass


class MissingSetting(BadInput):
    def __init__(self, setting: str, why: str) -> None:
        super().__init__(f"{setting} is not set: {why}", hint=f"Set {setting} in the environment or in .env.")
        self.setting = setting


class MissingExtra(BadInput):
    """`extra`: its name in pyproject.toml. `package`: the module that was not found."""

    def __init__(self, extra: str, package: str) -> None:
        super().__init__(
            f"The package {package} is not installed: it belongs to the extra [{extra}].",
            hint=f"Install it: pip install 'soundtrack-links[{extra}]'",
        )
        self.extra, self.package = extra, package


class NeedsCheckout(BadInput):
    """`command`: what was called."""

    def __init__(self, command: str) -> None:
        super().__init__(
            f"{command} needs a checkout of the repository: its flows, sample and deployment files are not part of the package.",
            hint="Clone the repository and run `make setup`; then call it there.",
        )


class SourceError(SoundtracksError):
    """`source` is "tmdb" or "discogs"."""

    def __init__(self, source: str, message: str, *, hint: str = "") -> None:
        super().__init__(f"{source}: {message}", hint=hint)
        self.source = source


class Unauthorized(SourceError):
    pass


class NotFound(SourceError):
    pass


class BadAnswer(SourceError):
    pass


class Unavailable(SourceError):
    pass


class CircuitOpen(SourceError):
    pass


class LakeError(SoundtracksError):
    pass


class DamagedFile(LakeError):
    pass


class NotARegularFile(LakeError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is a link or a special file, which may point elsewhere.", hint="Copy the file itself here.")


class DatasetBroken(SoundtracksError):
    pass


class MatchError(SoundtracksError):
    pass


class ServerError(SoundtracksError):
    pass


class AzureError(SoundtracksError):
    pass


class UnexpectedAnswer(AzureError):
    """`whose`: who answered, as the beginning of a sentence; `what`: what the answer holds, or lacks, without its values."""

    def __init__(self, whose: str, what: str) -> None:
        super().__init__(
            f"{whose} answered otherwise than documented: with {what}.",
            hint="Often a proxy or a page to log in on the way, or a fault that passes: check the address, run again later.",
        )
