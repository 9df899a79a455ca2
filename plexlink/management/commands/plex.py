"""`drivearr plex`: sign in, servers, libraries, path rules, syncs."""

import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

import humanize

from drivearr.jobs.models import Job
from drivearr.jobs.running import AlreadyWorkedOn, RunningJob, run_here
from drivearr.lib.counting import counted
from drivearr.lib.errors import Refused
from drivearr.lib.progress import Cancelled
from drivearr.web.commands import DONE, FAILED, DrivearrCommand, row_id
from plexlink.forms import IntervalForm
from plexlink.jobs import SYNC
from plexlink.models import (
    PathMapping,
    PlexAccount,
    PlexLibrary,
    PlexServer,
    PlexSignIn,
)
from plexlink.services import (
    discovering,
    keeping,
    mapping_paths,
    signing_in,
    syncing,
    telling,
)
from plexlink.services.running import Summary
from plexlink.speaking import PlexTrouble, PlexUnreachable

_POLL_SECONDS = 0.5


class NoSuchThing(Refused):
    """An id on the command line names nothing."""

    code = "NOT_FOUND"


class BadPace(Refused):
    """A library cannot be looked at like that."""

    code = "BAD_PACE"
    advice = "drivearr plex libraries --help says what is possible."


class NotSignedIn(Refused):
    """Nobody said yes in the browser in time."""

    code = "NOT_SIGNED_IN"
    advice = "Begin again: drivearr plex login"


