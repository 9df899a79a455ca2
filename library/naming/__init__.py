"""What the name of a video says; plain, and never raises."""

from library.naming.parsed import ParsedName
from library.naming.parsing import parse

__all__ = ["VERSION", "ParsedName", "parse"]

VERSION = 4
"""Rises when names are read differently; what was read before is then read anew."""
