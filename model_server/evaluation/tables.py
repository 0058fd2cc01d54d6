"""What an evaluation found, as Markdown tables with the models side by side. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from model_server.evaluation.results import Evaluation, Groups, Result
from model_server.evaluation.scores import Estimate, Figures

Row = tuple[str, ...]


def as_markdown(found: Evaluation) -> str:
    """All tables, with the models side by side, and a line for each trouble."""
    tables = [
        grid(hidden_rows(found)),
        grid(infilling_rows(found.results)),
        f"Programs ran {found.sandbox}." if found.sandbox else "",
        grid(latency_rows(found.results)),
        *(f"`{result.model}`: {result.trouble}." for result in found.results if result.trouble),
    ]
    return "\n\n".join(table for table in tables if table) + "\n"


def grid(rows: Sequence[Row]) -> str:
    """A Markdown table, its first row being the header; nothing where that is all."""
    if len(rows) < 2:
        return ""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def hidden_rows(found: Evaluation) -> list[Row]:
    """A row for each group of hidden lines, with the copying baseline."""
    rows = rows_of(
        "hidden lines",
        [(result.model, result.figures) for result in found.results],
        (("exact match (95 %)", matched), ("BLEU (95 %)", bleu), ("edit similarity", similar)),
    )
    copying = ["copying alone", *(matched(found.copying[row[0]]) for row in rows[1:])]
    return [(*row[:2], beside, *row[2:]) for row, beside in zip(rows, copying, strict=True)]


def infilling_rows(results: Sequence[Result]) -> list[Row]:
    """A row for each kind of HumanEval's gaps."""
    return rows_of(
        "HumanEval infilling",
        [(result.model, result.infilling) for result in results],
        (
            ("pass@1 (95 %)", passed),
            ("exact match (95 %)", matched),
            ("BLEU (95 %)", bleu),
            ("edit similarity", similar),
        ),
    )


def rows_of(
    title: str, models: Sequence[tuple[str, Groups]], columns: Sequence[tuple[str, Callable[[Figures], str]]]
) -> list[Row]:
    """The header and a row for each group: its size, and the columns of each model."""
    header = [title, "n", *(f"{model}: {name}" for model, _ in models for name, _ in columns)]
    sizes = {group: figures.n for _, groups in models for group, figures in groups.items()}
    rows = [
        (group, str(sizes[group]), *(shown(groups, group, show) for _, groups in models for _, show in columns))
        for group in sorted(sizes)
    ]
    return [tuple(header), *rows]


def shown(groups: Groups, group: str, show: Callable[[Figures], str]) -> str:
    """A cell; a dash where a model has no such group."""
    return show(groups[group]) if group in groups else "–"


def latency_rows(results: Sequence[Result]) -> list[Row]:
    """Times and failures of the hidden lines' answers, a model a row."""
    header = ("model", "first text, ms: p50", "p95", "whole answer, ms: p50", "p95", "without an answer")
    rows = []
    for result in results:
        times = [f"{one:.1f}" for spread in result.latency.values() for one in (spread.p50, spread.p95)]
        rows.append((result.model, *(times or ["–"] * 4), str(result.failed)))
    return [header, *rows]


def matched(figures: Figures) -> str:
    """Exact match, with its interval."""
    return percent(figures.exact_match)


def passed(figures: Figures) -> str:
    """Programs that passed, with the interval."""
    return percent(figures.pass_at_1) if figures.pass_at_1 else "–"


def bleu(figures: Figures) -> str:
    """BLEU, with its interval."""
    return f"{figures.bleu.value:.1f} ({figures.bleu.low:.1f} - {figures.bleu.high:.1f})"


def similar(figures: Figures) -> str:
    """Edit similarity."""
    return f"{figures.edit_similarity.value:.1%}"


def percent(one: Estimate) -> str:
    """A share with its interval."""
    return f"{one.value:.1%} ({one.low:.1%} - {one.high:.1%})"
