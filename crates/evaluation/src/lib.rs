//! Measures Hourglass runs against exact baselines and draws their plots.
//!
//! In reading order: the baselines ([`Pca`], [`MeanImage`]), the error of one set of reconstructions ([`metrics`],
//! [`ssim`]), everything recorded about one run ([`measure`], [`samples`]), and what several runs say together
//! ([`summary`]). All of it is independent of the number of threads, bit for bit.

mod covariance;
mod error;
mod mean_image;
pub mod measure;
pub mod metrics;
mod pca;
pub mod plots;
pub mod samples;
pub mod ssim;
pub mod summary;
mod summary_text;

pub use error::Error;
pub use mean_image::MeanImage;
pub use pca::Pca;
