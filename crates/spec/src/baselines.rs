//! Baselines: the methods that an autoencoder is compared with. Each entry of the table declares one.
//!
//! [`subject`](crate::subject) names the errors that are recorded for a baseline. `crates/evaluation/src/baselines` has
//! one file for the fit of each.

use crate::names::names;
use crate::needs::{EIGENVECTORS, Need};

/// Declares the baselines. Each entry has a name, whether it is a denoiser, its needs, and the parameters that it
/// chooses on training rows.
macro_rules! baselines {
    ($($(#[$doc:meta])* $variant:ident = $name:literal {
        denoiser: $denoiser:literal, needs: $needs:expr, chooses: $chooses:expr
    },)+) => {
        names! {
            /// A method that the autoencoder is compared with.
            Baseline, "baseline" { $($(#[$doc])* $variant = $name,)+ }
        }

        impl Baseline {
            /// True for a denoiser, which has no code. Tables and figures show it beside PCA.
            pub const fn is_denoiser(self) -> bool {
                match self { $(Self::$variant => $denoiser,)+ }
            }

            /// What the baseline needs of a run. A file that lists it without meeting a need is an error.
            pub const fn needs(self) -> &'static [Need] {
                use Need::*;
                match self { $(Self::$variant => &$needs,)+ }
            }

            /// Names of the parameters that the baseline chooses on training rows. Each run with the baseline records them.
            pub const fn chooses(self) -> &'static [&'static str] {
                match self { $(Self::$variant => $chooses,)+ }
            }
        }
    };
}

baselines! {
    /// Principal component analysis with as many components as the code has units, fitted to the clean training split.
    Pca = "pca" { denoiser: false, needs: [], chooses: &[] },
    /// The mean training row, for any input.
    MeanImage = "mean_image" { denoiser: false, needs: [], chooses: &[] },
    /// The affine map through a code of the same size that best maps corrupted training rows to clean ones. Only with
    /// corruption.
    LinearDenoiser = "linear_denoiser" { denoiser: true, needs: [Corruption, EIGENVECTORS], chooses: &[] },
    /// The affine map of any rank that best maps corrupted training rows to clean ones. Only with corruption.
    Wiener = "wiener" { denoiser: true, needs: [Corruption, EIGENVECTORS], chooses: &["regularisation"] },
    /// Replaces each pixel by the median of a square window around it. Only with corruption.
    MedianFilter = "median_filter" { denoiser: true, needs: [Corruption, GreyImages, UnitRange], chooses: &["window"] },
    /// Replaces each pixel by a mean of the pixels around it, weighted by the similarity of their surroundings (Buades
    /// et al., 2005). Only with corruption.
    NonLocalMeans = "non_local_means" { denoiser: true, needs: [Corruption, GreyImages, UnitRange], chooses: &["strength", "noise_deviation"] },
}

impl Baseline {
    /// Baselines of a file that lists none.
    pub const DEFAULT: [Self; 2] = [Self::Pca, Self::MeanImage];
}
