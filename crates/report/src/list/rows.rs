//! Reads records for a list, and makes rows of one or several records.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use record::folders::{Asked, compact_records, runs_within};
use record::ranges;
use record::{Epoch, Measures, RunDirectory};
use spec::subject;

use super::names::{Fact, Name};
use crate::across::steady::steady;
use crate::across::summarise::measured;
use crate::error::Error;
use figures::summary::Spread;

/// A complete run.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) experiment: String,
    pub(super) dataset: String,
    /// Name of the network's folder, such as `plain-32`.
    pub(super) network: String,
    pub(super) variant: Option<String>,
    pub(super) code: usize,
    pub(super) seed: u64,
    /// Name of the network without code size and variant.
    architecture: String,
    parameters: usize,
    epochs: usize,
    seconds: f64,
    /// Keys of the run's experiment file, with their values.
    pub(super) keys: BTreeMap<String, Value>,
    pub(super) measures: Measures,
    /// Folder of the run, or the file of its compact record.
    folder: PathBuf,
    /// Folder of the network.
    group: PathBuf,
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A number and, for a mean over seeds, its standard deviation.
    Number(f64, Option<f64>),
    /// A text.
    Text(String),
}

/// The records that were read, and those that were not.
#[derive(Debug)]
pub(super) struct Read {
    /// The complete runs, in the default order of rows.
    pub(super) records: Vec<Record>,
    /// Started runs that are not complete.
    pub(super) incomplete: Vec<String>,
    /// Runs that cannot be read.
    pub(super) failed: Vec<Error>,
}

/// A run to read: its folder, and its compact record if it was unpacked from one.
struct Source {
    run: PathBuf,
    archive: Option<PathBuf>,
}

impl Read {
    /// Reads the runs asked for. The runs of a compact record are read only if the folder of results has no run of the
    /// same experiment and data set.
    pub(super) fn of(asked: &[Asked], unpacked: &[(&Path, &Path)]) -> Result<Self, Error> {
        let mut sources: Vec<Source> = Vec::new();
        for asked in asked {
            let compact = unpacked.iter().find(|(folder, _)| *folder == asked.folder).map(|(_, unpacked)| *unpacked);
            let found = sources_of(&asked.folder, compact)?;
            let of = |source: &Source| place(&source.run);
            let known: BTreeSet<[String; 2]> = found.iter().filter_map(of).collect();
            let before = sources.len();
            sources.extend(found.into_iter().filter(|source| {
                let Some([experiment, dataset]) = of(source) else { return asked.experiment.is_none() };
                asked.experiment.as_ref().is_none_or(|asked| *asked == experiment)
                    && asked.dataset.as_ref().is_none_or(|asked| *asked == dataset)
            }));
            if sources.len() == before {
                match &asked.experiment {
                    Some(experiment) => return Err(not_recorded(asked, experiment, &known)),
                    None if asked.folder.is_dir() => {}
                    None => {
                        let source = std::io::ErrorKind::NotFound.into();
                        return Err(Error::File(system::Error::read(&asked.folder, source)));
                    }
                }
            }
        }
        let mut seen = BTreeSet::new();
        sources.retain(|source| seen.insert(source.run.clone()));
        let read: Vec<Result<Option<Record>, Error>> = sources.par_iter().map(Record::read).collect();
        let mut all = Self { records: Vec::new(), incomplete: Vec::new(), failed: Vec::new() };
        for (source, read) in sources.iter().zip(read) {
            match read {
                Ok(Some(record)) => all.records.push(record),
                Ok(None) => all.incomplete.push(source.run.display().to_string()),
                Err(error) => all.failed.push(source.named(error)),
            }
        }
        all.records.sort_by(|a, b| a.order().cmp(&b.order()));
        Ok(all)
    }
}

