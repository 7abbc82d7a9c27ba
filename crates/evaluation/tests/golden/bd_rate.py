"""Makes bd_rate.json: Bjontegaard delta rates in NumPy, with piecewise linear interpolation of log rate over PSNR on the overlap,
integrated on a fine grid, for src/metrics/rate_distortion.rs.

    python bd_rate.py > bd_rate.json
"""

import json
import sys

import numpy

REFERENCE = [(20.0, 0.05), (45.0, 0.03), (90.0, 0.018), (150.0, 0.011), (260.0, 0.006)]
CURVES = [
    [(12.0, 0.045), (30.0, 0.022), (70.0, 0.012), (130.0, 0.008)],
    [(40.0, 0.06), (100.0, 0.02), (400.0, 0.004)],
]


def knots(points):
    rate, distortion = numpy.array(points).T
    return -10 * numpy.log10(distortion), numpy.log(rate)


def bd_rate(curve, reference):
    (x, y), (of_reference, log_rate) = knots(curve), knots(reference)
    low, high = max(x[0], of_reference[0]), min(x[-1], of_reference[-1])
    grid = numpy.linspace(low, high, 2_000_001)
    difference = numpy.interp(grid, x, y) - numpy.interp(grid, of_reference, log_rate)
    return 100 * (numpy.exp(numpy.trapezoid(difference, grid) / (high - low)) - 1)


json.dump(
    {
        "versions": {"numpy": numpy.__version__},
        "reference": REFERENCE,
        "curves": CURVES,
        "bd_rates": [float(bd_rate(curve, REFERENCE)) for curve in CURVES],
    },
    sys.stdout,
)
print()
