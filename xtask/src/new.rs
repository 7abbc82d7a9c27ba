//! `cargo xtask new`: looks at a user's data and writes an experiment file for it.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow};
use clap::Args;
use serde::Deserialize;
use spec::Shape;
use spec::own::{Reading, Unit};
use system::terminal;

use crate::Failure;
use crate::data::reading;
use crate::programs::{self, READ, build};

#[derive(Args)]
pub(crate) struct New {
    /// Experiment file to write; it must not be there
    file: PathBuf,
    /// A CSV file, an array, an IDX file, a text, or a folder of pictures, recordings or texts
    #[arg(long, value_name = "PATH")]
    data: String,
    /// Where the test rows are, if they have a file or folder of their own
    #[arg(long, value_name = "PATH")]
    test: Option<String>,
    /// Where the classes come from: a column, another file, or `subfolder` [default: what looks like it]
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// How the data is read, by a key of an experiment file, such as dataset.header=false; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

/// What `hourglass-read describe --json` tells, as far as it matters here.
#[derive(Clone, Deserialize)]
struct Facts {
    rows: usize,
    shape: Option<Shape>,
    is_bytes: bool,
    has_names: bool,
    columns: Vec<Column>,
    candidates: Candidates,
    label: Option<String>,
    classes: Vec<Class>,
    sizes: Vec<Size>,
    values: Option<Values>,
    documents: Option<Documents>,
}

impl Facts {
    /// The same where the column of the classes has no use.
    fn without_classes(&self) -> Self {
        Self { classes: Vec::new(), ..self.clone() }
    }
}

#[derive(Clone, Deserialize)]
struct Values {
    missing: usize,
}

#[derive(Clone, Deserialize)]
struct Documents {
    unit: Unit,
    different: usize,
    frequent: usize,
}

impl Documents {
    /// Words that are values: so many documents hold each that next to all are among any training rows.
    fn vocabulary(&self) -> usize {
        (self.frequent * 9 / 10).min(1000)
    }
}

#[derive(Clone, Deserialize)]
struct Column {
    name: String,
    kind: String,
    categories: Option<usize>,
    missing: usize,
    is_constant: bool,
    duplicate_of: Option<String>,
    fault: Option<String>,
}

#[derive(Clone, Deserialize)]
struct Candidates {
    group: Vec<String>,
    time: Vec<String>,
    id: Vec<String>,
}

#[derive(Clone, Deserialize)]
struct Class {
    name: String,
    count: usize,
}

#[derive(Clone, Deserialize)]
struct Size {
    width: usize,
    height: usize,
    channels: usize,
    count: usize,
}

/// Pixels on the longer side of a picture at most.
const LONGEST_SIDE: usize = 64;

/// Fewest rows that a file is written for: ten to train on and ten to test on.
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
    let facts = describe(data, reading, *quiet)?;
    let text = experiment(data, test.as_deref(), &facts, label.is_none(), &lines);
    let text = text.map_err(|message| Failure::Input(anyhow!("{data}: {message}")))?;
    write(file, &text).with_context(|| format!("writing {}", file.display())).map_err(Failure::Failed)?;
    if !quiet {
        let (rows, file) = (facts.rows, file.display());
        terminal::say(&format!("{file}: an experiment on {rows} rows of {data}\nnext: cargo xtask run {file}\n"));
    }
    Ok(())
}

fn describe(data: &str, reading: Reading, quiet: bool) -> Result<Facts, Failure> {
    let [program] = build([READ], quiet)?;
    let label = reading.label.clone();
    let reading = serde_json::to_string(&reading);
    let reading = reading.context("spelling the keys").map_err(Failure::Failed)?;
    let mut command = Command::new(program);
    command.args(["describe", "--json", "--options"]).arg(reading).args(["--", data]);
    let printed = programs::output(&mut command, "hourglass-read")?;
    let facts = serde_json::from_slice(&printed).context("reading what hourglass-read tells");
    let mut facts: Facts = facts.map_err(Failure::Failed)?;
    // As the file will name it.
    facts.label = label.or(facts.label);
    Ok(facts)
}

/// Never over a file that came to be in the meantime.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(file)?.write_all(text.as_bytes())
}

