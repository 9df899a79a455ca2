"""Dates in names, in every order that people and broadcasters write them."""

import datetime
import re
from dataclasses import dataclass

_S = r"[ ._-]"
_YEAR = r"(?:19|20)\d\d"
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio",
            "feb february februar février febrero febbraio",
            "mar march märz mars marzo",
            "apr april avril abril aprile",
            "may mai mayo maggio",
            "jun june juni juin junio giugno",
            "jul july juli juillet julio luglio",
            "aug august août agosto",
            "sep sept september septembre septiembre settembre",
            "oct october oktober okt octobre octubre ottobre",
            "nov november novembre noviembre",
            "dec december dezember dez décembre diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))

_YMD = re.compile(
    rf"(?<!\d)({_YEAR})({_S}{{1,3}})(\d{{1,2}}){_S}{{1,3}}(\d{{1,2}})(?!\d)"
)
_DMY = re.compile(rf"(?<!\d)(\d{{1,2}}){_S}(\d{{1,2}}){_S}({_YEAR})(?!\d)")
_YYYYMMDD = re.compile(rf"(?<![^\W_])({_YEAR})([01]\d)([0-3]\d)(?![^\W_])")
_YYMMDD = re.compile(rf"(?<=[ ._])(\d\d)([01]\d)([0-3]\d)(?={_S}|$)")
_YY_MM_DD = re.compile(r"(?<=[ ._])(\d\d)([._ ])([01]\d)\2([0-3]\d)(?=[ ._]|$)")
_WORDS = re.compile(
    rf"(?<![^\W_])(?:(\d{{1,2}})(?:st|nd|rd|th|\.)?{_S}*(?:of{_S}+)?({_MONTH})[.,]?{_S}*({_YEAR})"
    rf"|({_MONTH}){_S}*(\d{{1,2}})(?:st|nd|rd|th)?[,.]?{_S}*({_YEAR})"
    rf"|({_YEAR}){_S}*({_MONTH}){_S}*(\d{{1,2}})(?:st|nd|rd|th)?)(?![^\W_])",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"[ ._-]+((?:[01]\d|2[0-3])[.:_-]?[0-5]\d)(?:[.:_-]?[0-5]\d)?(?=$|[ ._-])"
)
FIRST_YEAR = 1970
"""Nothing older aired daily; an older date is part of a title."""
_LEAD = re.compile(r"(?:^|(?<=[ ._]))(?:vom|du|del|dal|от|van)[ ._-]*$", re.IGNORECASE)
"""`Die Sendung vom 14.05.2023`: none of the title, and who writes so puts the day first."""
_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Found:
    """A date and where it stands."""

    start: int
    end: int
    day: str | None
    """ISO; None: it could be two days, or none."""
    problem: str = ""


def find_date(text: str) -> Found | None:
    """Return the first sure date; else the one that cannot be told; else None."""
    if not any(c.isdigit() for c in text):
        return None
    return _sure(text) or _backward(text) or _short(text)


def cut_lead(text: str) -> str:
    """Return what stands before a date without the word that leads to it."""
    return _LEAD.sub("", text)


def _sure(text: str) -> Found | None:
    for found in _YMD.finditer(text):
        day = _first_day(int(found[1]), int(found[3]), int(found[4]))
        if day:
            return _checked(found, day)
    for found in _YYYYMMDD.finditer(text):
        day = _as_day(int(found[1]), int(found[2]), int(found[3]))
        if day:
            return _checked(found, day)
    for found in _WORDS.finditer(text):
        day = _day_of_words(found)
        if day:
            return _checked(found, day)
    return None


def _first_day(year: int, first: int, second: int) -> str | None:
    """Year-month-day, or year-day-month where only that is a date."""
    return _as_day(year, first, second) or _as_day(year, second, first)


def _day_of_words(found: re.Match[str]) -> str | None:
    if found[1]:
        day, month, year = found[1], found[2], found[3]
    elif found[4]:
        month, day, year = found[4], found[5], found[6]
    else:
        year, month, day = found[7], found[8], found[9]
    return _as_day(int(year), _MONTHS[month.casefold()], int(day))


def _backward(text: str) -> Found | None:
    for found in _DMY.finditer(text):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        if first == second or max(first, second) > _MONTHS_A_YEAR:
            day = _as_day(year, second, first) or _as_day(year, first, second)
            if day:
                return _checked(found, day)
        elif first and second:
            day = _as_day(year, second, first)
            if day and _LEAD.search(text[: found.start()]):
                return _checked(found, day)
            return Found(
                found.start(), found.end(), None, "has a date that may be two days"
            )
    return None


def _short(text: str) -> Found | None:
    for shape, year, month, day in ((_YYMMDD, 1, 2, 3), (_YY_MM_DD, 1, 3, 4)):
        for found in shape.finditer(text):
            iso = _as_day(2000 + int(found[year]), int(found[month]), int(found[day]))
            if iso:
                return Found(found.start(), found.end(), iso)
    return None


def _checked(found: re.Match[str], day: str) -> Found:
    if int(day[:4]) < FIRST_YEAR:
        return Found(found.start(), found.end(), None, "has a date before television")
    return Found(found.start(), _past_time(found, day), day)


def _past_time(found: re.Match[str], day: str) -> int:
    """Return where a date ends, with the time of day that recorders write behind it."""
    time = _TIME.match(found.string, found.end())
    if not time or time[1] == day[:4]:
        return found.end()
    return time.end()


def _as_day(year: int, month: int, day: int) -> str | None:
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None
