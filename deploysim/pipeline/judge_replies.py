"""What judges replied, as rows of a journal and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from deploysim.grade.grader import Grader
from deploysim.grade.judging.asking import Asked
from deploysim.grade.judging.chain import Seat, Vote
from deploysim.grade.judging.judges import Judge
from deploysim.grade.judging.prompt import Request
from deploysim.grade.judging.verdict import decide
from deploysim.types import Failure, FailureKind, Grade, Prefix, Response, Verdict

NOT_READ = "the reply holds no verdict"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a response stands."""

    run: str
    """Run id, or "recorded"."""
    prefix_id: str
    repeat: int


@dataclass(frozen=True, slots=True)
class Call:
    """One judge to be asked about one response."""

    grader: Grader
    seat: Seat
    content: str
    place: Place
    prefix: Prefix
    response: Response

    @property
    def name(self) -> str:
        """What it is called at a provider."""
        return call_name(self.grader.fingerprint, self.content, self.seat)

    @property
    def judge(self) -> Judge:
        """Who is asked."""
        return self.grader.judging[self.seat.step].judges[self.seat.judge]


def call_name(grader: str, content: str, seat: Seat) -> str:
    """Return what a call is called: the same for the same grader, content and seat, whoever gave the response."""
    return hashlib.sha256(f"{grader}:{content}:{seat.step}:{seat.judge}".encode()).hexdigest()[:32]


def reply_row(call: Call, request: Request, asked: Asked, *, at: datetime) -> dict[str, Any]:
    """Return a judge's reply as a journal row. A reply without a verdict is a failure, which is asked again next time."""
    answer = asked.answer
    row: dict[str, Any] = {
        "grader": call.grader.fingerprint,
        "content": call.content,
        "step": call.seat.step,
        "judge": call.seat.judge,
        "by": call.judge.name,
        **asdict(call.place),
        "form": asked.form,
        "at": at.isoformat(timespec="seconds"),
        "obeyed": None,
        "grade": None,
    }
    if isinstance(answer, Failure):
        return {
            **row,
            **_failed(answer),
            "reply": None,
            "model": None,
            "prompt_tokens": None,
            "completion_tokens": None,
        }
    row |= {
        "reply": answer.text,
        "model": answer.model,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
    }
    decided = decide(answer.text, request, call.response, severity=call.grader.about.severity)
    if decided.grade is None:
        return {**row, **_failed(Failure(FailureKind.MALFORMED, NOT_READ))}
    grade = {k: v for k, v in asdict(decided.grade).items() if k != "opinions"}
    return {
        **row,
        "status": "ok",
        "failure_kind": None,
        "failure_detail": None,
        "obeyed": decided.obeyed,
        "grade": {**grade, "verdict": str(decided.grade.verdict)},
    }


def _failed(failure: Failure) -> dict[str, Any]:
    return {"status": "failed", "failure_kind": str(failure.kind), "failure_detail": failure.detail}


def vote_of(row: Mapping[str, Any]) -> Vote:
    """Return what a row says."""
    if row["status"] != "ok":
        return Failure(FailureKind(row["failure_kind"]), f"{row['by']}: {row['failure_detail']}".removesuffix(": "))
    grade = row["grade"]
    evidence = tuple((int(start), int(end)) for start, end in grade["evidence"])
    return Grade(Verdict(grade["verdict"]), grade["reason"], grade["severity"], evidence, grade["confidence"])
