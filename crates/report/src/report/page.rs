//! The page of one experiment on one data set: question, answer, figures and tables.

use std::path::{Path, PathBuf};

use figures::summary::ClaimResult;
use system::storage;

use crate::across::answer;
use crate::error::Error;
use crate::report::document::{Block, Document};
use crate::report::place::Place;
use crate::report::section::{Cost, Figure, Recorded, Section};
use crate::report::tables::{measures, networks, numbers, verdict};
use crate::report::words::{count, duration};

/// Name of the page, in the folder of the experiment on the data set.
const FILE: &str = "index.html";

/// Writes the page of what is recorded in `<out>/<experiment>/<dataset>`, one file with its pictures, and gives its path.
///
/// # Errors
/// When a record cannot be read, or the file cannot be written.
pub fn page(directory: &Path) -> Result<PathBuf, Error> {
    let Section { title, notes, recorded, failed } = Section::of(&Place::of(directory));
    let path = directory.join(FILE);
    let document = match &recorded {
        Some(recorded) => document(&title, &notes, recorded),
        None => return Err(failed.into_iter().next().unwrap_or(Error::NoRuns { path: directory.to_owned() })),
    };
    storage::write(&path, document.to_html().as_bytes())?;
    Ok(path)
}

fn document(title: &str, notes: &[String], recorded: &Recorded) -> Document {
    let Recorded { summary, commands, costs, figures, .. } = recorded;
    let mut document = Document::new(title);
    document.paragraph(summary.question.clone());
    for answer in answer::plain(summary) {
        document.push(Block::Item(format!("**{answer}**")));
    }
    for note in notes {
        document.push(Block::Item(note.clone()));
    }
    document.heading(2, "Figures");
    // What the network makes of rows says most to a reader who sees it for the first time.
    let is_of_rows = |figure: &&Figure| figure.file.ends_with("-reconstructions.svg");
    let (first, others): (Vec<&Figure>, Vec<&Figure>) = figures.iter().partition(is_of_rows);
    for Figure { file, title, svg, .. } in first.into_iter().chain(others) {
        let (file, title, svg) = (file.clone(), title.clone(), svg.clone());
        document.push(Block::Figure { file, title, svg });
    }
    document.heading(2, "Claims");
    let row = |claim: &ClaimResult| vec![verdict(claim), format!("`{}`", claim.text), numbers(claim)];
    document.push(Block::Table {
        head: ["verdict", "claim", "numbers"].map(str::to_owned).to_vec(),
        rows: summary.claims.iter().map(row).collect(),
    });
    document.heading(2, "Numbers");
    document.paragraph(
        "Errors are mean squared errors per value on test rows. With several seeds, they are mean and standard deviation.".to_owned(),
    );
    document.push(networks(summary));
    if let Some(measures) = measures(summary) {
        document.push(measures);
    }
    for warning in &summary.warnings {
        document.push(Block::Item(format!("**warning**: {warning}")));
    }
    document.heading(2, "Command and cost");
    document.push(Block::Code(commands.clone()));
    for Cost { machine, runs, seconds } in costs {
        document.paragraph(format!(
            "{}, {} of training in all, by {machine}.",
            count(*runs, "run"),
            duration(*seconds)
        ));
    }
    document.heading(2, "What to try next");
    let folder = Path::new("results").join(&summary.experiment).join(&summary.dataset);
    document.push(Block::Code(answer::next(summary, &folder, commands.first().map_or("", String::as_str), None)));
    document
}
