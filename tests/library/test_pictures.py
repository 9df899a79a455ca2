"""Foreign pictures made safe and small."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from library.pictures import MOST_BYTES, PictureUnusable, make_variants


def picture(width: int, height: int, kind: str = "JPEG", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), 120).save(out, kind)
    return out.getvalue()


def size_of(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.format == "WEBP"
        return opened.size


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        sum_ = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + sum_

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IEND", b"")


class TestMakeVariants:
    @pytest.mark.parametrize(
        ("kind", "mode"),
        [
            ("JPEG", "RGB"),
            ("JPEG", "L"),
            ("PNG", "RGBA"),
            ("PNG", "P"),
            ("WEBP", "RGB"),
        ],
    )
    def test_makes_small_ones_of_every_kind(self, kind: str, mode: str) -> None:
        made = make_variants(picture(1000, 1500, kind, mode), widths=(342, 780))

        assert (made.width, made.height) == (1000, 1500)
        assert [size_of(data) for _, data in made.variants] == [(342, 513), (780, 1170)]

    def test_makes_none_larger(self) -> None:
        made = make_variants(picture(200, 300), widths=(342, 780))

        assert [size_of(data) for _, data in made.variants] == [(200, 300)] * 2

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"GIF89a",
            picture(300, 300)[:500],
            picture(300, 300, "BMP"),
            picture(4, 4),
            png_that_claims(60_000, 60_000),
            png_that_claims(7_000, 8_000),
            b"x" * (MOST_BYTES + 1),
        ],
    )
    def test_refuses_what_is_no_good_picture(self, data: bytes) -> None:
        with pytest.raises(PictureUnusable):
            make_variants(data, widths=(342,))

    @given(st.binary(max_size=300))
    def test_raises_nothing_else(self, noise: bytes) -> None:
        good = picture(40, 40, "PNG")
        for data in (noise, good[:60] + noise, good[:33] + noise + good[33:]):
            try:
                make_variants(data, widths=(20,))
            except PictureUnusable:
                continue