class Command(DrivearrCommand):
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

    # --- Signing in --------------------------------------------------------------

    def login(self, *, token_stdin: bool, shared: bool) -> None:
        """Sign in by a code in the browser, or with a token."""
        try:
            if token_stdin:
                account = signing_in.sign_in_with_token(token=sys.stdin.read(5000))
            else:
                account = self._by_browser()
        except PlexUnreachable as error:
            error.advice = (
                "A server works without plex.tv too: "
                "drivearr plex servers --add URL --token-stdin"
            )
            raise
        if shared:
            PlexAccount.objects.filter(pk=account.pk).update(takes_shared=True)
            account.refresh_from_db()
        servers = discovering.refresh_servers(account=account)
        for server in servers:
            keeping.check_server(server=server)
        rows = [telling.server_row(PlexServer.objects.get(pk=s.pk)) for s in servers]
        if self.as_json:
            self.emit({"account": telling.account_row(account), "servers": rows})
            return
        self.say(f"Signed in as {account.name}.")
        self._show_servers(rows)

    def _by_browser(self) -> PlexAccount:
        sign_in = signing_in.begin_sign_in()
        self.say("Open this address, and say yes there:")
        self.say(signing_in.sign_in_link(sign_in=sign_in))
        with self.progress() as listener:
            ended = signing_in.wait_for(
                sign_in=sign_in, sleep=time.sleep, check=listener.check
            )
        if ended.state != PlexSignIn.State.DONE or ended.account is None:
            raise NotSignedIn("Nobody said yes in time.")
        return ended.account

    def logout(self, *, account_id: int) -> None:
        """Sign an account out; servers and what they hold stay."""
        account = PlexAccount.objects.filter(pk=account_id).first()
        if account is None:
            raise NoSuchThing(f"There is no Plex account {account_id}.")
        signing_in.sign_out(account=account)
        if self.as_json:
            self.emit({"signed_out": account_id})
        else:
            self.say(f"{account.name} is signed out.")

    # --- Servers and libraries ---------------------------------------------------

    def servers(
        self, *, add: str | None, token_stdin: bool, find: bool, check: bool
    ) -> None:
        """List the servers; add one by its address; look for some."""
        if find:
            self._find()
            return
        if add is not None:
            token = sys.stdin.read(5000).strip() if token_stdin else ""
            server = discovering.add_server(url=add, token=token)
            keeping.check_server(server=server)
        if check:
            for server in PlexServer.objects.select_related("account").by_name():
                keeping.check_server(server=server)
        rows = telling.list_servers()
        if self.as_json:
            self.emit(rows)
        else:
            self._show_servers(rows)

    def _find(self) -> None:
        known = discovering.known_machines()
        rows = [
            asdict(each) | {"known": each.machine_id in known}
            for each in discovering.find_on_network()
        ]
        if self.as_json:
            self.emit(rows)
            return
        self.table(
            ["Name", "Address", "Version", "Known"],
            (
                (row["name"], row["url"], row["version"], "yes" if row["known"] else "")
                for row in rows
            ),
            empty="No server answers in the network.",
        )

    def _show_servers(self, rows: list[dict[str, Any]]) -> None:
        self.table(
            ["Id", "Name", "State", "Version", "Address", "ms", "Libraries"],
            (
                (
                    row["id"],
                    row["name"],
                    row["state"].lower(),
                    row["version"],
                    row["url"],
                    row["latency_ms"],
                    row["libraries"],
                )
                for row in rows
            ),
            empty="No servers yet. Add one: drivearr plex servers --add URL",
        )

    def libraries(
        self,
        *,
        enable: list[int],
        disable: list[int],
        refresh_hours: int | None,
        deep_hours: int | None,
        concurrency: int | None,
        timeout: int | None,
        library: int | None,
    ) -> None:
        """List the libraries and choose which take part."""
        for pk, is_enabled in [
            *((pk, True) for pk in enable),
            *((pk, False) for pk in disable),
        ]:
            discovering.set_enabled(library=_library(pk), is_enabled=is_enabled)
        pace = {
            "refresh_hours": refresh_hours,
            "deep_hours": deep_hours,
            "concurrency": concurrency,
            "timeout_seconds": timeout,
        }
        _set_pace(library, {name: n for name, n in pace.items() if n is not None})
        if not enable and not disable and library is None:
            self._look_for_libraries()
        rows = telling.list_libraries()
        if self.as_json:
            self.emit(rows)
            return
        self.table(
            [
                "Id",
                "Library",
                "Kind",
                "Server",
                "Takes part",
                "Items",
                "Pace",
                "Folders",
            ],
            (
                (
                    row["id"],
                    row["name"],
                    row["kind"].lower(),
                    row["server_name"],
                    "gone" if row["gone"] else "yes" if row["enabled"] else "no",
                    row["items"],
                    _pace_of(row),
                    ", ".join(row["locations"]),
                )
                for row in rows
            ),
            empty="No libraries are known. Sign in first: drivearr plex login",
        )

    def _look_for_libraries(self) -> None:
        for server in PlexServer.objects.select_related("account").by_name():
            try:
                discovering.refresh_libraries(server=server)
            except PlexTrouble as error:
                # What is known of it is still worth showing.
                self.stderr.write(f"{server.name}: {error.message}")

    # --- Path rules --------------------------------------------------------------

    def map_paths(self, *, what: str, values: list[str], server: int | None) -> None:
        """Do one of the deeds on path rules."""
        deeds = {
            "add": self._map_add,
            "list": self._map_list,
            "suggest": self._map_suggest,
            "preview": self._map_preview,
            "test": self._map_test,
            "remove": self._map_remove,
        }
        deeds[what](values, server)

    def _map_add(self, values: list[str], server: int | None) -> None:
        plex_path, local_path = _pair(values)
        row = mapping_paths.add_mapping(
            server=_server(server), plex_path=plex_path, local_path=local_path
        )
        if self.as_json:
            self.emit(telling.mapping_row(row))
        else:
            self.say(f"{row.plex_path} is {row.local_path} here.")

    def _map_list(self, _values: list[str], server: int | None) -> None:
        rules = PathMapping.objects.order_by("server", "plex_path", "pk")
        if server is not None:
            rules = rules.filter(server=_server(server))
        rows = [telling.mapping_row(rule) for rule in rules]
        if self.as_json:
            self.emit(rows)
            return
        self.table(
            ["Id", "Server", "At Plex", "Here"],
            ((r["id"], r["server"], r["plex_path"], r["local_path"]) for r in rows),
            empty="No rules. Guess some: drivearr plex map suggest",
        )

    def _map_suggest(self, _values: list[str], server: int | None) -> None:
        found = mapping_paths.suggest_mappings(server=_server(server))
        rows = [
            {
                "plex_path": each.rule.plex_path,
                "local_path": each.rule.local_path,
                "files": each.files,
                "example": list(each.example),
            }
            for each in found
        ]
        if self.as_json:
            self.emit(rows)
            return
        self.table(
            ["At Plex", "Here", "Files"],
            ((r["plex_path"], r["local_path"], r["files"]) for r in rows),
            empty="No rule can be guessed. Scan the library folders first.",
        )

    def _map_preview(self, values: list[str], server: int | None) -> None:
        row = _server(server)
        rules = None
        if values:
            rules = [
                *mapping_paths.kept_rules(row),
                mapping_paths.check_rule(*_pair(values)),
            ]
        found = mapping_paths.preview(server=row, rules=rules)
        if self.as_json:
            document = asdict(found)
            document["examples"] = [
                {"plex_path": plex, "local_path": local, "exists": is_there}
                for plex, local, is_there in found.examples
            ]
            self.emit(document)
            return
        self.say(
            f"{found.files} files: {found.mapped} mapped, {found.exist} there, "
            f"{found.missing} missing, {found.unmapped} without a rule."
        )
        self.table(
            ["At Plex", "Here", ""],
            ((p, here, "there" if ok else "missing") for p, here, ok in found.examples),
        )

    def _map_test(self, values: list[str], server: int | None) -> int:
        if len(values) != 1:
            raise NoSuchThing("Give one path, as Plex names it.")
        found = mapping_paths.try_path(server=_server(server), path=values[0])
        if self.as_json:
            self.emit(asdict(found) | {"mapped": bool(found.local_path)})
        elif not found.local_path:
            self.say("No rule reaches this path.")
        else:
            self.say(f"{found.local_path} {'is' if found.exists else 'is not'} there.")
        return DONE

    def _map_remove(self, values: list[str], _server_id: int | None) -> None:
        pk = int(values[0]) if len(values) == 1 and values[0].isdigit() else 0
        mapping = PathMapping.objects.filter(pk=pk).first()
        if mapping is None:
            raise NoSuchThing("There is no such rule.")
        mapping_paths.remove_mapping(mapping=mapping)
        if self.as_json:
            self.emit({"removed": pk})
        else:
            self.say("The rule is gone.")

    # --- Sync and status ---------------------------------------------------------

    def sync(self, *, library: list[int], deep: bool, wait: bool, confirm: bool) -> int:
        """Sync the libraries that take part, here and now."""
        rows: list[dict[str, Any]] = []
        failed = False
        libraries = [_library(pk) for pk in library] or list(
            PlexLibrary.objects.enabled().select_related("server").in_order()
        )
        if not libraries:
            raise NoSuchThing(
                "No Plex library takes part.",
                advice="Choose some: drivearr plex libraries --enable ID",
            )
        for each in libraries:
            row = self._sync_one(each, deep=deep, wait=wait, confirm=confirm)
            failed = failed or row.get("error") is not None
            rows.append(row)
        if self.as_json:
            self.emit(rows)
        else:
            self._show_runs(rows)
        return FAILED if failed else DONE

    def _sync_one(
        self, library: PlexLibrary, *, deep: bool, wait: bool, confirm: bool
    ) -> dict[str, Any]:
        def body(
            run: RunningJob,
            *,
            library_id: int,
            deep: bool,
            confirmed: bool,
            keys: list[str] | None = None,
        ) -> Summary:
            return syncing.sync_library(
                library_id=library_id,
                deep=deep,
                confirmed=confirmed,
                keys=keys or (),
                progress=run,
                job=run.job,
            )

        try:
            with self.progress() as listener:
                job = run_here(
                    SYNC,
                    body,
                    subject=library.subject,
                    listener=listener,
                    library_id=library.pk,
                    deep=deep,
                    confirmed=confirm,
                )
        except AlreadyWorkedOn:
            if not wait:
                raise
            job = self._wait_for(library)
        return self._row(library, job)

    def _wait_for(self, library: PlexLibrary) -> Job:
        """Wait until the worker that is at it has ended."""
        job = Job.objects.of(SYNC.name, library.subject).newest_first()[0]
        while job.is_active:
            time.sleep(_POLL_SECONDS)
            job.refresh_from_db()
        return job

    def _row(self, library: PlexLibrary, job: Job) -> dict[str, Any]:
        if job.state == Job.State.CANCELLED:
            raise Cancelled
        sync = library.syncs.filter(job=job).order_by("-pk").first()
        row: dict[str, Any] = telling.sync_row(sync) if sync else {}
        row |= {"library": library.name, "library_id": library.pk, "error": None}
        row |= {"server": library.server.name}
        library.refresh_from_db()
        row["held"] = library.held_reason or None
        if job.state != Job.State.SUCCEEDED:
            row["error"] = {
                "code": job.error_code,
                "message": job.error_message,
                "advice": job.error_advice,
            }
            sys.stderr.write(f"{library.name}: {job.error_message}\n")
        return row

    def _show_runs(self, rows: list[dict[str, Any]]) -> None:
        names = ("listed", "added", "changed", "moved", "removed", "errors", "seconds")
        self.table(
            ["Library", *(name.capitalize() for name in names)],
            ((row["library"], *(row.get(name) for name in names)) for row in rows),
        )
        for row in rows:
            if row["held"]:
                self.say(
                    f"{row['held']} Nothing was marked. Add --confirm if it is so."
                )

    def status(self) -> None:
        """Show how everything stands."""
        told = telling.tell_status()
        if self.as_json:
            self.emit(told)
            return
        for account in told["accounts"]:
            self.say(f"{account['name']}: {account['state'].lower()}")
        self._show_servers(told["servers"])
        self.table(
            ["Id", "Library", "Takes part", "Items", "Last sync"],
            (
                (
                    *(r["id"], r["name"], "yes" if r["enabled"] else "no", r["items"]),
                    humanize.naturaltime(r["last_sync_at"])
                    if r["last_sync_at"]
                    else "never",
                )
                for r in told["libraries"]
            ),
        )
        for error in told["errors"]:
            times = counted(error["count"], "time")
            self.say(f"{error['message']} {error['advice']} ({times})")


