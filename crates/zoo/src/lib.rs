//! Compile-time-shaped dfdx networks.
//!
//! Every network is a type whose widths are const generics: layers that do not meet do not compile. The types that a program
//! needs are made on demand from [`spec::Form`]s and handed to it as [`Networks`]. dfdx stays inside this crate; at its edge
//! stand [`Autoencoder`] and [`Trainable`] over row-major [`Matrix`] values.

pub mod arithmetic;
mod discriminator;
mod error;
mod file;
mod judge;
mod kind;
pub mod layer;
mod layout;
mod learned;
mod matrix;
mod networks;
mod plan;
mod rows;
mod traits;

pub use discriminator::Discriminator;
pub use error::Error;
pub use file::{from_bytes, tensors, to_bytes};
pub use judge::Judge;
pub use kind::*;
pub use layout::{Layer, Layout};
pub use matrix::Matrix;
pub use networks::{Built, Networks};
pub use plan::{Plan, Recurrence, apply};
pub use traits::{Autoencoder, Judgement, Kind, Losses, Objective, Posterior, Probabilistic, Step, Trainable};
