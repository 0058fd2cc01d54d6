"""Muon for matrices, Adam for the rest: more learnt from each token than Adam alone (Jordan et al. 2024)."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


def orthogonalised(gradient: Tensor, steps: int = 5) -> Tensor:
    """The nearest semi-orthogonal matrix, by a quintic Newton-Schulz iteration, for which bfloat16 is exact enough."""
    x = gradient
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    out: Tensor = x.T if tall else x
    return out


class Muon(torch.optim.Optimizer):
    """Momentum whose update is orthogonalised; for the two-dimensional weights inside the layers."""

    def __init__(
        self, parameters: Iterable[nn.Parameter], lr: float, momentum: float = 0.95, dtype: torch.dtype = torch.float32
    ) -> None:
        """`lr` is the size of an update's singular values; `dtype` what they are computed in."""
        super().__init__(parameters, {"lr": lr, "momentum": momentum})
        self._dtype = dtype

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(parameter)
                momentum = state["momentum"]
                momentum.lerp_(parameter.grad, 1 - group["momentum"])
                ahead = parameter.grad.lerp(momentum, group["momentum"])
                shape = max(1.0, parameter.shape[0] / parameter.shape[1]) ** 0.5
                update = orthogonalised(ahead.to(self._dtype))
                parameter.add_(update, alpha=-group["lr"] * shape)


def optimisers(
    network: nn.Module, muon_rate: float, adam_rate: float, dtype: torch.dtype = torch.float32
) -> list[torch.optim.Optimizer]:
    """One optimiser for the layers' matrices, one for the embedding, norms, biases and adapters."""
    trained = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    matrices = [p for name, p in trained if p.ndim == 2 and "embed" not in name and "lora" not in name]
    others = [p for name, p in trained if p.ndim != 2 or "embed" in name or "lora" in name]
    adam = torch.optim.Adam(others, lr=adam_rate, betas=(0.9, 0.95), eps=1e-10)
    return [Muon(matrices, muon_rate, dtype=dtype), adam] if matrices else [adam]
