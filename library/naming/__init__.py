"""What the name of a video says; plain, and never raises."""

from library.naming.parsed import ParsedName
from library.naming.parsing import parse

__all__ = ["ParsedName", "parse"]
