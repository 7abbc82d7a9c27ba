//! Compile-time-shaped dfdx autoencoders, and the catalogue that names them.
//!
//! Every architecture is a type whose widths are const generics: layers that do not meet do not compile. dfdx stays
//! inside this crate; at its edge stand [`Autoencoder`] and [`Trainable`] over row-major [`Matrix`] values.

mod architectures;
pub mod arithmetic;
mod classifier;
pub mod dense;
mod discriminator;
mod error;
mod face;
mod file;
pub mod gaussian;
mod layout;
mod matrix;
pub mod network;
mod plan;
pub mod recurrent;
pub mod tensors;

pub use architectures::*;
pub use classifier::Classifier;
pub use discriminator::{Discriminator, discriminator};
pub use error::Error;
pub use face::{Autoencoder, Judgement, Losses, Objective, Posterior, Recurrence, Step, Trainable};
pub use file::{from_bytes, load, load_classifier, to_bytes};
pub use layout::{Layer, Layout};
pub use matrix::Matrix;
pub use plan::{Activation, Plan};
