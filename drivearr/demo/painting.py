"""Paints the demo's posters and frames: a sky, a disc, hills and one thing in front."""

import math
import random
import unicodedata
from functools import cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from drivearr.demo.catalogue import Look

Colour = tuple[int, int, int]
DARK_SKY = 70
"""Skies darker than this have stars."""
TITLE_SIZES = (62, 54, 46, 38, 32, 27, 22)
FINER = 2
"""Pictures are painted so many times larger and made small: smooth edges."""


def paint_poster(look: Look, *, title: str, note: str) -> Image.Image:
    """Paint a poster of 600 by 900 with a title and a small line below it."""
    width, height = 600, 900
    poster = paint_scene(look, width=width, height=height)
    shade = Image.new("RGBA", (1, 64))
    for row in range(64):
        shade.putpixel((0, row), (0, 0, 0, int(215 * (row / 63) ** 1.3)))
    lower = shade.resize((width, height // 2), Image.Resampling.BICUBIC)
    poster.paste(lower, (0, height // 2), lower)
    _write_title(poster, _plain(title).upper(), note)
    return poster


def paint_scene(look: Look, *, width: int, height: int) -> Image.Image:
    """Paint the scene alone."""
    wide, high = width * FINER, height * FINER
    chance = random.Random(look.seed)  # noqa: S311 - a picture, no secret
    picture = _gradient(look.sky, wide, int(high * 0.72), high)
    if _brightness(_rgb(look.sky[0])) < DARK_SKY:
        _stars(picture, chance)
    horizon = int(high * 0.62)
    x = int(wide * chance.uniform(0.25, 0.75))
    _disc(picture, look, x=x, y=int(horizon * chance.uniform(0.45, 0.8)))
    for layer in range(4):
        _hill(picture, look, chance, layer=layer, horizon=horizon)
    _MOTIFS[look.motif](picture, look, chance, horizon)
    _grain(picture)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _rgb(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _mix(first: Colour, second: Colour, ratio: float) -> Colour:
    """Return `first` at ratio 0, `second` at 1."""
    red, green, blue = (
        round(a + (b - a) * ratio) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue


def _brightness(colour: Colour) -> float:
    return 0.3 * colour[0] + 0.6 * colour[1] + 0.1 * colour[2]


def _gradient(sky: tuple[str, str], wide: int, until: int, high: int) -> Image.Image:
    top, low = _rgb(sky[0]), _rgb(sky[1])
    column = Image.new("RGB", (1, 256))
    for row in range(256):
        ratio = min(1.0, row / 255 * high / until)
        column.putpixel((0, row), _mix(top, low, ratio**1.2))
    return column.resize((wide, high), Image.Resampling.BICUBIC)


def _stars(picture: Image.Image, chance: random.Random) -> None:
    draw = ImageDraw.Draw(picture, "RGBA")
    for _ in range(160):
        x, y = chance.random() * picture.width, chance.random() ** 1.5
        y *= picture.height * 0.5
        size = chance.choice((1, 1, 1, 2, 3))
        light = (255, 255, 255, chance.randint(40, 190))
        draw.ellipse((x, y, x + size, y + size), fill=light)


def _disc(picture: Image.Image, look: Look, *, x: int, y: int) -> None:
    radius = min(picture.size) * 0.11
    colour = _rgb(look.disc)
    for spread, strength in ((3.4, 70), (1.8, 90)):
        glow = Image.new("L", picture.size, 0)
        reach = radius * spread
        box = (x - reach, y - reach, x + reach, y + reach)
        ImageDraw.Draw(glow).ellipse(box, fill=strength)
        glow = glow.filter(ImageFilter.GaussianBlur(radius * spread * 0.4))
        picture.paste(colour, (0, 0), glow)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _hill(
    picture: Image.Image,
    look: Look,
    chance: random.Random,
    *,
    layer: int,
    horizon: int,
) -> None:
    """Paint the hill of a layer, 0 the farthest."""
    near = (layer + 1) / 4
    colour = _mix(_rgb(look.sky[1]), _rgb(look.ground), 0.25 + 0.75 * near)
    top = horizon + int(picture.height * 0.085 * layer)
    steep = 2.2 if look.motif == "MOUNTAIN" and layer in (0, 1) else 1.0
    waves = [
        (chance.uniform(0.8, 2.4) * (k + 1), chance.uniform(0, 6.28), 0.03 / (k + 1))
        for k in range(4)
    ]
    points: list[tuple[float, float]] = [(0, picture.height)]
    for x in range(0, picture.width + 8, 8):
        at = x / picture.width
        lift = sum(a * math.sin(f * at * 3.1 + p) for f, p, a in waves)
        sharp = abs(math.sin(waves[0][0] * at * 4 + waves[0][1])) * 0.06 * (steep - 1)
        points.append((x, top - picture.height * (lift * steep + sharp)))
    points.append((picture.width + 8, picture.height))
    ImageDraw.Draw(picture).polygon(points, fill=colour)


def _lighthouse(
    picture: Image.Image, look: Look, chance: random.Random, horizon: int
) -> None:
    unit, x = picture.height / 100, picture.width * chance.uniform(0.6, 0.75)
    foot, top = horizon + 22 * unit, horizon - 16 * unit
    dark, light = _rgb(look.ground), _rgb(look.disc)
    beam = Image.new("L", picture.size, 0)
    far = picture.width * 1.1
    ImageDraw.Draw(beam).polygon(
        [(x, top), (x - far, top - 26 * unit), (x - far, top + 4 * unit)], fill=95
    )
    picture.paste(light, (0, 0), beam.filter(ImageFilter.GaussianBlur(unit * 2)))
    draw = ImageDraw.Draw(picture)
    for step in range(6):
        high, low = top + (foot - top) * step / 6, top + (foot - top) * (step + 1) / 6
        a, b = (2.0 + 1.6 * part / 6 for part in (step, step + 1))
        shape = [
            *((x - a * unit, high), (x + a * unit, high)),
            *((x + b * unit, low), (x - b * unit, low)),
        ]
        draw.polygon(shape, fill=_mix(dark, light, 0.75) if step % 2 else dark)
    draw.rectangle((x - 2 * unit, top - 4 * unit, x + 2 * unit, top), fill=light)
    cap = [(x - 3 * unit, top - 4 * unit), (x + 3 * unit, top - 4 * unit)]
    draw.polygon([*cap, (x, top - 7 * unit)], fill=dark)


def _boat(
    picture: Image.Image, look: Look, chance: random.Random, horizon: int
) -> None:
    unit, dark = picture.height / 100, _rgb(look.ground)
    draw = ImageDraw.Draw(picture)
    water = horizon + 14 * unit
    sea = _mix(_rgb(look.sky[1]), dark, 0.7)
    draw.rectangle((0, water, picture.width, picture.height), fill=sea)
    for _ in range(70):
        x, y = chance.random() * picture.width, chance.uniform(water, picture.height)
        long = chance.uniform(2, 14) * unit * (0.4 + (y - water) / picture.height * 2)
        colour = _mix(sea, _rgb(look.disc), chance.uniform(0.1, 0.45))
        draw.line((x, y, x + long, y), fill=colour, width=max(1, int(unit * 0.25)))
    for scale in (1.0, 0.55, 0.35):
        x = picture.width * chance.uniform(0.2, 0.75)
        _sail(draw, x=x, y=water + 9 * unit * scale, unit=unit * scale, look=look)


def _sail(
    draw: ImageDraw.ImageDraw, *, x: float, y: float, unit: float, look: Look
) -> None:
    dark, light = _rgb(look.ground), _rgb(look.disc)
    hull = [(-9, -3), (9, -3), (6, 0.6), (-6, 0.6)]
    main, jib = [(0.4, -22), (0.4, -4), (8.5, -4)], [(-0.6, -19), (-0.6, -4), (-6, -4)]
    for shape, colour in ((hull, dark), (main, light), (jib, _mix(light, dark, 0.25))):
        draw.polygon([(x + a * unit, y + b * unit) for a, b in shape], fill=colour)


def _pines(
    picture: Image.Image, look: Look, chance: random.Random, horizon: int
) -> None:
    draw, unit = ImageDraw.Draw(picture), picture.height / 100
    for depth in (0.35, 0.65, 1.0):
        colour = _mix(_rgb(look.sky[1]), _rgb(look.ground), 0.3 + 0.7 * depth)
        for _ in range(int(9 + 8 * depth)):
            x = chance.random() * picture.width
            foot = horizon + (10 + 30 * depth + chance.uniform(-2, 5)) * unit
            _pine(
                draw,
                x=x,
                foot=foot,
                size=unit * (8 + 14 * depth) * chance.uniform(0.7, 1.2),
                colour=_mix(colour, (0, 0, 0), chance.uniform(0, 0.25)),
            )


def _pine(
    draw: ImageDraw.ImageDraw, *, x: float, foot: float, size: float, colour: Colour
) -> None:
    for tier in range(4):
        top, low = foot - size + tier * size * 0.2, foot - size * (0.55 - tier * 0.16)
        half = size * (0.12 + 0.055 * tier)
        draw.polygon([(x, top), (x - half, low), (x + half, low)], fill=colour)
    trunk = size * 0.035
    draw.rectangle((x - trunk, foot - size * 0.1, x + trunk, foot), fill=colour)


def _city(
    picture: Image.Image, look: Look, chance: random.Random, horizon: int
) -> None:
    draw, unit = ImageDraw.Draw(picture), picture.height / 100
    for depth in (0.4, 0.7, 1.0):
        colour = _mix(_rgb(look.sky[1]), _rgb(look.ground), 0.2 + 0.8 * depth)
        x = -chance.uniform(0, 8) * unit
        while x < picture.width:
            wide = chance.uniform(6, 13) * unit
            roof = horizon + (8 - chance.uniform(0, 22) + 20 * (depth - 0.4)) * unit
            draw.rectangle((x, roof, x + wide, picture.height), fill=colour)
            if chance.choice((True, False)):
                peak = roof - chance.uniform(3, 8) * unit
                draw.polygon(
                    [(x, roof), (x + wide, roof), (x + wide / 2, peak)], fill=colour
                )
            _windows(draw, look, chance, box=(x, roof, wide, picture.height))
            x += wide + chance.uniform(0, 2) * unit


def _windows(
    draw: ImageDraw.ImageDraw,
    look: Look,
    chance: random.Random,
    *,
    box: tuple[float, float, float, float],
) -> None:
    left, roof, wide, low = box
    size, light = wide / 7, _rgb(look.disc)
    for column in (1.2, 3.0, 4.8):
        y = roof + size * 1.5
        while y < low:
            if chance.choice((True, False, False)):
                x = left + column * size
                draw.rectangle((x, y, x + size, y + size * 1.3), fill=light)
            y += size * 3


def _rails(
    picture: Image.Image, look: Look, chance: random.Random, horizon: int
) -> None:
    draw, unit = ImageDraw.Draw(picture), picture.height / 100
    end = (picture.width * chance.uniform(0.42, 0.58), horizon + 14 * unit)
    steel = _mix(_rgb(look.ground), _rgb(look.disc), 0.6)
    wood = _mix(_rgb(look.ground), _rgb(look.sky[1]), 0.25)
    for step in range(22):
        near = (step / 21) ** 2.2
        y = end[1] + (picture.height - end[1]) * near
        half = picture.width * (0.012 + 0.5 * near)
        thick = unit * (0.2 + 2.2 * near)
        middle = end[0] + (picture.width / 2 - end[0]) * near
        draw.rectangle((middle - half, y, middle + half, y + thick), fill=wood)
    for side in (-1, 1):
        foot = picture.width / 2 + side * picture.width * 0.36
        draw.polygon(
            [
                *((end[0] - unit * 0.1, end[1]), (end[0] + unit * 0.1, end[1])),
                *((foot + unit * 1.3, picture.height), (foot - unit, picture.height)),
            ],
            fill=steel,
        )
    for pole in range(5):
        near = (pole + 1) / 5
        x, y = end[0] + picture.width * 0.55 * near**1.8, end[1] + 20 * unit * near**2
        tall = 42 * unit * near**1.6
        draw.line((x, y, x, y - tall), fill=wood, width=max(2, int(unit * near)))


def _mountain(
    picture: Image.Image, look: Look, chance: random.Random, horizon: int
) -> None:
    unit, snow = picture.height / 100, _mix(_rgb(look.disc), (255, 255, 255), 0.5)
    rock = _mix(_rgb(look.sky[1]), _rgb(look.ground), 0.55)
    foot = horizon + 16 * unit
    picture_draw = ImageDraw.Draw(picture)
    for size in (0.8, 1.0):
        x = picture.width * chance.uniform(0.25, 0.75)
        top = horizon - 26 * unit * size
        half = 34 * unit * size
        lean = chance.uniform(-5, 5) * unit
        tip = (x + lean, top)
        picture_draw.polygon([tip, (x - half, foot), (x + half, foot)], fill=rock)
        shade = _mix(rock, (0, 0, 0), 0.22)
        ridge = [(x + 2 * unit, (top + foot) / 2), (x - 3 * unit, foot)]
        picture_draw.polygon([tip, *ridge, (x + half, foot)], fill=shade)
        picture_draw.polygon(_cap(tip, x=x, half=half, foot=foot), fill=snow)
    for layer in (2, 3):
        _hill(picture, look, chance, layer=layer, horizon=horizon)


def _cap(
    tip: tuple[float, float], *, x: float, half: float, foot: float
) -> list[tuple[float, float]]:
    """Return the snow on a peak: its upper quarter with a jagged edge."""
    deep = (foot - tip[1]) * 0.26
    left = tip[0] + (x - half - tip[0]) * 0.26
    right = tip[0] + (x + half - tip[0]) * 0.26
    wide = right - left
    edge = [
        (right - wide * k / 6, tip[1] + deep * (0.78 + k % 2 * 0.4)) for k in range(7)
    ]
    return [tip, *edge]


def _grain(picture: Image.Image) -> None:
    """Break up the bands of the gradient."""
    noise = Image.effect_noise((picture.width // 4, picture.height // 4), 14)
    wide = noise.resize(picture.size, Image.Resampling.BILINEAR).convert("RGB")
    picture.paste(ImageChops.overlay(picture, wide))


_MOTIFS = {
    "LIGHTHOUSE": _lighthouse,
    "BOAT": _boat,
    "PINES": _pines,
    "CITY": _city,
    "RAILS": _rails,
    "MOUNTAIN": _mountain,
}


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    # Carried by Pillow: no font of the machine is needed.
    return ImageFont.load_default(size)


def _plain(text: str) -> str:
    """Return `text` without accents: the font has none."""
    apart = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(c for c in apart if not unicodedata.combining(c))


def _write_title(poster: Image.Image, title: str, note: str) -> None:
    draw = ImageDraw.Draw(poster)
    room = poster.width - 96
    size = next(s for s in TITLE_SIZES if _fits(draw, title, s, room))
    lines = _wrap(draw, title, size, room)
    y = poster.height - 92 - len(lines) * size * 1.18
    for line in lines:
        left = (poster.width - draw.textlength(line, font=_font(size))) / 2
        draw.text((left, y), line, font=_font(size), fill="#ffffff")
        y += size * 1.18
    middle = poster.width / 2
    draw.line((middle - 26, y + 16, middle + 26, y + 16), fill="#ffffff", width=2)
    left = middle - draw.textlength(note, font=_font(22)) / 2
    draw.text((left, y + 28), note, font=_font(22), fill="#e8e8e8")


def _fits(draw: ImageDraw.ImageDraw, text: str, size: int, room: int) -> bool:
    lines = _wrap(draw, text, size, room)
    widest = max(draw.textlength(line, font=_font(size)) for line in lines)
    return size == TITLE_SIZES[-1] or (
        widest <= room and len(lines) <= max(3, 190 // size)
    )


def _wrap(draw: ImageDraw.ImageDraw, text: str, size: int, room: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if draw.textlength(longer, font=_font(size)) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
