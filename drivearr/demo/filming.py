"""Makes the demo's videos: a few seconds of a painted scene, a tone, subtitles."""

import math
import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import ImageDraw

from drivearr.demo.catalogue import Look
from drivearr.demo.painting import paint_scene

WIDTH, HEIGHT = 640, 360
FRAMES_PER_SECOND = 12
SAMPLES_PER_SECOND = 44100
SAMPLES_PER_BLOCK = 1024
LINES = ("Is anybody there?", "Only the wind.", "Then let it in.")
"""What the subtitles say, a line each second and a half."""
LINE_MILLISECONDS = 1500


def film(
    path: Path,
    look: Look,
    *,
    seconds: int,
    tone_hertz: int,
    subtitles: tuple[str, ...] = (),
) -> None:
    """Make a video with picture, tone, and subtitles in the languages given.

    H.264 where this machine's FFmpeg has it, else MPEG-4; the container follows the
    ending. The file is whole or not there.
    """
    unfinished = path.parent / ".film.part"
    kind = "matroska" if path.suffix == ".mkv" else "mp4"
    with av.open(str(unfinished), "w", format=kind) as container:
        _expose(container, look, seconds, tone_hertz, subtitles)
    unfinished.rename(path)


def subtitle_text(language: str) -> str:
    """Return an .srt in which the language is named, so that one can tell them apart."""
    blocks = []
    for number, line in enumerate(LINES):
        begin = number * LINE_MILLISECONDS
        times = f"{_clock(begin)} --> {_clock(begin + LINE_MILLISECONDS - 100)}"
        blocks.append(f"{number + 1}\n{times}\n[{language}] {line}\n")
    return "\n".join(blocks)


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"00:{seconds // 60:02}:{seconds % 60:02},{rest:03}"


def _expose(
    container: OutputContainer,
    look: Look,
    seconds: int,
    tone_hertz: int,
    subtitles: tuple[str, ...],
) -> None:
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    picture = cast("VideoStream", container.add_stream(codec, rate=FRAMES_PER_SECOND))
    picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    sound = container.add_stream("aac", rate=SAMPLES_PER_SECOND)
    texts = [container.add_mux_stream("subrip") for _ in subtitles]
    for text, language in zip(texts, subtitles, strict=True):
        text.metadata["language"] = language
        text.time_base = Fraction(1, 1000)
    for frame in _frames(look, seconds):
        container.mux(picture.encode(frame))
    container.mux(picture.encode(None))
    for block in _tone(tone_hertz, seconds):
        container.mux(sound.encode(block))
    container.mux(sound.encode(None))
    for text, language in zip(texts, subtitles, strict=True):
        for packet in _lines(language):
            packet.stream = text
            container.mux(packet)


def _frames(look: Look, seconds: int) -> Iterator[VideoFrame]:
    """Give the scene with a light that crosses it, and a bar that fills."""
    scene = paint_scene(look, width=WIDTH, height=HEIGHT)
    count = seconds * FRAMES_PER_SECOND
    for number in range(count):
        image, at = scene.copy(), number / count
        draw = ImageDraw.Draw(image)
        x, y = at * WIDTH, HEIGHT * (0.3 - 0.12 * math.sin(at * math.pi))
        draw.ellipse((x - 7, y - 7, x + 7, y + 7), fill=look.disc)
        draw.rectangle((0, HEIGHT - 6, at * WIDTH, HEIGHT), fill=look.disc)
        frame = VideoFrame.from_image(image)  # type: ignore[no-untyped-call] # theirs
        frame.pts = number
        frame.time_base = Fraction(1, FRAMES_PER_SECOND)
        yield frame


def _tone(hertz: int, seconds: int) -> Iterator[AudioFrame]:
    """Give a soft tone that swells and fades."""
    whole = seconds * SAMPLES_PER_SECOND
    for begin in range(0, whole, SAMPLES_PER_BLOCK):
        moments = range(begin, begin + SAMPLES_PER_BLOCK)
        block = AudioFrame(format="fltp", layout="stereo", samples=SAMPLES_PER_BLOCK)
        data = struct.pack(
            f"<{SAMPLES_PER_BLOCK}f", *_wave(moments, hertz=hertz, whole=whole)
        )
        for plane in block.planes:
            plane.update(data)
        block.sample_rate, block.pts = SAMPLES_PER_SECOND, begin
        block.time_base = Fraction(1, SAMPLES_PER_SECOND)
        yield block


def _wave(moments: Iterable[int], *, hertz: int, whole: int) -> Iterator[float]:
    step = 2 * math.pi * hertz / SAMPLES_PER_SECOND
    for moment in moments:
        loud = 0.15 * math.sin(math.pi * min(1.0, moment / whole))
        yield loud * math.sin(moment * step)


def _lines(language: str) -> "Iterator[Packet[Stream]]":
    for number, line in enumerate(LINES):
        packet = Packet(f"[{language}] {line}".encode())
        packet.pts = packet.dts = number * LINE_MILLISECONDS
        packet.duration = LINE_MILLISECONDS - 100
        packet.time_base = Fraction(1, 1000)
        yield packet
