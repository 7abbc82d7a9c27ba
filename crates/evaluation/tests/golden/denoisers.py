"""Makes denoisers.json: SciPy's median filter and scikit-image's non-local means of a small noisy image, for
tests/denoisers.rs. scikit-image uses a fast exponential with an error of some percent (Schraudolph, 1999), so the file
also holds the same sums with NumPy's exponential.

    python denoisers.py > denoisers.json
"""

import json
import sys

import numpy
import scipy
import skimage
from scipy.ndimage import median_filter
from skimage.restoration import denoise_nl_means

SIDE = 28


def lcg_bytes(count):
    """The top byte of x = 1664525 x + 1013904223 mod 2^32 from x = 1."""
    x, values = 1, []
    for _ in range(count):
        x = (1664525 * x + 1013904223) % 2**32
        values.append(x >> 24)
    return values


# A ring, and a bar that extends beyond the image, both with noise.
rows, columns = numpy.mgrid[:SIDE, :SIDE]
ring = abs(numpy.hypot(rows - 11, columns - 16) - 7) < 1.6
clean = 200 * (ring | (abs(rows - columns + 9) < 2))
noise = numpy.array(lcg_bytes(SIDE * SIDE)).reshape(SIDE, SIDE) // 3
raw = numpy.clip(clean + noise - 20, 0, 255)
image = raw.astype(numpy.float64) / 255.0


def approximate(h, sigma):
    return denoise_nl_means(image, patch_size=5, patch_distance=6, h=h, sigma=sigma, fast_mode=False)


def exact(h, sigma):
    """Non-local means, pixel by pixel. A patch whose difference is too large after any row but the last has no weight."""
    padded = numpy.pad(image, 2, mode="reflect")
    offsets = numpy.arange(-2, 3)
    weights = numpy.exp(-(offsets[:, None] ** 2 + offsets[None] ** 2) / 2)
    weights /= weights.sum() * h * h
    result = numpy.empty_like(image)
    for row, column in numpy.ndindex(SIDE, SIDE):
        patch = padded[row : row + 5, column : column + 5]
        values = total = 0
        for i in range(max(row - 6, 0), min(row + 7, SIDE)):
            for j in range(max(column - 6, 0), min(column + 7, SIDE)):
                distances = weights * ((patch - padded[i : i + 5, j : j + 5]) ** 2 - 2 * sigma**2)
                sums = distances.sum(axis=1).cumsum()
                weight = 0 if sums[:4].max() > 5 else numpy.exp(-max(sums[4], 0))
                values += weight * image[i, j]
                total += weight
        result[row, column] = values / total
    return result


def of_each_strength(denoised):
    parameters = [(0.05, 0), (0.2, 0), (0.8, 0), (0.05, 0.05), (0.1, 0.1), (0.2, 0.1)]
    return [
        {"h": h, "sigma": sigma, "pixels": numpy.round(denoised(h, sigma), 9).ravel().tolist()}
        for h, sigma in parameters
    ]


json.dump(
    {
        "versions": {"scipy": scipy.__version__, "scikit-image": skimage.__version__, "numpy": numpy.__version__},
        "image": raw.ravel().tolist(),
        "median_filter": {str(window): median_filter(raw, size=window).ravel().tolist() for window in (3, 5)},
        "non_local_means": of_each_strength(approximate),
        "with_exact_weights": of_each_strength(exact),
    },
    sys.stdout,
)
print()
