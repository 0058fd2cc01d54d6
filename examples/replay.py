"""Somebody types in JupyterLab: how soon each key's ghost text is on the screen, and how many requests it takes.

`python -m examples.replay`, in a checkout: a server of its own with the bundled model, a real Chromium, and a recorded
session of some 300 keys, at the top of a notebook of 20 cells and of one of 500. Whoever types never accepts anything,
so that every request is one that typing makes.

How long: from the key to the first frame with its ghost text, for each key that was asked for and whose ghost text came
before the next key. Once as it is, and once without our own wait: the timer of our files that ran out right before the
request. What the host needs from the key to the plugin is in both.

Our part of a key: the session is typed once more in the large one, and Chromium's profiler looks at the main thread
5,000 times a second, which makes all of it slower. A sample is ours if a function of our files is on its stack, be it
at the bottom (a listener, a timer, what follows an `await`) or called by the host, with everything that it calls: the
message to the thread that asks, the encoding of the body, the host's drawing where we ask for it. Not ours is what the
host does with an answer that it got, as with any provider's. A key has all until the next one, for a second at most,
but not the next cell that is made; what is asked ahead in a pause is told apart, since nobody waits for a key then.
`--without` types the same with the plugin disabled: all of the main thread is then the host's.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
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
CELLS, MANY = 20, 500
FRAME = 1000 / 60
ANSWER_MS = 1000.0
SAMPLE_US = 200
LATE_US = 3 * SAMPLE_US
"""A sample that is later than this was not taken in time because something else had the processor."""
OURS = "/jupyter-codecompose/"
IDLE = ("(idle)", "(root)")
AHEAD = "_look"
"""The two methods that look in a pause what to ask, in `prefetch.ts` and `pauses.ts`; the bundle keeps their name."""
WATCHING = ("window.setTimeout", "watchPost", "note")
PLUGIN = "jupyter-codecompose"
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
    // The timers of our files: the one that ran out right before a request was our own wait.
    const sleep = window.setTimeout;
    let slept = { at: -1000, wait: 0 };
    window.setTimeout = (run, delay, ...more) => {
        const begun = performance.now();
        if (!(delay >= 1) || !new Error().stack.includes(%s)) return sleep(run, delay, ...more);
        return sleep(() => {
            slept = { at: performance.now(), wait: performance.now() - begun };
            run(...more);
        }, delay);
    };
    // Whether it is ahead is looked at later: that time is not the page's.
    const note = (asked, body) => {
        const cell = window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel;
        const length = Array.from(cell.getSource()).length;
        sleep(() => {
            const { cells, active } = JSON.parse(body);
            asked.ahead = Array.from(cells[active].source).length > length;
        });
    };
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function watchPost(errand) {
        if (errand.url?.includes('/codecompose/complete')) {
            const at = performance.now();
            const asked = { at, ahead: false, waited: at - slept.at < %d ? slept.wait : 0 };
            seen.asked.push(asked);
            note(asked, errand.init.body);
        }
        post.apply(this, arguments);
    };
})(%s);
"""
SOON_MS = 5
"""From the end of a wait to the request that it was for."""


@dataclass
class Spent:
    """Of each key, the milliseconds that the main thread was busy with what is ours, with what of it was asked ahead in
    a pause, and with anything."""

    ours: list[float]
    ahead: list[float]
    all: list[float]

    @property
    def key(self) -> list[float]:
        """What is ours, but for what was asked ahead."""
        return [ours - ahead for ours, ahead in zip(self.ours, self.ahead, strict=True)]


@dataclass
class Seen:
    """What was measured, in milliseconds of the page's clock."""

    keys: list[dict[str, Any]]
    drawn: list[dict[str, Any]]
    asked: list[dict[str, Any]]

    def shown(self) -> list[tuple[float, float]]:
        """Of each key whose ghost text came before the next: the time to its first frame, and our own wait in it."""
        found = []
        for key, until in self._spans():
            asked = [each for each in self.asked if key["at"] <= each["at"] < until and not each["ahead"]]
            drawn = [
                each["at"] for each in self.drawn if asked and asked[0]["at"] <= each["at"] < until and each["text"]
            ]
            if drawn:
                found.append((drawn[0] - key["at"], asked[0]["waited"]))
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


