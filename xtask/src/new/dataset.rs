//! Writes the table `[dataset]` for a user's data: labels, splits, excluded columns, windows, picture sizes.

use std::fmt::Write as _;

use spec::Shape;
use spec::own::{Condition, Reading};

use super::facts::{Class, Column, Documents, Facts, Size};
use super::quoted;

/// Largest number of pixels on the longer side of a picture. Larger pictures would give dense layers too many weights.
const LONGEST_SIDE: usize = 64;

/// The data and flags that a table `[dataset]` is made from.
pub(super) struct Given<'a> {
    /// The file or folder, as the user gave it.
    pub(super) data: &'a str,
    /// File or folder of the test rows and the facts about it, if the test rows have their own.
    pub(super) test: Option<(&'a str, Option<&'a Facts>)>,
    pub(super) facts: &'a Facts,
    /// Keys of `[dataset]` that the flags set. `lines` holds the same keys as lines of TOML.
    pub(super) reading: &'a Reading,
    pub(super) lines: &'a [String],
    /// Error of splitting the rows by a column, if that failed.
    pub(super) cannot_split: Option<String>,
}

/// The table `[dataset]`, with the properties that the rest of the file depends on.
pub(super) struct Table {
    pub(super) text: String,
    /// True if each class has enough rows for a classifier.
    pub(super) has_classifier: bool,
    /// True if each seed draws its own split.
    pub(super) is_drawn: bool,
    /// The key and the column that split the rows, if a column is suited.
    pub(super) split: Option<(&'static str, String)>,
}

/// # Errors
/// If a column that may hold values cannot be read, or the column of `--label` does not hold classes.
pub(super) fn table(given: &Given<'_>) -> Result<Table, String> {
    let Given { data, test, facts, reading, lines, ref cannot_split } = *given;
    let says = |key: &str| lines.iter().any(|line| line.split(['=', '.', ' ']).next() == Some(key));
    if facts.has_names && reading.columns.is_empty() {
        readable(facts)?;
    }
    let mut text = format!("[dataset]\npath = {}\n", quoted(data));
    // These keys are written below, each with a comment that gives the reason.
    let is_below = |line: &str| {
        line.starts_with("label") || line.starts_with("exclude") && facts.has_names && reading.columns.is_empty()
    };
    for line in lines.iter().filter(|line| !is_below(line)) {
        let _ = writeln!(text, "{line}");
    }

    let split = if says("split") || cannot_split.is_some() { None } else { split(given) };
    if let Some(why) = cannot_split {
        let _ = writeln!(text, "# Rows are split at random. No column can split them: {}.", on_one_line(why));
    }
    let is_drawn = !says("split") && split.as_ref().is_none_or(|(by, _)| *by == "group");
    let values: Vec<&Column> = facts.columns.iter().filter(|column| is_value(given, &split, column)).collect();
    let window = match reading.window {
        Some(window) if facts.has_names => Some(window),
        _ if facts.has_names && values.len() == 1 && values[0].kind == "number" => {
            Some((facts.rows / 100).clamp(2, 64))
        }
        _ => None,
    };
    let label = label(given, window.filter(|_| is_drawn && !matches!(split, Some(("group", _)))))?;
    match &label {
        Label::Of(name) => {
            let classes = facts.classes.len();
            let of_test = test.and_then(|(_, facts)| facts).map_or(0, |facts| facts.classes.len());
            let _ = match classes {
                0 | 1 => writeln!(text, "# The test rows have {of_test} classes, and the training rows one of them."),
                _ => writeln!(text, "# {classes} classes. A random split keeps the share of each class."),
            };
            let _ = writeln!(
                text,
                "# `without = 0` here and the task \"anomaly\" test whether errors find a class without training rows."
            );
            if reading.label.as_ref() == Some(name) || !facts.has_names {
                let _ = writeln!(text, "label = {}", quoted(name));
            } else {
                let _ = writeln!(
                    text,
                    "# This column looks like classes. Without `label` it is an input of the network.\nlabel = {}",
                    quoted(name)
                );
            }
        }
        Label::None(Some(why)) => drop(writeln!(text, "# {}.", on_one_line(why))),
        Label::None(None) => {}
    }
    let label = match label {
        Label::Of(name) => Some(name),
        Label::None(_) => None,
    };
    let others: Vec<&str> = facts
        .candidates
        .label
        .iter()
        .filter(|name| facts.has_names && label.as_ref() != Some(*name))
        .map(String::as_str)
        .collect();
    let clean = reading.clean.as_ref().and_then(|clean| clean.parse::<Condition>().ok()).map(|clean| clean.column);
    if !others.is_empty() && !says("label") && clean.is_none() {
        let _ = writeln!(
            text,
            "# Columns that may hold classes; to use one, name it as `label`: {}.",
            on_one_line(&others.join(", "))
        );
    }

    if facts.has_names && reading.columns.is_empty() {
        columns(given, &split, clean.as_ref().or(label.as_ref()).map(String::as_str), &mut text);
    } else if facts.values.as_ref().is_some_and(|values| values.missing > 0) && !says("missing") {
        let _ = writeln!(
            text,
            "# A missing value becomes the mean over training rows at the same position.\nmissing = \"mean\""
        );
    }
    if let (Some(window), false) = (window, says("window")) {
        let _ = writeln!(
            text,
            "# The table has one column, so each row is a window of {window} consecutive lines.\nwindow = {window}"
        );
    }
    if let (Some(Size { width, height, channels, .. }), false) = (picture_size(facts), says("size")) {
        let _ = writeln!(text, "# Pictures of other sizes are cropped and resized to this size.");
        let _ = writeln!(text, "size = [{width}, {height}]");
        if !says("channels") {
            let _ = writeln!(text, "channels = {channels}");
        }
    }
    scaling(given, &says, &mut text);
    amounts(given, &says, matches!(split, Some(("column", _))) || reading.split.is_some(), &mut text);
    if let Some((by, column)) = &split {
        let reason = match *by {
            "time" => "The test rows are the latest ones, because new rows will be later still",
            "group" => "No value of this column is in two splits",
            _ => "This column names the split of each row",
        };
        let _ = writeln!(text, "# {reason}.\nsplit.{by} = {}", quoted(column));
    }
    // Class counts are in lines, and a window holds several lines.
    let has_rows = |class: &Class| class.count >= 20 * window.unwrap_or(1);
    let has_classifier = label.is_some() && facts.classes.len() >= 2 && facts.classes.iter().all(has_rows);
    Ok(Table { text, has_classifier, is_drawn, split })
}

/// The text with spaces for control characters, so that it fits into a comment of one line.
fn on_one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Returns an error for a column of numbers or categories that cannot be read: such a column is not excluded silently.
fn readable(facts: &Facts) -> Result<(), String> {
    let faulty =
        |column: &&Column| column.fault.is_some() && ["mixed", "number", "category"].contains(&column.kind.as_str());
    let Some(Column { name, fault, .. }) = facts.columns.iter().find(faulty) else { return Ok(()) };
    let fault = fault.as_deref().unwrap_or_default();
    Err(format!("column `{name}`: {fault}; or leave the column out: --set 'dataset.exclude=[{}]'", quoted(name)))
}

/// The key and the column that split the rows, if a column is suited: its name or its values mark splits, times or
/// groups.
fn split(given: &Given<'_>) -> Option<(&'static str, String)> {
    let Given { test, facts, reading, .. } = given;
    let other = |columns: &[String]| {
        let is_free = |column: &&String| {
            reading.label.as_ref().or(facts.label.as_ref()) != Some(*column) && !reading.exclude.contains(column)
        };
        columns.iter().find(is_free).cloned()
    };
    if let (Some(column), None) = (other(&facts.candidates.split), test) {
        return Some(("column", column));
    }
    if let Some(column) = other(&facts.candidates.time)
        && follows(facts, *test, &column)
    {
        return Some(("time", column));
    }
    other(&facts.candidates.group).map(|column| ("group", column))
}

/// True if the test rows have no file of their own, or are later than all other rows.
fn follows(facts: &Facts, test: Option<(&str, Option<&Facts>)>, column: &str) -> bool {
    let Some((_, Some(test))) = test else { return true };
    let of = |facts: &Facts| {
        facts.columns.iter().find(|each| each.name == column).and_then(|each| Some((each.least?, each.greatest?)))
    };
    of(facts).zip(of(test)).is_some_and(|((_, greatest), (least, _))| greatest < least)
}

/// True if the values of a column are inputs of the network.
fn is_value(given: &Given<'_>, split: &Option<(&'static str, String)>, column: &Column) -> bool {
    let Given { facts, reading, .. } = given;
    let is_label = label_of(given) == Some(&column.name);
    let is_read = reading.columns.is_empty() || reading.columns.contains(&column.name);
    !is_label
        && is_read
        && !reading.exclude.contains(&column.name)
        && reason(given, split, column).is_none()
        && !facts.candidates.id.contains(&column.name)
        && split.as_ref().is_none_or(|(_, of)| *of != column.name)
}

