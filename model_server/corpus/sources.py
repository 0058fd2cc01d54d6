"""Files as documents of the corpus: notebooks of any kernel, scripts, and corpus files themselves.

A notebook is read as plain JSON, in its third and fourth format, forgiving whatever else is wrong with it. What is
good enough to train on is not decided here.
"""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model_server.corpus.rows import opened

LANGUAGES = {
    ".py": "python",
    ".R": "r",
    ".r": "r",
    ".jl": "julia",
    ".js": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".tsx": "typescript",
    ".rs": "rust",
    ".cpp": "cpp",
    ".cc": "cpp",
    ".hpp": "cpp",
    ".h": "cpp",
    ".sql": "sql",
}
MOST_OUTPUT = 300
MOST_FILE = 64_000_000
ESCAPES = re.compile(r"\x1b\[[0-9;]{0,16}[A-Za-z]")
EMBEDDED = re.compile(r"data:[\w/+.-]{1,64};base64,[A-Za-z0-9+/=]*")

Raw = dict[str, Any]
"""A document as a corpus file has it."""


class Unusable(Exception):
    """A file that gives no document; its text is the reason, without the file's name."""


def known(path: Path) -> bool:
    """Whether files of this name can be read."""
    return path.suffix in {".ipynb", ".jsonl", *LANGUAGES} or path.name.endswith(".jsonl.xz")


def documents(path: Path, repo: str, name: str, most: int) -> Iterator[Raw | Unusable]:
    """The documents of one file; `name` is its path in `repo`, and a script may have `most` bytes.

    What cannot be read comes as the reason why, so that one bad line of a corpus file does not end the others.
    """
    try:
        if path.name.endswith((".jsonl", ".jsonl.xz")):
            yield from lines(path)
        elif path.suffix == ".ipynb":
            yield notebook(parsed(content(path, MOST_FILE)), repo, name)
        else:
            text = content(path, most)
            yield {"repo": repo, "path": name, "kind": "script", "language": LANGUAGES[path.suffix], "text": text}
    except Unusable as reason:
        yield reason
    except (OSError, lzma.LZMAError, EOFError):
        yield Unusable("cannot be read")


def content(path: Path, most: int) -> str:
    """A file's text with plain line ends."""
    if path.stat().st_size > most:
        raise Unusable("huge")
    return decoded(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")


def decoded(raw: bytes) -> str:
    """UTF-8, with or without its mark."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable("not UTF-8") from None
    if "\0" in text:
        raise Unusable("not UTF-8")
    return text


def parsed(text: str) -> Raw:
    """A JSON object, with a question mark for each half of a character that an escape left alone."""
    try:
        found = json.loads(text)
        if "\\ud" in text or "\\uD" in text:
            found = json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Unusable("broken JSON") from None
    if not isinstance(found, dict):
        raise Unusable("broken JSON")
    return found


def lines(path: Path) -> Iterator[Raw | Unusable]:
    """The documents of a corpus file, one a line."""
    read = False
    with opened(path) as file:
        while line := file.readline(MOST_FILE):
            if not line.strip():
                continue
            try:
                raw = parsed(decoded(line))
            except Unusable as reason:
                yield reason
                continue
            if wellformed(raw):
                read = True
                yield raw
                continue
            yield Unusable("JSON lines that are no corpus")
            if not read:
                return


def wellformed(raw: Raw) -> bool:
    """Whether a line has the corpus' form."""
    if not all(isinstance(raw.get(key), str) for key in ("repo", "path", "kind", "language")):
        return False
    if raw["kind"] == "script":
        return isinstance(raw.get("text"), str)
    named = isinstance(part(raw, "kernelspec").get("name"), str)
    cells = raw.get("cells")
    return raw["kind"] == "notebook" and named and isinstance(cells, list) and all(map(wellformed_cell, cells))


def wellformed_cell(raw: object) -> bool:
    """Whether a cell has the corpus' form."""
    return isinstance(raw, dict) and {"type", "source"} <= raw.keys() and all(isinstance(v, str) for v in raw.values())


def notebook(raw: Raw, repo: str, name: str) -> Raw:
    """A notebook of format 3 or 4."""
    cells = listed(raw, "cells") or [cell for sheet in listed(raw, "worksheets") for cell in listed(sheet, "cells")]
    if not cells:
        raise Unusable("empty")
    metadata = part(raw, "metadata")
    spec = part(metadata, "kernelspec")
    spoken = [part(metadata, "language_info").get("name"), spec.get("language"), *(c.get("language") for c in cells)]
    language = next((text for text in spoken if isinstance(text, str) and text), "python").lower()
    kernel = spec.get("name")
    return {
        "repo": repo,
        "path": name,
        "kind": "notebook",
        "language": {"ipython": "python", "c++": "cpp", "c++17": "cpp", "c++14": "cpp"}.get(language, language),
        "kernelspec": {"name": kernel if isinstance(kernel, str) else "python3" if language == "python" else language},
        "cells": [cell_of(cell) for cell in cells],
    }


def cell_of(raw: Raw) -> dict[str, str]:
    """A cell in the corpus' form."""
    kind = {"code": "code", "raw": "raw"}.get(raw.get("cell_type", ""), "markdown")
    source = joined(raw.get("source", raw.get("input", "")))
    if raw.get("cell_type") == "heading":
        source = f"# {source}"
    cell = {"type": kind, "source": EMBEDDED.sub("data:,", source)}
    output = shortened("\n".join(text for text in map(shown, listed(raw, "outputs")) if text.strip()))
    return cell | ({"outputs_text": output} if output else {})


def shown(output: Raw) -> str:
    """What an output shows as text: standard output, a result, or an error's one line."""
    match output.get("output_type"):
        case "stream" if output.get("name", output.get("stream", "stdout")) == "stdout":
            text = joined(output.get("text"))
        case "execute_result" | "display_data":
            text = joined(part(output, "data").get("text/plain"))
        case "pyout":
            text = joined(output.get("text"))
        case "error" | "pyerr":
            text = f"{output.get('ename', '')}: {output.get('evalue', '')}".partition("\n")[0]
        case _:
            text = ""
    return ESCAPES.sub("", text).rstrip("\n")


def shortened(text: str) -> str:
    """The beginning of an output. It never ends inside a word, so that no half of a secret stays unnoticed."""
    if len(text) <= MOST_OUTPUT:
        return text
    cut = text[: MOST_OUTPUT + 1]
    return cut[: max(cut.rfind("\n"), cut.rfind(" "), 0)].rstrip("\n")


def joined(text: object) -> str:
    """A notebook's text, which may be one string or a list of them."""
    if isinstance(text, list):
        return "".join(line for line in text if isinstance(line, str))
    return text if isinstance(text, str) else ""


def part(raw: Raw, key: str) -> Raw:
    """An object within an object, empty where there is none."""
    found = raw.get(key)
    return found if isinstance(found, dict) else {}


def listed(raw: Raw, key: str) -> list[Raw]:
    """The objects of a list within an object."""
    found = raw.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def code(raw: Raw) -> str:
    """All code of a document."""
    if raw["kind"] == "script":
        return str(raw["text"])
    return "\n".join(cell["source"] for cell in raw["cells"] if cell["type"] == "code")


def size(raw: Raw) -> int:
    """A document's text in bytes."""
    if raw["kind"] == "script":
        return len(raw["text"].encode())
    return sum(len(cell["source"].encode()) for cell in raw["cells"])
