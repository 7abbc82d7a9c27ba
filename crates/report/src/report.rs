//! Makes the report of all recorded experiments from their records: `REPORT.md`, and `report.html` with a page for each
//! experiment.

mod dark;
mod document;
mod html;
mod needed;
mod page;
mod peers;
mod place;
mod published;
mod reading;
mod section;
mod sources;
mod statements;
mod strip;
mod tables;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use record::folders::entries;
use spec::Check;
use system::storage;

use self::document::{Block, Document, Row};
pub use self::needed::needed;
pub use self::page::page;
use self::peers::Peers;
use self::place::Place;
use self::published::PublishedNumbers;
use self::section::{Figure, Recorded, Section};
use self::statements::Statements;
use self::tables::{counts, marks, numbers, verdict};
use self::words::{count, title};
use crate::across::answer;
use crate::across::text::WIDEST;
use crate::error::Error;
use figures::summary::{Summary, Verdict};

/// Name of the folder of the figures of `REPORT.md`, in the same folder.
const FIGURES: &str = "report";
/// Name of the folder of the pages of experiments and of the figures of `report.html`, in the same folder.
const PAGES: &str = "pages";

/// Largest number of findings below the headline of an experiment; its page has all.
const FINDINGS: usize = 2;

/// Files and errors of a report.
#[derive(Debug)]
pub struct Report {
    /// Files that were written, or had the same bytes already: `REPORT.md`, `report.html`, their figures, and the
    /// pages.
    pub written: Vec<PathBuf>,
    /// Tracked files that would change, and were not written.
    pub kept: Vec<PathBuf>,
    /// Sections or figures that failed: the title of the section, and the error. The report has these errors too.
    pub failed: Vec<(String, Error)>,
}

/// Makes a report of all runs recorded below `folder`, without compact records and tracked files; see [`Reporting`].
///
/// # Errors
/// As [`Reporting::make`].
pub fn report(folder: &Path, experiments: &Path) -> Result<Report, Error> {
    Reporting { folder, experiments, own_runs: true, unpacked: None, tracked: &[] }.make()
}

/// Input of a report; [`Reporting::make`] makes it.
#[derive(Debug, Clone, Copy)]
pub struct Reporting<'a> {
    /// Folder to write the report into.
    pub folder: &'a Path,
    /// Folder of the experiment files, of `statements.toml` and of `published.toml`.
    pub experiments: &'a Path,
    /// True if runs recorded below `folder` are part of the report.
    pub own_runs: bool,
    /// Folder with the unpacked compact records of `folder`. Runs below `folder` have precedence over the same runs
    /// here.
    pub unpacked: Option<&'a Path>,
    /// `REPORT.md` and figures that git tracks, as paths from `folder`. If one of them would change, none of them is
    /// written.
    pub tracked: &'a [String],
}

