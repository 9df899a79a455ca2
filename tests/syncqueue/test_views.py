"""The pages of the queue."""

from datetime import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from drivearr.jobs.models import Job
from drives.models import Attachment, Drive
from library.models import Season, Title
from syncqueue.contexts.lanes import ROWS_SHOWN
from syncqueue.contexts.wishes import Reach, find_reach, phase_words
from syncqueue.models import Copy, QueueItem, SpeedLimit
from syncqueue.pacing import Limit
from tests.scenes.fixtures import HTMX
from tests.scenes.household import Household


@pytest.fixture
def show(household: Household) -> Title:
    return next(title for title in household.titles if title.name == "Kitchen Nights")


@pytest.fixture
def movie(household: Household) -> Title:
    return next(title for title in household.titles if title.name == "Metropolis")


@pytest.mark.django_db
class TestFailingDrive:
    """Nothing is written to it unasked, and the queue says so."""

    def test_says_that_it_rests_and_copies_when_told(
        self, household: Household, home_client: Client, movie: Title
    ) -> None:
        drive = household.drives[0]
        QueueItem.objects.all().delete()
        Job.objects.all().delete()
        QueueItem.objects.create(drive=drive, title=movie)
        Drive.objects.filter(pk=drive.pk).update(health="FAILING")

        page = home_client.get("/queue/").content.decode()

        assert "The drive is failing: nothing is copied to it by itself." in page
        assert "Begins in a moment." not in page
        home_client.post(f"/drives/{drive.pk}/resume/")
        assert Job.objects.get(kind="syncqueue.copy").subject == drive.subject


@pytest.mark.django_db
class TestPutOnDrive:
    def test_wishes_and_begins_at_once(
        self, household: Household, home_client: Client, movie: Title
    ) -> None:
        drive = household.drives[0]
        sent = {"title": movie.pk, "drive": drive.pk}

        answer = home_client.post("/queue/add/", sent)

        wish = QueueItem.objects.get(title=movie)
        assert answer.headers["Location"] == f"/titles/{movie.pk}/"
        assert (wish.drive, wish.created_by) == (drive, household.owner)
        assert Job.objects.get(kind="syncqueue.copy").subject == drive.subject

    def test_waits_for_a_drive_that_is_not_here(
        self, household: Household, home_client: Client, movie: Title
    ) -> None:
        sent = {"title": movie.pk, "drive": household.drives[2].pk}

        answer = home_client.post("/queue/add/", sent, follow=True)

        assert b"as soon as it is plugged in" in answer.content
        assert not Job.objects.filter(kind="syncqueue.copy").exists()

    def test_answers_htmx_with_the_part_and_the_word(
        self, household: Household, home_client: Client, movie: Title
    ) -> None:
        sent = {"title": movie.pk, "drive": household.drives[0].pk}

        answer = home_client.post("/queue/add/", sent, headers=HTMX).content.decode()

        assert answer.lstrip().startswith('<div class="stack" id="placings"')
        assert 'hx-swap-oob="true"' in answer
        assert "goes on “Car stick”" in answer
        assert "every 1s" in answer

    def test_takes_a_season_and_an_episode(
        self, household: Household, home_client: Client, show: Title
    ) -> None:
        season = show.seasons.get(number=3)
        item = season.items.get(number=2)
        drive = household.drives[0].pk

        home_client.post(
            "/queue/add/", {"title": show.pk, "season": season.pk, "drive": drive}
        )
        home_client.post(
            "/queue/add/",
            {"title": show.pk, "season": season.pk, "item": item.pk, "drive": drive},
        )

        wishes = QueueItem.objects.filter(title=show).order_by("pk")
        assert [(w.season, w.item) for w in wishes] == [(season, None), (season, item)]

    def test_takes_no_season_of_another_show(
        self, household: Household, home_client: Client, show: Title
    ) -> None:
        other = Season.objects.exclude(title=show)[0]
        sent = {"title": show.pk, "season": other.pk, "drive": household.drives[0].pk}

        assert home_client.post("/queue/add/", sent).status_code == 404

    def test_says_why_there_is_nothing_to_copy(
        self, household: Household, home_client: Client, movie: Title
    ) -> None:
        movie.media_files.all().delete()
        sent = {"title": movie.pk, "drive": household.drives[0].pk}

        answer = home_client.post("/queue/add/", sent, follow=True)

        assert b"The library has no file" in answer.content

    def test_shows_what_a_wider_wish_covers(
        self, household: Household, home_client: Client, show: Title
    ) -> None:
        QueueItem.objects.create(drive=household.drives[0], title=show)
        season = show.seasons.get(number=1)

        page = home_client.get(f"/queue/add/?title={show.pk}&season={season.pk}")

        row = page.content.decode().split("Car stick")[1].split("rows__entry")[0]
        assert "Waiting" in row
        assert "Put here" not in row

    def test_is_for_every_member(
        self, household: Household, client: Client, movie: Title
    ) -> None:
        client.force_login(household.member)
        sent = {"title": movie.pk, "drive": household.drives[0].pk}

        assert client.post("/queue/add/", sent).status_code == 302

    def test_never_leads_elsewhere(
        self, household: Household, home_client: Client, movie: Title
    ) -> None:
        sent = {
            "title": movie.pk,
            "drive": household.drives[0].pk,
            "next": "https://evil.example/",
        }

        answer = home_client.post("/queue/add/", sent)

        assert answer.headers["Location"] == f"/titles/{movie.pk}/"


