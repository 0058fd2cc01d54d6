"""The layout of models that were trained on plain files: a notebook is shown to them as a script. Pure.

Each code cell is a `# %%` cell, as in scripts that were made of notebooks; markdown and outputs are comments. The
file's path and what the kernel knows stand at the top, as comments or as the authors wrote paths in training. Which
special tokens stand where is a family's data (`published.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from model_server.layout import (
    EXTENSIONS,
    FACTS_SHARE,
    HEADER_TOKENS,
    Encoder,
    describe,
    is_notebook,
    keep_end,
    keep_start,
    near_end,
    near_start,
    share,
)
from model_server.wire import Cell, Fact, Parts

SLASHED = ("javascript", "typescript", "java", "scala", "kotlin", "go", "rust", "c", "cpp", "c++", "csharp", "c#", "f#")
"""Languages whose comments begin with `//`; most others' begin with `#`."""
TAGS = {"code": "%%", "markdown": "%% [markdown]", "output": "%% [output]"}
STOPS = ("\n# %%", "\n// %%")
"""What a cell ends with in a script: the next one."""
KNOWN = "Defined in the kernel:"


class Text(Enum):
    """What of a document goes between special tokens."""

    PATH = "the file's path"
    BEFORE = "the facts, and what stands before the cursor"
    AFTER = "what stands after the cursor"


@dataclass(frozen=True, slots=True)
class Script:
    """The layout of models that were trained on plain files.

    `path` says how their files' paths were written, given the path and the language's comment mark; `lead` is what the
    tokenizer put before a text in training, and puts before none here.
    """

    name: str
    marks: tuple[str, ...]
    order: tuple[str | Text, ...]
    ends: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    chat: tuple[str, ...] = ()
    licence: str = ""
    path: str = "{mark} {path}\n"
    lead: str = ""
    stops: tuple[str, ...] = STOPS
    by_line: bool = False

    @property
    def tokens(self) -> list[str]:
        """The special tokens of every prompt, in their order."""
        return [piece for piece in self.order if isinstance(piece, str)]

    def layout(self, parts: Parts, encoder: Encoder, budget: int) -> list[int]:
        """See `Family.layout`."""
        mark = comment_mark(parts)
        texts = [self._path(parts, mark, encoder), *facts(parts.facts, mark), *before(parts, mark)]
        path, *known, above, cell = led(texts, self.lead)
        opening = list(encoder.encode(path))
        room = budget - len(opening) - len(self.tokens)
        top = fitting(known, int(room * FACTS_SHARE), encoder)
        upper = [token for text in (above, cell) for token in encoder.encode(near_end(text, room))]
        lower = encoder.encode(near_start(after(parts, mark), room))
        for_upper, for_lower = share(len(upper), len(lower), max(room - len(top), 0))
        ids = {
            Text.PATH: opening,
            Text.BEFORE: top + keep_end(upper, for_upper),
            Text.AFTER: keep_start(lower, for_lower),
        }
        pieces = (ids[piece] if isinstance(piece, Text) else [encoder.special(piece)] for piece in self.order)
        return [token for piece in pieces for token in piece]

    def _path(self, parts: Parts, mark: str, encoder: Encoder) -> str:
        """The path's line, or the bare name's where that would crowd out the text; '' where both would."""
        path = script_path(parts)
        lines = (self.path.format(mark=mark, path=short) for short in (path, path.rpartition("/")[2]) if short)
        return next((line for line in lines if len(encoder.encode(line)) <= HEADER_TOKENS), "")


def comment_mark(parts: Parts) -> str:
    """What begins a comment in the document's language."""
    return "//" if parts.header.language.lower() in SLASHED else "#"


def commented(text: str, mark: str) -> str:
    """Every line of a text as a comment."""
    return "\n".join(f"{mark} {line}".rstrip() for line in text.splitlines())


def script_path(parts: Parts) -> str:
    """The path that a document would have as a script."""
    path = " ".join(parts.header.path.split())
    extension = EXTENSIONS.get(parts.header.language.lower(), "py")
    return f"{path.removesuffix('.ipynb')}.{extension}" if path.endswith(".ipynb") else path


def facts(known: Sequence[Fact], mark: str) -> Iterator[str]:
    """Lines of comments about names, under a heading; none where nothing is known."""
    if known:
        yield f"{mark} {KNOWN}\n"
    for fact in known:
        yield commented(describe(fact), mark) + "\n"


def before(parts: Parts, mark: str) -> tuple[str, str]:
    """What stands above the cursor's cell, and that cell up to the cursor: while somebody types, only this changes."""
    if not is_notebook(parts):
        return "", "".join(cell.text for cell in parts.before)
    if not parts.before:
        return "", ""
    *above, cell = parts.before
    return cells(above, mark), f"{opener(cell, mark)}{cell.text}"


def after(parts: Parts, mark: str) -> str:
    """The rest of the cursor's cell, and what stands below it."""
    if not is_notebook(parts):
        return "".join(cell.text for cell in parts.after)
    if not parts.after:
        return ""
    cell, *below = parts.after
    return f"{cell.text}\n\n{cells(below, mark)}".rstrip("\n") + "\n" if below else cell.text


def cells(some: Iterable[Cell], mark: str) -> str:
    """Whole cells as they stand in a script; a language that is not the script's is commented out."""
    bodies = ((cell, cell.text if cell.kind == "code" else commented(cell.text, mark)) for cell in some)
    return "".join(f"{opener(cell, mark)}{body}\n\n" for cell, body in bodies)


def opener(cell: Cell, mark: str) -> str:
    """The line that opens a cell."""
    return f"{mark} {TAGS[cell.kind]}\n"


def led(texts: Sequence[str], lead: str) -> list[str]:
    """The texts, `lead` before the first that is not empty."""
    first = next((number for number, text in enumerate(texts) if text), 0)
    return [lead + text if text and number == first else text for number, text in enumerate(texts)]


def fitting(lines: Sequence[str], budget: int, encoder: Encoder) -> list[int]:
    """Ids of the first lines, as many as fit whole: a line that is cut would run into the next. A heading alone says
    nothing."""
    while len(lines) > 1:
        ids = encoder.encode("".join(lines))
        if len(ids) <= budget:
            return list(ids)
        lines = lines[: min(len(lines) - 1, len(lines) * max(budget, 0) // len(ids))]
    return []
