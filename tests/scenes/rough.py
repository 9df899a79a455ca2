"""Names of a rougher sort: what careless hands, sites and cameras leave in a library.

Kept apart from `tests.scenes.untidy`, so that rules made for the one are tried on the
other.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.scenes.catalogue import Catalogue, Episode, Movie, Show
from tests.scenes.untidy import (
    TAGS,
    Planned,
    dotted,
    film,
    pick,
    row,
    safe,
    until,
    without_doubles,
)

Maker = Callable[[Movie, random.Random], list[Planned]]
ShowMaker = Callable[[Show, random.Random], list[Planned]]

_ROMAN = {"2": "II", "3": "III", "4": "IV", "5": "V", "6": "VI", "8": "VIII"}
_TRANSCRIBED = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
_SURNAMES = ("Larsen", "Okafor", "Moreau", "Tanaka", "Castellano", "Whitfield")
_GROUPS = ("[YTS.MX]", "[YTS.AM]", "[rarbg]", "[TGx]")


# --- Films ----------------------------------------------------------------------------


def _yts(movie: Movie, chance: random.Random) -> list[Planned]:
    group = chance.choice(_GROUPS)
    folder = f"{safe(movie.title, chance)} ({movie.year}) [1080p] [BluRay] {group}"
    file = f"{dotted(movie.title, chance)}.{movie.year}.1080p.BluRay.x264.AAC-{group}"
    return [film(movie, f"{folder}/{file}.mp4", "group in brackets")]


def _bracketed(movie: Movie, chance: random.Random) -> list[Planned]:
    title = safe(movie.title, chance)
    name = chance.choice(
        (
            f"[{title}] [{movie.year}] [1080p] [x265]",
            f"{title} [{movie.year}] [BDRip] [1080p]",
            f"{title} ({movie.year}) (1080p BluRay x265 HEVC 10bit AAC 5.1 Tigole)",
        )
    )
    return [film(movie, f"{name}.mkv", "brackets")]


def _numbered_box(movie: Movie, chance: random.Random) -> list[Planned]:
    number = chance.randint(1, 9)
    title = safe(movie.title, chance)
    box = chance.choice(
        ("Horror Collection", "Best of Cinema", "Oscar winners", "Saga")
    )
    lead = chance.choice(
        (f"{number:02} - ", f"{number}. ", f"{number:02}. ", f"{number} ")
    )
    return [film(movie, f"{box}/{lead}{title} ({movie.year}).mkv", "numbered box")]


def _capitals(movie: Movie, chance: random.Random) -> list[Planned]:
    name = f"{dotted(movie.title, chance)}.{movie.year}.{chance.choice(TAGS)}".upper()
    return [film(movie, f"{name}.MKV", "capitals")]


def _year_in_folder(movie: Movie, chance: random.Random) -> list[Planned]:
    title = safe(movie.title, chance)
    file = chance.choice((title, dotted(movie.title, chance), f"{title} 1080p"))
    return [film(movie, f"{title} ({movie.year})/{file}.mkv", "year in the folder")]


def _in_year_folder(movie: Movie, chance: random.Random) -> list[Planned]:
    title = safe(movie.title, chance)
    return [film(movie, f"{movie.year}/{title}.mkv", "folder is the year")]


def _in_letter_folder(movie: Movie, chance: random.Random) -> list[Planned]:
    title = safe(movie.title, chance)
    letter = title[0].upper()
    return [film(movie, f"{letter}/{title} {movie.year}.avi", "folder is a letter")]


def _words_behind(movie: Movie, chance: random.Random) -> list[Planned]:
    words = chance.choice(
        (
            "PROPER.REPACK",
            "iNTERNAL.LIMITED",
            "UNRATED.DC",
            "REMASTERED",
            "HYBRID.REMUX",
        )
    )
    name = f"{dotted(movie.title, chance)}.{movie.year}.{words}.{chance.choice(TAGS)}"
    return [film(movie, f"{name}/{name}.mkv", "scene words")]


def _words_before(movie: Movie, chance: random.Random) -> list[Planned]:
    word = chance.choice(("GERMAN", "TRUEFRENCH", "Extended.Cut", "3D.HSBS"))
    name = f"{dotted(movie.title, chance)}.{word}.{movie.year}.AC3.BDRip.x264-GRP"
    return [film(movie, f"{name}.mkv", "words before the year")]


def _also_known(movie: Movie, chance: random.Random) -> list[Planned]:
    other = next((each for each in movie.aliases if each != movie.title), "")
    title, word = safe(movie.title, chance), chance.choice(("aka", "AKA", "a.k.a."))
    name = f"{title} {word} {safe(other, chance)}" if other else title
    return [film(movie, f"{name} ({movie.year}).mkv", "also known as")]


def _transcribed(movie: Movie, chance: random.Random) -> list[Planned]:
    title = "".join(_TRANSCRIBED.get(c, c) for c in safe(movie.title, chance))
    title = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    name = re.sub(r"['’!]", "", title) or safe(movie.title, chance)
    return [film(movie, f"{name} ({movie.year}).mkv", "plain letters")]


def _other_numerals(movie: Movie, chance: random.Random) -> list[Planned]:
    back = {roman: number for number, roman in _ROMAN.items()}
    words = safe(movie.title, chance).split()
    words = words[:1] + [_ROMAN.get(w) or back.get(w) or w for w in words[1:]]
    title = " ".join(words).replace(" & ", " and ")
    return [film(movie, f"{title} ({movie.year}).mkv", "other numerals")]


def _half_title(movie: Movie, chance: random.Random) -> list[Planned]:
    title = safe(movie.title.split(":")[0], chance)
    return [film(movie, f"{title} ({movie.year}).mkv", "subtitle left out")]


def _swapped(movie: Movie, chance: random.Random) -> list[Planned]:
    """Swap two letters, as fast fingers do."""
    title = safe(movie.title, chance)
    places = [n for n in range(1, len(title) - 2) if title[n : n + 2].isalpha()]
    if len(title) > 8 and places:
        at = chance.choice(places)
        title = title[:at] + title[at + 1] + title[at] + title[at + 2 :]
    name = f"{title} ({movie.year})"
    return [film(movie, f"{name}/{name}.mkv", "letters swapped")]


def _with_maker(movie: Movie, chance: random.Random) -> list[Planned]:
    who = chance.choice(_SURNAMES)
    title = safe(movie.title, chance)
    name = chance.choice(
        (f"{title} ({who}, {movie.year})", f"{title} - {who} ({movie.year})")
    )
    return [film(movie, f"{name}.avi", "its maker in the name")]


def _disc_folders(movie: Movie, chance: random.Random) -> list[Planned]:
    name = f"{safe(movie.title, chance)} ({movie.year})"
    word = chance.choice(("CD", "Disc ", "cd"))
    file = dotted(movie.title, chance)
    return [
        film(movie, f"{name}/{word}{number}/{file}.avi", "disc folders")
        for number in (1, 2)
    ]


def _scene_nfo(movie: Movie, chance: random.Random) -> list[Planned]:
    letters = "".join(chance.choice("abcdefghkmnprst") for _ in range(5))
    folder = f"{dotted(movie.title, chance)}.{movie.year}.{chance.choice(TAGS)}"
    text = chance.choice(
        (
            f"https://www.imdb.com/title/{movie.imdb}/\n",
            f"release notes\n\n  IMDB....: http://imdb.com/title/{movie.imdb}\n",
            f"https://www.themoviedb.org/movie/{movie.tmdb}-some-words\n",
        )
    )
    return [
        film(movie, f"{folder}/{letters}.mkv", "address in an .nfo"),
        Planned("movies", f"{folder}/{letters}.nfo", "address in an .nfo", text=text),
    ]


def _no_blanks(movie: Movie, chance: random.Random) -> list[Planned]:
    words = dotted(movie.title, chance).split(".")
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return [film(movie, f"{name} ({movie.year}).mkv", "no blanks")]


def _small_letters(movie: Movie, chance: random.Random) -> list[Planned]:
    name = dotted(movie.title, chance).replace(".", chance.choice((" ", "_", "-")))
    return [film(movie, f"{name.lower()} {movie.year} bdrip.mp4", "small letters")]


_FILMS: tuple[tuple[Maker, int], ...] = (
    (_yts, 14),
    (_bracketed, 8),
    (_numbered_box, 6),
    (_capitals, 5),
    (_year_in_folder, 10),
    (_in_year_folder, 4),
    (_in_letter_folder, 4),
    (_words_behind, 8),
    (_words_before, 5),
    (_also_known, 2),
    (_transcribed, 4),
    (_other_numerals, 4),
    (_half_title, 2),
    (_swapped, 2),
    (_with_maker, 2),
    (_disc_folders, 2),
    (_scene_nfo, 3),
    (_no_blanks, 1),
    (_small_letters, 5),
)


def plan_rough(catalogue: Catalogue, *, seed: int, files: int) -> list[Planned]:
    """Plan a library of about so many videos, a third of them episodes."""
    chance = random.Random(f"rough {seed}")
    planned = _plan_junk(catalogue, chance, files)
    planned += until(_plan_movies(catalogue, chance), files * 62 // 100)
    planned += until(_plan_shows(catalogue, chance), files * 33 // 100)
    return without_doubles(planned)


def _plan_movies(
    catalogue: Catalogue, chance: random.Random
) -> Iterator[list[Planned]]:
    makers, weights = zip(*_FILMS, strict=True)
    for movie in chance.sample(catalogue.movies, len(catalogue.movies)):
        yield chance.choices(makers, weights)[0](movie, chance)


# --- Shows ----------------------------------------------------------------------------


def _each(
    show: Show, chance: random.Random, style: str, form: str, **more: str
) -> list[Planned]:
    """Name a run of episodes by one form."""
    name = safe(show.title, chance)
    rows = []
    for each in pick(show, chance):
        words = {
            "n": name,
            "d": dotted(show.title, chance),
            "s": each.season,
            "e": each.number,
            "a": each.absolute,
            "t": safe(each.title, chance),
            "y": show.year,
            "day": each.air_date,
            "tags": chance.choice(TAGS),
        }
        rows.append(row(show, (each,), form.format(**(words | more)) + ".mkv", style))
    return rows


def _short_folders(show: Show, chance: random.Random) -> list[Planned]:
    form = chance.choice(
        ("{n}/S{s:02}/E{e:02}", "{n}/S{s:02}/E{e:02} - {t}", "{n} ({y})/{s}/{s}x{e:02}")
    )
    return _each(show, chance, "short folders", form)


def _season_in_folder(show: Show, chance: random.Random) -> list[Planned]:
    form = chance.choice(
        (
            "{n} Season {s}/{n} - {s}x{e:02}",
            "{n} - Season {s}/{n} - {s}x{e:02} - {t}",
            "{n} Season {s} Complete 720p/{n} S{s:02} E{e:02}",
            "{n} S{s:02}/{d}.S{s:02}E{e:02}",
        )
    )
    return _each(show, chance, "season in the folder", form)


def _written_out(show: Show, chance: random.Random) -> list[Planned]:
    form = chance.choice(
        (
            "{n}/{n} Season {s} Episode {e}",
            "{n}/Season {s}/{n} - Season {s} - Episode {e:02} - {t}",
            "{n}/{n} s{s:02}.e{e:02} {t}",
            "{n}/{n} [{s}x{e:02}] {t}",
        )
    )
    return _each(show, chance, "written out", form)


def _folder_numbers(show: Show, chance: random.Random) -> list[Planned]:
    form = chance.choice(
        (
            "{n}/Season {s}/{s}{e:02} - {t}",
            "{n}/Season {s:02}/Ep {e:02}",
            "{n}/Season {s}/{e:02}",
        )
    )
    return _each(show, chance, "numbers in season folders", form)


def _lower_scene(show: Show, chance: random.Random) -> list[Planned]:
    form = "{d}.s{s:02}e{e:02}.{tags}"
    rows = _each(show, chance, "small letters", form)
    return [replace(each, relpath=each.relpath.lower()) for each in rows]


def _half_with_year(show: Show, chance: random.Random) -> list[Planned]:
    name = safe(show.title, chance)
    rows = []
    for place, each in enumerate(pick(show, chance)):
        year = f" ({show.year})" if place % 2 else ""
        own = f"{name}{year} - S{each.season:02}E{each.number:02}"
        rows.append(row(show, (each,), f"{name}/{own}.mkv", "year now and then"))
    return rows


def _with_country(show: Show, chance: random.Random) -> list[Planned]:
    mark = {"US": "US", "GB": "UK"}.get(show.country, "")
    form = (
        "{n}{c}/Season {s}/{n}{c} - S{s:02}E{e:02}" if mark else "{n}/{n} - {s}x{e:02}"
    )
    return _each(show, chance, "country", form, c=f" ({mark})")


def _other_show_name(show: Show, chance: random.Random) -> list[Planned]:
    others = [each for each in show.aliases if each != show.title]
    name = safe(chance.choice(others or [show.title]), chance)
    form = "{n}/Season {s}/{n} - S{s:02}E{e:02} - {t}"
    return _each(show, chance, "other name", form, n=name)


def _days(show: Show, chance: random.Random) -> list[Planned]:
    if chance.random() < 0.5:
        return _dotted_days(show, chance)
    form = chance.choice(("{n}/{n} {day}", "{n}/{n} - {day} - {t}"))
    return _each(show, chance, "daily", form)


def _dotted_days(show: Show, chance: random.Random) -> list[Planned]:
    name = safe(show.title, chance)
    rows = []
    for each in pick(show, chance):
        day = each.air_date.replace("-", ".")
        own = f"{dotted(show.title, chance)}.{day}.{chance.choice(TAGS)}"
        rows.append(row(show, (each,), f"{name}/{own}.mkv", "daily"))
    return rows


def _anime(show: Show, chance: random.Random) -> list[Planned]:
    form = chance.choice(
        (
            "{n}/{n} - {a:03}",
            "{n}/{n} - {a:03} - {t}",
            "{n}/[Group]_{u}_-_{a:02}_[720p][0A1B2C3D]",
            "{n}/[Group] {n} - {a:02} [BD 1080p HEVC FLAC]",
            "{n}/{n} Episode {a}",
            "[Group] {n} (BD 1080p)/[Group] {n} - {a:02} (BD 1080p)",
        )
    )
    under = safe(show.title, chance).replace(" ", "_")
    return _each(show, chance, "counted through", form, u=under)


def _three_in_one(show: Show, chance: random.Random) -> list[Planned]:
    name = safe(show.title, chance)
    rows = []
    for season in sorted({each.season for each in show.episodes if each.season})[:1]:
        some: list[Episode] = [e for e in show.episodes if e.season == season]
        for start in range(0, len(some) - 2, 3):
            three = tuple(some[start : start + 3])
            numbers = "".join(f"E{each.number:02}" for each in three)
            own = f"{name} - S{season:02}{numbers}"
            rows.append(
                row(show, three, f"{name}/Season {season}/{own}.mkv", "three in one")
            )
    return rows or _short_folders(show, chance)


_SHOWS: dict[str, tuple[tuple[ShowMaker, int], ...]] = {
    "standard": (
        (_short_folders, 8),
        (_season_in_folder, 14),
        (_written_out, 10),
        (_folder_numbers, 8),
        (_lower_scene, 12),
        (_half_with_year, 6),
        (_with_country, 6),
        (_other_show_name, 6),
        (_three_in_one, 4),
    ),
    "daily": ((_days, 1),),
    "anime": ((_anime, 4), (_season_in_folder, 2)),
}


def _plan_shows(catalogue: Catalogue, chance: random.Random) -> Iterator[list[Planned]]:
    for show in chance.sample(catalogue.shows, len(catalogue.shows)):
        makers, weights = zip(*_SHOWS[show.style], strict=True)
        yield chance.choices(makers, weights)[0](show, chance)


# --- What no catalogue knows ----------------------------------------------------------


def _plan_junk(
    catalogue: Catalogue, chance: random.Random, files: int
) -> list[Planned]:
    count = max(5, files // 20)
    films = chance.sample(catalogue.movies, min(count // 3, len(catalogue.movies)))
    makers = (_camera, _downloaded, _own_words, _lecture)
    return [
        *(_extra_of(movie, chance) for movie in films),
        *(
            chance.choice(makers)(chance, number)
            for number in range(count - len(films))
        ),
    ]


def _extra_of(movie: Movie, chance: random.Random) -> Planned:
    """Plan a film's extra; the film itself is not there."""
    title = safe(movie.title, chance)
    folder = f"Kept extras/{title} ({movie.year})"
    relpath = chance.choice(
        (
            f"{folder}/{title} ({movie.year})-trailer.mkv",
            f"{folder}/Featurettes/The Making of {title}.mkv",
            f"{folder}/extras/{title} - Deleted Scenes.mkv",
            f"{folder}/Behind the Scenes/{title}.mkv",
            f"{folder}/{title}-behindthescenes.mkv",
            f"{folder}/Trailers/{title} ({movie.year}).mp4",
        )
    )
    return Planned("movies", relpath, "extra of a film")


