"""A namespace as a kernel might tell it, for tests of what follows from one."""

from __future__ import annotations

from jupyter_codecompose.facts import Kind, Namespace, Variable
from jupyter_codecompose.names import names
from jupyter_codecompose.notebook import Notebook, Part
from model_server.wire import Cell

COLUMNS = ("date", "temp_max", "temp_min", "wind")
NAMESPACE = Namespace(
    (
        Variable("weather", "DataFrame", "pandas", "pandas.DataFrame", COLUMNS, dotted=True),
        Variable("wide", "DataFrame", "pandas", "pandas.DataFrame", ("a",), complete=False, dotted=True, open=True),
        Variable(
            "odd", "DataFrame", "pandas", "pandas.DataFrame", ("it's", "naïve 🚀", "plain", "x" * 400), dotted=True
        ),
        Variable("np", "module", "numpy", "numpy"),
        Variable("top", "function", "__main__", "function", parameters=("frame", "by", "count")),
        Variable("paths", "dict", "builtins", "dict", ("train", "valid")),
        Variable("model", "Model", "lab", "lab.Model", own=("alpha",)),
        Variable("proxy", "Proxy", "lab", "lab.Proxy", open=True),
        Variable("n", "int", "builtins", "int"),
    ),
    (
        Kind("pandas.DataFrame", ("columns", "drop", "groupby", "head", "loc", "mean"), False, {"head": ("n",)}),
        Kind("numpy", ("linspace", "log", "random"), False, {}, {"random": "numpy.random"}),
        Kind("numpy.random", ("normal", "seed"), False),
        Kind("lab.Model", ("fit", "predict"), False, {"fit": ("x", "y")}),
        Kind("lab.Proxy", (), True),
        Kind("builtins", ("len", "open", "print", "range", "sum"), False),
    ),
    complete=True,
)


def notebook(left: str, right: str = "", *above: Part, below: tuple[Part, ...] = ()) -> Notebook:
    """A notebook with a cursor."""
    return Notebook("python", above, left, right, below, False)


def cell(text: str, *, stale: bool = False) -> Part:
    """A cell of it."""
    return Part(Cell("code", text), names(text), 0 if stale else 1, stale)
