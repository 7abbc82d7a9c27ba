//! The baselines: what the autoencoder is held against. A line of the table declares one.
//!
//! Whose errors are recorded for a baseline stands in [`subject`](crate::subject); its fit in a file of its name in
//! `crates/evaluation/src/baselines`.

use crate::names::names;
use crate::needs::{EIGENVECTORS, Need};

/// Declares the baselines: name, whether it is a denoiser, what it needs of a run, and the
/// parameters that it chooses on training images.
macro_rules! baselines {
    ($($(#[$doc:meta])* $variant:ident = $name:literal {
        denoiser: $denoiser:literal, needs: $needs:expr, chooses: $chooses:expr
    },)+) => {
        names! {
            /// What the autoencoder is held against.
            Baseline, "baseline" { $($(#[$doc])* $variant = $name,)+ }
        }

        impl Baseline {
            /// True if it removes noise and does nothing else. It stands beside PCA in tables and figures.
            pub const fn is_denoiser(self) -> bool {
                match self { $(Self::$variant => $denoiser,)+ }
            }

            /// What it needs of a run; where that is lacking, a file that asks for it is refused.
            pub const fn needs(self) -> &'static [Need] {
                use Need::*;
                match self { $(Self::$variant => &$needs,)+ }
            }

            /// Names of the parameters that it chooses on training images. They are recorded of every run that has it.
            pub const fn chooses(self) -> &'static [&'static str] {
                match self { $(Self::$variant => $chooses,)+ }
            }
        }
    };
}

baselines! {
    /// Principal component analysis with as many components as the code has units, fit on the clean training split.
    Pca = "pca" { denoiser: false, needs: [], chooses: &[] },
    /// The mean training row, whatever the input.
    MeanImage = "mean_image" { denoiser: false, needs: [], chooses: &[] },
    /// Of all affine maps through a code of that size, the one that best takes corrupted training images to clean ones; with
    /// corruption only.
    LinearDenoiser = "linear_denoiser" { denoiser: true, needs: [Corruption, EIGENVECTORS], chooses: &[] },
    /// Of all affine maps, whatever their rank, the one that best takes noisy training rows to clean ones; with corruption only.
    Wiener = "wiener" { denoiser: true, needs: [Corruption, EIGENVECTORS], chooses: &["regularisation"] },
    /// Each pixel becomes the median of a square window about it; with corruption only.
    MedianFilter = "median_filter" { denoiser: true, needs: [Corruption, GreyImages, UnitRange], chooses: &["window"] },
    /// Each pixel becomes a mean of the pixels around it, weighed by how alike their surroundings are (Buades et al.,
    /// 2005); with corruption only.
    NonLocalMeans = "non_local_means" { denoiser: true, needs: [Corruption, GreyImages, UnitRange], chooses: &["strength", "noise_deviation"] },
}

impl Baseline {
    /// Those of a file that names none.
    pub const DEFAULT: [Self; 2] = [Self::Pca, Self::MeanImage];
}
