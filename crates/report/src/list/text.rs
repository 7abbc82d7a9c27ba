//! A table as text, cut to the width of a terminal.

use super::rows::Value;
use super::table::{Table, deviation};
use crate::across::text::absent;
use canvas::number::fixed;

/// Smallest number of characters that a text is cut to.
const SHORTEST: usize = 14;

/// Spaces before each column.
const GAP: usize = 2;

impl Table<'_> {
    /// The table as lines that end in `\n`, and the names of the columns left out. Texts are aligned left, numbers
    /// right. If the table is wider than `width` characters, long texts are cut, then columns are left out from the
    /// right.
    pub(super) fn text(&self, width: Option<usize>) -> (String, Vec<String>) {
        let mut columns: Vec<(bool, Vec<String>)> = (0..self.columns.len()).map(|index| self.shown(index)).collect();
        let longest = |column: &[String]| column.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        let total = |columns: &[(bool, Vec<String>)]| -> usize {
            columns.iter().map(|(_, column)| longest(column) + GAP).sum()
        };
        let mut left_out = Vec::new();
        if let Some(width) = width {
            while total(&columns) > width {
                let texts = columns.iter_mut().filter(|(is_text, column)| *is_text && longest(column) > SHORTEST);
                let Some((_, column)) = texts.max_by_key(|(_, column)| longest(column)) else { break };
                let most = longest(column) - 1;
                column.iter_mut().for_each(|cell| cut(cell, most));
            }
            while columns.len() > 1 && total(&columns) > width {
                columns.pop();
                left_out.insert(0, self.columns[columns.len()].text());
            }
        }
        let widths: Vec<usize> = columns.iter().map(|(_, column)| longest(column)).collect();
        let mut text = String::new();
        for row in 0..=self.cells.len() {
            let mut line = String::new();
            for ((is_text, column), &width) in columns.iter().zip(&widths) {
                let cell = &column[row];
                line += &if *is_text { format!("  {cell:<width$}") } else { format!("  {cell:>width$}") };
            }
            text += line.trim_end();
            text.push('\n');
        }
        (text, left_out)
    }

    /// True if a column has texts, then its head and its cells.
    fn shown(&self, index: usize) -> (bool, Vec<String>) {
        let cells = || self.cells.iter().map(|row| row[index].as_ref());
        let is_text = cells().flatten().any(|cell| matches!(cell, Value::Text(_)));
        let decimals = self.decimals(index);
        let cell = |cell: Option<&Value>| match cell {
            None => absent(),
            // A line break would end the row.
            Some(Value::Text(text)) => system::terminal::one_line(text).into_owned(),
            Some(Value::Number(mean, std)) => {
                let std = std.map_or_else(String::new, |std| format!(" ± {}", deviation(std, decimals)));
                format!("{}{std}", fixed(*mean, decimals))
            }
        };
        (is_text, std::iter::once(self.columns[index].title()).chain(cells().map(cell)).collect())
    }
}

/// Cuts a text to `most` characters; the last one is an ellipsis.
fn cut(cell: &mut String, most: usize) {
    if cell.chars().count() > most {
        let end = cell.trim_end_matches('…').char_indices().nth(most.saturating_sub(1)).map_or(0, |(end, _)| end);
        cell.truncate(end);
        cell.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::usual;
    use super::super::rows::Row;
    use super::super::rows::tests::record;
    use super::*;

    #[test]
    fn a_narrow_terminal_cuts_texts_and_then_leaves_out_columns() {
        let records =
            vec![record("dense-512-256-leaky_relu-32-variational", 32, 0, 0.5), record("plain-4", 4, 0, 0.125)];
        let rows = Row::all(records, true);
        let names = usual(true);
        let table = Table::of(&names, &rows);
        let widest = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap();
        let (whole, left_out) = table.text(None);
        assert!(left_out.is_empty() && whole.contains("dense-512-256-leaky_relu-32-variational"), "{whole}");
        assert_eq!(
            whole.lines().nth(2).unwrap().split_whitespace().collect::<Vec<_>>(),
            ["my_experiment", "glyphs", "plain-4", "4", "0", "0.1250", "0.2500", "0.500", "1.5"]
        );
        for width in 20..widest(&whole) {
            let (text, left_out) = table.text(Some(width));
            assert!(widest(&text) <= width, "{width}: {text}");
            assert!(text.lines().count() == 3 && text.contains("my_experiment"), "{text}");
            assert_eq!(text.contains("seconds"), left_out.is_empty(), "{text}");
        }
        let (text, left_out) = table.text(Some(60));
        assert!(text.contains("dense-512-256…"), "{text}");
        assert_eq!(left_out.last().unwrap(), "training_seconds");
        assert_eq!(table.text(Some(1)).1.len(), names.len() - 1);
    }
}
