"""Which servers and libraries there are: from accounts, the network, by address."""

import logging
import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import psutil
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from drivearr.web.sealing import seal
from plexlink.client import Identity, PlexClient, Section
from plexlink.models import PlexAccount, PlexConnection, PlexLibrary, PlexServer
from plexlink.plextv import Address, Resource
from plexlink.searching import PORT, FoundServer, search_network
from plexlink.services import connecting
from plexlink.services.opening import me, open_plextv
from plexlink.speaking import PlexRefused, PlexTrouble, Speaker

logger = logging.getLogger(__name__)


class AddressRefused(Refused):
    """No Plex server can be added by that address."""

    code = "ADDRESS_REFUSED"
    advice = gettext_noop("Write it as http://192.168.1.20:32400.")


def refresh_servers(*, account: PlexAccount) -> list[PlexServer]:
    """Ask the account which servers it may use; none that is missing is forgotten.

    Raises: PlexTrouble when plex.tv cannot be asked.
    """
    resources = open_plextv(token=account.token).servers()
    wanted = [each for each in resources if each.is_owned or account.takes_shared]
    return [_store_server(account, each) for each in wanted]


@transaction.atomic
def _store_server(account: PlexAccount, resource: Resource) -> PlexServer:
    server, _ = PlexServer.objects.get_or_create(
        machine_id=resource.machine_id, defaults={"name": resource.name}
    )
    changes: dict[str, Any] = {
        "account_id": account.pk,
        "name": resource.name,
        "version": resource.version or server.version,
        "platform": resource.platform or server.platform,
        "is_owned": resource.is_owned,
    }
    if resource.token:
        changes["sealed_token"] = seal(resource.token)
    PlexServer.objects.filter(pk=server.pk).update(**changes)
    _store_addresses(server, resource.addresses)
    server.refresh_from_db()
    return server


def _store_addresses(server: PlexServer, addresses: Iterable[Address]) -> None:
    named = {each.uri: each for each in addresses}
    gone = server.connections.filter(is_manual=False, is_current=False)
    gone.exclude(uri__in=named).delete()
    for uri, each in named.items():
        PlexConnection.objects.update_or_create(
            server=server,
            uri=uri,
            defaults={"is_local": each.is_local, "is_relay": each.is_relay},
        )


def add_server(*, url: str, token: str = "") -> PlexServer:
    """Add a server by its address, with a token of its own or that of an account.

    Raises:
        AddressRefused: no address, or no sign-in that it takes.
        PlexTrouble: nothing answers there, or something else.

    """
    uri = read_address(url)
    plain = PlexClient(Speaker(uri, me=me()))
    identity = plain.identity()
    server = PlexServer.objects.filter(machine_id=identity.machine_id).first()
    token, account = _find_token(uri, identity, server, token)
    with transaction.atomic():
        server, _ = PlexServer.objects.get_or_create(
            machine_id=identity.machine_id,
            defaults={"name": identity.name or urlsplit(uri).hostname or uri},
        )
        changes: dict[str, Any] = {
            "version": identity.version,
            "sealed_token": seal(token),
        }
        if account is not None:
            changes["account_id"] = account.pk
        PlexServer.objects.filter(pk=server.pk).update(**changes)
        PlexConnection.objects.update_or_create(
            server=server, uri=uri, defaults={"is_manual": True, "is_local": True}
        )
    server.refresh_from_db()
    connecting.connect(server=server).close()
    return server


def read_address(url: str) -> str:
    """Return an address as it is kept: scheme, host and port; nothing behind.

    Raises:
        AddressRefused: it is none.

    """
    text = url.strip().rstrip("/")
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise AddressRefused(
            gettext("{url!r} is no address.").format(url=url[:100])
        ) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AddressRefused(
            gettext("{url!r} is no address of the web.").format(url=url[:100])
        )
    if parts.username or parts.password:
        raise AddressRefused(gettext("An address with a password in it is not kept."))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = port or (PORT if parts.scheme == "http" else 443)
    return f"{parts.scheme}://{host}:{port}{parts.path}"


