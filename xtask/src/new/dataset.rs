//! The table `[dataset]` that suits a user's data: labels, splits, what is left out, windows, sizes.

use std::fmt::Write as _;

use spec::Shape;
use spec::own::{Condition, Reading};

use super::facts::{Class, Column, Documents, Facts, Size};
use super::quoted;

/// Pixels on the longer side of a picture at most; with more, dense layers would have too many weights.
const LONGEST_SIDE: usize = 64;

/// What a table is made from.
pub(super) struct Given<'a> {
    /// The file or folder, as the user gave it.
    pub(super) data: &'a str,
    /// Where the test rows are, if it is another one, and what it holds.
    pub(super) test: Option<(&'a str, Option<&'a Facts>)>,
    pub(super) facts: &'a Facts,
    /// What flags say, as keys and as lines.
    pub(super) reading: &'a Reading,
    pub(super) lines: &'a [String],
    /// Why no column can split the rows, where that was tried.
    pub(super) cannot_split: Option<String>,
}

/// The table, and what else depends on it.
pub(super) struct Table {
    pub(super) text: String,
    /// Whether each class has rows enough for a classifier.
    pub(super) has_classifier: bool,
    /// Whether each seed draws its own split.
    pub(super) is_drawn: bool,
    /// The key and the column that split the rows, if a column looked like it.
    pub(super) split: Option<(&'static str, String)>,
}

/// # Errors
/// When a column that the user may want cannot be read, or a label that was asked for is none.
pub(super) fn table(given: &Given<'_>) -> Result<Table, String> {
    let Given { data, test, facts, reading, lines, ref cannot_split } = *given;
    let says = |key: &str| lines.iter().any(|line| line.split(['=', '.', ' ']).next() == Some(key));
    if facts.has_names && reading.columns.is_empty() {
        readable(facts)?;
    }
    let mut text = format!("[dataset]\npath = {}\n", quoted(data));
    // What is written below has its reasons beside it.
    let is_below = |line: &str| {
        line.starts_with("label") || line.starts_with("exclude") && facts.has_names && reading.columns.is_empty()
    };
    for line in lines.iter().filter(|line| !is_below(line)) {
        let _ = writeln!(text, "{line}");
    }

    let split = if says("split") || cannot_split.is_some() { None } else { split(given) };
    if let Some(why) = cannot_split {
        let _ = writeln!(text, "# Rows are split by chance. No column can split them: {}.", on_one_line(why));
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
                _ => writeln!(text, "# {classes} classes. Splits by chance have their shares of the whole."),
            };
            let _ = writeln!(
                text,
                "# `without = 0` here and \"anomaly\" among the tasks ask whether a class is found that training never saw."
            );
            if reading.label.as_ref() == Some(name) || !facts.has_names {
                let _ = writeln!(text, "label = {}", quoted(name));
            } else {
                let _ = writeln!(
                    text,
                    "# It looks like classes; without `label` the column is read as values.\nlabel = {}",
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
            "# May be classes instead of values, one of them as `label`: {}.",
            on_one_line(&others.join(", "))
        );
    }

    if facts.has_names && reading.columns.is_empty() {
        columns(given, &split, clean.as_ref().or(label.as_ref()).map(String::as_str), &mut text);
    } else if facts.values.as_ref().is_some_and(|values| values.missing > 0) && !says("missing") {
        let _ = writeln!(
            text,
            "# Missing values become the mean of their place in a row over training rows.\nmissing = \"mean\""
        );
    }
    if let (Some(window), false) = (window, says("window")) {
        let _ = writeln!(
            text,
            "# One column: rows are windows of {window} lines that follow one another.\nwindow = {window}"
        );
    }
    if let (Some(Size { width, height, channels, .. }), false) = (picture_size(facts), says("size")) {
        let _ = writeln!(text, "# Pictures of other sizes are cropped and resized to this one.");
        let _ = writeln!(text, "size = [{width}, {height}]");
        if !says("channels") {
            let _ = writeln!(text, "channels = {channels}");
        }
    }
    scaling(given, &says, &mut text);
    amounts(given, &says, matches!(split, Some(("column", _))) || reading.split.is_some(), &mut text);
    if let Some((by, column)) = &split {
        let reason = match *by {
            "time" => "The test rows are the latest, as new rows will be",
            "group" => "No value of this column is in two splits",
            _ => "It names the split of each row",
        };
        let _ = writeln!(text, "# {reason}.\nsplit.{by} = {}", quoted(column));
    }
    // Classes are counted by lines, of which a window may hold many.
    let has_rows = |class: &Class| class.count >= 20 * window.unwrap_or(1);
    let has_classifier = label.is_some() && facts.classes.len() >= 2 && facts.classes.iter().all(has_rows);
    Ok(Table { text, has_classifier, is_drawn, split })
}

/// A text for a comment.
fn on_one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// A column of numbers with a fault is not left out in silence.
fn readable(facts: &Facts) -> Result<(), String> {
    let faulty =
        |column: &&Column| column.fault.is_some() && ["mixed", "number", "category"].contains(&column.kind.as_str());
    let Some(Column { name, fault, .. }) = facts.columns.iter().find(faulty) else { return Ok(()) };
    let fault = fault.as_deref().unwrap_or_default();
    Err(format!("column `{name}`: {fault}; or leave the column out: --set 'dataset.exclude=[{}]'", quoted(name)))
}

/// What splits rows, if a column looks like it.
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

/// Whether the test rows, if they have a file of their own, are later than all others.
fn follows(facts: &Facts, test: Option<(&str, Option<&Facts>)>, column: &str) -> bool {
    let Some((_, Some(test))) = test else { return true };
    let of = |facts: &Facts| {
        facts.columns.iter().find(|each| each.name == column).and_then(|each| Some((each.least?, each.greatest?)))
    };
    of(facts).zip(of(test)).is_some_and(|((_, greatest), (least, _))| greatest < least)
}

/// Whether the values of a column become values of a row.
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

/// Why a column is left out.
fn reason(given: &Given<'_>, split: &Option<(&'static str, String)>, column: &Column) -> Option<&'static str> {
    let candidates = &given.facts.candidates;
    let is_of_the_split = split.as_ref().is_some_and(|(_, of)| *of == column.name);
    let Reading { group, time, split: by_column, .. } = given.reading;
    if is_of_the_split || [group, time, by_column].into_iter().flatten().any(|of| *of == column.name) {
        return None;
    }
    // A number that rises with the rows, such as seconds or a counter.
    let rises = || {
        column
            .least
            .zip(column.greatest)
            .is_some_and(|(least, greatest)| greatest - least + 1.0 >= given.facts.rows as f64)
    };
    match column {
        _ if label_of(given) == Some(&column.name) => None,
        _ if candidates.time.contains(&column.name) && rises() => Some("a time, which new rows will not share"),
        Column { is_constant: true, .. } => Some("the same in all rows"),
        _ if column.kind == "date" => Some("a date, which `split.time` could order rows by"),
        Column { fault: Some(_), .. } => Some("no numbers or categories"),
        Column { duplicate_of: Some(_), .. } => Some("equal to another column"),
        _ if candidates.split.contains(&column.name) => Some("names of splits"),
        _ if candidates.group.contains(&column.name) => Some("groups, of which new rows will have others"),
        _ => None,
    }
}

