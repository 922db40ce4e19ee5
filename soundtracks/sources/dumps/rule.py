"""Which albums of a dump are kept: those that call themselves film music (`signals.looks_like_soundtrack`).

About 3 % of Discogs is Stage & Screen. The title catches what was filed elsewhere (Pop, Rock, Electronic); it may catch too
much, which costs a row and no more: whether an album belongs to a film is for the match to say.
Recall on labelled soundtracks is measured in tests/soundtracks/sources/dumps/test_rule.py and told in docs/outputs.md.
"""

import re

#: Stands in every title in ASCII of which `signals.title_says_so` holds, in lower case: a quick first look (a test holds them
#: together).
HINT = re.compile(
    rb"track|score|pictur|film|movie|cinem|band|sonor|cula|elokuva|musique|sciezka|bof"
    rb"|o\.? ?s\.? ?t|b\.? ?o\.|b\.? ?s\.? ?o"
)
