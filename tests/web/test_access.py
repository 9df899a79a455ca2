"""Who gets in."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from drivearr.web import throttling
from drivearr.web.access import SetupClosed, create_owner
from drivearr.web.views import server_error
from tests.scenes.fixtures import HTMX

GOOD = "a long enough secret"


@pytest.mark.django_db
class TestFirstStart:
    @pytest.mark.parametrize("path", ["/", "/titles/", "/sign-in/", "/admin/"])
    def test_leads_every_page_to_the_setup(self, client: Client, path: str) -> None:
        assert client.get(path).headers["Location"] == "/setup/"

    def test_answers_a_container_that_asks_for_health(self, client: Client) -> None:
        assert client.get("/health/").content == b"ok\n"

    def test_makes_the_owner_and_signs_in(self, client: Client) -> None:
        sent = {"username": "olga", "password1": GOOD, "password2": GOOD}
        answer = client.post("/setup/", sent)

        assert answer.headers["Location"] == reverse("start")
        owner = User.objects.get()
        assert owner.is_superuser
        assert owner.is_staff
        assert client.session["_auth_user_id"] == str(owner.pk)

    @pytest.mark.parametrize(
        ("name", "first", "again"),
        [
            ("olga", "short", "short"),
            ("olga", GOOD, "another long secret"),
            ("olga", "12345678901", "12345678901"),
            ("", GOOD, GOOD),
            ("o" * 151, GOOD, GOOD),
            ("ol\0ga", GOOD, GOOD),
        ],
    )
    def test_refuses_what_makes_no_account(
        self, client: Client, name: str, first: str, again: str
    ) -> None:
        sent = {"username": name, "password1": first, "password2": again}

        assert client.post("/setup/", sent).status_code == 422
        assert not User.objects.exists()

    def test_is_closed_for_ever_afterwards(self, client: Client, owner: User) -> None:
        sent = {"username": "thief", "password1": GOOD, "password2": GOOD}

        assert client.get("/setup/").headers["Location"] == "/sign-in/"
        assert client.post("/setup/", sent).headers["Location"] == "/sign-in/"
        assert User.objects.get() == owner

    def test_lets_only_the_first_of_two_visitors_through(self, owner: User) -> None:
        with pytest.raises(SetupClosed):
            create_owner(username="second", password=GOOD)

        assert User.objects.count() == 1


@pytest.mark.django_db
class TestSignIn:
    def post(self, client: Client, password: str, **more: str) -> int:
        sent = {"username": "olga", "password": password} | more
        return client.post("/sign-in/", sent).status_code

    def test_asks_a_stranger_and_remembers_where_to(
        self, client: Client, owner: User
    ) -> None:
        answer = client.get("/titles/?q=x")

        assert answer.headers["Location"] == "/sign-in/?next=/titles/%3Fq%3Dx"

    def test_lets_in_with_the_right_password(self, client: Client, owner: User) -> None:
        assert self.post(client, "correct horse") == 302
        assert client.get("/").status_code == 200

    def test_says_so_when_the_password_is_wrong(
        self, client: Client, owner: User
    ) -> None:
        assert self.post(client, "wrong") == 422

    @pytest.mark.parametrize(
        "evil",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "javascript:alert(1)",
            "http:///evil.example",
        ],
    )
    def test_never_leads_to_another_site(
        self, client: Client, owner: User, evil: str
    ) -> None:
        sent = {"username": "olga", "password": "correct horse", "next": evil}

        assert client.post("/sign-in/", sent).headers["Location"] == "/"

    def test_goes_where_the_person_wanted(self, client: Client, owner: User) -> None:
        sent = {"username": "olga", "password": "correct horse", "next": "/drives/"}

        assert client.post("/sign-in/", sent).headers["Location"] == "/drives/"

    def test_lets_a_guesser_wait(self, client: Client, owner: User) -> None:
        guesses = [self.post(client, "x") for _ in range(throttling.TRIES_PER_NAME)]

        assert set(guesses) == {422}
        assert self.post(client, "correct horse") == 429

    def test_lets_only_that_name_wait(self, client: Client, member: User) -> None:
        for _ in range(throttling.TRIES_PER_NAME):
            self.post(client, "x")
        sent = {"username": "max", "password": "battery staple"}

        assert client.post("/sign-in/", sent).status_code == 302

    def test_lets_an_address_wait_that_tries_many_names(
        self, client: Client, owner: User
    ) -> None:
        for number in range(throttling.TRIES_PER_ADDRESS):
            throttling.count_failure(address="127.0.0.1", name=f"n{number}")

        assert self.post(client, "correct horse") == 429

    def test_starts_anew_after_the_right_password(
        self, client: Client, owner: User
    ) -> None:
        for _ in range(throttling.TRIES_PER_NAME - 1):
            self.post(client, "x")
        self.post(client, "correct horse")
        client.logout()

        assert self.post(client, "x") == 422

    def test_ends_with_sign_out(self, owner_client: Client) -> None:
        assert owner_client.post("/sign-out/").headers["Location"] == "/sign-in/"
        assert owner_client.get("/").status_code == 302

    def test_takes_hostile_values(self, client: Client, owner: User) -> None:
        assert self.post(client, "\0" * 10) == 422
        assert self.post(client, "x", username="o\0" * 200) == 422
        assert self.post(client, "x" * 5000) == 422


@pytest.mark.django_db
class TestPoll:
    def test_of_a_session_that_ended_reloads_the_whole_page(
        self, client: Client, owner: User
    ) -> None:
        shown = "http://testserver/queue/?drive=1"
        answer = client.get("/queue/", headers={**HTMX, "HX-Current-URL": shown})

        assert answer.headers["HX-Redirect"] == "/sign-in/?next=%2Fqueue%2F"
        assert answer.content == b""


@pytest.mark.django_db
class TestPassword:
    def test_is_changed_and_the_session_stays(self, owner_client: Client) -> None:
        sent = {
            "old_password": "correct horse",
            "new_password1": GOOD,
            "new_password2": GOOD,
        }

        assert owner_client.post("/password/", sent).status_code == 302
        assert owner_client.get("/").status_code == 200

    def test_stays_when_the_old_one_is_wrong(self, owner_client: Client) -> None:
        sent = {"old_password": "x", "new_password1": GOOD, "new_password2": GOOD}

        assert owner_client.post("/password/", sent).status_code == 422


@pytest.mark.django_db
class TestAdmin:
    def test_has_no_door_of_its_own(self, client: Client, owner: User) -> None:
        answer = client.get("/admin/login/?next=/admin/auth/user/")

        assert answer.headers["Location"] == "/sign-in/?next=%2Fadmin%2Fauth%2Fuser%2F"

    def test_refuses_a_member(self, member_client: Client) -> None:
        answer = member_client.get("/admin/", follow=True)

        assert answer.status_code == 403

    def test_opens_for_an_owner(self, owner_client: Client) -> None:
        assert owner_client.get("/admin/").status_code == 200


@pytest.mark.django_db
class TestHeaders:
    @pytest.mark.parametrize("path", ["/", "/no/such/page/", "/admin/", "/health/"])
    def test_let_the_browser_run_nothing_but_ours(
        self, owner_client: Client, path: str
    ) -> None:
        headers = owner_client.get(path).headers

        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"

    def test_keep_pages_out_of_shared_caches(self, owner_client: Client) -> None:
        headers = owner_client.get("/titles/").headers

        assert "private" in headers["Cache-Control"]
        assert "HX-Request" in headers["Vary"]


@pytest.mark.django_db
class TestForgery:
    def test_is_refused_with_a_sentence(self, owner: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(owner)

        answer = client.post("/sign-out/", headers={"Origin": "https://home.example"})

        assert answer.status_code == 403
        assert b"DRIVEARR_URL=https://home.example" in answer.content
        assert client.get("/").status_code == 200


@pytest.mark.django_db
class TestTheme:
    def test_is_kept_and_shown(self, owner_client: Client) -> None:
        answer = owner_client.post("/theme/", {"theme": "dark", "next": "/titles/"})

        assert answer.headers["Location"] == "/titles/"
        assert b'data-theme="dark"' in owner_client.get("/").content

    def test_of_nonsense_follows_the_system(self, owner_client: Client) -> None:
        owner_client.post("/theme/", {"theme": '"><script>'})

        assert b"data-theme=" not in owner_client.get("/").content


@pytest.mark.django_db
class TestErrorPages:
    def test_say_what_is_the_matter(self, owner_client: Client) -> None:
        answer = owner_client.get("/no/such/page/")

        assert answer.status_code == 404
        assert b"Nothing here" in answer.content

    def test_show_without_a_database(self) -> None:
        answer = server_error(Client().get("/health/").wsgi_request)

        assert answer.status_code == 500
        assert b"fault in Drivearr" in answer.content
