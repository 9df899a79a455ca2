"""The best way to a server: all at once, the right one, the fastest, the next one."""

import datetime
import ipaddress
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from plexlink.models import PlexConnection, PlexServer
from plexlink.services import connecting, discovering, keeping, signing_in
from plexlink.services.connecting import WrongServer
from plexlink.speaking import PlexRefused, PlexUnreachable
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes.plex import (
    ACCOUNT_TOKEN,
    TOKEN,
    FakePlex,
    FakePlexTv,
    hang,
    late,
    running_plex,
    status,
)

pytestmark = pytest.mark.django_db
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def server(plex: FakePlex) -> PlexServer:
    return make_server(plex)


@pytest.fixture
def other() -> Iterator[FakePlex]:
    """Another machine that has the same server's address."""
    with running_plex(machine_id="machine-two", name="Cellar") as fake:
        yield fake


@pytest.fixture
def same() -> Iterator[FakePlex]:
    """The same server by another address."""
    with running_plex() as fake:
        yield fake


def current(server: PlexServer) -> str:
    return server.connections.get(is_current=True).uri


def connect(server: PlexServer) -> str:
    connecting.connect(server=PlexServer.objects.get(pk=server.pk)).close()
    return current(server)


def ways(server: PlexServer, *uris: str, **more: Any) -> None:
    server.connections.all().delete()
    for uri in uris:
        server.connections.create(uri=uri, **more)


class TestConnect:
    def test_takes_the_one_that_answers(
        self, plex: FakePlex, server: PlexServer
    ) -> None:
        ways(server, NOBODY, plex.url)
        assert connect(server) == plex.url
        dead = PlexConnection.objects.get(uri=NOBODY)
        assert dead.latency_ms is None

    def test_takes_the_fastest_and_waits_for_none_that_hangs(
        self, plex: FakePlex, same: FakePlex, server: PlexServer
    ) -> None:
        same.fail("/identity", hang(3), times=9)
        ways(server, same.url, plex.url)
        begun = time.monotonic()
        assert connect(server) == plex.url
        assert time.monotonic() - begun < 2

    def test_takes_no_other_server_for_the_right_one(
        self, plex: FakePlex, other: FakePlex, server: PlexServer
    ) -> None:
        plex.fail("/identity", late(0.3))
        ways(server, other.url, plex.url)
        assert connect(server) == plex.url
        wrong = PlexConnection.objects.get(uri=other.url)
        assert wrong.last_error == "Another server answers there."
        # Nobody but the right one ever sees the token.
        assert not any("X-Plex-Token" in sent for sent in other.headers)

    def test_says_so_where_only_another_one_answers(
        self, other: FakePlex, server: PlexServer
    ) -> None:
        ways(server, other.url)
        with pytest.raises(WrongServer):
            connect(server)
        assert PlexServer.objects.get().state == "UNREACHABLE"

    def test_takes_the_relay_last(
        self, plex: FakePlex, same: FakePlex, server: PlexServer
    ) -> None:
        plex.fail("/identity", late(0.2), times=9)
        ways(server, plex.url)
        server.connections.create(uri=same.url, is_relay=True)
        assert connect(server) == plex.url
        PlexConnection.objects.filter(uri=plex.url).update(uri=NOBODY)
        assert connect(server) == same.url

    def test_takes_no_plain_address_where_that_is_not_allowed(
        self, plex: FakePlex, server: PlexServer
    ) -> None:
        PlexServer.objects.update(allows_http=False)
        with pytest.raises(PlexUnreachable):
            connect(server)

    def test_tells_a_refused_sign_in_from_no_answer(
        self, plex: FakePlex, server: PlexServer
    ) -> None:
        plex.tokens.clear()
        with pytest.raises(PlexRefused):
            connect(server)
        assert PlexServer.objects.get().state == "UNAUTHORIZED"

    def test_keeps_a_history_of_answers_and_misses(
        self, plex: FakePlex, server: PlexServer
    ) -> None:
        server.readings.all().delete()
        connect(server)
        ways(server, NOBODY)
        with pytest.raises(PlexUnreachable):
            connect(server)
        told = server.readings.order_by("pk").values_list("uri", "latency_ms")
        assert [(uri, ms is not None) for uri, ms in told] == [
            (plex.url, True),
            ("", False),
        ]