def notebook(path: Path, count: int) -> None:
    """A notebook of so many cells."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{index}",
            "metadata": {},
            "outputs": [],
            "source": f"total_{index} = sum(range({index}))\nprint(total_{index}, total_{index} ** 2)",
        }
        for index in range(count)
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


def spent(profile: dict[str, Any], begun: float, keys: list[dict[str, Any]]) -> Spent:
    """What each key took until the next; `begun` is the profile's beginning on the page's clock."""
    nodes = {node["id"]: node for node in profile["nodes"]}
    mine = ours(nodes)
    ahead = below(nodes, (each for each in mine if nodes[each]["callFrame"]["functionName"] == AHEAD))
    idle = {each for each, node in nodes.items() if node["callFrame"]["functionName"] in IDLE}
    found = Spent(*([0.0] * len(keys) for _ in range(3)))
    at, index = begun, 0
    for sample, passed in zip(profile["samples"], profile["timeDeltas"], strict=True):
        at += passed / 1000
        while index + 1 < len(keys) and keys[index + 1]["at"] <= at:
            index += 1
        if sample not in idle and 0 <= at - keys[index]["at"] < ANSWER_MS:
            for part, is_part in ((found.all, True), (found.ours, sample in mine), (found.ahead, sample in ahead)):
                part[index] += min(passed, LATE_US) / 1000 if is_part else 0.0
    return found


def ours(nodes: dict[int, Any]) -> set[int]:
    """The functions of our files, and all that they call, but for those that only watch."""
    found = below(nodes, (each for each, node in nodes.items() if OURS in node["callFrame"]["url"]))
    return {each for each in found if nodes[each]["callFrame"]["functionName"] not in WATCHING}


def below(nodes: dict[int, Any], tops: Iterable[int]) -> set[int]:
    """Some functions of a profile, and all that they call."""
    found, left = set[int](), list(tops)
    while left:
        each = left.pop()
        if each not in found:
            found.add(each)
            left += nodes[each].get("children", [])
    return found


def watched(page: NotebookPage) -> Seen:
    """Type the session, and look."""
    replay(page)
    return Seen(**page.page.evaluate("() => window.seen"))


def profiled(page: NotebookPage, devtools: CDPSession) -> tuple[Seen, Spent]:
    """Type the session once more, and look what the main thread does."""
    devtools.send("Performance.enable")
    devtools.send("Profiler.enable")
    devtools.send("Profiler.setSamplingInterval", {"interval": SAMPLE_US})
    devtools.send("Profiler.start")
    seen = watched(page)
    profile = devtools.send("Profiler.stop")["profile"]
    metrics = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
    # Of the same clock as the profile: where the page's begins.
    begun = profile["startTime"] / 1000 - metrics["NavigationStart"] * 1000
    return seen, spent(profile, begun, seen.keys)


def percentile(values: list[float], share: float) -> float:
    """The value that a share of them does not exceed."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else float("nan")


def table(seen: Seen, large: Seen, busy: Spent) -> str:
    """What was measured, as a table in Markdown; `large` in the large notebook."""
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
        ("ghost texts that came before the next key", f"{len(shown)}"),
        ("key to ghost text on the screen, our own wait apart", both([time - wait for time, wait in shown], 0)),
        ("key to ghost text on the screen, our own wait in it", both([time for time, _ in shown], 0)),
        (f"the same in {MANY} cells, under the profiler", both([time for time, _ in large.shown()], 0)),
        (
            f"keys along the ghost text: the rest in the next frame ({FRAME:.0f} ms), no request",
            f"{within} of {agreed}",
        ),
        (f"our part of the main thread per key, {MANY} cells", both(busy.key, 1)),
        ("the same with what is asked ahead in pauses", both(busy.ours, 1)),
        (f"all of the main thread per key, {MANY} cells, mean", f"{statistics.mean(busy.all):.1f} ms"),
    )
    return "\n".join(["| measured | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def both(values: list[float], digits: int) -> str:
    """The median and what 95 of 100 do not exceed, in milliseconds."""
    middle = statistics.median(values or [float("nan")])
    return f"p50 {middle:.{digits}f} ms, p95 {percentile(values, 0.95):.{digits}f} ms"


def disable(home: Path) -> None:
    """Let JupyterLab leave the plugin out."""
    config = home / "config/labconfig"
    config.mkdir(parents=True)
    config.joinpath("page_config.json").write_text(json.dumps({"disabledExtensions": {PLUGIN: True}}))


def main() -> int:
    """The command line; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m examples.replay", description="Types in JupyterLab, and measures.")
    parser.add_argument("--without", action="store_true", help="with the plugin disabled, for what is the host's alone")
    without = parser.parse_args().without
    path = chromium.find()
    if path is None:
        print("no Chromium here: run `python -m tests.browser.chromium`", file=sys.stderr)
        return 1
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if without:
            disable(home)
        server, playwright = stack.enter_context(serving(home)), stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = NotebookPage(browser.new_page(viewport={"width": 1280, "height": 720}))
        page.page.add_init_script(WATCH % (json.dumps(OURS), SOON_MS, json.dumps(GHOST)))
        for count in (CELLS, MANY):
            notebook(server.root / f"{count}.ipynb", count)
        page.open(f"{server.url}/lab/tree/{CELLS}.ipynb?reset&token={server.token}")
        seen = watched(page)
        page.open(f"{server.url}/lab/tree/{MANY}.ipynb?reset&token={server.token}")
        print(table(seen, *profiled(page, page.page.context.new_cdp_session(page.page))))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
