"""Libraries as people have them: every style of name, well-kept and not, from a seed.

The truth about each file goes with it, so that what identifying says can be counted.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby
from pathlib import Path

from tests.scenes.catalogue import Catalogue, Episode, Movie, Show

TAGS = (
    "1080p.BluRay.x264-SPARKS",
    "720p.WEB-DL.DD5.1.H264-NTb",
    "2160p.UHD.BluRay.x265.HDR-TERMiNAL",
    "DVDRip.XviD-DiAMOND",
    "1080p.WEBRip.AAC.x265-RARBG",
    "HDTV.x264-LOL",
    "1080p.NF.WEB-DL.DDP5.1.x264-NTG",
    "480p.DVDRip.AC3.XviD",
)


@dataclass(frozen=True, slots=True)
class Truth:
    """What a file is."""

    kind: str
    tmdb: int
    tvdb: int
    season: int | None = None
    episodes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """A file to be made."""

    root: str
    """`movies` or `shows`."""
    relpath: str
    style: str
    truth: Truth | None = None
    """None: nothing that a catalogue knows; a match would be false."""
    text: str | None = None
    """What stands in it, for an .nfo; None for a video."""

    @property
    def is_video(self) -> bool:
        """Whether it is a video rather than what lies beside one."""
        return self.text is None


def plan_library(catalogue: Catalogue, *, seed: int, files: int) -> list[Planned]:
    """Plan a library of about so many videos, a third of them episodes."""
    chance = random.Random(f"library {seed}")
    planned = [*_plan_junk(chance, files)]
    planned += until(_plan_movies(catalogue, chance), files * 62 // 100)
    planned += until(_plan_shows(catalogue, chance), files * 33 // 100)
    return without_doubles(planned)


def without_doubles(planned: list[Planned]) -> list[Planned]:
    """Return the files without those that a careless disk would take for another."""
    seen: set[tuple[str, str]] = set()
    unique = []
    for each in planned:
        key = (each.root, unicodedata.normalize("NFC", each.relpath).casefold())
        if key not in seen:
            seen.add(key)
            unique.append(each)
    return unique


def write_library(folder: Path, planned: list[Planned]) -> None:
    """Make the files; each video has a few bytes of its own."""
    for number, each in enumerate(planned):
        path = folder / each.root / each.relpath
        path.parent.mkdir(parents=True, exist_ok=True)
        if each.text is not None:
            path.write_text(each.text, encoding="utf-8")
        else:
            path.write_bytes(b"video %d" % number)


def until(groups: Iterator[list[Planned]], most: int) -> list[Planned]:
    """Return files group by group, until there are so many videos."""
    found: list[Planned] = []
    videos = 0
    for group in groups:
        found += group
        videos += sum(each.is_video for each in group)
        if videos >= most:
            break
    return found


# --- Spelling -------------------------------------------------------------------------


def safe(title: str, chance: random.Random) -> str:
    """Write a title so that every file system takes it, in one of the usual ways."""
    colon = chance.choice((" - ", " ", "_ ", " -", ""))
    title = re.sub(r"\s*:\s*", lambda _: colon if colon != "" else " ", title)
    title = title.replace("/", "-").replace("?", "").replace('"', "'")
    title = re.sub(r"[*<>|\\]", "", title)
    return re.sub(r"\s+", " ", title).strip(" .")


def dotted(title: str, chance: random.Random) -> str:
    """Write a title as scene releases do: ASCII, dots for blanks."""
    plain = unicodedata.normalize("NFKD", title.replace("&", "and"))
    plain = plain.encode("ascii", "ignore").decode()
    plain = re.sub(r"['’!?,:;()\"*]", "", plain)
    plain = re.sub(r"[^A-Za-z0-9-]+", ".", plain).strip(".")
    return plain.lower() if chance.random() < 0.15 else plain


def _typo(title: str, chance: random.Random) -> str:
    places = [n for n in range(2, len(title) - 1) if title[n].isalpha()]
    if len(title) < 9 or not places:
        return title
    at = chance.choice(places)
    if chance.random() < 0.5:
        return title[:at] + title[at + 1 :]
    return title[:at] + title[at] + title[at:]


def _article_last(title: str) -> str:
    found = re.match(r"(The|A|An|Le|La|Les|Der|Die|Das) (.+)", title)
    return f"{found[2]}, {found[1]}" if found else title


# --- Films ----------------------------------------------------------------------------

MovieStyle = Callable[[Movie, random.Random], list[Planned]]


def film(movie: Movie, relpath: str, style: str) -> Planned:
    """Return a film's file."""
    return Planned("movies", relpath, style, Truth("MOVIE", movie.tmdb, movie.tvdb))


