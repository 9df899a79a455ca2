"""How much goes into one batch."""

from syncqueue.services.batching import FILES_MOST, Measure


class TestMeasure:
    def test_grows_while_it_is_quick(self) -> None:
        measure = Measure()
        for _ in range(10):
            measure.learn(0.1)
        assert (measure.files, measure.size_bytes) == (FILES_MOST, 32 * 1024**2)

    def test_comes_down_to_single_files_on_a_crawling_drive(self) -> None:
        measure = Measure()
        for _ in range(10):
            measure.learn(5.0)
        assert (measure.files, measure.size_bytes) == (1, 64 * 1024)

    def test_stays_where_it_takes_as_long_as_it_may(self) -> None:
        measure = Measure(files=7, size_bytes=10**6)
        measure.learn(0.7)
        assert (measure.files, measure.size_bytes) == (7, 10**6)
