"""Numbers without a season: fansub names, numbered files, mixed scripts."""

import re
from collections.abc import Iterator

from library.naming.numbering import ABSOLUTE_MOST, Numbers, fill, read_number
from library.naming.vocabulary import find_brackets, find_words

_RANGE = r"(?P<first>\d{1,4})(?P<half>\.\d{1,2})*(?:[ ._]?[-~～][ ._]?(?P<last>\d{1,4})(?![\dpi])){0,3}(?:[ ._]?v\d)?"
_ENDING = r"(?:[ ._]?(?:end|fin(?:al)?|完结?|完結|tv全集|全集|合集|全|話|话|集))?"
_DASHED = re.compile(
    rf"[ ._]+[-–—][ ._]+(?:#|ep?[ .]?)?{_RANGE}{_ENDING}(?=$|[ ._]*[-–—\[(|,~]|[ ._])",
    re.IGNORECASE,
)
_SEASON_DASHED = re.compile(
    rf"(?<![^\W_])(?:s|(?:season|series|staffel|saison|temporada|stagione)[ ._](?=\d{{1,2}}[ ._]))(?P<season>\d{{1,2}})[ ._]*[-–—][ ._]*{_RANGE}{_ENDING}(?=$|[ ._]*[-–—\[(]|[ ._])",
    re.IGNORECASE,
)
_SEASON_SPACED = re.compile(
    r"(?<![^\W_])s(?P<season>\d{1,2})[ ._]+(?P<first>\d{3,4})(?=$|[ ._]*[\[(])",
    re.IGNORECASE,
)
_EAST_SEASON_DASHED = re.compile(
    rf"第(?P<season>\d{{1,2}}|[一二三四五六七八九十]{{1,3}})[季期部][ ._]*[-–—][ ._]*{_RANGE}{_ENDING}(?=$|[ ._]*[-–—\[(]|[ ._])",
    re.IGNORECASE,
)
_BRACKETED = re.compile(rf"第?{_RANGE}(?:話|话|集|回)?{_ENDING}", re.IGNORECASE)
_LAST = re.compile(
    r"[ ._-](?P<first>\d{2,4})(?:[ ._]?[-~～][ ._]?(?P<last>\d{2,4}))?(?P<more>[ ._]*&[ ._]*(?P<from>\d{2,4})-(?P<to>\d{2,4}))?(?:[ ._]?v\d)?[ ._]*$",
    re.IGNORECASE,
)
_PADDED = re.compile(
    r"[ ._](?P<first>0\d{1,2}|(?<=(?:19|20)\d\d[ ._])\d\d)(?:v\d)?(?=[ ._-]|$)"
)
_CHANNELS = re.compile(r"(?:[124567]\.[01])")
"""Of the sound, as in `[5.1]`: no decimal number of an episode."""
_DATE = re.compile(r"(?:19|20)\d\d-[01]\d-[0-3]\d")
_NOISE = re.compile(r"★[^★]*★|\[[^\[\]]*新番[^\[\]]*\]|\[[^\[\]]*月番\]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_GROUP = re.compile(r"\s*[\[(]([^\[\]()]{1,60})[\])][ ._]*(?:[-–][ ._]+)?(?=\S)")
_MORE_GROUPS = re.compile(r"(?:\[[^\[\]]{1,60}\][ ._]*){1,9}(?=[^\W\d_])")
_YEAR_NEXT = re.compile(r"[ ._]*[(\[](?:19|20)\d\d[)\]]")
_FIRST_LEAST = 2


def cut_group(text: str) -> tuple[str, str | None]:
    """Return `text` without the `[Group]` in front, and the group."""
    found = _GROUP.match(text)
    if not found or found[0].lstrip()[0] == "(" or _YEAR.fullmatch(found[1].strip()):
        return text, None
    more = _MORE_GROUPS.match(text, found.end())
    return text[more.end() if more else found.end() :], found[1].strip()


def cut_noise(text: str) -> str:
    """Return `text` without what only says in which month it first aired."""
    return _NOISE.sub("", text) if "新番" in text or "★" in text else text


def find_season_dashed(stem: str) -> Numbers | None:
    """Read `Show S2 - 07`, `Show 第二季 - 07` and `Show S21 1000`."""
    found = _SEASON_DASHED.search(stem) or _EAST_SEASON_DASHED.search(stem)
    if found and found.start():
        numbers = _numbers_of(found)
        return Numbers(
            found.start(),
            found.end(),
            season=read_number(found["season"]),
            episodes=numbers,
            how="season and number after the title",
        )
    found = _SEASON_SPACED.search(stem)
    if found and found.start():
        return Numbers(
            found.start(),
            found.end(),
            season=int(found["season"]),
            absolute=(int(found["first"]),),
            how="season and absolute number after the title",
        )
    return None


def _numbers_of(found: re.Match[str]) -> tuple[int, ...]:
    if found["half"]:
        return ()
    return fill(
        [int(found[key]) for key in ("first", "last") if found[key]],
        most=ABSOLUTE_MOST,
    )


def find_dashed(text: str, *, is_fansub: bool, has_year: bool) -> Numbers | None:
    """Read `Show - 12`, `Show - 012 - Name`, `Show - 01~10`, `Show - 12.5`."""
    for found in _DASHED.finditer(text):
        if not found.start() or not text[: found.start()].strip(" ._-"):
            continue
        follows = text[found.end() : found.end() + 12]
        if not is_fansub and not _stands_alone(found, follows, has_year=has_year):
            continue
        if _YEAR.fullmatch(found["first"]) and not is_fansub:
            continue
        return Numbers(
            found.start(),
            found.end(),
            season=0 if found["half"] else None,
            absolute=_numbers_of(found),
            how="a number after the title",
        )
    return None


def _stands_alone(found: re.Match[str], follows: str, *, has_year: bool) -> bool:
    """Whether a dashed number is an episode's without a fansub group to say so."""
    if _YEAR_NEXT.match(follows):
        return False
    if len(found["first"]) >= _FIRST_LEAST:
        return True
    return has_year or not follows.strip() or follows.lstrip(" ._")[:1] in "-–[("


def find_last(text: str, head: int) -> Numbers | None:
    """Read `[Group] Show 12` where the title ends at `head`: the last number before."""
    found = _LAST.search(text[:head].rstrip(" ._-["))
    if not found or not found.start():
        return None
    if _YEAR.fullmatch(found["first"]) and not found["last"]:
        return None
    numbers = fill(
        [int(found[key]) for key in ("first", "last") if found[key]],
        most=ABSOLUTE_MOST,
    )
    if found["more"]:
        more = fill([int(found["from"]), int(found["to"])], most=ABSOLUTE_MOST)
        numbers = (*numbers, *more)
    return Numbers(
        found.start(), found.end(), absolute=numbers, how="the number before the tags"
    )


def find_padded(text: str, head: int) -> Numbers | None:
    """Read `Show 05` and `Show 2018 06`: a number with a nought, or after a year."""
    found = _PADDED.search(text[:head])
    if not found or not found.start():
        return None
    return Numbers(
        found.start(),
        found.end(),
        absolute=(int(found["first"]),),
        how=f"{found['first']} after the title",
    )


def find_bracketed(text: str) -> Numbers | None:
    """Read `[Group][Title][01]` and `[Group] Title [01]`."""
    spans = find_brackets(text)
    for index, (start, end) in enumerate(spans):
        inside = text[start + 1 : end - 1].strip()
        found = _BRACKETED.fullmatch(inside)
        if not found or not start or (text[start] == "(" and not found["last"]):
            continue
        is_year = _YEAR.fullmatch(found["first"]) and not found["last"]
        if is_year or _CHANNELS.fullmatch(inside) or _DATE.fullmatch(inside):
            continue
        title = _title_before(text, spans[: index + 1])
        if title:
            return Numbers(
                start,
                end,
                season=0 if found["half"] else None,
                absolute=_numbers_of(found),
                title=title,
                how=f"[{inside}] after the title",
            )
    return None


def _title_before(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    """Return the title among the brackets before the number, or between them."""
    number_start = spans[-1][0]
    if not text.startswith("["):
        return text[:number_start]
    loose_from = spans[-2][1] if len(spans) > 1 else 0
    loose = text[loose_from:number_start].strip(" ._-")
    if loose:
        return loose
    candidates = list(_candidates(text, spans[:-1]))
    latin = [each for each in candidates[1:] if is_latin(each)]
    return (latin or candidates)[-1] if candidates else ""


def _candidates(text: str, spans: tuple[tuple[int, int], ...]) -> Iterator[str]:
    words = find_words(text)
    for start, end in spans:
        inside = text[start + 1 : end - 1].strip()
        is_tag = any(
            word.is_strong and start < word.start and word.end < end for word in words
        )
        if inside and not is_tag and not _YEAR.fullmatch(inside):
            yield inside


def is_latin(text: str) -> bool:
    """Whether most letters are Latin."""
    letters = [c for c in text if c.isalpha()]
    latin = sum(c < "\u0250" for c in letters)
    return bool(letters) and latin * 2 > len(letters)


def has_latin(text: str) -> bool:
    """Whether a word of two Latin letters is in it."""
    return bool(re.search(r"[A-Za-zÀ-ɏ]{2}", text))
