//! Writes a document as one page of HTML, with style and script.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use figures::summary::Verdict;

use crate::report::dark::follow_scheme;
use crate::report::document::{Block, Document, Row, anchor};
use crate::report::strip;

/// Largest number of headings of a page without a table of contents.
const LONG: usize = 8;
/// Columns of sentences.
const SENTENCES: [&str; 3] = ["evidence", "numbers", "difference of protocol"];
/// Largest number of characters of a cell that is not folded.
const LONG_CELL: usize = 260;

/// Colours with a contrast of at least 4.5 to 1, and layout for screens of any width, dark mode and print.
const STYLE: &str = include_str!("page.css");

/// Script that sorts, searches and filters tables. Without scripts, the page shows everything and lacks these controls.
const SCRIPT: &str = include_str!("page.js");

/// The document as a page. It loads no files but those of its figures in `Lead` blocks.
pub(super) fn page(document: &Document) -> String {
    let title = escaped(document.title());
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n<main>\n<h1>{title}</h1>\n{}",
        contents(document)
    );
    let (mut in_list, mut in_section) = (false, false);
    for block in document.of_page() {
        let item = matches!(block, Block::Item(_));
        text += match (in_list, item) {
            (false, true) => "<ul>\n",
            (true, false) => "</ul>\n",
            _ => "",
        };
        in_list = item;
        if in_section && matches!(block, Block::Heading { .. } | Block::Experiment { .. }) {
            text += "</section>\n";
            in_section = false;
        }
        in_section |= matches!(block, Block::Experiment { .. });
        text += &html(block);
    }
    text += if in_list { "</ul>\n" } else { "" };
    text += if in_section { "</section>\n" } else { "" };
    text + &format!("</main>\n<script>\n{SCRIPT}</script>\n</html>\n")
}

/// A list of links to the headings of a long document; empty for a short one.
fn contents(document: &Document) -> String {
    let headings = document.of_page().filter_map(|block| match block {
        Block::Heading { level: 2, text } => Some(text),
        _ => None,
    });
    let links: Vec<String> =
        headings.map(|text| format!("<li><a href=\"#{}\">{}</a></li>", anchor(text), inline(text))).collect();
    if links.len() <= LONG {
        return String::new();
    }
    format!("<nav aria-label=\"Contents\"><ul>\n{}\n</ul></nav>\n", links.join("\n"))
}

fn html(block: &Block) -> String {
    match block {
        Block::Heading { level, text } => format!("<h{level} id=\"{}\">{}</h{level}>\n", anchor(text), inline(text)),
        Block::Paragraph(text) => format!("<p>{}</p>\n", inline(text)),
        Block::Item(text) => format!("<li>{}</li>\n", inline(text)),
        Block::Code(lines) => format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", escaped(&lines.join("\n"))),
        Block::Table { head, rows } => table(head, &cells(rows)),
        Block::Folded { title, head, rows } => folded(title, &table(head, &cells(rows))),
        Block::Verdicts { title, head, rows } => {
            let head: Vec<String> = head.iter().cloned().chain(["checks".to_owned()]).collect();
            let rows: Vec<String> = rows.iter().map(verdict_row).collect();
            let table = table_of("verdicts", &head, &rows);
            title.as_ref().map_or(table.clone(), |title| folded(title, &table))
        }
        Block::Experiment { title, page, subject, verdicts } => format!(
            "<section class=\"experiment\" data-subjects=\"{}\" data-verdicts=\"{}\">\n<h3 id=\"{}\"><a href=\"{}\">{}</a></h3>\n",
            escaped(subject),
            verdicts.iter().map(|verdict| verdict.name().replace(' ', "-")).collect::<Vec<_>>().join(" "),
            anchor(title),
            escaped(page),
            inline(title)
        ),
        Block::Figure { title, svg, .. } => {
            let data = STANDARD.encode(follow_scheme(svg));
            format!("<img alt=\"{}\" src=\"data:image/svg+xml;base64,{data}\">\n", escaped(title))
        }
        Block::Lead { file, title, page, size: [width, height] } => {
            let beside = page.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!(
                "<a href=\"{}\"><img loading=\"lazy\" width=\"{width}\" height=\"{height}\" alt=\"{}\" src=\"{}/{}\"></a>\n",
                escaped(page),
                escaped(title),
                escaped(beside),
                escaped(file)
            )
        }
    }
}

/// A cell of a table of verdicts. In a long list of findings, all but the first are folded.
fn shortened(cell: &str) -> String {
    match cell.split_once("; ").filter(|_| cell.len() > LONG_CELL) {
        None => inline(cell),
        Some((first, rest)) => {
            let more = rest.split("; ").count();
            format!(
                "{} <details><summary><span class=\"more\">{more} more</span><span class=\"less\">less</span></summary> \
                 {}</details>",
                inline(first),
                inline(rest)
            )
        }
    }
}

