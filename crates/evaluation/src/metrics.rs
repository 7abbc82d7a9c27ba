//! Numbers that say how good a reconstruction, a clustering or a score is. One file each; none of them fits anything.

pub(crate) mod agreement;
pub(crate) mod blocks;
pub(crate) mod disentanglement;
pub(crate) mod range;
pub(crate) mod ranking;
mod reconstruction;
pub mod ssim;

pub use self::reconstruction::{ErrorSums, Original, PSNR_LIMIT, binary_cross_entropy, psnr, squared_error};
