//! Writes event files of TensorBoard: during training ([`Live`]), or from complete records (program
//! `hourglass-tensorboard`).
//!
//! An event file is a sequence of framed records (`frame`), each with one message of Protocol Buffers (`message`,
//! `event`). TensorBoard shows each folder with event files as one run. Times of events are the recorded start of the
//! run plus its seconds of training, so that the same record gives the same bytes.
//!
//! ```
//! use tensorboard::{Value, event, file_name, version};
//!
//! let mut file = version(1.7e9);
//! file.extend(event(1.7e9 + 2.5, 1, &[("autoencoder/train_loss".to_owned(), Value::Scalar(0.25))]));
//! assert_eq!(file_name(1_700_000_000), "events.out.tfevents.1700000000.hourglass");
//! ```

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

/// Name of the event file of a run that started `started` seconds after 1970-01-01 UTC. TensorBoard reads the files of
/// a folder in the order of their names.
pub fn file_name(started: u64) -> String {
    format!("{PREFIX}{started:010}{SUFFIX}")
}

/// Start of the name of every event file, by which TensorBoard finds them.
const PREFIX: &str = "events.out.tfevents.";
/// End of the name of event files of Hourglass, which other programs' files lack.
const SUFFIX: &str = ".hourglass";
