//! What is measured of a run: the rows it is given, and its trained network.

mod network;
mod rows;

pub use self::network::TrainedNetwork;
pub(crate) use self::network::{encoder_filters, load_fine_tuned, load_network};
pub(crate) use self::rows::{Inputs, clean};
