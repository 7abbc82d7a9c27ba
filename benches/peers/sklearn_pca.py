"""PCA with 32 components by scikit-learn's eigendecomposition of the covariance."""

from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from common import arguments, images, report

args = arguments()
data = images(args.images)
with threadpool_limits(args.threads):
    report(args.epochs, lambda: PCA(32, svd_solver="covariance_eigh").fit(data))
