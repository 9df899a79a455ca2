"""Takes secrets and household paths out of text that may be shown to others."""

import re
from collections.abc import Iterable, Mapping

HIDDEN = "[hidden]"
_SECRETS = (
    # key=value and key: value, in addresses, headers and logs
    re.compile(
        r"(?i)((?:x-plex-token|api[_-]?key|access[_-]?token|token|password|passwd|pwd|"
        r"secret|authorization|cookie|session(?:id)?)[\"']?\s*[=:]\s*[\"']?"
        r"(?:bearer\s+|basic\s+)?)[^\s\"'&,;}<>]+"
    ),
    re.compile(r"(?i)(\bbearer\s+)[^\s\"',;]+"),
    # the password of an address
    re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)"),
    # JSON Web Tokens and Fernet tokens stand for themselves
    re.compile(r"()\b(?:eyJ[\w-]{8,}\.[\w-]+\.[\w-]+|gAAAAA[\w=-]{20,})"),
)
LEAST_SECRET = 6
"""A shorter known secret is not looked for: it would hide ordinary words."""


def redact(
    text: str,
    *,
    secrets: Iterable[str] = (),
    paths: Mapping[str, str] | None = None,
) -> str:
    """Return `text` without secrets; `paths` maps folders to what stands for them."""
    known = sorted({each for each in secrets if len(each) >= LEAST_SECRET}, key=len)
    for secret in reversed(known):
        text = text.replace(secret, HIDDEN)
    for pattern in _SECRETS:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    longest_first = sorted((paths or {}).items(), key=lambda pair: -len(pair[0]))
    for path, stands_for in longest_first:
        if path and path != "/":
            text = text.replace(path, stands_for)
    return text
