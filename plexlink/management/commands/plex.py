"""`drivearr plex`: sign in, servers, libraries, path rules, syncs."""

from argparse import ArgumentParser

from drivearr.web.commands import row_id
from plexlink.management.joining import Joining
from plexlink.management.mapping import Mapping
from plexlink.management.syncing import Syncing


class Command(Joining, Mapping, Syncing):
    """Sign in to Plex, choose libraries, say where files are, and sync."""

    help = "Plex: login, servers, libraries, map, sync, status"

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """See DrivearrCommand."""
        deeds = self.add_deeds(parser)
        login = deeds.add("login", self.login, says="sign in to Plex")
        login.add_argument(
            "--token-stdin",
            action="store_true",
            help="read a token from standard input",
        )
        login.add_argument(
            "--shared", action="store_true", help="take shared servers too"
        )
        leave = deeds.add("logout", self.logout, says="sign out of Plex")
        leave.add_argument("account_id", metavar="ID", type=row_id)
        servers = deeds.add("servers", self.servers, says="list servers, or add one")
        servers.add_argument("--add", metavar="URL", help="by its address")
        servers.add_argument(
            "--token-stdin", action="store_true", help="with a token of its own"
        )
        servers.add_argument(
            "--find", action="store_true", help="look for servers in the network"
        )
        servers.add_argument(
            "--check", action="store_true", help="connect to each of them now"
        )
        libraries = deeds.add("libraries", self.libraries, says="list and choose them")
        for name in ("enable", "disable"):
            libraries.add_argument(
                f"--{name}", metavar="ID", type=row_id, action="append", default=[]
            )
        for name, says in (
            ("refresh-hours", "look what changed so often; 0: only when asked"),
            ("deep-hours", "look at everything so often; 0: never"),
            ("concurrency", "so many requests at once; 0: as its server's others"),
            ("timeout", "so many seconds for an answer; 0: as its server's others"),
        ):
            libraries.add_argument(f"--{name}", metavar="N", type=row_id, help=says)
        libraries.add_argument(
            "--library", metavar="ID", type=row_id, help="whose pace to change"
        )
        self._add_map(deeds.add("map", self.map_paths, says="where files are here"))
        sync = deeds.add("sync", self.sync, says="bring libraries in line with Plex")
        sync.add_argument(
            "--library", metavar="ID", type=row_id, action="append", default=[]
        )
        sync.add_argument("--deep", action="store_true", help="everything again")
        sync.add_argument(
            "--wait", action="store_true", help="wait where a worker is at it already"
        )
        sync.add_argument(
            "--confirm", action="store_true", help="believe Plex that much is gone"
        )
        deeds.add("status", self.status, says="how everything stands")

    def _add_map(self, parser: ArgumentParser) -> None:
        words = {
            "add": "PLEX_PATH LOCAL_PATH",
            "list": "",
            "suggest": "",
            "preview": "[PLEX_PATH LOCAL_PATH]",
            "test": "PLEX_PATH",
            "remove": "ID",
        }
        says = "; ".join(f"{name} {rest}".strip() for name, rest in words.items())
        parser.add_argument("what", choices=[*words], metavar="DEED", help=says)
        parser.add_argument("values", nargs="*", metavar="VALUE")
        parser.add_argument("--server", metavar="ID", type=row_id)
