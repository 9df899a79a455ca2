"""One pace and one fuse for all who ask a source."""

from datetime import UTC, datetime, timedelta

import pytest

from library.metadata.pacing import REST_SECONDS, TROUBLES_MOST
from library.metadata.source import SourceResting
from library.models import MetadataSource
from library.services.gating import HANDED_OUT, SharedGate, wake_sources
from library.services.sourcing import list_rows

pytestmark = pytest.mark.django_db

BEGIN = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at = BEGIN

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    list_rows()
    MetadataSource.objects.update(next_at=BEGIN)
    return Clock()


def gate(clock: Clock, per_second: float = 10) -> SharedGate:
    return SharedGate("tmdb", per_second, now=clock.now, sleep=clock.sleep)


class TestPace:
    def test_is_kept_by_all_together(self, clock: Clock) -> None:
        ours, theirs = gate(clock), gate(clock)
        for _ in range(50):
            ours.wait()
            theirs.wait()

        took = (clock.at - BEGIN).total_seconds()
        # A hundred requests at ten a second, less what may leave at once.
        assert 8.0 <= took <= 10.0

    def test_asks_the_database_once_in_a_while(self, clock: Clock) -> None:
        asked = gate(clock)
        asked.wait()
        before = MetadataSource.objects.get(name="tmdb").next_at
        for _ in range(HANDED_OUT - 1):
            asked.wait()

        assert MetadataSource.objects.get(name="tmdb").next_at == before

    def test_of_one_source_is_none_of_another(self, clock: Clock) -> None:
        for _ in range(30):
            gate(clock).wait()

        assert MetadataSource.objects.get(name="tvdb").next_at == BEGIN


class TestFuse:
    def test_goes_after_so_many_troubles_in_a_row(self, clock: Clock) -> None:
        asked = gate(clock)
        for _ in range(TROUBLES_MOST):
            asked.note_trouble("It broke off.")

        with pytest.raises(SourceResting) as rest:
            gate(clock).wait()

        assert rest.value.advice
        clock.sleep(REST_SECONDS + 1)
        gate(clock).wait()

    def test_holds_when_an_answer_comes_between(self, clock: Clock) -> None:
        asked = gate(clock)
        for _ in range(TROUBLES_MOST * 3):
            asked.note_trouble("It broke off.")
            asked.note_success()

        asked.wait()
        assert MetadataSource.objects.get(name="tmdb").troubles == 0

    def test_counts_the_troubles_of_all(self, clock: Clock) -> None:
        for _ in range(TROUBLES_MOST):
            gate(clock).note_trouble("It broke off.")

        with pytest.raises(SourceResting):
            gate(clock).wait()

    def test_a_good_answer_ends_what_others_counted(self, clock: Clock) -> None:
        for _ in range(TROUBLES_MOST - 1):
            gate(clock).note_trouble("It broke off.")
        asked = gate(clock)
        asked.wait()
        asked.note_success()

        assert MetadataSource.objects.get(name="tmdb").troubles == 0

    def test_is_mended_when_a_person_wants_it_now(self, clock: Clock) -> None:
        for _ in range(TROUBLES_MOST):
            gate(clock).note_trouble("It broke off.")
        wake_sources()

        gate(clock).wait()
