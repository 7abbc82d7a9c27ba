//! Measures Hourglass runs against exact baselines and draws their plots.
//!
//! In reading order: the baselines ([`Pca`], [`MeanImage`], `linear_denoiser`, [`MedianFilter`], [`NonLocalMeans`]), the error of one set of reconstructions ([`metrics`],
//! [`ssim`]), everything recorded about one run ([`measure`], [`samples`], and [`evaluate()`] as a whole), and what several
//! runs say together ([`summary`]) and may not say any worse ([`regression`]); whether a
//! run can be repeated ([`reproduction`]), and all of it on one page ([`report()`]). All of it is independent of the number of threads, bit for bit.

mod agreement;
mod baselines;
mod codec;
mod compare;
mod covariance;
mod error;
mod evaluate;
#[cfg(test)]
mod golden;
mod kmeans;
mod least_squares;
mod linear_classifier;
mod linear_denoiser;
mod mean_image;
pub mod measure;
mod median_filter;
pub mod metrics;
mod mixture;
mod nearest;
mod non_local_means;
mod normal;
mod number;
mod pca;
pub mod plots;
mod probabilistic_pca;
mod ranking;
pub mod regression;
mod report;
pub mod reproduction;
pub mod samples;
pub mod ssim;
pub mod summary;
mod summary_text;
pub mod tasks;

pub use compare::compare;
pub use error::Error;
pub use evaluate::{Evaluated, evaluate};
pub use mean_image::MeanImage;
pub use median_filter::MedianFilter;
pub use non_local_means::NonLocalMeans;
pub use number::fixed;
pub use pca::Pca;
pub use report::{Report, report};
pub use summary_text::verdicts;
