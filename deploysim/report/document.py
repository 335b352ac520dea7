"""The report's text: what was forecast, how, from what, and what it does not say. Everything in it is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from deploysim.forecast.records import CategoryForecast, Forecast
from deploysim.forecast.words import BETTER, WORSE, by_evidence, sentence
from deploysim.report.svg import rate_chart, ratio_chart
from deploysim.tables import shift_rows, unseen_sentence

STYLE = Path(__file__).with_name("style.css")
CUT = 4_000
"""Characters of a message that an example shows."""
_METHOD = (
    "The method is deployment simulation (arXiv:2607.07184). Conversations of the deployed model were cut just before an "
    "assistant response; {lanes} and every response was graded by the same frozen graders. The recorded rate is moved by "
    "the change seen between the compared lanes on the same prefixes, on the log-odds scale. Changes are drawn towards "
    "none as far as the categories together suggest. Intervals hold the true value with a probability of {level:.0%}. A "
    "direction is called at a probability of {certainty:.0%}, materially so beyond {material:g}x."
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a forecast comes from, as pairs of words and values to print."""

    forecast_id: str
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...] = ()
    """What was changed or erased since, one sentence each."""


@dataclass(frozen=True, slots=True)
class Example:
    """One prefix with the responses of the compared lanes: conversation text, shown only where it was asked for."""

    category: str
    """Name."""
    outcome: str
    """Such as "regressed"."""
    prefix_id: str
    asked: str
    """The last message before the response."""
    before: str
    before_label: str
    after: str
    after_label: str


def report_html(forecast: Forecast, provenance: Provenance, examples: Sequence[Example] = ()) -> str:
    """Return a forecast as one HTML page without scripts, links or anything loaded from elsewhere."""
    ordered = by_evidence(forecast.categories)
    parts = (
        _head(forecast, provenance),
        _charts(forecast, ordered),
        _table(forecast),
        _section("How it was made", f"<p>{escape(_method(forecast))}</p>"),
        _section("Limits", _list(forecast.notes) + _category_notes(ordered)),
        _section("Examples", "".join(map(_example, examples))) if examples else "",
        _section("Where it comes from", _facts(provenance)),
    )
    title = escape(f"Forecast: {_models(forecast)}")
    # Nothing may be loaded or run, whatever slipped through.
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _models(forecast: Forecast) -> str:
    return f"{forecast.lanes[0].model} → {forecast.lanes[-1].model}"


def _head(forecast: Forecast, provenance: Provenance) -> str:
    about = (
        f"{forecast.prefixes:,} prefixes of {forecast.conversations:,} conversations, {forecast.window}; rates per 100,000 "
        f"{forecast.unit}s; {'fidelity corrected' if forecast.fidelity_corrected else 'fidelity uncorrected: no baseline lane'}."
    )
    warned = "".join(f'<p class="worse"><strong>{escape(one)}</strong></p>' for one in provenance.warnings)
    return (
        f"<h1>{escape(_models(forecast))}</h1>"
        '<p class="soft">What the new model is forecast to do on the old one’s own users. A simulation, made before '
        f'the release.</p>{warned}<p class="lead">{escape(sentence(forecast))}</p><p class="soft">{escape(about)}</p>'
    )


def _charts(forecast: Forecast, ordered: Sequence[CategoryForecast]) -> str:
    rows = [row for row in ordered if row.ratio is not None]
    if not rows:
        return "<p>No compared lane shows any of the behaviours, so there is nothing to draw.</p>"
    words = dict(shift_rows(forecast).select("category", "change").iter_rows())
    changes = [words[row.category] for row in rows]
    chart = ratio_chart(rows, material_ratio=forecast.material_ratio, words=changes)
    shapes = "▲ worse, ▼ better, ● no material change, ○ not enough evidence"
    return (
        f"<h2>Change</h2><figure>{chart}<figcaption>Forecast rate divided by previous rate; each line holds the true ratio "
        f"with a probability of {forecast.level:.0%}. Shaded: less than {forecast.material_ratio:g}x either way. {shapes}."
        f"</figcaption></figure><h2>Rates</h2><figure>{rate_chart(rows)}<figcaption>Per 100,000 {forecast.unit}s. Grey ring: "
        f"in the log. Coloured mark: forecast. {escape(unseen_sentence(shift_rows(forecast)))}</figcaption></figure>"
    )


def _table(forecast: Forecast) -> str:
    columns = {
        "name": "behaviour",
        "call": "call",
        "rates": "before → forecast per 100k",
        "change": "ratio (interval)",
        "pairs": "pairs",
        "undetermined": "failed or unsure",
        "q_value": "q",
    }
    tones = {str(d): "worse" for d in WORSE} | {str(d): "better" for d in BETTER}
    head = "".join(f'<th scope="col">{escape(label)}</th>' for label in columns.values())
    body = ""
    for row in shift_rows(forecast).iter_rows(named=True):
        q = "n/a" if row["q_value"] is None else f"{row['q_value']:.3f}"
        values = {**row, "name": f"{row['symbol']} {row['name']}", "q_value": q}
        cells = "".join(f"<td>{escape(str(values[column]))}</td>" for column in columns if column != "name")
        body += f'<tr><td class="{tones.get(row["direction"], "")}">{escape(values["name"])}</td>{cells}</tr>'
    return _section(
        "The numbers", f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _method(forecast: Forecast) -> str:
    lanes = (
        "both the old and the new model answered them again,"
        if forecast.fidelity_corrected
        else "the new model answered them,"
    )
    return _METHOD.format(
        lanes=lanes,
        level=forecast.level,
        certainty=forecast.certainty_required,
        material=forecast.material_ratio,
    )


def _category_notes(ordered: Iterable[CategoryForecast]) -> str:
    return "<h3>By behaviour</h3>" + _list(f"{row.name}. {' '.join(row.notes)}" for row in ordered if row.notes)


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _example(one: Example) -> str:
    parts = (("asked", one.asked), (one.before_label, one.before), (one.after_label, one.after))
    shown = "".join(f'<p class="label">{escape(label)}</p><pre>{escape(_cut(text))}</pre>' for label, text in parts)
    return (
        f"<h3>{escape(one.category)}: {escape(one.outcome)}</h3>"
        f'<div class="example">{shown}<p class="label"><code>{escape(one.prefix_id)}</code></p></div>'
    )


def _cut(text: str) -> str:
    return text if len(text) <= CUT else f"{text[:CUT]} … (cut: {len(text) - CUT:,} more characters)"


def _facts(provenance: Provenance) -> str:
    facts = (("Forecast", provenance.forecast_id), *provenance.facts)
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(value)}</dd>' for name, value in facts)}</dl>"


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"