/// The experiment file.
///
/// `is_label_found` says that the label was not given, so that its column counts among the values so far.
fn experiment(
    data: &str,
    test: Option<&str>,
    facts: &Facts,
    is_label_found: bool,
    lines: &[String],
) -> Result<String, String> {
    if facts.rows < FEWEST_ROWS {
        return Err(format!("{} rows; expected at least {FEWEST_ROWS}, of which 10 are for the test", facts.rows));
    }
    let (mut table, lacking) = dataset(data, test, facts, is_label_found);
    let shape = match (facts.shape, picture_size(facts), &facts.documents) {
        (_, _, Some(documents)) => Shape::Vector { width: documents.vocabulary() },
        (_, Some(size), None) => Shape::Image { height: size.height, width: size.width, channels: size.channels },
        (Some(shape), ..) => shape,
        (None, None, None) => {
            return Err("no column can be read as values; `cargo xtask data describe` says why".to_owned());
        }
    };
    // A category is a value each; what is left out is none.
    if let Some(Class { name, count }) = facts.classes.iter().find(|class| class.count < 3) {
        return Err(format!("class `{name}` has {count} rows; expected at least 3, one for each split"));
    }
    let (classes, least) = (facts.classes.len(), facts.rows * 15 / 100);
    if classes > least {
        return Err(format!("{classes} classes; expected at most {least}, for each split needs a row of each"));
    }
    let mut values = shape.values().saturating_sub(lacking);
    let mut rows = facts.rows * 7 / 10;
    // Classes are counted by lines, and a window may hold all lines of one.
    let mut has_classifier = facts.classes.len() >= 2 && facts.classes.iter().all(|class| class.count >= 20);
    if values == 1 && facts.has_names {
        values = (facts.rows / 100).clamp(2, 64);
        has_classifier = false;
        rows /= values;
        if facts.rows / values < FEWEST_ROWS {
            return Err(format!("{} rows of one column; expected at least {}", facts.rows, 2 * FEWEST_ROWS));
        }
        // Each class must be in three windows at least, which may hold it whole.
        if facts.classes.iter().any(|class| class.count < 3 * values) {
            table = dataset(data, test, &facts.without_classes(), is_label_found).0;
        }
        table.push_str(&format!(
            "# One column: rows are windows of {values} lines that follow one another.\nwindow = {values}\n"
        ));
    }
    if values < 2 {
        return Err(format!("{values} values a row; expected at least 2"));
    }
    let network = Network::of(values, rows);
    let Network { hidden, code, .. } = &network;
    let mut text = String::new();
    let mut line = |content: &str| {
        text.push_str(content);
        text.push('\n');
    };
    line(&format!(
        "# Written by `cargo xtask new` after a look at the data: {} rows of {shape}. All of it can be changed;",
        facts.rows
    ));
    line("# experiments/README.md lists every key.");
    let quoted_name = Path::new(data).file_name().unwrap_or_default().to_string_lossy();
    let question = format!(
        "Does an autoencoder with a code of {code} reconstruct new rows of {quoted_name} with less error than PCA with as many components?"
    );
    line(&format!("question = {}", quoted(&question)));
    line("claims = [");
    line("    \"test.autoencoder.mse_per_pixel < test.pca.mse_per_pixel\",");
    line("    # Below 1.1: the network does not know its training rows much better than new ones.");
    line("    \"test.autoencoder.test_over_train < 1.1\",");
    if has_classifier {
        line("    # Codes serve a linear classifier better than as many principal components.");
        line("    \"test.autoencoder.logistic_accuracy_all > test.pca.logistic_accuracy_all\",");
    }
    line("]");
    line("# Each seed draws its own split, first weights and order of rows: three tell what is chance.");
    line("seeds = [0, 1, 2]\n");
    line(&with_keys(&table, lines));
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
    let tasks = if has_classifier { "[\"generalisation\", \"classification\"]" } else { "[\"generalisation\"]" };
    text.push_str(&format!("tasks = {tasks}\n"));
    Ok(text)
}

