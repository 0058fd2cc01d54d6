"""One request as steps: stop strings, end tokens, counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.engine import FakeEngine
from model_server.generation import Done, Piece, Stops, TooLong, alone, generate, stuck
from model_server.slots import Slots
from model_server.tokens import Tokens
from model_server.wire import Cell, CompletionRequest, Parts
from tests.worker.checkpoints import incoder_tokenizer
from tests.worker.serving import sentence


@given(st.text("ab\n", max_size=30), st.lists(st.sampled_from(["\n", "ab", "bb", "aba"]), max_size=3), st.data())
def test_stops_cut_at_the_first_stop_however_it_comes(text: str, stops: list[str], data: st.DataObject) -> None:
    filtered, shown, met, rest = Stops(tuple(stops)), "", False, text
    while rest and not met:
        size = data.draw(st.integers(1, len(rest)))
        piece, met = filtered.push(rest[:size])
        shown, rest = shown + piece, rest[size:]
    if not met:
        shown += filtered.rest()
    ends = [text.find(stop) for stop in stops if stop in text]
    if not ends:
        assert shown == text
    else:
        assert met
        assert not any(stop in shown for stop in stops)
        assert text.startswith(shown)


def run(tokens: Tokens, text: str, **options: object) -> tuple[str, Done]:
    slots = Slots(FakeEngine(sentence(tokens, text)), 1)
    request = CompletionRequest(prompt="x", **options)  # type: ignore[arg-type]
    steps = list(alone(generate(request, "me", tokens, slots), slots.engine))
    assert isinstance(steps[-1], Done)
    return "".join(step.text for step in steps if isinstance(step, Piece)), steps[-1]


def test_an_end_token_stops(tokens: Tokens) -> None:
    text, done = run(tokens, "print(1)", max_tokens=50)
    assert (text, done.reason) == ("print(1)", "stop")
    assert done.usage.completion_tokens == len(tokens.encode("print(1)"))


def test_a_stop_string_is_not_part_of_the_text(tokens: Tokens) -> None:
    text, done = run(tokens, "a = 1\nb = 2", max_tokens=50, stop="\n")
    assert (text, done.reason) == ("a = 1", "stop")


def test_a_familys_own_tags_end_the_text() -> None:
    incoder = Tokens(incoder_tokenizer())
    slots = Slots(FakeEngine(incoder.encode("b = 2\n</cell>\n<cell>\n")), 1)
    steps = alone(generate(CompletionRequest(prompt="a", max_tokens=60), "me", incoder, slots), slots.engine)
    assert "".join(step.text for step in steps if isinstance(step, Piece)) == "b = 2"


@pytest.mark.parametrize("most", [50, 0])
def test_what_was_held_back_as_a_stop_is_bounded_as_all_else(tokens: Tokens, most: int) -> None:
    said = "    x = 1\n# "
    most = most or len(tokens.encode(said))
    text, done = run(tokens, said, max_tokens=most, stop="\n# %%", indent=4)
    assert (text, done.reason) == ("    x = 1\n", "stop")


def test_max_tokens_is_kept(tokens: Tokens) -> None:
    _, done = run(tokens, "a b c d e f g h", max_tokens=3)
    assert (done.reason, done.usage.completion_tokens) == ("length", 3)


def test_zero_tokens_reads_and_says_nothing(tokens: Tokens) -> None:
    text, done = run(tokens, "a", max_tokens=0)
    assert (text, done.usage.completion_tokens) == ("", 0)


def test_the_explanation_is_the_exact_prompt(tokens: Tokens) -> None:
    _, done = run(tokens, "a", explain=True)
    assert done.explanation is not None
    assert done.explanation.prompt == "<|endoftext|><|file|>python<|after|><|before|><|code|>x"


def test_what_does_not_fit_is_said_with_numbers(tokens: Tokens) -> None:
    slots = Slots(FakeEngine([5], context=256), 1)
    with pytest.raises(TooLong, match="max_tokens is 300, but this model's context of 256 leaves at most 120"):
        next(iter(generate(CompletionRequest(max_tokens=300), "me", tokens, slots)))


def test_an_abandoned_request_frees_its_slot(tokens: Tokens) -> None:
    slots = Slots(FakeEngine(sentence(tokens, "a b c")), 1)
    steps = generate(CompletionRequest(parts=Parts(before=(Cell("code", "x"),))), "me", tokens, slots)
    next(steps)
    assert slots.kept[0].busy
    steps.close()
    assert not slots.kept[0].busy


@pytest.mark.parametrize("allowed", [("mass']", "island']"), ("x",)])
def test_a_suggestion_begins_with_what_is_allowed(tokens: Tokens, allowed: tuple[str, ...]) -> None:
    text, _ = run(tokens, "nothing of the kind", max_tokens=30, allowed=allowed)
    assert text.startswith(allowed)


def test_of_what_is_allowed_the_likeliest_is_taken_and_then_it_is_free(tokens: Tokens) -> None:
    text, _ = run(tokens, "island'].mean()", max_tokens=30, allowed=("mass']", "island']"))
    assert text == "island'].mean()"


@pytest.mark.parametrize(
    ("written", "repeats"),
    [
        ([1] * 12, True),
        ([1] * 11, False),
        ([9, *[1, 2] * 6], True),
        ([1, 2] * 5, False),
        ([*[1, 2, 3, 4, 5] * 3], True),
        ([*[1, 2, 3, 4, 5] * 2, 1, 2, 3, 4, 6], False),
        (list(range(50)), False),
        ([], False),
    ],
)
def test_a_repetition_is_known(written: list[int], repeats: bool) -> None:
    assert stuck(written) is repeats


def test_a_text_that_only_repeats_is_ended(tokens: Tokens) -> None:
    _, done = run(tokens, "to run this code " * 40, max_tokens=200)
    assert done.usage.completion_tokens < 60
