//! Summaries, comparisons, lists and reports of recorded runs, and the program `hourglass-evaluate`.
//!
//! | room | contents |
//! |---|---|
//! | [`across`] | summaries over seeds, comparisons and repetitions of runs, and the regression gate |
//! | `list` | tables of recorded runs as text, CSV, JSON and LaTeX ([`List`]) |
//! | `report` | `REPORT.md`, `report.html` and a page for each experiment ([`report()`], [`page`]) |
//! | `progress` | the progress bar of an evaluation |
//! | [`program`] | the command line of `hourglass-evaluate` |
//!
//! All of them read records, and none trains a network.
//!
//! ```
//! // The verdicts of an experiment without a summary: a line that says so.
//! let (table, errors) = report::verdicts(&["results/absent/glyphs".into()]);
//! assert!(table.contains("absent on glyphs") && errors.is_empty());
//! ```

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
