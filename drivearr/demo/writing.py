"""Writes the demo's library to disk: videos, subtitles, .nfo files and posters."""

from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as Xml

from drivearr.demo.catalogue import (
    HOME_VIDEOS,
    JUNK,
    MOVIES,
    SHOWS,
    DemoEpisode,
    DemoMovie,
    DemoShow,
    DemoVideo,
)
from drivearr.demo.filming import film, subtitle_text
from drivearr.demo.painting import paint_poster

SECONDS = 4
FOLDERS = {"movies": "Movies", "shows": "TV Shows", "other": "Home videos"}
"""Kind of root → its folder in the demo's library."""


def write_library(folder: Path, *, say: Callable[[str], None]) -> None:
    """Write the whole library below `folder`; what is there already is kept.

    `say` is told each title. Takes some twenty seconds the first time.
    """
    for name in FOLDERS.values():
        (folder / name).mkdir(parents=True, exist_ok=True)
    for movie in MOVIES:
        say(movie.name)
        _write_movie(folder / FOLDERS["movies"], movie)
    for show in SHOWS:
        say(show.name)
        _write_show(folder / FOLDERS["shows"], show)
    for root, videos in (("movies", JUNK), ("other", HOME_VIDEOS)):
        for number, video in enumerate(videos):
            say(video.file)
            _write_video(folder / FOLDERS[root], video, tone_hertz=330 + 40 * number)


def _write_movie(root: Path, movie: DemoMovie) -> None:
    for number, relpath in enumerate(movie.files):
        path = root / relpath
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            film(
                path,
                movie.look,
                seconds=SECONDS + number,
                tone_hertz=160 + 7 * movie.look.seed,
                subtitles=movie.embedded if path.suffix == ".mkv" else (),
            )
        _write_subtitles(path, movie.subtitles)
    folder = (root / movie.files[0]).parent
    if folder != root:
        _write_xml(folder / "movie.nfo", [_movie_facts(movie)])
        title = movie.poster_name or movie.name
        _write_poster(folder / "poster.jpg", movie, title=title)


def _write_show(root: Path, show: DemoShow) -> None:
    folder = root / (show.folder or f"{show.name} ({show.year})")
    folder.mkdir(exist_ok=True)
    for number, episode in enumerate(show.episodes):
        path = folder / _season_folder(episode) / f"{_episode_name(show, episode)}.mkv"
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            hertz = 200 + 12 * number
            film(path, show.look, seconds=SECONDS - 1, tone_hertz=hertz)
        _write_subtitles(path, episode.subtitles)
        _write_xml(path.with_suffix(".nfo"), list(_episode_facts(episode)))
    _write_xml(folder / "tvshow.nfo", [_show_facts(show)])
    _write_poster(folder / "poster.jpg", show, title=show.name)
    for season in sorted({episode.season for episode in show.episodes}):
        word = f"Season {season}" if season else "Specials"
        name = (
            f"season{season:02}-poster.jpg" if season else "season-specials-poster.jpg"
        )
        _write_poster(folder / name, show, title=show.name, note=word)


def _write_video(root: Path, video: DemoVideo, *, tone_hertz: int) -> None:
    path = root / video.file
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        film(path, video.look, seconds=SECONDS - 1, tone_hertz=tone_hertz)


def _season_folder(episode: DemoEpisode) -> str:
    return f"Season {episode.season:02}" if episode.season else "Specials"


def _episode_name(show: DemoShow, episode: DemoEpisode) -> str:
    numbers = "".join(f"E{number:02}" for number in episode.numbers)
    usual = f"{show.name} - S{episode.season:02}{numbers} - {' & '.join(episode.names)}"
    return episode.file or usual


def _write_subtitles(video: Path, suffixes: tuple[str, ...]) -> None:
    for suffix in suffixes:
        path = video.with_name(video.stem + suffix)
        path.write_text(subtitle_text(suffix.split(".")[1]), encoding="utf-8")


def _write_poster(
    path: Path, of: DemoMovie | DemoShow, *, title: str, note: str = ""
) -> None:
    if path.exists():
        return
    poster = paint_poster(of.look, title=title, note=note or str(of.year))
    unfinished = path.with_name(".poster.part")
    poster.save(unfinished, format="JPEG", quality=88)
    unfinished.rename(path)


def _movie_facts(movie: DemoMovie) -> Xml.Element:
    return _facts(
        "movie",
        title=movie.name,
        year=str(movie.year),
        plot=movie.plot,
        genre=movie.genre,
    )


def _show_facts(show: DemoShow) -> Xml.Element:
    return _facts(
        "tvshow",
        title=show.name,
        year=str(show.year),
        plot=show.plot,
        genre=show.genre,
    )


def _episode_facts(episode: DemoEpisode) -> Iterator[Xml.Element]:
    for number, name in zip(episode.numbers, episode.names, strict=True):
        yield _facts(
            "episodedetails",
            title=name,
            season=str(episode.season),
            episode=str(number),
        )


def _facts(kind: str, **facts: str) -> Xml.Element:
    element = Xml.Element(kind)
    for name, value in facts.items():
        Xml.SubElement(element, name).text = value
    return element


def _write_xml(path: Path, roots: list[Xml.Element]) -> None:
    """Write one root after the other, as Kodi does for a file of two episodes."""
    texts = []
    for root in roots:
        Xml.indent(root)
        texts.append(Xml.tostring(root, encoding="unicode"))
    path.write_text("\n".join([XML_HEAD, *texts]) + "\n", encoding="utf-8")


XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