/// Why a column is excluded.
fn reason(given: &Given<'_>, split: &Option<(&'static str, String)>, column: &Column) -> Option<&'static str> {
    let candidates = &given.facts.candidates;
    let is_of_the_split = split.as_ref().is_some_and(|(_, of)| *of == column.name);
    let Reading { group, time, split: by_column, .. } = given.reading;
    if is_of_the_split || [group, time, by_column].into_iter().flatten().any(|of| *of == column.name) {
        return None;
    }
    // True for a number that increases from row to row, such as seconds or a counter.
    let rises = || {
        column
            .least
            .zip(column.greatest)
            .is_some_and(|(least, greatest)| greatest - least + 1.0 >= given.facts.rows as f64)
    };
    match column {
        _ if label_of(given) == Some(&column.name) => None,
        _ if candidates.time.contains(&column.name) && rises() => Some("a time; new rows have later ones"),
        Column { is_constant: true, .. } => Some("the same in all rows"),
        _ if column.kind == "date" => Some("a date; `split.time` can order rows by it"),
        Column { fault: Some(_), .. } => Some("neither numbers nor categories"),
        Column { duplicate_of: Some(_), .. } => Some("equal to another column"),
        _ if candidates.split.contains(&column.name) => Some("names of splits"),
        _ if candidates.group.contains(&column.name) => Some("groups; new rows belong to others"),
        _ => None,
    }
}

