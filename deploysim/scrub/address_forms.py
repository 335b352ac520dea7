"""Whole addresses by the forms that countries write them in, and what stands behind a label such as "Adresse:"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deploysim.scrub.lexicon import Lexicon
from deploysim.scrub.rules import Window

_CAPITAL = r"[^\W\d_a-zß-öø-ÿа-яё\u3000-\uffff](?:[^\W_]|['’.\-](?=[^\W_]))*"
_SMALL = r"(?:de|del|della|delle|dei|di|da|das|do|dos|du|des|la|le|les|van|von|der|den|dem|am|an|auf|im|zum|zur|of|the|y|e|nad|al|el|los|las|l['’]|d['’])"
_NAME = rf"{_CAPITAL}\.?(?:[ \t]+(?:{_CAPITAL}\.?|{_SMALL})){{0,5}}+"
_HOUSE = r"\d{1,5}[A-Za-z]?(?:[-–/]\d{1,4}[A-Za-z]?)?(?:[ ](?:bis|ter|[A-D](?=[ ,\n])))?"
_STREET = r"(?:rua|rue|via|viale|calle|avenida|av\.|ul\.|ulica|allée|chemin|place|piazza|corso|boulevard|an der|auf der|am|im|in der|c/)"
_DETAIL = r"[^\n;:!?]{0,30}?"
_POSTCODE = r"(?:[A-Z]{1,2}-)?(?:\d{4,6}|\d{2,4}[ -]\d{2,4})(?:[ ]?[A-Z]{2}(?=[ ]))?"
_SEGMENT = rf"(?:(?:{_CAPITAL}\.?|\#?\d[\w/-]*|{_SMALL}|-|&)[ \t]*){{1,6}}"
_SEGMENTS = rf"(?:,[ \t]*\n?[ \t]*{_SEGMENT})"
_UNIT = r"(?:flat|apt\.?|apartment|unit|room|villa|blk|block|lot|plot|shop|office|suite|door|house|h\.?|d\.?|ground floor|tower|bldg\.?)"

_FORMS = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        # Lindenstraße 12, 10969 Berlin · Rua das Flores 12, 2º Esq, 1200-195 Lisboa
        (
            rf"(?<![\w.])(?:(?i:{_STREET})[ \t]+)?{_NAME},?[ \t]+(?:n[°º.][ \t]*)?{_HOUSE}{_DETAIL}[,\n][ \t]*{_POSTCODE}[ \t]+{_NAME}(?:[ ]\d{{1,2}}\b)?",
            re.NOFLAG,
        ),
        # 5, allée des Tilleuls, Bât. C, 69003 Lyon
        (
            rf"(?<![\w.,])\d{{1,4}}(?: bis| ter)?,?[ \t]+(?i:{_STREET}|rue|cours|quai|impasse)[ \t]+[^,\n]{{2,40}}{_DETAIL},[ \t]*\d{{5}}[ \t]+{_NAME}",
            re.NOFLAG,
        ),
        # 1052 Budapest, Váci utca 19-21.
        (rf"(?<![\w.])\d{{4,5}}[ \t]+{_CAPITAL},[ \t]+{_NAME}[ \t]+(?:[a-zà-ž]+[ \t]+)?{_HOUSE}\b", re.NOFLAG),
        # Flat No. 402, Sai Residency, MG Road, Bengaluru 560034 · B-204, Shanti Apartments, Sector 21, Noida
        (
            rf"(?<!\w)(?:(?i:{_UNIT})[ \t]*(?i:no\.?|\#|number)?[ \t:]*[A-Z]?[-/]?\d[\w/-]*|[A-Z]-\d{{1,4}}|\d{{1,4}}/[A-Z\d]{{1,4}}|(?i:flat|block|unit|tower)[ \t][A-Z]){_SEGMENTS}{{2,7}}",
            re.NOFLAG,
        ),
        # 2-11-3 Meguro, Meguro-ku, Tokyo 153-0063
        (
            rf"(?<![\w.-])\d{{1,4}}-\d{{1,3}}(?:-\d{{1,4}})?,?[ \t]+{_CAPITAL}(?:[ \t]{_CAPITAL})*,[ \t]*(?:{_CAPITAL}[ ,]+)*?{_CAPITAL}-(?:ku|shi|cho|machi|gun)\b{_SEGMENTS}{{0,3}}",
            re.NOFLAG,
        ),
        # 15-7 Teheran-ro 22-gil, Gangnam-gu, Seoul 06236
        (
            rf"(?<![\w.])\d{{1,4}}(?:-\d{{1,4}})?,?[ \t]+{_CAPITAL}-(?:ro|gil|daero|dong)\b(?:[ \t]\d+(?:beon)?-gil)?(?:,?[ \t]*{_CAPITAL}-(?:gu|si|dong|do))*{_SEGMENTS}{{0,3}}",
            re.NOFLAG,
        ),
        # Bağdat Caddesi No: 123 D:4, Kadıköy, İstanbul 34710
        (
            rf"(?:{_CAPITAL}[ \t]+){{1,3}}(?:Mah(?:allesi|\.)?|Cad(?:desi|\.)|Sok(?:ak|ağı|\.)|Bulvarı)[,. \t]+(?:{_CAPITAL}\.?[ \t]+){{0,3}}No[ \t]*[:.]?[ \t]*\d+\w*(?:[ \t]*[/,]?[ \t]*(?:D|Kat|Daire)[ \t]*[:.]?[ \t]*\d+)?{_SEGMENTS}{{0,3}}",
            re.NOFLAG,
        ),
        # ул. Ленина, д. 15, кв. 42, Екатеринбург
        (
            r"(?:ул|улица|улице|пр-?к?т|проспект|пер|переулок|шоссе|наб|бул|вул)\.?[ \t]+[А-ЯЁІЇЄ][^,\n]{1,30}?,?[ \t]+(?:д(?:ом)?|буд)?\.?[ \t]*\d+[а-я]?(?:[ \t]*[,/]?[ \t]*(?:корп|к|стр)\.?[ \t]*\d+)?(?:,[ \t]*(?:кв|оф|квартира)\.?[ \t]*\d+)?(?:,[ \t]*(?:г\.[ \t]*)?[А-ЯЁ][а-яё-]{2,})?",
            re.I,
        ),
        # Carrera 7 # 71-21, Bogotá
        (
            rf"(?<!\w)(?i:calle|carrera|cra|cl|avenida|av|diagonal|transversal)\.?[ \t]*\d{{1,3}}[A-Za-z]?[ \t]*(?:\#|(?i:no\.?)|[nN][°º])[ \t]*\d{{1,3}}\w?(?:[ \t]*-[ \t]*\d{{1,3}})?{_SEGMENTS}{{0,2}}",
            re.NOFLAG,
        ),
        # 北京市海淀区中关村大街27号1101室 · 〒150-0002 東京都渋谷区渋谷2-21-1
        (
            r"(?:[\u4e00-\u9fff]{2,8}(?:省|市|自治区))?[\u4e00-\u9fff]{1,8}(?:区|县|市|镇)[\u4e00-\u9fff\d]{1,15}(?:路|街|道|巷|弄|村)\d+号(?:[\u4e00-\u9fff\d-]{0,12}(?:室|楼|栋|单元|户))?",
            re.NOFLAG,
        ),
        (
            r"(?:〒?\d{3}-\d{4}\s*)?[\u4e00-\u9fff]{2,3}[都道府県][\u4e00-\u9fffヶケ]{1,8}[市区町村郡][\u4e00-\u9fffぁ-んァ-ヶー]{0,12}\d+(?:[-−ー丁目番地号]+\d*)*",
            re.NOFLAG,
        ),
        # USNS Bergman, FPO AP 93757 · PSC 3 Box 1234, APO AE 09021
        (
            r"(?<!\w)(?:(?:US(?:NS|S|NV|CGC|AV)[ \t]+[A-Z]\w+|(?:PSC|CMR|Unit)[ \t]+\d+,?[ \t]+Box[ \t]+\d+)[,\s]+)?(?:APO|FPO|DPO)[ \t]+A[AEP][ \t]+\d{5}(?:-\d{4})?",
            re.I,
        ),
        (r"(?<!\w)(?:HC|RR)[ \t]+\d{1,3},?[ \t]+Box[ \t]+\d+(?:,[ \t]*[A-Z]\w+(?:[ ,]+[A-Z]{2}\b)?)?", re.NOFLAG),
        # Dizengoff 223, Tel Aviv
        (rf"(?<![\w.])(?P<street>{_CAPITAL}(?:[ \t]{_CAPITAL})?)[ \t]\d{{1,4}}[A-Za-z]?,[ \t](?:in[ \t])?(?P<town>{_NAME})", re.NOFLAG),
    )
)  # fmt: skip
_LABEL = re.compile(
    r"\b(?:(?:post|home|work|street|mailing|billing|shipping|delivery|residential|permanent|current|email)?[ _-]?address|adresse|anschrift|"
    r"(?:liefer|wohn|rechnungs)(?:adresse|anschrift)|direcci[oó]n|domicilio|indirizzo|residenza|adres|endere[cç]o|morada|livraison|adress|osoite|"
    r"adresa|lakc[ií]m|c[ií]m|alamat|адрес)\b(?:[ \t]+(?:is|ist|est|es|è|é|line \d))?[\"']?[ \t]*[:=][ \t]*[\"']?(?P<v>[^\n\"<>{}|]{6,120})",
    re.I,
)
_POSTCODE_CUE = re.compile(
    r"\b(?:zip|post(?:al)?|plz|cep|cap|codes?? postal|código postal|codice postale|postnummer|pin ?code)\b[ -]?(?:codes?\b)?[\"']?\s*(?:is|was|will be|of|to|in|for|:|=|\#)?\s*[\"']?"
    r"(?P<v>(?=[A-Z]*\d)[A-Z0-9]{2,5}(?:[ -](?=\w*\d)[A-Z0-9]{2,4})?)(?![\w]| (?-i:files?|folders?|archives?|bytes|times|users|people|codes))"
    r"|\b(?:live|living|lives|lived|moved?|moving|based|office|now|back) (?:in|to|from|near) (?P<w>\d{4,5})(?!\w| [a-z])",
    re.I,
)
_POSTCODE_TOWN = re.compile(
    rf"(?<![\w.,$€£-])(?:[A-Z]{{1,2}}-)?\d{{4,5}} (?P<town>{_CAPITAL}(?:[ -]{_CAPITAL})?)(?!\w)"
)
_YEAR = re.compile(r"(?:19|20)\d\d(?!\d)")
_SENTENCE_END = re.compile(r"[.!?;](?=\s+[^\W\d_a-z]|\s*$)(?<!\b[A-Z]\.)(?<!\b[A-Z][a-z]\.)(?<!\bNo\.)(?<!\bApt\.)")
_ANY_DIGIT = re.compile(r"\d")


def formed_addresses(text: str, window: Window, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """Yield the stretches in a part of a text that have a whole address's form, or stand behind a label and hold a number."""
    for form in _FORMS:
        for match in form.finditer(text, *window):
            if "town" not in form.groupindex or _is_street_in_town(match, lexicon):
                yield match.span()
    yield from _postcodes(text, window, lexicon)
    for match in _LABEL.finditer(text, *window):
        ended = _SENTENCE_END.search(match["v"])
        value = match["v"][: ended.start()] if ended else match["v"].rstrip()
        if _ANY_DIGIT.search(value) and "@" not in value and "://" not in value and not _is_machine(value):
            yield match.start("v"), match.start("v") + len(value)


def _postcodes(text: str, window: Window, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    for match in _POSTCODE_CUE.finditer(text, *window):
        group = "v" if match["v"] else "w"
        if sum(char.isdigit() for char in match[group]) > 1 and not _YEAR.fullmatch(match[group]):
            yield match.span(group)
    for match in _POSTCODE_TOWN.finditer(text, *window):
        if lexicon.is_place(match["town"]) and not _YEAR.match(match[0]):
            yield match.span()


def _is_machine(value: str) -> bool:
    """Whether a labelled value is the address of a machine or a place in memory."""
    return re.fullmatch(r"(?:0x)?[\dA-Fa-f.:/\[\]-]+\S*", value.strip()) is not None


def _is_street_in_town(match: re.Match[str], lexicon: Lexicon) -> bool:
    words = match["street"].split()
    strange = not any(lexicon.is_word(word) or word.casefold() in lexicon.topics for word in words)
    return strange and not any(word.isupper() for word in words) and lexicon.is_place(match["town"])
