//! The page of one experiment on one data set: question, answer, figures and tables.

use std::path::{Path, PathBuf};

use system::storage;

use crate::across::answer;
use crate::across::summarise::is_collapse;
use crate::error::Error;
use crate::report::document::{Block, Document};
use crate::report::html;
use crate::report::place::Place;
use crate::report::reading::reading;
use crate::report::section::{Cost, Figure, Recorded, Section};
use crate::report::strip;
use crate::report::tables::{claims, measures, networks};
use crate::report::words::{count, duration};

/// Name of the page, in the folder of the experiment on the data set.
const FILE: &str = "index.html";

/// Writes the page of the experiment recorded in `<out>/<experiment>/<dataset>`, and returns its path. The page is one
/// file, which includes its figures.
///
/// # Errors
/// If a record cannot be read, or the file cannot be written.
pub fn page(directory: &Path) -> Result<PathBuf, Error> {
    let section = Section::of(&Place::of(directory));
    let path = directory.join(FILE);
    let Some(recorded) = &section.recorded else {
        return Err(section.failed.into_iter().next().unwrap_or(Error::NoRuns { path: directory.to_owned() }));
    };
    storage::write(&path, html::page(&document(&section, recorded, None)).as_bytes())?;
    Ok(path)
}

/// The page of an experiment, with a link to the page of all experiments if `all` is its path.
pub(super) fn document(section: &Section, recorded: &Recorded, all: Option<&str>) -> Document {
    let Recorded { summary, commands, costs, protocols, figures } = recorded;
    let mut document = Document::new(&section.title);
    if let Some(all) = all {
        document.paragraph(format!("[All experiments]({all})"));
    }
    document.paragraph(summary.question.clone());
    for (index, finding) in answer::in_report(summary, usize::MAX).into_iter().enumerate() {
        document.push(Block::Item(if index == 0 { format!("**{finding}**") } else { finding }));
    }
    for note in &section.notes {
        document.push(Block::Item(note.clone()));
    }
    document.heading(2, "Figures");
    // New users understand reconstructions best, so they come first.
    let is_of_rows = |figure: &&Figure| figure.file.ends_with("-reconstructions.svg");
    let (first, others): (Vec<&Figure>, Vec<&Figure>) = figures.iter().partition(is_of_rows);
    for Figure { plot, title, svg, .. } in first.into_iter().chain(others) {
        document.push(Block::Figure { title: title.clone(), svg: svg.clone() });
        document.paragraph(reading(*plot, summary.is_of_images()).to_owned());
    }
    if !summary.claims.is_empty() {
        document.heading(2, "Claims");
        document.paragraph(strip::READING.to_owned());
        document.push(Block::Verdicts {
            title: None,
            head: ["verdict", "claim", "numbers"].map(str::to_owned).to_vec(),
            rows: claims(summary),
        });
    }
    document.heading(2, "Numbers");
    document.paragraph(
        "Errors are mean squared errors per value on test rows. With several seeds, they are mean and standard deviation.".to_owned(),
    );
    document.push(networks(summary));
    if let Some(measures) = measures(summary) {
        document.push(measures);
    }
    if !protocols.is_empty() {
        document.paragraph(format!(
            "`bound_k` is the mean over test images of the importance-weighted bound (Burda et al., 2016) from k codes \
             that are drawn from the encoder's distribution. {}",
            protocols.join(" ")
        ));
    }
    for warning in &summary.warnings {
        let kind = if is_collapse(warning) { "collapse" } else { "warning" };
        document.push(Block::Item(format!("**{kind}**: {warning}")));
    }
    for run in &summary.incomplete {
        document.push(Block::Item(format!("left out, not complete: {run}")));
    }
    document.heading(2, "Command and cost");
    document.push(Block::Code(commands.clone()));
    for Cost { machine, runs, seconds } in costs {
        document.paragraph(format!(
            "{}, {} of training in all, with {machine}.",
            count(*runs, "run"),
            duration(*seconds)
        ));
    }
    document.heading(2, "What to try next");
    let folder = Path::new("results").join(&summary.experiment).join(&summary.dataset);
    let command = commands.first().map_or("", String::as_str);
    document.push(Block::Code(answer::next(summary, &folder, command, None, section.has_weights)));
    document
}
