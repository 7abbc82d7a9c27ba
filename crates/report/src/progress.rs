//! Progress of an evaluation: a bar on a terminal, occasional lines elsewhere, nothing with `--quiet`.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use system::terminal;

/// Shortest time between two lines of progress without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// Time between two updates of the elapsed time in the bar.
const TICK: Duration = Duration::from_millis(250);

/// Progress over the steps of an evaluation.
pub(crate) struct Progress {
    label: String,
    bar: ProgressBar,
    lines: bool,
    steps: usize,
    state: Mutex<State>,
}

struct State {
    /// Number of steps that have begun.
    begun: usize,
    last_line: Instant,
}

impl Progress {
    pub(crate) fn new(label: &str, steps: usize, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal && !quiet { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        // The bar is cleared at the end and after an error.
        let bar = ProgressBar::with_draw_target(Some(steps as u64), target).with_finish(ProgressFinish::AndClear);
        // One line of 80 columns, in the layout of the progress bar of training.
        if let Ok(style) = ProgressStyle::with_template("{prefix:.26} {wide_bar} {pos:>2} of {len}  {msg}  {elapsed}") {
            bar.set_style(style);
        }
        bar.set_prefix(label.to_owned());
        if !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        let state = Mutex::new(State { begun: 0, last_line: Instant::now() });
        Self { label: label.to_owned(), bar, lines: !terminal && !quiet, steps, state }
    }

    /// Shows that a step begins; all steps before it are done.
    pub(crate) fn begin(&self, step: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let done = state.begun;
        state.begun += 1;
        self.bar.set_position(done as u64);
        self.bar.set_message(step.to_owned());
        if self.lines && state.last_line.elapsed() >= LINE_EVERY {
            state.last_line = Instant::now();
            terminal::tell(&format!("{}: evaluation, {step} (step {} of {})", self.label, done + 1, self.steps));
        }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
