//! A document made of blocks, and its text as Markdown; `html.rs` writes the document as a page.
//!
//! Text may hold `code`, **strong** words and [links](#to-a-heading), and nothing else of Markdown.

use std::collections::BTreeSet;

use figures::summary::Verdict;
use system::terminal;

use crate::report::strip::{self, Mark};

/// A title and the blocks below it.
pub(super) struct Document {
    title: String,
    blocks: Vec<Block>,
    /// Indices of the blocks that only the page has.
    of_page: BTreeSet<usize>,
    /// Indices of the blocks that only Markdown has.
    of_markdown: BTreeSet<usize>,
}

/// One block of a document.
pub(super) enum Block {
    Heading {
        level: usize,
        text: String,
    },
    Paragraph(String),
    Item(String),
    /// Lines of code.
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
    /// A table of claims or statements, with a column of their checks. It is folded if it has a title.
    Verdicts {
        title: Option<String>,
        head: Vec<String>,
        rows: Vec<Row>,
    },
    /// The heading of an experiment, with a link to its page.
    Experiment {
        title: String,
        page: String,
        subject: String,
        verdicts: Vec<Verdict>,
    },
    /// A figure inside the page.
    Figure {
        title: String,
        svg: String,
    },
    /// A figure in a file: in the folder of figures for Markdown, and in the folder of the linked page for the page.
    Lead {
        file: String,
        title: String,
        page: String,
        /// Width and height in pixels.
        size: [u32; 2],
    },
}

/// A row of a table of verdicts.
pub(super) struct Row {
    pub(super) verdict: Verdict,
    /// Index of the cell that states the verdict.
    pub(super) verdict_at: usize,
    /// Subjects that the row is about.
    pub(super) subjects: Vec<String>,
    pub(super) cells: Vec<String>,
    pub(super) checks: Vec<Mark>,
}

impl Document {
    pub(super) fn new(title: &str) -> Self {
        Self { title: shown(title), blocks: Vec::new(), of_page: BTreeSet::new(), of_markdown: BTreeSet::new() }
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// The blocks that the page shows.
    pub(super) fn of_page(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().enumerate().filter(|(place, _)| !self.of_markdown.contains(place)).map(|(_, block)| block)
    }

    /// Adds a block. Control characters in its texts, such as line breaks, become escapes, because names and commands
    /// come from files of users.
    pub(super) fn push(&mut self, block: Block) {
        let all = |texts: Vec<String>| texts.iter().map(|text| shown(text)).collect::<Vec<_>>();
        let row = |row: Row| Row { cells: all(row.cells), subjects: all(row.subjects), ..row };
        self.blocks.push(match block {
            Block::Heading { level, text } => Block::Heading { level, text: shown(&text) },
            Block::Paragraph(text) => Block::Paragraph(shown(&text)),
            Block::Item(text) => Block::Item(shown(&text)),
            Block::Code(lines) => Block::Code(all(lines)),
            Block::Table { head, rows } => Block::Table { head: all(head), rows: rows.into_iter().map(all).collect() },
            Block::Folded { title, head, rows } => {
                Block::Folded { title: shown(&title), head: all(head), rows: rows.into_iter().map(all).collect() }
            }
            Block::Verdicts { title, head, rows } => {
                let title = title.map(|title| shown(&title));
                Block::Verdicts { title, head: all(head), rows: rows.into_iter().map(row).collect() }
            }
            Block::Experiment { title, page, subject, verdicts } => {
                Block::Experiment { title: shown(&title), page: shown(&page), subject: shown(&subject), verdicts }
            }
            Block::Figure { title, svg } => Block::Figure { title: shown(&title), svg },
            Block::Lead { file, title, page, size } => {
                Block::Lead { file: shown(&file), title: shown(&title), page: shown(&page), size }
            }
        });
    }

    /// Adds a block to the page only.
    pub(super) fn push_to_page(&mut self, block: Block) {
        self.of_page.insert(self.blocks.len());
        self.push(block);
    }

    /// Adds a paragraph to Markdown only.
    pub(super) fn paragraph_of_markdown(&mut self, text: &str) {
        self.of_markdown.insert(self.blocks.len());
        self.paragraph(text.to_owned());
    }

    pub(super) fn heading(&mut self, level: usize, text: &str) {
        self.push(Block::Heading { level, text: text.to_owned() });
    }

    pub(super) fn paragraph(&mut self, text: String) {
        self.push(Block::Paragraph(text));
    }

    /// The document as Markdown, with its figures in the folder `figures`.
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
                Block::Experiment { title, .. } => format!("### {title}\n"),
                Block::Paragraph(text) => format!("{text}\n"),
                Block::Item(text) => format!("- {text}\n"),
                Block::Code(lines) => lines.iter().map(|line| format!("    {line}\n")).collect(),
                Block::Table { head, rows } | Block::Folded { head, rows, .. } => table(head, rows.iter().cloned()),
                Block::Verdicts { head, rows, .. } => {
                    let head: Vec<String> = head.iter().cloned().chain(["checks".to_owned()]).collect();
                    let row = |row: &Row| row.cells.iter().cloned().chain([strip::marks(&row.checks)]).collect();
                    table(&head, rows.iter().map(row))
                }
                Block::Figure { title, .. } => format!("![{title}]()\n"),
                Block::Lead { file, title, .. } => format!("![{title}]({figures}/{file})\n"),
            };
        }
        text
    }
}

