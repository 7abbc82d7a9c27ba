//! A document of few kinds of blocks, written as Markdown or as one page of HTML that needs nothing else.
//!
//! Text may hold `code`, **strong** words and [links](#to-a-heading), and nothing else of Markdown.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use system::terminal;

/// A title and what follows it.
pub(super) struct Document {
    title: String,
    blocks: Vec<Block>,
    /// Places of the blocks that the page alone has.
    of_page: BTreeSet<usize>,
}

/// One block.
pub(super) enum Block {
    Heading {
        level: usize,
        text: String,
    },
    Paragraph(String),
    Item(String),
    /// Lines.
    Code(Vec<String>),
    Table {
        head: Vec<String>,
        rows: Vec<Vec<String>>,
    },
    /// A table that the page shows when its title is clicked on.
    Folded {
        title: String,
        head: Vec<String>,
        rows: Vec<Vec<String>>,
    },
    Figure {
        file: String,
        title: String,
        svg: String,
    },
}

/// Sections of a page that needs no contents, at most.
const LONG: usize = 8;

const STYLE: &str = "\
:root { color-scheme: light dark; --text: #1c1c1c; --page: #fdfdfc; --rule: #d5d5d0; --code: #f0f0ec; --link: #0b5cad }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e6e3; --page: #161618; --rule: #3a3a3d; --code: #242427; --link: #7fb5ee }
}
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--text);
  background: var(--page); overflow-wrap: anywhere }
nav ul { columns: 14rem; padding-left: 1.2rem; font-size: .9rem }
summary { cursor: pointer; margin: .6rem 0 }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--rule) }
a { color: var(--link) }
code { background: var(--code); padding: .1em .3em; border-radius: 3px; font-size: .9em }
pre { background: var(--code); padding: .7em 1em; overflow-x: auto }
pre code { padding: 0 }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums }
th, td { text-align: left; vertical-align: top; padding: .3em .8em .3em 0; border-bottom: 1px solid var(--rule) }
table { overflow-wrap: normal }
img { width: 100%; background: white; border-radius: 4px; margin: .8rem 0 }
@media (prefers-color-scheme: dark) { img { filter: brightness(.8) } }
@media print { body { max-width: none; font-size: 11px } h2, img, tr { break-inside: avoid } h2 { break-after: avoid } }
";

impl Document {
    pub(super) fn new(title: &str) -> Self {
        Self { title: shown(title), blocks: Vec::new(), of_page: BTreeSet::new() }
    }

    /// Adds a block. Control characters of its texts, ends of lines among them, become escapes: names and commands come from
    /// outside.
    pub(super) fn push(&mut self, block: Block) {
        let all = |texts: Vec<String>| texts.iter().map(|text| shown(text)).collect::<Vec<_>>();
        self.blocks.push(match block {
            Block::Heading { level, text } => Block::Heading { level, text: shown(&text) },
            Block::Paragraph(text) => Block::Paragraph(shown(&text)),
            Block::Item(text) => Block::Item(shown(&text)),
            Block::Code(lines) => Block::Code(all(lines)),
            Block::Table { head, rows } => Block::Table { head: all(head), rows: rows.into_iter().map(all).collect() },
            Block::Folded { title, head, rows } => {
                Block::Folded { title: shown(&title), head: all(head), rows: rows.into_iter().map(all).collect() }
            }
            Block::Figure { file, title, svg } => Block::Figure { file: shown(&file), title: shown(&title), svg },
        });
    }

    /// Adds a block that the page has, and Markdown has not.
    pub(super) fn push_to_page(&mut self, block: Block) {
        self.of_page.insert(self.blocks.len());
        self.push(block);
    }

    pub(super) fn heading(&mut self, level: usize, text: &str) {
        self.push(Block::Heading { level, text: text.to_owned() });
    }

    pub(super) fn paragraph(&mut self, text: String) {
        self.push(Block::Paragraph(text));
    }

    /// The document with its figures in a folder beside it.
    pub(super) fn to_markdown(&self, figures: &str) -> String {
        let mut text = format!("# {}\n", self.title);
        let mut in_list = false;
        let in_markdown = self.blocks.iter().enumerate().filter(|(place, _)| !self.of_page.contains(place));
        for (_, block) in in_markdown {
            let item = matches!(block, Block::Item(_));
            if !(item && in_list) {
                text.push('\n');
            }
            in_list = item;
            text += &match block {
                Block::Heading { level, text } => format!("{} {text}\n", "#".repeat(*level)),
                Block::Paragraph(text) => format!("{text}\n"),
                Block::Item(text) => format!("- {text}\n"),
                Block::Code(lines) => lines.iter().map(|line| format!("    {line}\n")).collect(),
                Block::Table { head, rows } | Block::Folded { head, rows, .. } => {
                    let row = |cells: &[String]| {
                        let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
                        format!("| {} |\n", cells.join(" | "))
                    };
                    let rule = format!("|{}\n", "---|".repeat(head.len()));
                    row(head) + &rule + &rows.iter().map(|cells| row(cells)).collect::<String>()
                }
                Block::Figure { file, title, .. } => format!("![{title}]({figures}/{file})\n"),
            };
        }
        text
    }

