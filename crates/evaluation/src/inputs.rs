//! What is measured of a run: the rows it is given, and its trained network.

mod network;
mod rows;

pub use self::network::TrainedNetwork;
pub use self::network::load_network;
pub(crate) use self::network::{encoder_filters, load_fine_tuned};
pub(crate) use self::rows::{Inputs, clean};
