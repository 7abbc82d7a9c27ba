//! A table of names and rows as comma-separated values, JSON and LaTeX.

use std::collections::BTreeMap;

use super::names::{Fact, Name};
use super::rows::{Row, Value};
use crate::error::Error;
use canvas::number::fixed;

/// Cells by row and column; `None` if a row has no value.
pub(super) struct Table<'a> {
    pub(super) columns: &'a [Name],
    pub(super) cells: Vec<Vec<Option<Value>>>,
    /// The data set of each row.
    datasets: Vec<Option<Value>>,
}

impl<'a> Table<'a> {
    pub(super) fn of(columns: &'a [Name], rows: &[Row]) -> Self {
        let cells = rows.iter().map(|row| columns.iter().map(|name| row.value(name)).collect()).collect();
        let datasets = rows.iter().map(|row| row.value(&Name::Fact(Fact::Dataset))).collect();
        Self { columns, cells, datasets }
    }

    fn column(&self, index: usize) -> impl Iterator<Item = Option<&Value>> {
        self.cells.iter().map(move |row| row[index].as_ref())
    }

    fn has_deviations(&self, index: usize) -> bool {
        self.column(index).any(|cell| matches!(cell, Some(Value::Number(_, Some(_)))))
    }

    /// Heads of the columns, and cells. A column with standard deviations becomes two, one for means and one for
    /// deviations.
    fn plain(&self) -> (Vec<String>, Vec<Vec<Option<Value>>>) {
        let mut heads = Vec::new();
        let mut rows = vec![Vec::new(); self.cells.len()];
        for (index, name) in self.columns.iter().enumerate() {
            let has_deviations = self.has_deviations(index);
            heads.push(name.text());
            if has_deviations {
                heads.push(format!("{}.std", name.text()));
            }
            for (row, cells) in rows.iter_mut().zip(&self.cells) {
                let (value, std) = match &cells[index] {
                    Some(Value::Number(mean, std)) => (Some(Value::Number(*mean, None)), *std),
                    other => (other.clone(), None),
                };
                row.push(value);
                if has_deviations {
                    row.push(std.map(|std| Value::Number(std, None)));
                }
            }
        }
        (heads, rows)
    }

    /// The table as comma-separated values; a missing value is an empty cell.
    pub(super) fn csv(&self) -> Result<String, Error> {
        let (heads, rows) = self.plain();
        let cell = |cell: Option<Value>| match cell {
            None => String::new(),
            Some(Value::Text(text)) => text,
            Some(Value::Number(number, _)) => number.to_string(),
        };
        written(std::iter::once(heads).chain(rows.into_iter().map(|row| row.into_iter().map(cell).collect())))
    }

    /// The table as a JSON list of objects; a missing value is `null`.
    pub(super) fn json(&self) -> String {
        let (heads, rows) = self.plain();
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let rows: Vec<String> = rows
            .into_iter()
            .map(|row| {
                let value = |cell| match cell {
                    None => "null".to_owned(),
                    Some(Value::Text(value)) => text(&value),
                    // Rust writes finite numbers in the syntax of JSON, and whole numbers without decimals.
                    Some(Value::Number(number, _)) => number.to_string(),
                };
                let entries = heads.iter().zip(row).map(|(head, cell)| format!("{}: {}", text(head), value(cell)));
                format!("  {{{}}}", entries.collect::<Vec<_>>().join(", "))
            })
            .collect();
        if rows.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", rows.join(",\n")) }
    }

