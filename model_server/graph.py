"""XGLM drawn as an ONNX graph for a processor: int8 weights, and attention that reads and writes the slots' own memory.

One graph reads for some number of spans, each with keys and values of its own; their rows stand behind each other, so
that the weights are multiplied once with all. The operators beyond ONNX are ONNX Runtime's (`DynamicQuantizeMatMul`,
`GroupQueryAttention`; see its `ContribOperators.md`). It does not know who runs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper
from torch import Tensor

from model_server.weights import XGLMConfig, sinusoids

OPSET, CONTRIBUTED, IR = 20, "com.microsoft", 10
KINDS = ("keys", "values")
Weights = dict[str, Tensor]


@dataclass
class Drawing:
    """A graph under construction. Each method adds a node and gives its output's name."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)

    def constant(self, name: str, values: Tensor) -> str:
        """Numbers that stay."""
        self.constants.append(numpy_helper.from_array(values.contiguous().numpy(), name))
        return name

    def add(self, kind: str, inputs: Sequence[str], *outs: str, domain: str = "", **options: float) -> str:
        """One node, which bears its first output's name."""
        self.nodes.append(helper.make_node(kind, inputs, outs, outs[0], domain=domain, **options))
        return outs[0]

    def linear(self, x: str, weight: Tensor, bias: Tensor | None, out: str) -> str:
        """`x` by a weight `[out, in]`, in int8 with a scale for each output."""
        scales = weight.abs().amax(dim=1).clamp_min(1e-8) / 127
        inputs = [
            x,
            self.constant(f"{out}.weight", (weight / scales[:, None]).round().to(torch.int8).T),
            self.constant(f"{out}.scales", scales),
            self.constant(f"{out}.zeros", torch.zeros(len(weight), dtype=torch.int8)),
        ]
        if bias is not None:
            inputs.append(self.constant(f"{out}.bias", bias))
        return self.add("DynamicQuantizeMatMul", inputs, out, domain=CONTRIBUTED)

    def norm(self, x: str, pair: tuple[Tensor, Tensor], out: str) -> str:
        """`x` through a layer norm."""
        inputs = [x, self.constant(f"{out}.weight", pair[0]), self.constant(f"{out}.bias", pair[1])]
        return self.add("LayerNormalization", inputs, out, epsilon=1e-5)

    def model(self, inputs: Sequence[ValueInfoProto], outputs: Sequence[ValueInfoProto]) -> ModelProto:
        """The whole, with what goes in and what comes out."""
        graph = helper.make_graph(self.nodes, "xglm", inputs, outputs, self.constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIBUTED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR)


def drawn(config: XGLMConfig, weights: Weights, spans: int) -> bytes:
    """The graph that reads for some spans: `ids [1, rows]` at `positions [rows]` in, scores of the rows `wanted` out.

    Of a span: `last` is the last row's place and `total` the count of ids with it; its keys and values
    `[1, heads, context, width of a head]` are bound to one memory as input and output. Several spans: `lengths` says
    how many rows each has. A single one: `mask [1, 1, rows, total]` is added to what a row may look at.
    """
    drawing = Drawing()
    table = weights["model.embed_tokens.weight"]
    embedding = table * (config.d_model**0.5 if config.scale_embedding else 1.0)
    found = drawing.add("Gather", [drawing.constant("embedding", embedding), "ids"], "found")
    places = drawing.constant("places", sinusoids(config.max_position_embeddings, config.d_model))
    x = drawing.add("Add", [found, drawing.add("Gather", [places, "positions"], "placed")], "x")
    for number in range(config.num_layers):
        x = layer(drawing, config, weights, number, spans, x)
    x = drawing.norm(x, pair(weights, "model.layer_norm"), "end")
    drawing.linear(x, table if config.tie_word_embeddings else weights["lm_head.weight"], None, "scores")
    model: bytes = drawing.model(*borders(config, spans)).SerializeToString()
    return model


