"""The demo's TMDB and Discogs, and the sample catalogue with its truth. Imports nothing of the product.

`python -m sandbox` serves TMDB and Discogs over the sample; tests serve them from a thread:

    with serving(discogs_app(clock=FrozenClock())) as url: ...

Faults, the request log and the clock are steered at `service.faults`, `service.log` and `service.clock`, or over HTTP
below `/__sandbox/`.
"""
