"""A real HTTP endpoint on loopback that answers chat completions, well or as badly as a test asks for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Handler = BaseHTTPRequestHandler
Reply = Callable[[Handler, "Seen"], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    at: float
    """Monotonic time."""
    ended: threading.Event
    """Set when the endpoint closes: what ends a stall."""

    @property
    def last(self) -> str:
        """Content of the last message."""
        return str(self.body["messages"][-1]["content"])


@dataclass
class Endpoint:
    """Serves while its block runs. Each request takes the next reply of the script; after it, `otherwise`."""

    script: list[Reply] = field(default_factory=list)
    otherwise: Reply = field(default_factory=lambda: answer())
    requests: list[Seen] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._ended = threading.Event()
        self._lock = threading.Lock()
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

    def _next(self, seen: Seen) -> Reply:
        with self._lock:
            self.requests.append(seen)
            return self.script.pop(0) if self.script else self.otherwise

    def _handler(self) -> type[Handler]:
        endpoint = self

        class Handling(Handler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # noqa: N802 (the name is the base class's)
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                seen = Seen(self.path, dict(self.headers.items()), body, time.monotonic(), endpoint._ended)
                endpoint._next(seen)(self, seen)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Handling


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


def completion(text: str | None = "an answer", *, finish: str = "stop", **message: Any) -> dict[str, Any]:
    """Return the JSON of a chat completion."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "model-that-answered",
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text, **message}}
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }


def response(text: str | None) -> dict[str, Any]:
    """Return the JSON of a reply of the Responses API."""
    content = [] if text is None else [{"type": "output_text", "text": text}]
    message = {"type": "message", "role": "assistant", "content": content}
    usage = {"input_tokens": 7, "output_tokens": 3}
    return {"status": "completed", "output": [message], "model": "model-that-answered", "usage": usage}


def send(handler: Handler, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    """Write a whole reply."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def raw(body: bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> Reply:
    """Reply with these bytes."""
    named = {"content-type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return lambda handler, seen: send(handler, status, body, named)


def answer(text: str | None = "an answer", *, finish: str = "stop", **message: Any) -> Reply:
    """Reply with a chat completion."""
    return raw(json.dumps(completion(text, finish=finish, **message)).encode())


def echo(*, after_s: float = 0.0) -> Reply:
    """Reply, after a while, with words that name the request."""

    def reply(handler: Handler, seen: Seen) -> None:
        seen.ended.wait(after_s)
        answer(f"to: {seen.last}")(handler, seen)

    return reply


def refuse(status: int, *, error: Any = None, **headers: str) -> Reply:
    """Reply with an error status."""
    fields = {"message": "something went wrong", **error} if isinstance(error, dict) else error
    return raw(json.dumps({"error": fields}).encode(), status=status, **headers)


def drop(handler: Handler, seen: Seen) -> None:
    """Hang up without a word."""
    handler.close_connection = True


def half(handler: Handler, seen: Seen) -> None:
    """Promise a whole reply, send half of it and hang up."""
    body = json.dumps(completion()).encode()
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def stall(handler: Handler, seen: Seen) -> None:
    """Send a byte every 50 ms, so that no gap is long, and never come to an end."""
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", "100000")
    handler.end_headers()
    while not seen.ended.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def silence(handler: Handler, seen: Seen) -> None:
    """Take the request and say nothing."""
    seen.ended.wait(60)
    handler.close_connection = True
