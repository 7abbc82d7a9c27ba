"""Golden forward and gradient values of every architecture, from PyTorch in float64.

    python crates/zoo/tests/golden/networks.py > crates/zoo/tests/golden/networks.json

Parameters and images follow a formula that the Rust test repeats, so only results are stored.
"""

import json

import torch
from torch import nn

CODE, IMAGES, PIXELS = 4, 3, 784
HIDDEN = {"linear": [], "shallow": [], "plain": [64], "deep": [1000, 500, 250]}


def sequence(count, offset):
    """Numbers in [0, 1) that a multiplicative hash scatters; exact in float64 and, rounded once, in float32."""
    index = torch.arange(offset, offset + count, dtype=torch.int64)
    return ((index * 2654435761) % 2**32 // 2**8).double() / 2**24


def network(name):
    down = [PIXELS, *HIDDEN[name], CODE]
    up = down[::-1]
    code_is_relu, layers = name == "shallow", []
    for part, widths in (("encoder", down), ("decoder", up)):
        for index, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
            last = index == len(widths) - 2
            relu = code_is_relu and part == "encoder" if last else True
            layers.append((f"{part}.{index}", nn.Linear(inputs, outputs, dtype=torch.float64), relu))
    offset = 0
    for _, layer, _ in layers:
        for values, scale in ((layer.weight, (24 / sum(layer.weight.shape)) ** 0.5), (layer.bias, 0.2)):
            # Parameters are rounded to float32, which is what the Rust networks hold.
            numbers = ((sequence(values.numel(), offset) - 0.5) * scale).float().double()
            values.data = numbers.reshape(values.shape)
            offset += values.numel()
    return layers


def golden(name):
    layers = network(name)
    images = sequence(IMAGES * PIXELS, 7).reshape(IMAGES, PIXELS)
    targets = sequence(IMAGES * PIXELS, 12345).reshape(IMAGES, PIXELS)
    values, code = images, None
    for layer_name, layer, relu in layers:
        values = layer(values).relu() if relu else layer(values)
        code = values if layer_name.startswith("encoder") else code
    outputs = values if name == "linear" else values.sigmoid()
    losses = {"mse": nn.functional.mse_loss(outputs, targets)}
    if name != "linear":
        losses["bce"] = nn.functional.binary_cross_entropy(outputs, targets)
    result = {"code": code.flatten().tolist(), "outputs": outputs.flatten()[::200].tolist(), "losses": {}}
    for loss_name, loss in losses.items():
        gradients = torch.autograd.grad(loss, [p for _, l, _ in layers for p in (l.weight, l.bias)], retain_graph=True)
        result["losses"][loss_name] = {
            "value": loss.item(),
            "gradients": [
                {"norm": g.norm().item(), "samples": g.flatten()[:: max(1, g.numel() // 5)].tolist()} for g in gradients
            ],
        }
    return result


print(json.dumps({name: golden(name) for name in HIDDEN}, indent=1))
