"""OpenAI's own Python client, unchanged, against the worker: whole and in events, in a thread and in a loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest

from model_server.loop import Load
from model_server.tokens import Tokens
from tests.worker.serving import TOKEN, Worker, fake, idle, ready, serving, until

LONG = " ".join(map(str, range(300)))


@asynccontextmanager
async def client(worker: Worker) -> AsyncIterator[openai.AsyncOpenAI]:
    """A client of a worker."""
    async with openai.AsyncOpenAI(base_url=f"{worker.url}/v1", api_key=TOKEN) as made:
        yield made


def run(load: Load, scenario: Callable[[Worker], Awaitable[None]], **options: Any) -> None:
    """Run a scenario against a worker that is ready."""

    async def whole() -> None:
        async with serving(load, **options) as worker:
            await scenario(await ready(worker))

    asyncio.run(whole())


@pytest.fixture
def speaks(tokens: Tokens) -> Load:
    """An engine that says `a b c`."""
    return fake(tokens, "a b c")


def test_whole_and_in_events(speaks: Load) -> None:
    async def scenario(worker: Worker) -> None:
        async with client(worker) as asks:
            said = await asks.completions.create(
                model="tiny", prompt="x", suffix="y", max_tokens=20, temperature=0, stop=["\n"], seed=1, user="ann"
            )
            assert (said.choices[0].text, said.choices[0].finish_reason) == ("a b c", "stop")
            assert said.usage
            assert said.usage.total_tokens == said.usage.prompt_tokens + said.usage.completion_tokens
            stream = await asks.completions.create(
                model="tiny", prompt="x", suffix="y", user="ann", stream=True, stream_options={"include_usage": True}
            )
            *chunks, last = [chunk async for chunk in stream]
            assert "".join(chunk.choices[0].text for chunk in chunks) == "a b c"
            assert [chunk.usage for chunk in chunks] == [None] * len(chunks)
            assert last.choices == []
            assert last.usage
            assert last.usage.prompt_tokens_details
            assert last.usage.prompt_tokens_details.cached_tokens

    run(speaks, scenario)


def test_from_a_thread(speaks: Load) -> None:
    def talk(url: str) -> None:
        with openai.OpenAI(base_url=f"{url}/v1", api_key=TOKEN) as asks:
            said = asks.completions.create(model="tiny", prompt="x", n=1, echo=False, logprobs=None, best_of=1)
            assert said.choices[0].text == "a b c"
            stream = asks.completions.create(model="tiny", prompt="x", stream=True)
            assert "".join(chunk.choices[0].text for chunk in stream) == "a b c"
            assert [model.id for model in asks.models.list()] == ["tiny"]
            assert asks.models.retrieve("tiny").owned_by == "local"

    run(speaks, lambda worker: asyncio.to_thread(talk, worker.url))


def test_what_this_worker_adds_goes_along(speaks: Load) -> None:
    async def scenario(worker: Worker) -> None:
        parts = {"before": [{"kind": "code", "text": "import num"}]}
        async with client(worker) as asks:
            said = await asks.completions.create(
                model="tiny", prompt="", extra_body={"parts": parts, "editor": "e", "explain": True}
            )
            assert said.to_dict()["explanation"]["prompt"].endswith("import num")  # type: ignore[index]

    run(speaks, scenario)


@pytest.mark.parametrize(
    ("fields", "kind", "param"),
    [
        ({"n": 2}, openai.BadRequestError, "n"),
        ({"prompt": ["a", "b"]}, openai.BadRequestError, "prompt"),
        ({"logprobs": 1}, openai.BadRequestError, "logprobs"),
        ({"max_tokens": 100_000}, openai.BadRequestError, "max_tokens"),
        ({"model": "gpt-3.5-turbo-instruct"}, openai.NotFoundError, "model"),
    ],
)
def test_refusals_are_the_clients_own_errors(
    speaks: Load, fields: dict[str, object], kind: type[openai.APIStatusError], param: str
) -> None:
    async def scenario(worker: Worker) -> None:
        async with client(worker) as asks:
            with pytest.raises(kind) as caught:
                await asks.completions.create(**{"model": "tiny", "prompt": "x"} | fields)  # type: ignore[call-overload]
            assert caught.value.param == param
            assert param in caught.value.message

    run(speaks, scenario)


def test_a_wrong_key_is_an_authentication_error(speaks: Load) -> None:
    async def scenario(worker: Worker) -> None:
        async with openai.AsyncOpenAI(base_url=f"{worker.url}/v1", api_key="wrong") as asks:
            with pytest.raises(openai.AuthenticationError) as caught:
                await asks.models.list()
            assert caught.value.code == "invalid_api_key"

    run(speaks, scenario)


def test_what_a_newer_request_replaced_is_not_sent_again(tokens: Tokens) -> None:
    async def scenario(worker: Worker) -> None:
        async with client(worker) as asks:
            fields = {"model": "tiny", "prompt": "x", "max_tokens": 200, "extra_body": {"editor": "one"}}
            older = asyncio.create_task(asks.completions.create(**fields))  # type: ignore[call-overload]
            await until(lambda: worker.loop.in_hand == 1, 5)
            newer = await asks.completions.create(**fields | {"max_tokens": 1})  # type: ignore[call-overload]
            assert newer.choices[0].text
            with pytest.raises(openai.ConflictError):
                await older
            assert worker.loop.counts.requests == 2

    run(fake(tokens, LONG, seconds=0.01), scenario)


def test_a_full_worker_is_asked_again(tokens: Tokens) -> None:
    async def scenario(worker: Worker) -> None:
        async with client(worker) as asks:
            running = await asks.completions.create(model="tiny", prompt="x", max_tokens=200, stream=True)
            late = asyncio.create_task(asks.completions.create(model="tiny", prompt="x", max_tokens=1))
            await until(lambda: worker.loop.counts.refused >= 1, 5)
            await running.close()
            assert (await late).choices[0].text

    run(fake(tokens, LONG, seconds=0.01), scenario, most_jobs=1)


def test_closing_a_stream_ends_its_request(tokens: Tokens) -> None:
    async def scenario(worker: Worker) -> None:
        async with client(worker) as asks:
            stream = await asks.completions.create(model="tiny", prompt="x", max_tokens=400, stream=True)
            await anext(stream)
            assert worker.loop.in_hand == 1
            await stream.close()
            await idle(worker)

    run(fake(tokens, LONG, seconds=0.01), scenario)
