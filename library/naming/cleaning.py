"""Text out of names: separators, extensions, ids, junk."""

import re
import unicodedata

from library.ignoring import VIDEO_EXTENSIONS

NAME_MOST_CHARACTERS = 500
"""File systems take 255 bytes; what is longer is hostile, and cut."""
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
_TOP = (
    r"com|net|org|info|to|me|cc|tv|io|ws|ag|is|se|de|fr|it|es|pl|ru|ro|nl|be|eu|uk|us|ca|au|nz|za|in|br|gov"
    r"|biz|xyz|site|club|pro|app|co|mx|ar|pt|gr|tr|cz|hu|ch|at|cn|hk|tw|jp|kr|vip|life|lat|link|pw|la|lol|gd"
)
_DOMAIN = rf"(?:www[.]|[a-z0-9-]{{1,30}}[.](?=[a-z0-9-]{{2,30}}[.])){{0,2}}[a-z0-9-]{{2,40}}(?:[.](?:co|com|org))?[.](?:{_TOP})"
_SITE = re.compile(
    rf"^(?:from[ ._]+)?(?:[\[({{]\s*{_DOMAIN}\s*[\])}}][ ._]*[-–]*[ ._]*|(?:[\u3400-\u9fff]{{1,8}})?(?:www[.]){_DOMAIN}[ ._]*[-–]*[ ._]+|{_DOMAIN}[ ._]*[-–]+[ ._]+)(?=\S)",
    re.IGNORECASE,
)
_SITE_WITHIN = re.compile(
    rf"[\[({{]\s*(?:www[.][^\])}}\s]{{3,60}}|{_DOMAIN})\s*[\])}}]", re.IGNORECASE
)
_UNPACKING = re.compile(r"^_(?:unpack|failed|repair)_?[ ._]?", re.IGNORECASE)
_REVERSED = re.compile(
    r"(?<![^\W_])(?:\d{2,3}E-?\d{2}S|p(?:027|0801|0612|084))(?![^\W_])", re.IGNORECASE
)
_REPOSTED = re.compile(
    r"(?:[-.](?:RP|1|NZBGeek|Obfuscated|Obfuscation|Scrambled|sample|Pre|postbot|xpost|Rakuv\w*|WhiteRev|BUYMORE|AsRequested"
    r"|AlternativeToRequested|GEROV|Z0iDS3N|Chamele0n|4P|4Planet|AlteZachen|RePACKPOST))+$",
    re.IGNORECASE,
)
_FORMS = str.maketrans(
    {
        **{chr(0xFF10 + n): str(n) for n in range(10)},
        "【": "[",
        "】": "]",
        "［": "[",
        "］": "]",
        "（": "(",
        "）": ")",
        "「": "[",
        "」": "]",
        "　": " ",
    }
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
SCRAMBLED_WORD = 10
_WORD_BREAKS = re.compile(r"[\W_]+")
_CASE_TURNS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[a-z])")
_BACKUP = re.compile(r"backup[ ._-]?\w*\d[\w-]*", re.IGNORECASE)
_COPY_NUMBER = re.compile(r"\(\d{1,3}\)")
_COPY_COUNT = re.compile(r"\d{1,3}")
_SCRIBBLED = frozenset(
    [
        "final",
        "copy",
        "new",
        "old",
        "test",
        "untitled",
        "unnamed",
        "draft",
        "edit",
        "edited",
        "export",
        "output",
        "render",
        "clip",
        "temp",
        "tmp",
        "version",
        "rev",
        "v1",
        "v2",
        "v3",
        "kopie",
        "copia",
        "copie",
        "neu",
        "backup",
        "bak",
        "sample",
        "of",
    ]
)
_KEYS = re.compile(
    r"(?:asdf|sdf|dfg|fgh|ghj|hjk|jkl|qwer|qwertz|wert|rty|zxcv|xcv|yxcv|asd|qwe|zxc)+[a-z]{0,4}|([a-z])\1{2,}|[bcdfghjklmnpqrstvwxz]{5,}"
)
_KNOWN_JUNK = frozenset(
    {"abc", "123", "b00bs", "video", "movie", "film", "title", "untitled"}
)


def tidy(text: str) -> str:
    """Return `text` composed, without control characters and lone surrogates."""
    text = text[:NAME_MOST_CHARACTERS].encode("utf-8", "replace").decode()
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
    """Return `text` without the names of web sites."""
    text = _SITE.sub("", text, count=1)
    return _SITE_WITHIN.sub("", text) if "." in text else text


def cut_release_marks(text: str) -> str:
    """Return a name without what unpackers and re-posters put around it.

    Full-width digits and brackets become plain ones; a name written backwards is turned.
    """
    text = _UNPACKING.sub("", text.translate(_FORMS))
    if _REVERSED.search(text):
        text = text[::-1]
    return _REPOSTED.sub("", text)


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
    if plain.casefold() in _KNOWN_JUNK or _BACKUP.fullmatch(plain):
        return "says nothing"
    if _is_hash(plain):
        return "is a hash"
    if _CAMERA.fullmatch(plain):
        return "was made by a camera"
    return "says nothing" if _is_scribble(plain) else ""


def _is_hash(plain: str) -> bool:
    if _HEX.fullmatch(plain) and any(c.isdigit() for c in plain):
        return True
    if _UNBROKEN.fullmatch(plain):
        return any(c.isdigit() for c in plain) or plain != plain.capitalize()
    if _SCRAMBLED.fullmatch(plain):
        return True
    words = [word for word in _WORD_BREAKS.split(plain) if word]
    long = [word for word in words if len(word) >= SCRAMBLED_WORD]
    return (
        bool(long)
        and all(_is_scrambled(word) for word in long)
        and (
            len(long) == len(words) or len(words) <= 3  # noqa: PLR2004 - `abc.xyz.af60…`
        )
    )


def _is_scrambled(word: str) -> bool:
    """Whether letters, digits and cases change too often for a word."""
    if not word.isascii():
        return False
    if len(word) >= SCRAMBLED_LEAST and _HEX.fullmatch(word) and not word.isalpha():
        return True
    turns = len(_TURNS.findall(word))
    if len(word) >= SCRAMBLED_LEAST and turns > 2:  # noqa: PLR2004 - turns
        return True
    cases = len(_CASE_TURNS.findall(word))
    return len(word) >= SCRAMBLED_WORD and turns + cases > len(word) // 3 and turns > 1


def _is_scribble(plain: str) -> bool:
    """Whether nothing is left when words like "final" and "copy" are taken out."""
    words = _WORD_BREAKS.split(_COPY_NUMBER.sub(" ", plain).casefold())
    words = [word for word in words if word and not _COPY_COUNT.fullmatch(word)]
    left = [word for word in words if word not in _SCRIBBLED]
    if not left:
        return len(words) > 1
    return all(_KEYS.fullmatch(word) for word in left)
