"""Libraries of any size as rows, without files."""

from library.models import Item, MediaFile, MediaFileItem, Root, Season, Title


def fill_library(*, movies: int, shows: int, episodes: int) -> None:
    """Make that many movies, and shows with that many episodes in seasons of ten."""
    films = Root.objects.create(
        path="/bench/films", kind=Root.Kind.MOVIES, state="AVAILABLE"
    )
    series = Root.objects.create(
        path="/bench/shows", kind=Root.Kind.SHOWS, state="AVAILABLE"
    )
    titles = _titles(movies, Title.Kind.MOVIE) + _titles(shows, Title.Kind.SHOW)
    Title.objects.bulk_create(titles, batch_size=500)
    items = [
        Item(title=title, name=title.name)
        for title in titles
        if title.kind == Title.Kind.MOVIE
    ]
    items += _episodes([t for t in titles if t.kind == Title.Kind.SHOW], episodes)
    Item.objects.bulk_create(items, batch_size=500)
    files = [
        MediaFile(
            root=films if item.season is None else series,
            relpath=f"{item.title.name}/{number}.mkv",
            size_bytes=1_000_000_000 + number,
            mtime_ns=1,
            fingerprint=f"{1_000_000_000 + number}-{number}",
            title=item.title,
            match_state=MediaFile.Match.MATCHED,
            matched_by=MediaFile.MatchedBy.AUTO,
        )
        for number, item in enumerate(items)
    ]
    MediaFile.objects.bulk_create(files, batch_size=500)
    MediaFileItem.objects.bulk_create(
        (
            MediaFileItem(media_file=file, item=item)
            for file, item in zip(files, items, strict=True)
        ),
        batch_size=500,
    )


def _titles(count: int, kind: str) -> list[Title]:
    words = ("Quiet", "Lantern", "Harbour", "Winter", "Seventh", "Paper", "Copper")
    return [
        Title(
            kind=kind,
            name=f"{words[n % 7]} {words[n // 7 % 7]} {n}",
            sort_name=f"{words[n % 7]} {words[n // 7 % 7]} {n}".casefold(),
            search_text=f"{words[n % 7]} {words[n // 7 % 7]} {n}".casefold(),
            year=1950 + n % 75,
            identity_key=f"{kind}:bench:{n}",
        )
        for n in range(count)
    ]


def _episodes(shows: list[Title], count: int) -> list[Item]:
    seasons = [
        Season(title=show, number=number)
        for show in shows
        for number in range(1, (count - 1) // 10 + 2)
    ]
    Season.objects.bulk_create(seasons, batch_size=500)
    return [
        Item(title=season.title, season=season, number=n, name=f"Part {n}")
        for season in seasons
        for n in range(1, min(10, count - (season.number - 1) * 10) + 1)
    ]
