"""Somebody types in JupyterLab: how soon each key's ghost text is on the screen, and how many requests it takes.

`python -m examples.replay`, in a checkout: a server of its own with the bundled model, a real Chromium, a notebook of
500 cells, and a recorded session of some 200 keys. Whoever types never accepts anything, so that every request is one
that typing makes. The time of our part is sampled by Chromium's profiler: what our files do, and what they call.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, sync_playwright

from tests.browser import chromium
from tests.browser.jupyter import serving
from tests.browser.page import NotebookPage

TYPED = (
    "import pandas as pd\nimport matplotlib.pyplot as plt\n",
    'df = pd.read_csv("data/seattle-weather.csv")\ndf.head()',
    'df["month"] = df["date"].str[5:7]\nmonthly = df.groupby("month")["wind"].mean()\n',
    "for name in df.columns:\nprint(name)",
    'plt.plot(monthly.index, monthly.values)\nplt.xlabel("month")\nplt.show()',
)
"""What is typed, cell by cell; JupyterLab indents by itself."""
CELLS = 500
FRAME = 1000 / 60
ANSWER_MS = 1000.0
SAMPLE_US = 200
LATE_US = 3 * SAMPLE_US
"""A sample that is later than this was not taken in time because something else had the processor."""
OURS = "/jupyter-codecompose/"
GHOST = ".jp-mod-active .jp-GhostText:not(.jp-GhostText-lineSpacer):not(.jp-GhostText-letterSpacer)"

WATCH = """
(ghost => {
    const seen = (window.seen = { keys: [], drawn: [], asked: [] });
    const text = () => Array.from(document.querySelectorAll(ghost), node => node.textContent).join('');
    let last = '';
    addEventListener('keydown', event => {
        const key = { at: performance.now(), letter: event.key, before: text(), after: '' };
        seen.keys.push(key);
        requestAnimationFrame(() => { key.after = text(); });
    }, true);
    const observer = new MutationObserver(() => {
        const now = text();
        if (now !== last) {
            last = now;
            const change = { text: now, at: 0 };
            requestAnimationFrame(at => { change.at = performance.now(); seen.drawn.push(change); });
        }
    });
    observer.observe(document, { subtree: true, childList: true, characterData: true });
    // Whether it is ahead is looked at later: that time is not the page's.
    const note = (asked, body) => {
        const cell = window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel;
        const length = Array.from(cell.getSource()).length;
        setTimeout(() => {
            const { cells, active } = JSON.parse(body);
            asked.ahead = Array.from(cells[active].source).length > length;
        });
    };
    window.Request = class extends Request {
        constructor(input, init) {
            super(input, init);
            if (this.url.includes('/codecompose/complete')) {
                const asked = { at: performance.now(), ahead: false };
                seen.asked.push(asked);
                note(asked, init.body);
            }
        }
    };
})(%s);
"""


@dataclass
class Seen:
    """What was measured, in milliseconds of the page's clock."""

    keys: list[dict[str, Any]]
    drawn: list[dict[str, Any]]
    asked: list[dict[str, Any]]
    ours: list[float] = field(default_factory=list)

    def shown(self) -> list[float]:
        """From each key that was asked for to the first frame with its ghost text, if that came before the next key."""
        found = []
        for key, until in self._spans():
            asked = [each["at"] for each in self.asked if key["at"] <= each["at"] < until and not each["ahead"]]
            drawn = [each["at"] for each in self.drawn if asked and asked[0] <= each["at"] < until and each["text"]]
            if drawn:
                found.append(drawn[0] - key["at"])
        return found

    def along(self) -> tuple[int, int]:
        """Keys that agreed with the ghost text, and those of them whose next frame had the rest without a request."""
        agreed = within = 0
        for key, until in self._spans():
            if len(key["letter"]) == 1 and key["before"].startswith(key["letter"]) and len(key["before"]) > 1:
                agreed += 1
                asked = any(key["at"] <= each["at"] < until and not each["ahead"] for each in self.asked)
                within += key["after"] == key["before"][1:] and not asked
        return agreed, within

    def _spans(self) -> list[tuple[dict[str, Any], float]]:
        ends = [key["at"] for key in self.keys[1:]] + [self.keys[-1]["at"] + ANSWER_MS]
        return list(zip(self.keys, ends, strict=True))


