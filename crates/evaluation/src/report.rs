//! The report: what all recorded experiments came to, as Markdown and as one page of HTML, made from records alone.

mod document;
mod published;
mod section;
mod sources;
mod statements;
mod words;

use std::path::{Path, PathBuf};

use spec::Check;
use spec::subject;
use system::storage;

use self::document::{Block, Document};
use self::published::PublishedNumbers;
use self::section::{Cost, Figure, Recorded, Section};
use self::statements::Statement;
use self::words::{count, duration, spread, title};
use crate::across::folders::{begun_experiments, entries};
use crate::across::summarise::is_collapse;
use crate::across::text::{WIDEST, absent, at, denoisers, place, seeds, significant};
use crate::error::Error;
use crate::number::fixed;
use crate::summary::{ClaimResult, Group, Spread, Summary, Verdict};

/// The folder of its figures, beside it.
const FIGURES: &str = "report";

/// What making a report comes to.
#[derive(Debug)]
pub struct Report {
    /// The files: `REPORT.md`, `report.html`, and the figures.
    pub written: Vec<PathBuf>,
    /// What could not be reported or drawn: the title of the section, and why. The report says it too.
    pub failed: Vec<(String, Error)>,
}

/// Makes `REPORT.md`, `report.html` and the figures in `report/` from what is recorded below `folder`, and gives their
/// paths. Statements and published numbers are those of `statements.toml` and `published.toml` in the folder `experiments`.
/// The same records give the same bytes. An experiment that cannot be reported costs its own section alone. One whose
/// runs are in the making is reported from what is complete.
///
/// # Errors
/// When nothing is recorded, a file cannot be written, or a file of `experiments` cannot be read or names what is not there.
pub fn report(folder: &Path, experiments: &Path) -> Result<Report, Error> {
    let sections: Vec<Section> = begun_experiments(folder)?.iter().map(|directory| Section::of(directory)).collect();
    if sections.is_empty() {
        return Err(Error::NoRuns { path: folder.to_owned() });
    }
    let document = document(&sections, &statements::read(experiments)?, &published::read(experiments)?);
    let figures = folder.join(FIGURES);
    // Another report at the same time would remove what this one has begun.
    let _lock = storage::wait_for_lock(&figures.join(".lock"))?;
    storage::remove_unfinished(folder)?;
    storage::remove_unfinished(&figures)?;
    let mut written = vec![folder.join("REPORT.md"), folder.join("report.html")];
    for Figure { file, svg, .. } in recorded(&sections).flat_map(|recorded| &recorded.figures) {
        let path = figures.join(file);
        storage::write(&path, svg.as_bytes())?;
        written.push(path);
    }
    storage::write(&written[0], document.to_markdown(FIGURES).as_bytes())?;
    storage::write(&written[1], document.to_html().as_bytes())?;
    // Last, so that the report before this one stays whole until this one is.
    for path in entries(&figures)? {
        if path.extension().is_some_and(|extension| extension == "svg") && !written.contains(&path) {
            storage::remove(&path)?;
        }
    }
    let failed = sections
        .into_iter()
        .flat_map(|Section { title, failed, .. }| failed.into_iter().map(move |error| (title.clone(), error)));
    Ok(Report { written, failed: failed.collect() })
}

fn recorded(sections: &[Section]) -> impl Iterator<Item = &Recorded> {
    sections.iter().filter_map(|section| section.recorded.as_ref())
}

fn document(sections: &[Section], statements: &[Statement], numbers: &PublishedNumbers) -> Document {
    let runs: usize = recorded(sections).flat_map(|recorded| &recorded.costs).map(|cost| cost.runs).sum();
    let mut document = Document::new("What autoencoders did");
    document.paragraph(format!(
        "{}, {}. Made from their records by `cargo xtask report`, which trains nothing. Errors \
         are of the test split, mean squared error per pixel with pixels in [0, 1], mean and standard deviation over seeds. \
         A claim that did not hold is a result.",
        count(sections.len(), "experiment"),
        count(runs, "training run")
    ));
    document.heading(2, "What is said of autoencoders");
    document.paragraph(
        "Each claim rests on checks of experiments on the data recorded here, most of them against a baseline: it held if all \
         of them speak for it in every seed, did not hold if all speak against it in every seed, and depends otherwise. Open is \
         what is not recorded."
            .to_owned(),
    );
    let summaries: Vec<&Summary> = recorded(sections).map(|recorded| &recorded.summary).collect();
    document.push(statements::table(statements, &summaries));
    document.heading(2, "Claims of the experiments");
    document.push(claims_table(sections));
    let published = published::rows(numbers, recorded(sections).map(|recorded| &recorded.summary));
    if !published.is_empty() {
        document.heading(2, "Published numbers");
        document.push(Block::Table {
            head: ["source", "what", "published", "obtained", "difference of protocol"].map(str::to_owned).to_vec(),
            rows: published,
        });
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
                // So that it is found among those that held.
                match claim.verdict {
                    Verdict::Held => claim.verdict.name().to_owned(),
                    other => format!("**{}**", other.name()),
                },
                format!("`{}`", claim.text),
                // Its own section has them all.
                if claim.checks.len() > WIDEST { counts(claim) } else { numbers(claim) },
                format!("[{title}](#{})", document::anchor(&title)),
            ]);
        }
    }
    Block::Table { head: ["verdict", "claim", "numbers", "evidence"].map(str::to_owned).to_vec(), rows }
}