impl Reporting<'_> {
    /// Makes `REPORT.md` with its figures in `report/`, and `report.html` with a page for each experiment in `pages/`,
    /// which has all figures of the experiment. The same records give the same bytes. If an experiment cannot be
    /// reported, its section has the error. An experiment in progress is reported from its complete runs.
    ///
    /// # Errors
    /// If nothing is recorded, a file cannot be written, or a file of `experiments` cannot be read or names something
    /// unknown.
    pub fn make(&self) -> Result<Report, Error> {
        let places = Place::all(self.own_runs.then_some(self.folder), self.unpacked, self.folder)?;
        let mut sections: Vec<Section> = places.iter().map(Section::of).collect();
        if sections.is_empty() {
            return Err(Error::NoRuns { path: self.folder.to_owned() });
        }
        let statements = statements::read(self.experiments)?;
        sections.sort_by_key(|section| {
            let (subject, place, _) = statements.subject(&section.experiment);
            (subject, place)
        });
        sections.iter_mut().for_each(|section| section.ask_as(self.experiments));
        let peers = peers::read(self.folder)?;
        let document = document(&sections, &statements, &published::read(self.experiments)?, peers.as_ref());
        let (written, kept) = self.write(&document, &sections)?;
        let failed = sections
            .into_iter()
            .flat_map(|Section { title, failed, .. }| failed.into_iter().map(move |error| (title.clone(), error)));
        Ok(Report { written, kept, failed: failed.collect() })
    }

    /// Writes the files. Returns the files that were written, and the tracked files that were not.
    fn write(&self, document: &Document, sections: &[Section]) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Error> {
        let (figures, pages) = (self.folder.join(FIGURES), self.folder.join(PAGES));
        let (markdown, index) = (self.folder.join("REPORT.md"), self.folder.join("report.html"));
        // Without the lock, another report at the same time would remove files of this one.
        let _lock = storage::wait_for_lock(&figures.join(".lock"))?;
        storage::create_directory(&pages)?;
        for folder in [self.folder, &figures, &pages] {
            storage::remove_unfinished(folder)?;
        }
        let shown = recorded(sections).flat_map(|recorded| &recorded.figures).filter(|figure| figure.in_report);
        let mut made: BTreeMap<PathBuf, Vec<u8>> =
            shown.map(|figure| (figures.join(&figure.file), figure.svg.as_bytes().to_vec())).collect();
        made.insert(markdown.clone(), document.to_markdown(FIGURES).into_bytes());

        let tracked: BTreeSet<PathBuf> = self.tracked.iter().map(|name| self.folder.join(name)).collect();
        let mut kept = Vec::new();
        for path in tracked.iter().filter(|path| path.is_file()) {
            if made.get(path) != Some(&storage::read(path)?) {
                kept.push(path.clone());
            }
        }
        if !kept.is_empty() {
            made.retain(|path, _| tracked.contains(path) && !path.exists());
        }
        for section in sections {
            let Some(recorded) = &section.recorded else { continue };
            let page = page::document(section, recorded, Some("../report.html"));
            made.insert(pages.join(page_file(section)), html::page(&page).into_bytes());
            if let Some(lead) = lead(recorded) {
                made.insert(pages.join(&lead.file), dark::follow_scheme(&lead.svg).into_bytes());
            }
        }
        made.insert(index.clone(), html::page(document).into_bytes());
        for (path, bytes) in made.iter().filter(|(path, _)| ![&markdown, &index].contains(path)) {
            replace(path, bytes)?;
        }
        // The texts are written last, because they refer to the other files.
        let mut written = Vec::new();
        for path in [markdown, index] {
            if let Some(bytes) = made.get(&path) {
                replace(&path, bytes)?;
                written.push(path);
            }
        }
        written.extend(made.keys().filter(|path| !written.contains(path)).cloned().collect::<Vec<_>>());
        // Old files are removed after all new files are written.
        let of_figures = if kept.is_empty() { entries(&figures)? } else { Vec::new() };
        for path in of_figures.into_iter().chain(entries(&pages)?) {
            let is_ours = path.extension().is_some_and(|extension| extension == "svg" || extension == "html");
            if is_ours && !made.contains_key(&path) {
                storage::remove(&path)?;
            }
        }
        Ok((written, kept))
    }
}

/// Writes a file, unless it has these bytes already.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if path.is_file() && storage::read(path)? == bytes {
        return Ok(());
    }
    Ok(storage::write(path, bytes)?)
}

fn recorded(sections: &[Section]) -> impl Iterator<Item = &Recorded> {
    sections.iter().filter_map(|section| section.recorded.as_ref())
}

/// The figure of an experiment that `REPORT.md` and `report.html` show.
fn lead(recorded: &Recorded) -> Option<&Figure> {
    recorded.figures.iter().find(|figure| figure.in_report)
}

/// Name of the page of an experiment, in the folder of pages.
fn page_file(section: &Section) -> String {
    format!("{}-{}.html", section.experiment, section.dataset)
}

