"""Makes bernoulli_mixture.json: expectation-maximisation of a mixture of products of Bernoulli distributions in NumPy, with
smoothed weights and means, for src/estimators/bernoulli_mixture.rs.

    python bernoulli_mixture.py > bernoulli_mixture.json
"""

import json
import sys

import numpy

ROWS, COLUMNS, COMPONENTS, ITERATIONS = 60, 8, 3, 25

random = numpy.random.default_rng(0)
kinds = random.uniform(0.05, 0.95, size=(COMPONENTS, COLUMNS))
rows = (random.random((ROWS, COLUMNS)) < kinds[numpy.arange(ROWS) % COMPONENTS]).astype(numpy.float64)


def joint(weights, means):
    """Logarithm of weight times probability: (rows, components)."""
    return numpy.log(weights) + rows @ numpy.log(means).T + (1 - rows) @ numpy.log(1 - means).T


weights = numpy.full(COMPONENTS, 1 / COMPONENTS)
means = 0.25 + 0.5 * rows[:COMPONENTS]
for _ in range(ITERATIONS):
    shares = joint(weights, means)
    shares = numpy.exp(shares - numpy.logaddexp.reduce(shares, axis=1, keepdims=True))
    totals = shares.sum(axis=0)
    weights = (totals + 1) / (ROWS + COMPONENTS)
    means = (shares.T @ rows + 1) / (totals[:, None] + 2)

json.dump(
    {
        "versions": {"numpy": numpy.__version__},
        "rows": rows.astype(int).tolist(),
        "iterations": ITERATIONS,
        "weights": weights.tolist(),
        "means": means.tolist(),
        "log_likelihood": float(numpy.logaddexp.reduce(joint(weights, means), axis=1).mean()),
    },
    sys.stdout,
)
print()
