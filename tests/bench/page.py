"""`docs/benchmarks.md` and its picture, written by the run itself."""

from __future__ import annotations

import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.bench.figures import Figures, machine
from tests.bench.plan import Plan

DOCS = Path(__file__).parents[2] / "docs"
PAGE, PICTURE = "benchmarks.md", "latency.png"
PACKAGES = ("torch", "transformers", "ctranslate2", "onnxruntime", "llama-cpp-python")


def versions() -> str:
    """What is compared, in a line."""
    named = [f"{package} {version(package)}" for package in PACKAGES if installed(package)]
    return ", ".join([f"Python {platform.python_version()}", *named])


def installed(package: str) -> bool:
    """Whether a package is here."""
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def text(sections: list[str], missing: dict[str, str], model: str) -> str:
    """The page."""
    opening = (
        "# Benchmarks\n\n"
        f"Written by `make bench ARGS=--write` on {date.today().isoformat()}, in one run: {machine()}; {versions()}; "
        f"{model}. Compare the ratios, not the milliseconds, across machines: those that are compared took turns in "
        "every round."
    )
    left_out = [f"Not measured: {name} ({why})." for name, why in missing.items()]
    picture = f"![Warm and cold suggestions of each engine]({PICTURE})"
    return "\n\n".join([opening, *left_out, picture, *sections]) + "\n"


def write(figures: Figures, plan: Plan, sections: list[str], missing: dict[str, str]) -> None:
    """Write the page and its picture into the documentation."""
    from tests.bench.plot import plot

    plot(figures, plan, DOCS / PICTURE)
    (DOCS / PAGE).write_text(text(sections, missing, described(plan)), "utf-8")


def described(plan: Plan) -> str:
    """The model in a few words."""
    from model_server.weights import read_config
    from tests.bench.limits import weights_of

    config = read_config(plan.model)
    count = weights_of(config) + config.vocab_size * config.d_model
    return f"the {plan.model.name} model, {count / 1e6:.1f} million weights"
