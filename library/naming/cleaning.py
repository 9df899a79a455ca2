"""Text out of names: separators, extensions, ids, junk."""

import re
import unicodedata

from library.ignoring import VIDEO_EXTENSIONS

NAME_MOST_CHARACTERS = 1000
_OTHER_EXTENSIONS = frozenset(
    {".nfo", ".srt", ".ass", ".sub", ".idx", ".nzb", ".torrent"}
)

# Sources: Plex ({tmdb-1}), Jellyfin ([tmdbid-1]), Radarr (tmdb-123, tt1234567).
_ID_IN_BRACKETS = re.compile(
    r"[\[({]\s*(tmdb|tvdb|imdb)(?:id)?\s*[-=:_ ]\s*(tt\d{7,9}|\d{1,9})\s*[\])}]",
    re.IGNORECASE,
)
_ID_BARE = re.compile(
    r"(?<![A-Za-z0-9])(?:(tmdb|tvdb)(?:id)?[-=](\d{1,9})|(tt\d{7,8}))(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_SITE = re.compile(
    r"^\s*(?:\[\s*)?(?:www\.)?[a-z0-9-]{2,30}\.(?:com|net|org|info|to|me|cc|tv)"
    r"(?:\s*\])?\s*[-–]+\s+(?=\S)|^\s*\[\s*www\.[^\]]{3,40}\]\s*[-–]*\s*",
    re.IGNORECASE,
)
_SINGLE_LETTERS = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){2,}(?:[^\W\d_](?![^\W_]))?")
_EMPTY_BRACKETS = re.compile(r"[\[({]\s*[\])}]")
_BLANKS = re.compile(r"\s+")

_HEX = re.compile(r"[0-9a-f]{16,}|[0-9a-f-]{32,40}", re.IGNORECASE)
_UNBROKEN = re.compile(r"[0-9A-Za-z]{24,}")
_SCRAMBLED = re.compile(r"[a-z]{11,12}\d{3}|[A-Z]{11,12}\d{3}")
_TURNS = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
SCRAMBLED_LEAST = 14
"""An unbroken word this long, with letters and digits mixed, is no title."""
_BARE_NUMBER = re.compile(r"[\d\s._-]+")
_CAMERA = re.compile(
    r"(?:IMG|DSC[NF]?|VID|MVI|MOV|GOPR|GH|GX|PXL|CLIP|P|SAM|DJI|WP|CIMG|VTS|VIDEO)"
    r"[ _-]?\d{2,8}(?:[ _-]\d+)*|\d{8}[_-]\d{4,9}",
    re.IGNORECASE,
)
_KNOWN_JUNK = frozenset(
    {"abc", "123", "b00bs", "video", "movie", "film", "title", "untitled"}
)


def tidy(text: str) -> str:
    """Return `text` composed, without control characters and lone surrogates."""
    text = text[-NAME_MOST_CHARACTERS:].encode("utf-8", "replace").decode()
    text = unicodedata.normalize("NFC", text)
    return "".join(c if c.isprintable() else " " for c in text)


def cut_extension(name: str) -> str:
    """Return the name without the extension of a video or its side file."""
    dot = name.rfind(".")
    extension = name[dot:].lower()
    is_known = extension in VIDEO_EXTENSIONS or extension in _OTHER_EXTENSIONS
    return name[:dot] if dot > 0 and is_known else name


def take_ids(text: str) -> tuple[str, dict[str, str]]:
    """Return `text` without the catalogue ids in it, and the ids."""
    ids: dict[str, str] = {}

    def keep(source: str, value: str) -> str:
        source = "imdb" if value.lower().startswith("tt") else source.lower()
        if source != "imdb" or value.lower().startswith("tt"):
            ids.setdefault(source, value.lower())
        return " "

    text = _ID_IN_BRACKETS.sub(lambda m: keep(m[1], m[2]), text)
    text = _ID_BARE.sub(lambda m: keep(m[1] or "imdb", m[2] or m[3]), text)
    return (text.strip() if ids else text), ids


def cut_site(text: str) -> str:
    """Return `text` without the name of a web site in front."""
    return _SITE.sub("", text, count=1)


def like(title: str) -> str:
    """Return what two spellings of one title have in common."""
    plain = unicodedata.normalize("NFKD", title).casefold()
    return "".join(c for c in plain if c.isalnum())


def as_title(text: str) -> str:
    """Return a title as people write it: separators become blanks, acronyms stay."""
    text = _EMPTY_BRACKETS.sub(" ", text)
    if text.count(".") + text.count("_") > text.count(" "):
        text = _SINGLE_LETTERS.sub(lambda m: m[0].replace(".", "\0") + " ", text)
        text = text.replace(".", " ").replace("\0", ".")
    text = _BLANKS.sub(" ", text.replace("_", " ")).strip()
    text = text.strip(" -–—~+,;:/\\|=[](){}·•") if text else ""
    return _close_brackets(text)


def _close_brackets(text: str) -> str:
    """Give back the closing bracket that stripping took from `Title (US)`."""
    for opening, closing in (("(", ")"), ("[", "]"), ("{", "}")):
        if text.count(opening) == text.count(closing) + 1:
            text += closing
    return text


def find_junk(stem: str) -> str:
    """Say why a name cannot be a title: a hash, a bare number, a camera's; "" if it can."""
    plain = stem.strip(" ._-")
    if not any(c.isalnum() for c in plain):
        return "holds no letter or digit"
    if _BARE_NUMBER.fullmatch(plain):
        return "is a bare number"
    if plain.casefold() in _KNOWN_JUNK:
        return "says nothing"
    if _is_hash(plain):
        return "is a hash"
    return "was made by a camera" if _CAMERA.fullmatch(plain) else ""


def _is_hash(plain: str) -> bool:
    if _HEX.fullmatch(plain) and any(c.isdigit() for c in plain):
        return True
    if _UNBROKEN.fullmatch(plain):
        return any(c.isdigit() for c in plain) or plain != plain.capitalize()
    if _SCRAMBLED.fullmatch(plain):
        return True
    is_one_word = plain.isascii() and plain.isalnum() and len(plain) >= SCRAMBLED_LEAST
    return is_one_word and len(_TURNS.findall(plain)) > 2  # noqa: PLR2004 - turns