fn describe(section: &Section, document: &mut Document) {
    document.heading(2, &section.title);
    let Some(Recorded { summary, commands, costs, protocols, figures }) = &section.recorded else {
        section.notes.iter().for_each(|note| document.push(Block::Item(note.clone())));
        return;
    };
    document.paragraph(summary.question.clone());
    if !commands.is_empty() {
        document.push(Block::Code(commands.clone()));
    }
    section.notes.iter().for_each(|note| document.push(Block::Item(note.clone())));
    for claim in &summary.claims {
        document.push(Block::Item(format!("**{}**: `{}` ({})", claim.verdict.name(), claim.text, numbers(claim))));
    }
    for warning in &summary.warnings {
        let kind = if is_collapse(warning) { "collapse" } else { "warning" };
        document.push(Block::Item(format!("**{kind}**: {warning}")));
    }
    for run in &summary.incomplete {
        document.push(Block::Item(format!("left out, not complete: {run}")));
    }
    document.push(networks(summary));
    if let Some(measures) = measures(summary) {
        document.paragraph(
            "What the tasks measured, on the test split; `experiments/README.md` says what each number means."
                .to_owned(),
        );
        document.push(measures);
    }
    if !protocols.is_empty() {
        document.paragraph(format!(
            "`bound_k` is the mean over test images of the importance-weighted bound (Burda et al., 2016) from k codes \
             that are drawn from the encoder's distribution. {}",
            protocols.join(" ")
        ));
    }
    for Cost { machine, runs, seconds } in costs {
        document.paragraph(format!("{}, {} in all by {machine}.", count(*runs, "training run"), duration(*seconds)));
    }
    for Figure { file, title, svg } in figures {
        document.push(Block::Figure { file: file.clone(), title: title.clone(), svg: svg.clone() });
    }
}

/// Both sides of a claim, at each code size, and in how many seeds it holds where these disagree.
fn numbers(claim: &ClaimResult) -> String {
    let side = |value: Option<f64>| value.map_or_else(|| "not recorded".to_owned(), |value| fixed(value, 5));
    let check = |check: &Check| {
        // Of one place, the verdict says it.
        let not = if claim.checks.len() > 1 && check.held == Some(false) { " does not hold" } else { "" };
        format!("{}{} against {}{not}{}", at(check, ""), side(check.left), side(check.right), seeds(check))
    };
    claim.checks.iter().map(check).collect::<Vec<_>>().join("; ")
}

/// How many of its checks speak for a claim, and where the others are.
fn counts(claim: &ClaimResult) -> String {
    let held = claim.checks.iter().filter(|check| check.clear() == Some(true)).count();
    let others = claim.checks.iter().filter(|check| check.clear() != Some(true));
    let others: Vec<String> = others.map(|check| place(check, "")).collect();
    let of = format!("true in {held} of {}", claim.checks.len());
    if held == 0 || others.is_empty() { of } else { format!("{of}; not in {}", others.join(", ")) }
}

fn networks(summary: &Summary) -> Block {
    let field = |group: &Group, subject: &str, field: &str| group.metric("test", subject, field);
    let mse = |group: &Group, subject: &str| field(group, subject, "mse_per_pixel");
    let corrupted = summary.groups.iter().any(|group| mse(group, subject::CORRUPTED_INPUT).is_some());
    let mut head = ["network", "code", "seeds", "autoencoder", "PCA", "ratio", "mean image", "PSNR (dB)", "SSIM"]
        .map(str::to_owned)
        .to_vec();
    let denoisers = denoisers(&summary.groups);
    head.extend(denoisers.iter().map(|(_, name)| (*name).to_owned()));
    if corrupted {
        head.push("doing nothing".to_owned());
    }
    let rows = summary.groups.iter().map(|group| {
        let (own, pca) = (mse(group, subject::AUTOENCODER), mse(group, subject::PCA));
        let ratio = own.zip(pca).filter(|(_, pca)| pca.mean > 0.0).map(|(own, pca)| fixed(own.mean / pca.mean, 3));
        let mut row = vec![
            group.label.clone(),
            group.code.to_string(),
            group.seeds.len().to_string(),
            spread(own, 5),
            spread(pca, 5),
            ratio.unwrap_or_else(absent),
            spread(mse(group, subject::MEAN_IMAGE), 5),
            spread(field(group, subject::AUTOENCODER, "psnr_db"), 2),
            spread(field(group, subject::AUTOENCODER, "ssim"), 3),
        ];
        row.extend(denoisers.iter().map(|(denoiser, _)| spread(mse(group, denoiser), 5)));
        if corrupted {
            row.push(spread(mse(group, subject::CORRUPTED_INPUT), 5));
        }
        row
    });
    Block::Table { head, rows: rows.collect() }
}

/// What the tasks measured: a row for each number, a column for each network.
fn measures(summary: &Summary) -> Option<Block> {
    let row = |(subject, field, values): (&str, &str, Vec<Option<Spread>>)| {
        [format!("`{subject}.{field}`")].into_iter().chain(values.into_iter().map(significant)).collect()
    };
    let rows: Vec<Vec<String>> = summary.measures().into_iter().map(row).collect();
    let head =
        ["measure".to_owned()].into_iter().chain(summary.groups.iter().map(|group| group.label.clone())).collect();
    (!rows.is_empty()).then_some(Block::Table { head, rows })
}
