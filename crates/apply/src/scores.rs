//! Anomaly scores of rows: their errors, the columns that the errors come from, and a flag for large errors.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{anyhow, bail};
use clap::Args;
use datasets::Sources;
use evaluation::KthNeighbour;
use evaluation::metrics::blame::{multiples, sum, worst};
use evaluation::metrics::threshold::Threshold;
use spec::{Shape, subject};
use system::written::csv_field;
use zoo::Autoencoder;

use crate::blocks::each;
use crate::output::{Kind, OutputFile, kind};
use crate::pictures::Pictures;
use crate::rows::{Form, Source};
use crate::{By, OfRows, Used};

/// Default share of clean rows that may be flagged.
const FALSE_ALARMS: f64 = 0.01;

/// Number of rows whose neighbours are searched at once: the memory of each grows with the number of training rows.
const COMPARED: usize = 2048;

/// Options of `score`.
#[derive(Args)]
pub(crate) struct Wanted {
    /// Folder of the raw form of clean rows
    #[arg(long, value_name = "DIR")]
    clean: Option<PathBuf>,
    /// Share of clean rows that may be flagged
    #[arg(long, value_name = "SHARE")]
    false_alarms: Option<f64>,
    /// Write the share of each column
    #[arg(long)]
    shares: bool,
    /// Folder for pictures of flagged rows; of all rows if none can be flagged
    #[arg(long, value_name = "DIR")]
    maps: Option<PathBuf>,
}

/// Writes the score of each row. A row is flagged if its error exceeds the threshold of clean rows: those of a folder, or
/// the run's validation rows.
pub(crate) fn write(used: &Used<'_>, rows: &OfRows, wanted: &Wanted) -> Result<(), anyhow::Error> {
    let (form, out) = (&used.form, &used.common.out);
    if kind(out) != Some(Kind::Csv) {
        bail!("{}: scores are written as .csv", out.display());
    }
    let judge = match rows.by {
        By::KthNeighbour => Judge::Neighbours(neighbours(used, rows)?),
        by => Judge::Model(used.model(by)?),
    };
    let columns = form.shape.columns();
    if wanted.shares && matches!(form.shape, Shape::Image { .. }) {
        bail!("--shares: pixels are not columns; --maps DIR draws the error of each pixel");
    }
    let usual = usual_errors(used, rows.by, columns);
    let threshold = threshold(used, rows.by, &judge, wanted)?;
    let maps = wanted.maps.as_ref().map(|path| Pictures::create(path, form)).transpose()?;

    let source = Source::open(&rows.rows, form, used.common.quiet)?;
    let count = source.count();
    let mut table = OutputFile::create(out)?;
    let mut header = format!("row,{}", judge.header());
    if threshold.is_some() {
        header += ",flagged";
    }
    for column in (0..columns).filter(|_| wanted.shares) {
        let _ = write!(header, ",{}", csv_field(&format!("share of {}", form.column(column))));
    }
    table.add(format!("{header}\n").as_bytes())?;
    let lines = Lines { form, threshold: threshold.as_ref(), usual: &usual, shares: wanted.shares };
    let mut flagged = 0;
    let tell = |id: &str, score: &Score<'_>| {
        let is_flagged = lines.is_flagged(score);
        if let (Some(maps), Some([row, output]), true) = (&maps, score.pair, is_flagged.unwrap_or(true)) {
            maps.map(id, row, output)?;
        }
        Ok((is_flagged == Some(true), lines.line(id, score)))
    };
    judge.each(source, &tell, |(is_flagged, line)| {
        flagged += usize::from(is_flagged);
        table.add(line.as_bytes())
    })?;
    if let Some(maps) = maps {
        maps.finish()?;
    }
    table.finish()?;
    match &threshold {
        Some(threshold) => {
            used.tell(&threshold.to_string());
            used.tell_rows(count, &format!(", {flagged} flagged"));
        }
        None => used.tell_rows(count, ""),
    }
    Ok(())
}

/// Turns scores into lines of a table.
struct Lines<'a> {
    form: &'a Form,
    threshold: Option<&'a Threshold>,
    usual: &'a [f64],
    shares: bool,
}

impl Lines<'_> {
    /// True if a row is flagged; `None` if there is no threshold.
    fn is_flagged(&self, score: &Score<'_>) -> Option<bool> {
        self.threshold.map(|threshold| score.error > threshold.error)
    }

    /// A line with the error, the column that most of it comes from, and the column's share. Errors of columns count as
    /// multiples of their usual errors.
    fn line(&self, id: &str, score: &Score<'_>) -> String {
        // Debug format writes very small and very large numbers with an exponent.
        let mut line = format!("{},{:?}", csv_field(id), score.error);
        let multiples = score.pair.map(|[row, output]| multiples(row, output, self.usual)).unwrap_or_default();
        let all = sum(&multiples);
        let share = |multiple: f64| if all > 0.0 { multiple / all } else { 0.0 };
        if score.pair.is_some() {
            let worst = worst(&multiples);
            let _ = write!(line, ",{},{:.4}", csv_field(&self.form.column(worst)), share(multiples[worst]));
        }
        match self.is_flagged(score) {
            Some(true) => line += ",1",
            Some(false) => line += ",0",
            None => {}
        }
        for multiple in if self.shares { &multiples[..] } else { &[] } {
            let _ = write!(line, ",{:.4}", share(*multiple));
        }
        line.push('\n');
        line
    }
}

