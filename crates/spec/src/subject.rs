//! Names of what is measured.

use crate::catalogue::Baseline;

/// The trained network.
pub const AUTOENCODER: &str = "autoencoder";
/// PCA at the same code size.
pub const PCA: &str = "pca";
/// The same PCA with its output clipped to [0, 1].
pub const PCA_CLIPPED: &str = "pca_clipped";
/// The mean training image.
pub const MEAN_IMAGE: &str = "mean_image";
/// The corrupted input itself: what doing nothing costs.
pub const CORRUPTED_INPUT: &str = "corrupted_input";
/// Probabilistic PCA with as many components as the code has units (Tipping & Bishop, 1999).
pub const PROBABILISTIC_PCA: &str = "probabilistic_pca";
/// What the decoder makes of draws from a standard normal code.
pub const PRIOR_SAMPLES: &str = "prior_samples";
/// What the decoder makes of draws from a Gaussian mixture fit to the training codes.
pub const MIXTURE_SAMPLES: &str = "mixture_samples";
/// What PCA makes of draws from a normal distribution fit to its training codes.
pub const PCA_SAMPLES: &str = "pca_samples";
/// Images that PCA makes of draws from a mixture fit to its codes.
pub const PCA_MIXTURE_SAMPLES: &str = "pca_mixture_samples";
/// The test images themselves: what a perfect sampler would reach.
pub const TEST_IMAGES: &str = "test_images";
/// What judges samples.
pub const CLASSIFIER: &str = "classifier";
/// The pixels as they are, in place of a code.
pub const RAW_PIXELS: &str = "raw_pixels";
/// Distance to the 10th nearest training image, in pixels.
pub const KTH_NEIGHBOUR: &str = "kth_neighbour";
/// A lossless image format.
pub const PNG: &str = "png";
/// A lossy image format.
pub const JPEG: &str = "jpeg";
/// The noise of a data set that knows it: the least error there can be.
pub const NOISE_FLOOR: &str = "noise_floor";
/// PCA fit on the source of a transfer.
pub const PCA_SOURCE: &str = "pca_source";
/// The same, with a linear decoder fit on the target.
pub const PCA_TUNED: &str = "pca_tuned";
/// The mean training image of a transfer's source.
pub const SOURCE_MEAN_IMAGE: &str = "source_mean_image";
/// The affine map through a code of the same size that best undoes the noise of training images.
pub const LINEAR_DENOISER: &str = "linear_denoiser";
/// The median filter, whose window was chosen on training images.
pub const MEDIAN_FILTER: &str = "median_filter";
/// Non-local means, whose strength was chosen on training images.
pub const NON_LOCAL_MEANS: &str = "non_local_means";
/// The encoder with a softmax layer on its code, trained on labels.
pub const FINE_TUNED: &str = "fine_tuned";

/// Whose reconstruction error is measured, in the order of tables.
pub fn reconstructing() -> Vec<&'static str> {
    let baselines = Baseline::ALL.iter().flat_map(|baseline| baseline.subjects());
    [AUTOENCODER].iter().chain(baselines).chain(&[CORRUPTED_INPUT]).copied().collect()
}
