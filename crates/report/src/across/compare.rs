//! Compares recorded runs: their errors with the spread over seeds, their learning curves, and the keys that differ.

use std::path::{Path, PathBuf};

use record::folders::subfolders;
use record::ranges;
use record::{Epoch, Measures, RunDirectory};
use spec::subject;
use spec::{Run, measures};
use system::storage;

use crate::across::summarise::measured;
use crate::across::text::{absent, align};
use crate::error::Error;
use canvas::number::{fixed, signed};
use figures::Curve;
use figures::summary::Spread;

/// Split and field of the autoencoder's errors, which come before those of baselines and the measures of tasks.
const OWN: [(&str, &str); 6] = [
    ("test", "mse_per_pixel"),
    ("test", "bce_per_pixel"),
    ("test", "psnr_db"),
    ("test", "ssim"),
    ("validation", "mse_per_pixel"),
    ("train", "mse_per_pixel"),
];

/// One side of the comparison: a run, or all seeds of a network.
struct Side {
    /// Letter of the side: `A`, `B`, ...
    letter: char,
    path: PathBuf,
    spec: Run,
    /// Measured numbers of the runs whose mean is shown.
    shown: Vec<Measures>,
    /// Measured numbers of every seed of the network, for the standard deviation.
    all: Vec<Measures>,
    /// Epochs of the first run.
    epochs: Vec<Epoch>,
}

/// Compares recorded runs, and returns a text for a terminal. A path is the folder of a run, `.../seed-0`, or the
/// folder of a network, for the mean over its seeds. The learning curves are drawn into the folder `figures`.
///
/// # Errors
/// If a record cannot be read or is not complete, or a figure cannot be written.
pub fn compare(paths: &[PathBuf], figures: &Path) -> Result<String, Error> {
    let sides: Vec<Side> =
        ('A'..='Z').zip(paths).map(|(letter, path)| Side::read(letter, path)).collect::<Result<_, _>>()?;
    for (index, path) in paths.iter().enumerate() {
        for other in &paths[..index] {
            if storage::is_same(path, other)? {
                let message = format!("is the same folder as {}; expected different folders", other.display());
                return Err(Error::File(system::Error::format(path, message)));
            }
        }
    }
    let mut text = String::new();
    for Side { letter, path, shown, .. } in &sides {
        let seeds = if shown.len() > 1 { format!(", mean of {} seeds", shown.len()) } else { String::new() };
        text += &format!("{letter}  {}{seeds}\n", path.display());
    }
    text += "\n";
    let metrics = metrics_table(&sides);
    let in_deviations = metrics.contains('(');
    text += &metrics;
    if in_deviations {
        text += &format!(
            "  differences in brackets are in standard deviations over seeds; larger: more than {CLEAR} of them\n"
        );
    }
    text += "\n";
    text += &spec_table(&sides);
    if sides.iter().any(|side| side.spec.dataset.name() != sides[0].spec.dataset.name()) {
        text += "  errors of different data sets do not say which network is better\n";
    }
    let curves: Vec<Curve> = sides
        .iter()
        .map(|side| Curve { name: format!("{} {}", side.letter, side.spec.label()), epochs: side.epochs.clone() })
        .collect();
    let written = figures::draw_curves(&curves, figures)?;
    text += &format!("\n{}\nfigure   {}\n", told(&sides), written[1].display());
    Ok(text)
}

impl Side {
    fn read(letter: char, path: &Path) -> Result<Self, Error> {
        // In the absolute path, the parent of `seed-0`, of `.` and of a link to a run is the network.
        let absolute = path.canonicalize().map_err(|source| system::Error::Read { path: path.to_owned(), source })?;
        let is_run = absolute.join("experiment.toml").is_file();
        let network = if is_run { absolute.parent().unwrap_or(&absolute) } else { &absolute };
        let all = complete_runs(network)?;
        let shown: Vec<RunDirectory> = all.iter().filter(|run| !is_run || run.path() == absolute).cloned().collect();
        let Some(first) = shown.first() else {
            let folders = subfolders(network)?;
            let message = if folders.iter().chain([&absolute]).any(|run| run.join("status.json").exists()) {
                "holds no complete run now; wait for it, or continue it with `cargo xtask run` and --resume"
            } else {
                "holds no complete run; expected the folder of a run, such as results/plain/glyphs/plain-32/seed-0, \
                 or of a network, such as results/plain/glyphs/plain-32"
            };
            return Err(Error::File(system::Error::format(path, message.to_owned())));
        };
        let read = |runs: &[RunDirectory]| runs.iter().map(measured).collect::<Result<Vec<Measures>, Error>>();
        Ok(Self {
            letter,
            path: path.to_owned(),
            spec: record::read_run(&first.experiment())?,
            epochs: ranges::read_rows(&first.epochs())?,
            shown: read(&shown)?,
            all: read(&all)?,
        })
    }

    /// Mean over the shown runs, and standard deviation over all seeds. Each needs a value in all of these runs.
    fn metric(&self, (split, subject, field): (&str, &str, &str)) -> Option<Spread> {
        let values = |runs: &[Measures]| -> Option<Vec<f64>> {
            runs.iter().map(|measures| measures.get(split)?.get(subject)?.get(field).copied()).collect()
        };
        let shown = Spread::of(&values(&self.shown)?)?;
        let all = values(&self.all).and_then(|all| Spread::of(&all));
        Some(Spread { mean: shown.mean, std: all.and_then(|all| all.std) })
    }
}

