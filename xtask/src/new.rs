//! `cargo xtask new`: reads a user's data and writes an experiment file for it.

mod dataset;
mod facts;

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;
use spec::own::Reading;
use spec::{Dataset, Experiment};
use system::terminal;

use self::dataset::{Given, Table};
use self::facts::Facts;
use crate::data::reading;
use crate::own::OwnData;
use crate::programs::{self, READ, build};
use crate::{Failure, name};

#[derive(Args)]
pub(crate) struct New {
    /// Experiment file to write; it must not exist
    file: PathBuf,
    /// A CSV file, an array, an IDX file, a text, or a folder of pictures, recordings or texts
    #[arg(long, value_name = "PATH")]
    data: String,
    /// File or folder of the test rows, if they have one of their own
    #[arg(long, value_name = "PATH")]
    test: Option<String>,
    /// Source of the classes: a column, another file, or `subfolder` [default: what looks like classes]
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// Key of the experiment file that says how to read the data, such as dataset.header=false; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

/// Seeds that the experiment file lists.
const SEEDS: [u64; 3] = [0, 1, 2];

/// Smallest number of rows: each test split then has at least ten.
const FEWEST_ROWS: usize = 67;

pub(crate) fn new(arguments: &New) -> Result<(), Failure> {
    let New { file, data, test, label, set, quiet } = arguments;
    if file.extension().is_none_or(|extension| extension != "toml") {
        return Err(Failure::Input(anyhow!("{}: expected a name that ends in .toml", file.display())));
    }
    if file.exists() {
        return Err(Failure::Input(anyhow!("{} is there already; choose another name", file.display())));
    }
    let (reading, lines) = reading(data, label.as_deref(), set)?;
    let facts = describe(data, &reading, *quiet)?;
    let wrong = |message: String| Failure::Input(anyhow!("{data}: {message}"));
    if facts.rows < FEWEST_ROWS {
        let rows = facts.rows;
        return Err(wrong(format!("{rows} rows; expected at least {FEWEST_ROWS}, of which 10 are for the test")));
    }
    // An inline table of TOML names arrays or labels, and `describe` takes a path: it is checked when the rows are
    // read.
    let is_described = |test: &&String| !test.starts_with('{');
    let of_test = test.as_ref().filter(is_described).map(|test| describe(test, &reading, *quiet)).transpose()?;
    let test = test.as_deref().map(|test| (test, of_test.as_ref()));
    let mut given = Given { data, test, facts: &facts, reading: &reading, lines: &lines, cannot_split: None };
    let mut table = dataset::table(&given).map_err(wrong)?;
    let own = OwnData::new(true);
    let mut read = read(file, &table.text, &own);
    if let (Err(Failure::Input(error)), true) = (&read, table.split.is_some()) {
        // `new` chose the column itself, so it writes a random split and the reason, in place of an error.
        given.cannot_split = Some(format!("{error:#}"));
        table = dataset::table(&given).map_err(wrong)?;
        read = self::read(file, &table.text, &own);
    }
    let read = read?;
    let text = experiment(data, &facts, &table, &read);
    write(file, &text).with_context(|| format!("writing {}", file.display())).map_err(Failure::Failed)?;
    if !quiet {
        let (rows, file) = (read.train + read.validation + read.test, file.display());
        terminal::say(&format!("{file}: an experiment on {rows} rows of {data}\nnext: cargo xtask run {file}\n"));
    }
    Ok(())
}

fn describe(data: &str, reading: &Reading, quiet: bool) -> Result<Facts, Failure> {
    let [program] = build([READ], quiet)?;
    let options = serde_json::to_string(reading).context("writing the keys as JSON").map_err(Failure::Failed)?;
    let mut command = name::program(program);
    command.args(["describe", "--json", "--options"]).arg(options).args(["--", data]);
    let printed = programs::output(&mut command, "hourglass-read")?;
    let facts = serde_json::from_slice(&printed).context("reading the output of hourglass-read");
    let mut facts: Facts = facts.map_err(Failure::Failed)?;
    // The label as the experiment file names it.
    facts.label = reading.label.clone().or(facts.label);
    Ok(facts)
}

/// Reads the data with the keys of the table, and splits and scales the rows of each seed. `new` writes a file only
/// after this succeeds, so that `run` accepts it.
fn read(file: &Path, table: &str, own: &OwnData) -> Result<Dataset, Failure> {
    let run = Experiment::on_dataset(file, table, &[], &|path, reading| own.facts(path, reading));
    let run = run.map_err(|error| {
        // The error names a line of a file that does not exist yet, so the line is removed.
        let message = error.to_string();
        let found = message.strip_prefix(&file.display().to_string()).and_then(|rest| rest.split_once(": "));
        Failure::Input(anyhow!("{}", found.map_or(message.as_str(), |(_, message)| message)))
    })?;
    own.deal(&run, &SEEDS)?;
    Ok(run.dataset)
}

/// Writes the experiment file whole, and never replaces a file that was created in the meantime.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let mut opened = OpenOptions::new().write(true).create_new(true).open(file)?;
    opened.write_all(text.as_bytes()).inspect_err(|_| drop(std::fs::remove_file(file)))
}

