//! Recorded runs side by side: their errors against the spread over seeds, their learning curves, and what their specs
//! have not in common.

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

/// What is compared of the autoencoder, before the baselines and what tasks measured: split and field.
const OWN: [(&str, &str); 6] = [
    ("test", "mse_per_pixel"),
    ("test", "bce_per_pixel"),
    ("test", "psnr_db"),
    ("test", "ssim"),
    ("validation", "mse_per_pixel"),
    ("train", "mse_per_pixel"),
];

/// One of the things compared: a run, or all seeds of a network.
struct Side {
    /// `A`, `B`, ...
    letter: char,
    path: PathBuf,
    spec: Run,
    /// What was measured, to take the mean of.
    shown: Vec<Measures>,
    /// Those of every seed of the same network, which tell the spread.
    all: Vec<Measures>,
    /// Epochs of the first run.
    epochs: Vec<Epoch>,
}

/// Compares recorded runs. A path is the folder of a run, `.../seed-0`, or that of a network, for the mean of its seeds.
/// Draws their learning curves into `figures` and gives a text for a terminal.
///
/// # Errors
/// When a record cannot be read or is not complete, or a figure not be written.
pub fn compare(paths: &[PathBuf], figures: &Path) -> Result<String, Error> {
    let sides: Vec<Side> =
        ('A'..='Z').zip(paths).map(|(letter, path)| Side::read(letter, path)).collect::<Result<_, _>>()?;
    for (index, path) in paths.iter().enumerate() {
        for other in &paths[..index] {
            if storage::is_same(path, other)? {
                let message = format!("is {} again; expected different folders", other.display());
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
        // `seed-0`, `.` and a link to a run have its network above them as well.
        let absolute = path.canonicalize().map_err(|source| system::Error::Read { path: path.to_owned(), source })?;
        let is_run = absolute.join("experiment.toml").is_file();
        let network = if is_run { absolute.parent().unwrap_or(&absolute) } else { &absolute };
        let all = complete_runs(network)?;
        let shown: Vec<RunDirectory> = all.iter().filter(|run| !is_run || run.path() == absolute).cloned().collect();
        let Some(first) = shown.first() else {
            let folders = subfolders(network)?;
            let message = if folders.iter().chain([&absolute]).any(|run| run.join("status.json").exists()) {
                "holds no complete run now; wait for it, or go on with `cargo xtask run` and --resume"
            } else {
                "holds no complete run; expected the folder of a run, such as results/plain/glyphs/plain-32/seed-0, or the one \
                 above it"
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

    /// Mean over what is shown, standard deviation over all seeds; each only where all of them have a value.
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

/// What is compared: split, subject and field of all numbers.
fn compared() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let own = OWN.map(|(split, field)| (split, subject::AUTOENCODER, field));
    let baselines = subject::reconstructing().into_iter().filter(|of| *of != subject::AUTOENCODER);
    let baselines = baselines.map(|of| ("test", of, "mse_per_pixel"));
    let of_tasks = measures::names().map(|(subject, field)| ("test", subject, field));
    own.into_iter().chain(baselines).chain(of_tasks)
}

/// A difference between two sides, beside the spread over seeds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    Same,
    /// At most [`CLEAR`] standard deviations.
    WithinSpread,
    Larger,
    /// Of single seeds, or of seeds that all give the same.
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

    /// A word for a cell.
    const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::WithinSpread => "within spread",
            Self::Larger => "larger",
            Self::NoSpread => "no spread",
        }
    }
}

/// One sentence on each side but the first: which differences of errors are larger than the spread over seeds.
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

/// `+0.000123 (+1.2)`: the difference, and the same in standard deviations over seeds, where they are known.
fn difference(first: Spread, this: Spread) -> String {
    let by = this.mean - first.mean;
    match deviations(first, this) {
        Some(deviations) => format!("{} ({})", signed(by, 6), signed(deviations, 1)),
        None => signed(by, 6),
    }
}

/// The difference in standard deviations over seeds; `None` where these are unknown or 0.
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
