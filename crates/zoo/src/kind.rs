//! The kinds of network. Each file holds one: a type with const-generic widths, and the traits that it implements.

mod classifier;
mod dense;
mod gated;
mod gaussian;
mod perceptron;
mod residual;

pub use self::classifier::Classifier;
pub use self::dense::Dense;
pub use self::gated::Gated;
pub use self::gaussian::Gaussian;
pub use self::perceptron::{AnyPerceptron, Perceptron};
pub use self::residual::Residual;
