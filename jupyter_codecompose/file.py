"""A notebook file as a page would show it, and its kernel run up to a cell, for suggestions without a browser."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

import nbformat

from jupyter_codecompose.channels import ask
from jupyter_codecompose.exclude import switched_off, tagged
from jupyter_codecompose.facts import Namespace
from jupyter_codecompose.question import Questions
from jupyter_codecompose.wire import Cell, Snapshot

OUTPUT_CHARACTERS = 2_000
READY_SECONDS = 60.0


class WrongFile(Exception):
    """A file, a cell or a position that is not there. The sentence says which."""


def load(path: Path) -> Any:
    """The notebook in a file, as nbformat 4."""
    if not path.is_file():
        raise WrongFile(f"{path} is not a file.")
    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, UnicodeDecodeError):
        raise WrongFile(f"{path} is not a notebook: it does not hold JSON.") from None
    except (nbformat.ValidationError, KeyError, AttributeError, TypeError):
        raise WrongFile(f"{path} is not a notebook: its JSON has another shape.") from None


def snapshot(notebook: Any, path: Path, number: int, line: int | None, column: int | None, **more: Any) -> Snapshot:
    """A cursor in cell `number` (from 1), after `column` characters of `line` (from 1); at its end where not given."""
    off = switched_off(notebook.metadata)
    cells = tuple(_cell(cell, excluded=off or tagged(cell.metadata)) for cell in notebook.cells)
    if not 1 <= number <= len(cells):
        raise WrongFile(f"{path} has {len(cells)} cells; there is no cell {number}.")
    cursor = offset(cells[number - 1].source, line, column)
    return Snapshot(
        editor=f"command line {secrets.token_hex(8)}",  # of two people who ask one worker, neither ends the other's
        path=path.name,
        language=language(notebook),
        cells=cells,
        active=number - 1,
        cursor=cursor,
        trigger="invoke",
        **more,
    )


def offset(source: str, line: int | None, column: int | None) -> int:
    """The code point at a line and column."""
    lines = source.split("\n")
    row = len(lines) if line is None else line
    if not 1 <= row <= len(lines):
        raise WrongFile(f"The cell has {len(lines)} lines; there is no line {row}.")
    width = len(lines[row - 1])
    at = width if column is None else column
    if not 0 <= at <= width:
        raise WrongFile(f"Line {row} has {width} characters; there is no column {at}.")
    return sum(len(text) + 1 for text in lines[: row - 1]) + at


def language(notebook: Any) -> str:
    """The language a notebook says it is in."""
    metadata = notebook.metadata
    found = metadata.get("language_info", {}).get("name") or metadata.get("kernelspec", {}).get("language")
    return str(found or "python")


async def run(notebook: Any, path: Path, number: int, tell: Callable[[str], None]) -> Namespace:
    """Runs the code cells before cell `number` in a kernel of its own; gives what that then knows."""
    async with _kernel(notebook, path) as client:
        for at, cell in enumerate(notebook.cells[: number - 1], start=1):
            if cell.cell_type == "code":
                reply = await client.execute_interactive(cell.source, allow_stdin=False, output_hook=lambda _: None)
                if reply["content"]["status"] != "ok":
                    tell(f"Cell {at} raised {reply['content'].get('ename', 'an error')}; going on.")
        if language(notebook).lower() != "python":
            return Namespace()
        return await Questions().put_all(partial(ask, client))


@asynccontextmanager
async def _kernel(notebook: Any, path: Path) -> AsyncIterator[Any]:
    """A client of a new kernel, ended on leaving."""
    from jupyter_client.kernelspec import NoSuchKernel
    from jupyter_client.manager import AsyncKernelManager

    name = notebook.metadata.get("kernelspec", {}).get("name") or "python3"
    manager = AsyncKernelManager(kernel_name=name)
    try:
        await manager.start_kernel(cwd=str(path.parent.resolve()))
    except NoSuchKernel:
        raise WrongFile(f"The notebook's kernel, {name}, is not installed.") from None
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=READY_SECONDS)
        yield client
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


def _cell(cell: Any, *, excluded: bool) -> Cell:
    kinds: dict[str, Literal["code", "markdown"]] = {"code": "code", "markdown": "markdown"}
    outputs = "\n".join(filter(None, (_text(output) for output in cell.get("outputs", ()))))
    return Cell(
        kind=kinds.get(cell.cell_type, "raw"),
        source=cell.source,
        outputs=outputs[:OUTPUT_CHARACTERS],
        excluded=excluded,
    )


def _text(output: Any) -> str:
    """The plain text of an output, if it has any."""
    if output.output_type == "stream":
        return str(output.text)
    return str(output.get("data", {}).get("text/plain", ""))
