//! Measures one Hourglass run: compares its network with exact baselines, carries out the tasks of the experiment, and
//! draws the figures of the run.
//!
//! - [`evaluate()`] does all of this for a recorded run; [`measure`] measures without writing.
//! - [`Pca`], [`MeanImage`], [`MedianFilter`] and [`NonLocalMeans`] are baselines that other programs use as well.
//! - [`NewRows`] holds what is needed to score and compress new rows with a recorded network.
//!
//! ```
//! use evaluation::Pca;
//! use zoo::{Autoencoder, Matrix};
//!
//! // Rows on a line in the plane: one principal component reconstructs them.
//! let rows = Matrix::new(3, 2, vec![0.0, 0.0, 1.0, 2.0, 2.0, 4.0]);
//! let pca = Pca::fit_rows(&rows, 1)?;
//! let reconstructed = pca.reconstruct(&rows);
//! assert!(rows.values().iter().zip(reconstructed.values()).all(|(row, output)| (row - output).abs() < 1e-6));
//! # Ok::<(), evaluation::Error>(())
//! ```
//!
//! ## Rooms
//!
//! The modules, called rooms, in the order of their imports: a room imports only rooms above it.
//!
//! | room | what lives there |
//! |---|---|
//! | `error`, `parallel`, `tensors` | errors, parallel loops, writing of safetensors |
//! | [`metrics`] | metrics of reconstructions, clusterings, scores and codes; nothing is fitted |
//! | `inputs` | rows of a run, clean and corrupted, and its trained network |
//! | `estimators` | models that are fitted or solved, apart from baselines |
//! | `baselines` | methods that the autoencoder is compared with: [`Pca`], [`MeanImage`], [`MedianFilter`], [`NonLocalMeans`], ... |
//! | `subjects` | the network and the baselines of a run, and their errors |
//! | `new_rows` | the file of a run for new rows: PCA, quantiser and errors |
//! | [`packed`] | the file format of compressed codes |
//! | `tasks` | tasks, which measure more than reconstruction error; one file each |
//! | [`measure`] | all measurements of one run |
//! | [`evaluate()`] | one run as a whole: measured, drawn, marked as complete |
//!
//! Files of one room do not import each other in a circle either; a test of the crate `report` checks the order. No result
//! depends on the number of threads.

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
