"""The browser's border: what the page sends and what is streamed back, as frozen structs.

Decoded once, here; unknown keys are refused and every length is bounded. The TypeScript twin is
`labextension/src/wire.ts`; both are tested against the same messages in `tests/contract/`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MAX_BODY_BYTES = 262_144
MAX_CELLS = 4096

Name = Annotated[str, Meta(max_length=512)]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all messages: immutable, and deaf to keys it does not know."""


class Cell(Message, frozen=True):
    """One cell as the page shows it. `outputs` is plain text, bounded by the page; `count` is the kernel's count of
    executions when it last ran, `edited` says that its text is another one by now, and `excluded` that nothing of it
    may be sent on; its text is then best left out."""

    kind: Literal["code", "markdown", "raw"]
    source: str
    outputs: str = ""
    count: Annotated[int, Meta(ge=0)] | None = None
    edited: bool = False
    excluded: bool = False


class Snapshot(Message, frozen=True):
    """A cursor in a document at one moment: `POST codecompose/complete` and `POST codecompose/warm`.

    `cursor` counts code points in the source of the cell at `active`. `kernel` is the kernel's id, `editor` a name for
    the document's view that stays the same while it is open. A script is one code cell. `trigger` tells why the page
    asks; a `pause` is its own, where the host asks for nothing.
    """

    editor: Name
    path: Name
    language: Name
    cells: Annotated[tuple[Cell, ...], Meta(min_length=1, max_length=MAX_CELLS)]
    active: Annotated[int, Meta(ge=0)]
    cursor: Annotated[int, Meta(ge=0)]
    kernel: Name | None = None
    trigger: Literal["automatic", "invoke", "pause"] = "automatic"
    explain: bool = False

    def __post_init__(self) -> None:
        if self.active >= len(self.cells):
            raise ValueError(f"active is {self.active}, but there are {len(self.cells)} cells")
        if self.cursor > len(self.cells[self.active].source):
            raise ValueError(f"cursor is {self.cursor}, past the end of the cell")


class Chunk(Message, frozen=True, tag="chunk"):
    """More text of the suggestion (a piece, not the whole)."""

    text: str


class Explanation(Message, frozen=True):
    """What was sent and what it cost: the exact prompt, tokens reused of tokens read, milliseconds by step.

    `sent` counts cells, facts and tokens, `of` how many there were, or could be. `ways`: how many continuations the
    worker was given to choose from each time that it was asked (0: any). `cut` are the names that a suggestion ended
    before.
    """

    prompt: str
    prompt_tokens: int
    reused_tokens: int
    steps_ms: dict[str, float]
    sent: dict[str, int] = {}
    of: dict[str, int] = {}
    ways: tuple[int, ...] = ()
    cut: tuple[str, ...] = ()


class Used(Message, frozen=True):
    """What a suggestion was made from: how many cells and facts of the kernel were sent, and how many tokens the worker
    read; 0 where it did not say."""

    cells: int
    facts: int
    tokens: int


class End(Message, frozen=True, tag="end"):
    """The last word of a request that went well. `reason` says why the text stops, or why there is none."""

    reason: Literal["stop", "length", "silent"]
    model: str = ""
    milliseconds: float = 0.0
    used: Used | None = None
    explanation: Explanation | None = None


class Fault(Message, frozen=True, tag="fault"):
    """The last word of a request that did not: a code for the page, a sentence for the person."""

    code: Literal["loading", "down", "refused", "busy", "invalid", "internal"]
    message: str
    progress: float | None = None


Event = Chunk | End | Fault


class Status(Message, frozen=True):
    """`GET codecompose/status`. `progress` runs from 0 to 1 while the model loads; `message` is a sentence."""

    state: Literal["off", "starting", "loading", "ready", "failed"]
    progress: float
    message: str
    model: str
    version: str


class Sent(Message, frozen=True):
    """`GET codecompose/sent?editor=…`: the body of the last request that went to the worker for an editor, as text, and
    how many secrets of each family were masked in its document; '' where nothing was sent yet."""

    body: str = ""
    masked: dict[str, int] = {}
