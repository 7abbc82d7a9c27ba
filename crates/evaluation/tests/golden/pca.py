"""Makes pca.json: scikit-learn's PCA of a few rows of bytes scaled to [0, 1], for tests/baselines.rs.

    python pca.py > pca.json
"""

import json
import sys

import numpy
import sklearn
from sklearn.decomposition import PCA

ROWS, COLUMNS, COMPONENTS = 40, 12, 4


def lcg_bytes(count):
    """The top byte of x = 1664525 x + 1013904223 mod 2^32 from x = 1."""
    x, values = 1, []
    for _ in range(count):
        x = (1664525 * x + 1013904223) % 2**32
        values.append(x >> 24)
    return values


# Columns of different scale and correlation, so that the eigenvalues differ clearly.
raw = numpy.array(lcg_bytes(ROWS * COLUMNS), dtype=numpy.int64).reshape(ROWS, COLUMNS)
for column in range(1, COLUMNS):
    raw[:, column] = (raw[:, column] + raw[:, column - 1] * column) // (column + 1)
rows = raw.astype(numpy.float64) / 255.0

pca = PCA(n_components=COMPONENTS, svd_solver="full").fit(rows)
codes = pca.transform(rows)
error = ((pca.inverse_transform(codes) - rows) ** 2).sum(axis=1).mean()
json.dump(
    {
        "versions": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__},
        "rows": raw.tolist(),
        "mean": pca.mean_.tolist(),
        "components": pca.components_.tolist(),
        "explained_variance": pca.explained_variance_.tolist(),
        "total_variance": float(rows.var(axis=0, ddof=1).sum()),
        "codes_of_the_first_two_rows": codes[:2].tolist(),
        "squared_error_per_row": float(error),
    },
    sys.stdout,
)
print()
