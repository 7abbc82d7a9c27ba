//! The kinds of network: each a type with const generic widths, the traits that it implements, and how it runs.

mod classifier;
mod dense;
mod gated;
mod gaussian;
mod perceptron;

pub use self::classifier::Classifier;
pub use self::dense::Dense;
pub use self::gated::Gated;
pub use self::gaussian::Gaussian;
pub use self::perceptron::{AnyPerceptron, Perceptron};
use crate::plan::{Plan, Recurrence};
use crate::traits::Probabilistic;

/// How a network computes.
#[derive(Clone)]
pub enum Kind<'n> {
    /// By dense layers.
    Dense(Plan),
    /// By dense layers, two of which give mean and log variance of the code.
    Gaussian(Plan, &'n dyn Probabilistic),
    /// By gated recurrent units.
    Gated(Recurrence),
}

impl<'n> Kind<'n> {
    /// The plan of a network of dense layers.
    pub fn plan(self) -> Option<Plan> {
        match self {
            Self::Dense(plan) | Self::Gaussian(plan, _) => Some(plan),
            Self::Gated(_) => None,
        }
    }

    /// The same network, if its code is a normal distribution.
    pub fn probabilistic(self) -> Option<&'n dyn Probabilistic> {
        match self {
            Self::Gaussian(_, network) => Some(network),
            Self::Dense(_) | Self::Gated(_) => None,
        }
    }
}
