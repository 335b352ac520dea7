"""Measure how names in noisy chat prose are found, beside Presidio as shipped with the same language pipeline.

Run from the repository root:

    python tests/benchmarks/bench_scrub_noisy.py --planted 600 --seed 0

*Planted*: names, in lower case and in hurried phrases, put behind real sentences of `../shared/data/wildchat`. *Marked*
(`--marks FILE`): stretches of real messages in which a person marked every name, each scrubbed alone and, as an import does,
as a further message of its own conversation, where a name found once goes everywhere. Such a file stays out of the
repository and holds no text: each line is a JSON object with the conversation's hash, the turn, the first and one past the
last character of the stretch, the SHA-256 of the stretch in UTF-8, `half` (tune or report) and `names`: for each word of a
name its first and one past its last character within the stretch, and `private`, `public` (a public figure or author) or
`fictional`. *Names gone* counts words of names that are not in the output any more; *lost* the words outside names that
are missing there. A name that a real sentence happens to hold counts as a lost word, so `lost` on planted names is an upper
bound. Every name counts for both; what the policy's switch to keep public figures as topics leaves is a line of its own.
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
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Marked:
    """A stretch of a real message with its names, and the messages of its conversation."""

    half: str
    conversation: str
    text: Labelled
    messages: tuple[str, ...]


def marked(path: Path) -> Iterator[Marked]:
    """Yield the marked stretches."""
    frame = pl.read_parquet(SHARED / "wildchat" / "data.parquet")
    talks = dict(zip(frame["conversation_hash"], frame["conversation"], strict=True))
    for line in path.read_text(encoding="utf-8").splitlines():
        mark = json.loads(line)
        messages = tuple(turn["content"] or "" for turn in talks[mark["conversation"]])
        text = messages[mark["turn"]][mark["start"] : mark["end"]]
        if hashlib.sha256(text.encode()).hexdigest() != mark["sha256"]:
            raise SystemExit("The marks were made on another edition of the conversations.")
        labelled = Labelled(text, tuple((kind, text[a:b], a, b) for a, b, kind in mark["names"]))
        yield Marked(mark["half"], mark["conversation"], labelled, messages)


class Ours:
    """Our scrubber with placeholders, which cannot repeat a word of the original by chance.

    Args:
        keep_public_figures: The policy's switch.
    """

    def __init__(self, *, keep_public_figures: bool) -> None:
        from deploysim.scrub.policy import load_policy
        from deploysim.scrub.scrubber import Scrubber

        policy = replace(load_policy(mode="placeholder"), keep_public_figures=keep_public_figures)
        self._scrubber = Scrubber(policy, key=b"benchmark", spacy_model="en_core_web_sm")

    def __call__(self, texts: list[str]) -> list[str]:
        """Return each text scrubbed alone."""
        return [messages[-1] for messages in self._talks([(text,) for text in texts])]

    def in_conversation(self, stretches: list[Marked]) -> list[str]:
        """Return each stretch scrubbed as a further message of its conversation."""
        together: dict[str, list[int]] = {}
        for at, stretch in enumerate(stretches):
            together.setdefault(stretch.conversation, []).append(at)
        talks = [stretches[own[0]].messages + tuple(stretches[at].text.text for at in own) for own in together.values()]
        outputs = [""] * len(stretches)
        for own, messages in zip(together.values(), self._talks(talks), strict=True):
            for at, output in zip(own, messages[-len(own) :], strict=True):
                outputs[at] = output
        return outputs

    def _talks(self, talks: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
        from deploysim.scrub.scrubber import ScrubbedConversation
        from deploysim.types import Message, RawConversation

        raws = (
            (str(at), RawConversation(tuple(Message("user", text) for text in talk), row=at))
            for at, talk in enumerate(talks)
        )
        results = list(self._scrubber.scrub_conversations(raws))
        if any(not isinstance(result, ScrubbedConversation) for result in results):
            raise SystemExit("Some conversations could not be scrubbed.")
        return [
            tuple(message.content for message in result.messages)
            for result in results
            if isinstance(result, ScrubbedConversation)
        ]


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of names and other words."""

    names: Counter[str]
    """Words of names by kind."""
    leaks: Counter[tuple[str, str]]
    """Kind and word of those that stayed."""
    others: int
    lost: Counter[str]

    def line(self) -> str:
        """Return the figures in words."""
        total = self.names.total()
        by_kind = Counter(kind for kind, _ in self.leaks.elements())
        kinds = (
            f"{kind} {1 - by_kind[kind] / count:.3f} of {count}" for kind, count in sorted(self.names.items()) if count
        )
        return (
            f"names gone {1 - self.leaks.total() / max(1, total):.3f} of {total} ({', '.join(kinds)})   "
            f"lost {self.lost.total() / max(1, self.others):.3f} of {self.others} other words"
        )


