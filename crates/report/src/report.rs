//! The report: what all recorded experiments came to, as Markdown and as one page of HTML, made from records alone.

mod document;
mod needed;
mod page;
mod peers;
mod place;
mod published;
mod section;
mod sources;
mod statements;
mod tables;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use record::folders::entries;
use spec::Check;
use system::storage;

use self::document::{Block, Document};
pub use self::needed::needed;
pub use self::page::page;
use self::peers::Peers;
use self::place::Place;
use self::published::PublishedNumbers;
use self::section::{Cost, Figure, Recorded, Section};
use self::statements::Statement;
use self::tables::{counts, measures, networks, numbers, verdict};
use self::words::{count, duration, title};
use crate::across::answer;
use crate::across::summarise::is_collapse;
use crate::across::text::WIDEST;
use crate::error::Error;
use figures::summary::Summary;

/// The folder of its figures, beside it.
const FIGURES: &str = "report";

/// What making a report comes to.
#[derive(Debug)]
pub struct Report {
    /// The files that were written, or have the same bytes already: `REPORT.md`, `report.html`, and the figures.
    pub written: Vec<PathBuf>,
    /// Files that stay as they are, for git tracks them and they would differ.
    pub kept: Vec<PathBuf>,
    /// What could not be reported or drawn: the title of the section, and why. The report says it too.
    pub failed: Vec<(String, Error)>,
}

/// Makes a report of everything recorded below `folder`; see [`Reporting`]. Its files are written in any case.
///
/// # Errors
/// As [`Reporting::make`].
pub fn report(folder: &Path, experiments: &Path) -> Result<Report, Error> {
    Reporting { folder, experiments, own_runs: true, unpacked: None, tracked: &[] }.make()
}

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Reporting<'a> {
    /// Folder that the report is written into.
    pub folder: &'a Path,
    /// Folder of the experiment files, of `statements.toml` and of `published.toml`.
    pub experiments: &'a Path,
    /// Whether runs recorded below `folder` are reported.
    pub own_runs: bool,
    /// Folder that the compact records of `folder` are unpacked into. Runs below `folder` win over the same ones here.
    pub unpacked: Option<&'a Path>,
    /// `REPORT.md` and figures that git tracks, named from `folder`. If one would change, none of them does.
    pub tracked: &'a [String],
}

