//! Windows of a table: consecutive lines become the steps of one row.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use spec::Shape;
use spec::own::{Missing, Reading};

use crate::open::MOST_VALUES;
use crate::{About, Error, Sink, Values};

/// Checks the keys of windows.
pub(crate) fn check(reading: &Reading) -> Result<(), Error> {
    let Reading { window, hop, missing, .. } = reading;
    match (window, hop, missing) {
        (None, Some(_), _) => Err(Error::key("hop", "needs `window`, the number of lines of a row")),
        (Some(window), ..) if *window < 2 => Err(Error::key("window", format!("{window}; expected 2 lines or more"))),
        (_, Some(0), _) => Err(Error::key("hop", "0; expected 1 line or more")),
        (Some(_), _, Some(Missing::Drop)) => {
            Err(Error::key("missing", "\"drop\" would leave gaps in windows; expected refuse, mean or median"))
        }
        _ => Ok(()),
    }
}

/// A sink that joins the lines of a table to windows.
///
/// All lines of a window have the same group and split. The class of a window is the rarest class of its lines, so that
/// a short fault counts. The time of a window is that of its last line, and its id that of its first line.
pub(crate) struct Windows<'a> {
    path: &'a Path,
    window: usize,
    hop: usize,
    /// Number of lines of each class at dataset.path.
    rarity: &'a HashMap<String, u64>,
    sink: &'a mut dyn Sink,
    /// Group, split and time of the last line.
    last: Option<(Option<String>, Option<String>, Option<f64>)>,
    /// Number of lines to leave out before the next window.
    skip: usize,
    /// Values of the lines of the current window.
    values: VecDeque<f32>,
    labels: VecDeque<Option<String>>,
    ids: VecDeque<Option<String>>,
    /// Number of lines of the current window that are not part of an earlier window.
    fresh: u64,
    windows: u64,
    /// Number of lines that are not part of a window.
    left_out: u64,
}

impl<'a> Windows<'a> {
    /// Windows of `window` lines. Consecutive windows start `hop` lines apart.
    pub(crate) fn new(
        path: &'a Path,
        (window, hop): (usize, usize),
        rarity: &'a HashMap<String, u64>,
        sink: &'a mut dyn Sink,
    ) -> Self {
        Self {
            path,
            window,
            hop,
            rarity,
            sink,
            last: None,
            skip: 0,
            values: VecDeque::new(),
            labels: VecDeque::new(),
            ids: VecDeque::new(),
            fresh: 0,
            windows: 0,
            left_out: 0,
        }
    }

    /// Number of rows after each row that share lines with it.
    pub(crate) fn overlap(&self) -> usize {
        self.window.div_ceil(self.hop) - 1
    }

    /// Number of lines that are not part of a window.
    ///
    /// # Errors
    /// If there is no window.
    pub(crate) fn finish(mut self) -> Result<u64, Error> {
        self.begin_anew();
        if self.windows == 0 {
            let message = format!("the table has no {} consecutive lines of one group and split", self.window);
            return Err(Error::file(self.path, format!("{message}; shorten `window`, or sort the lines")));
        }
        Ok(self.left_out)
    }

    fn begin_anew(&mut self) {
        self.left_out += self.fresh;
        (self.fresh, self.skip) = (0, 0);
        self.values.clear();
        self.labels.clear();
        self.ids.clear();
    }
}

impl Sink for Windows<'_> {
    fn begin(&mut self, shape: Shape, columns: &[String]) -> Result<(), Error> {
        let width = shape.values();
        if self.window.saturating_mul(width) > MOST_VALUES {
            return Err(Error::key(
                "window",
                format!("{} lines of {width} values are too many, expected at most {MOST_VALUES} values", self.window),
            ));
        }
        self.sink.begin(Shape::Sequence { steps: self.window, width }, columns)
    }

    fn row(&mut self, values: Values<'_>, about: About<'_>) -> Result<(), Error> {
        let Values::Floats(values) = values else { return Ok(()) };
        let mut changes = true;
        if let Some((group, split, time)) = &self.last {
            changes = group.as_deref() != about.group || split.as_deref() != about.split;
            if changes {
                self.begin_anew();
            } else if about.time < *time {
                let line = about.line.unwrap_or_default();
                let message = format!(
                    "line {line}: its time is before that of the previous line, but windows need lines in order of time"
                );
                return Err(Error::file(self.path, message));
            }
        }
        let owned = |text: Option<&str>| text.map(str::to_owned);
        match &mut self.last {
            Some((_, _, time)) if !changes => *time = about.time,
            last => *last = Some((owned(about.group), owned(about.split), about.time)),
        }
        if self.skip > 0 {
            (self.skip, self.left_out) = (self.skip - 1, self.left_out + 1);
            return Ok(());
        }
        self.values.extend(values);
        self.labels.push_back(owned(about.label));
        self.ids.push_back(owned(about.id));
        self.fresh += 1;
        if self.labels.len() < self.window {
            return Ok(());
        }
        let labels = self.labels.iter().flatten();
        let label = labels.min_by_key(|label| (self.rarity.get(*label), *label)).map(String::as_str);
        let id = self.ids.front().and_then(Option::as_deref);
        self.sink.row(Values::Floats(self.values.make_contiguous()), About { label, id, ..about })?;
        (self.fresh, self.windows) = (0, self.windows + 1);
        let gone = self.hop.min(self.window);
        self.values.drain(..gone * values.len());
        self.labels.drain(..gone);
        self.ids.drain(..gone);
        self.skip = self.hop - gone;
        Ok(())
    }
}
