//! Windows of a table: lines that follow one another become the steps of one row.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use spec::Shape;
use spec::own::{Missing, Reading};

use crate::open::MOST_VALUES;
use crate::{About, Error, Sink, Values};

/// Refuses keys that make no windows.
pub(crate) fn check(reading: &Reading) -> Result<(), Error> {
    let Reading { window, hop, missing, .. } = reading;
    match (window, hop, missing) {
        (None, Some(_), _) => Err(Error::key("hop", "needs `window`, the lines of a row")),
        (Some(window), ..) if *window < 2 => Err(Error::key("window", format!("{window}; expected 2 lines or more"))),
        (_, Some(0), _) => Err(Error::key("hop", "0; expected 1 line or more")),
        (Some(_), _, Some(Missing::Drop)) => {
            Err(Error::key("missing", "\"drop\" would tear windows apart; expected refuse, mean or median"))
        }
        _ => Ok(()),
    }
}

/// Makes windows of the lines of a table. One holds lines of one group and one split: it begins anew where these change. Of the
/// classes of its lines it has the rarest, so that a short fault counts. Its time is that of the last line, its id that of the first.
pub(crate) struct Windows<'a> {
    path: &'a Path,
    window: usize,
    hop: usize,
    /// Lines of each class, where the training rows come from.
    rarity: &'a HashMap<String, u64>,
    sink: &'a mut dyn Sink,
    /// Group, split and time of the last line.
    last: Option<(Option<String>, Option<String>, Option<f64>)>,
    /// Lines that are passed over before the next window.
    skip: usize,
    /// Of the window that is being filled.
    values: VecDeque<f32>,
    labels: VecDeque<Option<String>>,
    ids: VecDeque<Option<String>>,
    /// How many of its lines are in no earlier window.
    fresh: u64,
    windows: u64,
    /// Lines that are in no window.
    left_out: u64,
}

impl<'a> Windows<'a> {
    /// `window` lines a row, and `hop` from the beginning of one to that of the next.
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

    /// Rows after each that share lines with it.
    pub(crate) fn overlap(&self) -> usize {
        self.window.div_ceil(self.hop) - 1
    }

    /// Lines that are in no window.
    ///
    /// # Errors
    /// When there is no window.
    pub(crate) fn finish(mut self) -> Result<u64, Error> {
        self.begin_anew();
        if self.windows == 0 {
            let message = format!("nowhere do {} lines of one group and split follow one another", self.window);
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
            return Err(Error::key("window", format!("{} lines of {width} values are too many", self.window)));
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
                let message =
                    format!("line {line}: its time is before that of the line above; windows need them in order");
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
