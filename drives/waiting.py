"""What is on its way to drives, as the app above that knows it says."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.translation import ngettext


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a drive still waits for."""

    wishes: int
    failed: int
    is_copying: bool
    is_paused: bool
    size_bytes: int
    """Of the files not yet whole on the drive, as far as they are known."""

    @property
    def words(self) -> str:
        """Return "3 titles waiting, 1 failed"."""
        parts = []
        going = self.wishes - self.failed
        if going:
            said = ngettext("{n} title waiting", "{n} titles waiting", going)
            if self.is_copying:
                said = ngettext("{n} title copying", "{n} titles copying", going)
            parts.append(said.format(n=going))
        if self.failed:
            said = ngettext("{n} failed", "{n} failed", self.failed)
            parts.append(said.format(n=self.failed))
        return ", ".join(parts)


Source = Callable[[Iterable[int]], dict[int, Waiting]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Name who knows what waits; called from AppConfig.ready."""
    if source not in _sources:
        _sources.append(source)


def find_waiting(drive_ids: Iterable[int]) -> dict[int, Waiting]:
    """Return what each drive waits for; drives that wait for nothing stay out."""
    ids = list(drive_ids)
    return {
        pk: waiting
        for source in _sources
        for pk, waiting in source(ids).items()
        if waiting.wishes
    }
