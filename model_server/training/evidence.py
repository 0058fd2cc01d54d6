"""Fits what a memory's evidence is worth, on cursors in repositories that its store has not seen.

First the candidates are weighed against each other without the network, on repositories held out of the store in turn;
then the best of them against the network's own line, on documents that the network has not seen either: it is surer of
itself where it was trained. Cursors stand where the hidden-line evaluation puts them; its repositories take no part.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import torch
from torch import Tensor

from model_server import tuning
from model_server.corpus.documents import Document
from model_server.engine import Front, driven, step_one
from model_server.evaluation.cases import MOST_TOKENS, Case
from model_server.evaluation.cursors import cursor
from model_server.evaluation.hidden import complete
from model_server.generation import prompt_ids
from model_server.memory import Memory, Weights
from model_server.recall import EVIDENCE, Candidate, recall
from model_server.rerank import Opinion, best, opinions, promising
from model_server.slots import Slots
from model_server.tokens import Tokens
from model_server.training.memory import build

FOLDS = 4
MOST_OF_A_REPOSITORY = 12
CANDIDATES = 40
STEPS = 300
NETWORK = ("prior", "likelihood", "regret")


def fold(repo: str) -> int:
    """Which part of the corpus a repository belongs to; the same on every machine."""
    return zlib.crc32(repo.encode()) % FOLDS


def notebook_cursors(docs: Sequence[Document], most: int, random: Random) -> list[Case]:
    """Hidden lines of Python notebooks, no repository with many more than another's."""
    notebooks: dict[str, list[Document]] = {}
    for doc in docs:
        if doc.kind == "notebook" and doc.header.language == "python":
            notebooks.setdefault(doc.repo, []).append(doc)
    repos = sorted(notebooks)
    if not repos:
        return []
    shares = [min(len(notebooks[repo]), MOST_OF_A_REPOSITORY) for repo in repos]
    chosen = random.choices(repos, shares, k=most * 8)
    cases = (cursor(random.choice(notebooks[repo]), random) for repo in chosen)
    return [case for case in cases if case][:most]


@dataclass(frozen=True, slots=True)
class Choice:
    """Some things to choose from: their features `[things, features]`, and which is right (-1: none of them)."""

    features: Tensor
    right: int


def listwise(choices: Sequence[Choice], weights: Tensor) -> tuple[Tensor, float]:
    """Weights and the worth of "none of them", by maximum likelihood from where `weights` begins."""
    owner = torch.repeat_interleave(torch.tensor([len(choice.features) for choice in choices]))
    features = torch.cat([choice.features for choice in choices])
    starts = torch.tensor([len(choice.features) for choice in choices]).cumsum(0).roll(1)
    starts[0] = 0
    right = torch.tensor([choice.right for choice in choices])
    some = right >= 0
    w, none = weights.clone().requires_grad_(), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.Adam([w, none], lr=0.05)
    for _ in range(STEPS):
        worth = features @ w
        total = torch.zeros(len(choices)).index_add(0, owner, worth.clamp(-30, 30).exp()) + none.exp()
        loss = total.log().sum() - worth[(starts + right)[some]].sum() - none * (~some).sum()
        loss = loss / len(choices) + 1e-3 * (w * w).sum()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return w.detach(), none.item()


def right_one(candidates: Sequence[Candidate], target: str) -> int:
    """The number of the candidate that is the target, or -1."""
    return next((number for number, candidate in enumerate(candidates) if candidate.text == target), -1)


def fit_evidence(cases: Sequence[tuple[Case, list[Candidate]]]) -> Weights:
    """The worth of each piece of evidence, without the network."""
    choices = [
        Choice(
            torch.tensor([[getattr(one.evidence, name) for name in EVIDENCE] for one in found]),
            right_one(found, case.target),
        )
        for case, found in cases
        if found
    ]
    begin = torch.tensor([getattr(Weights(), name) for name in EVIDENCE])
    worth, _ = listwise(choices, begin)
    return replace(Weights(), **{name: round(float(w), 3) for name, w in zip(EVIDENCE, worth, strict=True)})