def _camera(chance: random.Random, number: int) -> Planned:
    relpath = chance.choice(
        (
            f"DCIM/100MEDIA/DJI_{number:04}.MP4",
            f"WhatsApp Video/VID-2019{chance.randint(1, 9):02}12-WA{number:04}.mp4",
            f"Screen recordings/Screen Recording 2021-03-1{number % 10} at 10.22.{number % 60:02}.mov",
            f"Phone 2018/PXL_2018{chance.randint(1, 9):02}05_{100000 + number}.mp4",
            f"Tapes/DV {number:03}.dv",
            f"zoom/zoom_{number}.mp4",
        )
    )
    return Planned("movies", relpath, "camera")


def _downloaded(chance: random.Random, number: int) -> Planned:
    mark = "".join(chance.choice("abcdefghijkLMNOPQRS0123456789_") for _ in range(11))
    relpath = chance.choice(
        (
            f"YouTube/How to fix a bike chain [{mark}].mp4",
            f"YouTube/10 minute morning workout no {number}-{mark}.mkv",
            f"Downloads/videoplayback ({number}).mp4",
            f"Downloads/download_{number}.mp4",
            f"YouTube/Sourdough for beginners part {number} ({mark}).webm",
        )
    )
    return Planned("movies", relpath, "downloaded")


def _own_words(chance: random.Random, number: int) -> Planned:
    year = chance.randint(2003, 2023)
    relpath = chance.choice(
        (
            f"Home/Summer {year}.mp4",
            f"Home/Birthday {year} {number}.avi",
            f"Home movies/Christmas at grandma's {year} {number}.mp4",
            f"Kids/First steps of Jonas {number}.mp4",
            f"Kids/{year}-06 Graduation {number}.mov",
            f"Trips/Norway day {number}.mp4",
            f"Weddings/Eva & Mark {number}.m4v",
        )
    )
    return Planned("movies", relpath, "words of one's own")


def _lecture(chance: random.Random, number: int) -> Planned:
    relpath = chance.choice(
        (
            f"Courses/Statistics/Lecture {number} - Bayes.mp4",
            f"Courses/Learn Spanish/Lesson {number:02}.mp4",
            f"Concerts/The Lanterns - Live in Dublin No {number} (2007).mkv",
            f"Sport/Marathon {2000 + number % 24} final km {number}.ts",
        )
    )
    return Planned("movies", relpath, "course or concert")
