"""Golden forward and gradient values of every architecture, from PyTorch in float64.

    python crates/zoo/tests/golden/networks.py > crates/zoo/tests/golden/networks.json

Parameters and images follow a formula that the Rust test repeats, so only results are stored.
"""

import json

import torch
from torch import nn

CODE, IMAGES, PIXELS = 4, 3, 784
HIDDEN = {"linear": [], "shallow": [], "plain": [64], "wide": [512, 256], "deep": [1000, 500, 250]}
UNITS, SIDE = 112, 28
# Factor of the divergence of Gaussian codes, chosen to weigh about as much as the loss.
DIVERGENCE = 0.02


def sequence(count, offset):
    """Pseudo-random numbers in [0, 1) from a multiplicative hash: exact in float64, and rounded once in float32."""
    index = torch.arange(offset, offset + count, dtype=torch.int64)
    return ((index * 2654435761) % 2**32 // 2**8).double() / 2**24


def filled(layers):
    """Sets the parameters of affine layers, in order, to the numbers of one sequence."""
    offset = 0
    for layer in layers:
        for values, scale in ((layer.weight, (24 / sum(layer.weight.shape)) ** 0.5), (layer.bias, 0.2)):
            # Parameters are rounded to float32, as in the Rust networks.
            numbers = ((sequence(values.numel(), offset) - 0.5) * scale).float().double()
            values.data = numbers.reshape(values.shape)
            offset += values.numel()
    return layers


def affine(*widths):
    return [nn.Linear(inputs, outputs, dtype=torch.float64) for inputs, outputs in zip(widths, widths[1:])]


def dense(name):
    """Code and sums of the output of a network of dense layers."""
    down = [PIXELS, *HIDDEN[name], CODE]
    encoder, decoder = affine(*down), affine(*down[::-1])
    layers = filled(encoder + decoder)

    def forward(values):
        for layer in encoder:
            code = values = layer(values) if layer is encoder[-1] and name != "shallow" else layer(values).relu()
        for layer in decoder:
            values = layer(values) if layer is decoder[-1] else layer(values).relu()
        return code, values, None

    return layers, forward


ACTIVATIONS = {
    "relu": torch.relu,
    "leaky_relu": nn.functional.leaky_relu,
    "elu": nn.functional.elu,
    "gelu": nn.functional.gelu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": lambda values: values,
}


def activated(activation):
    """A network with one activation on every layer."""
    down = [PIXELS, 12, CODE]
    encoder, decoder = affine(*down), affine(*down[::-1])

    def forward(values):
        for layer in encoder:
            code = values = activation(layer(values))
        values = activation(decoder[0](values))
        return code, decoder[1](values), None

    return filled(encoder + decoder), forward


def residual():
    """A residual network, whose output is added to its input."""
    layers, _ = activated(torch.relu)
    encoder, decoder = layers[:2], layers[2:]

    def forward(values):
        code = encoder[1](encoder[0](values).relu())
        return code, values + decoder[1](decoder[0](code).relu()), None

    return layers, forward


def variational():
    trunk, heads = affine(PIXELS, 512, 256), affine(256, CODE) + affine(256, CODE)
    decoder = affine(CODE, 256, 512, PIXELS)
    noise = (sequence(IMAGES * CODE, 777).reshape(IMAGES, CODE) - 0.5) * 4

    def forward(values):
        for layer in trunk:
            values = layer(values).relu()
        mean, log_variance = (head(values) for head in heads)
        divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()
        values = mean + (0.5 * log_variance).exp() * noise.float().double()
        for layer in decoder:
            values = layer(values) if layer is decoder[-1] else layer(values).relu()
        return mean, values, divergence

    return filled(trunk + heads + decoder), forward


def recurrent():
    """torch.nn.GRU on rows, with the parameters of the corresponding affine layers of the Rust network."""
    reads, states = affine(SIDE, 3 * UNITS) + affine(CODE, 3 * UNITS), affine(UNITS, 3 * UNITS) + affine(UNITS, 3 * UNITS)
    code, row = affine(UNITS, CODE)[0], affine(UNITS, SIDE)[0]
    layers = filled([reads[0], states[0], code, reads[1], states[1], row])

    def run(index, values):
        parameters = [reads[index].weight, states[index].weight, reads[index].bias, states[index].bias]
        rest = torch.zeros(1, IMAGES, UNITS, dtype=torch.float64)
        return torch._VF.gru(values, rest, parameters, True, 1, 0.0, False, False, True)

    def forward(values):
        _, state = run(0, values.reshape(IMAGES, SIDE, SIDE))
        codes = code(state[0])
        states, _ = run(1, codes[:, None, :].expand(IMAGES, SIDE, CODE))
        return codes, row(states).reshape(IMAGES, PIXELS), None

    return layers, forward


def golden(name):
    activation = ACTIVATIONS.get(name)
    if activation:
        layers, forward = activated(activation)
    else:
        layers, forward = {"variational": variational, "recurrent": recurrent, "residual": residual}.get(name, lambda: dense(name))()
    images = sequence(IMAGES * PIXELS, 7).reshape(IMAGES, PIXELS).float().double()
    targets = sequence(IMAGES * PIXELS, 12345).reshape(IMAGES, PIXELS).float().double()
    code, sums, divergence = forward(images)
    outputs = activation(sums) if activation else sums if name in ["linear", "residual"] else sums.sigmoid()
    losses = {"mse": nn.functional.mse_loss(outputs, targets)}
    if name == "sigmoid" or name not in ["linear", "residual", *ACTIVATIONS]:
        losses["bce"] = nn.functional.binary_cross_entropy(outputs, targets)
    result = {"code": code.flatten().tolist(), "outputs": outputs.flatten()[::200].tolist(), "losses": {}}
    if divergence is not None:
        result["divergence"] = divergence.item()
    for loss_name, loss in losses.items():
        objective = loss if divergence is None else loss + DIVERGENCE * divergence
        parameters = [p for layer in layers for p in (layer.weight, layer.bias)]
        gradients = torch.autograd.grad(objective, parameters, retain_graph=True)
        result["losses"][loss_name] = {
            "value": loss.item(),
            "gradients": [
                {"norm": g.norm().item(), "samples": g.flatten()[:: max(1, g.numel() // 5)].tolist()} for g in gradients
            ],
        }
    return result


def discriminator():
    """Losses and gradients of a discriminator on codes and samples of the prior, and of the encoder against it."""
    layers = filled(affine(CODE, 128, 128, 1))
    codes = ((sequence(IMAGES * CODE, 31).reshape(IMAGES, CODE) - 0.5) * 4).float().double().requires_grad_()
    draws = ((sequence(IMAGES * CODE, 91).reshape(IMAGES, CODE) - 0.5) * 4).float().double()

    def odds(values):
        return layers[2](layers[1](layers[0](values).relu()).relu())

    entropy = nn.functional.binary_cross_entropy_with_logits
    shown = odds(torch.cat([codes.detach(), draws]))
    is_draw = torch.cat([torch.zeros(IMAGES, 1), torch.ones(IMAGES, 1)]).double()
    loss = entropy(shown, is_draw)
    gradients = torch.autograd.grad(loss, [p for layer in layers for p in (layer.weight, layer.bias)])
    of_codes = odds(codes)
    deception = entropy(of_codes, torch.ones_like(of_codes))
    return {
        "loss": loss.item(),
        "accuracy": ((shown > 0) == (is_draw > 0)).double().mean().item(),
        "norms": [g.norm().item() for g in gradients],
        "deception": deception.item(),
        "pull": torch.autograd.grad(deception, codes)[0].flatten().tolist(),
    }


networks = {name: golden(name) for name in [*HIDDEN, "variational", "recurrent", "residual", *ACTIVATIONS]}
print(json.dumps({**networks, "discriminator": discriminator()}, indent=1))
