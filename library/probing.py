"""What is in a video file: read by libmediainfo in a child process, one at a time.

Foreign files are read by a foreign library: where it hangs or dies, the child does.
"""

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

from drivearr.lib.errors import SkipFile
from drivearr.lib.wording import gettext, gettext_noop

READ_SECONDS = 60.0
"""A file that takes longer is on a disk that does not answer, or is broken."""
_TRACKS_MOST = 60
_TEXT_MOST = 120
_SDH_WORDS = ("sdh", "hearing", "cc")


class ProbeFailed(SkipFile):
    """What is in a file cannot be read."""

    code = "MEDIA_UNREADABLE"
    advice = gettext_noop(
        "Play it to see whether it is whole; it is copied all the same."
    )


class ProbeUnanswered(ProbeFailed):
    """Reading a file does not come to an end."""

    code = "MEDIA_UNANSWERED"
    advice = gettext_noop("See whether the disk it is on is well.")


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound track."""

    codec: str
    channels: int | None
    language: str
    """Two or three letters as the file says; "" when it does not."""
    title: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class Text:
    """One subtitle track."""

    codec: str
    language: str
    title: str
    is_forced: bool
    is_sdh: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What is in a video file; what it does not say is None or empty."""

    container: str = ""
    duration_seconds: float | None = None
    video_codec: str = ""
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    hdr: str = ""
    audio: tuple[Sound, ...] = ()
    subtitles: tuple[Text, ...] = ()
    chapters: int = 0


def read_facts(path: str) -> Facts:
    """Read one file, here and now; only its head and tail are read.

    Raises:
        ProbeFailed: it holds no picture, or cannot be read.

    """
    from pymediainfo import MediaInfo  # noqa: PLC0415 - loads a library of 10 MB

    try:
        parsed = MediaInfo.parse(path, parse_speed=0.5)
    except (OSError, RuntimeError, ValueError) as error:
        raise ProbeFailed(gettext("The file cannot be read.")) from error
    return facts_of([track.to_data() for track in parsed.tracks])


def facts_of(tracks: Sequence[dict[str, Any]]) -> Facts:
    """Read libmediainfo's tracks. Source: MediaInfoLib, Source/Resource/Text/Stream.

    Raises:
        ProbeFailed: none of them is a picture.

    """
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for track in tracks[:_TRACKS_MOST]:
        by_kind.setdefault(str(track.get("track_type")), []).append(track)
    if "Video" not in by_kind:
        raise ProbeFailed(gettext("No picture was found in the file."))
    general, video = by_kind.get("General", [{}])[0], by_kind["Video"][0]
    milliseconds = _number(general.get("duration") or video.get("duration"))
    return Facts(
        container=_text(general.get("format")),
        duration_seconds=milliseconds / 1000 if milliseconds else None,
        video_codec=_text(video.get("format")),
        width=_whole(video.get("width")),
        height=_whole(video.get("height")),
        frame_rate=_number(video.get("frame_rate")),
        hdr=_hdr(video),
        audio=tuple(_sound(track) for track in by_kind.get("Audio", [])),
        subtitles=tuple(_subtitle(track) for track in by_kind.get("Text", [])),
        chapters=sum(_count_chapters(track) for track in by_kind.get("Menu", [])),
    )


def _sound(track: dict[str, Any]) -> Sound:
    return Sound(
        codec=_text(track.get("commercial_name") or track.get("format")),
        channels=_whole(track.get("channel_s")),
        language=_text(track.get("language")),
        title=_text(track.get("title")),
        is_default=track.get("default") == "Yes",
    )


def _subtitle(track: dict[str, Any]) -> Text:
    title = _text(track.get("title"))
    return Text(
        codec=_text(track.get("format")),
        language=_text(track.get("language")),
        title=title,
        is_forced=track.get("forced") == "Yes",
        is_sdh=any(word in title.casefold().split() for word in _SDH_WORDS),
    )


def _hdr(video: dict[str, Any]) -> str:
    """Name the dynamic range as people do."""
    said = _text(video.get("hdr_format_compatibility") or video.get("hdr_format"))
    if said:
        names = [_text(video.get("hdr_format")), said]
        is_vision = any("dolby vision" in name.casefold() for name in names)
        first = said.split("/")[0].strip()
        return f"Dolby Vision, {first}" if is_vision and "olby" not in first else first
    curve = _text(video.get("transfer_characteristics")).casefold()
    return {"hlg": "HLG", "pq": "HDR10"}.get(curve, "")


def _count_chapters(track: dict[str, Any]) -> int:
    """Count the entries named by their time: `00_05_10000`."""
    return sum(key[:2].isdigit() and "_" in key for key in track)


def _text(value: Any) -> str:
    return " ".join(str(value).split())[:_TEXT_MOST] if value is not None else ""


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 <= number < 1e12 else None  # noqa: PLR2004 - no video's number


def _whole(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number < 2**31 else None


class Prober:
    """A child process that reads files; started when first asked."""

    def __init__(self, *, seconds: float = READ_SECONDS) -> None:
        self.seconds = seconds
        self._child: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection[str, Facts | str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def read(self, path: str) -> Facts:
        """Read one file.

        Raises:
            ProbeFailed: it cannot be read.
            ProbeUnanswered: not in time.

        """
        pipe = self._start()
        try:
            pipe.send(path)
            answer = pipe.recv() if pipe.poll(self.seconds) else None
        except (EOFError, OSError) as error:
            self.close()
            raise ProbeFailed(gettext("Reading it broke the reader.")) from error
        if answer is None:
            self.close()
            raise ProbeUnanswered(
                gettext("It could not be read within {seconds:.0f} s.").format(
                    seconds=self.seconds
                )
            )
        if isinstance(answer, str):
            raise ProbeFailed(answer)
        return answer

    def close(self) -> None:
        """End the child; one that hangs on a dead disk is left to the system."""
        child, pipe, self._child, self._pipe = self._child, self._pipe, None, None
        if pipe:
            pipe.close()
        if child:
            child.kill()
            child.join(timeout=2)

    def _start(self) -> "Connection[str, Facts | str]":
        if self._pipe is None or self._child is None or not self._child.is_alive():
            self.close()
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._child = context.Process(target=serve, args=(theirs,), daemon=True)
            self._child.start()
            theirs.close()
        return self._pipe


def serve(pipe: "Connection[Facts | str, str]") -> None:
    """Answer paths with facts, or a sentence, until the other side goes."""
    while True:
        try:
            path = pipe.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        try:
            pipe.send(read_facts(path))
        except ProbeFailed as error:
            pipe.send(error.message)
