//! Draws figures of recorded runs as SVG and PNG. A figure depends only on the files of a record: the same record gives
//! the same bytes.
//!
//! [`draw_run`] draws the figures of a run, [`draw_summary`] the figures over the runs of an experiment, and
//! [`draw_curves`] the learning curves of several runs. [`run_scenes`] and [`summary_scenes`] return figures as lists of
//! marks, for other formats. [`summary`] reads the summary of an experiment. The crate links neither networks nor data
//! sets, because a record or a summary has every number of a figure.
//!
//! ```
//! use figures::summary::Spread;
//!
//! let spread = Spread::of(&[0.1, 0.2, 0.3]).unwrap();
//! assert!((spread.mean - 0.2).abs() < 1e-12 && (spread.std.unwrap() - 0.1).abs() < 1e-12);
//! ```

mod error;
mod figure;
pub mod summary;

pub use error::Error;
pub use figure::{
    Curve, Drawn, Scenes, behind, draw_curves, draw_run, draw_summary, run_scenes, run_svg, summary_scenes, summary_svg,
};
