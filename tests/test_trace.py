from __future__ import annotations

from jupyter_codecompose.trace import Trace
from model_server.wire import Cell, Completion, Explanation, Parts, PromptTokensDetails, Usage
from tests.namespaces import NAMESPACE, cell, notebook

TOLD = Completion(
    id="1",
    created=0,
    model="m",
    choices=(),
    usage=Usage(7, 1, 8, PromptTokensDetails(cached_tokens=5)),
    explanation=Explanation("the prompt", 1.0, 2.0, 3.0),
)


def test_steps_and_the_parts_of_steps() -> None:
    trace = Trace()
    trace.note("context")
    for _ in range(3):
        with trace.part("ground"):
            pass
    trace.note("stream")
    explanation = trace.explanation(TOLD)
    assert explanation
    assert list(explanation.steps_ms) == ["context", "ground", "stream", "tokenise", "prefill", "decode"]
    assert explanation.steps_ms["ground"] <= explanation.steps_ms["stream"] <= trace.total()


def test_what_was_sent_of_what_there_was() -> None:
    trace = Trace()
    above = (cell("a = 1"), cell("b = 2"))
    parts = Parts(
        before=(Cell("code", "b = 2"), Cell("output", "2"), Cell("code", "c = ")),
        after=(Cell("code", ""),),
        further_before=(Cell("code", "a = 1"),),
    )
    trace.chose(parts, notebook("c = ", "", *above), NAMESPACE, 1024)
    trace.asked(0)
    trace.cut("attribute weather.tempmax")
    trace.asked(3)
    explanation = trace.explanation(TOLD)
    assert explanation
    assert explanation.sent == {"cells_above": 1, "cells_below": 0, "cells_further": 1, "facts": 0, "tokens": 7}
    known = len(NAMESPACE.variables)
    assert explanation.of == {"cells_above": 2, "cells_below": 0, "cells_further": 2, "facts": known, "tokens": 1024}
    assert (explanation.ways, explanation.cut) == ((0, 3), ("attribute weather.tempmax",))


def test_nothing_is_explained_that_the_worker_has_not_told() -> None:
    assert Trace().explanation(None) is None