class TestSync:
    def test_takes_the_next_address_when_the_one_in_use_fails(
        self, plex: FakePlex, same: FakePlex, server: PlexServer
    ) -> None:
        plex.add_movie(7, "Charade", 1963)
        ways(server, NOBODY)
        PlexConnection.objects.update(is_current=True)
        server.connections.create(uri=plex.url)
        assert sync(library_of(server, "1")).added == 1
        assert current(server) == plex.url

    def test_notices_that_another_server_has_the_address(
        self, plex: FakePlex, other: FakePlex, server: PlexServer
    ) -> None:
        plex.add_movie(7, "Charade", 1963)
        other.add_section("1", "movie", "Strangers", "/x")
        other.add_movie(7, "Of A Stranger")
        ways(server, other.url)
        PlexConnection.objects.update(is_current=True)
        server.connections.create(uri=plex.url)
        films = library_of(server, "1")
        sync(films)
        assert [each.name for each in films.items.all()] == ["Charade"]


class TestEncrypted:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        """A certificate for this machine that no authority signed."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "home")])
        now = datetime.datetime.now(datetime.UTC)
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        path = tmp_path / "home.pem"
        plain = serialization.NoEncryption()
        kind = serialization.PrivateFormat.PKCS8
        pem = serialization.Encoding.PEM
        path.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, kind, plain))
        return path

    @pytest.fixture
    def safe(self, certificate: Path) -> Iterator[FakePlex]:
        with running_plex(certificate=str(certificate)) as fake:
            fake.add_section("1", "movie", "Films", "/data/Movies")
            yield fake

    def test_is_not_taken_where_the_certificate_is_not_trusted(
        self, plex: FakePlex, safe: FakePlex, server: PlexServer
    ) -> None:
        ways(server, safe.url)
        with pytest.raises(PlexUnreachable):
            connect(server)
        said = PlexConnection.objects.get(uri=safe.url).last_error
        assert said == "The certificate of 127.0.0.1 is not trusted."
        assert safe.asked == []

    def test_is_taken_where_the_home_trusts_its_authority(
        self,
        safe: FakePlex,
        server: PlexServer,
        certificate: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        PlexServer.objects.update(allows_http=False)
        ways(server, safe.url)
        assert connect(server) == safe.url
        assert safe.url.startswith("https://")


class TestAccount:
    def test_brings_servers_with_all_their_addresses(
        self, plex: FakePlex, plextv: FakePlexTv, other: FakePlex
    ) -> None:
        plextv.add_server(other, owned=False)
        account = signing_in.sign_in_with_token(token=ACCOUNT_TOKEN)
        found = discovering.refresh_servers(account=account)
        assert [(each.name, each.is_owned) for each in found] == [("Attic", True)]
        account.takes_shared = True
        found = discovering.refresh_servers(account=account)
        assert {each.name for each in found} == {"Attic", "Cellar"}
        assert {each.token for each in found} == {TOKEN}

    def test_forgets_no_server_that_is_not_named_any_more(
        self, plex: FakePlex, plextv: FakePlexTv
    ) -> None:
        account = signing_in.sign_in_with_token(token=ACCOUNT_TOKEN)
        discovering.refresh_servers(account=account)
        plextv.servers.clear()
        assert discovering.refresh_servers(account=account) == []
        server = PlexServer.objects.get()
        assert keeping.check_server(server=server)

    def test_survives_plex_being_away(self, plex: FakePlex, plextv: FakePlexTv) -> None:
        account = signing_in.sign_in_with_token(token=ACCOUNT_TOKEN)
        discovering.refresh_servers(account=account)
        plextv.fail(".", status(503), times=99)
        keeping.check_all()
        account.refresh_from_db()
        assert account.state == "UNREACHABLE"
        # The server itself is at home, and still answers.
        assert PlexServer.objects.get().state == "ONLINE"
