//! The inputs of a measurement: rows of a run, clean and corrupted, and its trained network.

mod network;
mod rows;

pub use self::network::TrainedNetwork;
pub use self::network::load_network;
pub(crate) use self::network::{encoder_filters, load_fine_tuned};
pub(crate) use self::rows::{Inputs, clean};
