"""Makes downstream.json: scikit-learn's estimators and scores of codes, on small synthetic data.

pip install scikit-learn scipy numpy; python downstream.py > downstream.json
"""

import json
import sys

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import trustworthiness
from sklearn.metrics import (
    adjusted_rand_score,
    average_precision_score,
    normalized_mutual_info_score,
    roc_auc_score,
    roc_curve,
)
from sklearn.mixture import GaussianMixture
from sklearn.svm import LinearSVC

random = np.random.default_rng(0)
golden = {}


def numbers(array, digits=6):
    return np.round(np.asarray(array, dtype=np.float64), digits).tolist()


# Classes that overlap, so that no classifier is perfect.
count, columns, penalty = 200, 5, 0.01
labels = np.arange(count) % 10
rows = np.float32(np.round(random.normal(size=(10, columns))[labels] + random.normal(size=(count, columns)), 4))
exact = rows.astype(np.float64)
logistic = LogisticRegression(C=1 / (penalty * count), tol=1e-10, max_iter=10_000).fit(exact, labels)
# The larger the scaling, the less the intercept is penalised.
svm = LinearSVC(C=1 / (penalty * count), dual=False, intercept_scaling=1e3, tol=1e-12, max_iter=1_000_000).fit(exact, labels)
golden["classifiers"] = {
    "rows": numbers(rows, 4),
    "labels": labels.tolist(),
    "penalty": penalty,
    "logistic": numbers(np.c_[logistic.coef_, logistic.intercept_]),
    "logistic_accuracy": logistic.score(exact, labels),
    "svm": numbers(np.c_[svm.coef_, svm.intercept_]),
    "svm_accuracy": svm.score(exact, labels),
}

clusters = np.where(random.random(count) < 0.6, (labels + 3) % 10, random.integers(10, size=count))
table = np.zeros((10, 10))
np.add.at(table, (labels, clusters), 1)
golden["agreement"] = {
    "classes": labels.tolist(),
    "clusters": clusters.tolist(),
    "nmi": normalized_mutual_info_score(labels, clusters),
    "ari": adjusted_rand_score(labels, clusters),
    "accuracy": table[linear_sum_assignment(-table)].sum() / count,
}

blobs = np.float32(np.round(6 * random.normal(size=(10, 3))[labels] + 0.3 * random.normal(size=(count, 3)), 4))
fit = KMeans(10, n_init=50, random_state=0, tol=1e-10).fit(blobs)
golden["k_means"] = {"rows": numbers(blobs, 4), "centres": numbers(sorted(fit.cluster_centers_.tolist()))}

# Rounded, so that some scores are equal.
positive = random.random(count) < 0.3
scores = np.round(random.normal(size=count) + positive, 1)
golden["ranking"] = {
    "scores": scores.tolist(),
    "positive": positive.tolist(),
    "auroc": roc_auc_score(positive, scores),
    "average_precision": average_precision_score(positive, scores),
    "characteristic": numbers(np.stack(roc_curve(positive, scores, drop_intermediate=False)[:2], axis=1)),
}

high = np.float32(np.round(random.normal(size=(60, 8)), 4))
low = np.float32(np.round(high[:, :2] + 0.5 * random.normal(size=(60, 2)), 4))
golden["neighbours"] = {
    "high": numbers(high, 4),
    "low": numbers(low, 4),
    "trustworthiness": trustworthiness(high, low, n_neighbors=7),
    "continuity": trustworthiness(low, high, n_neighbors=7),
}

# Clouds that overlap a little. They come last, so that the random numbers of the other parts do not change.
spread = np.array([[[1.0, 0.0], [0.8, 0.6]], [[0.5, 0.0], [0.0, 1.5]], [[1.2, 0.0], [-0.5, 0.4]]])
middle = np.array([[0.0, 0.0], [5.0, 1.0], [0.0, 6.0]])
which = np.repeat([0, 1, 2], [150, 100, 50])
clouds = np.float32(np.round(middle[which] + np.einsum("nij,nj->ni", spread[which], random.normal(size=(300, 2))), 4))
mixture = GaussianMixture(3, n_init=20, tol=1e-10, max_iter=1000, random_state=0).fit(clouds.astype(np.float64))
order = np.argsort(-mixture.weights_)
golden["mixture"] = {
    "rows": numbers(clouds, 4),
    "weights": numbers(mixture.weights_[order]),
    "means": numbers(mixture.means_[order]),
    "covariances": numbers(mixture.covariances_[order].reshape(3, 4)),
    "log_likelihood": mixture.score(clouds.astype(np.float64)),
}

json.dump(golden, sys.stdout)
print()
