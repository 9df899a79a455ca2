"""Side files: what they are, by name, and which video they belong to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from library.languages import find_language

_SUBTITLES = ".srt .ass .ssa .sub .idx .vtt .sup .smi .usf .ttml"
_PICTURES = ".jpg .jpeg .png .webp .tbn .gif"
SUBTITLE_EXTENSIONS = frozenset(_SUBTITLES.split())
ARTWORK_EXTENSIONS = frozenset(_PICTURES.split())

# Sources: Kodi wiki (Artwork), Jellyfin and Plex (local media assets).
_FOLDER_ARTWORK = {
    **dict.fromkeys(
        ("poster", "folder", "cover", "default", "movie", "show"), "POSTER"
    ),
    **dict.fromkeys(("fanart", "background", "backdrop", "art"), "BACKDROP"),
    **dict.fromkeys(("landscape", "thumb"), "THUMB"),
    "banner": "BANNER",
    **dict.fromkeys(("clearlogo", "logo"), "LOGO"),
    "clearart": "CLEARART",
    **dict.fromkeys(("disc", "cdart", "discart"), "DISC"),
    "characterart": "CHARACTERART",
    "keyart": "KEYART",
}
_FOLDER_NFO = {"movie": "MOVIE", "tvshow": "SHOW", "season": "SEASON"}
_SEASON_ARTWORK = re.compile(
    r"season[ _-]?(\d{1,4}|-?specials|-?all)(?:-(poster|fanart|banner|landscape|thumb))?$",
    re.IGNORECASE,
)
_NUMBERED_BACKDROP = re.compile(r"(fanart|background|backdrop|art)-?\d{1,2}$")
_HEARING = frozenset({"sdh", "cc", "hi"})


@dataclass(frozen=True, slots=True)
class Side:
    """What a side file is."""

    kind: str
    """SUBTITLE, NFO, ARTWORK or EXTRA."""
    owner: str = ""
    """Relpath of its video; empty when it belongs to its folder."""
    suffix: str = ""
    """What follows the video's name, as a copy should carry it: `.en.forced.srt`."""
    language: str = ""
    role: str = ""
    """FORCED or SDH; POSTER, BACKDROP, SEASON_POSTER, …; MOVIE, SHOW, SEASON (.nfo)."""


def find_kind(name: str) -> str | None:
    """Return SUBTITLE, NFO, ARTWORK, or None for any other name."""
    extension = name[name.rfind(".") :].lower() if "." in name else ""
    if extension in SUBTITLE_EXTENSIONS:
        return "SUBTITLE"
    if extension == ".nfo":
        return "NFO"
    return "ARTWORK" if extension in ARTWORK_EXTENSIONS else None


def find_season(name: str) -> int | None:
    """Return the season that an artwork's name speaks of: `season01-poster.jpg`."""
    found = _SEASON_ARTWORK.match(name.rpartition(".")[0])
    if not found:
        return None
    number = found[1].strip("-").casefold()
    if number == "specials":
        return 0
    return int(number) if number.isdigit() else None


class Videos:
    """The videos of one folder, to be found by the beginning of a side file's name."""

    def __init__(self, relpaths: Iterable[str]) -> None:
        self.by_stem = {
            relpath.rpartition("/")[2].rpartition(".")[0].casefold(): relpath
            for relpath in relpaths
        }
        self.sole = next(iter(self.by_stem.values())) if len(self.by_stem) == 1 else ""

    def find(self, name: str) -> tuple[str, str]:
        """Return the video with the longest fitting name, and what follows; or blanks."""
        stem, _, extension = name.rpartition(".")
        end = len(stem)
        while end > 0:
            relpath = self.by_stem.get(stem[:end].casefold())
            if relpath is not None:
                return relpath, f"{stem[end:]}.{extension}"
            end = max(stem.rfind(mark, 0, end) for mark in ".-_")
        return "", ""


def classify(
    name: str, videos: Videos, *, is_show: bool = False, within: str = ""
) -> Side | None:
    """Say what the file `name` beside `videos` is; None when it is nothing to us.

    `is_show`: pictures named as the video are stills, not posters. `within`: name of the
    folder below a subtitle folder, which may be named as the video.
    """
    kind = find_kind(name)
    if kind == "SUBTITLE":
        return _subtitle(name, videos, within)
    if kind == "NFO":
        return _nfo(name, videos)
    return _artwork(name, videos, is_show=is_show) if kind else None


def _nfo(name: str, videos: Videos) -> Side:
    stem = name.rpartition(".")[0].casefold()
    owner, suffix = videos.find(name)
    if owner and suffix.casefold() == ".nfo":
        return Side("NFO", owner, ".nfo")
    if stem in _FOLDER_NFO:
        return Side("NFO", role=_FOLDER_NFO[stem])
    return Side("NFO", videos.sole, ".nfo" if videos.sole else "")


def _artwork(name: str, videos: Videos, *, is_show: bool) -> Side | None:
    stem = name.rpartition(".")[0].casefold()
    owner, suffix = videos.find(name)
    if owner:
        word = suffix.rpartition(".")[0].strip(".-_").casefold()
        role = _role(word) if word else ("THUMB" if is_show else "POSTER")
        return Side("ARTWORK", owner, suffix, role=role) if role else None
    season = _SEASON_ARTWORK.match(stem)
    if season:
        return Side("ARTWORK", role=f"SEASON_{_FOLDER_ARTWORK[season[2] or 'poster']}")
    role = _role(stem)
    return Side("ARTWORK", role=role) if role else None


def _role(word: str) -> str:
    if _NUMBERED_BACKDROP.match(word):
        return "BACKDROP"
    return _FOLDER_ARTWORK.get(word, "")


def _subtitle(name: str, videos: Videos, within: str) -> Side:
    owner, suffix = videos.find(name)
    extension = name[name.rfind(".") :].lower()
    if owner:
        language, role = _speech(suffix.rpartition(".")[0])
        return Side("SUBTITLE", owner, suffix, language, role)
    owner = videos.by_stem.get(within.casefold(), "") if within else videos.sole
    language, role = _speech(name.rpartition(".")[0])
    words = [word for word in (language, role.lower()) if word]
    suffix = "".join(f".{word}" for word in words) + extension
    return Side("SUBTITLE", owner, suffix if owner else "", language, role)


def _speech(text: str) -> tuple[str, str]:
    """Return language and role out of `.pt-BR.forced` or `2_English`."""
    words = [word for word in re.split(r"[^\w-]+|_", text.casefold()) if word]
    words = [word.strip("-") for word in words]
    role = "FORCED" if "forced" in words or "foreign" in words else ""
    languages = [word for word in words if word != "hi" and find_language(word)]
    if not languages and "hi" in words:
        languages = ["hi"]
    elif not role and _HEARING.intersection(words):
        role = "SDH"
    return (find_language(languages[-1]) if languages else ""), role
