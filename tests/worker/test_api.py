"""The API without a server: paths, tokens, OpenAI's shapes, and what is refused."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence

import pytest

from model_server.api import ROUTES
from model_server.engine import BadScores, Branches, FakeEngine, FakeScores, Read
from model_server.loop import Load
from model_server.tokens import Tokens
from model_server.wire import MAX_BODY_BYTES
from tests.worker.serving import Caller, called, fake, sentence, until

PARTS = {"header": {"language": "python"}, "before": [{"kind": "code", "text": "import num"}]}


@pytest.fixture
def speaks(tokens: Tokens) -> Load:
    """An engine that says `a b c`."""
    return fake(tokens, "a b c")


def test_a_whole_reply_has_openais_shape(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        said = await caller.complete(prompt="import numpy", suffix="\n", max_tokens=8, model="tiny", user="ann")
        assert (said.status, said.headers["Content-Type"]) == (200, "application/json")
        assert said.json.keys() == {"id", "object", "created", "model", "choices", "usage"}
        assert said.json["choices"] == [{"text": "a b c", "index": 0, "logprobs": None, "finish_reason": "stop"}]
        usage = said.json["usage"]
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]

    called(speaks, scenario)


def test_a_stream_tells_its_usage_in_an_event_of_its_own_where_it_is_asked_to(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        said = await caller.complete(prompt="x", stream=True, stream_options={"include_usage": True})
        *texts, end, usage = said.events
        assert "".join(each["choices"][0]["text"] for each in texts) == "a b c"
        assert {each["choices"][0]["finish_reason"] for each in texts} == {None}
        assert end["choices"] == [{"text": "", "index": 0, "logprobs": None, "finish_reason": "stop"}]
        assert [each["usage"] for each in (*texts, end)] == [None] * (len(texts) + 1)
        assert (usage["choices"], usage["usage"]["completion_tokens"]) == ([], 5)
        assert len({each["id"] for each in said.events}) == 1
        assert said.body.endswith(b"data: [DONE]\n\n")

    called(speaks, scenario)


def test_a_stream_says_nothing_of_usage_where_it_is_not_asked_to(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        said = await caller.complete(prompt="x", stream=True)
        assert all("usage" not in each and each["choices"] for each in said.events)
        assert said.events[-1]["choices"][0]["finish_reason"] == "stop"

    called(speaks, scenario)


@pytest.mark.parametrize("options", [{}, {"stream_options": {"include_usage": True}}])
def test_the_last_event_explains(speaks: Load, options: dict[str, object]) -> None:
    async def scenario(caller: Caller) -> None:
        said = await caller.complete(parts=PARTS, stream=True, explain=True, **options)
        assert said.events[-1]["explanation"]["prompt"].endswith("import num")
        assert all("explanation" not in each for each in said.events[:-1])

    called(speaks, scenario)


def test_length_stops_and_time_end_a_text(tokens: Tokens) -> None:
    async def scenario(caller: Caller) -> None:
        for options, text, reason in (
            ({"max_tokens": 3}, "if a", "length"),
            ({"stop": ["c"]}, "if a:\n    b\n", "stop"),
            ({"stop": "b\n"}, "if a:\n    ", "stop"),
            ({"indent": 4}, "if a:\n    b\n", "stop"),
            ({"seconds": 1e-9}, "if a:\n", "stop"),
        ):
            choice = (await caller.complete(**{"prompt": "x", "max_tokens": 40} | options)).json["choices"][0]
            assert (choice["text"], choice["finish_reason"]) == (text, reason)

    called(fake(tokens, "if a:\n    b\nc"), scenario)


def test_warming_reads_and_writes_nothing(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        warmed = (await caller.ask("POST", "/v1/warm", {"parts": PARTS, "editor": "e"})).json
        assert (warmed["object"], warmed["model"], warmed["usage"]["completion_tokens"]) == ("warm", "tiny", 0)
        usage = (await caller.complete(parts=PARTS, editor="e")).json["usage"]
        assert usage["prompt_tokens_details"]["cached_tokens"] == warmed["usage"]["prompt_tokens"] - 1
        assert (await caller.ask("POST", "/v1/warm", {"prompt": "x", "max_tokens": 3})).error["param"] == "max_tokens"

    called(speaks, scenario)


def test_owners_are_told_apart_wherever_a_slash_stands(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        for user, editor in (("a", "b/c"), ("a/b", "c"), ("", "a"), ("a", ""), ("", "")):
            for kept in (False, True):
                usage = (await caller.complete(parts=PARTS, user=user, editor=editor)).json["usage"]
                assert (usage["prompt_tokens_details"]["cached_tokens"] > 0) == kept

    called(speaks, scenario)


def test_the_model_may_be_named(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        models = (await caller.ask("GET", "/v1/models")).json
        assert models["object"] == "list"
        (model,) = models["data"]
        assert (model["id"], model["object"], model["owned_by"]) == ("tiny", "model", "local")
        assert (await caller.ask("GET", "/v1/models/tiny")).json == model
        assert (await caller.complete(prompt="x", model="")).status == 200
        for said in (await caller.complete(prompt="x", model="gpt-4"), await caller.ask("GET", "/v1/models/gpt-4")):
            assert (said.status, said.error["code"], said.error["param"]) == (404, "model_not_found", "model")
            assert "tiny" in said.error["message"]

    called(speaks, scenario)


def test_parts_stand_in_place_of_prompt_and_suffix(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        assert (await caller.complete(parts=PARTS, prompt="")).status == 200
        for more in ({"prompt": "x"}, {"suffix": "y"}):
            said = await caller.complete(parts=PARTS, **more)
            assert (said.status, said.error["param"]) == (400, "parts")

    called(speaks, scenario)


def test_more_than_the_context_holds_is_refused_with_its_numbers(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        said = await caller.complete(prompt="x", max_tokens=250)
        assert (said.status, said.error["code"], said.error["param"]) == (400, "context_length_exceeded", "max_tokens")
        assert "256" in said.error["message"]

    called(lambda progress: (speaks(progress)[0], FakeEngine([0], context=256)), scenario)


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/completions/", "/v1/models/", "/V1/MODELS", "/v1/chat/completions", ""]
)
def test_unknown_paths_are_not_found(speaks: Load, path: str) -> None:
    async def scenario(caller: Caller) -> None:
        said = await caller.ask("POST", path)
        assert (said.status, said.error["code"]) == (404, "not_found")

    called(speaks, scenario)


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS", "TRACE", "get", ""])
def test_other_methods_are_told_which_one_to_use(speaks: Load, method: str) -> None:
    async def scenario(caller: Caller) -> None:
        said = await caller.ask(method, "/v1/completions")
        assert (said.status, said.error["code"], said.headers["Allow"]) == (405, "method_not_allowed", "POST")
        assert (await caller.ask("HEAD", "/health")).status == 200

    called(speaks, scenario)


def test_pages_of_browsers_may_not_ask(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        for method, path in (("POST", "/v1/completions"), ("GET", "/health")):
            said = await caller.ask(method, path, {"prompt": "x"}, Origin="https://example.org")
            assert (said.status, said.error["code"]) == (403, "forbidden_origin")
            assert not [name for name in said.headers if name.lower().startswith("access-control")]

    called(speaks, scenario)


SHOWN = [
    "",
    "secret",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    "Basic s\u00e9cret",
    "Bearer s\u00e9cret",
    "Bearer \udcff",
    "Bearer 秘密",
]


@pytest.mark.parametrize("shown", SHOWN)
def test_who_shows_another_token_is_turned_away(speaks: Load, shown: str) -> None:
    async def scenario(caller: Caller) -> None:
        for operation in ROUTES:
            said = await caller.ask(operation.method, operation.path, Authorization=shown)
            if not operation.open:
                assert (said.status, said.error["code"]) == (401, "invalid_api_key")
                assert said.headers["WWW-Authenticate"] == "Bearer"

    called(speaks, scenario, token="secret")


@pytest.mark.parametrize("token", ["secret", "sécret-秘密"])
def test_who_shows_the_token_is_served(speaks: Load, token: str) -> None:
    async def scenario(caller: Caller) -> None:
        shown = token.encode().decode("latin-1")  # as a server hands on the bytes of a header
        for scheme in ("Bearer", "bearer"):
            assert (await caller.ask("GET", "/v1/models", authorization=f"{scheme} {shown}")).status == 200

    called(speaks, scenario, token=token)


def test_what_is_open_to_everyone_tells_nothing_of_anyone(speaks: Load) -> None:
    assert {operation.path for operation in ROUTES if operation.open} == {"/health", "/openapi.json"}


@pytest.mark.parametrize(
    ("length", "status"),
    [("0", None), (str(MAX_BODY_BYTES), None), (str(MAX_BODY_BYTES + 1), 413), ("9" * 5000, 413)]
    + [(bad, 400) for bad in ("-1", "abc", "1,1", "1 ", "٣", "", "1e3", "0x10")],
)
def test_a_length_is_looked_at_before_the_body(speaks: Load, length: str, status: int | None) -> None:
    async def scenario(caller: Caller) -> None:
        refused = caller.api.refused("POST", "/v1/completions", {"Content-Length": length})
        assert (refused.status if refused else None) == status

    called(speaks, scenario)


def test_a_body_that_is_too_long_is_refused_whoever_read_it(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        said = await caller.ask("POST", "/infill", b" " * (MAX_BODY_BYTES + 1))
        assert (said.status, said.error["code"]) == (413, "body_too_large")

    called(speaks, scenario)


def test_health_speaks_to_clients_of_llama_cpp_too(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        health = (await caller.ask("GET", "/health")).json
        assert (health["state"], health["status"], health["model"]) == ("ready", "ok", "tiny")

    called(speaks, scenario)


def test_a_worker_that_could_not_load_says_so_everywhere() -> None:
    def fails(progress: object) -> tuple[Tokens, FakeEngine]:
        raise RuntimeError("no such checkpoint")

    async def scenario(caller: Caller) -> None:
        health = await caller.ask("GET", "/health")
        assert (health.status, health.json["status"]) == (503, "failed")
        for path in ("/v1/completions", "/v1/warm", "/infill"):
            said = await caller.ask("POST", path, {})
            assert (said.status, said.error["code"], said.error["type"]) == (503, "model_not_ready", "server_error")
            assert int(said.headers["Retry-After"]) >= 1

    called(fails, scenario)


class Broken(FakeEngine):
    """An engine whose weights are damaged."""

    def step(self, reads: Sequence[Read | Branches]) -> list[FakeScores]:
        """See `Engine`."""
        raise BadScores


def test_scores_that_are_no_numbers_are_told(tokens: Tokens) -> None:
    async def scenario(caller: Caller) -> None:
        said = await caller.complete(prompt="x")
        assert (said.status, said.error["code"]) == (500, "bad_scores")

    called(lambda progress: (tokens, Broken(sentence(tokens, "a"))), scenario)


def test_closing_a_stream_drops_its_request(tokens: Tokens) -> None:
    async def scenario(caller: Caller) -> None:
        for read_some in (False, True):
            body = b'{"prompt": "x", "max_tokens": 400, "stream": true}'
            answer = await caller.api.answer("POST", "/v1/completions", {}, body)
            assert caller.loop.in_hand == 1
            if read_some:
                await anext(answer.body)
            await answer.body.aclose()
        assert (await caller.complete(prompt="x", max_tokens=1)).status == 200
        assert caller.loop.counts.cancelled == 2

    called(fake(tokens, "a b c d e f g h i j " * 40, seconds=0.005), scenario)


WORDS = ["prompt", "parts", "max_tokens", "stop", "n", "stream", "input_extra", "input_prefix", "kind", "\0", "\\ud800"]


def noise(random: random.Random) -> bytes:
    """A body that is nearly one, or not at all."""

    def value(depth: int) -> str:
        kind = random.randrange(9 if depth else 6)
        if kind == 6:
            return "[" + ",".join(value(depth - 1) for _ in range(random.randrange(4))) + "]"
        if kind > 6:
            return "{" + ",".join(f"{text()}:{value(depth - 1)}" for _ in range(random.randrange(5))) + "}"
        return (text, number, text, number, lambda: random.choice(["true", "false", "null", "NaN"]), text)[kind]()

    def text() -> str:
        letters = "".join(random.choices(string.printable[:95] + "é😀", k=random.randrange(9)))
        return f'"{random.choice([*WORDS, letters.replace(chr(34), "")])}"'

    def number() -> str:
        return random.choice(["0", "1", "-1", "1.5", "16", "1e400", "99999999999999999999", "-0.0"])

    body = value(4).encode()
    if random.random() < 0.5:
        fields = (f'"{random.choice(WORDS[:8])}":{value(3)}' for _ in range(random.randrange(1, 4)))
        body = ("{" + ",".join(fields) + "}").encode()
    if random.random() < 0.2 and body:
        at = random.randrange(len(body))
        body = body[:at] + bytes([random.randrange(256)]) + body[at + random.randrange(2) :]
    return body


def test_ten_thousand_bodies_of_noise_are_served_or_refused(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        dice, seen = random.Random(4), {200: 0, 400: 0}
        for number in range(10_000):
            body = noise(dice)
            said = await caller.ask("POST", ("/v1/completions", "/v1/warm", "/infill")[number % 3], body)
            assert said.status in seen, (said.status, body)
            seen[said.status] += 1
            if said.status == 400:
                assert said.error["type"] == "invalid_request_error"
        assert min(seen.values()) > 500
        await until(lambda: not caller.loop.in_hand, 5)

    called(speaks, scenario)
