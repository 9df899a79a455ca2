"""Season and episode numbers in a file's own name."""

import re
from dataclasses import dataclass

from library.naming.vocabulary import AFTER, BEFORE

EPISODES_MOST = 60
"""A longer range in one season is a misreading."""
ABSOLUTE_MOST = 400
"""A longer range of absolute numbers is a misreading."""
_RESOLUTIONS = frozenset({264, 265, 360, 480, 540, 576, 720, 1080, 2160})

# In the languages that shows are kept in; also used for folders.
SEASON_WORDS = (
    r"seasons?|staffeln?|saisons?|temporadas?|stagion[ei]|seizoen(?:en)?|sæson|säsong|sesong|kausi|sezon(?:a|ul|lar)?|sezóna|sezonas"
    r"|série|évad|сезони?|сезона?|сезоны|시즌|シーズン|الموسم|עונה|mùa|musim|hooaeg|σεζόν|κύκλος|þáttaröð|denboraldia|ฤดูกาล|ซีซั่น"
)
_EPISODE_WORDS = (
    r"episodes?|eps?|episodio|episódio|épisode|folgen?|aflevering|afl|afsnit|avsnitt|jakso|odcinek|odc|epizod(?:a|ul)?|epizóda|epizód|rész|díl|capitulo|capítulo"
    r"|puntat[ae]|ตอน(?:ที่)?|cap|bölüm|серия|серии|выпуск|епізод|серія|ep[ií]sodul|επεισόδιο|פרק|الحلقة|tập"
)
_KANJI = "〇一二三四五六七八九十百"
_N = rf"(?:\d{{1,4}}|[{_KANJI}]{{1,5}})"

