//! Metrics of reconstructions, clusterings, scores and codes. One file each; no metric is fitted to data.

pub(crate) mod agreement;
pub mod blame;
pub(crate) mod blocks;
pub(crate) mod disentanglement;
pub(crate) mod image_formats;
pub(crate) mod range;
pub(crate) mod ranking;
pub(crate) mod rate_distortion;
mod reconstruction;
pub mod ssim;
pub mod threshold;

pub use self::reconstruction::{ErrorSums, Original, PSNR_LIMIT, binary_cross_entropy, psnr, squared_error};
