"""The page on privacy says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jupyter_codecompose import exclude, sent
from jupyter_codecompose.redact import LONG_MASK, MASKS, masked
from model_server.credentials import FAMILIES

PAGE = (Path(__file__).parents[1] / "docs/privacy.md").read_text("utf-8")


def test_it_names_every_family() -> None:
    table = PAGE.partition("| family |")[2].partition("\n\n")[0]
    named = [name for row in table.split("\n")[2:] for name in re.findall(r"`([\w-]+)`", row.split("|")[1])]
    assert sorted(named) == sorted({family.name for family in FAMILIES})


def test_it_shows_the_masks() -> None:
    for mask in MASKS.values():
        assert f"`{mask}`" in PAGE
    assert f"or {len(LONG_MASK)} of them" in PAGE


def test_it_says_how_to_exclude() -> None:
    assert f"the tag `{exclude.TAG}`" in PAGE
    assert " and ".join(f"`{glob}`" for glob in exclude.PATHS) in PAGE
    assert exclude.switched_off({"codecompose": {"enabled": False}})
    assert '`"codecompose": {"enabled": false}`' in PAGE


def test_it_says_how_much_is_kept_to_be_shown() -> None:
    assert {8: "eight editors"}[sent.EDITORS] in PAGE


@pytest.mark.parametrize("uncaught", ['x = "hunter2hunter2"', "changeme", "your-token-here", "admin1"])
def test_what_it_says_is_not_caught_is_not(uncaught: str) -> None:
    assert f"`{uncaught}`" in PAGE
    code = uncaught if " " in uncaught else f'password = "{uncaught}"'
    assert masked(code).families == ()
