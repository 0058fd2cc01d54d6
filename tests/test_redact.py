"""Secrets masked, looked for in the very bytes that a worker gets."""

from __future__ import annotations

import ast
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_codecompose import redact
from jupyter_codecompose.facts import Namespace, Variable
from jupyter_codecompose.kernel import Known
from jupyter_codecompose.redact import LONG_MASK, MASKS, mask, masked
from jupyter_codecompose.service import Service
from jupyter_codecompose.settings import Settings
from jupyter_codecompose.wire import Cell, End, Snapshot
from jupyter_codecompose.worker import Worker
from model_server.wire import Cell as ModelCell
from model_server.wire import CompletionRequest, Fact, Header, Parts
from tests.conftest import LOG, until
from tests.fakes import FakeWorker
from tests.planted import FAMILIES, planted

PASSWORD = "hunt" + "3r2abc"


def snapshot(*cells: Cell, left: str = "x = ", right: str = "", **more: object) -> Snapshot:
    here = Cell(kind="code", source=left + right)
    fields: dict[str, object] = {"editor": "e", "path": "n.ipynb", "language": "python", "kernel": "k"} | more
    return Snapshot(cells=(*cells, here), active=len(cells), cursor=len(left), **fields)  # type: ignore[arg-type]


def service(worker: FakeWorker, known: Namespace | None = None) -> Service:
    settings = Settings(worker_url=worker.url)
    return Service(settings, Worker(settings, LOG), Known(known or Namespace()), LOG)


async def ask(ours: Service, asked: Snapshot) -> End:
    *_, last = [event async for event in ours.complete(asked)]
    assert isinstance(last, End)
    return last


@pytest.mark.parametrize("family", FAMILIES)
async def test_no_secret_reaches_a_worker(worker: FakeWorker, family: str) -> None:
    random = Random(family)
    cases = [planted(family, random) for _ in range(4)]
    code, prose, output, right = cases
    ours = service(worker)
    cells = (
        Cell(kind="code", source=code.text, count=1),
        Cell(kind="markdown", source=prose.text),
        Cell(kind="code", source="show()", outputs=output.text, count=2),
    )
    assert (await ask(ours, snapshot(*cells, right=f"\n{right.text}"))).reason == "stop"
    text = worker.told()
    assert "x = " in text
    assert [piece for case in cases for piece in case.telling if piece in text] == []
    await ours.close()


async def test_nor_does_one_that_a_kernel_a_path_or_a_warming_tells(worker: FakeWorker) -> None:
    case = planted("github", Random(1))
    fact = Variable(name="bots", type="dict", members=("good", case.secret), signature=f'(password="{PASSWORD}")')
    ours = service(worker, Namespace((fact,)))
    await ask(ours, snapshot(left='bots["', path=f"{case.secret}/n.ipynb"))
    ours.warm(snapshot(Cell(kind="code", source=case.text)))
    await until(lambda: len(worker.bodies) == 2)
    text = worker.told()
    assert "good" in text
    assert case.secret not in text
    assert PASSWORD not in text
    await ours.close()


async def test_a_secret_that_is_typed_is_told_nobody(worker: FakeWorker) -> None:
    ours = service(worker)
    typed = f'password = "{PASSWORD}"'
    at = typed.index('"') + 1
    for end in range(at + 1, len(typed)):
        for right in ("", '"', '"\nmore = 1'):
            assert (await ask(ours, snapshot(left=typed[:end], right=right))).reason == "silent"
    assert worker.bodies == []
    for left in (typed, f"{typed}\n", f"{typed}\ny = "):
        await ask(ours, snapshot(left=left, trigger="invoke"))
    before = [request.parts.before[-1].text for request in worker.requests if request.parts]
    assert before == ['password = "xxxxxxxx"', 'password = "xxxxxxxx"\n', 'password = "xxxxxxxx"\ny = ']
    await ours.close()


async def test_what_was_masked_is_counted_for_the_person(worker: FakeWorker) -> None:
    ours = service(worker)
    cells = [Cell(kind="code", source=planted(family, Random(3)).text) for family in ("github", "github", "jwt")]
    await ask(ours, snapshot(*cells))
    sent = ours.sent("e")
    assert sent.body.encode() == worker.bodies[0]
    assert sent.masked == {"github": 2, "jwt": 1}
    assert ours.sent("another").body == ""
    await ours.close()
    assert ours.sent("e").body == ""


def test_the_cursor_stays_where_it_was() -> None:
    source = f'key = "{PASSWORD}"  # password = "{PASSWORD}"\nprint(|)\nsecret = "{PASSWORD}"'
    left, right = source.split("|")
    page = redact.page(snapshot(left=left, right=right))
    assert page
    clean = page.snapshot.cells[0].source
    assert clean[: page.snapshot.cursor].endswith("\nprint(")
    assert clean[page.snapshot.cursor :] == ')\nsecret = "xxxxxxxx"'


