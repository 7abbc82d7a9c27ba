//! Claims: comparisons between recorded metrics, such as
//! `test.autoencoder.mse_per_pixel < 0.6 * test.pca.mse_per_pixel`.

/// One checkable comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim;
