"""Makes disentanglement.json: mutual information, its gap and separated attribute predictability of a small code, for the unit
tests of src/metrics/disentanglement.rs.

    python disentanglement.py > disentanglement.json

Implements Chen et al. (2018), equation 6, and Kumar et al. (2018), section 3.1, in NumPy. Codes are first rounded to f32,
as the test reads them.
"""

import json
import sys

import numpy

ROWS = 240
BINS = 20


def bins(values):
    """Bins with the same number of values each; equal values share the bin of the first of them."""
    distinct, inverse, counts = numpy.unique(values, return_inverse=True, return_counts=True)
    first_rank = numpy.concatenate([[0], numpy.cumsum(counts)[:-1]])
    return (first_rank * BINS // len(values))[inverse]


def information(a, b):
    joint = numpy.zeros((a.max() + 1, b.max() + 1))
    numpy.add.at(joint, (a, b), 1.0 / len(a))
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    some = joint > 0
    return float((joint[some] * numpy.log(joint[some] / independent[some])).sum())


def squared_correlation(unit, factor):
    return float(numpy.corrcoef(unit, factor)[0, 1] ** 2) if unit.std() > 0 else 0.0


def balanced_accuracy(unit, classes):
    """Balanced accuracy of the linear classifier that assigns each row to the class with the nearest mean."""
    names = numpy.unique(classes)
    means = numpy.array([unit[classes == name].mean() for name in names])
    found = names[numpy.abs(unit[:, None] - means[None, :]).argmin(axis=1)]
    return float(numpy.mean([(found[classes == name] == name).mean() for name in names]))


def gap(scores):
    """Largest value minus the second largest, by column."""
    ordered = numpy.sort(scores, axis=0)[::-1]
    return ordered[0] - ordered[1]


def main():
    generator = numpy.random.default_rng(2018)
    classes = generator.permutation(numpy.repeat([0, 1, 2, 4], [90, 70, 50, 30]))
    slant = generator.uniform(-1, 1, ROWS).astype(numpy.float32)
    size = generator.uniform(0.5, 1.5, ROWS).astype(numpy.float32)
    noise = generator.normal(size=(ROWS, 4))
    codes = numpy.stack(
        [
            slant + 0.3 * noise[:, 0],
            0.8 * classes + 0.5 * noise[:, 1],
            numpy.maximum(0.0, size - 1.0 + 0.2 * slant),
            size + 0.2 * classes + 0.1 * noise[:, 2],
            numpy.full(ROWS, 0.25),
        ],
        axis=1,
    ).astype(numpy.float32)
    units = codes.astype(numpy.float64).T
    factors = [classes, bins(slant), bins(size)]
    table = numpy.array([[information(bins(unit), factor) for factor in factors] for unit in units])
    entropies = numpy.array([information(factor, factor) for factor in factors])
    scores = numpy.array(
        [
            [
                balanced_accuracy(unit, classes),
                squared_correlation(unit, slant.astype(numpy.float64)),
                squared_correlation(unit, size.astype(numpy.float64)),
            ]
            for unit in units
        ]
    )
    golden = {
        "made_by": f"numpy {numpy.__version__}",
        "codes": codes.tolist(),
        "class": classes.tolist(),
        "slant": slant.tolist(),
        "size": size.tolist(),
        "information": table.tolist(),
        "mig": float((gap(table) / entropies).mean()),
        "sap": float(gap(scores).mean()),
    }
    json.dump(golden, sys.stdout)
    print()


main()
