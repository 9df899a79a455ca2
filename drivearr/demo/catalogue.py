"""What is in the demo's library: titles of our own invention, with hard names."""

from dataclasses import dataclass, field
from typing import Literal

Motif = Literal["LIGHTHOUSE", "BOAT", "PINES", "CITY", "RAILS", "MOUNTAIN"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a title's poster and frames are painted."""

    sky: tuple[str, str]
    """Colours above and at the horizon."""
    disc: str
    """Colour of sun or moon."""
    ground: str
    """Colour of the nearest hill; farther ones are mixed with the sky."""
    motif: Motif
    seed: int
    """What makes two pictures of one motif differ."""


@dataclass(frozen=True, slots=True)
class DemoMovie:
    """One movie and the files it lies in."""

    name: str
    year: int
    plot: str
    genre: str
    look: Look
    files: tuple[str, ...]
    """Paths under the movie root."""
    subtitles: tuple[str, ...] = ()
    """Suffixes of subtitle files beside the video: `.en.srt`."""
    embedded: tuple[str, ...] = ()
    """Languages of subtitles inside the video."""
    poster_name: str = ""
    """What the poster says, where the name has letters its font lacks."""


@dataclass(frozen=True, slots=True)
class DemoEpisode:
    """One video file of a show; two numbers for a file that holds two episodes."""

    season: int
    numbers: tuple[int, ...]
    names: tuple[str, ...]
    file: str = ""
    """Name without ending, where it is not the usual one."""
    subtitles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoShow:
    """One show with the episodes the household has; the gaps are on purpose."""

    name: str
    year: int
    plot: str
    genre: str
    look: Look
    episodes: tuple[DemoEpisode, ...]
    folder: str = ""


@dataclass(frozen=True, slots=True)
class DemoVideo:
    """A video that is neither: a home video, or junk no catalogue knows."""

    file: str
    look: Look = field(
        default=Look(("#6f7d8c", "#c9c2b2"), "#f5e6c8", "#4a5a4a", "PINES", 90)
    )


DUSK = ("#1b2a4a", "#e08e6d")
DAWN = ("#6fa3c7", "#f6d9b0")
NIGHT = ("#0b1026", "#31456b")
HAZE = ("#7d93a6", "#e9e3d3")
EMBER = ("#3a1226", "#e2563c")
MINT = ("#12404a", "#9bd1b5")

LONG_NAME = (
    "What the Tide Left Behind When Nobody Was Looking, and Other Stories the Harbour "
    "Told Us on the Longest Night of the Year"
)


def own_folder(name: str, ending: str) -> str:
    """Return the path of a movie in a folder of its own name."""
    return f"{name}/{name}{ending}"


MOVIES = (
    DemoMovie(
        "Lantern at Skarholm",
        2011,
        "The last keeper of a light nobody needs any more gets a guest in the first "
        "storm of autumn, and a letter that is sixty years late.",
        "Drama",
        Look(NIGHT, "#f4e7b0", "#0a0d18", "LIGHTHOUSE", 3),
        (own_folder("Lantern at Skarholm (2011)", ".mkv"),),
        subtitles=(".en.srt", ".de.forced.srt"),
        embedded=("eng", "ger"),
    ),
    DemoMovie(
        "Paper Harbour",
        2016,
        "A boy folds a harbour out of unpaid bills. One morning the ships have moved.",
        "Family",
        Look(DAWN, "#fff3d6", "#27506b", "BOAT", 8),
        (
            "Paper Harbour (2016)/Paper Harbour (2016) - 1080p.mkv",
            "Paper Harbour (2016)/Paper Harbour (2016) - 720p.mp4",
        ),
        subtitles=(".en.srt",),
    ),
    DemoMovie(
        "Nocturne for a Railway",
        2004,
        "A night train, four passengers, and one seat booked five times.",
        "Mystery",
        Look(EMBER, "#ffd9a0", "#190a14", "RAILS", 5),
        ("Nocturne.for.a.Railway.2004.1080p.BluRay.x264-DEMO.mkv",),
    ),
    DemoMovie(
        "Été à Öland",
        2009,
        "Two cousins, one bicycle, and the longest summer of an island.",
        "Comedy",
        Look(("#2f7fa8", "#fbe6b5"), "#fff7dd", "#3f6b3d", "PINES", 12),
        (own_folder("Été à Öland (2009)", ".mkv"),),
        subtitles=(".fr.srt", ".en.srt"),
    ),
    DemoMovie(
        "Meridian: The Long Way Home",
        2019,
        "A cartographer walks the line she drew wrong, from one end to the other.",
        "Adventure",
        Look(HAZE, "#fff6df", "#384a57", "MOUNTAIN", 4),
        (own_folder("Meridian - The Long Way Home (2019)", ".mp4"),),
    ),
    DemoMovie(
        LONG_NAME,
        2021,
        "Nine fishermen, nine stories, and one of them is true.",
        "Drama",
        Look(MINT, "#eafff2", "#0b2a30", "BOAT", 21),
        (own_folder(f"{LONG_NAME} (2021)", ".mkv"),),
    ),
    DemoMovie(
        "Halfway to Winter",
        1987,
        "A mountain hut, the first snow, and a radio that answers.",
        "Thriller",
        Look(("#30465f", "#cfd9df"), "#ffffff", "#24313d", "MOUNTAIN", 31),
        (own_folder("Halfway to Winter (1987)", ".mp4"),),
    ),
    DemoMovie(
        "Halfway to Winter",
        2018,
        "The hut again, thirty years on. The radio still works.",
        "Thriller",
        Look(("#162033", "#8fb0c9"), "#e6f2ff", "#0d1622", "MOUNTAIN", 47),
        (own_folder("Halfway to Winter (2018)", ".mkv"),),
        subtitles=(".en.srt",),
    ),
    DemoMovie(
        "灯りの島",
        2014,
        "An island of eleven people votes on whether to keep its light on.",
        "Drama",
        Look(DUSK, "#ffe2b8", "#141a2e", "LIGHTHOUSE", 17),
        (own_folder("灯りの島 (2014)", ".mkv"),),
        subtitles=(".ja.srt", ".en.srt"),
        poster_name="Island of Lights",
    ),
    DemoMovie(
        "404 Sheep",
        2020,
        "Counting them was easy. Then one was missing.",
        "Comedy",
        Look(("#86b9c9", "#f2efd0"), "#fffbe8", "#5c7d3a", "PINES", 40),
        (own_folder("404 Sheep (2020)", ".mp4"),),
    ),
    DemoMovie(
        "Copper & Rain",
        1999,
        "A plumber and a poet share a roof that leaks on both.",
        "Romance",
        Look(("#3d2c3f", "#d99b6c"), "#ffd3a1", "#231826", "CITY", 6),
        (own_folder("Copper & Rain (1999)", ".mkv"),),
        embedded=("eng",),
    ),
    DemoMovie(
        "The Bellmaker of Vey",
        2022,
        "In a town that forbids bells, one is being cast. Told in two evenings.",
        "History",
        Look(("#4a2f1c", "#e8b35c"), "#fff0c4", "#22150c", "CITY", 14),
        (
            "The Bellmaker of Vey (2022)/The Bellmaker of Vey (2022) - cd1.mp4",
            "The Bellmaker of Vey (2022)/The Bellmaker of Vey (2022) - cd2.mp4",
        ),
    ),
)

SHOWS = (
    DemoShow(
        "Saltmarsh Lane",
        2015,
        "Nine houses below sea level and the people who will not move.",
        "Drama",
        Look(("#415a5e", "#e7c9a0"), "#fff1d0", "#22362f", "BOAT", 2),
        (
            DemoEpisode(0, (1,), ("The Flood of '53",)),
            DemoEpisode(1, (1,), ("High Water",), subtitles=(".en.srt",)),
            DemoEpisode(1, (2,), ("The Sluice",), subtitles=(".en.srt",)),
            DemoEpisode(1, (3,), ("Nine Houses",)),
            DemoEpisode(1, (5,), ("Reed Cutters",)),
            DemoEpisode(1, (6,), ("What the Pump Said",)),
            DemoEpisode(2, (1, 2), ("Spring Tide", "Neap Tide")),
            DemoEpisode(2, (3,), ("The Dyke",)),
            DemoEpisode(2, (5,), ("Low Water",)),
        ),
    ),
    DemoShow(
        "The Cartographers of Nowhere",
        2018,
        "A bureau that maps places which are not there finds one that is.",
        "Science Fiction",
        Look(("#241a3d", "#8f6fc2"), "#f0e2ff", "#120c24", "MOUNTAIN", 9),
        (
            DemoEpisode(1, (1,), ("Blank Sheet",)),
            DemoEpisode(1, (2,), ("Scale",)),
            DemoEpisode(1, (3,), ("Legend",)),
            DemoEpisode(1, (4,), ("The Fold",)),
            DemoEpisode(1, (5,), ("North",)),
        ),
    ),
    DemoShow(
        "Größenwahn & Söhne",
        2020,
        "A family firm for monuments nobody ordered.",
        "Comedy",
        Look(("#7a2f2a", "#f0b26a"), "#ffe9bd", "#2e1210", "CITY", 30),
        (
            DemoEpisode(
                1, (1,), ("Der Sockel",), "groessenwahn.und.soehne.s01e01.720p"
            ),
            DemoEpisode(1, (2,), ("Die Taube",), "groessenwahn.und.soehne.s01e02.720p"),
            DemoEpisode(1, (4,), ("Der Sturz",), "groessenwahn.und.soehne.s01e04.720p"),
        ),
    ),
)

JUNK = (
    DemoVideo("VID_20190714_183255.mp4"),
    DemoVideo("asdf final FINAL (2).mp4"),
)
"""Lie in the movie root and match nothing."""

HOME_VIDEOS = (
    DemoVideo(
        "Grandma's 80th birthday.mp4",
        Look(("#b8718a", "#f8dcc4"), "#fff6e5", "#6b4350", "CITY", 71),
    ),
    DemoVideo(
        "2021/Kids at the lake.mp4",
        Look(("#3b86b5", "#d9efe6"), "#fffbe0", "#2d5f4e", "BOAT", 72),
    ),
)
