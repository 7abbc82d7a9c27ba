"""Training in JAX on the CPU: a whole epoch is compiled as one scan over its batches, with donated buffers."""

from common import arguments, images, layers, report

args = arguments()

import functools

import jax
import jax.numpy as jnp

data = jnp.asarray(images(args.images))
activations = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "identity": lambda sums: sums}
plan = list(layers(args))


def initial(key):
    for index, (inputs, outputs, _) in enumerate(plan):
        bound = (6 / (inputs + outputs)) ** 0.5
        weight = jax.random.uniform(jax.random.fold_in(key, index), (inputs, outputs), minval=-bound, maxval=bound)
        yield weight, jnp.zeros(outputs)


def loss(parameters, batch):
    rows = batch
    for (weight, bias), (_, _, activation) in zip(parameters, plan):
        rows = activations[activation](rows @ weight + bias)
    return jnp.mean((rows - batch) ** 2)


def step(state, indices):
    parameters, first, second, count = state
    batch = data[indices]
    value, gradient = jax.value_and_grad(loss)(parameters, batch)
    count = count + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
    rate = 1e-3 / (1 - 0.9**count)
    scale = 1 / jnp.sqrt(1 - 0.999**count)
    parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) * scale + 1e-8), parameters, first, second)
    return (parameters, first, second, count), value


@functools.partial(jax.jit, donate_argnums=0)
def epoch_of(state, key):
    batches = len(data) // args.batch_size
    order = jax.random.permutation(key, len(data))
    whole, left = order[: batches * args.batch_size], order[batches * args.batch_size :]
    state, losses = jax.lax.scan(step, state, whole.reshape(batches, args.batch_size))
    # The remaining images are a smaller batch, as in the other frameworks.
    if len(left):
        state, _ = step(state, left)
    return state, losses.mean()


zeros = lambda: jax.tree.map(jnp.zeros_like, list(initial(jax.random.key(0))))
state = (list(initial(jax.random.key(0))), zeros(), zeros(), jnp.float32(0))
epochs_done = 0


def epoch():
    global state, epochs_done
    state, _ = epoch_of(state, jax.random.fold_in(jax.random.key(1), epochs_done))
    epochs_done += 1
    jax.block_until_ready(state)


report(args.epochs, epoch)
