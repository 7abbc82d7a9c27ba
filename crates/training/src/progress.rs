//! Progress of a run: a bar on a terminal, a line every few seconds elsewhere, nothing with `--quiet`.

use std::cell::OnceCell;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use record::Epoch;
use system::terminal;

/// Shortest time between two lines, without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The rate of fewer seconds says little.
const RATE_AFTER: f64 = 0.2;

/// Progress over all epochs of a run.
pub(crate) struct Progress {
    label: String,
    bar: ProgressBar,
    lines: bool,
    epochs: usize,
    images_per_epoch: usize,
    /// When the first batch of this process was done, and the position of the bar then.
    first: OnceCell<(Instant, u64)>,
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
        Self {
            label: label.to_owned(),
            bar,
            lines: !terminal && !quiet,
            epochs,
            images_per_epoch,
            first: OnceCell::new(),
            last_line: Instant::now(),
        }
    }

    /// Counts epochs, and images of the next epoch, that an earlier process has done.
    pub(crate) fn resume(&mut self, epochs: usize, images: usize) {
        self.bar.set_position((epochs * self.images_per_epoch + images) as u64);
        self.bar.reset_eta();
    }

    pub(crate) fn batch(&self, images: usize, loss: f64) {
        self.bar.inc(images as u64);
        let rate = self.rate().map_or(String::new(), |rate| format!("  {rate:.0} rows/s"));
        self.bar.set_message(format!("loss {loss:.5}{rate}"));
    }

    /// Rows a second of this process, once that is known. Reading data and checkpoint takes no part in it.
    fn rate(&self) -> Option<f64> {
        let (first, position) = *self.first.get_or_init(|| (Instant::now(), self.bar.position()));
        let seconds = first.elapsed().as_secs_f64();
        (seconds >= RATE_AFTER).then(|| self.bar.position().saturating_sub(position) as f64 / seconds)
    }

    pub(crate) fn epoch(&mut self, epoch: &Epoch) {
        let first = epoch.epoch == 1 && epoch.seconds > LINE_EVERY.as_secs_f64();
        if !self.lines || (self.last_line.elapsed() < LINE_EVERY && !first) {
            return;
        }
        self.last_line = Instant::now();
        let left = (self.epochs - epoch.epoch) * self.images_per_epoch;
        let speed = self.rate().filter(|rate| *rate > 0.0).map_or(String::new(), |rate| {
            let left = Duration::from_secs_f64(left as f64 / rate);
            format!(", {rate:.0} rows/s, {} left", HumanDuration(left))
        });
        let validation = epoch.validation_loss.map_or(String::new(), |loss| format!(", validation {loss:.5}"));
        terminal::tell(&format!(
            "{}: epoch {} of {} ({}), loss {:.5}{validation}{speed}",
            self.label, epoch.epoch, self.epochs, epoch.stage, epoch.train_loss,
        ));
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
