//! What is measured of a run: the images it is given, and its trained network.

mod images;
mod network;

pub(crate) use self::images::{Inputs, clean};
pub use self::network::TrainedNetwork;
pub(crate) use self::network::{encoder_filters, load_fine_tuned, load_network};
