"""What is believed about requests that came through a proxy."""

import ipaddress

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client

from drivearr.web.proxies import client_of, is_within

HOUSE = [ipaddress.ip_network("172.18.0.0/16"), ipaddress.ip_network("fd00::/8")]


class TestIsWithin:
    @pytest.mark.parametrize(
        ("address", "inside"),
        [
            ("172.18.0.4", True),
            ("::ffff:172.18.0.4", True),
            ("fd00::1%eth0", True),
            ("172.19.0.4", False),
            ("::1", False),
            ("", False),
            ("unix:", False),
        ],
    )
    def test_knows_both_families(self, address: str, inside: bool) -> None:
        assert is_within(address, HOUSE) is inside


class TestClientOf:
    @pytest.mark.parametrize(
        ("forwarded", "client"),
        [
            ("", "172.18.0.4"),
            ("203.0.113.9", "203.0.113.9"),
            ("10.0.0.1, 203.0.113.9", "203.0.113.9"),
            ("203.0.113.9, 172.18.0.7", "203.0.113.9"),
            ("<script>", "172.18.0.4"),
        ],
    )
    def test_is_the_nearest_stranger(self, forwarded: str, client: str) -> None:
        assert client_of("172.18.0.4", forwarded, HOUSE) == client


@pytest.mark.django_db
class TestForwardAuth:
    @pytest.fixture(autouse=True)
    def _header(self, settings: LazySettings) -> None:
        settings.FORWARD_AUTH_HEADER = "HTTP_REMOTE_USER"
        settings.TRUSTED_PROXIES = HOUSE

    def test_signs_in_whom_a_trusted_proxy_names(self, member: User) -> None:
        client = Client(REMOTE_ADDR="172.18.0.4", HTTP_REMOTE_USER="max")

        assert client.get("/titles/").status_code == 200

    def test_believes_nobody_else(self, member: User) -> None:
        client = Client(REMOTE_ADDR="203.0.113.9", HTTP_REMOTE_USER="max")

        assert client.get("/titles/").status_code == 302

    def test_lets_no_forwarded_address_make_a_stranger_trusted(
        self, member: User
    ) -> None:
        client = Client(
            REMOTE_ADDR="203.0.113.9",
            HTTP_X_FORWARDED_FOR="172.18.0.4",
            HTTP_REMOTE_USER="max",
        )

        assert client.get("/titles/").status_code == 302

    def test_lets_nobody_in_who_has_no_account(self, member: User) -> None:
        client = Client(REMOTE_ADDR="172.18.0.4", HTTP_REMOTE_USER="stranger")

        assert client.get("/titles/").status_code == 302

    def test_ends_the_session_of_another(self, owner: User, member: User) -> None:
        client = Client(REMOTE_ADDR="172.18.0.4", HTTP_REMOTE_USER="max")
        client.force_login(owner)

        assert client.get("/styleguide/").status_code == 403


@pytest.mark.django_db
class TestOpenNetwork:
    def test_is_closed_unless_named(self, member: User) -> None:
        assert Client(REMOTE_ADDR="127.0.0.1").get("/titles/").status_code == 302

    def test_lets_in_as_the_named_person(
        self, member: User, settings: LazySettings
    ) -> None:
        settings.OPEN_NETWORKS, settings.OPEN_AS = HOUSE, "max"

        assert Client(REMOTE_ADDR="fd00::7").get("/titles/").status_code == 200
        assert Client(REMOTE_ADDR="203.0.113.9").get("/titles/").status_code == 302


@pytest.mark.django_db
class TestScheme:
    def test_comes_from_trusted_proxies_alone(
        self, owner: User, settings: LazySettings
    ) -> None:
        settings.TRUSTED_PROXIES = HOUSE
        near = Client(REMOTE_ADDR="172.18.0.4", HTTP_X_FORWARDED_PROTO="https")
        far = Client(REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_PROTO="https")

        assert near.get("/sign-in/").wsgi_request.is_secure()
        assert not far.get("/sign-in/").wsgi_request.is_secure()