impl Reporting<'_> {
    /// Makes `REPORT.md`, the figures that it shows in `report/`, and `report.html`, which shows all figures. The same records
    /// give the same bytes. An experiment that cannot be reported costs its own section alone. One whose runs are in the making
    /// is reported from what is complete.
    ///
    /// # Errors
    /// When nothing is recorded, a file cannot be written, or a file of `experiments` cannot be read or names what is not there.
    pub fn make(&self) -> Result<Report, Error> {
        let places = Place::all(self.own_runs.then_some(self.folder), self.unpacked, self.folder)?;
        let sections: Vec<Section> = places.iter().map(Section::of).collect();
        if sections.is_empty() {
            return Err(Error::NoRuns { path: self.folder.to_owned() });
        }
        let statements = statements::read(self.experiments)?;
        let peers = peers::read(self.folder)?;
        let document = document(&sections, &statements, &published::read(self.experiments)?, peers.as_ref());
        let (written, kept) = self.write(&document, &sections)?;
        let failed = sections
            .into_iter()
            .flat_map(|Section { title, failed, .. }| failed.into_iter().map(move |error| (title.clone(), error)));
        Ok(Report { written, kept, failed: failed.collect() })
    }

    /// Writes the files and gives those that were written, and those that were not.
    fn write(&self, document: &Document, sections: &[Section]) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Error> {
        let figures = self.folder.join(FIGURES);
        let (markdown, page) = (self.folder.join("REPORT.md"), self.folder.join("report.html"));
        // Another report at the same time would remove what this one has begun.
        let _lock = storage::wait_for_lock(&figures.join(".lock"))?;
        storage::remove_unfinished(self.folder)?;
        storage::remove_unfinished(&figures)?;
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
        let mut written = vec![page.clone()];
        for (path, bytes) in made.iter().filter(|(path, _)| **path != markdown) {
            replace(path, bytes)?;
            written.push(path.clone());
        }
        if let Some(bytes) = made.get(&markdown) {
            replace(&markdown, bytes)?;
            written.insert(0, markdown);
        }
        replace(&page, document.to_html().as_bytes())?;
        // Last, so that the report before this one stays whole until this one is.
        for path in entries(&figures)?.into_iter().filter(|_| kept.is_empty()) {
            if path.extension().is_some_and(|extension| extension == "svg") && !made.contains_key(&path) {
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

fn document(
    sections: &[Section],
    statements: &[Statement],
    numbers: &PublishedNumbers,
    peers: Option<&Peers>,
) -> Document {
    let runs: usize = recorded(sections).flat_map(|recorded| &recorded.costs).map(|cost| cost.runs).sum();
    let mut document = Document::new("What autoencoders did");
    document.paragraph(format!(
        "{}, {}. `cargo xtask report` makes this report from their records. Errors are mean squared errors per value on test \
         rows, with mean and standard deviation over seeds. Pixels lie in [0, 1]. A claim that did not hold is a result. The same \
         command makes the page `report.html`, which has every claim with its numbers, every measure and every figure.",
        count(sections.len(), "experiment"),
        count(runs, "training run")
    ));
    document.heading(2, "What is said of autoencoders");
    document.paragraph(
        "Each statement rests on claims of experiments, most of them against a baseline. A claim has a check for each code size and \
         variant. A statement held if all its checks are clearly true, and did not hold if all are clearly false. It depends if some \
         checks are clear and not all agree. No difference found means that no check is clear. A statement is open if a number is \
         not recorded."
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
    }
    document.push(statements::table(statements, &summaries));
    document.push_to_page(Block::Heading { level: 2, text: "Claims of the experiments".to_owned() });
    document.push_to_page(claims_table(sections));
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
    for section in sections {
        describe(section, &mut document);
    }
    document
}

/// Every claim of every experiment, with a link to its evidence.
fn claims_table(sections: &[Section]) -> Block {
    let mut rows = Vec::new();
    for Recorded { summary, .. } in recorded(sections) {
        for claim in &summary.claims {
            let title = title(summary);
            rows.push(vec![
                verdict(claim),
                format!("`{}`", claim.text),
                // Its own section has them all.
                if claim.checks.len() > WIDEST { counts(claim) } else { numbers(claim) },
                format!("[{title}](#{})", document::anchor(&title)),
            ]);
        }
    }
    let title = format!("All {} claims, with their numbers", rows.len());
    Block::Folded { title, head: ["verdict", "claim", "numbers", "evidence"].map(str::to_owned).to_vec(), rows }
}

fn describe(section: &Section, document: &mut Document) {
    document.heading(2, &section.title);
    let Some(Recorded { summary, commands, costs, protocols, figures }) = &section.recorded else {
        section.notes.iter().for_each(|note| document.push(Block::Item(note.clone())));
        return;
    };
    document.paragraph(summary.question.clone());
    if !commands.is_empty() {
        document.push_to_page(Block::Code(commands.clone()));
    }
    section.notes.iter().for_each(|note| document.push(Block::Item(note.clone())));
    answer::in_report(summary).into_iter().for_each(|answer| document.push(Block::Item(answer)));
    for claim in &summary.claims {
        let text = format!("**{}**: `{}` ({})", claim.verdict.name(), claim.text, numbers(claim));
        document.push_to_page(Block::Item(text));
    }
    for warning in &summary.warnings {
        let kind = if is_collapse(warning) { "collapse" } else { "warning" };
        document.push_to_page(Block::Item(format!("**{kind}**: {warning}")));
    }
    for run in &summary.incomplete {
        document.push(Block::Item(format!("left out, not complete: {run}")));
    }
    document.push_to_page(networks(summary));
    if let Some(measures) = measures(summary) {
        document.push_to_page(measures);
    }
    if !protocols.is_empty() {
        document.push_to_page(Block::Paragraph(format!(
            "`bound_k` is the mean over test images of the importance-weighted bound (Burda et al., 2016) from k codes \
             that are drawn from the encoder's distribution. {}",
            protocols.join(" ")
        )));
    }
    for Cost { machine, runs, seconds } in costs {
        let text = format!("{}, {} in all by {machine}.", count(*runs, "training run"), duration(*seconds));
        document.push_to_page(Block::Paragraph(text));
    }
    let shown = figures.iter().position(|figure| figure.in_report);
    for (place, Figure { file, title, svg, .. }) in figures.iter().enumerate() {
        let figure = Block::Figure { file: file.clone(), title: title.clone(), svg: svg.clone() };
        if Some(place) == shown { document.push(figure) } else { document.push_to_page(figure) }
    }
}