    /// The table as a LaTeX `tabular` for the package `booktabs`. The best value of each data set is bold.
    pub(super) fn latex(&self) -> String {
        let is_number = |index: usize| self.column(index).flatten().all(|value| matches!(value, Value::Number(..)));
        let kinds: String = (0..self.columns.len()).map(|index| if is_number(index) { 'r' } else { 'l' }).collect();
        let heads: Vec<String> = self.columns.iter().map(|name| escaped(&name.title())).collect();
        let mut lines = vec![
            "% needs \\usepackage{booktabs}".to_owned(),
            format!("\\begin{{tabular}}{{{kinds}}}"),
            "\\toprule".to_owned(),
            format!("{} \\\\", heads.join(" & ")),
            "\\midrule".to_owned(),
        ];
        let decimals: Vec<usize> = (0..self.columns.len()).map(|index| self.decimals(index)).collect();
        let best: Vec<BTreeMap<String, f64>> = (0..self.columns.len()).map(|index| self.best(index)).collect();
        for (cells, dataset) in self.cells.iter().zip(&self.datasets) {
            let cell = |(index, cell): (usize, &Option<Value>)| match cell {
                None => "--".to_owned(),
                Some(Value::Text(text)) => escaped(text),
                Some(Value::Number(mean, std)) => {
                    let shown = |value: f64| in_mathematics(&fixed(value, decimals[index]));
                    let is_best = best[index].get(&of(dataset)) == Some(mean);
                    let mean = if is_best { format!("\\mathbf{{{}}}", shown(*mean)) } else { shown(*mean) };
                    let std = std.map_or_else(String::new, |std| {
                        format!(" \\pm {}", in_mathematics(&deviation(std, decimals[index])))
                    });
                    format!("${mean}{std}$")
                }
            };
            let row = cells.iter().enumerate().map(cell).collect::<Vec<_>>().join(" & ");
            // After the end of a row, LaTeX reads a bracket as the distance to the next one.
            let guard = if row.starts_with('[') { "{}" } else { "" };
            lines.push(format!("{guard}{row} \\\\"));
        }
        lines.extend(["\\bottomrule".to_owned(), "\\end{tabular}".to_owned()]);
        lines.join("\n") + "\n"
    }

    /// Decimals that show four digits of each number of a column, at most six; 0 if all numbers are whole. Columns with
    /// the same field have the same number of decimals.
    pub(super) fn decimals(&self, index: usize) -> usize {
        match &self.columns[index] {
            Name::Fact(Fact::Ratio) => 3,
            Name::Fact(Fact::TrainingSeconds) => 1,
            // Settings such as a learning rate have few digits.
            Name::Key(_) => {
                let digits = |number: f64| number.to_string().split_once('.').map_or(0, |(_, digits)| digits.len());
                self.numbers(index).map(|(number, _)| digits(number)).max().unwrap_or(0)
            }
            Name::Measured { field, .. } => {
                let is_alike = |name: &Name| matches!(name, Name::Measured { field: of, .. } if of == field);
                let alike = (0..self.columns.len()).filter(|index| is_alike(&self.columns[*index]));
                alike.map(|index| self.significant(index)).max().unwrap_or(0)
            }
            Name::Fact(_) => self.significant(index),
        }
    }

    fn significant(&self, index: usize) -> usize {
        const MOST: f64 = 6.0;
        let is_whole = |(number, has_deviation): (f64, bool)| number.fract() == 0.0 && !has_deviation;
        if self.numbers(index).all(is_whole) {
            return 0;
        }
        let decimals = |number: f64| (3.0 - number.abs().log10().floor()).clamp(0.0, MOST) as usize;
        let numbers = self.numbers(index).filter(|(number, _)| *number != 0.0);
        numbers.map(|(number, _)| decimals(number)).max().unwrap_or(0)
    }

    /// The numbers of a column; true for each that has a standard deviation.
    fn numbers(&self, index: usize) -> impl Iterator<Item = (f64, bool)> {
        self.column(index).filter_map(|cell| match cell {
            Some(Value::Number(number, std)) => Some((*number, std.is_some())),
            _ => None,
        })
    }

    /// The best value of a column for each data set with several values. Empty for columns that have no better
    /// direction.
    fn best(&self, index: usize) -> BTreeMap<String, f64> {
        let larger = match &self.columns[index] {
            Name::Fact(Fact::Ratio) => false,
            Name::Measured { field, .. }
                if ["mse_per_pixel", "squared_error_per_image", "bce_per_pixel"].contains(&field.as_str()) =>
            {
                false
            }
            Name::Measured { field, .. } if ["psnr_db", "ssim"].contains(&field.as_str()) => true,
            _ => return BTreeMap::new(),
        };
        let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for (cell, dataset) in self.column(index).zip(&self.datasets) {
            if let Some(Value::Number(number, _)) = cell {
                values.entry(of(dataset)).or_default().push(*number);
            }
        }
        values.retain(|_, values| values.iter().any(|value| *value != values[0]));
        let best = |values: Vec<f64>| values.into_iter().reduce(if larger { f64::max } else { f64::min });
        values.into_iter().filter_map(|(dataset, values)| Some((dataset, best(values)?))).collect()
    }
}