/// Experiment and data set of a run, from the path of its folder.
fn place(run: &Path) -> Option<[String; 2]> {
    let mut above = run.ancestors().skip(2).filter_map(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let (dataset, experiment) = (above.next()?, above.next()?);
    Some([experiment, dataset])
}

/// The runs in and below a folder, then the runs of its compact records that have none in the folder.
fn sources_of(folder: &Path, unpacked: Option<&Path>) -> Result<Vec<Source>, Error> {
    let mut sources: Vec<Source> = runs_within(folder)?.into_iter().map(|run| Source { run, archive: None }).collect();
    let own: BTreeSet<[String; 2]> = sources.iter().filter_map(|source| place(&source.run)).collect();
    let Some(unpacked) = unpacked.filter(|unpacked| unpacked.is_dir()) else { return Ok(sources) };
    for apart in record::folders::subfolders(unpacked)? {
        let name = format!("{}.tar.gz", apart.file_name().unwrap_or_default().to_string_lossy());
        let archive = compact_records(folder).join(name);
        let runs = runs_within(&apart)?.into_iter().filter(|run| place(run).is_none_or(|place| !own.contains(&place)));
        sources.extend(runs.map(|run| Source { run, archive: Some(archive.clone()) }));
    }
    Ok(sources)
}

fn not_recorded(asked: &Asked, experiment: &str, known: &BTreeSet<[String; 2]>) -> Error {
    let experiments: BTreeSet<&str> = known.iter().map(|[experiment, _]| experiment.as_str()).collect();
    let folder = asked.folder.display();
    let is_known = experiments.contains(experiment);
    let (what, known): (String, Vec<&str>) = match &asked.dataset {
        Some(dataset) if is_known => {
            let datasets = known.iter().filter(|[of, _]| of == experiment).map(|[_, dataset]| dataset.as_str());
            (format!("{experiment} on {dataset}"), datasets.collect())
        }
        _ => (experiment.to_owned(), experiments.into_iter().collect()),
    };
    let given = asked.dataset.as_deref().filter(|_| is_known).unwrap_or(experiment);
    let nearest = spec::nearest(given, &known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
    let list = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
    Error::List { message: format!("no folder and no record in {folder}: {what}{nearest} (recorded are: {list})") }
}

impl Source {
    /// The error, with the path of the compact record in place of an unpacked file, which is temporary.
    fn named(&self, error: Error) -> Error {
        let Some(archive) = &self.archive else { return error };
        // `<unpacked>/<experiment>-<dataset>/<experiment>/<dataset>/<network>/<run>`
        let above = self.run.ancestors().nth(record::folders::RUN_DEPTH).unwrap_or(&self.run);
        let message = error.chain().replace(&format!("{}{}", above.display(), std::path::MAIN_SEPARATOR), "");
        Error::File(system::Error::format(archive, message))
    }
}

impl Record {
    /// Reads a run; `None` if it is not complete.
    fn read(source: &Source) -> Result<Option<Self>, Error> {
        let directory = RunDirectory::at(&source.run);
        steady(&directory, || {
            let run = record::read_run(&directory.experiment())?;
            let epochs: Vec<Epoch> = ranges::read_rows(&directory.epochs())?;
            let folder = source.archive.clone().unwrap_or_else(|| source.run.clone());
            Ok(Self {
                experiment: run.experiment.clone(),
                dataset: run.dataset.name(),
                network: run.label(),
                variant: run.variant.clone(),
                code: run.model.code(),
                seed: run.seed,
                architecture: run.model.name(),
                parameters: run.model.parameter_count(),
                epochs: epochs.len(),
                seconds: epochs.iter().map(|epoch| epoch.seconds).sum(),
                keys: keys(&run),
                measures: measured(&directory)?,
                group: source.run.parent().unwrap_or(&source.run).to_owned(),
                folder,
            })
        })
    }

    /// Sort key of the default order of rows.
    fn order(&self) -> impl Ord {
        let names = [&self.experiment, &self.dataset, self.variant.as_ref().unwrap_or(&self.architecture)];
        (names.map(String::clone), self.architecture.clone(), self.code, self.group.clone(), self.seed)
    }

    fn number(&self, name: &Name) -> Option<f64> {
        match name {
            Name::Measured { split, subject, field } => self.measures.get(split)?.get(subject)?.get(field).copied(),
            Name::Fact(Fact::TrainedEpochs) => Some(self.epochs as f64),
            Name::Fact(Fact::TrainingSeconds) => Some(self.seconds),
            _ => None,
        }
    }
}

/// The keys of a run's experiment file, without those that are facts. A table with one entry is also a key, whose value
/// is the name of the entry: `corruption` is `gaussian`.
fn keys(run: &spec::Run) -> BTreeMap<String, Value> {
    let mut keys = BTreeMap::new();
    let mut entries: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, value) in run.keys() {
        if ["name", "seeds", "variant"].contains(&key.as_str()) {
            continue;
        }
        let mut table = key.as_str();
        while let Some((above, entry)) = table.rsplit_once('.') {
            entries.entry(above.to_owned()).or_default().insert(entry.to_owned());
            table = above;
        }
        let value = match value {
            toml::Value::Integer(number) => Value::Number(number as f64, None),
            // Numbers of an experiment file are read as f32, so they are written as f32.
            toml::Value::Float(number) => Value::Number(number, None),
            toml::Value::String(text) => Value::Text(text),
            other => Value::Text(other.to_string()),
        };
        keys.insert(key, value);
    }
    for (table, entries) in entries {
        if let (1, Some(entry)) = (entries.len(), entries.into_iter().next()) {
            keys.insert(table, Value::Text(entry));
        }
    }
    keys
}

/// A row of a list: one run, or all runs of a network.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) runs: Vec<Record>,
}

impl Row {
    /// Rows in the order of the records: one for each record, or one for each network folder.
    pub(super) fn all(records: Vec<Record>, by_seed: bool) -> Vec<Self> {
        let mut rows: Vec<Self> = Vec::new();
        for record in records {
            match rows.last_mut().filter(|row| !by_seed && row.runs[0].group == record.group) {
                Some(row) => row.runs.push(record),
                None => rows.push(Self { runs: vec![record] }),
            }
        }
        rows
    }