/// The source of the classes, such as a column: the one that `--label` names, else one that looks like classes in the
/// training or the test rows.
fn label_of<'a>(given: &Given<'a>) -> Option<&'a String> {
    let Given { test, facts, reading, .. } = *given;
    let of_test = test.and_then(|(_, facts)| facts).and_then(|facts| facts.label.as_ref());
    let of_test = of_test.filter(|name| facts.columns.iter().any(|column| column.name == **name));
    reading.label.as_ref().or(facts.label.as_ref()).or(of_test)
}

enum Label {
    Of(String),
    /// No classes, with the reason to write into the file.
    None(Option<String>),
}

/// The source of the classes. Each of the three splits needs rows of every class; with random windows of `window`
/// lines, each class needs three windows.
fn label(given: &Given<'_>, window: Option<usize>) -> Result<Label, String> {
    let Given { facts, reading, .. } = *given;
    // With `clean`, the two classes are clean rows and others.
    let Some(name) = label_of(given).filter(|_| reading.clean.is_none()) else { return Ok(Label::None(None)) };
    let is_asked_for = reading.label.is_some();
    let classes = &facts.classes;
    let least = facts.rows * 15 / 100 / window.unwrap_or(1);
    let fault = match classes.iter().find(|class| class.count < 3 * window.unwrap_or(1)) {
        // The training rows have one class only, and the test file has the others.
        _ if classes.len() < 2 => None,
        Some(Class { name: class, count }) if window.is_some() => {
            Some(format!("class `{class}` has {count} lines; each split needs a window with this class"))
        }
        Some(Class { name: class, count }) => Some(format!("class `{class}` has {count} rows; each split needs one")),
        None if classes.len() > least => {
            Some(format!("{} classes are too many for splits of {least} rows", classes.len()))
        }
        None => None,
    };
    match fault {
        None => Ok(Label::Of(name.clone())),
        Some(fault) if is_asked_for => {
            Err(format!("{fault}; leave out --label, or set dataset.split to the split of each row"))
        }
        Some(fault) => Ok(Label::None(Some(format!("No classes are read: {fault}")))),
    }
}

