//! Event files of TensorBoard: written while a run trains ([`Live`]), or from complete records (program
//! `hourglass-tensorboard`).
//!
//! An event file is a sequence of framed records (`frame`), each of which holds one message of Protocol Buffers (`message`,
//! `event`). TensorBoard takes each folder with event files for one run. Times of events are the recorded start of the run plus
//! its seconds of training, so that the same record gives the same bytes.

mod event;
mod frame;
mod histogram;
mod hparams;
mod live;
mod message;
mod scalars;

pub use self::event::{FAILURE, SUCCESS, Value, event, session_end, session_start, version};
pub use self::histogram::Histogram;
pub use self::hparams::{beginning, group};
pub use self::live::Live;
pub use self::scalars::{of_epoch, of_test, values};

/// Name of the event file of a run that started so many seconds after 1970-01-01 UTC. TensorBoard reads the files of a folder in
/// the order of their names.
pub fn file_name(started: u64) -> String {
    format!("{PREFIX}{started:010}{SUFFIX}")
}

/// How TensorBoard tells event files from others.
const PREFIX: &str = "events.out.tfevents.";
/// How event files of Hourglass are told from others.
const SUFFIX: &str = ".hourglass";
