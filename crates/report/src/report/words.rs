//! Titles, counts, numbers and times as text for the report.

use crate::across::text::absent;
use canvas::number::fixed;
use figures::summary::{Spread, Summary};

/// Title of an experiment's section, such as `plain on mnist`.
pub(crate) fn title(summary: &Summary) -> String {
    format!("{} on {}", summary.experiment, summary.dataset)
}

/// Mean and standard deviation with these decimals; the deviation is left out if it would be shown as 0.
pub(crate) fn spread(value: Option<Spread>, decimals: usize) -> String {
    let Some(Spread { mean, std }) = value else { return absent() };
    let shown = std.filter(|std| *std >= 0.5 * 0.1_f64.powi(decimals as i32));
    let std = shown.map_or_else(String::new, |std| format!(" ± {}", fixed(std, decimals)));
    format!("{}{std}", fixed(mean, decimals))
}

pub(crate) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        _ if seconds < 120.0 => format!("{seconds:.0} s"),
        _ => format!("{} min", fixed(seconds / 60.0, 0)),
    }
}
