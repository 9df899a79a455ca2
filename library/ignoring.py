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

_EXTRAS_FOLDERS = frozenset(
    {
        "sample",
        "samples",
        "trailer",
        "trailers",
        "extra",
        "extras",
        "extrafanart",
        "extrathumbs",
        "featurette",
        "featurettes",
        "behind the scenes",
        "behindthescenes",
        "deleted scenes",
        "deletedscenes",
        "interviews",
        "scenes",
        "shorts",
        "clips",
        "other",
        "others",
        "backdrops",
        "theme-music",
        "theme music",
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
    return depth > 1 and plain in _EXTRAS_FOLDERS


def is_left_alone(names: "set[str] | dict[str, object]") -> bool:
    """Whether a folder with these entries asks to be passed over, or is a drive."""
    return not _LEFT_ALONE_MARKS.isdisjoint(names)