/// Usual error of each column, over training rows: some columns are noisier than others. All pixels count the same.
fn usual_errors(used: &Used<'_>, by: By, columns: usize) -> Vec<f64> {
    let subject = if by == By::Pca { subject::PCA } else { subject::AUTOENCODER };
    let recorded = used.new_rows.as_ref().map_or(&[][..], |kept| kept.usual_errors(subject));
    match recorded.len() {
        0 => vec![1.0; columns],
        _ => recorded.to_vec(),
    }
}

/// The score above which rows are flagged. `None` if the user gave no rate and there are too few clean rows.
fn threshold(used: &Used<'_>, by: By, judge: &Judge<'_>, wanted: &Wanted) -> Result<Option<Threshold>, anyhow::Error> {
    let Wanted { clean, false_alarms, .. } = wanted;
    let (scores, whose) = match clean {
        Some(folder) => {
            let mut scores = Vec::new();
            let source = Source::open(folder, &used.form, used.common.quiet)?;
            judge.each(source, &|_, score| Ok(score.error), |error| {
                scores.push(error);
                Ok(())
            })?;
            (scores, "clean rows")
        }
        None => (judge.recorded(used, by), "validation rows"),
    };
    let has_some = clean.is_some() || !scores.is_empty();
    match Threshold::of(scores, false_alarms.unwrap_or(FALSE_ALARMS), whose) {
        Ok(threshold) => Ok(Some(threshold)),
        Err(message) if clean.is_none() && false_alarms.is_none() => {
            used.tell(&match has_some {
                true => format!(
                    "no row is flagged: a rate of {message}. Choose another rate with --false-alarms 0.05, \
                     or give clean rows with --clean FILE"
                ),
                false => "no row is flagged: give clean rows with --clean FILE".to_owned(),
            });
            Ok(None)
        }
        Err(_) if !has_some => bail!("--false-alarms: the record has no scores of clean rows; add --clean FILE"),
        Err(message) => bail!("--false-alarms: {message}"),
    }
}

/// The method that scores rows: a model's error, or the distance to training rows.
enum Judge<'a> {
    Model(&'a dyn Autoencoder),
    Neighbours(KthNeighbour),
}

/// Score of a row.
struct Score<'a> {
    /// Mean squared error per value, or a distance.
    error: f64,
    /// The row and its reconstruction by a model.
    pair: Option<[&'a [f32]; 2]>,
}

impl Judge<'_> {
    /// Names of the columns of scores.
    fn header(&self) -> &'static str {
        match self {
            Self::Model(_) => "error,column,share",
            Self::Neighbours(_) => "distance",
        }
    }

    /// Scores of the run's validation rows.
    fn recorded(&self, used: &Used<'_>, by: By) -> Vec<f64> {
        let subject = match (self, by) {
            (Self::Neighbours(_), _) => return Vec::new(),
            (_, By::Pca) => subject::PCA,
            _ => subject::AUTOENCODER,
        };
        used.new_rows.as_ref().map(|kept| kept.errors(subject).to_vec()).unwrap_or_default()
    }

    /// Passes the results of `tell` for the id and score of each row to `take`, in order.
    fn each<T: Send>(
        &self,
        mut source: Source<'_>,
        tell: &(impl Fn(&str, &Score<'_>) -> Result<T, anyhow::Error> + Sync),
        mut take: impl FnMut(T) -> Result<(), anyhow::Error>,
    ) -> Result<(), anyhow::Error> {
        match self {
            Self::Model(model) => each(
                source,
                |rows| model.reconstruct(rows),
                |block| {
                    let told = block.errors().enumerate().map(|(row, error)| {
                        let pair = [block.rows.row(row), block.results.row(row)];
                        tell(&block.id(row), &Score { error, pair: Some(pair) })
                    });
                    told.collect::<Result<Vec<T>, _>>()
                },
                |told| told.into_iter().try_for_each(&mut take),
            ),
            Self::Neighbours(neighbours) => {
                while let Some(chunk) = source.next(1)? {
                    for first in (0..chunk.len()).step_by(COMPARED) {
                        let rows = chunk.matrix(first..chunk.len().min(first + COMPARED));
                        for (row, error) in neighbours.distances(&rows).into_iter().enumerate() {
                            let (id, score) = (chunk.ids.of(first + row), Score { error, pair: None });
                            take(tell(&id, &score)?)?;
                        }
                    }
                    source.show(&chunk);
                }
                Ok(())
            }
        }
    }
}

/// The run's training rows, to which distances are measured.
fn neighbours(used: &Used<'_>, rows: &OfRows) -> Result<KthNeighbour, anyhow::Error> {
    let sources = Sources { data_dir: rows.data_dir.as_deref(), unpacked: rows.unpacked.as_deref() };
    let splits = datasets::load(&used.run.dataset, used.run.seed, sources)?;
    let recorded: record::Environment = system::storage::read_json(&used.directory.environment())?;
    if splits.fingerprint() != recorded.dataset_fingerprint {
        return Err(anyhow!("the training rows are not those of the run; give the same data files"));
    }
    Ok(KthNeighbour::of(&splits.train))
}