def gaps(count: int) -> list[float]:
    """Milliseconds between keys: a person's, in bursts, the same each time."""
    chance = random.Random(7)
    found: list[float] = []
    while len(found) < count:
        burst = chance.randint(4, 14)
        found += [chance.lognormvariate(4.79, 0.4) for _ in range(burst)]  # 120 ms in the middle
        found.append(chance.uniform(500, 1200))
    return found[:count]


def notebook(path: Path) -> None:
    """A notebook of many cells."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{index}",
            "metadata": {},
            "outputs": [],
            "source": f"total_{index} = sum(range({index}))\nprint(total_{index}, total_{index} ** 2)",
        }
        for index in range(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    path.write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))


def replay(page: NotebookPage) -> None:
    """Type the session at the top of the notebook, each cell below the last one."""
    waits = iter(gaps(sum(map(len, TYPED))))
    for index, text in enumerate(TYPED):
        page.add(at=index)
        page.page.wait_for_timeout(ANSWER_MS)
        for letter in text:
            page.page.keyboard.press("Enter" if letter == "\n" else letter)
            page.page.wait_for_timeout(next(waits))


def ours(profile: dict[str, Any], begun: float, keys: list[dict[str, Any]]) -> list[float]:
    """Of each key, the milliseconds of processor time that our files, and what they called, took until the next."""
    nodes = {node["id"]: node for node in profile["nodes"]}
    mine: set[int] = set()
    for node in profile["nodes"]:
        if OURS in node["callFrame"]["url"]:
            below = [node["id"]]
            while below:
                each = below.pop()
                mine.add(each)
                below += nodes[each].get("children", [])
    spent = [0.0] * len(keys)
    at, index = begun, 0
    for sample, passed in zip(profile["samples"], profile["timeDeltas"], strict=True):
        at += passed / 1000
        while index + 1 < len(keys) and keys[index + 1]["at"] <= at:
            index += 1
        if sample in mine and keys[index]["at"] <= at:
            spent[index] += min(passed, LATE_US) / 1000
    return spent


def measured(page: NotebookPage, profiler: CDPSession) -> Seen:
    """Type the session, and look."""
    profiler.send("Profiler.enable")
    profiler.send("Profiler.setSamplingInterval", {"interval": SAMPLE_US})
    profiler.send("Profiler.start")
    begun = float(page.page.evaluate("() => performance.now()"))
    replay(page)
    profile = profiler.send("Profiler.stop")["profile"]
    seen = Seen(**page.page.evaluate("() => window.seen"))
    seen.ours = ours(profile, begun, seen.keys)
    return seen


def percentile(values: list[float], share: float) -> float:
    """The value that a share of them does not exceed."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else float("nan")


def table(seen: Seen) -> str:
    """What was measured, as a table in Markdown."""
    shown = seen.shown()
    agreed, within = seen.along()
    ahead = sum(each["ahead"] for each in seen.asked)
    typing = len(seen.asked) - ahead
    keys = len(seen.keys)
    rows = (
        ("keys", f"{keys}"),
        ("requests while typing", f"{typing}"),
        ("saved or joined, against a request for each key", f"{1 - typing / keys:.0%}"),
        ("requests ahead, in pauses", f"{ahead}"),
        ("saved, those counted too", f"{1 - len(seen.asked) / keys:.0%}"),
        ("key to ghost text on the screen, p50", f"{statistics.median(shown or [float('nan')]):.0f} ms"),
        ("key to ghost text on the screen, p95", f"{percentile(shown, 0.95):.0f} ms ({len(shown)} ghost texts)"),
        (
            f"keys along the ghost text: the rest in the next frame ({FRAME:.0f} ms), no request",
            f"{within} of {agreed}",
        ),
        (f"our part of the main thread per key, {CELLS} cells, p50", f"{statistics.median(seen.ours):.1f} ms"),
        (f"our part of the main thread per key, {CELLS} cells, p95", f"{percentile(seen.ours, 0.95):.1f} ms"),
    )
    return "\n".join(["| measured | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def main() -> int:
    """The command line; gives the exit status."""
    path = chromium.find()
    if path is None:
        print("no Chromium here: run `python -m tests.browser.chromium`", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as home, serving(Path(home)) as server, sync_playwright() as playwright:
        notebook(server.root / "long.ipynb")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = NotebookPage(browser.new_page(viewport={"width": 1280, "height": 720}))
        page.page.add_init_script(WATCH % json.dumps(GHOST))
        page.open(f"{server.url}/lab/tree/long.ipynb?reset&token={server.token}")
        seen = measured(page, page.page.context.new_cdp_session(page.page))
        print(table(seen))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
