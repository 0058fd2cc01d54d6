"""`docs/settings.md`, made of what the server and the page themselves say of their settings: `make docs` writes it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from traitlets import TraitType

from jupyter_codecompose.app import CodeCompose
from jupyter_codecompose.settings import ALLOWED
from tests.bench.figures import table

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "labextension" / "schema" / "plugin.json"
PAGE = ROOT / "docs" / "settings.md"
HEAD = """# Settings

Made by `make docs` from what the server and the page say of themselves: change that, not this page. What a notebook
or a cell can say of itself is in [privacy](privacy.md#to-exclude).
"""
SERVER = """## On the server

In `jupyter_server_config.py` as `c.CodeCompose.timeout = 3.0`, or as an option: `--CodeCompose.timeout=3.0`. A value
that is not allowed stops the start, with a sentence that says which ones are.
"""
PERSON = """## In JupyterLab and Notebook 7

*Settings → Settings Editor → CodeCompose*, for each person.
"""
KEYS = """## Keys

They can be changed in *Settings → Settings Editor → Keyboard Shortcuts*. `Accel` is Ctrl, and Cmd on a Mac.
"""


def page() -> str:
    """The whole page."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    head = ["setting", "default", "allowed", "what it does"]
    keys = [[code(key["command"]), " ".join(map(code, key["keys"]))] for key in schema.get("jupyter.lab.shortcuts", ())]
    parts = [
        HEAD,
        SERVER,
        table(head, map(of_trait, traits())) + "\n",
        PERSON,
        table(head, (of_property(name, told) for name, told in schema["properties"].items())) + "\n",
        KEYS,
        table(["command", "keys"], keys) + "\n",
    ]
    return "\n".join(parts)


def traits() -> list[TraitType[Any, Any]]:
    """The server's own settings, in the order in which they are defined."""
    own = [trait for trait in vars(CodeCompose).values() if isinstance(trait, TraitType)]
    return [trait for trait in own if trait.metadata.get("config")]


def of_trait(trait: TraitType[Any, Any]) -> list[str]:
    """A row of the server's table."""
    name = str(trait.name)
    default = trait.default()
    allowed = ALLOWED.get(name, "True or False")
    return [code(f"CodeCompose.{name}"), code(repr(default)), plain(allowed), plain(trait.help)]


def of_property(name: str, told: dict[str, Any]) -> list[str]:
    """A row of the page's table."""
    allowed = ", ".join(code(json.dumps(value)) for value in told.get("enum", ())) or kind(told)
    if "minimum" in told or "maximum" in told:
        allowed += f", {told.get('minimum', '…')} to {told.get('maximum', '…')}"
    said = plain(f"{told['title']}. {told['description']}")
    return [code(name), code(json.dumps(told.get("default"))), allowed, said]


def kind(told: dict[str, Any]) -> str:
    """What values a property may have, by its type."""
    return {"boolean": "`true` or `false`", "array": "a list"}.get(told["type"], f"a {told['type']}")


def plain(text: str) -> str:
    """A text as it stands, where Markdown would read some of its signs."""
    return re.sub(r"([\\`*|<])", r"\\\1", text)


def code(text: str) -> str:
    return f"`{text}`"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE.relative_to(ROOT), file=sys.stderr)