@dataclass(frozen=True, slots=True)
class Judged:
    """The best candidates with the network's opinion of each, the network's own line, and the truth."""

    found: list[Opinion]
    written: str
    target: str


def fit_network(judged: Sequence[Judged], weights: Weights) -> Weights:
    """How much the network's opinion counts, and how good a candidate must be to stand before its own line."""
    choices = [
        Choice(
            torch.tensor([[one.candidate.prior, one.score.likelihood, one.score.regret] for one in case.found]),
            right_one([one.candidate for one in case.found], case.target),
        )
        for case in judged
        if case.found
    ]
    worth, _ = listwise(choices, torch.tensor([1.0, 0.1, 0.1]))
    weights = replace(weights, **{name: round(float(w), 4) for name, w in zip(NETWORK, worth, strict=True)}, bias=0.0)
    return replace(weights, bias=bar(judged, weights))


def bar(judged: Sequence[Judged], weights: Weights) -> float:
    """The bias with the most exact matches: of each best candidate, whether it gains a match or loses one."""
    gains = []
    for case in judged:
        if case.found:
            first = max(case.found, key=lambda one: one.worth(weights))
            gain = (first.candidate.text == case.target) - (case.written == case.target)
            gains.append((first.worth(weights), gain))
    gains.sort(reverse=True)
    total, most, level = 0, 0, float("inf")
    for worth, gain in gains:
        total += gain
        if total >= most:
            most, level = total, worth
    return round(-level, 4) if level != float("inf") else -1e9


def fit(docs: Sequence[Document], unseen: Sequence[Document], directory: Path, most: int) -> Weights:
    """The weights for a checkpoint directory: the evidence's by cross-fitting over the corpus' repositories, those of
    the network's opinion on documents that it has not seen (where there are none, they stay as they are)."""
    cases: list[tuple[Case, Memory]] = []
    for part in range(FOLDS):
        store = build(doc for doc in docs if fold(doc.repo) != part)
        held_out = [doc for doc in docs if fold(doc.repo) == part]
        cases += [(case, store) for case in notebook_cursors(held_out, most // FOLDS, Random(part))]
    weights = fit_evidence([(case, recall(case.parts, store, CANDIDATES)) for case, store in cases])
    judged = judge(notebook_cursors(unseen, most, Random(0)), directory, build(docs, weights))
    if not judged:
        print("no unseen notebooks: the network's opinion keeps its usual weight", file=sys.stderr)
        return weights
    weights = fit_network(judged, weights)
    report(judged, weights)
    return weights


def judge(cases: Sequence[Case], directory: Path, memory: Memory) -> list[Judged]:
    """The network's opinion of what the memory has, and its own line, at each cursor."""
    tokens = Tokens.load(directory)
    slots = Slots(tuning.load(directory, lambda share: None), 1)
    judged = []
    for number, case in enumerate(cases, 1):
        judged.append(Judged(asked(case, tokens, slots, memory), complete(case, tokens, slots), case.target))
        if number % 100 == 0:
            print(f"{number}/{len(cases)} cursors", file=sys.stderr, flush=True)
    return judged


def asked(case: Case, tokens: Tokens, slots: Slots, memory: Memory) -> list[Opinion]:
    """The network's opinions at a cursor."""
    prompt = prompt_ids(case.request, tokens, slots.engine.context)
    kept = slots.take("evaluation", prompt)
    front = Front(kept.slot, step_one(slots.engine, kept.slot, prompt[len(kept.slot.ids) :]))
    room = slots.engine.context - len(prompt)
    found = driven(opinions(promising(case.parts, tokens, memory, room, MOST_TOKENS), front, tokens), slots.engine)
    slots.release(kept)
    return found


def report(judged: Sequence[Judged], weights: Weights) -> None:
    """Say what the fit gave, on its own cases."""
    alone = both = 0
    for case in judged:
        remembered = best(case.found, weights)
        alone += case.written == case.target
        both += (remembered.candidate.text if remembered else case.written) == case.target
    print(
        f"exact match on {len(judged)} unseen cursors: {alone / len(judged):.1%} by the network alone, "
        f"{both / len(judged):.1%} with the memory"
    )