fn folded(title: &str, table: &str) -> String {
    format!("<details><summary>{}</summary>\n{table}</details>\n", inline(title))
}

/// Rows of a table as HTML.
fn cells(rows: &[Vec<String>]) -> Vec<String> {
    rows.iter().map(|cells| format!("<tr>{}</tr>\n", data(cells))).collect()
}

fn data(cells: &[String]) -> String {
    cells.iter().map(|cell| format!("<td>{}</td>", inline(cell))).collect()
}

/// A row of a table of verdicts. Its verdicts sort by their kind, and by the share of true checks.
fn verdict_row(row: &Row) -> String {
    let verdict = row.verdict.name().replace(' ', "-");
    let rank = Verdict::ALL.iter().position(|verdict| *verdict == row.verdict).unwrap_or(0);
    let share =
        row.checks.iter().filter(|check| check.clear == Some(true)).count() as f64 / row.checks.len().max(1) as f64;
    let cells: String = row
        .cells
        .iter()
        .enumerate()
        .map(|(index, cell)| match index == row.verdict_at {
            true => format!("<td data-sort=\"{:.4}\">{}</td>", rank as f64 + 1.0 - share, inline(cell)),
            false => format!("<td>{}</td>", shortened(cell)),
        })
        .collect();
    format!(
        "<tr data-verdicts=\"{verdict}\" data-subjects=\"{}\">{cells}<td data-sort=\"{share:.4}\">{}</td></tr>\n",
        escaped(&row.subjects.join("|")),
        strip::svg(&row.checks)
    )
}

fn table(head: &[String], rows: &[String]) -> String {
    table_of("numbers", head, rows)
}

fn table_of(class: &str, head: &[String], rows: &[String]) -> String {
    // Sentences have no order.
    let sorts = |cell: &str| if SENTENCES.contains(&cell) { " data-unsorted" } else { "" };
    let head: String =
        head.iter().map(|cell| format!("<th scope=\"col\"{}>{}</th>", sorts(cell), inline(cell))).collect();
    // `tabindex` lets the keyboard reach and scroll the table.
    format!(
        "<div class=\"wide\" tabindex=\"0\"><table class=\"{class}\">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
        rows.concat()
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text with its code, strong words and links.
fn inline(text: &str) -> String {
    let mut html = String::new();
    // Every second part is between backticks.
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            html += &format!("<code>{}</code>", escaped(part));
            continue;
        }
        for (index, part) in part.split("**").enumerate() {
            let part = links(part);
            html += &if index % 2 == 1 { format!("<strong>{part}</strong>") } else { part };
        }
    }
    html
}

/// Text without code, with its links.
fn links(text: &str) -> String {
    let link = text.split_once("](").and_then(|(before, after)| {
        let (before, label) = before.rsplit_once('[')?;
        let (target, after) = after.split_once(')')?;
        Some((before, label, target, after))
    });
    match link {
        None => escaped(text),
        Some((before, label, target, after)) => {
            format!("{}<a href=\"{}\">{}</a>{}", escaped(before), escaped(target), escaped(label), links(after))
        }
    }
}

/// Contrast of two colours such as `#0b5cad` (WCAG 2.1).
#[cfg(test)]
pub(super) fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |colour: &str| {
        let part = |at: usize| {
            let value = u8::from_str_radix(&colour[at..at + 2], 16).map_or(0.0, f64::from) / 255.0;
            if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_marks_have_a_contrast_of_4_5_in_both_schemes() {
        let schemes: Vec<&str> = STYLE.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        assert_eq!(schemes.len(), 2);
        for scheme in schemes {
            let colour = |name: &str| {
                let value = scheme.split(&format!("--{name}: ")).nth(1).unwrap();
                value.split([';', ' ', '\n']).next().unwrap()
            };
            for name in ["text", "link", "yes", "no", "unclear", "soft"] {
                for ground in ["page", "code"] {
                    let contrast = contrast(colour(name), colour(ground));
                    assert!(contrast >= 4.5, "{name} on {ground}: {contrast:.2}");
                }
            }
        }
    }

    #[test]
    fn a_long_cell_of_findings_shows_the_first_one_and_folds_the_others() {
        let finding = "a".repeat(150);
        assert_eq!(shortened(&finding), finding);
        let cell = format!("{finding}; {finding}; {finding}");
        assert_eq!(
            shortened(&cell),
            format!(
                "{finding} <details><summary><span class=\"more\">2 more</span><span class=\"less\">less</span></summary> \
                 {finding}; {finding}</details>"
            )
        );
    }
}
