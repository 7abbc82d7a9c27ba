"""Makes metrics.json: reconstruction errors of a few 28x28 images, for tests/reconstruction_error.rs.

    python metrics.py > metrics.json

SSIM and PSNR are scikit-image's; the cross-entropy is written out as Keras defines it. Pixels are bytes / 255, in f64.
"""

import json
import sys

import numpy
import skimage
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

SIDE = 28


def digit_like(phase):
    """Smooth ink on black, clipped, so that most pixels are 0 and some are 255."""
    y, x = numpy.mgrid[0:SIDE, 0:SIDE].astype(numpy.float64)
    ink = numpy.sin(x / (3.0 + phase)) * numpy.cos(y / 4.0 + phase) * 420.0 - 60.0
    return numpy.clip(ink, 0, 255).astype(numpy.uint8)


def noisy(image, amount, seed):
    noise = numpy.random.default_rng(seed).normal(0.0, amount, image.shape)
    return numpy.clip(image + noise, 0, 255).astype(numpy.uint8)


def cross_entropy(clean, output):
    p = numpy.clip(output, 1e-7, 1.0 - 1e-7)
    return float(-(clean * numpy.log(p) + (1.0 - clean) * numpy.log(1.0 - p)).mean())


clean = digit_like(0)
pairs = [
    ("noise", clean, noisy(clean, 40.0, 1)),
    ("strong noise", digit_like(1), noisy(digit_like(1), 120.0, 2)),
    ("another image", clean, digit_like(2)),
    ("black", clean, numpy.zeros_like(clean)),
    ("grey", digit_like(3), numpy.full_like(clean, 128)),
]
cases = []
for name, target, output in pairs:
    x, y = target / 255.0, output / 255.0
    cases.append(
        {
            "name": name,
            "clean": target.ravel().tolist(),
            "output": output.ravel().tolist(),
            "mse_per_pixel": float(((x - y) ** 2).mean()),
            "squared_error_per_image": float(((x - y) ** 2).sum()),
            "bce_per_pixel": cross_entropy(x, y),
            "psnr_db": float(peak_signal_noise_ratio(x, y, data_range=1.0)),
            "ssim": float(
                structural_similarity(
                    x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0
                )
            ),
        }
    )
json.dump({"versions": {"scikit-image": skimage.__version__, "numpy": numpy.__version__}, "cases": cases}, sys.stdout)
print()
