//! The facts as text, in lines of at most 100 columns.

use std::fmt::Write;
use std::path::Path;

use system::terminal::one_line;

use super::{Candidates, Column, ColumnKind, Documents, Facts, Range};

/// Greatest number of characters of a line.
const WIDTH: usize = 100;

/// Greatest number of columns and classes that are listed. JSON lists all.
const MOST_LISTED: usize = 100;

/// Marks of bins, from empty to full.
const MARKS: &[u8] = b" .:-=+*#%@";

/// The facts of a file or folder as text.
pub fn text(path: &Path, facts: &Facts) -> String {
    let mut lines = Lines::default();
    let rows = facts.shape.map_or_else(|| "rows".to_owned(), |shape| format!("rows of {shape}"));
    lines.wrap("", &format!("{}: {}, {} {rows}", path.display(), facts.format, facts.rows));
    if let (Some(separator), Some(decimal)) = (facts.separator, facts.decimal) {
        let separator = separator.escape_default();
        lines.wrap("", &format!("fields are separated by `{separator}`, the decimal mark is `{decimal}`"));
    }
    if let Some(values) = &facts.values {
        lines.values(facts.element.as_deref(), values);
    }
    if let Some(documents) = &facts.documents {
        lines.documents(documents);
    }
    lines.columns(&facts.columns, &facts.candidates);
    lines.uses(&facts.candidates);
    if !facts.sizes.is_empty() {
        lines.push("");
        lines.push("sizes, width x height x channels");
        for size in facts.sizes.iter().take(MOST_LISTED) {
            let text = format!("{} x {} x {}", size.width, size.height, size.channels);
            lines.push(&format!("  {text:<24}{:>10}", size.count));
        }
        lines.rest(facts.sizes.len());
    }
    if !facts.classes.is_empty() {
        let label = facts.label.as_deref().unwrap_or("an array of the archive");
        lines.push("");
        lines.wrap("", &format!("{} classes, from {label}", facts.classes.len()));
        for class in facts.classes.iter().take(MOST_LISTED) {
            lines.push(&format!("  {:<60}{:>10}", short(&class.name, 60), class.count));
        }
        lines.rest(facts.classes.len());
    }
    if !facts.skipped.is_empty() || !facts.notes.is_empty() {
        lines.push("");
    }
    for skipped in &facts.skipped {
        lines.wrap("", &format!("{} files left out, {}, such as {}", skipped.count, skipped.reason, skipped.first));
    }
    facts.notes.iter().for_each(|note| lines.wrap("", note));
    lines.0
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn push(&mut self, line: &str) {
        self.0.push_str(one_line(line).trim_end());
        self.0.push('\n');
    }

    /// Writes a text, in several lines if necessary. Lines after the first are indented.
    fn wrap(&mut self, title: &str, text: &str) {
        let text = one_line(text);
        let mut line = title.to_owned();
        let mut length = title.chars().count();
        let mut is_empty = true;
        for word in text.split(' ') {
            let more = word.chars().count() + usize::from(!is_empty);
            if length + more > WIDTH && !is_empty {
                self.push(&line);
                (line, length, is_empty) = ("    ".to_owned(), 4, true);
            }
            if !is_empty {
                line.push(' ');
                length += 1;
            }
            // A long word, such as the path of a file, is cut.
            let word = short(word, WIDTH - length);
            length += word.chars().count();
            line.push_str(&word);
            is_empty = false;
        }
        self.push(&line);
    }

    fn rest(&mut self, count: usize) {
        if count > MOST_LISTED {
            self.push(&format!("  and {} more; --json lists all", count - MOST_LISTED));
        }
    }

    fn values(&mut self, element: Option<&str>, values: &Range) {
        let element = element.map_or_else(String::new, |element| format!(" of type {element}"));
        let [least, mean, greatest] = [values.least, values.mean, values.greatest].map(number);
        let mut line = format!("values{element}: least {least}, mean {mean}, greatest {greatest}");
        let _ = write!(line, ", {} missing", values.missing);
        if let Some(constant) = values.constant {
            let _ = write!(line, "; {constant} places of a row are constant");
        }
        self.wrap("", &line);
        if !values.histogram.is_empty() {
            self.push(&format!("from the least to the greatest: [{}]", marks(&values.histogram)));
        }
    }

    fn documents(&mut self, documents: &Documents) {
        let Documents { unit, least, mean, greatest, different, frequent, most } = documents;
        let mean = number(Some(*mean));
        self.wrap("", &format!("{unit} of a document: least {least}, mean {mean}, greatest {greatest}"));
        self.wrap("", &format!("{different} different {unit}, {frequent} of them in 5 documents or more"));
        let most = most.iter().map(|entry| format!("{} {}", entry.name, entry.documents)).collect::<Vec<_>>();
        self.wrap("in the most documents: ", &most.join(", "));
    }

    fn columns(&mut self, columns: &[Column], candidates: &Candidates) {
        if columns.is_empty() {
            return;
        }
        self.push("");
        let head = ("column", "kind", "least", "mean", "greatest", "missing");
        self.push(&format!(
            "{:<24} {:<15} {:>10} {:>10} {:>10} {:>9}  {}",
            head.0, head.1, head.2, head.3, head.4, head.5, "histogram"
        ));
        for column in columns.iter().take(MOST_LISTED) {
            let is_date = column.kind == ColumnKind::Date;
            let values = [column.least, column.mean, column.greatest];
            let [least, mean, greatest] = values.map(|value| if is_date { date(value) } else { number(value) });
            let kind = match (column.kind, column.categories) {
                (ColumnKind::Category, Some(1)) => "1 category".to_owned(),
                (ColumnKind::Category, Some(count)) => format!("{count} categories"),
                (kind, _) => name(kind).to_owned(),
            };
            let bins = match column.histogram.is_empty() {
                true => String::new(),
                false => format!("[{}]", marks(&column.histogram)),
            };
            let (name, missing) = (short(&column.name, 24), column.missing);
            self.push(&format!("{name:<24} {kind:<15} {least:>10} {mean:>10} {greatest:>10} {missing:>9}  {bins}"));
        }
        self.rest(columns.len());
        let named = |is_one: &dyn Fn(&Column) -> bool| {
            let names: Vec<&str> =
                columns.iter().filter(|column| is_one(column)).map(|column| column.name.as_str()).collect();
            names.join(", ")
        };
        let equal = columns
            .iter()
            .filter_map(|column| column.duplicate_of.as_ref().map(|first| format!("{} equals {first}", column.name)));
        let lists = [
            ("constant: ", named(&|column| column.is_constant)),
            ("equal to an earlier column: ", equal.collect::<Vec<_>>().join(", ")),
        ];
        if lists.iter().any(|(_, names)| !names.is_empty()) {
            self.push("");
        }
        for (title, names) in lists.iter().filter(|(_, names)| !names.is_empty()) {
            self.wrap(title, names);
        }
        let faults: Vec<(&str, &str)> =
            columns.iter().filter_map(|column| Some((column.name.as_str(), column.fault.as_deref()?))).collect();
        if !faults.is_empty() {
            self.push("");
            self.push("columns that cannot be read as values");
            for (name, fault) in faults.iter().take(MOST_LISTED) {
                let use_of = uses(candidates).into_iter().find(|(_, names)| names.iter().any(|of| of == name));
                // A column with another use need not be left out.
                let shown = match (use_of, fault.rsplit_once("; ")) {
                    (Some((key, _)), Some((fault, _))) => format!("{name}: {fault}; it can be {key}"),
                    _ => format!("{name}: {fault}"),
                };
                self.wrap("  ", &shown);
            }
            self.rest(faults.len());
        }
    }

    fn uses(&mut self, candidates: &Candidates) {
        let uses = uses(candidates);
        if uses.iter().any(|(_, names)| !names.is_empty()) {
            self.push("");
        }
        for (key, names) in uses.iter().filter(|(_, names)| !names.is_empty()) {
            self.wrap(&format!("may be {key}: "), &names.join(", "));
        }
    }
}

