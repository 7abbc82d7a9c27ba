//! What recorded runs say together, and the program that evaluates them.
//!
//! | room | what lives there |
//! |---|---|
//! | [`across`] | makes summaries, compares and repeats runs, and holds a suite to what was approved |
//! | `list` | recorded runs as tables for people and programs ([`List`]) |
//! | `report` | all of it on one page ([`report()`]) |
//! | `progress` | what a person sees while a run is evaluated |
//! | [`program`] | the command line of `hourglass-evaluate` |

pub mod across;
mod error;
mod list;
pub mod program;
mod progress;
mod report;

pub use across::compare::compare;
pub use across::text::verdicts;
pub use error::Error;
pub use list::{Form, List, Listed};
pub use report::{Report, Reporting, needed, page, report};
