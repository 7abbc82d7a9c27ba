//! Windows of a table: lines that follow one another become the steps of one row.

use std::collections::VecDeque;

use spec::Shape;
use spec::own::{Missing, Reading};

use crate::csv::Table;
use crate::open::MOST_VALUES;
use crate::{About, Error, Sink, Values};

/// Sees that the keys can make windows.
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

/// Makes windows of the lines of a table. One holds lines of one group and one split: it begins anew where these change. Its class is
/// the one of its lines' that is rarest in the table, so that a short fault counts; its time is that of the last line, its id that of
/// the first.
pub(crate) struct Windows<'a> {
    table: &'a Table,
    window: usize,
    hop: usize,
    sink: &'a mut dyn Sink,
    /// Lines read so far.
    rows: u64,
    /// Lines that are passed over before the next window.
    skip: usize,
    values: VecDeque<f32>,
    lines: VecDeque<Line>,
    last: Option<Line>,
}

/// What is known of a line besides its values.
#[derive(Clone, PartialEq)]
struct Line {
    label: Option<String>,
    id: Option<String>,
    group: Option<String>,
    split: Option<String>,
    time: Option<f64>,
}

impl<'a> Windows<'a> {
    /// `window` lines a row, and `hop` from the beginning of one to that of the next.
    pub(crate) fn new(table: &'a Table, (window, hop): (usize, usize), sink: &'a mut dyn Sink) -> Self {
        Self { table, window, hop, sink, rows: 0, skip: 0, values: VecDeque::new(), lines: VecDeque::new(), last: None }
    }

    /// Rows after each that share lines with it.
    pub(crate) fn overlap(&self) -> usize {
        self.window.div_ceil(self.hop) - 1
    }

    fn hand_on(&mut self) -> Result<(), Error> {
        let (Some(first), Some(last)) = (self.lines.front(), self.lines.back()) else { return Ok(()) };
        let labels = self.lines.iter().filter_map(|line| line.label.as_deref());
        let about = About {
            label: labels.min_by_key(|label| (self.table.labels().get(*label), *label)),
            id: first.id.as_deref(),
            group: last.group.as_deref(),
            split: last.split.as_deref(),
            time: last.time,
        };
        self.sink.row(Values::Floats(self.values.make_contiguous()), about)
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
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let line = Line {
            label: owned(about.label),
            id: owned(about.id),
            group: owned(about.group),
            split: owned(about.split),
            time: about.time,
        };
        self.rows += 1;
        if let Some(last) = &self.last {
            if line.group != last.group || line.split != last.split {
                self.lines.clear();
                self.values.clear();
                self.skip = 0;
            } else if line.time < last.time {
                let message =
                    format!("row {}: its time is before that of the row above; windows need rows in order", self.rows);
                return Err(Error::file(self.table.path(), message));
            }
        }
        self.last = Some(line.clone());
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(());
        }
        self.lines.push_back(line);
        self.values.extend(values);
        if self.lines.len() == self.window {
            self.hand_on()?;
            let gone = self.hop.min(self.window);
            self.lines.drain(..gone);
            self.values.drain(..gone * values.len());
            self.skip = self.hop - gone;
        }
        Ok(())
    }
}