def _kept(movie: Movie, chance: random.Random) -> list[Planned]:
    name = f"{safe(movie.title, chance)} ({movie.year})"
    return [film(movie, f"{name}/{name}.mkv", "folder and file")]


def _kept_scene_file(movie: Movie, chance: random.Random) -> list[Planned]:
    folder = f"{safe(movie.title, chance)} ({movie.year})"
    file = f"{dotted(movie.title, chance)}.{movie.year}.{chance.choice(TAGS)}.mkv"
    return [film(movie, f"{folder}/{file}", "folder, scene file")]


def _scene(movie: Movie, chance: random.Random) -> list[Planned]:
    name = f"{dotted(movie.title, chance)}.{movie.year}.{chance.choice(TAGS)}"
    place = chance.choice((f"{name}.mkv", f"{name}/{name}.mkv"))
    return [film(movie, place, "scene")]


def _flat(movie: Movie, chance: random.Random) -> list[Planned]:
    tail = chance.choice(("", " [1080p]", " 720p", " - 1080p", " BluRay 1080p"))
    year = chance.choice((f"({movie.year})", f"[{movie.year}]", f"({movie.year})"))
    return [film(movie, f"{safe(movie.title, chance)} {year}{tail}.mp4", "flat")]


def _with_id(movie: Movie, chance: random.Random) -> list[Planned]:
    mark = chance.choice(
        (
            f"{{tmdb-{movie.tmdb}}}",
            f"[tmdbid-{movie.tmdb}]",
            f"[imdbid-{movie.imdb}]",
            f"{{imdb-{movie.imdb}}}",
            f"[tmdbid={movie.tmdb}]",
        )
    )
    name = f"{safe(movie.title, chance)} ({movie.year})"
    file = chance.choice((name, f"{name} {mark}", f"{name} {mark} - 1080p"))
    return [film(movie, f"{name} {mark}/{file}.mkv", "id in the name")]


def _id_and_cryptic_file(movie: Movie, chance: random.Random) -> list[Planned]:
    folder = f"{safe(movie.title, chance)} ({movie.year}) {{tmdb-{movie.tmdb}}}"
    letters = "".join(chance.choice("abcdefghkmnprst") for _ in range(6))
    return [film(movie, f"{folder}/{letters}-1080p.mkv", "id, cryptic file")]


def _discs(movie: Movie, chance: random.Random) -> list[Planned]:
    name = f"{safe(movie.title, chance)} ({movie.year})"
    mark = chance.choice((" CD", " - cd", " - part", ".CD"))
    return [
        film(movie, f"{name}/{name}{mark}{number}.avi", "parts") for number in (1, 2)
    ]


def _without_year(movie: Movie, chance: random.Random) -> list[Planned]:
    name = safe(movie.title, chance)
    place = chance.choice(
        (f"{name}.mkv", f"{name}/{name}.mkv", f"{name}/{name} 1080p.mkv")
    )
    return [film(movie, place, "without year")]


def _scene_without_year(movie: Movie, chance: random.Random) -> list[Planned]:
    name = f"{dotted(movie.title, chance)}.{chance.choice(TAGS)}.avi"
    return [film(movie, name, "scene without year")]


def _cryptic_file(movie: Movie, chance: random.Random) -> list[Planned]:
    folder = f"{dotted(movie.title, chance)}.{movie.year}.{chance.choice(TAGS)}"
    letters = "".join(w[0] for w in movie.title.lower().split() if w[0].isalpha())
    file = chance.choice((f"spk-{letters or 'x'}1080", "9f3c2a77b01d4e5f9f3c2a77"))
    return [film(movie, f"{folder}/{file}.mkv", "release folder, cryptic file")]


def _article(movie: Movie, chance: random.Random) -> list[Planned]:
    name = f"{_article_last(safe(movie.title, chance))} ({movie.year})"
    return [film(movie, f"{name}/{name}.mkv", "article behind")]


def _other_name(movie: Movie, chance: random.Random) -> list[Planned]:
    other = [each for each in (movie.original, *movie.aliases) if each != movie.title]
    name = f"{safe(chance.choice(other or [movie.title]), chance)} ({movie.year})"
    return [film(movie, f"{name}/{name}.mkv", "other name")]