/// The text of the experiment file.
fn experiment(data: &str, facts: &Facts, table: &Table, read: &Dataset) -> String {
    let Table { text: dataset, has_classifier, is_drawn, .. } = table;
    let (values, rows) = (read.shape.values(), read.train);
    let network = Network::of(values, rows);
    let Network { hidden, code, .. } = &network;
    let mut text = String::new();
    let mut line = |content: &str| {
        text.push_str(content);
        text.push('\n');
    };
    line(&format!(
        "# Written by `cargo xtask new` for {} rows of {}. Every key can be changed;",
        facts.rows, read.shape
    ));
    line("# docs/keys.md lists every key.");
    let quoted_name = Path::new(data).file_name().unwrap_or_default().to_string_lossy();
    let is_of_clean = read.own().is_some_and(|own| own.reading.clean.is_some());
    let question = match is_of_clean {
        true => format!("Does the error of an autoencoder find the rows of {quoted_name} that are not clean?"),
        false => format!(
            "Does an autoencoder with a code of {code} reconstruct new rows of {quoted_name} with less error than PCA with as many components?"
        ),
    };
    line(&format!("question = {}", quoted(&question)));
    line("claims = [");
    if is_of_clean {
        line("    # AUROC of the errors, clean rows against the others: 1 is perfect, 0.5 is chance.");
        line("    \"test.autoencoder.left_out_auroc > test.pca.left_out_auroc\",");
        line("    \"test.autoencoder.left_out_auroc > test.kth_neighbour.left_out_auroc\",");
    } else {
        line("    \"test.autoencoder.mse_per_pixel < test.pca.mse_per_pixel\",");
        line("    # Below 1.1, the error on test rows is at most 10 % above the error on training rows.");
        line("    \"test.autoencoder.test_over_train < 1.1\",");
    }
    if *has_classifier {
        line("    # A linear classifier is more accurate on codes than on as many principal components.");
        line("    \"test.autoencoder.logistic_accuracy_all > test.pca.logistic_accuracy_all\",");
    }
    line("]");
    let draws = if *is_drawn { "its own split, initial weights" } else { "its own initial weights" };
    line(&format!("# Each seed draws {draws} and order of rows. Three seeds show how much results vary by chance."));
    line(&format!("seeds = {SEEDS:?}\n"));
    line(dataset);
    line(&format!("# {}", network.reason));
    line("[model]");
    line(&format!("hidden = {hidden:?}"));
    line(&format!("code = {code}\n"));
    let (batch, epochs) = steps(rows);
    line("[training]");
    line(&format!(
        "# At most {} steps. The best weights by the validation rows are kept.",
        epochs * rows.div_ceil(batch)
    ));
    line(&format!("epochs = {epochs}"));
    line(&format!("batch_size = {batch}"));
    line("loss = \"mse\"\n");
    let rate = if values < 256 { 0.003 } else { 0.001 };
    line(&format!("[training.adam]\nlearning_rate = {rate}\n"));
    line("[training.schedule.cosine]\nfinal_fraction = 0.02\n");
    line(&format!("[training.early_stopping]\npatience = {}\n", (epochs / 5).max(5)));
    line("[evaluation]");
    line("baselines = [\"pca\", \"mean_image\"]");
    let tasks = match (is_of_clean, *has_classifier) {
        (true, _) => "[\"anomaly\"]",
        (false, true) => "[\"generalisation\", \"classification\"]",
        (false, false) => "[\"generalisation\"]",
    };
    text.push_str(&format!("tasks = {tasks}\n"));
    text
}

/// Layers that suit the number of values and rows.
struct Network {
    hidden: Vec<usize>,
    code: usize,
    reason: String,
}

impl Network {
    fn of(values: usize, rows: usize) -> Self {
        let code = (values / 4).clamp(1, 32);
        let weights = |hidden: usize| 2 * hidden * (values + code);
        let mut hidden = (2 * values).next_power_of_two().clamp(8, 512);
        // Fewer weights than training values keep the network from memorising its training rows.
        while hidden > (2 * code).max(8) && 2 * weights(hidden) > rows * values {
            hidden /= 2;
        }
        let reason = format!(
            "{values} values go through {hidden} hidden units to a code of {code}: {} weights for {rows} rows to train on",
            weights(hidden)
        );
        Self { hidden: vec![hidden], code, reason }
    }
}

/// Rows of a batch, and epochs: about 5,000 steps, and at most 300 epochs.
fn steps(rows: usize) -> (usize, usize) {
    let batch = match rows {
        0..1_000 => 16,
        1_000..10_000 => 64,
        _ => 256,
    };
    let batch = batch.min(rows);
    (batch, (5_000 / rows.div_ceil(batch)).clamp(10, 300))
}

/// The text as a string of TOML, with quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => drop(write!(quoted, "\\u{:04X}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}
