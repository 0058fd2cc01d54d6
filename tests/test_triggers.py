from __future__ import annotations

from collections.abc import Sequence

import pytest

from jupyter_codecompose.notebook import Notebook, Part
from jupyter_codecompose.triggers import Intent, intent, lead
from model_server.wire import Cell

SILENT, LINE, BLOCK, BELOW = Intent.SILENT, Intent.LINE, Intent.BLOCK, Intent.BELOW


def at(text: str, *, prose: bool = False, above: Sequence[str] = (), language: str = "python") -> Notebook:
    """A cell's text with `¦` for the cursor."""
    left, right = text.split("¦")
    parts = tuple(Part(Cell(kind="code", text=text)) for text in above)
    return Notebook(language=language, above=parts, left=left, right=right, below=(), prose=prose)


@pytest.mark.parametrize(
    ("text", "automatic", "invoked"),
    [
        ("foo(¦)", LINE, LINE),
        ("foo('¦')", LINE, LINE),
        ("if x¦:", LINE, LINE),
        ("x = [a, ¦],", LINE, LINE),
        ("x = 1¦", LINE, BLOCK),
        ("df.¦", LINE, BLOCK),
        ("%timeit ¦", LINE, BLOCK),
        ("x = ¦  # the first", LINE, LINE),
        ("pri¦nt", SILENT, SILENT),
        ("¦x = 1", SILENT, SILENT),
        ("foo(¦, b)", SILENT, LINE),
        ("x = ¦ + 1", SILENT, LINE),
        ("x = 1\n¦", LINE, BLOCK),
        ("x = 1\n¦\ny = 2", LINE, BLOCK),
        ("¦", SILENT, BLOCK),
        ("  \n¦", SILENT, BLOCK),
    ],
)
def test_a_line_where_nothing_stands_to_the_right(text: str, automatic: Intent, invoked: Intent) -> None:
    assert intent(at(text), invoked=False) is automatic
    assert intent(at(text), invoked=True) is invoked


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("def f(x):¦", BLOCK),
        ("for x in y: ¦", BLOCK),
        ("def f(\n    x,\n):¦", BLOCK),
        ("if x:  # or not\n    ¦", BLOCK),
        ("def f(x):\n    ¦", BLOCK),
        ("def f(x):\n    # then\n    ¦", BLOCK),
        ("def f(x):\n    y = 1\n    ¦\n", BLOCK),
        ("def f(x):\n    y = 1\n    z = ¦", BLOCK),
        ("def f(x):\n    y = 1\n    ¦\n\nf(2)", BLOCK),
        ("def f(x):\n    if x:\n        y = 1¦\n    return y", BLOCK),
        ("def f(x):\n    y = ¦\n    return y", LINE),
        ("def f(x):\n    ¦\n    return y", BLOCK),
        ("def f(x):\n    y = g(¦)", LINE),
        ("def f(x):\n    y = g(\n        ¦\n    )", LINE),
        ("x = {\n    'a':¦", LINE),
        ("x = {'a': 1,\n     ¦", LINE),
        ("x: ¦", LINE),
        ("y = x[1:¦", LINE),
        ("def f(x):\n    y = 1\n¦", LINE),
    ],
)
def test_a_block_only_where_a_scope_opens_or_ends(text: str, wanted: Intent) -> None:
    assert intent(at(text), invoked=False) is wanted


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("javascript", "function f() {¦", BLOCK),
        ("javascript", "function f() {\n  a()\n  ¦\n}", BLOCK),
        ("javascript", "function f() {\n  ¦\n  a()\n}", BLOCK),
        ("javascript", "function f() {\n  b()\n  ¦\n  a()\n}", LINE),
        ("javascript", "f()\n¦", LINE),
        ("typescript", "// add two numbers¦", BELOW),
        ("R", "f <- function(x) {¦", BLOCK),
        ("R", "x <- ¦", LINE),
        ("julia", "function f(x)¦", BLOCK),
        ("julia", "for x in y\n    ¦\nend", BLOCK),
        ("julia", "for x in y\n    a\n    ¦\n    b\nend", LINE),
        ("julia", "f(x) = x'¦", LINE),
        ("julia", "map(y) do x¦", BLOCK),
        ("sql", "SELECT * FROM ¦", LINE),
        ("sql", "-- the best of all¦", BELOW),
        ("cobol", "IF A > B THEN:\n    ¦", LINE),
    ],
)
def test_every_kind_of_language_has_its_scopes_and_an_unknown_one_has_lines(
    language: str, text: str, wanted: Intent
) -> None:
    assert intent(at(text, language=language), invoked=False) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("# plot the sales¦", BELOW),
        ("x = 1\n# Plot the sales, by region.¦\n", BELOW),
        ("def f(x):\n    # add one to it¦", BELOW),
        ("# plot the sales¦\ndf.plot()", SILENT),
        ("# plot¦", SILENT),
        ("# 读取数据文件¦", BELOW),
        ("# 读取数据，然后画图。¦", BELOW),
        ("# 用 pandas 读取¦", BELOW),
        ("# データを読み込む¦", BELOW),
        ("# อ่านข้อมูลจากไฟล์¦", BELOW),
        ("# 画图¦", SILENT),
        ("# डेटा पढ़ें अभी।¦", BELOW),
        ("# फ़ाइल¦", SILENT),
        ("# اقرأ البيانات¦", BELOW),
        ("# داده‌ها را بخوان¦", BELOW),
        ("# 데이터를 읽는다¦", BELOW),
        ("# cafe\u0301 du matin¦", BELOW),
        ("# 读取(x)=数据¦", SILENT),
        ("# x = f(a)¦", SILENT),
        ("# type: ignore¦", SILENT),
        ("x = 1  # the first one¦", SILENT),
        ("# plot ¦ sales", SILENT),
        ("# plot the sales\n¦", BLOCK),
        ("# plot the sales\n¦\ndf.plot()", LINE),
        ("# plot the sales\n¦\n\nx = 1", BLOCK),
    ],
)
def test_a_comment_in_plain_words_gets_code_below_it(text: str, wanted: Intent) -> None:
    assert intent(at(text), invoked=False) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('df["¦"]', LINE),
        ('df["unit pr¦"]', LINE),
        ('df[["a", "unit pr¦', LINE),
        ('f"the {df.¦}"', LINE),
        ('f"the {{df¦', SILENT),
        ('f"the {x} and ¦', SILENT),
        ('"the {df.¦', SILENT),
        ('open("data/¦")', LINE),
        ('print("Hello wor¦")', SILENT),
        ('"""¦', LINE),
        ('"""Adds two¦', SILENT),
        ('pd.read_sql("""\n  SELECT a\n  FROM ¦', LINE),
        ('pd.read_sql("SELECT a, ¦', LINE),
        ('pd.read_sql("select a from ¦', LINE),
        ('pd.read_sql("with x as (select a from b) ¦', LINE),
        ('run("insert into t ¦', LINE),
        ('run("update t set a = ¦', LINE),
        ('run("create or replace table t as ¦', LINE),
        ('run("delete from t where ¦', LINE),
        ('"""Create a new ¦', SILENT),
        ('"""Create a table of ¦', SILENT),
        ('print("Update the ¦', SILENT),
        ('print("Select one of ¦', SILENT),
        ('plt.title("With ¦', SILENT),
        ('labels = ["This is a long ¦', SILENT),
        ('return ["This is a long ¦', SILENT),
        ('f(["This is a long ¦', SILENT),
        ('f(x)["unit pr¦', LINE),
        ('x[0]["unit pr¦', LINE),
        ('df.loc[df.a > 1, ["a", "unit pr¦', LINE),
        ('df[f(["This is a long ¦', SILENT),
        ('x = [1, 2]\ndf["unit pr¦', LINE),
    ],
)
def test_a_string_gets_keys_names_and_queries_but_no_prose(text: str, wanted: Intent) -> None:
    assert intent(at(text), invoked=False) is wanted
    assert intent(at(text), invoked=True) is not SILENT


METHOD = """    def step(self, x):
        \'\'\'Takes a step.

        It gives x.
        \'\'\'
        return x

"""


@pytest.mark.parametrize("characters", range(0, 120, 20))
def test_docstrings_far_above_leave_a_long_cell_as_it_is(characters: int) -> None:
    long = "# " + "-" * characters + "\nclass Model:\n" + METHOD * 100
    assert intent(at(long + "    def last(self):\n        loss = ¦"), invoked=False) is BLOCK
    assert intent(at(long + "loss = ¦"), invoked=False) is LINE
    assert intent(at(long + 'x = """Some words ¦'), invoked=False) is SILENT


def test_an_empty_cell_below_others_is_worth_a_line() -> None:
    assert intent(at("¦", above=("x = 1",)), invoked=False) is LINE


def test_prose_is_left_alone_until_asked() -> None:
    assert intent(at("Some words¦", prose=True), invoked=False) is SILENT
    assert intent(at("Some words¦", prose=True), invoked=True) is BLOCK


def test_what_begins_below_is_indented_like_its_comment() -> None:
    assert lead("def f(x):\n    # add one") == "\n    "
    assert lead("# plot the sales") == "\n"
