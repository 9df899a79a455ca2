"""All pages at once: who may see them, what they take, what they cost."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from drivearr.lib.remembering import forget_all
from drives.models import Attachment, Drive, DriveFile, DriveFileItem, SyncRecord
from library.models import Item, MediaFile, MediaFileItem, Root, Season, Title
from syncqueue.models import QueueItem
from tests.scenes.fixtures import HTMX
from tests.scenes.household import Household

OPEN_TO_ALL = {
    *("setup", "sign_in", "set_theme", "set_language", "health", "admin_sign_in"),
}
"""The whole list of urls that answer without sign-in."""
OWNERS_ONLY = {
    "add_root",
    "move_root",
    *("source_list", "change_source", "edit_source_key"),
    "styleguide",
    *("scan_root", "poll_root"),
    "remove_root",
    "add_drive",
    "edit_drive",
    "forget_drive",
    "assign_drive",
    "delete_from_drive",
    "delete_foreign",
    "health_page",
    "look_again",
    "start",
    "change_start",
    "schedule_list",
    "change_schedule",
    "statistics_page",
    "log_page",
    "download_log",
    "support_page",
    "edit_settings",
    "person_list",
    "add_person",
    "edit_person",
    "remove_person",
    "audit_trail",
    "backup_list",
    "make_backup",
    "upload_backup",
    "download_backup",
    "restore_backup",
    "drop_backup",
    "edit_outgoing",
    "test_outgoing",
    *("begin_plex_sign_in", "plex_sign_in", "paste_plex_token", "add_plex_server"),
    *(
        "check_plex_account",
        "plex_sign_out",
        "take_shared_servers",
        "plex_gone",
        "settle_plex_gone",
        "connect_plex_server",
        "plex_server",
    ),
    *("plex_libraries", "edit_plex_server", "edit_plex_library", "map_plex_path"),
    *("try_plex_path", "unmap_plex_path", "settle_plex_errors"),
    *("choose_plex_library", "sync_plex_library", "take_plex_folder"),
    *("plex_activity", "sync_plex_title", "mark_plex_title"),
    *("bring_back", "forget_missing"),
}
OWN_ACCOUNT = {
    *("sign_in", "sign_out", "change_password", "setup"),
    *("set_theme", "set_language", "mark_notices_seen", "admin_sign_in"),
}
"""What everybody does with their own sign-in."""
_PART = re.compile(r"<(?:(\w+):)?\w+>")


def walk(
    patterns: list[Any], path: str = "", space: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield name and path of every url, with 1 for every part that varies."""
    for entry in patterns:
        here = path + str(entry.pattern).lstrip("^")
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from walk(entry.url_patterns, here, inner)
        elif isinstance(entry, URLPattern):
            yield f"{space}{entry.name}", "/" + _PART.sub("1", here)


URLS = [
    (name, path) for name, path in walk(get_resolver().url_patterns) if "(?" not in path
]
OURS = [(name, path) for name, path in URLS if not name.startswith("admin:")]


