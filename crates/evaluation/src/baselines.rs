//! Baselines, to which the autoencoder is compared. Each is fitted to training rows alone and has its own file. [`fitted`]
//! holds their common trait.

pub(crate) mod choice;
pub(crate) mod fitted;
pub(crate) mod linear_denoiser;
pub(crate) mod mean_image;
pub(crate) mod median_filter;
pub(crate) mod non_local_means;
pub(crate) mod pca;
pub(crate) mod wiener;

use spec::catalogue::Baseline;

use self::fitted::Fitted;
use self::linear_denoiser::LinearDenoiser;
use self::mean_image::MeanImage;
use self::median_filter::MedianFilter;
use self::non_local_means::NonLocalMeans;
use self::pca::Pca;
use self::wiener::Wiener;
use crate::error::Error;
use crate::inputs::Inputs;

/// Fits a baseline to the training rows and the noise that the run gives them. `code` is the number of units of the
/// network's code.
///
/// # Errors
/// When an eigendecomposition does not converge.
pub(crate) fn fit(baseline: Baseline, train: &Inputs<'_>, code: usize) -> Result<Box<dyn Fitted>, Error> {
    Ok(match baseline {
        Baseline::Pca => Box::new(Pca::fit(train.rows, code)?),
        Baseline::MeanImage => Box::new(MeanImage::fit(train.rows)),
        Baseline::LinearDenoiser => Box::new(LinearDenoiser::fit(train, code)?),
        Baseline::Wiener => Box::new(Wiener::fit(train)?),
        Baseline::MedianFilter => Box::new(MedianFilter::fit(train)),
        Baseline::NonLocalMeans => Box::new(NonLocalMeans::fit(train)),
    })
}