fn of(dataset: &Option<Value>) -> String {
    match dataset {
        Some(Value::Text(dataset)) => dataset.clone(),
        _ => String::new(),
    }
}

/// Rows as text with comma-separated values.
pub(super) fn written(rows: impl Iterator<Item = Vec<String>>) -> Result<String, Error> {
    let wrong = |error: csv::Error| Error::List { message: format!("writing comma-separated values: {error}") };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(wrong)?;
    }
    let bytes = writer.into_inner().map_err(|error| wrong(error.into_error().into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A text with LaTeX's special characters escaped.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in system::terminal::one_line(text).chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => shown.extend(['\\', c]),
            '~' => shown += "\\textasciitilde{}",
            '^' => shown += "\\textasciicircum{}",
            '\\' => shown += "\\textbackslash{}",
            '<' => shown += "\\textless{}",
            '>' => shown += "\\textgreater{}",
            '|' => shown += "\\textbar{}",
            '"' => shown += "\\char34{}",
            _ => shown.push(c),
        }
    }
    shown
}

/// A number for LaTeX's mathematical mode: `1.5e-9` becomes a power of ten.
fn in_mathematics(number: &str) -> String {
    match number.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa} \\cdot 10^{{{exponent}}}"),
        None => number.to_owned(),
    }
}

/// A standard deviation with as many decimals as its mean, however small it is.
pub(super) fn deviation(value: f64, decimals: usize) -> String {
    let is_shown = value >= 0.5 * 0.1_f64.powi(i32::try_from(decimals).unwrap_or(0));
    if is_shown { fixed(value, decimals) } else { format!("{:.decimals$}", 0.0) }
}

#[cfg(test)]
mod tests {
    use super::super::names::usual;
    use super::super::rows::tests::record;
    use super::*;

    #[test]
    fn the_best_error_of_a_latex_table_is_bold_and_texts_are_escaped() {
        let rows = Row::all(vec![record("plain_4 & 50% ~{x}", 4, 0, 0.5), record("plain-8", 8, 0, 0.125)], false);
        let latex = Table::of(&usual(false), &rows).latex();
        let lines: Vec<&str> = latex.lines().collect();
        assert_eq!(lines[1], "\\begin{tabular}{lllrrrrrr}");
        assert_eq!(
            lines[5],
            "my\\_experiment & glyphs & plain\\_4 \\& 50\\% \\textasciitilde{}\\{x\\} & $4$ & $1$ & $0.5000$ & $0.2500$ & $2.000$ & \
             $1.5$ \\\\"
        );
        assert!(lines[6].contains("$\\mathbf{0.1250}$ & $0.2500$ & $\\mathbf{0.500}$"), "{latex}");
        assert_eq!(in_mathematics("1.500e-9"), "1.500 \\cdot 10^{-9}");
    }

    #[test]
    fn a_cell_with_a_comma_a_quote_or_a_line_end_is_one_cell() {
        let rows = [vec!["a,b".to_owned(), "say \"x\"\nand".to_owned()]];
        let text = written(rows.clone().into_iter()).unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let read: Vec<Vec<String>> = reader.deserialize().map(Result::unwrap).collect();
        assert_eq!(read, rows);
    }

    #[test]
    fn a_deviation_has_the_decimals_of_its_mean() {
        assert_eq!([deviation(0.27, 1), deviation(0.004_863, 1), deviation(0.0, 2)], ["0.3", "0.0", "0.00"]);
    }

    #[test]
    fn a_row_that_begins_with_a_bracket_is_guarded() {
        let rows = Row::all(vec![record("[300, 100]", 4, 0, 0.5)], false);
        let columns = [Name::Fact(Fact::Network)];
        let latex = Table::of(&columns, &rows).latex();
        assert!(latex.contains("\n{}[300, 100] \\\\\n"), "{latex}");
    }

    #[test]
    fn a_table_without_rows_is_an_empty_json_list() {
        assert_eq!(Table::of(&usual(false), &[]).json(), "[]\n");
    }
}
