"""What is in a video file."""

import os
import time
from pathlib import Path

import pytest

from drivearr.demo.catalogue import MOVIES
from drivearr.demo.filming import film
from drivearr.lib.progress import SilentProgress
from library.models import MediaFacts, MediaFile, Root
from library.probing import (
    Facts,
    ProbeFailed,
    Prober,
    ProbeUnanswered,
    facts_of,
)
from library.services import probing
from tests.factories.library import make_movie, make_root


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a real video with picture, tone and English subtitles."""
    path = tmp_path_factory.mktemp("video") / "Film.mkv"
    film(path, MOVIES[0].look, seconds=2, tone_hertz=440, subtitles=("eng",))
    return path


VIDEO_TRACK = {"track_type": "Video", "format": "HEVC", "width": 3840, "height": 2160}


class TestFactsOf:
    @pytest.mark.parametrize(
        ("track", "hdr"),
        [
            ({}, ""),
            ({"transfer_characteristics": "HLG"}, "HLG"),
            ({"transfer_characteristics": "PQ"}, "HDR10"),
            (
                {"hdr_format": "SMPTE ST 2086", "hdr_format_compatibility": "HDR10"},
                "HDR10",
            ),
            (
                {
                    "hdr_format": "Dolby Vision",
                    "hdr_format_compatibility": "HDR10 / HDR10",
                },
                "Dolby Vision, HDR10",
            ),
        ],
    )
    def test_names_the_dynamic_range(self, track: dict[str, str], hdr: str) -> None:
        assert facts_of([VIDEO_TRACK | track]).hdr == hdr

    def test_reads_languages_and_flags(self) -> None:
        found = facts_of(
            [
                VIDEO_TRACK,
                {
                    "track_type": "Audio",
                    "format": "AAC",
                    "channel_s": 2,
                    "default": "Yes",
                },
                {"track_type": "Text", "language": "de", "forced": "Yes"},
                {"track_type": "Text", "language": "en", "title": "English SDH"},
                {"track_type": "Menu", "00_00_00000": "One", "00_10_00000": "Two"},
            ]
        )

        assert (found.audio[0].channels, found.audio[0].is_default) == (2, True)
        assert [text.is_forced for text in found.subtitles] == [True, False]
        assert [text.is_sdh for text in found.subtitles] == [False, True]
        assert found.chapters == 2

    @pytest.mark.parametrize(
        "tracks", [[], [{"track_type": "General"}], [{"track_type": None}]]
    )
    def test_refuses_what_has_no_picture(self, tracks: list[dict[str, str]]) -> None:
        with pytest.raises(ProbeFailed):
            facts_of(tracks)

    def test_takes_nonsense_as_unknown(self) -> None:
        found = facts_of([VIDEO_TRACK | {"width": "wide", "frame_rate": None}])

        assert (found.width, found.frame_rate) == (None, None)


class TestProber:
    def test_reads_a_real_video(self, video: Path) -> None:
        with Prober() as prober:
            found = prober.read(str(video))

        assert found.container == "Matroska"
        assert None not in {found.width, found.height}
        assert found.duration_seconds == pytest.approx(3.5, abs=2)
        assert len(found.audio) == 1
        assert [text.language for text in found.subtitles] == ["en"]

    def test_tells_what_is_no_video_and_goes_on(
        self, video: Path, tmp_path: Path
    ) -> None:
        noise = tmp_path / "noise.mkv"
        noise.write_bytes(os.urandom(50_000))

        with Prober() as prober:
            for path in (noise, tmp_path / "absent.mkv"):
                with pytest.raises(ProbeFailed):
                    prober.read(str(path))

            assert prober.read(str(video)).container == "Matroska"

    def test_leaves_a_file_that_does_not_answer(
        self, video: Path, tmp_path: Path
    ) -> None:
        fifo = tmp_path / "fifo.mkv"
        os.mkfifo(fifo)

        with Prober(seconds=1.5) as prober:
            begun = time.monotonic()
            with pytest.raises(ProbeFailed):
                prober.read(str(fifo))

            assert time.monotonic() - begun < 10
            prober.seconds = 60
            assert prober.read(str(video)) != Facts()


@pytest.mark.django_db(transaction=True)
class TestProbeFiles:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Root:
        root = make_root(tmp_path / "films")
        about = root.folder.stat()
        root.mark_scanned(now=root.added_at, device=f"{about.st_dev}:{about.st_ino}")
        return root

    def test_reads_each_file_once(self, root: Root, video: Path) -> None:
        make_movie(root, data=video.read_bytes())

        first = probing.probe_files(progress=SilentProgress())
        second = probing.probe_files(progress=SilentProgress())

        assert (first.read, second.read) == (1, 0)
        assert MediaFacts.objects.get().container == "Matroska"

    def test_reads_a_changed_file_again(self, root: Root, video: Path) -> None:
        make_movie(root, data=b"no video")
        first = probing.probe_files(progress=SilentProgress())
        file = MediaFile.objects.get()
        (root.folder / file.relpath).write_bytes(video.read_bytes())
        MediaFile.objects.update(size_bytes=video.stat().st_size, mtime_ns=7)

        second = probing.probe_files(progress=SilentProgress())

        assert (first.unreadable, second.read) == (1, 1)
        assert MediaFacts.objects.get().problem == ""

    def test_leaves_folders_that_are_away(self, root: Root) -> None:
        make_movie(root)
        root.folder.rename(root.folder.with_name("elsewhere"))

        found = probing.probe_files(progress=SilentProgress())

        assert (found.read, found.unreadable, found.left) == (0, 0, 1)

    def test_leaves_a_folder_whose_disk_stops_to_answer(
        self, root: Root, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("One", "Two", "Three"):
            make_movie(root, name)
        asked: list[str] = []

        def wait(self: Prober, path: str) -> Facts:
            asked.append(path)
            raise ProbeUnanswered("It could not be read within 60 s.")

        monkeypatch.setattr(Prober, "read", wait)
        monkeypatch.setattr(probing, "is_same_folder", lambda root: not asked)
        found = probing.probe_files(progress=SilentProgress())

        assert (found.read, found.unreadable, found.left) == (0, 0, 3)
        assert len(asked) == 1
        assert not MediaFacts.objects.exists()
