//! Estimators: models that are fitted to data or solved, apart from the baselines. One file each.

pub(crate) mod bernoulli_mixture;
pub(crate) mod codec;
pub(crate) mod covariance;
pub(crate) mod eigen;
pub(crate) mod k_means;
pub(crate) mod least_squares;
pub(crate) mod linear_classifier;
pub(crate) mod mixture;
pub(crate) mod nearest;
pub(crate) mod normal;
pub(crate) mod rotation;
