"""Technical words in names: resolution, source, edition, group, part."""

import re
from dataclasses import dataclass

_FLAGS = re.IGNORECASE
_B = r"(?<![^\W_])"
"""Before a word: no letter or digit."""
_E = r"(?![^\W_])"
"""After a word."""

_RESOLUTION = re.compile(
    rf"{_B}(?:(?:\d{{3,4}}x)?(480|540|576|720|1080|1440|2160|4320)[pi](?:\d{{2,3}})?"
    rf"|(?:3840|1920|1280)x(2160|1080|720)|(4k|uhd)){_E}",
    _FLAGS,
)

_SOURCES = {
    "webdl": r"web[ ._-]?dl|webhd|itunes(?:hd)?|(?:amzn|nf|hmax|max|dsnp|atvp|hulu|pcok|pmtp)(?=[ ._-]web)|web",
    "webrip": r"web[ ._-]?rip|webcap",
    "bluray": r"blu[ ._-]?ray|b[dr][ ._-]?rip|bd(?:25|50|mv|remux)?|(?:uhd)?bdr(?:ip)?",
    "hddvd": r"hd[ ._-]?dvd(?:rip)?",
    "dvd": r"dvd[ ._-]?(?:rip|r|5|9|scr|mux|screener)?|ntsc|pal",
    "tv": r"[hsp]dtv(?:[ ._-]?rip)?|tv[ ._-]?rip|dsr(?:ip)?|dth(?:rip)?|dvb(?:rip)?|sat[ ._-]?rip|ahdtv|hd[ ._-]?tv|tvhd",
    "telesync": r"(?:hd[ ._-]?)?ts(?:rip)?|telesync|pdvd",
    "telecine": r"(?:hd[ ._-]?)?tc|telecine",
    "cam": r"(?:hd[ ._-]?)?cam(?:[ ._-]?rip)?",
    "vhs": r"vhs(?:[ ._-]?rip)?",
    "workprint": r"workprint|wp",
}
_SOURCE = re.compile(
    rf"{_B}(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _SOURCES.items())}){_E}",
    _FLAGS,
)
_SURE_SOURCE = re.compile(
    rf"{_B}(?:web[ ._-]?dl|web[ ._-]?rip|blu[ ._-]?ray|b[dr][ ._-]?rip|hd[ ._-]?dvd"
    rf"|dvd[ ._-]?(?:rip|r|9|5|scr)|[hsp]dtv(?:rip)?|tv[ ._-]?rip|dsr(?:ip)?|telesync"
    rf"|sat[ ._-]?rip|hd[ ._-]?rip|cam[ ._-]?rip|vhs[ ._-]?rip|hdcam|dvb(?:rip)?){_E}",
    _FLAGS,
)
_CODEC = re.compile(
    rf"{_B}(?:[xh][ ._]?26[45]|hevc|avc|xvid|divx|av1|vp9|mpeg-?[24]|10[ ._-]?bits?|8[ ._-]?bits?"
    rf"|hi10p?|aac(?:[ ._]?[257]\.?[01])?|e?ac-?3|ddp?[ ._]?[257]\.[01]|dts(?:[ ._-]?hd)?"
    rf"|truehd|atmos|flac|hdr(?:10)?\+?|dovi|dolby[ ._]?vision|remux|proper|repack"
    rf"|internal|limited|dual[ ._-]?audio|multi[ ._-]?subs?|readnfo){_E}",
    _FLAGS,
)

_EDITIONS = {
    "Director's Cut": r"director'?s?[ ._]?cut|dc",
    "Extended": r"extended(?:[ ._](?:cut|edition|version))?",
    "Theatrical": r"theatrical(?:[ ._](?:cut|edition|version))?",
    "Unrated": r"unrated(?:[ ._](?:cut|edition|version))?",
    "Uncut": r"uncut(?:[ ._](?:edition|version))?",
    "Final Cut": r"final[ ._]cut",
    "Special Edition": r"special[ ._]edition|se",
    "Ultimate": r"ultimate(?:[ ._](?:cut|edition))",
    "Remastered": r"(?:4k[ ._])?remastered",
    "Criterion": r"criterion(?:[ ._](?:collection|edition))?|cc",
    "IMAX": r"imax(?:[ ._]edition)?",
    "Anniversary": r"(?:\d{1,3}th[ ._])?anniversary(?:[ ._]edition)?",
    "Collector's Edition": r"collector'?s?(?:[ ._]edition)?",
}
_EDITION = tuple(
    (name, re.compile(rf"{_B}(?:{words}){_E}", _FLAGS))
    for name, words in _EDITIONS.items()
)
_EDITION_TAG = re.compile(r"\{edition-([^}]{1,60})\}", _FLAGS)
_GROUP = re.compile(r"-([A-Za-z0-9]{2,20})(?:\[[A-Za-z0-9]+\])?$")
_GROUP_FRONT = re.compile(r"^\[([^\[\]]{2,30})\]")
_NO_GROUP = frozenset({"dl", "rip", "ray", "hd", "sample", "dts", "ac3", "part"})
_PART = re.compile(rf"{_B}(?:cd|dvd|dis[ck]|part|pt)[ ._-]?(\d{{1,2}}){_E}", _FLAGS)


@dataclass(frozen=True, slots=True)
class Tags:
    """What the technical words say."""

    start: int
    """Where the first sure one begins; the text's length when there is none."""
    resolution: str | None = None
    source: str | None = None
    edition: str | None = None
    group: str | None = None
    part: int | None = None


def find_tags(text: str, *, after: int = 0) -> Tags:
    """Read the technical words of `text`, from `after` on: before it is the title."""
    rest = text[after:]
    resolution = _RESOLUTION.search(rest)
    sure = [
        found.start()
        for found in (resolution, _SURE_SOURCE.search(rest), _CODEC.search(rest))
        if found
    ]
    start = after + min(sure) if sure else len(text)
    return Tags(
        start=start,
        resolution=_name_resolution(resolution),
        source=_find_source(rest if after else text[start:]),
        edition=find_edition(rest if after else text[start:]),
        group=_find_group(text) if sure else _front_group(text),
        part=_find_part(rest),
    )


def _name_resolution(found: re.Match[str] | None) -> str | None:
    if not found:
        return None
    return f"{found[1] or found[2] or '2160'}p"


def _find_source(text: str) -> str | None:
    # The longest word that names a source wins: "WEB-DL" before the "WEB" in it.
    found = max(_SOURCE.finditer(text), key=lambda m: len(m[0]), default=None)
    return found.lastgroup if found else None


def find_edition(text: str) -> str | None:
    """Return the edition that `text` names, in one spelling."""
    tag = _EDITION_TAG.search(text)
    if tag:
        return tag[1].strip()
    for name, words in _EDITION:
        if words.search(text):
            return name
    return None


def _front_group(text: str) -> str | None:
    found = _GROUP_FRONT.match(text)
    return found[1].strip() if found else None


def _find_group(text: str) -> str | None:
    found = _GROUP.search(text.rstrip())
    if found and found[1].casefold() not in _NO_GROUP:
        return found[1]
    return _front_group(text)


def _find_part(text: str) -> int | None:
    found = _PART.search(text)
    return int(found[1]) if found else None
