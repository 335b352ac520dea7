"""A real HTTP provider on loopback with the Files and Batches endpoints, well or as badly behaved as a test asks for.

Time is counted in looks: a batch ends when it was asked for so often, so that no test waits for a clock.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Part
from http.server import BaseHTTPRequestHandler
from random import Random
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from servers import Handler, Reply, Seen, _Server, completion, response, send

Answerer = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]
APIS = ("/v1/chat/completions", "/v1/responses")


def asked(body: dict[str, Any]) -> str:
    """Return the last words of a request of either API."""
    return str((body.get("messages") or body["input"])[-1]["content"])


def echo(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Answer with words that name the request, in the API that it came through."""
    if "messages" in body:
        return 200, completion(f"to: {asked(body)}")
    return 200, response(f"to: {asked(body)}")


def error(status: int, **fields: Any) -> tuple[int, dict[str, Any]]:
    """Answer with an error."""
    return status, {"error": {"message": "question 7 went wrong", **fields}}


@dataclass
class Plan:
    """What becomes of one batch."""

    looks: int = 1
    """Times that it is asked for before it has ended."""
    status: str = "completed"
    answered: int | None = None
    """Requests that it runs before it expires or is cancelled; None for all."""
    answer: Answerer | None = None
    faults: list[dict[str, Any]] = field(default_factory=list)
    """Errors of its validation; with any it fails."""
    edit: Callable[[list[bytes]], list[bytes]] | None = None
    """What becomes of the lines of its output."""
    cut: int = 0
    """Times that only half of its output is served."""
    lost: bool = False
    """Its files vanish when it ends."""
    forgotten: bool = False
    """The batch itself vanishes."""
    nameless: bool = False
    """It ends without naming its files."""


@dataclass
class _File:
    file_id: str
    name: str
    data: bytes
    purpose: str = "batch"

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.file_id,
            "object": "file",
            "bytes": len(self.data),
            "filename": self.name,
            "purpose": self.purpose,
        }


@dataclass
class _Batch:
    shown: dict[str, Any]
    plan: Plan
    looks: int = 0

    @property
    def active(self) -> bool:
        return self.shown["status"] not in ("completed", "failed", "expired", "cancelled")


