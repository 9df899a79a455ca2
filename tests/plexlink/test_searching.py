"""Servers found by a call into the network."""

import time

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from plexlink.models import PlexServer
from plexlink.searching import FoundServer, read_answer, search_network
from tests.fakes.gdm import LOOPBACK, answer_of, running_gdm
from tests.fakes.plex import TOKEN, FakePlex
from tests.plexlink.test_commands import plex_command

GROUP = "239.0.0.250"


class TestReadAnswer:
    def test_reads_what_a_server_says(self) -> None:
        said = answer_of("Attic", 32401, "abc")

        assert read_answer(said, "10.1.2.3") == FoundServer(
            "Attic", "http://10.1.2.3:32401", "abc", "1.18.8.2527-740d4c206"
        )

    def test_keeps_colons_and_takes_out_what_cannot_be_shown(self) -> None:
        found = read_answer(answer_of("Attic: \x1b[31mfilms\x00", 32400), "10.1.2.3")

        assert found is not None
        assert found.name == "Attic: [31mfilms"

    @pytest.mark.parametrize(
        "said",
        [
            b"",
            b"\xff\xfe\x00",
            b"HTTP/1.0 200 OK\r\nContent-Type: plex/media-player\r\nPort: 1",
            b"HTTP/1.0 404 Not Found\r\nContent-Type: plex/media-server",
            answer_of("Odd", 0),
            answer_of("Odd", 70_000),
            answer_of("Odd", 10**30),
            b"HTTP/1.0 200 OK\r\nContent-Type: plex/media-server\r\nPort: 32400/x",
        ],
    )
    def test_leaves_anything_else_alone(self, said: bytes) -> None:
        assert read_answer(said, "10.1.2.3") is None


class TestSearchNetwork:
    def test_finds_each_server_once_whatever_others_say(self) -> None:
        answers = (
            b"\xff\xff nothing at all",
            answer_of("Attic: films", 32400, "one"),
            b"HTTP/1.0 200 OK\r\nContent-Type: plex/media-player\r\nName: TV",
            answer_of("Cellar", 32500, "two"),
            answer_of("Attic: films", 32400, "one"),
        )
        with running_gdm(*answers) as fake:
            found = search_network(fake.address, wait_seconds=0.6)

        assert [(each.name, each.url) for each in found] == [
            ("Attic: films", f"http://{LOOPBACK}:32400"),
            ("Cellar", f"http://{LOOPBACK}:32500"),
        ]
        assert set(fake.heard) == {b"M-SEARCH * HTTP/1.0\r\n\r\n"}

    def test_reaches_all_who_listen_to_the_group(self) -> None:
        with running_gdm(answer_of("Attic", 32400), group=GROUP) as fake:
            found = search_network(
                fake.address, interfaces=[LOOPBACK], wait_seconds=0.6
            )

        assert [each.name for each in found] == ["Attic"]

    def test_ends_in_time_where_nobody_answers(self) -> None:
        begun = time.monotonic()

        found = search_network((LOOPBACK, 9), interfaces=["10.255.255.1"])

        assert found == []
        assert time.monotonic() - begun < 3


@pytest.mark.django_db
class TestPage:
    def test_shows_who_answered_and_adds_it(
        self, owner_client: Client, plex: FakePlex, settings: LazySettings
    ) -> None:
        port = int(plex.url.rpartition(":")[2])
        with running_gdm(answer_of("Attic", port)) as fake:
            settings.PLEX_SEARCH_ADDRESS = fake.address
            page = owner_client.get(reverse("add_plex_server"), {"look": "1"})

        assert "Attic" in page.text
        assert plex.url in page.text
        added = owner_client.post(
            reverse("add_plex_server"), {"url": plex.url, "token": TOKEN}, follow=True
        )
        assert added.status_code == 200
        assert PlexServer.objects.get().machine_id == plex.machine_id

        with running_gdm(answer_of("Attic", port, plex.machine_id)) as fake:
            settings.PLEX_SEARCH_ADDRESS = fake.address
            page = owner_client.get(reverse("add_plex_server"), {"look": "1"})
        assert "known already" in page.text

    def test_says_that_nobody_answered(
        self, owner_client: Client, settings: LazySettings
    ) -> None:
        settings.PLEX_SEARCH_ADDRESS = (LOOPBACK, 9)

        page = owner_client.get(reverse("add_plex_server"), {"look": "1"})

        assert "No server answered" in page.text


@pytest.mark.django_db
class TestCommand:
    def test_lists_who_answered(self, settings: LazySettings) -> None:
        with running_gdm(answer_of("Attic", 32400, "abc")) as fake:
            settings.PLEX_SEARCH_ADDRESS = fake.address

            rows = plex_command("servers", "--find")

        assert rows == [
            {
                "name": "Attic",
                "url": f"http://{LOOPBACK}:32400",
                "machine_id": "abc",
                "version": "1.18.8.2527-740d4c206",
                "known": False,
            }
        ]
