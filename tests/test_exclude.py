"""What is excluded is not sent: the rules, and the bytes that a worker gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_codecompose.exclude import PATHS, Paths, switched_off, tagged
from jupyter_codecompose.kernel import Known
from jupyter_codecompose.service import Service
from jupyter_codecompose.settings import Settings, WrongSetting
from jupyter_codecompose.wire import Cell, End, Snapshot
from jupyter_codecompose.worker import Worker
from tests.conftest import LOG, until
from tests.fakes import FakeWorker

EXCLUSION = json.loads((Path(__file__).parent / "contract/exclusion.json").read_text("utf-8"))
HIDDEN = Cell(kind="code", source="hidden = 1", outputs="hidden output", count=1, excluded=True)


def snapshot(*cells: Cell, active: int, path: str = "n.ipynb") -> Snapshot:
    return Snapshot(
        editor="e", path=path, language="python", cells=cells, active=active, cursor=len(cells[active].source)
    )


@pytest.mark.parametrize("case", EXCLUSION["cells"], ids=str)
def test_a_cell_says_whether_it_is_excluded(case: dict[str, Any]) -> None:
    assert tagged(case["metadata"]) is case["excluded"]


@pytest.mark.parametrize("case", EXCLUSION["notebooks"], ids=str)
def test_a_notebook_says_whether_it_is_excluded(case: dict[str, Any]) -> None:
    assert switched_off(case["metadata"]) is case["excluded"]


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "work/.env.local",
        "secrets/n.ipynb",
        "a/b/Secrets/c/n.ipynb",
        "/secrets/n.ipynb",
        "a\\secrets\\n.ipynb",
        "RTC:secrets/n.ipynb",
        "a/../secrets/n.ipynb",
        "./.env",
        "a/.env:prod",
    ],
)
def test_paths_that_are_excluded_from_the_start(path: str) -> None:
    assert Paths().cover(path)


@pytest.mark.parametrize("path", ["", "n.ipynb", "secrets.ipynb", "environment.py", "my.env.py", "a/mysecrets/n.ipynb"])
def test_paths_that_are_not(path: str) -> None:
    assert not Paths().cover(path)


@pytest.mark.parametrize(
    ("glob", "inside", "outside"),
    [
        ("*.pem", "a/b/key.pem", "a/key.pem/x"),
        ("clients/**", "clients/a/b.py", "a/clients/b.py"),
        ("clients/*/n?.ipynb", "clients/ann/n1.ipynb", "clients/ann/b/n1.ipynb"),
        ("a.b+c", "x/a.b+c", "x/a_b+c"),
        ("**", "anything/at/all", "\n"),
        ("/data/**", "data/x.ipynb", "a/data/x.ipynb"),
        ("./private/**", "private/x.ipynb", "a/private/x.ipynb"),
        ("/private", "private/x.ipynb", "a/private/x.ipynb"),
        ("private/", "a/private/b/x.ipynb", "private"),
        ("private", "private/x.ipynb", "private.ipynb"),
        ("clients/ann", "clients/ann/x.ipynb", "clients/anna/x.ipynb"),
        ("n*/", "a/notes/x.ipynb", "notes"),
        ("C:\\clients\\**", "C:\\clients\\x.ipynb", "clients"),
    ],
)
def test_globs(glob: str, inside: str, outside: str) -> None:
    assert Paths([glob]).cover(inside)
    assert Paths([glob]).cover(outside) is (glob == "**")
    assert not Paths([]).cover(inside)


@pytest.mark.parametrize("glob", ["/home/me/private/**", "/home/me/private", "**/private/**", "private/", "**/me/**"])
def test_a_glob_may_name_the_whole_path_of_a_file(glob: str) -> None:
    assert Paths([glob], "/home/me/private").cover("a.ipynb")
    assert Paths([glob], "/home/me").cover("private/a.ipynb")
    assert Paths([glob]).cover("/home/me/private/a.ipynb")
    assert not Paths([glob], "/home/you").cover("a.ipynb")


@pytest.mark.parametrize(
    "glob", ["", "a\nb", "x" * 201, "{a,b}/**", "*.[ct]sv", "~/private/**", "!*.py", "../a/**", "a/.."]
)
def test_a_wrong_glob_stops_the_start(glob: str) -> None:
    with pytest.raises(WrongSetting, match="exclude_paths"):
        Settings(exclude_paths=(*PATHS, glob))


async def test_an_excluded_cell_is_not_sent(worker: FakeWorker) -> None:
    settings = Settings(worker_url=worker.url)
    ours = Service(settings, Worker(settings, LOG), Known(), LOG)
    asked = snapshot(HIDDEN, Cell(kind="code", source="a = 1"), HIDDEN, Cell(kind="code", source="x = "), active=3)
    assert [event async for event in ours.complete(asked)]
    ours.warm(asked)
    await until(lambda: len(worker.bodies) == 2)
    assert all(b"a = 1" in body and b"x = " in body and b"hidden" not in body for body in worker.bodies)
    await ours.close()


@pytest.mark.parametrize(
    "asked",
    [
        snapshot(Cell(kind="code", source="a = 1"), HIDDEN, active=1),
        snapshot(Cell(kind="code", source="x = "), active=0, path="secrets/n.ipynb"),
    ],
    ids=["cell", "path"],
)
async def test_where_nothing_may_be_sent_nothing_is(worker: FakeWorker, asked: Snapshot) -> None:
    settings = Settings(worker_url=worker.url)
    ours = Service(settings, Worker(settings, LOG), Known(), LOG)
    (end,) = [event async for event in ours.complete(asked)]
    assert isinstance(end, End)
    assert end.reason == "silent"
    ours.warm(asked)
    await until(lambda: ours.status().state == "ready")
    assert worker.bodies == []
    assert ours.sent("e").body == ""
    await ours.close()


async def test_a_server_in_a_folder_that_is_excluded_sends_nothing(
    jp_configurable_serverapp: Any, worker: FakeWorker, tmp_path: Path
) -> None:
    (tmp_path / "secrets").mkdir()
    app = jp_configurable_serverapp(
        root_dir=str(tmp_path / "secrets"),
        config={
            "ServerApp": {"jpserver_extensions": {"jupyter_codecompose": True}},
            "CodeCompose": {"worker_url": worker.url},
        },
    )
    service = app.extension_manager.extension_points["codecompose"].app.service
    (end,) = [event async for event in service.complete(snapshot(Cell(kind="code", source="x = "), active=0))]
    assert end.reason == "silent"
    await service.close()
