"""Names of whole seasons and whole shows."""

import re

from library.naming.numbering import SEASON_WORDS, Numbers, read_roman
from library.naming.tagging import Tags
from library.naming.vocabulary import AFTER, BEFORE

_PACK = re.compile(
    rf"{BEFORE}(?:(?:{SEASON_WORDS})(?:[ ._]{{0,3}}|-)(?:0*(?P<word>\d{{1,4}})|(?P<roman>[ivx]{{1,5}}){AFTER})|s0*(?P<short>\d{{1,4}})(?:d\d{{1,2}}(?:[-&]\d)*)?"
    rf"|(?<!episode[ ._])0*(?P<ordinal>\d{{1,2}})(?:st|nd|rd|th|ª|º|\.)?[ ._-]{{0,3}}(?:{SEASON_WORDS})|(?<=[ ._])series[ ._]0*(?P<series>[1-9]\d?)(?=[ ._-]*(?:$|[\[(]))"
    rf"|(?P<all>\d{{1,2}})xall|第(?P<east>\d{{1,2}})[季期])"
    rf"(?:[-&+~]\d{{1,3}}|[ ._]?[-&+~][ ._]?(?:s|season[ ._]?)\d{{1,3}}|[ ._]&[ ._]\d{{1,2}})*{AFTER}(?![ ._]+-[ ._]+\d{{2,4}}(?:v\d)?(?:[ ._]*[\[(]|$))",
    re.IGNORECASE,
)
_COMPLETE = re.compile(
    rf"{BEFORE}complete(?:[ ._-](?:series|collection|pack|show))?{AFTER}(?![ ._-](?:uhd[ ._-])?(?:blu|bd|dvd|pal|ntsc|hd[ ._]?ts))",
    re.IGNORECASE,
)


def find_pack(stem: str) -> Numbers | None:
    """Read `Show.S02`, `Show Season 1-3`, `Show Staffel 2`: a season and no episode."""
    for found in _PACK.finditer(stem):
        number = next(filter(None, found.groups()))
        if found["roman"]:
            number = str(read_roman(number))
        return Numbers(
            found.start(),
            found.end(),
            season=int(number),
            how=f"{found[0].strip()} in the name",
            is_whole=True,
        )
    return None


def is_complete_show(stem: str, tags: Tags) -> bool:
    """Whether a name says "complete" of a broadcast show, and no season."""
    return tags.source == "tv" and bool(_COMPLETE.search(stem))
