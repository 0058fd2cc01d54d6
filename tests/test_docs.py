"""The documentation: every relative link leads somewhere."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from urllib.parse import unquote

import pytest

from jupyter_codecompose.settings import ALLOWED, Settings
from tests import reference

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("examples/**/*.md"))]
FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"""\]\(\s*<?([^)\s>]+)|<(?:img|a)\b[^>]*?\b(?:src|href)="([^"]+)\"""")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|#")


def links(page: Path) -> list[str]:
    """The relative links of a page, without the code in it."""
    text = FENCE.sub("", page.read_text("utf-8"))
    found = [markdown or html for markdown, html in LINK.findall(text)]
    return [unquote(link.partition("#")[0]) for link in found if not ELSEWHERE.match(link)]


def test_there_is_a_readme() -> None:
    assert ROOT / "README.md" in PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in links(page) if not (page.parent / link).exists()] == []


def test_the_settings_page_is_what_the_settings_say() -> None:
    assert reference.PAGE.read_text("utf-8") == reference.page(), "docs/settings.md is out of date: run `make docs`"


def test_each_setting_has_its_row() -> None:
    names = {str(trait.name) for trait in reference.traits()}
    assert names >= {field.name for field in fields(Settings)} - {"token"}
    assert set(ALLOWED) <= names
