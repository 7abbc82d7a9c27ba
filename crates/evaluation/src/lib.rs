//! Measures Hourglass runs against exact baselines and draws their plots.
//!
//! Rooms, in the order in which they import each other: a room imports those above it and none below.
//!
//! | room | what lives there |
//! |---|---|
//! | `error`, `parallel`, `tensors` | errors, parallel loops, safetensors on their way to a file |
//! | [`metrics`] | numbers that say how good something is; nothing is fitted |
//! | `inputs` | what is measured of a run: its images, clean and corrupted, and its trained network |
//! | `estimators` | what is fitted or solved, and is no baseline |
//! | `baselines` | what the autoencoder is held against: [`Pca`], [`MeanImage`], [`MedianFilter`], [`NonLocalMeans`], ... |
//! | `subjects` | the network and the baselines of a run, and their errors |
//! | `new_rows` | what is kept of a run for new rows |
//! | [`packed`] | the file of codes in few bytes |
//! | `tasks` | what is measured beyond reconstruction error: one file a task |
//! | [`measure`] | everything recorded about one run |
//! | [`evaluate()`] | one run as a whole: measured, drawn, declared complete |
//!
//! Files of one room do not import each other in a circle either; a test of `report` holds the order. All of it is independent of
//! the number of threads, bit for bit.

mod error;
#[cfg(test)]
mod golden;
mod parallel;
mod tensors;

mod baselines;
mod estimators;
mod evaluate;
mod inputs;
pub mod measure;
pub mod metrics;
mod new_rows;
pub mod packed;
mod subjects;
mod tasks;

pub use baselines::mean_image::MeanImage;
pub use baselines::median_filter::MedianFilter;
pub use baselines::non_local_means::NonLocalMeans;
pub use baselines::pca::Pca;
pub use error::Error;
pub use estimators::codec::Codec;
pub use estimators::mixture::Mixture;
pub use estimators::nearest::KthNeighbour;
pub use evaluate::{Evaluated, evaluate, evaluate_step_by_step, steps};
pub use inputs::load_network;
pub use new_rows::{MOST_BITS, NewRows};
pub use tasks::likelihood::protocol as likelihood_protocol;
