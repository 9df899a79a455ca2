"""A small untidy library through the real commands: what is right, wrong and left."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from library.metadata import tmdb as tmdb_module
from library.metadata import tvdb as tvdb_module
from library.models import MediaFile
from tests.fakes import serving
from tests.fakes.tmdb import READ_TOKEN, FakeTmdb, running_tmdb
from tests.fakes.tvdb import KEY, FakeTvdb, running_tvdb
from tests.scenes.catalogue import Catalogue, invent_catalogue, with_strangers
from tests.scenes.counting import Tally, tally
from tests.scenes.rough import plan_rough
from tests.scenes.untidy import Planned, plan_library, write_library

pytestmark = pytest.mark.django_db

FILES = 120
SEED = 20


class Home:
    """A library, two stand-ins, and the commands."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        capsys: pytest.CaptureFixture[str],
        plan: Callable[..., list[Planned]] = plan_library,
    ) -> None:
        invented = invent_catalogue(seed=SEED, movies=90, shows=14)
        self.catalogue: Catalogue = with_strangers(invented, seed=SEED)
        self.planned: list[Planned] = plan(self.catalogue, seed=SEED, files=FILES)
        self.folder = folder
        self.settings = settings
        self._capsys = capsys
        write_library(folder, self.planned)
        for name in ("movies", "shows"):
            self.run("roots", "add", str(folder / name), "--kind", name)

    def run(self, *words: str) -> Any:
        self._capsys.readouterr()
        call_command(*words, "--json")
        said = self._capsys.readouterr().out
        return json.loads(said) if said.strip() else None

    def identify(self) -> dict[str, Any]:
        self.run("scan")
        summary: dict[str, Any] = self.run("identify")
        return summary

    def tally(self, source: str) -> Tally:
        rows = self.run("roots", "list")
        roots = {row["id"]: Path(row["path"]).name for row in rows}
        return tally(self.planned, self.run("files"), roots=roots, source=source)


@pytest.fixture
def home(
    tmp_path: Path,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Home:
    # The pace is kept elsewhere (test_gating); here it would only cost time.
    monkeypatch.setattr(tmdb_module, "REQUESTS_PER_SECOND", 10_000)
    monkeypatch.setattr(tvdb_module, "REQUESTS_PER_SECOND", 10_000)
    return Home(tmp_path / "library", settings, capsys)


@pytest.fixture
def rough_home(
    tmp_path: Path,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Home:
    monkeypatch.setattr(tmdb_module, "REQUESTS_PER_SECOND", 10_000)
    return Home(tmp_path / "library", settings, capsys, plan_rough)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def use_tmdb(home: Home, stack: ExitStack) -> FakeTmdb:
    fake = stack.enter_context(running_tmdb())
    fake.load(home.catalogue)
    home.settings.TMDB_KEY = READ_TOKEN
    home.settings.TMDB_URL = f"{fake.url}/3"
    return fake


def use_tvdb(home: Home, stack: ExitStack) -> FakeTvdb:
    fake = stack.enter_context(running_tvdb())
    fake.load(home.catalogue)
    home.settings.TVDB_KEY = KEY
    home.settings.TVDB_URL = f"{fake.url}/v4"
    return fake


class TestAnUntidyLibrary:
    @pytest.mark.parametrize("name", ["tmdb", "tvdb"])
    def test_is_identified_by_each_source_alone(
        self, name: str, home: Home, stack: ExitStack
    ) -> None:
        fake = (use_tmdb if name == "tmdb" else use_tvdb)(home, stack)
        summary = home.identify()
        count = home.tally(name)

        assert summary["considered"] == sum(
            summary[state] for state in ("matched", "ambiguous", "unmatched")
        )
        assert summary["requests"] == len(fake.asked)
        assert count.mistakes == []
        assert count.recall >= 0.96, count.misses
        assert len(fake.asked) <= 1.3 * count.titles

    def test_of_a_rougher_sort_is_identified_too(
        self, rough_home: Home, stack: ExitStack
    ) -> None:
        fake = use_tmdb(rough_home, stack)
        rough_home.identify()
        count = rough_home.tally("tmdb")

        assert count.mistakes == []
        assert count.recall >= 0.95, count.misses
        assert len(fake.asked) <= 1.4 * count.titles

    def test_is_asked_about_once(self, home: Home, stack: ExitStack) -> None:
        fake = use_tmdb(home, stack)
        home.identify()
        asked = len(fake.asked)

        assert home.run("identify")["requests"] == 0
        assert home.run("identify", "--all")["requests"] == 0
        assert len(fake.asked) == asked

    def test_is_usable_without_a_source(self, home: Home) -> None:
        summary = home.identify()

        assert summary["matched"] > FILES * 0.9
        assert summary["requests"] == 0
        titles = home.run("titles", "--kind", "movie")
        assert len(titles) > 50

    def test_gets_its_sources_after_its_names(
        self, home: Home, stack: ExitStack
    ) -> None:
        home.identify()
        use_tmdb(home, stack)
        home.run("identify")
        count = home.tally("tmdb")

        # What only a name spoke of stands; nothing is given a title it is not.
        assert all("name of the file" in each for each in count.mistakes)
        assert count.recall >= 0.95, count.misses

    @pytest.mark.parametrize(
        "fault",
        [
            serving.status(401),
            serving.status(429, Retry_After="600"),
            serving.html,
            serving.cut_body,
            serving.reply({"results": "odd"}),
        ],
    )
    def test_survives_trouble_in_the_middle(
        self, fault: serving.Fault, home: Home, stack: ExitStack
    ) -> None:
        fake = use_tmdb(home, stack)
        fake.faults = [lambda handler: False] * 15 + [fault] * 40
        home.identify()
        before = home.tally("tmdb")
        fake.faults = []
        home.run("identify")
        after = home.tally("tmdb")

        assert before.right >= 10
        assert after.mistakes == []
        assert after.recall >= 0.94, after.misses

    def test_never_outranks_a_person(self, home: Home, stack: ExitStack) -> None:
        use_tmdb(home, stack)
        home.identify()
        rows = MediaFile.objects.filter(match_state="MATCHED").order_by("pk")[:5]
        pks = [row.pk for row in rows]
        other = MediaFile.objects.exclude(title=None).order_by("-pk")[0].title
        MediaFile.objects.filter(pk__in=pks).update(matched_by="PERSON", title=other)
        home.run("identify", "--all")

        kept = MediaFile.objects.filter(pk__in=pks).values_list("title", flat=True)
        assert other is not None
        assert set(kept) == {other.pk}