@pytest.mark.django_db
class TestEveryUrl:
    def test_is_found_by_the_walk(self) -> None:
        names = {name for name, _ in URLS}

        assert {"dashboard", "title_detail", "admin:index", "queue"} <= names
        assert len(OURS) > 40

    def test_asks_a_stranger_to_sign_in(self, owner: User, client: Client) -> None:
        for name, path in URLS:
            self.ask(client, name, path)

    def ask(self, client: Client, name: str, path: str) -> None:
        answers = [client.get(path), client.post(path)]

        # The admin sends to its own sign-in, which is ours (TestAdmin).
        doors = ("/sign-in/?next=", "/admin/login/?next=", "/admin/")
        asked = [
            answer.headers.get("Location", "").startswith(
                doors if name.startswith("admin:") else doors[0]
            )
            for answer in answers
        ]
        if name in OPEN_TO_ALL:
            assert not all(asked) or name == "admin_sign_in"
        else:
            assert all(asked), path

    def test_is_a_page_or_a_refusal_for_a_member(self, member_client: Client) -> None:
        for name, path in OURS:
            if name == "sign_out":
                continue
            status = member_client.get(path).status_code
            if name in OWNERS_ONLY:
                # A deed by GET is refused as such before anything else.
                assert status in {403, 405}, path
                assert member_client.post(path).status_code == 403, path
            else:
                assert status in {200, 302, 404, 405, 403}, path
                assert (status == 403) == (name == "admin_sign_in"), path

    def test_lets_a_viewer_look_and_change_nothing(
        self, viewer_client: Client, member_client: Client
    ) -> None:
        for name, path in OURS:
            if name in OWN_ACCOUNT:
                continue
            seen = member_client.get(path).status_code
            assert viewer_client.get(path).status_code == seen, path
            # A page that is only looked at knows no POST.
            assert viewer_client.post(path).status_code in {403, 405}, path

    def test_refuses_a_forged_form(self, owner: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(owner)

        for _name, path in OURS:
            assert client.post(path, {"title": "1"}).status_code in {403, 405}, path


PAGES = [
    "/",
    "/more/",
    "/titles/",
    "/titles/?sort=added",
    "/titles/?kind=SHOW&q=light",
    "/titles/{movie}/",
    "/titles/{show}/",
    "/unmatched/",
    "/unmatched/?state=SUGGESTED",
    "/folders/",
    "/folders/add/",
    "/folders/{root}/remove/",
    "/drives/",
    "/drives/add/",
    "/drives/{drive}/",
    "/drives/{drive}/status/",
    "/drives/{drive}/contents/?state=MISSING",
    "/drives/{drive}/files/",
    "/drives/{drive}/files/?show=foreign",
    "/drives/{drive}/history/",
    "/drives/history/?action=COPIED&first=2026-01-01",
    "/drives/{drive}/edit/",
    "/drives/{drive}/forget/",
    "/drives/{drive}/delete/",
    "/drives/{drive}/delete/?title={movie}",
    "/drives/{drive}/plan/",
    "/queue/",
    "/queue/?drive={drive}",
    "/queue/add/?title={movie}",
    "/jobs/",
    "/jobs/?state=failed",
    "/jobs/{job}/",
    "/password/",
    "/styleguide/",
    "/about/",
    "/jobs/errors/",
    "/start/",
    "/where/",
    "/where/?q=light&where=any",
    "/titles/?view=table",
    "/titles/?view=overview&where=on-{drive}",
    "/titles/?where=none&decade=1960",
    "/notices/",
    "/system/",
    "/system/schedules/",
    "/system/statistics/",
    "/system/statistics/?days=365",
    "/system/log/",
    "/system/log/?level=ERROR&tail=1",
    "/system/settings/",
    "/system/people/",
    "/system/people/add/",
    "/system/audit/",
    "/system/backups/",
    "/system/notices/",
    "/system/support/",
    "/running/",
]


def fill_in(path: str, home: Household) -> str:
    shows = [title for title in home.titles if title.kind == "SHOW"]
    return path.format(
        movie=home.titles[0].pk,
        show=shows[0].pk,
        root=home.roots[0].pk,
        drive=home.drives[0].pk,
        job=home.jobs[1].pk,
    )


@pytest.mark.django_db
class TestEveryPage:
    def test_shows_a_household(self, household: Household, home_client: Client) -> None:
        for path in PAGES:
            answer = home_client.get(fill_in(path, household))
            page = answer.content.decode()
            ids = re.findall(r'\sid="([^"]+)"', page)

            assert answer.status_code == 200, path
            assert "{{" not in page, path
            assert "{%" not in page, path
            assert sorted(ids) == sorted(set(ids)), path

    def test_shows_an_empty_house(self, owner_client: Client) -> None:
        for path in PAGES:
            at = path.format(movie=1, show=1, root=1, drive=1, job=1)
            assert owner_client.get(at).status_code in {200, 404}, path

    def test_has_the_part_that_its_refresh_gives(
        self, household: Household, home_client: Client
    ) -> None:
        for path in [
            *("/titles/", "/jobs/", "/folders/", "/queue/"),
            *("/drives/", "/unmatched/"),
        ]:
            part = home_client.get(path, headers=HTMX).content.decode()
            page = home_client.get(path).content.decode()
            root_id = re.search(r'id="([\w-]+)"', part)

            assert root_id, path
            assert "<html" not in part, path
            assert page.count(f'id="{root_id[1]}"') == 1, path


HOSTILE = [
    "\0",
    "9" * 400,
    "-1",
    "'; DROP TABLE x; --",
    "<script>",
    "%%%s",
    "\ud7ff",
    "../..",
]
QUERIES = [
    "/titles/?page={}",
    "/titles/?q={}",
    "/titles/?kind={}",
    "/titles/?sort={}",
    "/unmatched/?q={}",
    "/unmatched/?root={}",
    "/unmatched/?page={}",
    "/unmatched/match/?file={}",
    "/folders/add/?folder={}",
    "/folders/add/?kind={}",
    "/drives/add/?folder={}",
    "/drives/{drive}/?state={}",
    "/drives/{drive}/contents/?q={}",
    "/drives/{drive}/contents/?page={}",
    "/drives/{drive}/files/?q={}",
    "/drives/{drive}/files/?show={}",
    "/drives/{drive}/history/?page={}",
    "/queue/?drive={}",
    "/queue/?drive={drive}&page={}",
    "/queue/add/?title={}",
    "/jobs/?state={}",
    "/jobs/?kind={}",
    "/jobs/?page={}",
    "/sign-in/?next={}",
    "/titles/{}/",
    "/drives/{}/",
    "/jobs/{}/",
]


@pytest.mark.django_db
class TestHostileValues:
    @pytest.mark.parametrize("value", HOSTILE)
    def test_give_a_page_or_a_refusal(self, owner_client: Client, value: str) -> None:
        drive = Drive.objects.create(name="D")
        for query in QUERIES:
            path = query.replace("{drive}", str(drive.pk)).format(quote(value, safe=""))
            answer = owner_client.get(path)
            assert answer.status_code < 500, path

    @pytest.mark.parametrize("value", HOSTILE)
    def test_in_forms_change_nothing(self, owner_client: Client, value: str) -> None:
        drive = Drive.objects.create(name="D")
        forms: list[tuple[str, dict[str, Any]]] = [
            ("/folders/add/", {"path": value, "kind": "MOVIES"}),
            ("/folders/add/", {"path": "/tmp", "kind": value}),
            ("/drives/add/", {"path": value}),
            ("/drives/add/", {"path": value, "is_folder": "1"}),
            (f"/drives/{drive.pk}/edit/", {"name": value, "reserve_bytes": value}),
            ("/queue/add/", {"title": value, "drive": value}),
            ("/queue/clear/", {"drive": value}),
            (f"/drives/{drive.pk}/send/", {"kind": value}),
            ("/unmatched/decide/", {"file": value, "deed": value}),
            ("/unmatched/match/", {"file": value, "candidate": value}),
            ("/theme/", {"theme": value, "next": value}),
        ]
        for path, sent in forms:
            assert owner_client.post(path, sent).status_code < 500, (path, sent)
        assert not Root.objects.exists()
        assert Drive.objects.get().name == "D"

    def test_in_names_are_shown_as_text(
        self, household: Household, home_client: Client
    ) -> None:
        evil = "<script>alert(1)</script>\"'>"
        title, drive = household.titles[0], household.drives[0]
        Title.objects.filter(pk=title.pk).update(name=evil, overview=evil)
        Drive.objects.filter(pk=drive.pk).update(name=evil, trouble=evil, owner=evil)
        MediaFile.objects.filter(title=title).update(relpath=evil, match_reason=evil)
        Root.objects.update(state_reason=evil)
        User.objects.filter(pk=household.owner.pk).update(username=evil)
        for path in PAGES:
            page = home_client.get(fill_in(path, household)).content
            assert b"<script>alert" not in page, path


def grow_titles(count: int) -> None:
    root = Root.objects.get_or_create(path="/grow", kind="SHOWS")[0]
    drive = Drive.objects.get_or_create(name="Grow")[0]
    for number in range(count):
        key = f"grow-{Title.objects.count()}"
        title = Title.objects.create(
            kind="SHOW", identity_key=key, name=key, sort_name=key
        )
        season = Season.objects.create(title=title, number=1)
        item = Item.objects.create(title=title, season=season, number=1)
        file = MediaFile.objects.create(
            root=root,
            relpath=f"{key}/{number}.mkv",
            size_bytes=1,
            mtime_ns=1,
            title=title,
            match_state="MATCHED",
        )
        MediaFileItem.objects.create(media_file=file, item=item)
        there = DriveFile.objects.create(
            drive=drive, relpath=file.relpath, origin="OURS", size_bytes=1, title=title
        )
        DriveFileItem.objects.create(drive_file=there, item=item)
        SyncRecord.objects.create(drive=drive, action="COPIED", title=title)
        QueueItem.objects.create(drive=drive, title=title)
        MediaFile.objects.create(
            root=root,
            relpath=f"{key}/odd {number}.mkv",
            size_bytes=1,
            mtime_ns=1,
            match_state="UNMATCHED",
        )


def grow_drives(count: int) -> None:
    title = Title.objects.first()
    assert title
    for _ in range(count):
        drive = Drive.objects.create(name=f"grown {Drive.objects.count()}")
        Attachment.objects.create(drive=drive, host="h", path="/x", total_bytes=9)
        QueueItem.objects.create(drive=drive, title=title)


def grow_roots(count: int) -> None:
    for _ in range(count):
        root = Root.objects.create(path=f"/r{Root.objects.count()}", kind="MOVIES")
        root.scans.create(finished_at="2026-01-01T00:00Z")


def grow_episodes(count: int) -> None:
    season = Season.objects.order_by("pk").first()
    root = Root.objects.first()
    assert season
    assert root
    for _ in range(count):
        number = season.items.count() + 1
        item = Item.objects.create(title=season.title, season=season, number=number)
        file = MediaFile.objects.create(
            root=root,
            relpath=f"e{number}.mkv",
            size_bytes=1,
            mtime_ns=1,
            title=season.title,
        )
        MediaFileItem.objects.create(media_file=file, item=item)


@pytest.mark.django_db
class TestQueryCount:
    @pytest.mark.parametrize(
        ("path", "grow"),
        [
            ("/", grow_titles),
            ("/", grow_drives),
            ("/titles/", grow_titles),
            ("/titles/", grow_drives),
            ("/unmatched/", grow_titles),
            ("/folders/", grow_roots),
            ("/drives/", grow_drives),
            ("/queue/", grow_titles),
            ("/queue/", grow_drives),
            ("/titles/{title}/", grow_episodes),
            ("/titles/{title}/", grow_drives),
            ("/queue/add/?title={title}", grow_drives),
            ("/drives/{drive}/", grow_titles),
            ("/drives/{drive}/contents/", grow_titles),
            ("/drives/{drive}/files/", grow_titles),
            ("/drives/{drive}/history/", grow_titles),
        ],
    )
    def test_is_the_same_for_ten_rows_and_for_twenty(
        self, owner_client: Client, path: str, grow: Callable[[int], None]
    ) -> None:
        grow_titles(10)
        title, drive = Title.objects.order_by("pk")[0], Drive.objects.get()
        where = path.format(title=title.pk, drive=drive.pk)
        grow(10)

        counts = []
        for _ in range(2):
            forget_all()
            with CaptureQueriesContext(connection) as caught:
                assert owner_client.get(where).status_code == 200
            counts.append(len(caught))
            grow(10)

        assert counts[0] == counts[1]
        assert counts[0] < 45

    def test_of_jobs_does_not_grow(
        self, household: Household, home_client: Client
    ) -> None:
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as caught:
                home_client.get(reverse("job_list"))
            counts.append(len(caught))
            for job in household.jobs[1:4]:
                for number in range(5):
                    job.pk = None
                    job.subject = f"root:{household.roots[number % 3].pk}"
                    job.save()

        assert counts[0] == counts[1]
