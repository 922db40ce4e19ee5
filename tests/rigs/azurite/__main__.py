"""`python -m tests.rigs.azurite install|run FOLDER`."""

import sys
from contextlib import suppress
from pathlib import Path

from tests.rigs.azurite import install, running

match sys.argv[1:]:
    case ["install"]:
        install()
    case ["run", folder]:
        install()
        Path(folder).mkdir(parents=True, exist_ok=True)
        with running(Path(folder)) as azurite:
            sys.stdout.write(f"SOUNDTRACKS_LAKE_CONNECTION_STRING={azurite.connection_string}\n")
            sys.stdout.flush()
            with suppress(KeyboardInterrupt):
                azurite.process.wait()
    case _:
        sys.exit(f"usage: {__doc__}")