def _find_token(
    uri: str, identity: Identity, server: PlexServer | None, given: str
) -> tuple[str, PlexAccount | None]:
    """Return the first token that the server takes, and the account it is of."""
    tries: list[tuple[str, PlexAccount | None]] = [(given, None)] if given else []
    if not given:
        if server is not None and server.token:
            tries.append((server.token, server.account))
        for account in PlexAccount.objects.by_name():
            tries += [(kept, account) for kept in _tokens(account, identity)]
    for each, owner in tries:
        client = PlexClient(Speaker(uri, me=me(), token=each))
        try:
            client.about()
        except PlexRefused:
            continue
        finally:
            client.close()
        return each, owner
    raise AddressRefused(
        gettext("The server takes no sign-in that is known here."),
        advice=gettext("Sign in to Plex first, or give the server's own token."),
    )


def _tokens(account: PlexAccount, identity: Identity) -> list[str]:
    """Return the tokens an account has for a server: its own one, then the account's."""
    found: list[str] = []
    try:
        resources = open_plextv(token=account.token, is_patient=False).servers()
        mine = (each for each in resources if each.machine_id == identity.machine_id)
        found.extend(each.token for each in mine if each.token)
    except PlexTrouble as error:
        logger.info("plex.tv cannot say which token fits: %s", error.code)
    return [*found, account.token]


def find_on_network() -> list[FoundServer]:
    """Return the servers that answer a call into the network; takes a second."""
    return search_network(
        settings.PLEX_SEARCH_ADDRESS, interfaces=_own_addresses(), wait_seconds=1.0
    )


def _own_addresses() -> list[str]:
    """Return this machine's addresses: a NAS often has a network for each socket."""
    return [
        each.address
        for addresses in psutil.net_if_addrs().values()
        for each in addresses
        if each.family == socket.AF_INET
    ]


def known_machines() -> frozenset[str]:
    """Return who the known servers are, as they call themselves."""
    return frozenset(
        PlexServer.objects.order_by("pk").values_list("machine_id", flat=True)
    )


# --- Libraries ------------------------------------------------------------------------


def refresh_libraries(
    *, server: PlexServer, client: PlexClient | None = None
) -> list[PlexLibrary]:
    """Ask a server for its libraries; new ones take no part, vanished ones are marked.

    Raises: PlexTrouble when it cannot be asked.
    """
    if client is None:
        client = connecting.connect(server=server)
        try:
            return store_sections(server=server, sections=client.sections())
        finally:
            client.close()
    return store_sections(server=server, sections=client.sections())


@transaction.atomic
def store_sections(
    *, server: PlexServer, sections: Iterable[Section]
) -> list[PlexLibrary]:
    """Bring a server's libraries in line with what it says; writes only a change."""
    known = {row.key: row for row in server.libraries.all()}
    named = set()
    for section in sections:
        if not section.kind:
            continue
        named.add(section.key)
        values = {
            "uuid": section.uuid,
            "name": section.name,
            "kind": section.kind,
            "agent": section.agent,
            "language": section.language,
            "locations": list(section.locations),
            "gone_since": None,
        }
        row = known.get(section.key)
        if row is None:
            PlexLibrary.objects.create(server=server, key=section.key, **values)
        elif any(getattr(row, name) != value for name, value in values.items()):
            PlexLibrary.objects.filter(pk=row.pk).update(**values)
    gone = server.libraries.filter(gone_since__isnull=True).exclude(key__in=named)
    # A server that names nothing at all has not started yet.
    if named and gone.exists():
        gone.update(gone_since=timezone.now())
    return list(server.libraries.in_order())


def set_enabled(*, library: PlexLibrary, is_enabled: bool) -> None:
    """Let a library take part, or not; what is known of it stays."""
    PlexLibrary.objects.filter(pk=library.pk).update(is_enabled=is_enabled)
    library.refresh_from_db()
