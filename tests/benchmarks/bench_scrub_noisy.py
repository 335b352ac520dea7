"""Measure how names in noisy chat prose are found, beside Presidio as shipped with the same language pipeline.

Run from the repository root:

    python tests/benchmarks/bench_scrub_noisy.py --planted 600 --seed 0

*Planted*: names, in lower case and in hurried phrases, put behind real sentences of `../shared/data/wildchat`. *Marked*
(`--marks FILE`): stretches of real messages in which a person marked every name. Such a file stays out of the repository and
holds no text: each line is a JSON object with the conversation's hash, the turn, the first and one past the last character of
the stretch, the SHA-256 of the stretch in UTF-8, `half` (tune or report) and `names`, a list of first and one past the last
character of each name within the stretch. *Names gone* counts names that are not in the output any more; *lost*
the words outside names that are missing there. A name that a real sentence happens to hold counts as a lost word, so `lost`
on planted names is an upper bound. Public figures count as names for both.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench_scrub import SHARED, Labelled, Scrub, blanked, presidio_as_shipped, prose

from deploysim.scrub.word_lists import word_tuple

GIVEN = word_tuple("""marta priya oluwaseun kwame thandiwe yuki haruto minjun seoyeon xiaoming weijie nguyet thuy linh ngozi chidi amara
fatima khadija youssef tariq mehmet elif ayse dimitra yiannis bogdan zoltan agnieszka piotr svetlana dmitri oksana taras
ingrid bjorn soren freya astrid giulia matteo ximena guadalupe joaquin thiago beatriz siobhan niamh eoin rhys gwyneth anneke
maarten jana vaclav marija goran leilani kalani aroha tane sunita rajesh harpreet gurpreet sanjeewa dilini tenzin dorji nur
siti budi wayan rashad shira avi yael noa arash shirin zahra farhad tigran anahit giorgi nino aigul timur temuulen brandon
kayleigh jayden madison hunter brooklyn skylar tyrone latoya deshawn ernestine mildred""")
ALSO_WORDS = word_tuple("""will mark rose grace may hope faith drew bill sandy jack rob pat sue art gene ray dawn summer autumn joy ivy
olive violet ruby jasmine angel dean grant chase mason cliff frank earnest carol penny robin miles""")
FAMILY = word_tuple("""okonkwo adeyemi mensah dlamini tanaka watanabe kim park nguyen tran zhang huang haddad mansour yilmaz demir
papadopoulos kovacs nowak kowalczyk petrov shevchenko lindqvist halvorsen rossi bianchi hernandez ibarra oliveira figueiredo
gallagher oconnell llewellyn vandenberg dejong novotny horvat kealoha ngata iyer chaudhary fernando wangchuk rahman wijaya
goldberg mizrahi hosseini petrosyan beridze bekov thornbury hollingsworth pettigrew whitfield""")
PHRASES = (
    "hey its {} from the gym",
    "spoke to {} yesterday and no reply yet",
    "{} says thats wrong tho",
    "idk if {} will be ther on monday",
    "pls tell {} im running late",
    "can u rewrite this so {} doesnt get mad",
    "me and {} broke up last week lol",
    "my cousin {} did the same thing",
    "i think {} already sent the files",
    "thx, {}",
    "was talking w {} abt the rent",
    "{} and i need this by tmrw",
    "gona ask {} to check it",
    "the report that {} wrote is bad",
    "make it sound like {} wrote it",
    "{}s mom keeps calling me",
    "write a poem for {} she turns 40",
    "hired {} as a plumber never again",
)
_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"[A-Za-z][^.!?\n]{40,200}[.!?]?")


def planted(count: int, seed: int) -> dict[str, list[Labelled]]:
    """Return real sentences with a planted name each, by kind of name."""
    rng = random.Random(seed)
    sentences = [match[0] for text in prose(400, seed) if text.isascii() for match in _SENTENCE.finditer(text)]
    kinds: dict[str, list[Labelled]] = {"first name": [], "full name": [], "a word as well": [], "capitalised": []}
    for at in range(count):
        kind = list(kinds)[at % len(kinds)]
        name = rng.choice(ALSO_WORDS if kind == "a word as well" else GIVEN)
        if kind == "full name" or (kind == "capitalised" and rng.random() < 0.5):
            name += " " + rng.choice(FAMILY)
        name = name.title() if kind == "capitalised" else name
        before, after = rng.choice(PHRASES).split("{}")
        text = rng.choice(sentences) + rng.choice((" ", "\n", " .. ")) + before
        values = tuple(
            ("PERSON", word[0], len(text) + word.start(), len(text) + word.end()) for word in _WORD.finditer(name)
        )
        kinds[kind].append(Labelled(text + name + after, values))
    return kinds


def marked(path: Path) -> Iterator[tuple[str, Labelled]]:
    """Yield the half and the text of each marked stretch."""
    frame = pl.read_parquet(SHARED / "wildchat" / "data.parquet")
    talks = dict(zip(frame["conversation_hash"], frame["conversation"], strict=True))
    for line in path.read_text(encoding="utf-8").splitlines():
        mark = json.loads(line)
        text = talks[mark["conversation"]][mark["turn"]]["content"][mark["start"] : mark["end"]]
        if hashlib.sha256(text.encode()).hexdigest() != mark["sha256"]:
            raise SystemExit("The marks were made on another edition of the conversations.")
        yield mark["half"], Labelled(text, tuple((kind, text[a:b], a, b) for a, b, kind in mark["names"]))


def ours() -> Scrub:
    """Return our scrubber with placeholders, which cannot repeat a word of the original by chance."""
    from deploysim.scrub.policy import load_policy
    from deploysim.scrub.scrubber import ScrubbedConversation, Scrubber
    from deploysim.types import Message, RawConversation

    policy = replace(load_policy(mode="placeholder"), keep_public_figures=False)
    scrubber = Scrubber(policy, key=b"benchmark", spacy_model="en_core_web_sm")

    def scrub(texts: list[str]) -> list[str]:
        raws = ((str(at), RawConversation((Message("user", text),), row=at)) for at, text in enumerate(texts))
        results = list(scrubber.scrub_conversations(raws))
        return [result.messages[0].content if isinstance(result, ScrubbedConversation) else "" for result in results]

    return scrub


def measure(texts: list[Labelled], outputs: list[str]) -> tuple[int, list[str], int, int]:
    """Return how many names there are, those that stayed, the number of other words and how many of them are lost."""
    leaks: list[str] = []
    names = others = lost = 0
    for labelled, output in zip(texts, outputs, strict=True):
        other = Counter(_WORD.findall(blanked(labelled.text, ((a, b) for _, _, a, b in labelled.values), " ")))
        others += other.total()
        lost += (other - Counter(_WORD.findall(output))).total()
        for value, count in Counter(value for _, value, _, _ in labelled.values).items():
            pattern = re.compile(rf"(?<![A-Za-z]){re.escape(value)}")
            elsewhere = len(pattern.findall(labelled.text)) - count
            names += count
            leaks += [value] * min(count, max(0, len(pattern.findall(output)) - elsewhere))
    return names, leaks, others, lost


def report(title: str, scrubbers: dict[str, Scrub], texts: list[Labelled], *, show: bool) -> None:
    """Print what each scrubber did to the same texts."""
    print(f"\n{title}: {len(texts)} texts")
    for name, scrub in scrubbers.items():
        names, leaks, others, lost = measure(texts, scrub([labelled.text for labelled in texts]))
        print(
            f"  {name:20} names gone {1 - len(leaks) / max(1, names):.3f} of {names}   "
            f"lost {lost / max(1, others):.3f} of {others} other words"
        )
        if show:
            print("   ", " ".join(f"{value}:{count}" for value, count in Counter(leaks).most_common(40)))


def compare_processes(kilobytes: int) -> None:
    """Print how long one and two processes take for the same real prose, with and without their start."""
    from deploysim.scrub.parallel import scrub_in_processes
    from deploysim.scrub.policy import load_policy
    from deploysim.types import Message, RawConversation

    texts = prose(kilobytes, 0)
    whole, running = [], []
    for processes in (1, 2):
        raws = ((str(at), RawConversation((Message("user", text),), row=at)) for at, text in enumerate(texts))
        started = time.perf_counter()
        results = scrub_in_processes(
            raws, policy=load_policy(), key=b"b", spacy_model="en_core_web_sm", processes=processes
        )
        next(results)
        first = time.perf_counter()
        count = 1 + sum(1 for _ in results)
        whole.append(time.perf_counter() - started)
        running.append(time.perf_counter() - first)
        print(
            f"  {processes} processes: {count} messages in {whole[-1]:.1f} s, {running[-1]:.1f} s after the first batch"
        )
    print(
        f"  2 processes are {whole[0] / whole[1]:.2f} times as fast, {running[0] / running[1]:.2f} times after the first "
        "batch (a busy machine makes this less)"
    )


def main() -> None:
    """Run the comparison named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--planted", type=int, default=600, help="number of planted names; 0 skips them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--marks", type=Path, default=None, help="a file of marked stretches")
    parser.add_argument("--processes-kb", type=int, default=0, help="size of real prose for one against two processes")
    parser.add_argument("--leaks", action="store_true", help="print the names that stayed")
    options = parser.parse_args()
    scrubbers = {"ours": ours(), "Presidio as shipped": presidio_as_shipped()}
    kinds = planted(options.planted, options.seed) if options.planted else {}
    if kinds:
        report("planted", scrubbers, [text for texts in kinds.values() for text in texts], show=False)
    for kind, texts in kinds.items():
        report(f"planted, {kind}", scrubbers, texts, show=options.leaks)
    stretches = list(marked(options.marks)) if options.marks else []
    for half in sorted({half for half, _ in stretches}):
        report(f"marked, {half}", scrubbers, [text for own, text in stretches if own == half], show=options.leaks)
    if options.processes_kb:
        compare_processes(options.processes_kb)


if __name__ == "__main__":
    main()