/// The complete runs of a network, by seed.
fn complete_runs(network: &Path) -> Result<Vec<RunDirectory>, Error> {
    let mut runs = Vec::new();
    for folder in subfolders(network)? {
        let run = RunDirectory::at(&folder);
        if run.is_complete()? {
            runs.push((record::read_run(&run.experiment())?.seed, run));
        }
    }
    runs.sort_by_key(|(seed, _)| *seed);
    Ok(runs.into_iter().map(|(_, run)| run).collect())
}

/// Split, subject and field of all numbers that are compared.
fn compared() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let own = OWN.map(|(split, field)| (split, subject::AUTOENCODER, field));
    let baselines = subject::reconstructing().into_iter().filter(|of| *of != subject::AUTOENCODER);
    let baselines = baselines.map(|of| ("test", of, "mse_per_pixel"));
    let of_tasks = measures::names().map(|(subject, field)| ("test", subject, field));
    own.into_iter().chain(baselines).chain(of_tasks)
}

/// Size of a difference between two sides, relative to the spread over seeds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    Same,
    /// The difference is at most [`CLEAR`] standard deviations.
    WithinSpread,
    Larger,
    /// The standard deviation is unknown or 0: single seeds, or equal seeds.
    NoSpread,
}

/// Standard deviations over seeds that a difference has to exceed.
const CLEAR: f64 = 2.0;

impl Size {
    fn of(first: Spread, this: Spread) -> Self {
        match deviations(first, this) {
            _ if this.mean == first.mean => Self::Same,
            Some(deviations) if deviations.abs() > CLEAR => Self::Larger,
            Some(_) => Self::WithinSpread,
            None => Self::NoSpread,
        }
    }

    /// The size as text for a cell of the table.
    const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::WithinSpread => "within spread",
            Self::Larger => "larger",
            Self::NoSpread => "no spread",
        }
    }
}

/// A sentence for each side but the first: which differences are larger than the spread over seeds.
fn told(sides: &[Side]) -> String {
    let mut text = String::new();
    for side in &sides[1..] {
        let sizes =
            compared().filter_map(|metric| Some((metric, Size::of(sides[0].metric(metric)?, side.metric(metric)?))));
        let sizes: Vec<_> = sizes.collect();
        let with = |size: Size| sizes.iter().filter(|(_, of)| *of == size).count();
        let (letter, first) = (side.letter, sides[0].letter);
        let own = sizes
            .iter()
            .find(|((split, of, field), _)| (*split, *of, *field) == ("test", subject::AUTOENCODER, OWN[0].1));
        let own = match own.map(|(_, size)| *size) {
            Some(Size::Larger) => "the test error differs by more than the spread over seeds",
            Some(Size::WithinSpread) => {
                "the test error differs by no more than the spread over seeds, which may be chance"
            }
            Some(Size::Same) => "the test error is the same",
            Some(Size::NoSpread) => "single seeds have no spread, so chance is not ruled out (run more seeds)",
            None => "the test error is not recorded on both sides",
        };
        let known = with(Size::Larger) + with(Size::WithinSpread);
        let of_all = match known {
            0 => String::new(),
            known => {
                format!("; of {known} differences, {} are larger than {CLEAR} standard deviations", with(Size::Larger))
            }
        };
        text += &format!("{letter} against {first}: {own}{of_all}.\n");
    }
    text
}

fn metrics_table(sides: &[Side]) -> String {
    let mut head = vec![String::new()];
    for (index, side) in sides.iter().enumerate() {
        head.push(side.letter.to_string());
        if index > 0 {
            head.push(format!("{} - {}", side.letter, sides[0].letter));
            head.push("against spread".to_owned());
        }
    }
    let mut rows = vec![head];
    for metric in compared() {
        let values: Vec<Option<Spread>> = sides.iter().map(|side| side.metric(metric)).collect();
        if values.iter().all(Option::is_none) {
            continue;
        }
        let mut row = vec![format!("{}.{}.{}", metric.0, metric.1, metric.2)];
        for (index, value) in values.iter().enumerate() {
            row.push(value.map_or_else(absent, |spread| fixed(spread.mean, 6)));
            if index > 0 {
                let pair = values[0].zip(*value);
                row.push(pair.map_or_else(absent, |(first, this)| difference(first, this)));
                row.push(pair.map_or_else(absent, |(first, this)| Size::of(first, this).word().to_owned()));
            }
        }
        rows.push(row);
    }
    align(&rows)
}

/// A difference as text, such as `+0.000123 (+1.2)`; the brackets have the difference in standard deviations over
/// seeds, if known.
fn difference(first: Spread, this: Spread) -> String {
    let by = this.mean - first.mean;
    match deviations(first, this) {
        Some(deviations) => format!("{} ({})", signed(by, 6), signed(deviations, 1)),
        None => signed(by, 6),
    }
}

/// The difference in standard deviations over seeds; `None` if the standard deviation is unknown or 0.
fn deviations(first: Spread, this: Spread) -> Option<f64> {
    let squares: Vec<f64> = [first.std, this.std].into_iter().flatten().map(|std| std * std).collect();
    let pooled = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
    (pooled > 0.0).then(|| (this.mean - first.mean) / pooled)
}

/// The keys of the specs that differ.
fn spec_table(sides: &[Side]) -> String {
    let mut rows = vec![vec!["key".to_owned()]];
    rows[0].extend(sides.iter().map(|side| side.letter.to_string()));
    let specs: Vec<&Run> = sides.iter().map(|side| &side.spec).collect();
    for (name, values) in Run::differing_keys(&specs) {
        rows.push([name].into_iter().chain(values.into_iter().map(|value| value.unwrap_or_else(absent))).collect());
    }
    if rows.len() == 1 { "  the specs are the same\n".to_owned() } else { align(&rows) }
}
