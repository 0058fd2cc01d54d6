"""Low-rank adapters (LoRA) through `peft`: for bases too large to train whole, a few thousandths of the weights."""

from __future__ import annotations

import copy
from typing import cast

from torch import nn

from model_server.training.model import Network

LAYERS = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]


def adapted(network: Network, rank: int) -> Network:
    """The network with adapters of a rank in all its layers, everything else frozen; as it is for rank 0."""
    if not rank:
        return network
    from peft import LoraConfig, inject_adapter_in_model

    config = LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules=LAYERS)
    return cast(Network, inject_adapter_in_model(config, network))


def merged(network: Network) -> Network:
    """The network with its adapters, if any, added into its weights; the given one stays as it is."""
    from peft.tuners.lora import LoraLayer

    if not any(isinstance(module, LoraLayer) for module in network.modules()):
        return network
    whole = copy.deepcopy(network)
    for parent in list(whole.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, LoraLayer):
                child.merge()
                setattr(parent, name, cast(nn.Module, child.get_base_layer()))
    return whole