def _year_off(movie: Movie, chance: random.Random) -> list[Planned]:
    year = movie.year + chance.choice((-1, 1))
    name = f"{safe(movie.title, chance)} ({year})"
    return [film(movie, f"{name}/{name}.mkv", "year off by one")]


def _misspelt(movie: Movie, chance: random.Random) -> list[Planned]:
    name = f"{_typo(safe(movie.title, chance), chance)} ({movie.year})"
    return [film(movie, f"{name}/{name}.mkv", "typing error")]


def _underscored(movie: Movie, chance: random.Random) -> list[Planned]:
    name = dotted(movie.title, chance).replace(".", "_")
    return [film(movie, f"{name}_{movie.year}_720p.mp4", "underscores")]


def _edition(movie: Movie, chance: random.Random) -> list[Planned]:
    name = f"{safe(movie.title, chance)} ({movie.year})"
    mark = chance.choice(
        (" {edition-Director's Cut}", " - Extended Cut", " [Remastered]", " Unrated")
    )
    return [film(movie, f"{name}/{name}{mark}.mkv", "edition")]


def _versions(movie: Movie, chance: random.Random) -> list[Planned]:
    name = f"{safe(movie.title, chance)} ({movie.year})"
    return [
        film(movie, f"{name}/{name} - {each}.mkv", "versions")
        for each in ("1080p", "2160p")
    ]


def _collected(movie: Movie, chance: random.Random) -> list[Planned]:
    name = f"{safe(movie.title, chance)} ({movie.year})"
    folder = chance.choice(("Favourites", "Kids", "Box Set", "Old", "A-F", "4K"))
    return [film(movie, f"{folder}/{name}.mkv", "in a collection")]


def _year_first(movie: Movie, chance: random.Random) -> list[Planned]:
    name = safe(movie.title, chance)
    lead = chance.choice((f"{movie.year} - ", f"[{movie.year}] ", f"({movie.year}) "))
    return [film(movie, f"Sorted/{lead}{name}.mkv", "year in front")]


def _from_site(movie: Movie, chance: random.Random) -> list[Planned]:
    name = f"{dotted(movie.title, chance)}.{movie.year}.{chance.choice(TAGS)}"
    site = chance.choice(("www.Example.org - ", "[ www.example.com ] - "))
    return [film(movie, f"{site}{name}.mkv", "site in front")]


def _in_language(movie: Movie, chance: random.Random) -> list[Planned]:
    word = chance.choice(("GERMAN.DL", "FRENCH", "iTALiAN", "MULTi", "SWEDiSH"))
    name = f"{dotted(movie.title, chance)}.{movie.year}.{word}.{chance.choice(TAGS)}"
    return [film(movie, f"{name}/{name}.mkv", "language in the name")]


def _with_nfo(movie: Movie, chance: random.Random) -> list[Planned]:
    folder = f"film {chance.randint(1000, 9999)}"
    nfo = chance.choice((f"{folder}/movie.nfo", f"{folder}/dvd.nfo"))
    return [
        film(movie, f"{folder}/dvd.avi", ".nfo"),
        Planned("movies", nfo, ".nfo", text=movie_nfo(movie)),
    ]