/// Keys that columns can be used for, and the columns.
fn uses(candidates: &Candidates) -> [(&'static str, &Vec<String>); 5] {
    let Candidates { label, group, time, split, id } = candidates;
    [("label", label), ("split.group", group), ("split.time", time), ("split.column", split), ("id", id)]
}

fn name(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Number => "number",
        ColumnKind::Category => "category",
        ColumnKind::Date => "date",
        ColumnKind::Text => "text",
        ColumnKind::Mixed => "mixed",
        ColumnKind::Empty => "empty",
    }
}

/// A mark for each bin: a space for an empty one, `@` for the fullest.
fn marks(bins: &[u64]) -> String {
    let most = bins.iter().copied().max().unwrap_or(0).max(1);
    let mark = |count: &u64| match count {
        0 => MARKS[0],
        // A bin with a single value is not shown as empty.
        count => MARKS[1 + ((*count as f64 / most as f64) * (MARKS.len() - 2) as f64).round() as usize],
    };
    bins.iter().map(|count| char::from(mark(count))).collect()
}

/// A number with about four digits, in at most 10 characters.
fn number(value: Option<f64>) -> String {
    let Some(value) = value else { return String::new() };
    let size = value.abs();
    match value {
        0.0 => "0".to_owned(),
        _ if value.fract() == 0.0 && size < 1e7 => format!("{value:.0}"),
        _ if !(1e-3..1e6).contains(&size) => format!("{value:.2e}"),
        _ if size >= 1000.0 => format!("{value:.0}"),
        _ if size >= 100.0 => format!("{value:.1}"),
        _ if size >= 10.0 => format!("{value:.2}"),
        _ if size >= 1.0 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

/// The date of a time in seconds since 1970: <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
fn date(seconds: Option<f64>) -> String {
    let Some(seconds) = seconds else { return String::new() };
    let days = (seconds / 86_400.0).floor() as i64 + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days - 146_097 * era;
    let of_era_years = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_era_years + of_era_years / 4 - of_era_years / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    format!("{:04}-{month:02}-{day:02}", of_era_years + 400 * era + year)
}

fn short(text: &str, most: usize) -> String {
    let text = one_line(text);
    if text.chars().count() <= most {
        return text.into_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_have_at_most_ten_characters() {
        let shown = |value| number(Some(value));
        assert_eq!(
            ["0", "5.843", "-12.35", "1.20e-5", "1234568", "1.23e9"].to_vec(),
            [shown(0.0), shown(5.8433), shown(-12.345), shown(1.2e-5), shown(1_234_568.0), shown(1_234_567_890.5),]
        );
        assert!([-f64::from(f32::MAX), f64::MIN_POSITIVE, -999_999.5].iter().all(|value| shown(*value).len() <= 10));
        let days = [0.0, -1.0, 951_782_400.0, 1_795_860_900.0, -2_203_891_200.0];
        let expected = ["1970-01-01", "1969-12-31", "2000-02-29", "2026-11-28", "1900-03-01"];
        assert_eq!(days.map(|seconds| date(Some(seconds))), expected);
    }

    #[test]
    fn the_fullest_bin_has_the_darkest_mark_and_every_value_is_visible() {
        assert_eq!(marks(&[0, 1, 500, 1000]), " .=@".replace('=', "+"));
    }

    #[test]
    fn long_texts_are_broken_between_words() {
        let mut lines = Lines::default();
        lines.wrap("names: ", &"word ".repeat(50));
        lines.wrap("", &"x".repeat(300));
        assert!(lines.0.lines().count() > 3 && lines.0.lines().all(|line| line.chars().count() <= WIDTH));
    }
}