fn document(
    sections: &[Section],
    statements: &Statements,
    numbers: &PublishedNumbers,
    peers: Option<&Peers>,
) -> Document {
    let runs: usize = recorded(sections).flat_map(|recorded| &recorded.costs).map(|cost| cost.runs).sum();
    let mut document = Document::new("What autoencoders did");
    document.paragraph(format!(
        "{}, {}. `cargo xtask report` makes this report from their records. Errors are mean squared errors per value on test \
         rows, with mean and standard deviation over seeds. Pixels lie in [0, 1]. A claim that did not hold is a result.",
        count(sections.len(), "experiment"),
        count(runs, "training run")
    ));
    document.paragraph_of_markdown(
        "`cargo xtask report` also makes the page `report.html`, which searches and filters the experiments. Each has a page with \
         every claim, number and figure.",
    );
    document.heading(2, "Statements about autoencoders");
    document.paragraph(
        "Each statement rests on claims of experiments, most of them against a baseline. A claim has a check for each code size and \
         variant. A statement is true if all its checks are clearly true, and not true if all are clearly false. A statement is open \
         if a number is not recorded. Statements with false checks stand first."
            .to_owned(),
    );
    let summaries: Vec<&Summary> = recorded(sections).map(|recorded| &recorded.summary).collect();
    let mut checks = summaries.iter().flat_map(|summary| &summary.claims).flat_map(|claim| &claim.checks);
    if checks.any(Check::knows_chance) {
        document.paragraph(
            "A check is clear if the confidence interval of its difference lies on one side: 95 % for all checks of a claim together, \
             over seeds and blocks of test rows. [docs/method.md](../docs/method.md#claims-and-verdicts) explains the intervals, and \
             [docs/bias.md](../docs/bias.md) says what they cannot show."
                .to_owned(),
        );
        document.paragraph_of_markdown("In the last column, ● is true, ○ is false and ◐ is not clear.");
        document.push_to_page(Block::Paragraph(strip::READING.to_owned()));
    }
    document.push(statements::table(statements, &summaries));
    let mut subject = "";
    for section in sections {
        let (.., of) = statements.subject(&section.experiment);
        if of != subject {
            document.heading(2, of);
            subject = of;
        }
        describe(section, of, &mut document);
    }
    document.push_to_page(Block::Heading { level: 2, text: "Claims of the experiments".to_owned() });
    document.push_to_page(claims_table(sections, statements));
    let published = published::rows(numbers, recorded(sections).map(|recorded| &recorded.summary));
    if !published.is_empty() {
        document.heading(2, "Published numbers");
        document.push(Block::Table {
            head: ["source", "what", "published", "obtained", "difference of protocol"].map(str::to_owned).to_vec(),
            rows: published,
        });
    }
    if let Some(peers) = peers {
        peers::describe(peers, &mut document);
    }
    document
}

/// Every claim of every experiment, with a link to its evidence.
fn claims_table(sections: &[Section], statements: &Statements) -> Block {
    let mut rows = Vec::new();
    for Recorded { summary, .. } in recorded(sections) {
        for claim in &summary.claims {
            let title = title(summary);
            let cells = vec![
                verdict(claim),
                format!("`{}`", claim.text),
                // The page of the experiment lists all checks.
                if claim.checks.len() > WIDEST { counts(claim) } else { numbers(claim) },
                format!("[{title}](#{})", document::anchor(&title)),
            ];
            let subjects = vec![statements.subject(&summary.experiment).2.to_owned()];
            rows.push(Row { verdict: claim.verdict, verdict_at: 0, subjects, cells, checks: marks(claim) });
        }
    }
    let title = Some(format!("All {} claims, with their numbers", rows.len()));
    Block::Verdicts { title, head: ["verdict", "claim", "numbers", "evidence"].map(str::to_owned).to_vec(), rows }
}

/// Adds an experiment in short: question, answer, and its main figure.
fn describe(section: &Section, subject: &str, document: &mut Document) {
    let page = format!("{PAGES}/{}", page_file(section));
    let Some(recorded) = &section.recorded else {
        document.heading(3, &section.title);
        section.notes.iter().for_each(|note| document.push(Block::Item(note.clone())));
        return;
    };
    let Recorded { summary, .. } = recorded;
    let is_there = |verdict: &Verdict| summary.claims.iter().any(|claim| claim.verdict == *verdict);
    document.push(Block::Experiment {
        title: section.title.clone(),
        page: page.clone(),
        subject: subject.to_owned(),
        verdicts: Verdict::ALL.into_iter().filter(is_there).collect(),
    });
    document.paragraph(summary.question.clone());
    section.notes.iter().for_each(|note| document.push(Block::Item(note.clone())));
    let answer: Vec<String> =
        answer::in_report(summary, FINDINGS).iter().map(|line| line.trim_end_matches('.').to_owned()).collect();
    if !answer.is_empty() {
        document.paragraph(format!("{}.", answer.join(". ")));
    }
    for run in &summary.incomplete {
        document.push(Block::Item(format!("left out, not complete: {run}")));
    }
    if let Some(Figure { file, title, svg, .. }) = lead(recorded) {
        document.push(Block::Lead { file: file.clone(), title: title.clone(), page, size: size(svg) });
    }
}

/// Width and height of an SVG in pixels, from its first tag.
fn size(svg: &str) -> [u32; 2] {
    ["width", "height"].map(|name| {
        let value = svg.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split('"').next());
        value.and_then(|value| value.parse().ok()).unwrap_or(0)
    })
}
