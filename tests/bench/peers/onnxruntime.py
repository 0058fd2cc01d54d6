"""ONNX Runtime with int8 weights, as its own generation library uses it: one graph for prompt and token, and keys and
values that stay in one buffer, which `GroupQueryAttention` reads and writes in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor

from model_server.weights import XGLMConfig
from tests.bench.peers.checkpoint import Checkpoint
from tests.bench.peers.reader import Reader

OPSET, CONTRIBUTED, IR = 20, "com.microsoft", 10


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

    def norm(self, x: str, pair: tuple[Tensor, Tensor], out: str) -> str:
        """`x` through a layer norm."""
        inputs = [x, self.constant(f"{out}.weight", pair[0]), self.constant(f"{out}.bias", pair[1])]
        return self.add("LayerNormalization", inputs, out, epsilon=1e-5)

    def model(self, inputs: Sequence[ValueInfoProto], outputs: Sequence[ValueInfoProto]) -> ModelProto:
        """The whole, with what goes in and what comes out."""
        graph = helper.make_graph(self.nodes, "xglm", inputs, outputs, self.constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIBUTED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR)


def network(checkpoint: Checkpoint) -> ModelProto:
    """The graph: `ids [1, new]`, `places [new]`, counts and keys and values in; the last id's scores out."""
    graph, config = Drawing(), checkpoint.config
    embedding = graph.constant("embedding", checkpoint.embedding)
    positions = graph.constant("positions", checkpoint.positions)
    found = graph.add("Gather", [embedding, "ids"], "found")
    x = graph.add("Add", [found, graph.add("Gather", [positions, "places"], "placed")], "x")
    for number in range(config.num_layers):
        x = layer(graph, checkpoint, number, x)
    last = graph.add("Gather", [x, graph.constant("last", torch.tensor([-1]))], "end", axis=1)
    last = graph.norm(last, checkpoint.pair("model.layer_norm"), "final")
    graph.add("MatMul", [last, graph.constant("head", checkpoint.head.T)], "scores")
    return graph.model(*borders(config))


def layer(graph: Drawing, checkpoint: Checkpoint, number: int, x: str) -> str:
    """One layer; gives its output's name."""
    ours, here, heads = f"model.layers.{number}", f"layer{number}", checkpoint.config.attention_heads
    normed = graph.norm(x, checkpoint.pair(f"{ours}.self_attn_layer_norm"), f"{here}.norm")
    qkv = linear(graph, normed, checkpoint.qkv(number), f"{here}.qkv")
    inputs = [qkv, "", "", f"{here}.keys", f"{here}.values", "before_last", "total"]
    outputs = [f"{here}.mixed", f"{here}.keys.out", f"{here}.values.out"]
    graph.add("GroupQueryAttention", inputs, *outputs, domain=CONTRIBUTED, num_heads=heads, kv_num_heads=heads)
    out = linear(graph, f"{here}.mixed", checkpoint.pair(f"{ours}.self_attn.out_proj"), f"{here}.out")
    x = graph.add("Add", [x, out], f"{here}.attended")
    normed = graph.norm(x, checkpoint.pair(f"{ours}.final_layer_norm"), f"{here}.norm2")
    up = linear(graph, normed, checkpoint.pair(f"{ours}.fc1"), f"{here}.up")
    down = linear(graph, graph.add("Gelu", [up], f"{here}.gelu"), checkpoint.pair(f"{ours}.fc2"), f"{here}.down")
    return graph.add("Add", [x, down], f"{here}.x")


def linear(graph: Drawing, x: str, module: tuple[Tensor, Tensor], out: str) -> str:
    """`x` through a module's weight and bias, which `quantize_dynamic` quantises later."""
    weight, bias = module
    product = graph.add("MatMul", [x, graph.constant(f"{out}.weight", weight.T)], f"{out}.product")
    return graph.add("Add", [product, graph.constant(f"{out}.bias", bias)], out)


def borders(config: XGLMConfig) -> tuple[list[ValueInfoProto], list[ValueInfoProto]]:
    """What goes in and what comes out."""
    value, whole = helper.make_tensor_value_info, TensorProto.INT32
    ids, places = value("ids", TensorProto.INT64, [1, "new"]), value("places", TensorProto.INT64, ["new"])
    inputs = [ids, places, value("before_last", whole, [1]), value("total", whole, [1])]
    outputs = [value("scores", TensorProto.FLOAT, [1, 1, config.vocab_size])]
    for name in kept(config):
        inputs.append(value(name, TensorProto.FLOAT, shape(config)))
        outputs.append(value(f"{name}.out", TensorProto.FLOAT, shape(config)))
    return inputs, outputs


def kept(config: XGLMConfig) -> list[str]:
    """The names of the buffers that stay."""
    return [f"layer{number}.{kind}" for number in range(config.num_layers) for kind in ("keys", "values")]


def shape(config: XGLMConfig) -> list[int]:
    """The shape of each of them."""
    return [1, config.attention_heads, config.max_position_embeddings, config.d_model // config.attention_heads]


def write_onnx(checkpoint: Checkpoint, scratch: Path) -> Path:
    """The graph with int8 weights, a scale for each output."""
    whole, small = scratch / "float32.onnx", scratch / "int8.onnx"
    onnx.save(network(checkpoint), whole)
    options = {"DefaultTensorType": TensorProto.FLOAT}  # what it cannot infer behind `GroupQueryAttention`
    only = {"op_types_to_quantize": ["MatMul"], "weight_type": QuantType.QInt8}
    quantize_dynamic(whole, small, per_channel=True, extra_options=options, **only)
    return small


class OnnxRuntime(Reader):
    """A session with its buffers bound once."""

    def __init__(self, path: Path, config: XGLMConfig, threads: int) -> None:
        """Load a graph that `write_onnx` wrote."""
        super().__init__()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._binding = self._session.io_binding()
        for name in kept(config):
            buffer = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros(shape(config), dtype=np.float32))
            self._binding.bind_ortvalue_input(name, buffer)
            self._binding.bind_ortvalue_output(f"{name}.out", buffer)
        self._scores = np.zeros((1, 1, config.vocab_size), dtype=np.float32)
        out = onnxruntime.OrtValue.ortvalue_from_numpy(self._scores)
        self._binding.bind_ortvalue_output("scores", out)
        self._out = out

    def step(self, ids: Sequence[int]) -> int:
        """See `Reader`."""
        start, end = len(self.ids), len(self.ids) + len(ids)
        bind = self._binding.bind_cpu_input
        bind("ids", np.array([ids], dtype=np.int64))
        bind("places", np.arange(start, end, dtype=np.int64))
        bind("before_last", np.array([end - 1], dtype=np.int32))
        bind("total", np.array([end], dtype=np.int32))
        self._session.run_with_iobinding(self._binding)
        return int(self._out.numpy().argmax())
