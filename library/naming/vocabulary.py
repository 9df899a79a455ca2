"""The words that releases are tagged with, and where they stand in a name."""

import re
from dataclasses import dataclass
from functools import lru_cache

_FLAGS = re.IGNORECASE
BEFORE = r"(?<![^\W_])(?<!['’])"
"""Before a word: no letter, digit or apostrophe."""
AFTER = r"(?![^\W_])"
"""After a word."""
_S = r"[ ._-]?"

# Kinds beginning with "source_", and those in STRONG, stand in no title.
_WORDS: tuple[tuple[str, str], ...] = (
    (
        "resolution",
        r"(?:\d{3,4}[x×])?(?:360|480|540|576|720|1080|1440|2160|4320)[pi](?:\d{2,3})?"
        r"|\d{3,4}[x×](?:2160|1440|1080|960|804|80\d|81\d|720|696|576|540|480|400|404|396|360|352)"
        r"|4k|uhd|fhd|ultra" + _S + r"hd",
    ),
    (
        "source_hddvd",
        rf"hd{_S}dvd(?:rip)?",
    ),
    (
        "source_bluray",
        (
            rf"(?:uhd{_S})?blu{_S}ray(?:{_S}(?:rip|disc|mux))?|blurayrip|bluraymux|b[dr]{_S}?rip(?:mux)?|bd(?:25|50|66|100)|bdmv"
            rf"|bd{_S}?remux|m?bd(?:iso|mux)|mblu{_S}ray|uhd{_S}?bd|bdr"
        ),
    ),
    (
        "source_webrip",
        rf"web{_S}?(?:dl)?{_S}?rip|webcap|web{_S}?cap|webmux|(?:vod|ppv)rip",
    ),
    (
        "source_webdl",
        rf"web{_S}dl(?:mux)?|webdl(?:mux)?|web{_S}?hd|webhdrip|itunes(?:hd)?|webuhd|amazonhd",
    ),
    (
        "source_dvd",
        rf"dvd{_S}?(?:rip|scr(?:eener)?|mux|full|[r59](?![a-z]))|(?:hd)?dvd{_S}?rips?|r5|xvidvd|dvdivx|m?dvd{_S}r",
    ),
    (
        "source_tv",
        (
            rf"(?:[hspd]|ah|ts|t)d?tv{_S}?rip|[hsp]dtv|(?:ahd|hd|dvb|sat|tv|digi|dsr|ds|dth|dvbs?){_S}?rip|hd{_S}?tv|dsr|dthrip"
            rf"|dvb(?:-[tsc])?|pdtv|tvhd"
        ),
    ),
    ("source_telesync", rf"(?:hd{_S}?)ts|hdtsrip|telesync|pdvd|predvd(?:rip)?"),
    ("source_telecine", rf"hd{_S}?tc|telecine|hdtcrip"),
    ("source_cam", rf"hd{_S}?cam(?:{_S}?rip)?|cam{_S}?rip|new{_S}?cam"),
    ("source_vhs", rf"vhs(?:{_S}?rip)?"),
    ("source_workprint", r"workprint"),
    ("source_digital master", rf"dm{_S}?rip"),
    (
        "codec",
        (
            r"[xh][ ._-]?26[45](?:[ ._-]?10bit)?|hevc(?:10)?|avc|xvid|divx(?:\d)?|av1|vp[89]|mpeg-?[24]|vc-?1|avchd"
            r"|(?:10|8|12)[ ._-]?bits?|hi10p?|hi444p+|10b|yuv\d{3}p?\d*|ma10p"
        ),
    ),
    (
        "audio",
        (
            r"(?:he-?)?aac(?:[ ._-]?[1257][ ._]?[01])?(?:x\d)?|e?ac-?3d?(?:[ ._-]?[1257]\.[01])?|dd(?:p|\+)?(?:a)?[ ._-]?[1257][ ._][01]|dd[p+]a?"
            r"|dts(?:[ ._-]?(?:hd|x|es|ma|hdma))*(?:[ ._-]?ma)?(?:[ ._-]?[1257]\.[01])?|true[ ._-]?hd(?:[ ._-]?[1257]\.[01])?|atmos"
            r"|l?pcm|e?flac(?:[ ._-]?[1257]\.[01])?(?:x\d)?|opus(?:[ ._-]?[1257]\.[01])?|mp3|dd[257]1|vorbis|\d?ch(?=\])|[268]ch|dolby(?:[ ._-]?(?:digital|audio))?"
        ),
    ),
    (
        "hdr",
        r"hdr(?:10)?(?:\+|plus)?|dovi|dolby[ ._-]?vision|hlg|sdr|dv(?=[ ._-](?:hdr|[hx][ ._]?26|hevc|10bit|ddp))|bt2020",
    ),
    (
        "three_d",
        rf"3d|h(?:alf)?{_S}?(?:sbs|ou)|f(?:ull)?{_S}?(?:sbs|ou)|sbs|hsbs|hou|mvc|tab{_S}3d",
    ),
    (
        "sure",
        (
            r"vost(?:fr|a|e)?|subfrench|truefrench|subforced|multi[ ._-]?subs?|dual[ ._-]?audio|multi[ ._-]?audio|dual[ ._]lat"
            r"|hdrip|hd[ ._-]?rip|micro[ ._-]?hd|remux|brdisk|rawhd|nfofix|readnfo|read[ ._]nfo|dirfix|nl[ ._-]?subs?|hdc(?:lub)?|mkv|mp4"
            r"|dvdscr|screener|scr|xbla|multiple[ ._]subtitles?|hardsub(?:bed)?|softsubs?|re-?encoded?|[2-9][ ._]?cds?|\d+fps|[0-9.]+[ ._]?mbps|[0-9.]+[ ._]?kbit"
        ),
    ),
    (
        "edition",
        (
            rf"(?:(?:extended|special|ultimate|theatrical|collector'?s?|limited|deluxe|criterion|final|unrated|uncut|anniversary"
            rf"|\d{{1,3}}th|director'?s?|alternat(?:iv)?e|fan|rekall|despeciali[sz]ed|remastered|imax|open{_S}matte|restored"
            rf"|definitive|hybrid|4k|2in1|diamond|luxe|international|complete|uncensored|producer'?s?|assembly|rogue|super|integral){_S})+"
            rf"(?:cut|edition|version|collection|edit|remastered|restored|scan|release)"
            rf"|director'?s?{_S}cut|fan{_S}?(?:edit|collection)|extended|unrated|uncut|uncensored|theatrical|remastered|remaster|restored|criterion"
            rf"|recut|redux|imax|despeciali[sz]ed|dc|se|open{_S}matte|special{_S}edition|oar"
        ),
    ),
    (
        "language",
        (
            r"multi(?:lang)?|german|french|vf[fq2i]?|vo|italian|ita|spanish|castellano|espanol|español|latino|english|eng|swedish|norwegian|danish"
            r"|finnish|nordic|dutch|flemish|russian|rus|ukr|ukrainian|polish|pl|plsub|pldub|lektor|czech|cz|sk|slovak|hungarian|hun|turkish|greek|hebrew"
            r"|portuguese|brazilian|pt[ ._-]?br|dublado|legendado|legendas?|japanese|jap|jpn|korean|kor|chinese|mandarin|cantonese|chs|cht|gb|big5"
            r"|hindi|tamil|telugu|malayalam|bengali|thai|vietnamese|arabic|persian|farsi|romanian|bulgarian|serbian|croatian|icelandic"
            r"|estonian|latvian|lithuanian|catalan|fr|ger|esp|sub(?:bed|s|ita|titulado|titles?|titled)?|dub(?:bed)?|dl|ml|eng?[ ._-]subs?|heb[ ._-]?subs?|vostfr"
        ),
    ),
    (
        "flag",
        (
            r"proper|repack\d?|rerip|real|internal|int|limited|festival|stv|complete|dubbed|ws|fs|fansubs?|docu|doku|xxx|colou?ri[sz]ed|hybrid|ntsc|pal"
            r"|secam|convert|retail|custom|oad|ova|ona|om|fixed|subpack|dvd|bd|hd|sd|ld|md|mhd|m?uhd|hq|lq|upscaled?|web|cam|tsrip|tvrip|ts|tc|extras|readnfo|bonus|raw|raws|live|feed"
            r"|amzn|amazon|nf|netflix|hmax|max|hbo|dsnp|atvp|hulu|pcok|pmtp|stan|it|cr|red|cc|abc|ip|iplayer|itv|all4|crav|nick|cbs|nbc|vtv|bcore|ma|hbr"
            r"|1080|720|2160|4kto1080p|clean|line|mic|dubs?|bluray3d|blu|batch|uncensored|v\d"
        ),
    ),
)
STRONG = frozenset({"resolution", "codec", "audio", "hdr", "sure"})
_TAG = re.compile(
    BEFORE
    + "(?:"
    + "|".join(f"(?P<{kind.replace(' ', '__')}>{words})" for kind, words in _WORDS)
    + ")"
    + AFTER,
    _FLAGS,
)
_HASH = re.compile(r"[\[(][0-9A-F]{8}[\])]", _FLAGS)
_BRACKET = re.compile(r"\[[^\[\]]{0,200}\]|\([^()]{0,200}\)|\{[^{}]{0,200}\}")
_ONLY_SEPARATORS = re.compile(r"[\s._,+&/|\-\[\](){}]*")


