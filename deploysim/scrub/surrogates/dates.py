"""Dates moved by one offset a conversation, written as they were written."""

from __future__ import annotations

import re
from datetime import date, timedelta

from deploysim.scrub.word_lists import word_tuple

MONTHS = word_tuple("january february march april may june july august september october november december")
_ABROAD = tuple(
    word_tuple(months)
    for months in (
        "januar februar märz april mai juni juli august september oktober november dezember",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "januari februari maart april mei juni juli augustus september oktober november december",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
        "januari februari mars april maj juni juli augusti september oktober november december",
    )
)
"""Months of other languages, all of a row from one."""
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|"
    + "|".join(sorted({month for row in _ABROAD for month in row}, key=len, reverse=True))
    + ")"
)
_DAY = r"(?P<day>3[01]|[12]\d|0?[1-9])"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_SHORT = r"(?P<year>(?:(?:19|20)\d\d|\d\d))"

FORMS = tuple(
    re.compile(form, re.I)
    for form in (
        rf"(?<![\d.,/-]){_YEAR}(?P<s>[-/.])(?P<number>1[0-2]|0?[1-9])(?P=s){_DAY}(?![\d])",
        rf"(?<![\d.,/-])(?P<first>3[01]|[12]\d|0?[1-9])(?P<s>[-/.])(?P<second>3[01]|[12]\d|0?[1-9])(?P=s){_SHORT}(?![\d/-]|\.\d)",
        rf"\b{_DAY}(?:st|nd|rd|th|er|[.ºª])?(?:\s+(?:of|de))?[\s-]+{_MONTH}\b\.?,?(?:\s+(?:of|del?))?[\s-]+{_YEAR}\b",
        rf"\b{_MONTH}\b\.?[\s-]+{_DAY}(?:st|nd|rd|th)?\b(?:,\s*|\s+){_YEAR}\b",
        rf"\b{_DAY}(?:st|nd|rd|th|er|[.ºª])?(?:\s+(?:of|de))?[\s-]+{_MONTH}\b",
        rf"\b{_MONTH}\b\.?[\s-]+{_DAY}(?:st|nd|rd|th)?\b(?!\s*[:%]|\.\d)",
        rf"{_YEAR}[年년]\s?(?P<number>1[0-2]|0?[1-9])[月월]\s?{_DAY}[日일]",
    )
)
"""Day-exact forms: year first, year last, `4 May 1990`, `May 4, 1990`, the last two
without a year, and year first as in Chinese and Japanese."""

WITHOUT_YEAR = (4, 5)
"""Places of the forms without a year."""

_ANY_YEAR = 2001


CLOCK = re.compile(
    r"(?:T|,?\s+(?:at\s+)?)(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?:\.\d+)?"
)
"""A time of day that follows a date."""


def shift_date(value: str, moved: timedelta) -> str | None:
    """Return the date, and the time behind it, moved by an offset in the same notation; None where it is no date.

    A date without a time moves by the whole days of the offset.
    """
    days = moved.days
    for form in FORMS:
        match = form.match(value)
        if match:
            clock = CLOCK.match(value, match.end())
            if clock is None:
                return _rewritten(match, value, days)
            return _with_clock(match, clock, value, moved)
    if re.fullmatch(r"(?:19|20)\d\d", value):
        return str(int(value) + (-1 if days < 0 else 1) * (1 + abs(days) // 365))
    return None


def _with_clock(match: re.Match[str], clock: re.Match[str], value: str, moved: timedelta) -> str | None:
    time = timedelta(hours=int(clock["hour"]), minutes=int(clock["minute"]), seconds=int(clock["second"] or 0))
    total = time + moved
    date_text = _rewritten(match, value[: match.end()], total.days)
    hours, rest = divmod(total.seconds, 3600)
    parts = {"hour": hours, "minute": rest // 60, "second": rest % 60}
    clock_text = value[clock.start() :]
    for name in ("second", "minute", "hour"):
        if clock[name]:
            start, end = clock.start(name) - clock.start(), clock.end(name) - clock.start()
            clock_text = f"{clock_text[:start]}{parts[name]:02d}{clock_text[end:]}"
    return None if date_text is None else date_text + clock_text


def _rewritten(match: re.Match[str], value: str, days: int) -> str | None:
    fields = match.groupdict()
    day_name, month_name = _places(fields)
    padded = "number" in fields or any((fields.get(name) or "").startswith("0") for name in (day_name, month_name))
    try:
        moved = date(_year(fields), _month_number(fields, month_name), int(fields[day_name])) + timedelta(days)
    except ValueError:
        return None
    new = {day_name: f"{moved.day:02d}" if padded else str(moved.day)}
    if month_name == "month":
        new["month"] = _month_word(moved.month, fields["month"])
    else:
        new[month_name] = f"{moved.month:02d}" if padded else str(moved.month)
    if fields.get("year"):
        new["year"] = str(moved.year)[-len(fields["year"]) :]
    return _ordinal(_substituted(match, value, new), moved.day)


def _places(fields: dict[str, str]) -> tuple[str, str]:
    if "first" not in fields:
        return "day", "month" if "month" in fields else "number"
    return ("first", "second") if int(fields["first"]) > 12 else ("second", "first")


def _year(fields: dict[str, str]) -> int:
    text = fields.get("year") or str(_ANY_YEAR)
    return int(text) if len(text) == 4 else (1900 if int(text) > 40 else 2000) + int(text)


def _month_number(fields: dict[str, str], name: str) -> int:
    text = fields[name].lower()
    if text.isdigit():
        return int(text)
    foreign = next((months.index(text) for months in _ABROAD if text in months), None)
    return 1 + (foreign if foreign is not None else next(i for i, m in enumerate(MONTHS) if m.startswith(text[:3])))


def _month_word(number: int, like: str) -> str:
    abroad = next((months for months in _ABROAD if like.lower() in months and like.lower() not in MONTHS), None)
    if abroad:
        word = abroad[number - 1]
    else:
        word = (
            MONTHS[number - 1] if len(like) > 4 or like.lower() in {"may", "june", "july"} else MONTHS[number - 1][:3]
        )
    return word.upper() if like.isupper() else word.title() if like[0].isupper() else word


def _substituted(match: re.Match[str], value: str, new: dict[str, str]) -> str:
    text = value
    for name in sorted(new, key=match.start, reverse=True):
        text = text[: match.start(name)] + new[name] + text[match.end(name) :]
    return text


def _ordinal(text: str, day: int) -> str:
    ending = "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", ending, text, flags=re.I)