/// The table `[dataset]`, and how many values a row loses by what it leaves out.
fn dataset(data: &str, test: Option<&str>, facts: &Facts, is_label_found: bool) -> (String, usize) {
    let mut text = format!("[dataset]\npath = {}\n", quoted(data));
    if !facts.classes.is_empty() {
        let _ = writeln!(text, "# {} classes. Splits by chance have their shares of the whole.", facts.classes.len());
        let _ = writeln!(
            text,
            "# `without = 0` here and \"anomaly\" among the tasks ask whether a class is found that training never saw."
        );
    }
    if let Some(label) = facts.label.as_ref().filter(|_| !facts.classes.is_empty()) {
        let _ = writeln!(text, "label = {}", quoted(label));
    }
    let candidates = &facts.candidates;
    let other = |columns: &[String]| columns.iter().find(|column| facts.label.as_ref() != Some(column)).cloned();
    let time = other(&candidates.time).map(|column| ("time", column));
    let by = time.or(other(&candidates.group).map(|column| ("group", column)));
    let (mut excluded, mut reasons, mut lacking) = (Vec::new(), Vec::new(), 0);
    if facts.has_names {
        for column in &facts.columns {
            let is_label = facts.label.as_ref() == Some(&column.name);
            if is_label && !is_label_found && !facts.classes.is_empty() {
                continue;
            }
            let is_id = facts.candidates.id.contains(&column.name);
            let is_of_the_split = by.as_ref().is_some_and(|(_, of)| *of == column.name);
            let reason = match column {
                _ if is_label && facts.classes.is_empty() => Some("classes too small for windows"),
                _ if is_label || is_of_the_split => None,
                _ if facts.candidates.id.first() == Some(&column.name) => None,
                _ if is_id => Some("another value in each row"),
                Column { is_constant: true, .. } => Some("the same in all rows"),
                Column { fault: Some(_), .. } => Some("no numbers or categories"),
                Column { duplicate_of: Some(_), .. } => Some("equal to another column"),
                _ => continue,
            };
            // A column that cannot be read is no part of the shape.
            if column.fault.is_none() {
                lacking += match column.kind.as_str() {
                    "category" => column.categories.unwrap_or(0),
                    "number" => 1,
                    _ => 0,
                };
            }
            if let Some(reason) = reason {
                reasons.push(format!("{}: {reason}", column.name));
                excluded.push(quoted(&column.name));
            }
        }
        if let Some(id) = facts.candidates.id.first() {
            let _ = writeln!(
                text,
                "# It has another value in each row, and names it where rows are listed.\nid = {}",
                quoted(id)
            );
        }
        let missing: usize = facts.columns.iter().map(|column| column.missing).sum();
        if !excluded.is_empty() {
            let _ = writeln!(
                text,
                "# {}.\nexclude = [{}]",
                reasons.join("; ").replace(['\n', '\r'], " "),
                excluded.join(", ")
            );
        }
        if missing > 0 {
            let _ = writeln!(
                text,
                "# {missing} values are missing: each becomes the mean of its column over training rows."
            );
            let _ = writeln!(text, "missing = \"mean\"");
        }
    }
    if let Some(Size { width, height, channels, .. }) = picture_size(facts) {
        let _ = writeln!(text, "# Pictures of other sizes are cropped and resized to this one.");
        let _ = writeln!(text, "size = [{width}, {height}]\nchannels = {channels}");
    }
    if !facts.has_names && facts.values.as_ref().is_some_and(|values| values.missing > 0) {
        let _ = writeln!(text, "# Missing values become the mean of their place in a row over training rows.");
        let _ = writeln!(text, "missing = \"mean\"");
    }
    if let Some(documents) = &facts.documents {
        let (Documents { unit, different, frequent }, vocabulary) = (documents, documents.vocabulary());
        let _ = writeln!(
            text,
            "# The texts hold {different} different {unit}, {frequent} of them in 5 texts or more. Values are the logarithms of\n\
             # how often each of the {vocabulary} is there that the most training rows hold."
        );
        let _ = writeln!(text, "format = \"text\"\nunit = \"{unit}\"\nvocabulary = {vocabulary}");
    } else if !facts.is_bytes {
        let is_image = matches!(facts.shape, Some(Shape::Image { .. }));
        // Pixels that hardly ever vary would become large by a variance of 1.
        let (scale, what) = if is_image { ("min-max", "[0, 1]") } else { ("standard", "mean 0 and variance 1") };
        let _ =
            writeln!(text, "# Each column to {what} over training rows; one of standard, min-max, robust and none.");
        let _ = writeln!(text, "scale = {scale:?}");
    }
    let _ = match test {
        Some(test) => writeln!(text, "train = 0.85\nvalidation = 0.15\ntest = {}", quoted(test)),
        None => writeln!(text, "train = 0.7\nvalidation = 0.15\ntest = 0.15"),
    };
    if let Some((by, column)) = by {
        let reason = if by == "time" {
            "The test rows are the latest, as new rows will be"
        } else {
            "No value of this column is in two splits"
        };
        let _ = writeln!(text, "# {reason}.\nsplit.{by} = {}", quoted(&column));
    }
    (text, lacking)
}

/// The size that pictures are brought to, where they differ or are large; with as many pixels dense layers would have too many
/// weights.
fn picture_size(facts: &Facts) -> Option<Size> {
    let &Size { width, height, channels, count } = facts.sizes.first()?;
    let longest = width.max(height);
    let scaled = |side: usize| if longest > LONGEST_SIDE { (side * LONGEST_SIDE / longest).max(2) } else { side };
    let is_as_it_is = facts.sizes.len() == 1 && longest <= LONGEST_SIDE;
    (!is_as_it_is).then(|| Size { width: scaled(width), height: scaled(height), channels, count })
}

/// The table with these lines in place of those that set the same keys.
fn with_keys(dataset: &str, lines: &[String]) -> String {
    let key =
        |line: &str| line.split('=').next().unwrap_or_default().trim().split('.').next().unwrap_or_default().to_owned();
    let given: Vec<String> = lines.iter().map(|line| key(line)).collect();
    let kept = dataset.lines().filter(|line| line.starts_with(['#', '[']) || !given.contains(&key(line)));
    let mut text: Vec<&str> = kept.collect();
    let place = text.iter().position(|line| line.starts_with("path")).map_or(text.len(), |place| place + 1);
    text.splice(place..place, lines.iter().map(String::as_str));
    text.join("\n") + "\n"
}

/// Layers for rows of so many values.
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
        // As many weights as there are values to learn from would let it remember them.
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

/// Rows of a batch and epochs: about 5,000 steps, but no more than 300 epochs.
fn steps(rows: usize) -> (usize, usize) {
    let batch = match rows {
        0..1_000 => 16,
        1_000..10_000 => 64,
        _ => 256,
    };
    let batch = batch.min(rows);
    (batch, (5_000 / rows.div_ceil(batch)).clamp(10, 300))
}

/// A TOML string.
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