def movie_nfo(movie: Movie) -> str:
    """Return what Kodi writes beside a film."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<movie>\n'
        f"  <title>{escape(movie.title)}</title>\n  <year>{movie.year}</year>\n"
        f'  <uniqueid type="imdb">{movie.imdb}</uniqueid>\n'
        f'  <uniqueid type="tmdb" default="true">{movie.tmdb}</uniqueid>\n</movie>\n'
    )


MOVIE_STYLES: tuple[tuple[MovieStyle, int], ...] = (
    (_kept, 20),
    (_kept_scene_file, 11),
    (_scene, 14),
    (_flat, 9),
    (_with_id, 8),
    (_id_and_cryptic_file, 1),
    (_discs, 2),
    (_without_year, 4),
    (_scene_without_year, 1),
    (_cryptic_file, 3),
    (_article, 3),
    (_other_name, 3),
    (_year_off, 3),
    (_misspelt, 1),
    (_underscored, 2),
    (_edition, 3),
    (_versions, 2),
    (_collected, 4),
    (_year_first, 1),
    (_from_site, 1),
    (_in_language, 3),
    (_with_nfo, 1),
)


def _plan_movies(
    catalogue: Catalogue, chance: random.Random
) -> Iterator[list[Planned]]:
    movies = chance.sample(catalogue.movies, len(catalogue.movies))
    yield _misleading_nfo(movies[:4], chance)
    styles, weights = zip(*MOVIE_STYLES, strict=True)
    for movie in movies[4:]:
        yield chance.choices(styles, weights)[0](movie, chance)


def _misleading_nfo(movies: list[Movie], chance: random.Random) -> list[Planned]:
    """Put the movie.nfo of one film into a folder where several live."""
    folder = "Mixed"
    rows = [
        film(
            movie,
            f"{folder}/{safe(movie.title, chance)} ({movie.year}).mkv",
            "misleading .nfo",
        )
        for movie in movies
    ]
    nfo = Planned(
        "movies", f"{folder}/movie.nfo", "misleading .nfo", text=movie_nfo(movies[0])
    )
    return [*rows, nfo]


# --- Shows ----------------------------------------------------------------------------

EpisodeNamer = Callable[[Show, tuple[Episode, ...], random.Random], str]


def _plan_shows(catalogue: Catalogue, chance: random.Random) -> Iterator[list[Planned]]:
    makers = {
        "standard": _STANDARD,
        "daily": ((_daily, 1),),
        "anime": ((_fansub, 5), (_fansub_folder, 3), (_absolute_range, 1), (_kodi, 2)),
    }
    for show in chance.sample(catalogue.shows, len(catalogue.shows)):
        styles, weights = zip(*makers[show.style], strict=True)
        rows = chance.choices(styles, weights)[0](show, chance)
        yield rows


def pick(show: Show, chance: random.Random) -> list[Episode]:
    """Choose a run of episodes, as a library holds a season or two."""
    most = chance.randint(3, 16)
    start = chance.randrange(max(1, len(show.episodes) - most + 1))
    return list(show.episodes[start : start + most])


def row(show: Show, episodes: tuple[Episode, ...], relpath: str, style: str) -> Planned:
    """Return the file of one episode or of several."""
    numbers = tuple(each.number for each in episodes)
    truth = Truth("SHOW", show.tmdb, show.tvdb, episodes[0].season, numbers)
    return Planned("shows", relpath, style, truth)


def _pairs(
    episodes: list[Episode], chance: random.Random
) -> Iterator[tuple[Episode, ...]]:
    """Let one in thirty files hold two episodes of one season."""
    left = list(episodes)
    while left:
        first = left.pop(0)
        if left and left[0].season == first.season and chance.random() < 0.03:
            yield first, left.pop(0)
        else:
            yield (first,)


def _numbers(episodes: tuple[Episode, ...], chance: random.Random) -> str:
    first = episodes[0]
    if len(episodes) == 1:
        return f"S{first.season:02}E{first.number:02}"
    form = chance.choice(("S{s:02}E{a:02}E{b:02}", "S{s:02}E{a:02}-E{b:02}"))
    return form.format(s=first.season, a=first.number, b=episodes[1].number)


def _show_name(show: Show, chance: random.Random, *, year: bool) -> str:
    name = safe(show.title, chance)
    return f"{name} ({show.year})" if year else name


def _kept_show(show: Show, chance: random.Random) -> list[Planned]:
    year = chance.random() < 0.6
    name = _show_name(show, chance, year=year)
    season = chance.choice(("Season {:02}", "Season {}", "S{:02}", "Staffel {}"))
    rows = []
    for each in _pairs(pick(show, chance), chance):
        title = safe(each[0].title, chance)
        file = f"{name} - {_numbers(each, chance)} - {title}.mkv"
        place = season.format(each[0].season)
        rows.append(row(show, each, f"{name}/{place}/{file}", "show, season, file"))
    return rows


def _scene_show(show: Show, chance: random.Random) -> list[Planned]:
    name = dotted(show.title, chance)
    year = chance.random() < 0.2
    stem = f"{name}.{show.year}" if year else name
    tags = chance.choice(TAGS)
    folder = chance.choice(("{show}/Season {s}", "{stem}.S{s:02}.{tags}", "", "{show}"))
    plain = safe(show.title, chance)
    rows = []
    for each in _pairs(pick(show, chance), chance):
        file = f"{stem}.{_numbers(each, chance)}.{tags}.mkv"
        place = folder.format(show=plain, stem=stem, s=each[0].season, tags=tags)
        rows.append(row(show, each, f"{place}/{file}".lstrip("/"), "scene"))
    return rows


def _kodi(show: Show, chance: random.Random) -> list[Planned]:
    name = _show_name(show, chance, year=chance.random() < 0.5)
    file = chance.choice(
        (
            "S{s:02}E{e:02}.mkv",
            "S{s:02}E{e:02} - {title}.mkv",
            "{s}x{e:02} - {title}.avi",
            "{e:02} - {title}.mkv",
            "{e:02}. {title}.mp4",
            "Episode {e}.mkv",
        )
    )
    season = chance.choice(("Season {}", "Season {:02}", "season{}", "Staffel {}"))
    rows = []
    for each in pick(show, chance):
        title = safe(each.title, chance)
        place = season.format(each.season)
        own = file.format(s=each.season, e=each.number, title=title)
        rows.append(row(show, (each,), f"{name}/{place}/{own}", "numbers only"))
    return rows


def _show_with_id(show: Show, chance: random.Random) -> list[Planned]:
    mark = chance.choice(
        (
            f"{{tvdb-{show.tvdb}}}",
            f"[tvdbid-{show.tvdb}]",
            f"{{tmdb-{show.tmdb}}}",
            f"[imdbid-{show.imdb}]",
        )
    )
    name = f"{_show_name(show, chance, year=True)} {mark}"
    return [
        row(
            show,
            each,
            f"{name}/Season {each[0].season:02}/"
            f"{safe(show.title, chance)} {_numbers(each, chance)}.mkv",
            "id in the folder",
        )
        for each in _pairs(pick(show, chance), chance)
    ]


def _show_with_nfo(show: Show, chance: random.Random) -> list[Planned]:
    name = safe(show.title, chance).split(" ")[0] + f" box {chance.randint(1, 99)}"
    rows = [
        row(
            show,
            (each,),
            f"{name}/Season {each.season}/S{each.season:02}E{each.number:02}.mkv",
            "tvshow.nfo",
        )
        for each in pick(show, chance)
    ]
    text = (
        f"<tvshow><title>{escape(show.title)}</title><year>{show.year}</year>"
        f'<uniqueid type="tvdb" default="true">{show.tvdb}</uniqueid>'
        f'<uniqueid type="tmdb">{show.tmdb}</uniqueid></tvshow>'
    )
    return [*rows, Planned("shows", f"{name}/tvshow.nfo", "tvshow.nfo", text=text)]


def _three_digits(show: Show, chance: random.Random) -> list[Planned]:
    name = f"{safe(show.title, chance)} ({show.year})"
    own = dotted(show.title, chance).lower()
    return [
        row(
            show,
            (each,),
            f"{name}/{own}.{each.season}{each.number:02}.dvdrip.avi",
            "three digits",
        )
        for each in pick(show, chance)
        if each.number < 100
    ]


def _crossed(show: Show, chance: random.Random) -> list[Planned]:
    name = safe(show.title, chance)
    form = chance.choice(("{n} {s}x{e:02}", "{n} - {s}x{e:02} - {t}", "{n} S{s} E{e}"))
    rows = []
    for each in pick(show, chance):
        title = safe(each.title, chance)
        own = form.format(n=name, s=each.season, e=each.number, t=title)
        rows.append(row(show, (each,), f"{name}/{own}.avi", "crossed"))
    return rows


def _daily(show: Show, chance: random.Random) -> list[Planned]:
    name = safe(show.title, chance)
    separator = chance.choice((".", "-", " "))
    rows = []
    for each in pick(show, chance):
        day = each.air_date.replace("-", separator)
        own = chance.choice((f"{name} - {day} - {safe(each.title, chance)}",))
        if separator == ".":
            own = f"{dotted(show.title, chance)}.{day}.{chance.choice(TAGS)}"
        rows.append(row(show, (each,), f"{name}/{own}.mkv", "daily"))
    return rows


def _fansub(show: Show, chance: random.Random) -> list[Planned]:
    name = safe(show.title, chance)
    tail = chance.choice((" [1080p]", " [720p][A1B2C3D4]", " (1080p)", "v2 [720p]"))
    group = chance.choice(("HorribleSubs", "Erai-raws", "SubsPlease"))
    return [
        row(
            show,
            (each,),
            f"{name}/[{group}] {name} - {each.absolute:02}{tail}.mkv",
            "fansub",
        )
        for each in pick(show, chance)
    ]


def _fansub_folder(show: Show, chance: random.Random) -> list[Planned]:
    name = safe(show.title, chance)
    return [
        row(
            show,
            (each,),
            f"{name}/Season {each.season}/{name} - S{each.season:02}E{each.number:02} "
            f"- {each.absolute:03} - {safe(each.title, chance)}.mkv",
            "both numbers",
        )
        for each in pick(show, chance)
    ]


def _absolute_range(show: Show, chance: random.Random) -> list[Planned]:
    name = safe(show.title, chance)
    rows = []
    for _, group in groupby(pick(show, chance), key=lambda each: each.season):
        some = list(group)
        for start in range(0, len(some) - 1, 2):
            two = (some[start], some[start + 1])
            own = f"[Group] {name} - {two[0].absolute:02}-{two[1].absolute:02}v2 [720p]"
            rows.append(row(show, two, f"{name}/{own}.mkv", "absolute range"))
    return rows


_STANDARD: tuple[tuple[Callable[[Show, random.Random], list[Planned]], int], ...] = (
    (_kept_show, 40),
    (_scene_show, 26),
    (_kodi, 12),
    (_show_with_id, 8),
    (_show_with_nfo, 3),
    (_three_digits, 3),
    (_crossed, 8),
)


# --- What no catalogue knows ----------------------------------------------------------


def _plan_junk(chance: random.Random, files: int) -> list[Planned]:
    makers = (_home_video, _sample, _extra, _unknown_film, _unknown_show)
    weights = (40, 15, 20, 15, 10)
    return [
        replace(chance.choices(makers, weights)[0](chance, number), truth=None)
        for number in range(max(5, files // 20))
    ]


def _home_video(chance: random.Random, number: int) -> Planned:
    year = chance.randint(2005, 2022)
    relpath = chance.choice(
        (
            f"2014 Summer/clip {number}.avi",
            f"Christmas 2015/MVI_{number:04}.avi",
            f"Home videos/{year}/VID_{year}0714_{100000 + number}.mp4",
            f"Family/Anna's birthday party {year} part {number}.mp4",
            f"Family/School play take {number}.mov",
            f"Phone/IMG_{number:04}.MOV",
            f"GoPro/GOPR{number:04}.MP4",
            f"Camera/{year}-0{chance.randint(1, 9)}-12 18.30.{number % 60:02}.mp4",
            f"Wedding Tom and Lisa/tape {number}.mpg",
            f"Holiday 2013/Day {number} at the lake.mp4",
        )
    )
    return Planned("movies", relpath, "home video")


def _sample(chance: random.Random, number: int) -> Planned:
    name = f"Some.Film.{1990 + number % 30}.1080p.BluRay.x264-SPARKS"
    relpath = chance.choice(
        (
            f"{name}/Sample/{name}-sample.mkv",
            f"{name}/sample.mkv",
            f"{name}/Sample/sample-{number}.mkv",
            f"{name}/{name}.sample.mkv",
        )
    )
    return Planned("movies", relpath, "sample")


def _extra(chance: random.Random, number: int) -> Planned:
    folder = f"Collected {number} ({1960 + number % 60})"
    relpath = chance.choice(
        (
            f"{folder}/Extras/Making of {number}.mkv",
            f"{folder}/Featurettes/The Wedding.mkv",
            f"{folder}/Behind The Scenes/Interview.mkv",
            f"{folder}/Collected-trailer.mkv",
            f"{folder}/Trailers/Trailer {number}.mp4",
            f"{folder}/Deleted Scenes/Family.mkv",
            f"{folder}/Interviews/Home.mkv",
        )
    )
    return Planned("movies", relpath, "extra")


_UNKNOWN_A = ("Umbrella", "Thistle", "Marzipan", "Quarry", "Sprocket", "Gooseberry")
_UNKNOWN_B = ("Committee", "Almanac", "Interlude", "Parish", "Turnstile", "Ledger")


def _unknown_film(chance: random.Random, number: int) -> Planned:
    title = f"The {chance.choice(_UNKNOWN_A)} {chance.choice(_UNKNOWN_B)} No {number}"
    name = f"{title} ({chance.randint(1950, 2020)})"
    place = chance.choice((f"{name}/{name}.mkv", f"{name}.mkv"))
    return Planned("movies", place, "unknown film")


def _unknown_show(chance: random.Random, number: int) -> Planned:
    title = f"{chance.choice(_UNKNOWN_A)} {chance.choice(_UNKNOWN_B)} Nights {number}"
    own = f"{title} - S01E{chance.randint(1, 9):02}.mkv"
    return Planned("shows", f"{title}/Season 1/{own}", "unknown show")