def layer(drawing: Drawing, config: XGLMConfig, weights: Weights, number: int, spans: int, x: str) -> str:
    """One layer; gives its output's name."""
    theirs, here = f"model.layers.{number}", f"layer{number}"
    three = [pair(weights, f"{theirs}.self_attn.{part}_proj") for part in "qkv"]
    qkv_weight, qkv_bias = (torch.cat(tensors) for tensors in zip(*three, strict=True))
    normed = drawing.norm(x, pair(weights, f"{theirs}.self_attn_layer_norm"), f"{here}.norm")
    mixed = attention(drawing, config, number, spans, drawing.linear(normed, qkv_weight, qkv_bias, f"{here}.qkv"))
    if number == config.num_layers - 1:  # behind its keys and values, only what is asked for is computed
        mixed, x = (drawing.add("Gather", [rows, "wanted"], f"{rows}.wanted", axis=1) for rows in (mixed, x))
    out = drawing.linear(mixed, *pair(weights, f"{theirs}.self_attn.out_proj"), f"{here}.out")
    x = drawing.add("Add", [x, out], f"{here}.attended")
    normed = drawing.norm(x, pair(weights, f"{theirs}.final_layer_norm"), f"{here}.norm2")
    up = drawing.linear(normed, *pair(weights, f"{theirs}.fc1"), f"{here}.up")
    down = drawing.linear(drawing.add("Gelu", [up], f"{here}.gelu"), *pair(weights, f"{theirs}.fc2"), f"{here}.down")
    return drawing.add("Add", [x, down], f"{here}.x")


def attention(drawing: Drawing, config: XGLMConfig, number: int, spans: int, qkv: str) -> str:
    """Each span's rows look at its own keys and values."""
    here, heads = f"layer{number}", {"num_heads": config.attention_heads, "kv_num_heads": config.attention_heads}
    parts = [f"{here}.part{span}" for span in range(spans)] if spans > 1 else [qkv]
    if spans > 1:
        drawing.add("Split", [qkv, "lengths"], *parts, axis=1)
    mixed = []
    for span, part in enumerate(parts):
        own = [kept(number, span, kind) for kind in KINDS]
        inputs = [part, "", "", *own, f"last{span}", f"total{span}", *(("", "", "", "mask") if spans == 1 else ())]
        outs = [f"{here}.mixed{span}", *(written(name) for name in own)]
        mixed.append(drawing.add("GroupQueryAttention", inputs, *outs, domain=CONTRIBUTED, **heads))
    return drawing.add("Concat", mixed, f"{here}.mixed", axis=1) if spans > 1 else mixed[0]


def borders(config: XGLMConfig, spans: int) -> tuple[list[ValueInfoProto], list[ValueInfoProto]]:
    """What goes in and what comes out."""
    value, long, whole, real = helper.make_tensor_value_info, TensorProto.INT64, TensorProto.INT32, TensorProto.FLOAT
    inputs = [value("ids", long, [1, "rows"]), value("positions", long, ["rows"]), value("wanted", long, ["wanted"])]
    inputs.append(value("lengths", long, [spans]) if spans > 1 else value("mask", real, [1, 1, "rows", "total"]))
    outputs = [value("scores", real, [1, "wanted", config.vocab_size])]
    for span in range(spans):
        inputs += [value(f"{name}{span}", whole, [1]) for name in ("last", "total")]
        shape = [1, config.attention_heads, f"context{span}", config.d_model // config.attention_heads]
        for name in names(config, span):
            inputs.append(value(name, real, shape))
            outputs.append(value(written(name), real, shape))
    return inputs, outputs


def names(config: XGLMConfig, span: int) -> Iterator[str]:
    """The names of a span's keys and values, layer by layer."""
    return (kept(number, span, kind) for number in range(config.num_layers) for kind in KINDS)


def kept(number: int, span: int, kind: str) -> str:
    """The name of a layer's keys or values of a span."""
    return f"layer{number}.{kind}{span}"


def written(name: str) -> str:
    """The output that is written where an input is read."""
    return f"{name}.written"


def pair(weights: Weights, name: str) -> tuple[Tensor, Tensor]:
    """A module's weight and bias."""
    return weights[f"{name}.weight"], weights[f"{name}.bias"]