@pytest.mark.parametrize(
    ("place", "silent"),
    [
        (f'password = "{PASSWORD}|"', True),
        (f'password = "|{PASSWORD}"', True),
        (f'password = |"{PASSWORD}"', False),
        (f'password = "{PASSWORD}"|', False),
        (f"%env API_TOKEN={PASSWORD}|", True),
        (f"%env API_TOKEN={PASSWORD}\n|", False),
        ("login(password=|)", False),
    ],
)
def test_a_cursor_in_a_secret_asks_nothing(place: str, silent: bool) -> None:
    left, right = place.split("|")
    assert (redact.page(snapshot(left=left, right=right)) is None) == silent


@pytest.mark.parametrize(
    "code",
    [
        "password = '{}'",
        'connect(user="ann", password="{}", port=3)',
        'config = {{"api_key": "{}", "more": [1, 2]}}',
        'os.environ["TOKEN"] = f"{}"',
        'url = "postgresql://ann:{}@db/x"',
        "def login(password: str = '{}') -> None: ...",
        "secret = b'{}'",
        'token = """{}"""',
        "requests.get(url, auth=('ann', '{}'))",
    ],
)
def test_code_is_parsed_as_before(code: str) -> None:
    before, after = (ast.dump(ast.parse(text)) for text in (code.format(PASSWORD), masked(code.format(PASSWORD)).text))
    assert after == before.replace(PASSWORD, "xxxxxxxx")
    assert after != before


@pytest.mark.parametrize("newline", ["\n", "\\n"])
def test_a_private_key_keeps_its_first_and_last_line(newline: str) -> None:
    begin, end = f"-----{'BEGIN'} EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----"
    text = f'key = """{begin}{newline}{newline.join(["q7hs9Kzp" * 8] * 9)}{newline}{end}"""\n'
    assert masked(text).text == f'key = """{begin}{newline}{LONG_MASK}{newline}{end}"""\n'


def test_a_mask_tells_the_issuer_and_a_length_class() -> None:
    token = "gh" + "p_" + "q7hs9Kzp3LmX" * 3
    assert mask(token, "github") == f"ghp_{MASKS[64]}"
    assert mask("q7hs9Kzp", "assignment") == mask("q7hs9Kzp3LmX", "assignment") == MASKS[16]
    assert mask("q7hs9Kzp" * 9, "assignment") == LONG_MASK


@given(st.lists(st.sampled_from(FAMILIES), max_size=4), st.integers(), st.sampled_from(["\n", " ", "", '"', "="]))
def test_a_masked_text_has_nothing_to_mask(families: list[str], seed: int, between: str) -> None:
    random = Random(seed)
    once = masked(between.join(planted(family, random).text for family in families))
    again = masked(once.text)
    assert again.text == once.text


@given(st.text(max_size=80))
def test_a_text_without_secrets_is_the_very_same(text: str) -> None:
    found = masked(text)
    assert found.families or found.text == text


def test_what_may_follow_is_no_secret() -> None:
    token = planted("github", Random(2)).secret
    asked = CompletionRequest(allowed=('good"]', f'{token}"]'))
    assert redact.request(asked).allowed == ('good"]',)


@pytest.mark.parametrize("typed", ["users[", 'users["', 'users["g', 'x = f(users["ghp_'])
def test_nor_is_what_is_left_of_one_once_it_is_typed_into(typed: str) -> None:
    token = planted("github", Random(2)).secret
    rest = f'"{token}"]'[len(typed.rpartition("[")[2]) :]
    ways = (rest, f"{rest}\n", 'ood"]')
    parts = Parts(Header("python"), (), (ModelCell(kind="code", text=f"x = 1\n{typed}"),))
    assert redact.request(CompletionRequest(parts=parts, allowed=ways)).allowed == ('ood"]',)


async def test_a_secret_that_is_a_key_is_told_nobody_while_it_is_typed(worker: FakeWorker) -> None:
    token = planted("github", Random(2)).secret
    users = Variable(name="users", type="dict", members=(token, "guest"))
    ours = service(worker, Namespace((users,)))
    for end in range(len(token)):
        await ask(ours, snapshot(left=f'x = users["{token[:end]}'))
        assert token[end:] not in worker.told()
    assert {*worker.requests[1].allowed} == {'uest"]', 'uest"]\n'}
    await ours.close()


def test_a_request_without_secrets_is_the_very_same() -> None:
    parts = Parts(Header("python"), (Fact(name="df", members=("token", "password")),))
    asked = CompletionRequest(parts=parts, allowed=('token"]',))
    assert redact.request(asked) is asked
    assert redact.request(CompletionRequest(prompt="x")).prompt == "x"
