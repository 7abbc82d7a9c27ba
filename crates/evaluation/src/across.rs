//! What several runs say together: their summary, a comparison of runs, whether a run can be repeated, and whether a suite got
//! worse.

pub mod compare;
pub(crate) mod folders;
pub mod gate;
pub mod gate_text;
pub mod reproduce;
pub(crate) mod summarise;
pub(crate) mod text;

pub use self::folders::{recorded_experiments, recorded_runs};
pub use self::summarise::summarise;
