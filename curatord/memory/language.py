"""Which language a note is written in: by its frontmatter, else its script, else its function words."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def detect(text: str, metadata: Mapping[str, object]) -> str:
    """Return the ISO 639-1 code of a note's language; "und" (undetermined) where `text` has no letters.

    `lang`, `language` or `locale` in the metadata decides where it names a language known here (`fr`, `pt-BR`,
    `German`). `text` is prose; only its first 4,000 characters are looked at. Text in Latin script is English
    unless another language's function words clearly dominate.
    """
    declared = _declared(metadata)
    if declared:
        return declared
    sample = text[:_SAMPLE_CHARACTERS]
    return _by_script(sample) or _by_words(sample)


def _declared(metadata: Mapping[str, object]) -> str | None:
    for key in ("lang", "language", "locale"):
        value = metadata.get(key)
        if isinstance(value, str):
            name = re.split(r"[-_.]", value.strip().casefold(), maxsplit=1)[0]
            code = _NAMES.get(name, name)
            if code in _KNOWN:
                return code
    return None


def _by_script(sample: str) -> str | None:
    """Name the language of a script that only few languages use, where it holds a good part of the letters."""
    if sample.isascii():
        return None
    counts = {language: len(letters.findall(sample)) for language, letters in _SCRIPTS.items()}
    kana, han = counts["ja"], counts["zh"]
    # Japanese mixes kana with Chinese characters; a few kana among many of those are a name in a Chinese text
    counts["ja"], counts["zh"] = (kana + han, 0) if kana * 10 > han else (0, han)
    best = max(counts, key=lambda language: counts[language])
    if counts[best] < _SCRIPT_SHARE * (sum(counts.values()) + len(_LATIN.findall(sample))) or not counts[best]:
        return None
    return next((code for code, letters in _NEIGHBOURS.get(best, ()) if letters.search(sample)), best)


def _by_words(sample: str) -> str:
    words = Counter(_WORD.findall(sample.casefold()))
    if not words:
        return "und"
    counts = {
        language: sum(words[word] for word in words.keys() & marks) for language, marks in _FUNCTION_WORDS.items()
    }
    best = max(counts, key=lambda language: counts[language])
    dominates = counts[best] > counts["en"] and counts[best] >= max(2, _WORD_SHARE * words.total())
    return best if dominates else "en"


_SAMPLE_CHARACTERS = 4_000
_SCRIPT_SHARE = 0.25
_WORD_SHARE = 0.1
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_SCRIPTS = {
    "ja": re.compile(r"[\u3041-\u30ff]"),
    "ko": re.compile(r"[\u1100-\u11ff\uac00-\ud7af]"),
    "zh": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
    "ar": re.compile(r"[\u0600-\u06ff\u0750-\u077f]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "bn": re.compile(r"[\u0980-\u09ff]"),
    "ta": re.compile(r"[\u0b80-\u0bff]"),
    "te": re.compile(r"[\u0c00-\u0c7f]"),
    "ka": re.compile(r"[\u10a0-\u10ff]"),
    "hy": re.compile(r"[\u0530-\u058f]"),
}
# languages that write a script with letters of their own
_NEIGHBOURS = {
    "ar": (("ur", re.compile("[ٹڈڑںےہھ]")), ("fa", re.compile("[پچژگ]"))),
    "ru": (("uk", re.compile("[іїєґІЇЄҐ]")), ("sr", re.compile("[јљњћђЈЉЊЋЂ]"))),
}
# words that carry grammar, not subject; those that several languages share count for each
_FUNCTION_WORDS = {
    language: frozenset(words.split())
    for language, words in {
        "en": """the of and to in is are was were be been it its this that these those for on with as by at from or
            an a not but if when which will would can could should has have had do does did we you they he she i
            there then than so no all any into about how what where who""",
        "fr": """le la les un une des du de et est sont dans pour par sur avec que qui ne pas plus ce cette ces il elle
            ils elles on nous vous au aux en se sa son ses leur leurs ou mais comme être avoir été où peut lorsque
            afin""",
        "de": """der die das den dem des ein eine einen einem einer eines und ist sind war nicht mit von zu zum zur für
            auf im in an als auch es sich wird werden oder aber wie bei nach aus über durch kann können wenn dass
            diese dieser dieses""",
        "es": """el la los las un una unos unas de del y es son en que se por para con no lo su sus al como más pero o
            este esta estos estas ser está están puede pueden ha han cuando donde entre sin también""",
        "it": """il lo la i gli le un uno una di del della dei delle degli e è sono in che si per con non da dal dalla
            nel nella al alla come più ma o questo questa questi queste essere può possono anche quando dove
            viene""",
        "pt": """o a os as um uma uns umas de do da dos das e é são em no na nos nas que se por para com não ao à como
            mais mas ou este esta isso ser está estão pode podem foi também quando onde seu sua""",
        "nl": """de het een en van is zijn in op te dat die voor met niet aan er als ook bij door naar uit of maar om
            wordt worden kan kunnen deze dit wanneer""",
        "sv": """och att det som en ett är på för med av den till inte i har kan eller om från när vid men ska var så
            detta denna""",
        "da": """og at det som en et er på for med af den til ikke i har kan eller om fra når ved men skal var så dette
            denne""",
        "pl": """i w na z do nie się jest są to że o jak dla po od przez które który która oraz lub ale może być tego
            tym""",
        "cs": """a v na je se že s z do o pro jako jsou není které který která nebo ale může být také při podle
            jeho""",
        "ro": """și în de la cu pe un o este sunt că nu din pentru care sau mai prin ca fi poate această acest""",
        "hu": """a az és egy nem hogy is van vagy meg csak ez azt mint ha kell lehet lesz már amely minden""",
        "fi": """ja on ei se että oli ovat tai kun joka mutta niin myös voi sekä ole tämä kuin""",
        "tr": """ve bir bu için ile de da olarak olan daha çok gibi ne ya veya ise değil her kadar sonra hem olduğu
            tarafından nasıl""",
        "vi": """và là của các có cho một được trong không với để này khi những đã người từ hoặc như về thể bạn tại
            sẽ""",
        "id": """yang dan di ke dari untuk dengan ini itu adalah tidak pada dalam atau akan dapat sebagai oleh juga
            bisa""",
    }.items()
}
_KNOWN = frozenset(_SCRIPTS) | frozenset(_FUNCTION_WORDS) | {"bg", "ca", "fa", "nb", "no", "sk", "sr", "uk", "ur"}
_NAMES = {
    "arabic": "ar", "ara": "ar", "chinese": "zh", "chi": "zh", "zho": "zh", "dutch": "nl", "nld": "nl",
    "english": "en", "eng": "en", "french": "fr", "français": "fr", "fra": "fr", "fre": "fr", "german": "de",
    "deutsch": "de", "deu": "de", "ger": "de", "hindi": "hi", "hin": "hi", "italian": "it", "italiano": "it",
    "ita": "it", "japanese": "ja", "jpn": "ja", "korean": "ko", "kor": "ko", "polish": "pl", "pol": "pl",
    "portuguese": "pt", "português": "pt", "por": "pt", "russian": "ru", "rus": "ru", "spanish": "es",
    "español": "es", "spa": "es", "turkish": "tr", "tur": "tr", "urdu": "ur", "urd": "ur",
    "vietnamese": "vi", "vie": "vi",
}  # fmt: skip
