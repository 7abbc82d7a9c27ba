//! The kinds of network: each a type with const generic widths, the traits that it implements, and how it runs.

pub(crate) mod classifier;
pub(crate) mod dense;
pub(crate) mod gated;
pub(crate) mod gaussian;
pub(crate) mod perceptron;
