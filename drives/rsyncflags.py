"""Which options a person may give rsync for a drive: those that change its pace, not its promise.

All others decide what is copied, where to, or what is told of it, and are Drivearr's to set.
Source: rsync(1) 3.2 to 3.5.
"""

import re

from drivearr.lib.wording import gettext

MOST_CHARACTERS = 200
_ALLOWED: dict[str, str] = {
    "--bwlimit": r"\d{1,9}(\.\d{1,3})?[KMGkmg]?",
    "--timeout": r"[5-9]|[1-9]\d|[1-5]\d\d|600",
    "--max-alloc": r"\d{1,6}[KMGkmg]",
    "--checksum-choice": "auto|xxh128|xxh3|xxh64|md5|md4|sha1",
    "--fsync": "",
    "--open-noatime": "",
}
"""Name, and what its value must match; empty: it has none."""


class FlagRefused(ValueError):
    """An option that is not let through; its text is for people."""


def read_flags(text: str) -> tuple[str, ...]:
    """Return the options of a line, `--name` or `--name=value` each.

    Raises:
        FlagRefused: too long, unknown here, or a value that does not fit.

    """
    if len(text) > MOST_CHARACTERS:
        raise FlagRefused(gettext("So many options are not read."))
    return tuple(_checked(word) for word in text.split())


def _checked(word: str) -> str:
    name, equals, value = word.partition("=")
    pattern = _ALLOWED.get(name)
    if pattern is None:
        raise FlagRefused(
            gettext(
                "“{option}” is not for a profile to set; what is: {allowed}."
            ).format(option=name[:40], allowed=", ".join(sorted(_ALLOWED)))
        )
    fits = re.fullmatch(pattern, value) is not None if pattern else not equals
    if not fits:
        raise FlagRefused(
            gettext("“{option}” does not take “{value}”.").format(
                option=name, value=value[:40]
            )
        )
    return word
