"""Names in Cyrillic, Chinese, Japanese, Korean, Arabic and Devanagari letters, where lists or the words around them tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from deploysim.scrub.findings import Finding
from deploysim.scrub.lexicon import Lexicon
from deploysim.scrub.name_data import frequencies, name_counts

_LATIN = dict(
    zip(
        "абвгдезийклмнопрстуфхцыэіїєґ",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "y",
            "e",
            "i",
            "yi",
            "ye",
            "g",
        ],
        strict=True,
    )
) | {"ё": "yo", "ж": "zh", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ь": "", "ъ": ""}
_CYRILLIC = re.compile(r"(?<![\w-])[А-ЯЁІЇЄҐ][а-яёіїєґ]{2,}(?:-[А-ЯЁ][а-яё]+)?(?!\w)")
_CASES = ("", "а", "я", "у", "ю", "ом", "ем", "ём", "е", "ы", "и", "ой", "ей")
_SURNAME = re.compile(
    r"[А-ЯЁІЇЄҐ][а-яёіїєґ]{2,}(?:[оеё]в|ин|ын|ск(?:ий|ой)|цк(?:ий|ой)|енко|чук|юк|швили|дзе|[ая]ян)(?:а|у|ым|ом|е|ой|ая|ую|ого|ому)?"
)
_MIDDLE = re.compile(r"[а-яёіїєґ,] $")
_INITIALS = re.compile(
    r"(?<!\w)(?:[А-ЯЁ]\. ?){1,2}(?P<v>[А-ЯЁ][а-яё]{2,})|(?<!\w)(?P<w>[А-ЯЁ][а-яё]{2,}) (?:[А-ЯЁ]\.){1,2}(?!\w)"
)

_HAN = "\u4e00-\u9fff"
_CHINESE_SURNAME = (
    "(?:欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|司徒|[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏"
    "叶吕魏蒋田杜丁沈姜范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱施牛洪龚阮])"
)
_JAPANESE_SURNAME = (
    "(?:佐藤|鈴木|高橋|田中|伊藤|渡辺|渡邊|山本|中村|小林|加藤|吉田|山田|佐々木|山口|松本|井上|木村|林|斎藤|清水|山崎|池田|橋本|阿部|石川|"
    "前田|藤田|小川|岡田|後藤|長谷川|村上|近藤|石井|坂本|遠藤|青木|藤井|西村|福田|太田|三浦|藤原|岡本|松田|中川|中野|原田|小野|竹内|金子)"
)
_KOREAN_NAME = "[김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모][가-힣]{2}"
_CUED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:我叫|我是|名叫|叫做|我的名字是|姓名[:：]\s*|联系人[:：]\s*|收件人[:：]\s*|患者[:：]?\s*|客户[:：]\s*)(?P<v>{_CHINESE_SURNAME}[{_HAN}]{{1,2}})(?![{_HAN}])",
        rf"(?P<v>{_CHINESE_SURNAME}[{_HAN}]{{0,2}}?)(?=先生|女士|小姐|老师|同学|经理|医生|教授|主任|师傅|阿姨)",
        rf"(?<![{_HAN}])(?P<v>{_JAPANESE_SURNAME}(?:[{_HAN}ぁ-んァ-ヶ]{{1,3}})?)(?=さん|様|氏|先生|くん|君|ちゃん|部長|課長|と申します|といいます|です)",
        r"(?:私の名前は|名前は|氏名[:：]\s*|お名前[:：]\s*)(?P<v>[\u4e00-\u9fffァ-ヶー]{2,8}(?:[ 　][\u4e00-\u9fffァ-ヶー]{1,5})?)(?=です|と|。|\s|$)",
        rf"(?:제 이름은|내 이름은|저는|이름[:：]\s*|성명[:：]\s*)\s*(?P<v>{_KOREAN_NAME})",
        rf"(?<![가-힣])(?P<v>{_KOREAN_NAME})(?=\s?씨|\s?님|\s?선생님|이라고|\s?과장|\s?부장|\s?대리)",
        r"(?:اسمي|اسمى|أنا اسمي|أدعى|انا اسمي|السيد|السيدة|الدكتور|الأستاذ)\s+(?P<v>[\u0621-\u064a]{3,}(?:\s+(?:بن|ابن|عبد|آل|ال)?\s?[\u0621-\u064a]{3,})?)",
        r"(?:मेरा नाम|श्री|श्रीमती|डॉ\.?)\s+(?P<v>[\u0900-\u097f]{2,}(?:\s[\u0900-\u097f]{2,})?)(?=\s(?:है|ने|को|से|का|की|के|और)|[,।])",
    )
)
_SCRIPTS = re.compile("[А-Яа-я\u0600-\u06ff\u0900-\u097f\u3040-\u30ff\u4e00-\u9fff가-힣]")


def foreign_names(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield names written in other letters than Latin ones.

    Cyrillic ones are known by the same lists, letter for letter; the others are found only beside words that introduce or
    address somebody, as their scripts have no capitals.
    """
    if not _SCRIPTS.search(text):
        return
    for pattern in _CUED:
        for match in pattern.finditer(text):
            yield Finding(*match.span("v"), "PERSON", 0.55)
    yield from _cyrillic(text, lexicon)


def _cyrillic(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    for match in _INITIALS.finditer(text):
        yield Finding(*match.span("v" if match["v"] else "w"), "PERSON", 0.6)
    end = -1
    for match in _CYRILLIC.finditer(text):
        beside = text[end : match.start()] == " "
        inside = _MIDDLE.search(text, max(0, match.start() - 2), match.start()) is not None
        if beside or _is_given(match[0], lexicon, inside=inside) or (inside and _SURNAME.fullmatch(match[0])):
            end = match.end()
            yield Finding(match.start(), end, "PERSON", 0.5)


def _is_given(word: str, lexicon: Lexicon, *, inside: bool) -> bool:
    """Whether a word in any grammatical case is a given name; one that is a Russian word as well counts only inside a sentence."""
    lower = word.lower()
    common = frequencies("ru").get(lower, 0.0) >= _COMMON
    for form in _nominatives(lower):
        if (form in lexicon.given and (inside or not common)) or (not common and _documented(_latin(form))):
            return True
    return False


_COMMON = 4.0


def _nominatives(word: str) -> Iterator[str]:
    for ending in _CASES:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: len(word) - len(ending)]
            yield stem
            yield from (stem + "а", stem + "я") if ending else ()


@lru_cache(maxsize=20_000)
def _latin(word: str) -> str:
    return "".join(_LATIN.get(char, char) for char in word)


def _documented(name: str) -> bool:
    count = name_counts().get(name)
    return count is not None and count.sources >= 12
