"""Foreign pictures made safe and small."""

import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from drivearr.lib.errors import SkipFile
from drivearr.lib.wording import gettext, gettext_noop

MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
LEAST_SIDE = 16
QUALITY = 82
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class PictureUnusable(SkipFile):
    """A picture cannot be shown."""

    code = "PICTURE_UNUSABLE"
    advice = gettext_noop("Replace it, or delete it so that another one is taken.")


@dataclass(frozen=True, slots=True)
class Pictures:
    """One picture in several widths, as WebP."""

    width: int
    """Of the original, in pixels."""
    height: int
    variants: tuple[tuple[int, bytes], ...]
    """Width asked for, and the picture: never wider than that, nor than the original."""


def make_variants(data: bytes, *, widths: tuple[int, ...]) -> Pictures:
    """Return a picture in these widths.

    Raises:
        PictureUnusable: too large, too small, damaged, or no JPEG, PNG, WebP or GIF.

    """
    if len(data) > MOST_BYTES:
        raise PictureUnusable(
            gettext("The picture is larger than {most_bytes} bytes.").format(
                most_bytes=MOST_BYTES
            )
        )
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            size = opened.size
            _check_size(*size)
            # Decodes a large JPEG at a half or a quarter, as far as that is enough.
            opened.draft("RGB", (max(widths), max(widths)))
            whole = _flatten(opened)
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise PictureUnusable(
            gettext("The file is no picture of a known kind.")
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise PictureUnusable(gettext("The picture is damaged.")) from error
    variants = tuple((width, _encode(whole, width)) for width in widths)
    return Pictures(*size, variants)


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise PictureUnusable(
            gettext("The picture has {width} by {height} pixels.").format(
                width=width, height=height
            )
        )
    if min(width, height) < LEAST_SIDE:
        raise PictureUnusable(gettext("The picture is too small to be seen."))


def _flatten(picture: Image.Image) -> Image.Image:
    """Return it upright, without transparency."""
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in {"RGBA", "LA", "P", "PA"}:
        layer = upright.convert("RGBA")
        ground = Image.new("RGBA", layer.size, (24, 24, 27, 255))
        return Image.alpha_composite(ground, layer).convert("RGB")
    return upright.convert("RGB")


def _encode(whole: Image.Image, width: int) -> bytes:
    small = whole
    if whole.width > width:
        height = max(1, round(whole.height * width / whole.width))
        small = whole.resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()
