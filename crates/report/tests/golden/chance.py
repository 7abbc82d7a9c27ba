"""Makes chance.json: confidence intervals of mean differences, for src/across/chance.rs.

    python chance.py > chance.json

Quantiles and intervals of one factor are SciPy's. Mean squares of two crossed factors are written out term by term, and their
degrees of freedom are those of Satterthwaite (1946).
"""

import json
import sys

import numpy
import scipy
from scipy import stats

random = numpy.random.default_rng(1)


def crossed(table, confidence):
    seeds, blocks = table.shape
    grand = sum(table[s][b] for s in range(seeds) for b in range(blocks)) / (seeds * blocks)
    row = [sum(table[s]) / blocks for s in range(seeds)]
    column = [sum(table[s][b] for s in range(seeds)) / seeds for b in range(blocks)]
    of_seeds = sum(blocks * (row[s] - grand) ** 2 for s in range(seeds)) / (seeds - 1)
    of_blocks = sum(seeds * (column[b] - grand) ** 2 for b in range(blocks)) / (blocks - 1)
    rest = 0.0
    for s in range(seeds):
        for b in range(blocks):
            rest += (table[s][b] - row[s] - column[b] + grand) ** 2
    rest /= (seeds - 1) * (blocks - 1)
    # Variance components are not negative: a mean square smaller than that of the rest is replaced by the rest.
    terms = []
    if of_seeds > rest:
        terms.append((of_seeds, seeds - 1))
    if of_blocks > rest:
        terms.append((of_blocks, blocks - 1))
    if len(terms) != 1:
        terms.append((rest if not terms else -rest, (seeds - 1) * (blocks - 1)))
    total = sum(square for square, _ in terms)
    freedom = total**2 / sum(square**2 / of for square, of in terms)
    half = stats.t.ppf(0.5 + confidence / 2.0, freedom) * (total / (seeds * blocks)) ** 0.5
    return [grand - half, grand + half]


def simple(values, confidence):
    interval = stats.ttest_1samp(values, 0.0).confidence_interval(confidence)
    return [interval.low, interval.high]


def table(seeds, blocks, of_seeds, of_blocks, rest):
    noise = random.normal(size=(seeds, blocks)) * rest
    return 0.1 + random.normal(size=(seeds, 1)) * of_seeds + random.normal(size=(1, blocks)) * of_blocks + noise


tables = []
for shape in [(3, 20, 1, 1, 1), (3, 20, 0, 1, 1), (5, 20, 1, 0, 1), (5, 7, 0, 0, 1), (2, 20, 0.1, 1, 0.2), (10, 20, 0.3, 0.3, 1)]:
    for confidence in [0.95, 1 - 0.05 / 12]:
        differences = table(*shape)
        tables.append({"confidence": confidence, "differences": differences.tolist(), "interval": crossed(differences, confidence)})
for confidence in [0.95, 0.99]:
    differences = table(1, 20, 0, 1, 0)
    tables.append(
        {"confidence": confidence, "differences": differences.tolist(), "interval": simple(differences[0], confidence)}
    )
seeds = []
for count in [2, 3, 10]:
    for confidence in [0.95, 1 - 0.05 / 30]:
        values = random.normal(size=count) + 1.0
        seeds.append({"confidence": confidence, "values": values.tolist(), "interval": simple(values, confidence)})
quantiles = [
    [probability, freedom, stats.t.ppf(probability, freedom)]
    for probability in [0.6, 0.95, 0.975, 0.995, 0.99985]
    for freedom in [1.0, 1.37, 2.0, 2.9, 5.5, 19.0, 38.0, 400.0]
]
golden = {
    "versions": {"numpy": numpy.__version__, "scipy": scipy.__version__, "python": sys.version.split()[0]},
    "tables": tables,
    "seeds": seeds,
    "quantiles": quantiles,
}
json.dump(golden, sys.stdout, indent=1)
print()
