"""`soundtracks open`: everything in the browser."""

from typing import Annotated

import typer
from rich.console import Console


def open_(
    port: Annotated[int, typer.Option(help="Port of the page; another free one if it is taken.", min=0, max=65535)] = 8765,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Open everything in one place: report, review, history, files, thresholds and the model's weights.

    The pages are served to this machine only, and decide only for who has the printed address: keep it to yourself.
    """
    from soundtracks.cli.review import serve_review
    from soundtracks.cli.stack import use_lake
    from soundtracks.lake.lake import Lake

    use_lake()
    serve_review(Lake.from_settings(), Console(), port, browser, [], whole=True)