    /// The value of a name; `None` if a run lacks it, or if values that are not averaged differ.
    pub(super) fn value(&self, name: &Name) -> Option<Value> {
        let first = self.runs.first()?;
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let count = |count: usize| Some(Value::Number(count as f64, None));
        match name {
            Name::Fact(Fact::Experiment) => text(&first.experiment),
            Name::Fact(Fact::Dataset) => text(&first.dataset),
            Name::Fact(Fact::Network) => text(&first.network),
            Name::Fact(Fact::Variant) => first.variant.clone().map(Value::Text),
            Name::Fact(Fact::Code) => count(first.code),
            Name::Fact(Fact::Parameters) => count(first.parameters),
            Name::Fact(Fact::Seeds) => count(self.runs.len()),
            Name::Fact(Fact::Seed) => match &self.runs[..] {
                [run] => Some(Value::Number(run.seed as f64, None)),
                runs => text(&runs.iter().map(|run| run.seed.to_string()).collect::<Vec<_>>().join(" ")),
            },
            Name::Fact(Fact::Folder) => {
                let is_one = self.runs.iter().all(|run| run.folder == first.folder);
                text(&if is_one { &first.folder } else { &first.group }.display().to_string())
            }
            Name::Fact(Fact::Ratio) => {
                let error = |subject| match self.value(&Name::measured("test", subject, "mse_per_pixel"))? {
                    Value::Number(mean, _) => Some(mean),
                    Value::Text(_) => None,
                };
                let pca = error(subject::PCA).filter(|error| *error > 0.0)?;
                Some(Value::Number(error(subject::AUTOENCODER)? / pca, None))
            }
            Name::Fact(Fact::TrainedEpochs | Fact::TrainingSeconds) | Name::Measured { .. } => {
                let values: Option<Vec<f64>> = self.runs.iter().map(|run| run.number(name)).collect();
                let Spread { mean, std } = Spread::of(&values?)?;
                Some(Value::Number(mean, std))
            }
            Name::Key(key) => {
                let value = first.keys.get(key)?;
                self.runs.iter().all(|run| run.keys.get(key) == Some(value)).then(|| value.clone())
            }
        }
    }

    /// The order of two rows by a name. A row without a value comes last.
    pub(super) fn compare(&self, other: &Self, name: &Name, descends: bool) -> Ordering {
        let order = match (self.value(name), other.value(name)) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Greater,
            (Some(_), None) => return Ordering::Less,
            (Some(Value::Number(a, _)), Some(Value::Number(b, _))) => a.total_cmp(&b),
            (Some(Value::Text(a)), Some(Value::Text(b))) => a.cmp(&b),
            (Some(Value::Number(..)), Some(Value::Text(_))) => Ordering::Less,
            (Some(Value::Text(_)), Some(Value::Number(..))) => Ordering::Greater,
        };
        if descends { order.reverse() } else { order }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A record with this network, code size, seed and test error.
    pub(in crate::list) fn record(network: &str, code: usize, seed: u64, error: f64) -> Record {
        let of = |subject: &str, error| (subject.to_owned(), BTreeMap::from([("mse_per_pixel".to_owned(), error)]));
        let subjects = BTreeMap::from([of("autoencoder", error), of("pca", 0.25)]);
        Record {
            experiment: "my_experiment".to_owned(),
            dataset: "glyphs".to_owned(),
            network: network.to_owned(),
            variant: None,
            code,
            seed,
            architecture: "plain".to_owned(),
            parameters: 10 * code,
            epochs: 5,
            seconds: 1.5,
            keys: BTreeMap::from([("training.epochs".to_owned(), Value::Number(5.0, None))]),
            measures: BTreeMap::from([("test".to_owned(), subjects)]),
            folder: PathBuf::from(network).join(format!("seed-{seed}")),
            group: PathBuf::from(network),
        }
    }

    #[test]
    fn seeds_of_a_network_share_a_row_and_keys_that_differ_have_no_value() {
        let mut records = vec![record("a", 4, 0, 0.125), record("a", 4, 1, 0.375), record("b", 4, 0, 0.5)];
        records[1].keys.insert("training.epochs".to_owned(), Value::Number(6.0, None));
        let rows = Row::all(records.clone(), false);
        let [error, epochs] = ["test.autoencoder.mse_per_pixel", "training.epochs"]
            .map(|name| Name::read(name, &BTreeSet::from(["training.epochs"])).unwrap());
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].value(&error), Some(Value::Number(0.25, Some(0.03125_f64.sqrt()))));
        assert_eq!(rows[0].value(&Name::Fact(Fact::Ratio)), Some(Value::Number(1.0, None)));
        assert_eq!(rows[0].value(&Name::Fact(Fact::Seed)), Some(Value::Text("0 1".to_owned())));
        assert_eq!(rows[0].value(&Name::Fact(Fact::Folder)), Some(Value::Text("a".to_owned())));
        assert_eq!([rows[0].value(&epochs), rows[1].value(&epochs)], [None, Some(Value::Number(5.0, None))]);
        // Rows without the name come last in both orders.
        for descends in [false, true] {
            assert_eq!(rows[0].compare(&rows[1], &epochs, descends), Ordering::Greater);
        }
        assert_eq!(Row::all(records, true).len(), 3);
    }
}
