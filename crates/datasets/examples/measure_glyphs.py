"""Accuracy of classifiers, and error of PCA, on glyphs: python measure_glyphs.py FOLDER

FOLDER holds at least 24,000 images that export_glyphs wrote. Trains on the first 20,000 and tests on the next 4,000.
Needs numpy and scikit-learn.
"""

import sys

import numpy
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

folder = sys.argv[1]
pixels = numpy.fromfile(f"{folder}/pixels.u8", numpy.uint8).reshape(-1, 784).astype(numpy.float32) / 255
labels = numpy.fromfile(f"{folder}/labels.u8", numpy.uint8)
train, test = slice(0, 20_000), slice(20_000, 24_000)

for name, classifier in [
    ("multinomial logistic regression", LogisticRegression(C=0.1, max_iter=200)),
    ("784-128-10 perceptron", MLPClassifier((128,), batch_size=128, max_iter=30, n_iter_no_change=30, random_state=0)),
]:
    accuracy = classifier.fit(pixels[train], labels[train]).score(pixels[test], labels[test])
    print(f"{name}: test accuracy {accuracy:.2%}")

pca = PCA(32, svd_solver="covariance_eigh").fit(pixels[train])
error = ((pca.inverse_transform(pca.transform(pixels[test])) - pixels[test]) ** 2).mean()
print(f"PCA with 32 components: test MSE per pixel {error:.4f}; mean pixel {pixels[train].mean():.3f}")