def measure(texts: list[Labelled], outputs: list[str]) -> Measured:
    """Compare texts with what came out of them."""
    names: Counter[str] = Counter()
    leaks: Counter[tuple[str, str]] = Counter()
    lost: Counter[str] = Counter()
    others = 0
    for labelled, output in zip(texts, outputs, strict=True):
        other = Counter(_WORD.findall(blanked(labelled.text, ((a, b) for _, _, a, b in labelled.values), " ")))
        others += other.total()
        lost += other - Counter(_WORD.findall(output))
        for (kind, value), count in Counter((kind, value) for kind, value, _, _ in labelled.values).items():
            pattern = re.compile(rf"(?<![A-Za-z]){re.escape(value)}")
            elsewhere = len(pattern.findall(labelled.text)) - count
            names[kind] += count
            leaks[kind, value] += min(count, max(0, len(pattern.findall(output)) - elsewhere))
    return Measured(names, leaks, others, lost)


def report(title: str, outputs: dict[str, list[str]], texts: list[Labelled], *, show: bool) -> None:
    """Print what each scrubber did to the same texts."""
    print(f"\n{title}: {len(texts)} texts")
    for name, own in outputs.items():
        found = measure(texts, own)
        print(f"  {name:28} {found.line()}")
        if show:
            print(
                "    stayed", " ".join(f"{value}:{count}" for (_, value), count in found.leaks.most_common(80) if count)
            )
            print("    lost  ", " ".join(f"{word}:{count}" for word, count in found.lost.most_common(80)))


def report_marks(stretches: list[Marked], scrubbers: dict[str, Scrub], *, show: bool) -> None:
    """Print what became of the marked stretches; single words only of the half that recognisers are tuned on."""
    keeping = Ours(keep_public_figures=True)
    hiding = Ours(keep_public_figures=False)
    for half in sorted({stretch.half for stretch in stretches}):
        own = [stretch for stretch in stretches if stretch.half == half]
        texts = [stretch.text for stretch in own]
        outputs = {f"{name}, alone": scrub([text.text for text in texts]) for name, scrub in scrubbers.items()}
        outputs["ours, in conversation"] = hiding.in_conversation(own)
        outputs["… keeping public figures"] = keeping.in_conversation(own)
        report(f"marked, {half}", outputs, texts, show=show and half == "tune")


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
    parser.add_argument("--leaks", action="store_true", help="print the names that stayed and the words lost")
    parser.add_argument("--ours", action="store_true", help="leave out Presidio as shipped, for a quick look")
    options = parser.parse_args()
    scrubbers: dict[str, Scrub] = {"ours": Ours(keep_public_figures=False)}
    if not options.ours:
        scrubbers["Presidio as shipped"] = presidio_as_shipped()
    kinds = planted(options.planted, options.seed) if options.planted else {}
    done = {
        kind: {name: scrub([text.text for text in texts]) for name, scrub in scrubbers.items()}
        for kind, texts in kinds.items()
    }
    if kinds:
        whole = {name: [output for outputs in done.values() for output in outputs[name]] for name in scrubbers}
        report("planted", whole, [text for texts in kinds.values() for text in texts], show=False)
    for kind, texts in kinds.items():
        report(f"planted, {kind}", done[kind], texts, show=options.leaks)
    if options.marks:
        report_marks(list(marked(options.marks)), scrubbers, show=options.leaks)
    if options.processes_kb:
        compare_processes(options.processes_kb)


if __name__ == "__main__":
    main()
