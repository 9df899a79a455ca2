"""Languages as file names spell them, and their articles."""

from functools import lru_cache

ARTICLES: dict[str, tuple[str, ...]] = {
    "en": ("the ", "a ", "an "),
    "de": ("der ", "die ", "das ", "ein ", "eine "),
    "fr": ("le ", "la ", "les ", "l'", "l’", "un ", "une ", "des "),
    "es": ("el ", "la ", "los ", "las ", "un ", "una "),
    "it": ("il ", "lo ", "la ", "i ", "gli ", "le ", "l'", "l’", "un ", "una "),
    "pt": ("o ", "a ", "os ", "as ", "um ", "uma "),
    "nl": ("de ", "het ", "een "),
    "sv": ("en ", "ett ", "den ", "det ", "de "),
    "da": ("en ", "et ", "den ", "det ", "de "),
    "nb": ("en ", "et ", "ei ", "den ", "det ", "de "),
    "hu": ("a ", "az ", "egy "),
}
"""With which titles begin without being sorted by it, folded."""


@lru_cache(maxsize=8)
def articles_of(languages: str) -> tuple[str, ...]:
    """Return the articles of `de-DE,fr`; those of English where none is known."""
    codes = [each.strip().partition("-")[0].lower() for each in languages.split(",")]
    known = ARTICLES.get(codes[0], ())
    return tuple(dict.fromkeys((*known, *ARTICLES["en"])))


# Code, three-letter codes, names: the languages that subtitles come in.
_TABLE = """
ar ara arabic العربية
bg bul bulgarian
bn ben bengali
bs bos bosnian
ca cat catalan
cs cze ces czech
da dan danish dansk
de ger deu german deutsch
el gre ell greek
en eng english
es spa spanish espanol español castellano
et est estonian
eu baq eus basque
fa per fas persian farsi
fi fin finnish suomi
fr fre fra french francais français
gl glg galician
he heb hebrew
hi hin hindi
hr hrv croatian
hu hun hungarian magyar
id ind indonesian
is ice isl icelandic
it ita italian italiano
ja jpn japanese
ka geo kat georgian
ko kor korean
lt lit lithuanian
lv lav latvian
mk mac mkd macedonian
ml mal malayalam
ms may msa malay
nb nob bokmal bokmål
nl dut nld dutch nederlands
nn nno nynorsk
no nor norwegian norsk
pl pol polish polski
pt por portuguese portugues português
ro rum ron romanian
ru rus russian
sk slo slk slovak
sl slv slovenian slovene
sq alb sqi albanian
sr srp scc serbian
sv swe swedish svenska
ta tam tamil
te tel telugu
th tha thai
tr tur turkish
uk ukr ukrainian
ur urd urdu
vi vie vietnamese
zh chi zho chinese chs cht
"""

_CODES = {
    word: words[0]
    for words in (line.split() for line in _TABLE.strip().splitlines())
    for word in words
}


_NAMES = {
    words[0]: words[3 if len(words[2]) == 3 and len(words) > 3 else 2].title()  # noqa: PLR2004
    for words in (line.split() for line in _TABLE.strip().splitlines())
}


def name_language(code: str) -> str:
    """Return "English" for `en` or `eng`, "Portuguese (BR)" for `pt-BR`; else the code."""
    primary, _, region = code.partition("-")
    name = _NAMES.get(_CODES.get(primary.casefold(), ""), "")
    return (f"{name} ({region})" if region else name) if name else code


def find_language(word: str) -> str:
    """Return the language's code for `en`, `eng`, `English` or `pt-BR`; "" if none."""
    primary, _, region = word.casefold().partition("-")
    code = _CODES.get(primary, "")
    if code and region and region.isalnum() and 2 <= len(region) <= 4:  # noqa: PLR2004
        return f"{code}-{region.upper() if len(region) != 4 else region.title()}"  # noqa: PLR2004
    return code if not region else ""