/// A table in Markdown.
fn table(head: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let row = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    row(head) + &format!("|{}\n", "---|".repeat(head.len())) + &rows.map(|cells| row(&cells)).collect::<String>()
}

fn shown(text: &str) -> String {
    terminal::one_line(text).into_owned()
}

/// The anchor of a heading, in the form that GitHub uses.
pub(super) fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>();
    kept.replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::html;

    fn document() -> Document {
        let mut document = Document::new("A & B");
        document.heading(2, "deep-2006 on mnist");
        document.paragraph("pixels in [0, 1], see `a < b` in [deep](#deep-2006-on-mnist)".to_owned());
        document.push(Block::Item("**held**: one".to_owned()));
        document.push(Block::Item("two".to_owned()));
        document.push(Block::Table { head: vec!["x".to_owned()], rows: vec![vec!["1|2".to_owned()]] });
        document.push(Block::Lead {
            file: "f.svg".to_owned(),
            title: "F".to_owned(),
            page: "pages/f.html".to_owned(),
            size: [960, 400],
        });
        document.push_to_page(Block::Figure { title: "G".to_owned(), svg: "<svg/>".to_owned() });
        document
    }

    #[test]
    fn markdown_keeps_lists_together_and_tables_whole() {
        let text = document().to_markdown("report");
        assert!(text.contains("- **held**: one\n- two\n\n| x |\n|---|\n| 1\\|2 |\n\n![F](report/f.svg)\n"), "{text}");
        assert!(text.ends_with("(report/f.svg)\n") && html::page(&document()).contains("alt=\"G\""), "{text}");
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
        document.push(Block::Figure { title: evil(), svg: String::new() });
        let (title, page, subject) = (evil(), evil(), evil());
        document.push(Block::Experiment { title, page, subject, verdicts: Vec::new() });
        let rows = vec![Row {
            verdict: Verdict::Held,
            verdict_at: 0,
            subjects: vec![evil()],
            cells: vec![evil()],
            checks: Vec::new(),
        }];
        document.push(Block::Verdicts { title: None, head: vec![evil()], rows });
        for (text, places) in [(document.to_markdown("report"), 11), (html::page(&document), 15)] {
            assert_eq!(text.matches("a\\u{1b}[31m\\nb\\r\\u{0}").count(), places, "{text}");
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        }
    }

    #[test]
    fn html_loads_no_other_files_and_escapes_its_texts() {
        let text = html::page(&document());
        assert!(text.contains("<h1>A &amp; B</h1>") && text.contains("<code>a &lt; b</code>"), "{text}");
        assert!(text.contains("pixels in [0, 1], see <code>"), "{text}");
        assert!(text.contains("in <a href=\"#deep-2006-on-mnist\">deep</a></p>"), "{text}");
        assert!(
            text.contains("id=\"deep-2006-on-mnist\"") && text.contains("<ul>\n<li><strong>held</strong>: one</li>")
        );
        assert!(!text.contains("http") && !text.contains("src=\"http"), "{text}");
    }
}