/// Writes the keys `id`, `exclude` and `missing` of a table with columns.
fn columns(given: &Given<'_>, split: &Option<(&'static str, String)>, label: Option<&str>, text: &mut String) {
    let Given { facts, reading, lines, .. } = *given;
    let ids = &facts.candidates.id;
    let id = ids.iter().find(|id| reading.id.is_none() && !reading.exclude.contains(id));
    if let Some(id) = id {
        let _ = writeln!(
            text,
            "# Every row has a different value in this column, which names the row in lists.\nid = {}",
            quoted(id)
        );
    }
    let mut excluded: Vec<String> = reading.exclude.iter().map(|name| quoted(name)).collect();
    let mut reasons = Vec::new();
    let mut missing = 0;
    for column in &facts.columns {
        let name = &column.name;
        let is_used = [label, id.map(String::as_str), reading.id.as_deref()].contains(&Some(name.as_str()));
        if is_used || reading.exclude.contains(name) {
            continue;
        }
        let is_found = label_of(given) == Some(name);
        let reason = match reason(given, split, column) {
            None if is_found => Some("classes; see above"),
            None if ids.contains(name) => Some("a different value in every row"),
            reason => reason,
        };
        match reason {
            Some(reason) => {
                reasons.push(format!("{name}: {reason}"));
                excluded.push(quoted(name));
            }
            None => missing += column.missing,
        }
    }
    if !reasons.is_empty() {
        let _ = writeln!(text, "# {}.", on_one_line(&reasons.join("; ")));
    }
    if !excluded.is_empty() {
        let _ = writeln!(text, "exclude = [{}]", excluded.join(", "));
    }
    if missing > 0 && !lines.iter().any(|line| line.starts_with("missing")) {
        let (values, what) = if missing == 1 { ("value is", "it becomes") } else { ("values are", "each becomes") };
        let _ = writeln!(
            text,
            "# {missing} {values} missing: {what} the mean of its column over training rows.\nmissing = \"mean\""
        );
    }
}

/// The size to resize pictures to, if their sizes differ or are large.
fn picture_size(facts: &Facts) -> Option<Size> {
    let &Size { width, height, channels } = facts.sizes.first()?;
    let longest = width.max(height);
    let scaled = |side: usize| if longest > LONGEST_SIDE { (side * LONGEST_SIDE / longest).max(2) } else { side };
    let is_as_it_is = facts.sizes.len() == 1 && longest <= LONGEST_SIDE;
    (!is_as_it_is).then(|| Size { width: scaled(width), height: scaled(height), channels })
}

fn scaling(given: &Given<'_>, says: &impl Fn(&str) -> bool, text: &mut String) {
    let facts = given.facts;
    if let Some(Documents { unit, different, frequent, .. }) = &facts.documents {
        // Each of these words is in so many texts that nearly all of them are in any split of training rows.
        let vocabulary = given.reading.vocabulary.unwrap_or((frequent * 9 / 10).clamp(2, 1000));
        let _ = writeln!(
            text,
            "# The texts hold {different} different {unit}, {frequent} of them in 5 texts or more. Values are logarithms of the\n\
             # counts of the {vocabulary} {unit} that occur in most training rows."
        );
        for (key, value) in
            [("format", "\"text\"".to_owned()), ("unit", format!("\"{unit}\"")), ("vocabulary", vocabulary.to_string())]
        {
            if !says(key) {
                let _ = writeln!(text, "{key} = {value}");
            }
        }
    } else if !facts.is_bytes && !says("scale") {
        let is_image = matches!(facts.shape, Some(Shape::Image { .. }));
        // With variance 1, pixels that rarely vary would become large.
        let (scale, what) = if is_image { ("min-max", "[0, 1]") } else { ("standard", "mean 0 and variance 1") };
        let _ =
            writeln!(text, "# Each column to {what} over training rows; one of standard, min-max, robust and none.");
        let _ = writeln!(text, "scale = {scale:?}");
    }
}

/// How many rows each split has.
fn amounts(given: &Given<'_>, says: &impl Fn(&str) -> bool, is_by_column: bool, text: &mut String) {
    if is_by_column {
        return;
    }
    let (train, test) = match given.test {
        // A value that begins with a brace is an inline table of TOML.
        Some((test, _)) if test.starts_with('{') => ("0.85", test.to_owned()),
        Some((test, _)) => ("0.85", quoted(test)),
        None => ("0.7", "0.15".to_owned()),
    };
    for (key, value) in [("train", train), ("validation", "0.15"), ("test", &test)] {
        if !says(key) {
            let _ = writeln!(text, "{key} = {value}");
        }
    }
}