_MORE = (
    r"(?:[ ._]*(?:[-&+~,/]|and|und|et|y)?[ ._]*(?:[\[(])?(?:s\d{1,4}[ ._]*)?(?:e|ep|x)[ ._]?\d{1,5}(?![\dpi])"
    r"|[-+~&_]\d{1,4}(?![\dpi])(?!-?bit)){0,40}"
)
_SXXEYY = re.compile(
    rf"{BEFORE}(?:s|se[ ._]?|season[ ._-]?)(?P<season>\d{{1,4}})"
    rf"(?:[ ._,-]{{0,3}}|[ ._]{{0,2}}[\[(][ ._]?)(?:episode|ep|e|x[ ._]?e?|\.?[ ._]?afl)[ ._]{{0,2}}(?P<first>\d{{1,5}})(?P<more>{_MORE})"
    rf"(?:[a-d]|v\d)?{AFTER}",
    re.IGNORECASE,
)
_TXXCYY = re.compile(
    rf"{BEFORE}t(?P<season>\d{{1,2}})[ ._]?x?(?:e|ep|c|cap)[ ._]?(?P<first>\d{{1,3}})(?P<more>{_MORE}){AFTER}",
    re.IGNORECASE,
)
"""`T03E05`, `T3xC05`: temporada, capítulo."""
_GLUED = re.compile(
    r"(?<=[a-z])s(?P<season>\d\d)e(?P<first>\d\d\d?)(?P<more>(?:[-]?e\d\d\d?)*)(?![^\W_])"
)
_DOTTED = re.compile(
    rf"{BEFORE}s(?P<season>\d\d)[._](?P<first>\d\d)(?P<more>)(?=[ ._-][^\d]|[ ._](?:19|20)\d\d|$)",
    re.IGNORECASE,
)
_NXNN = re.compile(
    rf"{BEFORE}(?P<season>\d{{1,2}}(?=x\d{{1,3}}(?!\d))|(?:19|20)\d\d(?=x(?:[0-2]?\d\d?)(?!\d)))x(?P<first>\d{{1,3}})"
    r"(?P<more>(?:[ ._]{0,3}-[ ._]{0,3}(?:\d{1,4})?[xe]\d{1,3}|x\d{1,3}(?!\d)|[-_+&]\d{1,3}(?![\dpix])|[_+]\d{1,2}x\d{1,3}|[ ._]{0,2}&[ ._]{0,2}\d{1,2}x\d{1,3}|_e\d{1,3}){0,40})"
    rf"(?:[a-d]|v\d)?{AFTER}",
    re.IGNORECASE,
)
_SHAPES_OF_PICTURES = frozenset({(16, 9), (4, 3), (21, 9)})
_BY_WORDS = re.compile(
    rf"{BEFORE}(?:(?:{SEASON_WORDS}|serie|series)[ ._-]{{0,3}}#?(?P<season>\d{{1,4}})|(?P<ordinal>\d{{1,3}})(?:st|nd|rd|th|ª|º|\.|-?й|-?ий|ος)?"
    rf"[ ._-]{{0,3}}(?:{SEASON_WORDS}))(?P<between>[^\d].{{0,60}}?|)"
    rf"(?:{BEFORE}(?:{_EPISODE_WORDS}|e)[ ._-]{{0,3}}#?(?P<first>\d{{1,4}})(?P<more>(?:[ ._]?[-~&+][ ._]?(?:ep?)?\d{{1,4}}(?![\dpi]))*)"
    rf"|{BEFORE}(?P<counted>\d{{1,4}})[ ._-]{{0,2}}(?:-?ая[ ._])?(?:{_EPISODE_WORDS})){AFTER}",
    re.IGNORECASE,
)
_CAP = re.compile(
    rf"{BEFORE}cap[ ._]{{0,2}}(?P<season>\d{{1,2}})(?P<first>\d\d)(?P<more>(?:[ _-](?:\d{{1,2}})?\d\d(?!\d))?){AFTER}",
    re.IGNORECASE,
)
_EAST = re.compile(
    rf"(?:第?(?P<season>{_N})(?:季|期|部|기)(?P<between>.{{0,40}}?))?第?[ ._]?(?P<first>{_N})(?:[ ._]?[-~～][ ._]?(?P<last>{_N}))?[ ._]?(?:話|话|集|回|화|회)(?:[ ._]?完)?(?![^\W_\d])"
)
_SEASON_BEFORE = re.compile(
    rf"{BEFORE}(?:s|season|シーズン|시즌)[ ._-]?(?P<season>\d{{1,2}})[ ._-]*$",
    re.IGNORECASE,
)
_OF = re.compile(
    rf"{BEFORE}(?:part[ ._]?|pt[ ._]?|ep(?:isode)?[ ._]?)?(?P<first>\d{{1,3}})[ ._]?(?:of|von|di|de|из)[ ._]?(?P<all>\d{{1,3}}){AFTER}",
    re.IGNORECASE,
)
_EPISODE = re.compile(
    rf"(?:{BEFORE}(?:{_EPISODE_WORDS}|#)[ ._-]{{0,3}}#?(?P<word>\d{{1,5}})|{BEFORE}e(?P<letter>\d{{2,5}}))"
    rf"(?P<more>(?:[ ._]?[-~&+][ ._]?(?:ep?\.?[ ._]?)?\d{{1,5}}(?![\dpi]))*)(?:[a-d]|[ ._]?v\d)?{AFTER}",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    rf"{BEFORE}(?P<first>\d{{1,4}})(?P<more>)[ ._-]{{0,2}}(?:-?ая[ ._])?(?:bölüm|серия|серії|rész|díl|odcinek|jakso|епізод){AFTER}",
    re.IGNORECASE,
)
_NUMBER_WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
]
_ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"]
_PART = re.compile(
    rf"{BEFORE}(?:part|pt|teil|partie)[ ._-]?(?P<first>\d{{1,2}}|{'|'.join(_NUMBER_WORDS)}|{'|'.join(reversed(_ROMAN))}){AFTER}",
    re.IGNORECASE,
)
_PACKED = re.compile(r"(?<=[^\W])[._ -](?P<season>\d{1,2}?)(?P<first>\d\d)(?=[ ._-]|$)")
_PACKED_PAIR = re.compile(
    r"(?<=[^\W_])[._ -](?P<season>0[1-4]|[1-9])(?P<first>\d\d)(?P<second>\d\d)(?=[ ._-])"
)
_DASHED_END = re.compile(
    r"[a-z0-9]+(?:-[a-z0-9]+){3,30}-(?P<season>[1-9])(?P<first>\d\d)"
)
_SPECIAL = re.compile(
    rf"{BEFORE}(?:s(?:eason[ ._]?)?\d{{1,2}}[ ._]?)?(?:ova|ona|oad|sp|special)[ ._-]{{0,2}}(?P<first>\d{{1,3}}){AFTER}",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Which episode a name says it is."""

    start: int
    """Before it stands the title."""
    end: int
    """After it stand the episode's title and the technical words."""
    season: int | None = None
    episodes: tuple[int, ...] = ()
    absolute: tuple[int, ...] = ()
    air_date: str | None = None
    title: str | None = None
    """The title, where it is not all that stands before."""
    how: str = ""
    is_weak: bool = False
    """A film's name may look so too."""
    is_whole: bool = False
    """All episodes of the season."""


def read_number(text: str) -> int:
    """Return the number that digits or Chinese numerals (below 1,000) write."""
    if text.isdecimal():
        return int(text)
    total = current = 0
    for sign in text:
        value = _KANJI.index(sign)
        if sign in "十百":
            total += (current or 1) * (10 if sign == "十" else 100)
            current = 0
        else:
            current = current * 10 + value
    return total + current


def read_roman(text: str) -> int:
    """Return the number that Roman numerals below 40 write; 0 when they are none."""
    values = [{"i": 1, "v": 5, "x": 10}[sign] for sign in text.casefold()]
    following = [*values[1:], 0]
    return sum(
        -value if value < after else value
        for value, after in zip(values, following, strict=True)
    )


def fill(
    numbers: list[int], *, is_range: bool = True, most: int = EPISODES_MOST
) -> tuple[int, ...]:
    """Return 1, 2, 3 for 1 and 3; more than two numbers stay as they are."""
    if len(numbers) != 2 or not is_range:  # noqa: PLR2004 - a pair is a range
        return tuple(dict.fromkeys(numbers))
    first, last = numbers
    if last < first or last - first >= most:
        return (first,)
    return tuple(range(first, last + 1))


def find_numbers(stem: str) -> Numbers | None:
    """Read the first surely numbered shape in a name; None when there is none."""
    if not any(c.isdigit() or c in _KANJI for c in stem):
        return None
    return (
        _seasoned(stem)
        or _packed_pair(stem)
        or _cap(stem)
        or _by_words(stem)
        or _east(stem)
    )


def _seasoned(stem: str) -> Numbers | None:
    for shape in (_SXXEYY, _NXNN, _DOTTED, _GLUED, _TXXCYY):
        for found in shape.finditer(stem):
            season, first = int(found["season"]), int(found["first"])
            is_shape = (season, first) in _SHAPES_OF_PICTURES
            if shape is _NXNN and is_shape and not found["first"].startswith("0"):
                continue
            return _numbers(found, season, first)
    return None


def _numbers(found: re.Match[str], season: int, first: int) -> Numbers:
    more, cut = _read_more(found["more"], first)
    end = found.end() - cut
    text = found.string[found.start() : end].strip()
    whole = re.match(r"[ ._]of[ ._](\d+)", found.string[end : end + 12], re.IGNORECASE)
    is_whole = bool(whole and more and first == 1 and more[-1] == int(whole[1]))
    return Numbers(
        found.start(),
        end + (whole.end() if whole else 0),
        season=season,
        episodes=() if is_whole else _list(first, more, found["more"]),
        how=f"{text} in the name",
        is_whole=is_whole,
    )


def _read_more(more: str, first: int) -> tuple[list[int], int]:
    """Return further numbers, and how many characters at the end are none."""
    # `S01E01-S01E03` and `1x01-1x03`: the season's number is none of an episode.
    plain = re.sub(
        r"s\d{1,4}(?=[ ._]*(?:e|x))|\d{1,4}(?=x\d)",
        lambda m: "_" * len(m[0]),
        more,
        flags=re.IGNORECASE,
    )
    numbers: list[int] = []
    end = 0
    for found in _NUMBER.finditer(plain):
        number = int(found[0])
        is_marked = re.search(r"[exp][ ._]?$", plain[: found.start()], re.IGNORECASE)
        last = numbers[-1] if numbers else first
        if number <= last or (number in _RESOLUTIONS and not is_marked):
            break
        if not is_marked and number - last > EPISODES_MOST:
            break
        numbers.append(number)
        end = found.end()
    return numbers, len(more) - end


def _list(first: int, more: list[int], text: str) -> tuple[int, ...]:
    """Fill a range; `E01E03`, `E01+E03` and `E01 & E03` are two episodes."""
    is_range = bool(re.search(r"[^\W\d]?[-~,/._ ]|^$", text)) and not re.search(
        r"[&+]", text
    )
    return fill([first, *more], is_range=is_range)


def _by_words(stem: str) -> Numbers | None:
    found = _BY_WORDS.search(stem)
    if not found:
        return None
    first = int(found["first"] or found["counted"])
    season = int(found["season"] or found["ordinal"])
    more, _ = _read_more(found["more"] or "", first)
    return Numbers(
        found.start(),
        found.end(),
        season=season,
        episodes=_list(first, more, found["more"] or ""),
        how="words for season and episode in the name",
    )


def _packed_pair(stem: str) -> Numbers | None:
    """Read `Show.10910`: season 1, episodes 9 and 10."""
    found = _PACKED_PAIR.search(stem)
    if not found or int(found["second"]) != int(found["first"]) + 1:
        return None
    return Numbers(
        found.start(),
        found.end(),
        season=int(found["season"]),
        episodes=(int(found["first"]), int(found["second"])),
        how=f"{found[0][1:]} in the name",
    )


def _cap(stem: str) -> Numbers | None:
    found = _CAP.search(stem)
    if not found:
        return None
    digits = _NUMBER.findall(found["more"])
    numbers = [int(found["first"]), *(int(each[-2:]) for each in digits)]
    return Numbers(
        found.start(),
        found.end(),
        season=int(found["season"]),
        episodes=fill(numbers),
        how=f"{found[0]} in the name",
    )


def _east(stem: str) -> Numbers | None:
    found = _EAST.search(stem)
    if not found:
        return None
    season = read_number(found["season"]) if found["season"] else None
    before = None if found["season"] else _SEASON_BEFORE.search(stem[: found.start()])
    if before:
        season = int(before["season"])
    numbers = fill(
        [read_number(found[key]) for key in ("first", "last") if found[key]],
        most=ABSOLUTE_MOST,
    )
    return Numbers(
        before.start() if before else found.start(),
        found.end(),
        season=season,
        episodes=numbers if season is not None else (),
        absolute=numbers if season is None else (),
        how=f"{found[0].strip()} in the name",
    )


def find_episode_word(stem: str) -> Numbers | None:
    """Read `Episode 12`, `E12`, `Folge 3`, `1 of 6`: a number without a season."""
    special = _SPECIAL.search(stem)
    if special and special.start():
        return Numbers(
            special.start(),
            special.end(),
            season=0,
            episodes=(int(special["first"]),),
            how=f"{special[0].strip()} in the name",
        )
    for shape in (_EPISODE, _COUNTED):
        found = shape.search(stem)
        if found:
            first = int(next(filter(None, found.groups()[:2])))
            more, cut = _read_more(found["more"], first)
            return Numbers(
                found.start(),
                found.end() - cut,
                episodes=_list(first, more, found["more"]),
                how=f"{found[0].strip()} in the name",
                is_weak=bool(found.groupdict().get("word")),
            )
    return find_of(stem)


def find_of(stem: str, after: int = 0) -> Numbers | None:
    """Read `3 of 6`, at `after` or later."""
    for found in _OF.finditer(stem, after):
        first, last = int(found["first"]), int(found["all"])
        if 0 < first <= last:
            return Numbers(
                found.start(),
                found.end(),
                episodes=(first,),
                how=f"{found[0].strip()} in the name",
                is_weak=True,
            )
    return None


def find_part(stem: str) -> Numbers | None:
    """Read `Part 2`, `Part Two`, `Part II`: an episode of a mini-series."""
    found = _PART.search(stem)
    if not found or not found.start():
        return None
    number = _read_word(found["first"].casefold())
    return Numbers(
        found.start(),
        found.end(),
        episodes=(number,),
        how=f"{found[0].strip()} in the name",
    )


def _read_word(word: str) -> int:
    """Return the number that `two`, `ii` or `2` writes."""
    for words in (_NUMBER_WORDS, _ROMAN):
        if word in words:
            return words.index(word) + 1
    return int(word)


def find_packed(stem: str, head: int) -> Numbers | None:
    """Read `Show.103`, `Show.1013`, `Show.103.104`, `Show.2015.0308` before `head`."""
    text = stem[:head]
    found = _DASHED_END.fullmatch(stem)
    if found:
        return Numbers(
            found.start("season") - 1,
            found.end(),
            season=int(found["season"]),
            episodes=(int(found["first"]),),
            title=stem[: found.start("season") - 1],
            how="the number at the end of a dashed name",
        )
    for each in _PACKED.finditer(text):
        if each.start() and int(each[0][1:]) not in _RESOLUTIONS and not _is_year(each):
            found = each
            break
    if not found or not int(found["first"]):
        return None
    season, numbers, end = int(found["season"]), [int(found["first"])], found.end()
    again = re.match(rf"[ ._-]0?{season}(\d\d)(?=[ ._-]|$)", text[end:])
    if again and int(again[1]) == numbers[0] + 1:
        numbers.append(int(again[1]))
        end += again.end()
    return Numbers(
        found.start(),
        end,
        season=season,
        episodes=tuple(numbers),
        how=f"{found[0][1:]} in the name",
    )


def _is_year(found: re.Match[str]) -> bool:
    return bool(re.fullmatch(r"(?:19|20)\d\d", found[0][1:]))
