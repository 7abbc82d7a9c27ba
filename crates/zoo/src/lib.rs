//! Networks as dfdx types with compile-time shapes, and the traits and files through which other crates use them.
//!
//! - [`Dense`], [`Residual`], [`Gaussian`], [`Gated`] and [`Classifier`] are the kinds of network. Each page has a diagram.
//!   Their widths are const generics: a network whose layers have different widths where they meet does not compile.
//! - [`Autoencoder`], [`Probabilistic`] and [`Trainable`] are object-safe traits of networks. They take and return
//!   row-major [`Matrix`] values, so that dfdx stays inside this crate.
//! - [`Layout`] and [`Plan`] describe a network without its types: the place of each parameter in one flat list, and the
//!   arithmetic. The training engines run on them.
//! - [`Networks`] builds the network of a [`spec::Model`] from the types that are compiled into a program.
//! - [`to_bytes`] and [`from_bytes`] write and read model files.
//!
//! ```
//! use zoo::layer::{Identity, Layer, Sigmoid};
//! use zoo::{Autoencoder, Dense, Matrix};
//!
//! // An autoencoder of rows of 4 values with a code of 2 units. Every parameter of a new network is 0.
//! let network = Dense::<4, 2, (Layer<4, 2, Identity>,), (Layer<2, 4, Sigmoid>,)>::default();
//! assert_eq!(network.parameter_count(), (4 * 2 + 2) + (2 * 4 + 4));
//!
//! let rows = Matrix::new(3, 4, vec![0.25; 12]);
//! assert_eq!(network.encode(&rows), Matrix::zeros(3, 2));
//! assert_eq!(network.reconstruct(&rows), Matrix::new(3, 4, vec![0.5; 12]));
//! ```

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
