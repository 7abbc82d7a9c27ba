"""Training in PyTorch on the CPU, run eagerly, with its fastest settings: fused Adam, flushed denormals, scaled images in
memory, and no value computed twice."""

import torch
from torch import nn

from common import arguments, images, layers, report

args = arguments()
torch.set_num_threads(args.threads)
torch.set_flush_denormal(True)
torch.manual_seed(0)
data = torch.from_numpy(images(args.images))


def linear(inputs, outputs):
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def dense(shape):
    activations = {"relu": [nn.ReLU()], "sigmoid": [nn.Sigmoid()], "identity": []}
    return nn.Sequential(*[part for i, o, activation in shape for part in (linear(i, o), *activations[activation])])


class Chain(nn.Module):
    """Encoder and decoder of dense layers."""

    def __init__(self):
        super().__init__()
        shape = list(layers(args))
        self.encoder, self.decoder = dense(shape[: len(shape) // 2]), dense(shape[len(shape) // 2 :])
        self.first, self.rest = self.encoder[:2], self.encoder[2:]

    def forward(self, batch):
        # The contractive penalty needs the outputs of the first layer.
        self.hidden = self.first(batch)
        codes = self.rest(self.hidden)
        return codes, self.decoder(codes), 0.0


class Variational(Chain):
    """The last layer of the encoder gives the mean; a second head on the same units the log variance."""

    def __init__(self):
        super().__init__()
        self.trunk, self.mean = self.encoder[:-1], self.encoder[-1]
        self.log_variance = linear(self.mean.in_features, args.code)

    def forward(self, batch):
        hidden = self.trunk(batch)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        deviation = (0.5 * log_variance).exp()
        codes = mean + deviation * torch.randn_like(mean)
        divergence = 0.5 * (mean * mean + deviation * deviation - 1 - log_variance).sum(1).mean()
        return codes, self.decoder(codes), divergence / 784


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.code = nn.GRU(28, 112, batch_first=True), linear(112, args.code)
        self.decoder, self.row = nn.GRU(args.code, 112, batch_first=True), linear(112, 28)

    def forward(self, batch):
        _, state = self.encoder(batch.view(-1, 28, 28))
        codes = self.code(state[0])
        states, _ = self.decoder(codes[:, None, :].expand(-1, 28, -1))
        return codes, self.row(states).sigmoid().view(-1, 784), 0.0


network = {"variational": Variational, "recurrent": Recurrent}.get(args.architecture, Chain)()
optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
entropy = nn.functional.binary_cross_entropy_with_logits
if args.objective == "adversarial":
    judge = nn.Sequential(linear(args.code, 128), nn.ReLU(), linear(128, 128), nn.ReLU(), linear(128, 1))
    judges = torch.optim.Adam(judge.parameters(), lr=1e-3, fused=True)
if args.objective == "contractive":
    first, last = network.encoder[0].weight, network.encoder[2].weight


def penalty(codes):
    """Terms of the objective besides the mean squared error."""
    if args.objective == "sparse":
        return 3e-4 * codes.abs().sum(1).mean()
    if args.objective == "contractive":
        # |V diag(d) W|^2 in closed form, which is far cheaper than a Jacobian for each image.
        slopes = (network.hidden.detach() > 0).float()
        coactivity = slopes.T @ slopes / len(slopes)
        return 1e-4 * (coactivity * (last.T @ last) * (first @ first.T)).sum()
    return 0.0


def epoch():
    for indices in torch.randperm(len(data)).split(args.batch_size):
        batch = data[indices]
        optimiser.zero_grad(set_to_none=True)
        codes, outputs, divergence = network(batch)
        loss = nn.functional.mse_loss(outputs, batch) + divergence + penalty(codes)
        if args.objective == "adversarial":
            # Both gradients use the same codes: first that of the discriminator, then that of the network.
            ones, zeros = torch.ones(len(batch), 1), torch.zeros(len(batch), 1)
            shown = judge(torch.cat([codes, torch.randn_like(codes)]))
            own = list(judge.parameters())
            gradients = torch.autograd.grad(entropy(shown, torch.cat([zeros, ones])), own, retain_graph=True)
            for parameter, gradient in zip(own, gradients):
                parameter.grad = gradient
            loss = loss + 0.02 * entropy(shown[: len(batch)], ones)
            loss.backward(inputs=list(network.parameters()))
            judges.step()
        else:
            loss.backward()
        optimiser.step()


report(args.epochs, epoch)
