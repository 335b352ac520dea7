"""Makes conversations.jsonl: plays the user turns of prompts.jsonl against the embedded model in its old configuration.

Run it from the project's folder: `python -m data.demo.make_demo`. It takes five to ten minutes on two cores.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from deploysim.chat.local import local_server
from deploysim.chat.model import ChatModel
from deploysim.chat.openai_model import OpenAIModel
from deploysim.chat.settings import ModelSettings
from deploysim.errors import ModelError
from deploysim.types import Failure, Message

HERE = Path(__file__).parent
SEED = 20260914


def make(prompts: Iterable[dict[str, Any]], settings: ModelSettings) -> list[dict[str, Any]]:
    """Return the conversations in the order of their prompts.

    One response is written at a time: llama.cpp adds numbers in another order when it writes several at once, which
    can change a word.
    """
    with local_server(slots=1) as server:
        return asyncio.run(_make(prompts, settings, server.url))


async def _make(prompts: Iterable[dict[str, Any]], settings: ModelSettings, url: str) -> list[dict[str, Any]]:
    async with OpenAIModel(settings, base_url=url) as model:
        return [await _play(prompt, model, settings) for prompt in prompts]


async def _play(prompt: dict[str, Any], model: ChatModel, settings: ModelSettings) -> dict[str, Any]:
    messages = [Message("system", settings.system_prompt or "")]
    for turn, text in enumerate(prompt["turns"]):
        messages.append(Message("user", text))
        answer = await model.complete(messages, seed=_seed(prompt["id"], turn))
        if isinstance(answer, Failure):
            raise ModelError(
                f"The embedded model gave no response to turn {turn + 1} of {prompt['id']}: {answer.kind}."
            )
        messages.append(Message("assistant", answer.text, finish_reason=answer.finish_reason))
    return {
        "id": prompt["id"],
        "model": settings.model,
        "created": int(datetime.fromisoformat(prompt["time"]).timestamp()),
        "user": prompt["user"],
        "metadata": {"kind": prompt["kind"]},
        "messages": [_row(message) for message in messages],
    }


def _seed(conversation: str, turn: int) -> int:
    """Return another seed for every response: with one for all, all would begin at the same random draw."""
    digest = hashlib.sha256(f"{SEED}:{conversation}:{turn}".encode()).digest()
    return int.from_bytes(digest[:4]) & 0x7FFFFFFF


def _row(message: Message) -> dict[str, str]:
    row = {"role": message.role, "content": message.content}
    return {**row, "finish_reason": message.finish_reason} if message.finish_reason else row


def main() -> None:
    """Read the prompts and the old configuration, and write the conversations."""
    lines = (HERE / "prompts.jsonl").read_text(encoding="utf-8").splitlines()
    old = ModelSettings(**yaml.safe_load((HERE / "models.yaml").read_text(encoding="utf-8"))["old"])
    rows = make((json.loads(line) for line in lines), old)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (HERE / "conversations.jsonl").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
