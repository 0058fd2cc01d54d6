"""What a model writes at a hidden line, asked in this process: for fits and checks during training, without a worker.

The evaluation that is reported asks a worker instead (`evaluation.evaluate`).
"""

from __future__ import annotations

from model_server.evaluation.cases import Case
from model_server.generation import Piece, alone, generate
from model_server.memory import Memory
from model_server.slots import Slots
from model_server.tokens import Tokens


def complete(case: Case, tokens: Tokens, slots: Slots, memory: Memory | None = None) -> str:
    """What the model writes to the end of the line, or gives from memory."""
    steps = alone(generate(case.request, "evaluation", tokens, slots, memory), slots.engine)
    return "".join(step.text for step in steps if isinstance(step, Piece)).rstrip()