    /// The document as one file, pictures included.
    pub(super) fn to_html(&self) -> String {
        let title = escaped(&self.title);
        let mut text = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n<h1>{title}</h1>\n"
        );
        let headings: Vec<&String> = self
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::Heading { level: 2, text } => Some(text),
                _ => None,
            })
            .collect();
        if headings.len() > LONG {
            let links =
                headings.iter().map(|text| format!("<li><a href=\"#{}\">{}</a></li>", anchor(text), inline(text)));
            text +=
                &format!("<nav aria-label=\"Contents\"><ul>\n{}\n</ul></nav>\n", links.collect::<Vec<_>>().join("\n"));
        }
        let mut in_list = false;
        for block in &self.blocks {
            let item = matches!(block, Block::Item(_));
            text += match (in_list, item) {
                (false, true) => "<ul>\n",
                (true, false) => "</ul>\n",
                _ => "",
            };
            in_list = item;
            text += &match block {
                Block::Heading { level, text } => {
                    format!("<h{level} id=\"{}\">{}</h{level}>\n", anchor(text), inline(text))
                }
                Block::Paragraph(text) => format!("<p>{}</p>\n", inline(text)),
                Block::Item(text) => format!("<li>{}</li>\n", inline(text)),
                Block::Code(lines) => format!("<pre><code>{}</code></pre>\n", escaped(&lines.join("\n"))),
                Block::Table { head, rows } => table(head, rows),
                Block::Folded { title, head, rows } => {
                    format!("<details><summary>{}</summary>\n{}</details>\n", inline(title), table(head, rows))
                }
                Block::Figure { title, svg, .. } => {
                    let data = STANDARD.encode(svg);
                    format!("<img alt=\"{}\" src=\"data:image/svg+xml;base64,{data}\">\n", escaped(title))
                }
            };
        }
        text + if in_list { "</ul>\n</html>\n" } else { "</html>\n" }
    }
}

fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let row = |cells: &[String], tag: &str| {
        let cells = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", inline(cell)));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let body: String = rows.iter().map(|cells| row(cells, "td")).collect();
    format!("<div class=\"wide\"><table>\n{}{body}</table></div>\n", row(head, "th"))
}

fn shown(text: &str) -> String {
    terminal::one_line(text).into_owned()
}

/// The place of a heading, as GitHub names it.
pub(super) fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>();
    kept.replace(' ', "-")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text with its code, strong words and links.
fn inline(text: &str) -> String {
    let mut html = String::new();
    // Every other part lies between backticks.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let mut document = Document::new("A & B");
        document.heading(2, "deep-2006 on mnist");
        document.paragraph("pixels in [0, 1], see `a < b` in [deep](#deep-2006-on-mnist)".to_owned());
        document.push(Block::Item("**held**: one".to_owned()));
        document.push(Block::Item("two".to_owned()));
        document.push(Block::Table { head: vec!["x".to_owned()], rows: vec![vec!["1|2".to_owned()]] });
        let figure = |name: &str| Block::Figure {
            file: format!("{}.svg", name.to_lowercase()),
            title: name.to_owned(),
            svg: "<svg/>".to_owned(),
        };
        document.push(figure("F"));
        document.push_to_page(figure("G"));
        document
    }

    #[test]
    fn markdown_keeps_lists_together_and_tables_whole() {
        let text = document().to_markdown("report");
        assert!(text.contains("- **held**: one\n- two\n\n| x |\n|---|\n| 1\\|2 |\n\n![F](report/f.svg)\n"), "{text}");
        assert!(text.ends_with("(report/f.svg)\n") && document().to_html().contains("alt=\"G\""), "{text}");
    }

    #[test]
    fn control_characters_are_escaped_in_every_block() {
        let evil = || "a\u{1b}[31m\nb\r\u{0}".to_owned();
        let mut document = Document::new(&evil());
        document.heading(2, &evil());
        document.paragraph(evil());
        document.push(Block::Item(evil()));
        document.push(Block::Code(vec![evil()]));
        document.push(Block::Table { head: vec![evil()], rows: vec![vec![evil()]] });
        document.push(Block::Figure { file: "f.svg".to_owned(), title: evil(), svg: String::new() });
        for (text, places) in [(document.to_markdown("report"), 8), (document.to_html(), 9)] {
            assert_eq!(text.matches("a\\u{1b}[31m\\nb\\r\\u{0}").count(), places, "{text}");
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        }
    }

    #[test]
    fn html_needs_nothing_from_outside_and_escapes_what_it_shows() {
        let text = document().to_html();
        assert!(text.contains("<h1>A &amp; B</h1>") && text.contains("<code>a &lt; b</code>"), "{text}");
        assert!(text.contains("pixels in [0, 1], see <code>"), "{text}");
        assert!(text.contains("in <a href=\"#deep-2006-on-mnist\">deep</a></p>"), "{text}");
        assert!(
            text.contains("id=\"deep-2006-on-mnist\"") && text.contains("<ul>\n<li><strong>held</strong>: one</li>")
        );
        assert!(!text.contains("http") && !text.contains("<script"), "{text}");
    }
}
