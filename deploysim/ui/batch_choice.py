"""Choosing the other half of a batch: responses are worth nothing without the requests that they answer."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from deploysim.config import read_settings
from deploysim.ingest.formats.openai_batch import NAME, REQUESTS
from deploysim.ingest.sources.opening import Upload, open_bytes
from deploysim.pipeline.offering import OfferedFile, offered_files
from deploysim.pipeline.previewing import Look
from deploysim.store.files import short_hash
from deploysim.ui.log_choice import Log


def whole_batch(log: Log, seen: Look) -> Log:
    """Return a log that is one half of a batch with the other half, once the reader has given it."""
    if seen.detection is None or seen.detection.format not in (NAME, REQUESTS):
        return log
    is_request = seen.detection.format == REQUESTS
    missing = "responses" if is_request else "requests"
    st.markdown(f"This is one half of a batch of the OpenAI API. Give the file of its {missing} as well.")
    return _with_upload(log, missing) if log.path is None else _with_file(log, missing, is_request=is_request)


def _with_upload(log: Log, missing: str) -> Log:
    file = st.file_uploader(f"File of the {missing}", key=f"import_half_{log.key}")
    if file is None or log.data is None:
        return log
    both = b"\n".join(_plain(Upload(name, data)) for name, data in ((log.name, log.data), (file.name, file.getvalue())))
    name = log.name.removesuffix(".gz").removesuffix(".zst")
    return replace(
        log, source=Upload(name, both), name=name, key=short_hash([log.key, file.file_id]), size=len(both), data=both
    )


def _plain(upload: Upload) -> bytes:
    with open_bytes(upload) as stream:
        return stream.read()


def _with_file(log: Log, missing: str, *, is_request: bool) -> Log:
    folder = read_settings().import_folder
    files = offered_files(folder).files if folder else ()
    others: dict[str, OfferedFile] = {file.file_id: file for file in files if file.path != log.path}
    chosen = st.selectbox(
        f"File of the {missing}",
        list(others),
        index=None,
        format_func=lambda file_id: others[file_id].name,
        placeholder="choose one",
        key=f"import_half_{log.key}",
    )
    if chosen is None or log.path is None:
        return log
    other, key = others[chosen], short_hash([log.key, chosen])
    if is_request:
        return replace(
            log, source=other.path, name=other.name, key=key, size=other.size, path=other.path, requests=log.path
        )
    return replace(log, key=key, requests=other.path)
