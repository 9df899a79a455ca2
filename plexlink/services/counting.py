"""What one run counts."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """The figures of one run over a library."""

    listed: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    moved: int = 0
    removed: int = 0
    skipped: int = 0
    errors: int = 0
    writes: int = 0
    """Rows of the catalogue and of what mirrors Plex; not the record of the run."""
