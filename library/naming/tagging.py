"""Technical words in names: resolution, source, edition, group, languages, part."""

import re
from dataclasses import dataclass

from library.naming.vocabulary import AFTER, BEFORE, Tag, find_tail, find_words

_FLAGS = re.IGNORECASE

# Spellings of one edition; the first that fits a word names it.
_EDITIONS = tuple(
    (name, re.compile(words, _FLAGS))
    for name, words in (
        ("Director's Cut", r"director'?s?[ ._-]?(?:cut|edition|version)?$|^dc$"),
        ("Alternative Cut", r"^alternat"),
        ("Final Cut", r"^final[ ._-]?cut"),
        ("Extended", r"extended"),
        ("Theatrical", r"theatrical"),
        ("Unrated", r"unrated"),
        ("Uncensored", r"uncensored"),
        ("Uncut", r"uncut"),
        ("Special Edition", r"special|^se$"),
        ("Ultimate", r"ultimate"),
        ("Remastered", r"remaster"),
        ("Restored", r"restored"),
        ("Criterion", r"criterion"),
        ("IMAX", r"imax"),
        ("Anniversary", r"anniversary"),
        ("Collector's Edition", r"collector"),
        ("Deluxe", r"deluxe"),
        ("Limited", r"^limited"),
        ("Fan Edit", r"fan[ ._-]?edit"),
        ("Fan", r"^fan"),
        ("Despecialized", r"despeciali[sz]ed"),
        ("Open Matte", r"open[ ._-]?matte"),
        ("Recut", r"recut"),
        ("Redux", r"redux"),
    )
)
_PLAIN_EDITION = re.compile(
    rf"{BEFORE}(?:director'?s?[ ._]cut|(?:extended|special|criterion|ultimate|unrated|theatrical|collector'?s|final)[ ._](?:edition|cut|version)"
    rf"|ultimate[ ._]fan[ ._]collection|fan[ ._]?edit){AFTER}",
    _FLAGS,
)
_EDITION_TAG = re.compile(r"\{edition-([^}]{1,60})\}", _FLAGS)
_PART = re.compile(
    rf"{BEFORE}(?:cd|dvd|dis[ck]|part|pt)[ ._-]?(\d{{1,2}})(?:of\d)?{AFTER}", _FLAGS
)
_WEAK_SOURCES = {
    "web": "webdl",
    "bd": "bluray",
    "dvd": "dvd",
    "ntsc": "dvd",
    "pal": "dvd",
    "cam": "cam",
    "ts": "telesync",
    "tsrip": "telesync",
    "tc": "telecine",
}
_SCREENERS = {"dvdscr": "dvd"}
_UHD = frozenset({"4k", "uhd", "ultrahd"})
_NUMBER = re.compile(r"(\d{3,4})[pi]", _FLAGS)
_HEIGHT = re.compile(r"[x×](\d{3,4})", _FLAGS)
_HEIGHTS = (4320, 2160, 1440, 1080, 720, 576, 540, 480, 360)
_HDR = {"dovi": "Dolby Vision", "dv": "Dolby Vision", "hlg": "HLG", "sdr": None}
_GROUP_AFTER = re.compile(
    r"[ ._\])}]*[-–][ ._]*([^\W_][\w.@&$ -]{0,24}?)[ ._]*(?:\.[a-z]{2,4})?(?=$|[\[({])",
    _FLAGS,
)
_GROUP_WITHIN = re.compile(r"[ ._]+(?:-[ ._]*)?([^\W_][\w.-]{1,19})\)(?P<rest>.*)$")
_GROUP_BRACKET = re.compile(r"[\[(]([^\W_][\w.-]{1,19})[\])]\s*$")
_GROUP_FRONT = re.compile(r"\s*\[([^\[\]]{1,60})\]")
_HASH = re.compile(r"[0-9A-F]{8}", _FLAGS)
_LANGUAGE_TAGS = {
    "de": "german ger",
    "fr": "french truefrench subfrench vff vfq vf2 vfi vf fr",
    "it": "italian ita",
    "es": "spanish castellano espanol español esp latino",
    "en": "english eng en",
    "sv": "swedish",
    "no": "norwegian",
    "da": "danish",
    "fi": "finnish",
    "nl": "dutch flemish",
    "ru": "russian rus",
    "uk": "ukr ukrainian",
    "pl": "polish pl pldub lektor",
    "cs": "czech cz",
    "sk": "slovak sk",
    "hu": "hungarian hun",
    "tr": "turkish",
    "el": "greek",
    "he": "hebrew",
    "pt": "portuguese brazilian dublado",
    "ja": "japanese jap jpn",
    "ko": "korean kor",
    "zh": "chinese mandarin cantonese chs cht big5 gb",
    "hi": "hindi",
    "ta": "tamil",
    "te": "telugu",
    "th": "thai",
    "vi": "vietnamese",
    "ar": "arabic",
    "fa": "persian farsi",
    "ro": "romanian",
    "is": "icelandic",
}
_LANGUAGES = {
    word: code for code, words in _LANGUAGE_TAGS.items() for word in words.split()
}


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
    languages: tuple[str, ...] = ()
    """Two-letter codes."""
    hdr: str | None = None
    """`HDR10`, `HDR10+`, `Dolby Vision`, …"""
    is_3d: bool = False
    is_proper: bool = False
    is_remux: bool = False


