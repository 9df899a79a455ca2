"""Deeds of `drivearr plex` that sign in, and list servers and libraries."""

import sys
import time
from dataclasses import asdict
from typing import Any

from drivearr.lib.errors import Refused
from plexlink.forms import IntervalForm
from plexlink.management.finding import NoSuchThing, PlexCommand, find_library
from plexlink.models import PlexAccount, PlexServer, PlexSignIn
from plexlink.services import discovering, keeping, signing_in, telling
from plexlink.speaking import PlexTrouble, PlexUnreachable

_POLL_SECONDS = 0.5


class BadPace(Refused):
    """A library cannot be looked at like that."""

    code = "BAD_PACE"
    advice = "drivearr plex libraries --help says what is possible."


class NotSignedIn(Refused):
    """Nobody said yes in the browser in time."""

    code = "NOT_SIGNED_IN"
    advice = "Begin again: drivearr plex login"


class Joining(PlexCommand):
    """Sign in and out; add servers; choose libraries and their pace."""

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
        self.show_servers(rows)

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
            self.show_servers(rows)

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
            discovering.set_enabled(library=find_library(pk), is_enabled=is_enabled)
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
    library = find_library(pk)
    pace = {name: getattr(library, name) for name in IntervalForm.Meta.fields} | given
    shared = {name: pace[name] or None for name in ("concurrency", "timeout_seconds")}
    form = IntervalForm(pace | shared, instance=library)
    if not form.is_valid():
        name, problems = next(iter(form.errors.items()))
        raise BadPace(f"{name.replace('_', ' ').capitalize()}: {problems[0]}")
    form.save()
