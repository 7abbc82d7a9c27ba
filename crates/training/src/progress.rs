//! Progress of a run: a bar on a terminal, a line every few seconds elsewhere, nothing with `--quiet`.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use record::Epoch;
use system::terminal;

/// Shortest time between two lines, without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Progress over all epochs of a run.
pub(crate) struct Progress {
    label: String,
    bar: ProgressBar,
    lines: bool,
    epochs: usize,
    images_per_epoch: usize,
    /// Number of epochs that an earlier process finished.
    resumed: usize,
    started: Instant,
    last_line: Instant,
}

impl Progress {
    pub(crate) fn new(label: &str, epochs: usize, images_per_epoch: usize, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal && !quiet { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some((epochs * images_per_epoch) as u64), target);
        // The bar fits a line of 80 columns: a longer one wraps, and its first part stays on the screen.
        if let Ok(style) = ProgressStyle::with_template("{prefix:.26} {wide_bar} {percent:>3}%  {msg}  {eta} left") {
            bar.set_style(style);
        }
        bar.set_prefix(label.to_owned());
        let now = Instant::now();
        Self {
            label: label.to_owned(),
            bar,
            lines: !terminal && !quiet,
            epochs,
            images_per_epoch,
            resumed: 0,
            started: now,
            last_line: now,
        }
    }

    /// Counts epochs that an earlier process finished.
    pub(crate) fn resume(&mut self, epochs: usize) {
        self.bar.set_position((epochs * self.images_per_epoch) as u64);
        self.bar.reset_eta();
        self.resumed = epochs;
    }

    pub(crate) fn batch(&self, images: usize, loss: f64) {
        self.bar.inc(images as u64);
        // Only rows that this process passed: the rate must not count those before a resumed run.
        let done = self.bar.position().saturating_sub((self.resumed * self.images_per_epoch) as u64);
        let rate = done as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
        self.bar.set_message(format!("loss {loss:.5}  {rate:.0} rows/s"));
    }

    pub(crate) fn epoch(&mut self, epoch: &Epoch) {
        let first = epoch.epoch == 1 && epoch.seconds > LINE_EVERY.as_secs_f64();
        if !self.lines || (self.last_line.elapsed() < LINE_EVERY && !first) {
            return;
        }
        self.last_line = Instant::now();
        let done = epoch.epoch - self.resumed;
        let rate = (done * self.images_per_epoch) as f64 / self.started.elapsed().as_secs_f64();
        let left = self.started.elapsed().mul_f64((self.epochs - epoch.epoch) as f64 / done as f64);
        let validation = epoch.validation_loss.map_or(String::new(), |loss| format!(", validation {loss:.5}"));
        terminal::tell(&format!(
            "{}: epoch {} of {} ({}), loss {:.5}{validation}, {rate:.0} rows/s, {} left",
            self.label,
            epoch.epoch,
            self.epochs,
            epoch.stage,
            epoch.train_loss,
            HumanDuration(left),
        ));
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
