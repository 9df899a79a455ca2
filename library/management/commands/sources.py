"""`drivearr sources`: where facts come from, in which order, with which keys."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from drivearr.web.commands import DrivearrCommand
from library.models import EpisodeOrder, MetadataSource
from library.services import arranging
from library.services.reordering import Followed
from library.services.sourcing import forget_replies, list_rows, read_access


class Command(DrivearrCommand):
    """List, arrange, switch and try the metadata sources."""

    help = "Metadata sources: list, order, on, off, key, check, episodes, forget."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """See DrivearrCommand."""
        deeds = self.add_deeds(parser)
        deeds.add("list", self.list_sources, says="list the sources in their order")
        ordering = deeds.add("order", self.order, says="ask them in this order")
        ordering.add_argument("names", nargs="+", metavar="NAME")
        for name, says in (("on", "ask a source"), ("off", "leave a source alone")):
            switching = deeds.add(name, self.switch, says=says)
            switching.add_argument("name", metavar="NAME")
            switching.set_defaults(is_on=name == "on")
        keying = deeds.add("key", self.keep_key, says="enter a key; it is asked for")
        keying.add_argument("name", metavar="NAME")
        keying.add_argument("--pin", action="store_true", help="ask for a PIN as well")
        keying.add_argument("--forget", action="store_true", help="forget the key")
        for name, work, says in (
            ("check", self.try_key, "ask a source whether it takes the key"),
            ("forget", self.forget, "forget the replies that are kept"),
        ):
            deeds.add(name, work, says=says).add_argument("name", metavar="NAME")
        counting = deeds.add(
            "episodes", self.choose_order, says="count the episodes in this order"
        )
        counting.add_argument("name", metavar="NAME")
        counting.add_argument("order", choices=EpisodeOrder.values, metavar="ORDER")

    def list_sources(self) -> None:
        """List the sources in their order."""
        kept = arranging.count_replies()
        rows = [_describe(row, kept) for row in list_rows()]
        if self.as_json:
            self.emit(rows)
            return
        self.table(
            ["Name", "Label", "Use", "Key", "Episodes", "Replies kept", "Trouble"],
            (
                (
                    row["name"],
                    row["label"],
                    "on" if row["is_on"] else "off",
                    row["key"],
                    row["episode_order"],
                    row["replies"],
                    row["trouble"],
                )
                for row in rows
            ),
        )

    def order(self, *, names: list[str]) -> None:
        """Ask the sources in this order."""
        self._follow(arranging.arrange(names=names))
        self.list_sources()

    def switch(self, *, name: str, is_on: bool) -> None:
        """Ask a source, or leave it alone."""
        self._follow(arranging.switch(name=name, is_on=is_on))
        self.list_sources()

    def _follow(self, followed: Followed) -> None:
        if followed.sentence and not self.as_json:
            self.say(followed.sentence)

    def keep_key(self, *, name: str, pin: bool, forget: bool) -> None:
        """Read a key from the terminal or from standard input, never from arguments."""
        row = arranging.find_row(name)
        key = "" if forget else _read_secret(f"Key of {row.label}: ")
        number = _read_secret("PIN: ") if pin and not forget else ""
        if not key and not forget:
            raise arranging.KeyRefused("No key was given.")
        arranging.keep_key(name=name, key=key, pin=number)
        self.list_sources()

    def try_key(self, *, name: str) -> None:
        """Ask a source whether it takes the key."""
        arranging.check(name=name)
        row = arranging.find_row(name)
        if self.as_json:
            self.emit({"name": row.name, "ok": True})
        else:
            self.say(f"{row.label} answers and takes the key.")

    def choose_order(self, *, name: str, order: str) -> None:
        """Count a source's episodes in this order."""
        arranging.choose_order(name=name, order=order)
        self.list_sources()

    def forget(self, *, name: str) -> None:
        """Forget the replies of a source that are kept."""
        count = forget_replies(source=arranging.find_row(name).name)
        if self.as_json:
            self.emit({"name": name, "forgotten": count})
        else:
            self.say(f"{count} replies forgotten.")


def _read_secret(prompt: str) -> str:
    """Read a line without showing it; from standard input when that is no terminal."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt).strip()
    return sys.stdin.readline().strip()


def _describe(row: MetadataSource, kept: dict[str, arranging.Kept]) -> dict[str, Any]:
    """Return a source as `sources list --json` shows it; never its key."""
    access, replies = read_access(row), kept.get(row.name)
    where = "environment" if access.is_from_environment else "kept"
    rests = row.rests_until
    return {
        "name": row.name,
        "label": row.label,
        "is_on": row.is_on,
        "key": (where if access.key else "none") if row.is_outside else "",
        "episode_order": row.episode_order if row.is_outside else "",
        "replies": replies.count if replies else 0,
        "oldest_reply_at": replies.oldest_at if replies else None,
        "trouble": row.trouble,
        "rests_until": rests if rests and rests > timezone.now() else None,
    }