def find_tags(text: str, *, after: int = 0) -> Tags:
    """Read the technical words of `text`, from `after` on: before it is the title."""
    start = find_tail(text, after)
    # What stands between the numbers and the tags is an episode's title.
    words = [word for word in find_words(text) if word.start >= start]
    return Tags(
        start=start,
        resolution=_find_resolution(words),
        source=_find_source(words),
        edition=find_edition(text[start:] if start < len(text) else text[after:]),
        group=_find_group(text, words),
        part=_find_part(text[after:]),
        languages=_find_languages(words),
        hdr=_find_hdr(words),
        is_3d=any(word.kind == "three_d" for word in words),
        is_proper=any(
            word.text.casefold().startswith(("proper", "repack", "rerip"))
            for word in words
        ),
        is_remux=any("remux" in word.text.casefold() for word in words),
    )


def _find_resolution(words: list[Tag]) -> str | None:
    texts = [word.text for word in words if word.kind == "resolution"]
    for text in texts:
        number = _NUMBER.search(text)
        if number:
            return f"{int(number[1])}p"
    for text in texts:
        height = _HEIGHT.search(text)
        if height:
            return f"{_round_height(int(height[1]))}p"
    plain = [re.sub(r"[ ._-]", "", text).casefold() for text in texts]
    if _UHD.intersection(plain):
        return "2160p"
    return "1080p" if "fhd" in plain else None


def _round_height(height: int) -> int:
    """Return the usual height of a cropped picture: 804 lines are a 1080p film's."""
    for usual in _HEIGHTS:
        if height > usual * 0.7:
            return usual
    return height


def _find_source(words: list[Tag]) -> str | None:
    for word in words:
        if word.kind.startswith("source_"):
            return word.kind.partition("_")[2]
    for word in words:
        source = (_WEAK_SOURCES | _SCREENERS).get(word.text.casefold())
        if source:
            return source
    return None


def find_edition(text: str) -> str | None:
    """Return the editions that `text` names, in one spelling."""
    tag = _EDITION_TAG.search(text)
    if tag:
        return tag[1].strip()
    names: list[str] = []
    for word in find_words(text):
        if word.kind != "edition":
            continue
        for name, shape in _EDITIONS:
            if shape.search(word.text) and name not in names:
                names.append(name)
    return ", ".join(names) or None


def cut_plain_edition(text: str) -> tuple[str, str | None]:
    """Cut the edition off the end of a name without technical words; only sure ones."""
    found = _PLAIN_EDITION.search(text)
    if not found or not found.start() or text[found.end() :].strip(" ._-)]"):
        return text, None
    return text[: found.start()], find_edition(" " + found[0])


def _find_languages(words: list[Tag]) -> tuple[str, ...]:
    codes = (_LANGUAGES.get(word.text.casefold()) for word in words)
    return tuple(dict.fromkeys(code for code in codes if code))


def _find_hdr(words: list[Tag]) -> str | None:
    names: list[str] = []
    for word in words:
        if word.kind != "hdr":
            continue
        text = word.text.casefold()
        if text.startswith("hdr"):
            name: str | None = word.text.upper().replace("PLUS", "+")
        else:
            name = _HDR.get(text, "Dolby Vision" if "vision" in text else None)
        if name and name not in names:
            names.append(name)
    return ", ".join(names) or None


def _find_group(text: str, words: list[Tag]) -> str | None:
    front = _GROUP_FRONT.match(text)
    if words:
        rest = text[words[-1].end :]
        found = _GROUP_WITHIN.match(rest)
        bracket = _GROUP_BRACKET.search(rest)
        if found and not (bracket and found["rest"].strip()):
            return found[1]
        if bracket and (not front or rest[: bracket.start()].rstrip().endswith(")")):
            is_plain = not _HASH.fullmatch(bracket[1]) and not _dashed(rest)
            if is_plain:
                return bracket[1]
        dashed = _dashed(rest)
        if dashed:
            return dashed
    return front[1].strip() if front else None


def _dashed(rest: str) -> str | None:
    found = _GROUP_AFTER.match(rest)
    return found[1].strip(" .-") or None if found else None


def _find_part(text: str) -> int | None:
    found = _PART.search(text)
    return int(found[1]) if found else None
