"""The corpus cut into stretches of code: what an epoch shows once each, in random order, with the facts known there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from model_server.corpus.documents import Document
from model_server.corpus.harvest import harvest
from model_server.training.objective import Place
from model_server.wire import Fact

STRETCH = 2200
"""Characters of code in a stretch, where a kind of document has weight 1."""
DONORS = 400
"""Documents whose frames lend their columns to others."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The number of a document, of its cell, and the character that the stretch is centred on."""

    document: int
    cell: int
    near: int


def stretches(documents: Sequence[Document], weights: Mapping[str, float], random: Random) -> list[Stretch]:
    """One stretch for every `STRETCH` characters of code, in random order.

    `weights` by `kind:language` (or `other`) thin out what matters less.
    """
    found = []
    for number, doc in enumerate(documents):
        stride = STRETCH / weights.get(f"{doc.kind}:{doc.header.language}", weights.get("other", 1.0))
        offset = random.random() * min(stride, doc.characters)
        for index, cell in enumerate(doc.cells):
            if cell.kind != "code":
                continue
            while offset < len(cell.text):
                found.append(Stretch(number, index, int(offset)))
                offset += stride
            offset -= len(cell.text)
    random.shuffle(found)
    return found


class Epochs:
    """Every epoch's stretches, and the place in a document that a stretch stands for."""

    def __init__(self, documents: Sequence[Document], weights: Mapping[str, float], seed: int) -> None:
        """Raises ValueError where the documents hold no code."""
        self.documents, self._weights, self._seed = documents, weights, seed
        self.of = lru_cache(maxsize=2)(self._stretches)
        self._facts = lru_cache(maxsize=512)(self._harvest)
        self._spare = self._frames()
        if not self.of(0):
            raise ValueError("the corpus has no code to train on")

    def place(self, stretch: Stretch, random: Random) -> Place:
        """A place near the stretch's middle."""
        doc = self.documents[stretch.document]
        near = min(stretch.near + random.randrange(STRETCH // 4), len(doc.cells[stretch.cell].text) - 1)
        return Place(doc, stretch.cell, near, self._facts(stretch.document).get(stretch.cell, ()), self._spare)

    def _stretches(self, epoch: int) -> list[Stretch]:
        return stretches(self.documents, self._weights, Random(f"{self._seed}:epoch:{epoch}"))

    def _harvest(self, number: int) -> dict[int, tuple[Fact, ...]]:
        """The facts before each code cell of a Python notebook; none for other documents."""
        doc = self.documents[number]
        if doc.kind != "notebook" or doc.header.language != "python":
            return {}
        code = [index for index, cell in enumerate(doc.cells) if cell.kind == "code"]
        after = [doc.cells[index + 1] if index + 1 < len(doc.cells) else None for index in code]
        outputs = [cell.text if cell and cell.kind == "output" else "" for cell in after]
        return dict(zip(code, harvest([doc.cells[index].text for index in code], outputs), strict=True))

    def _frames(self) -> list[Fact]:
        """Frames of some notebooks, whose columns are mixed into those of others."""
        frames: list[Fact] = []
        for number in range(min(len(self.documents), DONORS)):
            for facts in list(self._facts(number).values())[-1:]:
                frames += [fact for fact in facts if fact.members and fact.type == "DataFrame"]
        return frames