@dataclass
class Provider:
    """Serves while its block runs."""

    plans: list[Plan] = field(default_factory=list)
    """For the batches in the order of their creation; after them, all goes well."""
    answer: Answerer = echo
    before: dict[str, list[Reply | None]] = field(default_factory=dict)
    """Route -> replies that come in place of the right one, before anything is done; None lets one pass."""
    after: dict[str, list[Reply | None]] = field(default_factory=dict)
    """Route -> replies that come in place of the right one when it was done."""
    queue_tokens: int | None = None
    """Most tokens that may wait, a quarter of the bytes."""
    queue_words: str = "Limit: {:,} enqueued tokens."
    """What it says of that limit."""
    refuses_at_once: bool = False
    """Whether a full queue is said when a batch is made, and not when it is validated."""
    keeps_marks: bool = True
    most_requests: int = 50_000
    files: dict[str, _File] = field(default_factory=dict)
    batches: dict[str, _Batch] = field(default_factory=dict)
    inputs: dict[str, list[bytes]] = field(default_factory=dict)
    """Batch -> the lines of its input."""
    billed: Counter[str] = field(default_factory=Counter)
    """How often each request was run, by its last words."""
    routes: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Every custom_id that came."""

    def __enter__(self) -> Self:
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def count(self, route: str) -> int:
        """Return how often a route was asked for."""
        return self.routes.count(route)

    def _handler(self) -> type[Handler]:
        provider = self

        class Handling(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and content leave in two pieces; held back, the second costs 40 ms a reply.
            disable_nagle_algorithm = True

            def handle_any(self) -> None:
                data = self.rfile.read(int(self.headers.get("content-length") or 0))
                provider._handle(self, data)

            do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 (the names are the base class's)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Handling

    def _handle(self, handler: Handler, data: bytes) -> None:
        parts = urlsplit(handler.path)
        route = f"{handler.command} {_pattern(parts.path)}"
        seen = Seen(handler.path, dict(handler.headers.items()), {}, 0.0, self._ended)
        with self._lock:
            self.routes.append(route)
            if _instead(self.before, route, handler, seen):
                return
            status, body = self._do(route, parts.path.split("/"), parse_qs(parts.query), data, handler)
            if _instead(self.after, route, handler, seen):
                return
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        send(handler, status, content, {"content-type": kind})

    def _do(
        self, route: str, path: list[str], query: dict[str, list[str]], data: bytes, handler: Handler
    ) -> tuple[int, Any]:
        match route:
            case "POST /v1/files":
                return self._upload(data, handler.headers["content-type"])
            case "GET /v1/files":
                wanted = query.get("purpose", [""])[0]
                return 200, _page([f.shown() for f in self.files.values() if wanted in ("", f.purpose)], query)
            case "GET /v1/files/ID" if path[3] in self.files:
                return 200, self.files[path[3]].shown()
            case "GET /v1/files/ID/content" if path[3] in self.files:
                return 200, self._content(self.files[path[3]])
            case "DELETE /v1/files/ID" if path[3] in self.files:
                del self.files[path[3]]
                return 200, {"id": path[3], "object": "file", "deleted": True}
            case "POST /v1/batches":
                return self._create(json.loads(data))
            case "GET /v1/batches":
                return 200, _page([b.shown for b in self.batches.values()], query)
            case "GET /v1/batches/ID" if path[3] in self.batches:
                return self._look(self.batches[path[3]])
            case "POST /v1/batches/ID/cancel" if path[3] in self.batches:
                return self._cancel(self.batches[path[3]])
            case "POST /v1/chat/completions" | "POST /v1/responses":
                return self._run(json.loads(data), self.answer)
        return error(404, code="not_found")

    def _upload(self, data: bytes, kind: str) -> tuple[int, Any]:
        whole = message_from_bytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + data)
        parts = {part.get_param("name", header="content-disposition"): part for part in _parts(whole)}
        payload = parts["file"].get_payload(decode=True)
        assert isinstance(payload, bytes)
        file = _File(f"file-{len(self.routes)}", parts["file"].get_filename() or "", payload)
        assert parts["purpose"].get_payload() == "batch"
        self.files[file.file_id] = file
        return 200, file.shown()

    def _create(self, body: dict[str, Any]) -> tuple[int, Any]:
        assert body["endpoint"] in APIS
        assert body["completion_window"] == "24h"
        if body["input_file_id"] not in self.files:
            return error(404, code="file_not_found")
        size = len(self.files[body["input_file_id"]].data)
        if self.refuses_at_once and self._is_full(size):
            return error(429, code="token_limit_exceeded", message=self._full())
        batch_id = f"batch_{len(self.batches) + 1}"
        shown = {
            "id": batch_id,
            "object": "batch",
            "endpoint": body["endpoint"],
            "input_file_id": body["input_file_id"],
            "completion_window": "24h",
            "status": "validating",
            "created_at": 1,
            "output_file_id": None,
            "error_file_id": None,
            "errors": None,
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": body.get("metadata") if self.keeps_marks else None,
        }
        plan = self.plans.pop(0) if self.plans else Plan()
        if not self.refuses_at_once and self._is_full(size):
            plan = Plan(faults=[{"code": "token_limit_exceeded", "message": self._full(), "line": None}])
        self.batches[batch_id] = _Batch(shown, plan)
        self.inputs[batch_id] = self.files[body["input_file_id"]].data.splitlines()
        return 200, shown

    def _is_full(self, size: int) -> bool:
        waiting = sum(len(self.files[b.shown["input_file_id"]].data) for b in self.batches.values() if b.active)
        return self.queue_tokens is not None and (waiting + size) // 4 > self.queue_tokens

    def _full(self) -> str:
        said = self.queue_words.format(self.queue_tokens)
        return f"Enqueued token limit reached for a-model in organization org-1. {said} Please try again later."

    def _look(self, batch: _Batch) -> tuple[int, Any]:
        batch.looks += 1
        if batch.active:
            lines = self.files[batch.shown["input_file_id"]].data.splitlines()
            faults = batch.plan.faults or self._invalid(lines, batch.shown["endpoint"])
            if faults:
                batch.shown |= {"status": "failed", "errors": {"object": "list", "data": faults}}
            elif batch.looks > batch.plan.looks:
                self._finish(batch, lines)
            elif batch.plan.status != "cancelled":
                batch.shown |= {"status": "in_progress"}
        if batch.plan.forgotten and not batch.active:
            return error(404, code="not_found")
        return 200, batch.shown

    def _cancel(self, batch: _Batch) -> tuple[int, Any]:
        if not batch.active:
            return error(409, code="invalid_state")
        batch.plan.status, batch.plan.looks = "cancelled", batch.looks + 1
        batch.plan.answered = batch.plan.answered or 0
        batch.shown |= {"status": "cancelling"}
        return 200, batch.shown

    def _invalid(self, lines: list[bytes], endpoint: str) -> list[dict[str, Any]]:
        if len(lines) > self.most_requests:
            return [{"code": "too_many_requests", "message": "", "line": None}]
        names = Counter(json.loads(line)["custom_id"] for line in lines)
        assert max(len(name) for name in names) <= 64
        assert all((r["method"], r["url"]) == ("POST", endpoint) for r in map(json.loads, lines))
        return [{"code": "duplicate_custom_id", "line": None} for count in names.values() if count > 1]

    def _finish(self, batch: _Batch, lines: list[bytes]) -> None:
        plan, good, bad = batch.plan, [], []
        for n, line in enumerate(lines):
            request = json.loads(line)
            self.names.add(request["custom_id"])
            shown: dict[str, Any] = {"id": f"batch_req_{n}", "custom_id": request["custom_id"], "error": None}
            if plan.answered is not None and n >= plan.answered:
                code = "batch_cancelled" if plan.status == "cancelled" else "batch_expired"
                bad.append({**shown, "response": None, "error": {"code": code, "message": asked(request["body"])}})
                continue
            status, body = self._run(request["body"], plan.answer or self.answer)
            response = {"status_code": status, "request_id": f"req_{n}", "body": body}
            (good if status == 200 else bad).append({**shown, "response": response})
        # Results come in no particular order.
        Random(len(lines)).shuffle(good)
        written = [json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in good]
        output = self._store("output", plan.edit(written) if plan.edit else written)
        errors = self._store("errors", [json.dumps(one).encode() + b"\n" for one in bad])
        counts = {"total": len(lines), "completed": len(good), "failed": len(bad)}
        batch.shown |= {"status": plan.status, "request_counts": counts}
        if not plan.nameless:
            batch.shown |= {"output_file_id": output, "error_file_id": errors}
        if plan.lost:
            self.files.pop(output or "", None)

    def _run(self, body: dict[str, Any], answer: Answerer) -> tuple[int, dict[str, Any]]:
        status, reply = answer(body)
        self.billed[asked(body)] += status == 200
        return status, reply

    def _store(self, name: str, lines: list[bytes]) -> str | None:
        if not lines:
            return None
        file = _File(f"file-{name}-{len(self.routes)}", f"{name}.jsonl", b"".join(lines), "batch_output")
        self.files[file.file_id] = file
        return file.file_id

    def _content(self, file: _File) -> bytes:
        for batch in self.batches.values():
            if batch.shown["output_file_id"] == file.file_id and batch.plan.cut > 0:
                batch.plan.cut -= 1
                return file.data[: len(file.data) // 2]
        return file.data


def _instead(replies: dict[str, list[Reply | None]], route: str, handler: Handler, seen: Seen) -> bool:
    reply = replies[route].pop(0) if replies.get(route) else None
    if reply:
        reply(handler, seen)
    return reply is not None


def _parts(whole: Part) -> list[Part]:
    payload = whole.get_payload()
    assert isinstance(payload, list)
    return [part for part in payload if isinstance(part, Part)]


def _pattern(path: str) -> str:
    parts = path.split("/")
    if len(parts) > 3 and parts[2] in ("files", "batches"):
        parts[3] = "ID"
    return "/".join(parts)


def _page(values: list[dict[str, Any]], query: dict[str, list[str]]) -> dict[str, Any]:
    """Return a page of a list, newest first."""
    newest = values[::-1]
    after, limit = query.get("after", [""])[0], int(query.get("limit", ["20"])[0])
    ids = [value["id"] for value in newest]
    start = ids.index(after) + 1 if after in ids else 0
    return {"object": "list", "data": newest[start : start + limit], "has_more": start + limit < len(newest)}
