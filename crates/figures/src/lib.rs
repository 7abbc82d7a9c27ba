//! Draws figures of recorded runs, as SVG and PNG: pure functions of the files of a record, with the same bytes every time.
//!
//! It links neither networks nor data sets: everything that is drawn stands in a record or in a summary.

mod error;
mod figure;
pub mod summary;

pub use error::Error;
pub use figure::{
    Curve, Drawn, Scenes, behind, draw_curves, draw_run, draw_summary, run_scenes, run_svg, summary_scenes, summary_svg,
};
