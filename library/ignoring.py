"""Which names in a library are not what somebody wants to watch."""

import re

_VIDEOS = (
    ".3g2 .3gp .amv .asf .avi .bik .divx .dv .dvr-ms .evo .f4v .flv .img .iso .m1v "
    ".m2t .m2ts .m2v .m4v .mk3d .mkv .mov .mp4 .mpe .mpeg .mpg .mpv .mts .mxf .nsv "
    ".nuv .ogm .ogv .qt .rec .rm .rmvb .tp .trp .ts .vc1 .vob .webm .wmv .wtv .xvid "
    ".y4m"
)
VIDEO_EXTENSIONS = frozenset(_VIDEOS.split())

MANIFEST_NAME = ".drivearr-manifest.json"
"""A folder that holds it is a drive of ours, never part of a library."""

_LEFT_ALONE_MARKS = frozenset({MANIFEST_NAME, ".nomedia", ".ignore"})
"""A folder that holds one of them is passed over. Source: Kodi, Jellyfin."""

_SYSTEM_FOLDERS = frozenset(
    {
        "@eadir",
        "@recycle",
        "@tmp",
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        "recycler",
        "system volume information",
        "lost+found",
        "plex versions",
    }
)

# Sources: Jellyfin (movie extras), Plex (local trailers and extras).
_EXTRAS_FOLDERS = {
    **dict.fromkeys(("trailer", "trailers"), "TRAILER"),
    **dict.fromkeys(("extra", "extras"), "EXTRA"),
    **dict.fromkeys(("featurette", "featurettes"), "FEATURETTE"),
    **dict.fromkeys(("behind the scenes", "behindthescenes"), "BEHIND_THE_SCENES"),
    **dict.fromkeys(("deleted scenes", "deletedscenes"), "DELETED_SCENE"),
    **dict.fromkeys(("interviews",), "INTERVIEW"),
    **dict.fromkeys(("scenes",), "SCENE"),
    **dict.fromkeys(("shorts",), "SHORT"),
    **dict.fromkeys(("clips",), "CLIP"),
    **dict.fromkeys(("other", "others"), "OTHER"),
}
_EXTRAS_ENDINGS = {
    **dict.fromkeys(("deleted", "deletedscene"), "DELETED_SCENE"),
    "behindthescenes": "BEHIND_THE_SCENES",
    **{
        word: word.upper()
        for word in (
            *("trailer", "scene", "clip", "interview", "featurette", "short"),
            *("extra", "other"),
        )
    },
}
ARTWORK_FOLDERS = frozenset({"extrafanart"})
"""Folders of more backgrounds for what lies beside them. Source: Kodi wiki (Artwork)."""
_OTHER_FOLDERS = frozenset(
    {
        *("sample", "samples", "extrafanart", "extrathumbs"),
        *("backdrops", "theme-music", "theme music"),
    }
)

DISC_FOLDERS = frozenset({"video_ts", "audio_ts", "bdmv", "certificate", "hvdvd_ts"})
"""Folders of a whole disc: their files are pieces, not videos."""

SUBTITLE_FOLDERS = frozenset({"sub", "subs", "subtitle", "subtitles"})

# Sources: Jellyfin and Plex, names of extras.
_EXTRAS_ENDING = re.compile(
    r"(?:-(?:trailer|sample|scene|clip|interview|behindthescenes|deleted|deletedscene"
    r"|featurette|short|extra|other)|[._ -](?:trailer|sample))\d{0,2}$",
    re.IGNORECASE,
)
_EXTRAS_NAME = re.compile(r"(?:sample|trailer)$|sample-.+", re.IGNORECASE)
_ENDING_WORD = re.compile(r"([a-z]+)\d{0,2}$", re.IGNORECASE)


def is_video_name(name: str) -> bool:
    """Whether the name ends as a video's does."""
    dot = name.rfind(".")
    return dot > 0 and name[dot:].lower() in VIDEO_EXTENSIONS


def is_ignored_file(name: str) -> bool:
    """Whether a video's name says sample, trailer or extra, or is hidden."""
    if name.startswith("."):
        return True
    stem = name[: name.rfind(".")] if "." in name else name
    return bool(_EXTRAS_ENDING.search(stem) or _EXTRAS_NAME.match(stem))


def is_ignored_folder(name: str, *, depth: int) -> bool:
    """Whether a folder holds no videos to index.

    `depth` is 1 directly below the root: there `Extras` may be a show of that name.
    """
    plain = name.casefold()
    if name.startswith(".") or plain in _SYSTEM_FOLDERS:
        return True
    return depth > 1 and (plain in _OTHER_FOLDERS or plain in _EXTRAS_FOLDERS)


def is_artwork_folder(relpath: str) -> bool:
    """Whether a folder holds more backgrounds for what lies beside it."""
    return relpath.rpartition("/")[2].casefold() in ARTWORK_FOLDERS


def find_extra(name: str) -> str:
    """Return what kind of extra an ignored video is: TRAILER, …; "" for a sample."""
    word = _ENDING_WORD.search(name[: name.rfind(".")])
    hidden = name.startswith(".")
    return _EXTRAS_ENDINGS.get(word[1].lower(), "") if word and not hidden else ""


def find_extras(name: str) -> str:
    """Return what kind of extras an ignored folder holds; "" when none."""
    return _EXTRAS_FOLDERS.get(name.casefold(), "")


def is_left_alone(names: "set[str] | dict[str, object]") -> bool:
    """Whether a folder with these entries asks to be passed over, or is a drive."""
    return not _LEFT_ALONE_MARKS.isdisjoint(names)