def _pair(values: list[str]) -> tuple[str, str]:
    if len(values) == 1 and "=" in values[0]:
        first, _, second = values[0].rpartition("=")
        return first, second
    if len(values) != 2:  # noqa: PLR2004 - a pair
        raise NoSuchThing("Give two paths: the folder at Plex, and the same one here.")
    return values[0], values[1]


def _pace_of(row: dict[str, Any]) -> str:
    return (
        f"every {row['refresh_hours']} h, all every {row['deep_hours']} h, "
        f"{row['requests_at_once']} at once, {row['patience_seconds']} s"
    )


def _set_pace(pk: int | None, given: dict[str, int]) -> None:
    """Change how a library is looked at, in the bounds of the page's form."""
    if pk is None and given:
        raise BadPace("Say of which library: --library ID.")
    if pk is None:
        return
    library = _library(pk)
    pace = {name: getattr(library, name) for name in IntervalForm.Meta.fields} | given
    shared = {name: pace[name] or None for name in ("concurrency", "timeout_seconds")}
    form = IntervalForm(pace | shared, instance=library)
    if not form.is_valid():
        name, problems = next(iter(form.errors.items()))
        raise BadPace(f"{name.replace('_', ' ').capitalize()}: {problems[0]}")
    form.save()


def _library(pk: int) -> PlexLibrary:
    row = PlexLibrary.objects.select_related("server").filter(pk=pk).first()
    if row is None:
        raise NoSuchThing(
            f"There is no Plex library {pk}.",
            advice="`drivearr plex libraries` shows them.",
        )
    return row


def _server(pk: int | None) -> PlexServer:
    rows = PlexServer.objects.select_related("account").by_name()
    if pk is not None:
        rows = rows.filter(pk=pk)
    found = list(rows[:2])
    if len(found) == 1:
        return found[0]
    if not found:
        raise NoSuchThing(
            "There is no such Plex server." if pk else "No Plex server is known yet.",
            advice="`drivearr plex servers` shows them.",
        )
    raise NoSuchThing(
        "There are several Plex servers.", advice="Say which one: --server ID"
    )