@pytest.mark.django_db
class TestQueue:
    def test_says_how_each_drive_stands(
        self, household: Household, home_client: Client
    ) -> None:
        page = home_client.get("/queue/").content.decode()

        assert "Charade (1963)" in page
        assert "38.2 MB/s" in page
        assert "Its file is larger than FAT32 takes." in page
        assert "Format the drive as exFAT" in page
        assert "Not plugged in. It goes on by itself when it is." in page
        assert "Season 2" in page

    def test_polls_calmly_while_nothing_changes_by_itself(
        self, household: Household, home_client: Client
    ) -> None:
        assert b"every 1s" in home_client.get("/queue/").content

        QueueItem.objects.filter(state__in=["WAITING", "COPYING"]).exclude(
            drive=household.drives[2]
        ).update(state="PAUSED")
        calm = home_client.get("/queue/", headers=HTMX).content
        assert b"every 10s" in calm
        assert b"every 1s" not in calm

    def test_shows_a_part_of_a_long_lane_and_all_of_it_alone(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[3]
        for title in household.titles[: ROWS_SHOWN + 5]:
            QueueItem.objects.create(drive=drive, title=title)

        short = home_client.get("/queue/").content.decode()
        long = home_client.get(f"/queue/?drive={drive.pk}").content.decode()

        assert "5 more wait for this drive" in short
        assert long.count('class="rows__entry wish"') == ROWS_SHOWN + 5
        assert "Harbour Lights" not in long.split("<main")[1]

    @pytest.mark.parametrize(
        ("deed", "before", "after"),
        [
            ("pause", "WAITING", "PAUSED"),
            ("resume", "PAUSED", "WAITING"),
            ("retry", "FAILED", "WAITING"),
            ("cancel", "WAITING", "CANCELLED"),
        ],
    )
    def test_carries_out_each_deed(
        self,
        household: Household,
        home_client: Client,
        deed: str,
        before: str,
        after: str,
    ) -> None:
        wish = QueueItem.objects.filter(drive=household.drives[0], state=before)[0]

        plain = home_client.post(f"/queue/{wish.pk}/{deed}/")
        again = home_client.post(f"/queue/{wish.pk}/{deed}/", headers=HTMX)

        wish.refresh_from_db()
        assert wish.state == after
        assert plain.headers["Location"] == "/queue/"
        assert b'id="lanes"' in again.content
        assert b"changed a moment ago" in again.content

    def test_stays_where_the_person_was(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[0]
        wish = QueueItem.objects.filter(drive=drive, state="WAITING")[0]

        answer = home_client.post(
            f"/queue/{wish.pk}/pause/", {"shown_drive": drive.pk, "shown_page": "x"}
        )

        assert answer.headers["Location"] == f"/queue/?drive={drive.pk}"

    def test_pauses_and_resumes_a_drive(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[0]

        home_client.post(f"/drives/{drive.pk}/pause/")
        assert Drive.objects.get(pk=drive.pk).is_paused
        assert b"Paused. Nothing is copied" in home_client.get("/queue/").content

        home_client.post(f"/drives/{drive.pk}/resume/")
        assert not Drive.objects.get(pk=drive.pk).is_paused
        assert Job.objects.active().of("syncqueue.copy", drive.subject).exists()

    def test_clears_what_is_over_on_one_drive(
        self, household: Household, home_client: Client
    ) -> None:
        keep = QueueItem.objects.create(
            drive=household.drives[0],
            title=household.titles[0],
            state="DONE",
            finished_at=timezone.now(),
        )

        home_client.post("/queue/clear/", {"drive": household.drives[1].pk})

        assert list(QueueItem.objects.finished()) == [keep]


def order_of(drive: Drive) -> list[int]:
    rows = QueueItem.objects.filter(drive=drive, state="WAITING").in_order()
    return list(rows.values_list("pk", flat=True))


@pytest.mark.django_db
class TestPlaceWish:
    @pytest.fixture
    def drive(self, household: Household) -> Drive:
        drive = household.drives[3]
        for title in household.titles[:4]:
            QueueItem.objects.create(drive=drive, title=title)
        return drive

    @pytest.mark.parametrize(
        ("which", "sent", "expected"),
        [
            (1, {"where": "earlier"}, [1, 0, 2, 3]),
            (1, {"where": "later"}, [0, 2, 1, 3]),
            (1, {"where": "last"}, [0, 2, 3, 1]),
            (3, {"where": "first"}, [3, 0, 1, 2]),
            (3, {"before": 1}, [0, 3, 1, 2]),
            (0, {"after": 2}, [1, 2, 0, 3]),
        ],
    )
    def test_changes_the_order(
        self,
        drive: Drive,
        home_client: Client,
        which: int,
        sent: dict[str, Any],
        expected: list[int],
    ) -> None:
        wishes = order_of(drive)
        beside = {
            key: wishes[value] if key in {"before", "after"} else value
            for key, value in sent.items()
        }

        answer = home_client.post(f"/queue/{wishes[which]}/place/", beside)

        assert answer.headers["Location"] == "/queue/"
        assert order_of(drive) == [wishes[place] for place in expected]

    def test_steps_over_wishes_that_do_not_wait(
        self, drive: Drive, home_client: Client
    ) -> None:
        first, paused, third, fourth = order_of(drive)
        QueueItem.objects.filter(pk=paused).update(state="PAUSED")

        home_client.post(f"/queue/{third}/place/", {"where": "earlier"})

        assert order_of(drive) == [third, first, fourth]

    @pytest.mark.parametrize(
        "sent",
        [
            {"where": "earlier"},
            {"where": "sideways"},
            {"before": "0"},
            {"after": "999999"},
            {"after": "x"},
            {},
        ],
    )
    def test_says_so_when_it_stays(
        self, drive: Drive, home_client: Client, sent: dict[str, str]
    ) -> None:
        before = order_of(drive)

        answer = home_client.post(
            f"/queue/{before[0]}/place/", sent, headers=HTMX, follow=True
        )

        assert b"this is how it stands now" in answer.content
        assert order_of(drive) == before

    def test_never_mixes_drives(
        self, drive: Drive, household: Household, home_client: Client
    ) -> None:
        other = QueueItem.objects.create(
            drive=household.drives[2], title=household.titles[5]
        )
        before = order_of(drive)

        home_client.post(f"/queue/{before[0]}/place/", {"after": other.pk})

        assert order_of(drive) == before


@pytest.mark.django_db
class TestLimitSpeed:
    def test_is_set_shown_and_lifted(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[0]
        sent = {"megabytes": "12.5", "begins": "18:00", "ends": "23:30"}

        page = home_client.post(f"/drives/{drive.pk}/speed/", sent, follow=True)

        limit = SpeedLimit.objects.get(drive=drive)
        assert limit.limit == Limit(12_500_000, time(18), time(23, 30))
        text = page.content.decode()
        assert 'value="12.5"' in text
        assert 'value="18:00"' in text

        home_client.post(f"/drives/{drive.pk}/speed/", {"megabytes": ""})
        assert not SpeedLimit.objects.exists()

    @pytest.mark.parametrize(
        "sent",
        [
            {"megabytes": "-1"},
            {"megabytes": "nan"},
            {"megabytes": "inf"},
            {"megabytes": "fast"},
            {"megabytes": "5", "begins": "25:00"},
            {"megabytes": "5", "begins": "22:00"},
        ],
    )
    def test_that_makes_no_sense_changes_nothing(
        self, household: Household, home_client: Client, sent: dict[str, str]
    ) -> None:
        drive = household.drives[0]

        page = home_client.post(f"/drives/{drive.pk}/speed/", sent, follow=True)

        assert page.status_code == 200
        assert not SpeedLimit.objects.exists()


@pytest.mark.django_db
class TestSendMissing:
    def test_wishes_for_what_is_not_there(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[3]

        answer = home_client.post(f"/drives/{drive.pk}/send/", {"kind": "SHOW"})

        wished = QueueItem.objects.open().filter(drive=drive)
        assert answer.headers["Location"] == f"/drives/{drive.pk}/plan/"
        assert {wish.title.kind for wish in wished} == {"SHOW"}
        assert wished.count() == 6

    def test_says_so_when_there_is_nothing(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[3]
        home_client.post(f"/drives/{drive.pk}/send/")

        answer = home_client.post(f"/drives/{drive.pk}/send/", follow=True)

        assert b"has all of it" in answer.content


@pytest.mark.django_db
class TestPlanDetail:
    def test_says_what_would_be_done(
        self, household: Household, home_client: Client
    ) -> None:
        page = home_client.get(f"/drives/{household.drives[0].pk}/plan/")

        assert b"City Lights (1931)" in page.content
        assert b"free afterwards" in page.content

    def test_says_what_is_left_out_and_why(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[0]
        Attachment.objects.filter(drive=drive).update(free_bytes=300_000_000)

        page = home_client.get(f"/drives/{drive.pk}/plan/").content.decode()

        assert "Left out:" in page
        assert "There is no room for it." in page

    def test_of_a_drive_never_seen_is_a_sentence(self, owner_client: Client) -> None:
        drive = Drive.objects.create(name="New")

        page = owner_client.get(f"/drives/{drive.pk}/plan/")

        assert b"was never plugged in" in page.content


class TestReach:
    def test_of_nothing_known_is_unknown(self) -> None:
        assert Reach().percent is None
        assert Reach().counted == ""

    @pytest.mark.django_db
    def test_says_how_long_writing_and_reading_back_still_take(
        self, household: Household, movie: Title
    ) -> None:
        drive = household.drives[0]
        wish = QueueItem.objects.create(drive=drive, title=movie, state="COPYING")
        facts: dict[str, Any] = {"queue_item": wish, "drive": drive, "size_bytes": 100}
        Copy.objects.create(
            relpath="a.mkv",
            state="COPYING",
            durable_bytes=25,
            bytes_per_second=5,
            write_bytes_per_second=5,
            **facts,
        )
        Copy.objects.create(
            relpath="b.mkv",
            state="DONE",
            finished_at=timezone.now(),
            durable_bytes=100,
            read_bytes_per_second=20,
            **facts,
        )

        reach = find_reach([wish.pk])[wish.pk]

        assert reach.percent == 62.5
        assert reach.seconds_left == 75 / 5 + 100 / 20

    @pytest.mark.django_db
    def test_names_no_time_while_nothing_moves(
        self, household: Household, movie: Title
    ) -> None:
        drive = household.drives[0]
        wish = QueueItem.objects.create(drive=drive, title=movie)
        Copy.objects.create(
            queue_item=wish, drive=drive, size_bytes=100, write_bytes_per_second=5
        )

        assert find_reach([wish.pk])[wish.pk].seconds_left is None

    @pytest.mark.parametrize(
        ("state", "durable", "verified", "words"),
        [
            ("COPYING", 10, 0, "Copying"),
            ("COPYING", 100, 0, "Writing out"),
            ("VERIFYING", 100, 40, "Reading back, 40 %"),
        ],
    )
    def test_names_the_phase(
        self, state: str, durable: int, verified: int, words: str
    ) -> None:
        copy = Copy(
            state=state, size_bytes=100, durable_bytes=durable, verified_bytes=verified
        )

        assert phase_words(copy) == words


@pytest.mark.django_db
class TestLaneWords:
    def test_promise_no_beginning_to_what_has_no_room(
        self, household: Household, home_client: Client, movie: Title
    ) -> None:
        drive = household.drives[0]
        home_client.post("/queue/add/", {"title": movie.pk, "drive": drive.pk})
        Job.objects.all().delete()
        page_of_it = f"/queue/?drive={drive.pk}"
        mine = QueueItem.objects.filter(drive=drive)
        mine.exclude(title=movie).delete()
        assert b"Begins in a moment." in home_client.get(page_of_it).content

        mine.update(error_code="NO_ROOM", error_message="There is no room for it.")
        page = home_client.get(page_of_it).content.decode()

        assert "Begins in a moment." not in page
        assert "What is left waits, and says for what." in page
        assert "There is no room for it." in page