/// The column or other place of the classes: that which is asked for, or looks like it in the training or the test rows.
fn label_of<'a>(given: &Given<'a>) -> Option<&'a String> {
    let Given { test, facts, reading, .. } = *given;
    let of_test = test.and_then(|(_, facts)| facts).and_then(|facts| facts.label.as_ref());
    let of_test = of_test.filter(|name| facts.columns.iter().any(|column| column.name == **name));
    reading.label.as_ref().or(facts.label.as_ref()).or(of_test)
}

enum Label {
    Of(String),
    /// None, and what is to be said of it.
    None(Option<String>),
}

/// Where the classes come from. In windows of so many lines, dealt by chance, each class must be in three at least.
fn label(given: &Given<'_>, window: Option<usize>) -> Result<Label, String> {
    let Given { facts, reading, .. } = *given;
    // Whether rows are clean makes the classes.
    let Some(name) = label_of(given).filter(|_| reading.clean.is_none()) else { return Ok(Label::None(None)) };
    let is_asked_for = reading.label.is_some();
    let classes = &facts.classes;
    let least = facts.rows * 15 / 100 / window.unwrap_or(1);
    let fault = match classes.iter().find(|class| class.count < 3 * window.unwrap_or(1)) {
        // All of one class: the others are in the test file.
        _ if classes.len() < 2 => None,
        Some(Class { name: class, count }) if window.is_some() => {
            Some(format!("class `{class}` has {count} lines, which one window may hold, and each split needs a window"))
        }
        Some(Class { name: class, count }) => {
            Some(format!("class `{class}` has {count} rows, and each split needs one"))
        }
        None if classes.len() > least => {
            Some(format!("{} classes are too many for splits of {least} rows", classes.len()))
        }
        None => None,
    };
    match fault {
        None => Ok(Label::Of(name.clone())),
        Some(fault) if is_asked_for => {
            Err(format!("{fault}; leave out --label, or say by dataset.split which rows are where"))
        }
        Some(fault) => Ok(Label::None(Some(format!("No classes are read: {fault}")))),
    }
}

/// What names rows, what is left out, and what fills.
fn columns(given: &Given<'_>, split: &Option<(&'static str, String)>, label: Option<&str>, text: &mut String) {
    let Given { facts, reading, lines, .. } = *given;
    let ids = &facts.candidates.id;
    let id = ids.iter().find(|id| reading.id.is_none() && !reading.exclude.contains(id));
    if let Some(id) = id {
        let _ = writeln!(
            text,
            "# It has another value in each row, and names it where rows are listed.\nid = {}",
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
            None if is_found => Some("classes, as said above"),
            None if ids.contains(name) => Some("another value in each row"),
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

/// The size that pictures are brought to, where they differ or are large.
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
        // So many documents hold each that next to all are among any training rows.
        let vocabulary = given.reading.vocabulary.unwrap_or((frequent * 9 / 10).clamp(2, 1000));
        let _ = writeln!(
            text,
            "# The texts hold {different} different {unit}, {frequent} of them in 5 texts or more. Values are the logarithms of\n\
             # how often each of the {vocabulary} is there that the most training rows hold."
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
        // Pixels that hardly ever vary would become large by a variance of 1.
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
        // A table of TOML is meant as one.
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
