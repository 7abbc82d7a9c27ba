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
    text += if in_deviations { "  differences in brackets are in standard deviations over seeds\n\n" } else { "\n" };
    text += &spec_table(&sides);
    if sides.iter().any(|side| side.spec.dataset.name() != sides[0].spec.dataset.name()) {
        text += "  errors of different data sets do not say which network is better\n";
    }
    let curves: Vec<Curve> = sides
        .iter()
        .map(|side| Curve { name: format!("{} {}", side.letter, side.spec.label()), epochs: side.epochs.clone() })
        .collect();
    let written = figures::draw_curves(&curves, figures)?;
    text += &format!("\nfigure   {}\n", written[1].display());
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

fn metrics_table(sides: &[Side]) -> String {
    let mut head = vec![String::new()];
    for (index, side) in sides.iter().enumerate() {
        head.push(side.letter.to_string());
        if index > 0 {
            head.push(format!("{} - {}", side.letter, sides[0].letter));
        }
    }
    let mut rows = vec![head];
    let own = OWN.map(|(split, field)| (split, subject::AUTOENCODER, field));
    let baselines = subject::reconstructing().into_iter().filter(|of| *of != subject::AUTOENCODER);
    let baselines = baselines.map(|of| ("test", of, "mse_per_pixel"));
    let of_tasks = measures::names().map(|(subject, field)| ("test", subject, field));
    for metric in own.into_iter().chain(baselines).chain(of_tasks) {
        let values: Vec<Option<Spread>> = sides.iter().map(|side| side.metric(metric)).collect();
        if values.iter().all(Option::is_none) {
            continue;
        }
        let mut row = vec![format!("{}.{}.{}", metric.0, metric.1, metric.2)];
        for (index, value) in values.iter().enumerate() {
            row.push(value.map_or_else(absent, |spread| fixed(spread.mean, 6)));
            if index > 0 {
                row.push(values[0].zip(*value).map_or_else(absent, |(first, this)| difference(first, this)));
            }
        }
        rows.push(row);
    }
    align(&rows)
}

/// `+0.000123 (+1.2)`: the difference, and the same in standard deviations over seeds, where they are known.
fn difference(first: Spread, this: Spread) -> String {
    let by = this.mean - first.mean;
    let squares: Vec<f64> = [first.std, this.std].into_iter().flatten().map(|std| std * std).collect();
    let pooled = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
    match pooled > 0.0 {
        true => format!("{} ({})", signed(by, 6), signed(by / pooled, 1)),
        false => signed(by, 6),
    }
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
