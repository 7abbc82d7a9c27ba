//! Results over several runs: summaries, comparisons of runs, repetitions of a run, and the regression gate.

pub(crate) mod answer;
pub(crate) mod chance;
pub mod compare;
mod differences;
pub mod gate;
pub mod gate_text;
pub mod reproduce;
pub(crate) mod sentence;
pub(crate) mod steady;
pub(crate) mod summarise;
pub mod text;
pub(crate) mod words;

pub use record::folders::{recorded_experiments, recorded_runs};

pub use self::summarise::summarise;