@dataclass(frozen=True, slots=True)
class Tag:
    """One technical word in a name."""

    start: int
    end: int
    kind: str
    text: str

    @property
    def is_strong(self) -> bool:
        """Whether no title holds such a word."""
        return self.kind in STRONG or self.kind.startswith("source_")


@lru_cache(maxsize=64)
def find_words(text: str) -> tuple[Tag, ...]:
    """Return all technical words in order."""
    return tuple(
        Tag(m.start(), m.end(), (m.lastgroup or "").replace("__", " "), m[0])
        for m in _TAG.finditer(text)
    )


@lru_cache(maxsize=64)
def find_brackets(text: str) -> tuple[tuple[int, int], ...]:
    """Return where the innermost brackets begin and end."""
    return tuple(m.span() for m in _BRACKET.finditer(text))


def find_tail(text: str, after: int = 0) -> int:
    """Return where the technical words begin, at `after` or later; else the length.

    A word that may be one of the title (`German`, `Extended`) counts only beside one
    that cannot, or in brackets of its own.
    """
    words = [word for word in find_words(text) if word.start >= max(after, 1)]
    tail = len(text)
    for index, word in enumerate(words):
        if word.is_strong:
            tail = _reach_back(text, words, index, after)
            break
    return _reach_brackets(text, words, tail, after)


def _reach_back(text: str, words: list[Tag], index: int, after: int) -> int:
    start = words[index].start
    for word in reversed(words[:index]):
        if not _ONLY_SEPARATORS.fullmatch(text, word.end, start):
            break
        if not after and not text[: word.start].strip(" ._-[("):
            break
        start = word.start
    return start


def _reach_brackets(text: str, words: list[Tag], tail: int, after: int) -> int:
    for start, end in find_brackets(text):
        if start < max(after, 1):
            continue
        if start >= tail:
            break
        if end > tail or _HASH.fullmatch(text, start, end):
            return start
        if text[start] != "(" and _all_words(text, words, start, end):
            return start
    return tail


def _all_words(text: str, words: list[Tag], start: int, end: int) -> bool:
    """Whether a bracket holds technical words and nothing else."""
    inside = [word for word in words if start < word.start and word.end < end]
    if not inside:
        return False
    at = start + 1
    for word in inside:
        if not _ONLY_SEPARATORS.fullmatch(text, at, word.start):
            return False
        at = word.end
    return bool(_ONLY_SEPARATORS.fullmatch(text, at, end - 1))
