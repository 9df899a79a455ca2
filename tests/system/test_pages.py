"""Settings, people, schedules, logs, support: what owners do with the house."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from drivearr.env import Reading, readings
from drivearr.jobs.models import Job
from drivearr.jobs.schedules import install_schedules
from drivearr.lib import logreading
from drivearr.lib.logreading import Wanted
from drivearr.lib.redacting import redact
from drivearr.system.services import checking
from drivearr.web import rights
from drivearr.web.checking import Finding
from drivearr.web.rights import Role
from drives.models import Drive, SyncRecord
from library.models import Root
from tests.scenes.fixtures import HTMX
from tests.scenes.household import Household

GOOD = "a long enough secret"


@pytest.mark.django_db
class TestSettingsPage:
    @pytest.fixture(autouse=True)
    def file(self, settings: LazySettings, tmp_path: Path) -> Path:
        settings.PAGE_SETTINGS_FILE = tmp_path / "settings.json"
        return tmp_path / "settings.json"

    def test_keeps_what_was_changed_and_nothing_else(
        self, owner_client: Client, file: Path
    ) -> None:
        sent = {"BACKUPS_KEPT": "3", "POLL_SECONDS": "1", "HOST": "192.0.2.1"}

        page = owner_client.post("/system/settings/", sent, follow=True)

        assert "as soon as Drivearr is restarted" in page.content.decode()
        assert json.loads(file.read_text()) == {"DRIVEARR_BACKUPS_KEPT": "3"}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("BACKUPS_KEPT", "0"),
            ("COPY_THREADS", "many"),
            ("TIME_ZONE", "Mars/Olympus"),
            ("TIME_ZONE", "../../etc/passwd"),
            ("LOG_LEVEL", "LOUD"),
            ("METADATA_LANGUAGE", "x" * 300),
        ],
    )
    def test_refuses_what_would_not_start(
        self, owner_client: Client, file: Path, name: str, value: str
    ) -> None:
        answer = owner_client.post("/system/settings/", {name: value})

        assert answer.status_code == 422
        assert not file.exists()

    def test_shows_no_secret(
        self, owner_client: Client, settings: LazySettings
    ) -> None:
        page = owner_client.get("/system/settings/").content.decode()

        assert "DRIVEARR_SECRET_KEY" in page
        assert settings.SECRET_KEY not in page

    def test_leads_to_where_keys_of_services_are_written(
        self, owner_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("TMDB_KEY", "TVDB_PIN"):
            reading = Reading(
                f"DRIVEARR_{name}", "4711-very-own", "", "ENVIRONMENT", str
            )
            monkeypatch.setitem(readings, reading.name, reading)

        page = owner_client.get("/system/settings/").text

        assert "4711-very-own" not in page
        assert 'href="/system/sources/"' in page
        assert 'name="TMDB_KEY"' not in page


@pytest.mark.django_db
class TestPeople:
    def test_can_be_added_with_their_drives(
        self, household: Household, home_client: Client
    ) -> None:
        drive = household.drives[0]
        sent = {
            "username": "nora",
            "password": GOOD,
            "role": "MEMBER",
            "drives": drive.subject,
            "is_active": "on",
        }

        page = home_client.post("/system/people/add/", sent, follow=True)

        assert f"only {drive.name}" in page.content.decode()
        nora = User.objects.get(username="nora")
        assert nora.check_password(GOOD)
        assert rights.narrowed_to(nora) == frozenset({drive.subject})

    @pytest.mark.parametrize(
        ("name", "password"),
        [("nora", ""), ("nora", "short"), ("", GOOD), ("OLGA", GOOD), ("a b", GOOD)],
    )
    def test_are_refused_in_a_sentence(
        self, owner_client: Client, name: str, password: str
    ) -> None:
        sent = {"username": name, "password": password, "role": "MEMBER"}

        assert owner_client.post("/system/people/add/", sent).status_code == 422
        assert User.objects.count() == 1

    def test_always_have_an_owner(self, owner: User, owner_client: Client) -> None:
        sent = {"username": "olga", "role": "MEMBER", "is_active": "on"}

        answer = owner_client.post(f"/system/people/{owner.pk}/", sent)
        removed = owner_client.post(f"/system/people/{owner.pk}/remove/", follow=True)

        assert answer.status_code == 422
        assert "at least one owner" in answer.content.decode()
        assert "at least one owner" in removed.content.decode()
        assert User.objects.get().is_staff

    def test_stay_signed_in_when_they_change_their_own_password(
        self, owner: User, owner_client: Client
    ) -> None:
        sent = {
            "username": "olga",
            "password": "quite another secret",
            "role": "OWNER",
            "is_active": "on",
        }

        owner_client.post(f"/system/people/{owner.pk}/", sent)

        assert owner_client.get("/system/people/").status_code == 200

    def test_that_are_switched_off_are_out_at_once(
        self, member: User, owner_client: Client, member_client: Client
    ) -> None:
        assert member_client.get("/titles/").status_code == 200

        owner_client.post(
            f"/system/people/{member.pk}/", {"username": "max", "role": "MEMBER"}
        )

        assert member_client.get("/titles/").status_code == 302


@pytest.mark.django_db
class TestSchedules:
    @pytest.fixture
    def backup(self) -> PeriodicTask:
        install_schedules()
        return PeriodicTask.objects.get(name="System: backup")

    def test_can_be_paused_and_go_on(
        self, backup: PeriodicTask, owner_client: Client
    ) -> None:
        address = f"/system/schedules/{backup.pk}/"

        owner_client.post(address, {"deed": "pause"})
        backup.refresh_from_db()
        assert not backup.enabled

        owner_client.post(address, {"deed": "resume"})
        backup.refresh_from_db()
        assert backup.enabled

    def test_take_another_rhythm_that_stays(
        self, backup: PeriodicTask, owner_client: Client
    ) -> None:
        sent = {"deed": "change", "every": "3", "unit": "hours"}

        owner_client.post(f"/system/schedules/{backup.pk}/", sent)
        install_schedules()

        backup.refresh_from_db()
        assert (backup.interval.every, backup.interval.period) == (3, "hours")

    @pytest.mark.parametrize(
        ("every", "unit"),
        [("0", "hours"), ("1", "seconds"), ("9999", "days"), ("1", "weeks"), ("", "")],
    )
    def test_refuse_a_rhythm_that_is_none(
        self, backup: PeriodicTask, owner_client: Client, every: str, unit: str
    ) -> None:
        sent = {"deed": "change", "every": every, "unit": unit}

        page = owner_client.post(f"/system/schedules/{backup.pk}/", sent, follow=True)

        backup.refresh_from_db()
        assert "is no rhythm" in page.content.decode()
        assert backup.interval.period == "days"

    def test_say_what_is_under_way_already(
        self, backup: PeriodicTask, owner_client: Client
    ) -> None:
        Job.objects.create(kind="system.backup")

        page = owner_client.get("/system/schedules/").content.decode()

        assert "Backup of our own data is under way already" in page

    def test_say_that_nobody_can_be_asked(
        self, backup: PeriodicTask, owner_client: Client
    ) -> None:
        sent = {"deed": "run"}

        page = owner_client.post(f"/system/schedules/{backup.pk}/", sent, follow=True)

        assert "broker does not answer" in page.content.decode()


LOG = """\
junk of an earlier life
2026-11-21 09:00:00,001 INFO    [-] drivearr.web: Serving
2026-11-21 09:00:01,002 ERROR   [12] library.scan: It broke <script>
Traceback (most recent call last):
KeyError: 'size'
2026-11-21 09:00:02,003 WARNING [13] drives.eject: Busy
"""


class TestLog:
    @pytest.fixture
    def files(self, tmp_path: Path) -> list[Path]:
        file = tmp_path / "worker.log"
        file.write_text(LOG)
        return [file]

    @pytest.mark.parametrize(
        ("wanted", "texts"),
        [
            (Wanted(), ["Busy", "It broke <script>", "Serving"]),
            (Wanted(least="WARNING"), ["Busy", "It broke <script>"]),
            (Wanted(job=12), ["It broke <script>"]),
            (Wanted(words="keyerror"), ["It broke <script>"]),
            (Wanted(part="web"), []),
            (Wanted(after="2026-11-21 09:00:01,002"), ["Busy"]),
        ],
    )
    def test_gives_what_was_asked_for(
        self, files: list[Path], wanted: Wanted, texts: list[str]
    ) -> None:
        lines = logreading.read(files, wanted, most=10)

        assert [line.text for line in lines] == texts

    def test_keeps_a_traceback_with_its_line(self, files: list[Path]) -> None:
        line = logreading.read(files, Wanted(job=12), most=1)[0]

        assert line.more.endswith("KeyError: 'size'")

    def test_reads_only_the_end_of_a_long_file(self, tmp_path: Path) -> None:
        file = tmp_path / "web.log"
        line = "2026-11-21 09:00:00,001 INFO    [-] a.b: number {:06}\n"
        file.write_text("".join(line.format(number) for number in range(40_000)))

        text = logreading.tail(file, most_bytes=1000)

        assert len(text) <= 1000
        assert text.startswith("2026")
        assert "number 039999" in text

    @pytest.mark.django_db
    def test_is_shown_without_harm_and_given_as_a_file(
        self, files: list[Path], owner_client: Client, settings: LazySettings
    ) -> None:
        settings.LOG_DIR = files[0].parent

        page = owner_client.get("/system/log/?level=ERROR").content.decode()
        file = owner_client.get("/system/log/download/?level=DEBUG&job=13")

        assert "It broke &lt;script&gt;" in page
        assert "Serving" not in page
        assert file.content.decode().count("\n") == 1
        assert file.headers["Content-Disposition"].startswith("attachment;")

    @pytest.mark.django_db
    def test_is_followed_by_its_new_lines_alone(
        self, files: list[Path], owner_client: Client, settings: LazySettings
    ) -> None:
        settings.LOG_DIR = files[0].parent
        asked = "/system/log/?tail=1&after=2026-11-21+09:00:02,003"

        nothing = owner_client.get(asked, headers=HTMX)
        with files[0].open("a") as log:
            log.write("2026-11-21 09:00:03,004 INFO    [-] a.b: Fresh\n")
        news = owner_client.get(asked, headers=HTMX).content.decode()

        assert (nothing.status_code, nothing.content) == (204, b"")
        assert "Fresh" in news
        assert "Busy" not in news
        assert "after=2026-11-21+09%3A00%3A03%2C004" in news
        assert len(news.encode()) < 2000

    @pytest.mark.django_db
    @pytest.mark.parametrize("after", ["", "' OR 1=1", "2026", "9" * 40])
    def test_takes_any_moment(
        self,
        files: list[Path],
        owner_client: Client,
        settings: LazySettings,
        after: str,
    ) -> None:
        settings.LOG_DIR = files[0].parent

        page = owner_client.get("/system/log/", {"tail": "1", "after": after})

        assert "Busy" in page.content.decode()


class TestRedact:
    @pytest.mark.parametrize(
        "text",
        [
            "GET /library?X-Plex-Token=s3cr3tvalue&a=1",
            "https://api.example/3/movie?api_key=s3cr3tvalue",
            "Authorization: Bearer s3cr3tvalue",
            "postgres://user:s3cr3tvalue@db:5432/x",
            '{"token": "s3cr3tvalue"}',
            "password=s3cr3tvalue",
            "known s3cr3tvalue alone",
        ],
    )
    def test_hides_secrets(self, text: str) -> None:
        assert "s3cr3tvalue" not in redact(text, secrets=["s3cr3tvalue"])
        if "known" not in text:
            assert "s3cr3tvalue" not in redact(text)

    def test_leaves_ordinary_words(self) -> None:
        said = "Scanned 12 files in /films, 3 tokens of the name were odd."

        assert redact(said, secrets=["the"]) == said

    def test_puts_words_for_paths_the_longest_first(self) -> None:
        paths = {"/media": "<a>", "/media/films": "<b>", "/": "<c>"}

        assert redact("/media/films/x /media/y", paths=paths) == "<b>/x <a>/y"


@pytest.mark.django_db
class TestSupport:
    def test_names_no_folder_that_a_setting_names(
        self, owner_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = "DRIVEARR_BROWSE_ROOTS"
        told = replace(readings[name], raw="/home/anna/films", source="ENVIRONMENT")
        monkeypatch.setitem(readings, name, told)

        page = owner_client.get("/system/support/").content.decode()

        assert "DRIVEARR_BROWSE_ROOTS=&lt;folders&gt; (environment)" in page
        assert "anna" not in page

    def test_names_neither_folders_nor_secrets(
        self, owner_client: Client, settings: LazySettings
    ) -> None:
        root = Root.objects.create(path="/media/our-secret-films", kind="MOVIES")
        Job.objects.create(
            kind="library.scan",
            subject=root.subject,
            state="FAILED",
            started_at="2026-01-01T00:00Z",
            finished_at="2026-01-01T00:00Z",
            error_code="X",
            error_message=f"{root.path}/a.mkv?token=abcdef123456",
        )

        page = owner_client.get("/system/support/").content.decode()

        assert "our-secret-films" not in page
        assert "abcdef123456" not in page
        assert settings.SECRET_KEY not in page
        assert f"&lt;folder {root.pk}&gt;/a.mkv" in page


@pytest.mark.django_db
class TestStatistics:
    @pytest.fixture(autouse=True)
    def _records(self) -> None:
        drive = Drive.objects.create(name="Car")
        today = timezone.now().replace(hour=12)
        for days, size in ((0, 10**9), (40, 2 * 10**9), (400, 4 * 10**9)):
            SyncRecord.objects.create(
                drive=drive, action="COPIED", size_bytes=size, seconds=10.0
            )
            latest = SyncRecord.objects.order_by("-pk")[:1].values("pk")
            SyncRecord.objects.filter(pk__in=[row["pk"] for row in latest]).update(
                at=today - timedelta(days=days)
            )

    @pytest.mark.parametrize(
        ("asked", "copied"),
        [
            ("days=7", "1 GB"),
            ("days=90", "3 GB"),
            ("days=nonsense", "1 GB"),
            ("from={-410}&to={-390}", "4 GB"),
            ("from={-410}", "7 GB"),
            ("to={-30}", "2 GB"),
            ("from={1}&to={-1}", "1 GB"),
            ("from=x&to=9999-99-99", "1 GB"),
        ],
    )
    def test_tell_of_the_days_that_were_asked_for(
        self, owner_client: Client, asked: str, copied: str
    ) -> None:
        for days in (-410, -390, -30, -1, 1):
            day = timezone.localdate() + timedelta(days=days)
            asked = asked.replace(f"{{{days}}}", day.isoformat())

        page = owner_client.get(f"/system/statistics/?{asked}").content.decode()

        assert f'<dd class="figure__value">{copied}</dd>' in page


@pytest.mark.django_db
class TestHealth:
    def test_leads_to_the_fix_and_carries_a_badge(self, owner_client: Client) -> None:
        Drive.objects.create(name="Car", trouble="It is write-protected.")
        checking.look()

        page = owner_client.get("/system/").content.decode()

        assert "“Car”: It is write-protected." in page
        assert 'href="/drives/">Mend it' in page
        troubles = len(checking.find_last().troubles)  # type: ignore[union-attr] # just looked
        assert f'<span class="unseen">, </span>{troubles}</span>' in page

    def test_keeps_what_it_found(self) -> None:
        looked = checking.look()

        kept = checking.find_last()
        assert kept
        assert kept.findings == looked.findings
        assert all(isinstance(each, Finding) for each in kept.findings)


@pytest.mark.django_db
class TestRoles:
    def test_of_viewers_let_them_look_and_change_nothing(
        self, household: Household, member: User
    ) -> None:
        rights.assign(user=member, role=Role.VIEWER, subjects=None)
        client = Client()
        client.force_login(User.objects.get(pk=member.pk))

        page = client.get("/titles/").content.decode()

        assert 'type="checkbox" name="title"' not in page
        assert client.post("/queue/clear/").status_code == 403
        assert client.post("/notices/seen/").status_code == 302
