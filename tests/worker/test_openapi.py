"""The API's own description: it is true, for data that it allows and for data that it does not."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from model_server.api import ROUTES
from model_server.loop import Load
from model_server.openapi import describe
from model_server.tokens import Tokens
from tests.worker.serving import TOKEN, Caller, called, fake, ready, serving

BOUNDED = settings(
    max_examples=20, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
CONFIG = {
    "generation": {"with-security-parameters": False},
    "checks": {
        "positive_data_acceptance": {"expected-statuses": [200, 404]},
        "negative_data_rejection": {"expected-statuses": [400, 404, 413]},
    },
}


@pytest.fixture
def speaks(tokens: Tokens) -> Load:
    """An engine that says `a b c`."""
    return fake(tokens, "a b c")


def test_it_describes_all_there_is_and_nothing_else(speaks: Load) -> None:
    async def scenario(caller: Caller) -> None:
        said = (await caller.ask("GET", "/openapi.json")).json
        described = {(method.upper(), path) for path, methods in said["paths"].items() for method in methods}
        assert described == {(operation.method, operation.path) for operation in ROUTES}
        assert said == json.loads(json.dumps(describe(ROUTES, "tiny")))

    called(speaks, scenario)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_what_it_says_of_requests_and_replies_is_true(speaks: Load, mode: GenerationMode) -> None:
    async def whole() -> None:
        async with serving(speaks) as worker:
            await ready(worker)
            await asyncio.to_thread(hold, worker.url, mode)

    asyncio.run(whole())


def hold(url: str, mode: GenerationMode) -> None:
    """Ask each operation with data that its description allows, or forbids, and hold the replies to what it says."""
    schema: Any = schemathesis.openapi.from_url(f"{url}/openapi.json", config=SchemathesisConfig.from_dict(CONFIG))
    for found in schema.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not operation.body:
            continue

        @given(case=operation.as_strategy(generation_mode=mode))
        @BOUNDED
        def asked(case: Any) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"})

        asked()
