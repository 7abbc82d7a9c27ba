//! The report: what all recorded experiments came to, as Markdown and as one page of HTML, made from records alone.

mod document;
mod published;

use std::path::{Path, PathBuf};

use experiment::catalogue::Plot;
use experiment::record::{Environment, Epoch, RunDirectory, subject};
use experiment::{Check, storage};

use self::document::{Block, Document};
use crate::error::Error;
use crate::plots;
use crate::summary::{ClaimResult, Group, Outcome, Spread, Summary, recorded_experiments, recorded_runs, summary_file};

/// Figures of a single run that a report shows: those that say most in least space.
const RUN_FIGURES: [Plot; 4] =
    [Plot::Reconstructions, Plot::LearningCurves, Plot::ErrorByCorruption, Plot::ErrorByClass];

/// Figures over several runs.
const SUMMARY_FIGURES: [Plot; 2] = [Plot::ErrorByCodeSize, Plot::Comparison];

/// One experiment on one data set.
struct Section {
    summary: Summary,
    /// The runs' folders.
    runs: Vec<PathBuf>,
    environment: Environment,
    /// Seconds of training, over all runs.
    seconds: f64,
    /// File name, description and SVG.
    figures: Vec<(String, String, String)>,
}

/// Makes `REPORT.md`, `report.html` and the figures in `report/` from what is recorded below `folder`, and gives their
/// paths. The same records give the same bytes.
///
/// # Errors
/// When nothing is recorded, or a record cannot be read or a file not be written.
pub fn report(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let sections = sections(folder)?;
    let document = document(&sections);
    let figures = folder.join("report");
    storage::remove_directory(&figures)?;
    storage::create_directory(&figures)?;
    let mut written = vec![folder.join("REPORT.md"), folder.join("report.html")];
    for (name, _, svg) in sections.iter().flat_map(|section| &section.figures) {
        let path = figures.join(name);
        storage::write(&path, svg.as_bytes())?;
        written.push(path);
    }
    storage::write(&written[0], document.to_markdown("report").as_bytes())?;
    storage::write(&written[1], document.to_html().as_bytes())?;
    Ok(written)
}

/// The experiments recorded below a folder, by name and data set.
fn sections(folder: &Path) -> Result<Vec<Section>, Error> {
    let sections: Vec<Section> =
        recorded_experiments(folder)?.iter().map(|directory| section(directory)).collect::<Result<_, _>>()?;
    if sections.is_empty() { Err(Error::NoRuns { path: folder.to_owned() }) } else { Ok(sections) }
}

fn section(directory: &Path) -> Result<Section, Error> {
    let path = summary_file(directory);
    let summary: Summary = storage::read_json(&path)?;
    // The summary's own runs, in its own order: others may lie beside them.
    let all = recorded_runs(directory)?;
    let mut runs = Vec::new();
    for group in &summary.groups {
        for seed in &group.seeds {
            let run = directory.join(&group.label).join(format!("seed-{seed}"));
            if !all.contains(&run) {
                let message = format!("names a run that is not there: {}", run.display());
                return Err(Error::Format { path, message });
            }
            runs.push(run);
        }
    }
    let Some(first) = runs.first().map(|run| RunDirectory::at(run)) else {
        return Err(Error::Format { path, message: "names no complete run".to_owned() });
    };
    let mut seconds = 0.0;
    for run in &runs {
        let epochs: Vec<Epoch> = storage::read_csv(&RunDirectory::at(run).epochs())?;
        seconds += epochs.iter().map(|epoch| epoch.seconds).sum::<f64>();
    }
    let name = |plot: Plot| format!("{}-{}-{}.svg", summary.experiment, summary.dataset, plot.name());
    let mut figures = Vec::new();
    for plot in SUMMARY_FIGURES {
        if let Some((title, svg)) = plots::summary_svg(plot, &summary)? {
            figures.push((name(plot), title, svg));
        }
    }
    for plot in RUN_FIGURES {
        if let Some((title, svg)) = plots::run_svg(plot, &first)? {
            figures.push((name(plot), title, svg));
        }
    }
    let environment = storage::read_json(&first.environment())?;
    Ok(Section { summary, runs, environment, seconds, figures })
}

fn document(sections: &[Section]) -> Document {
    let runs: usize = sections.iter().map(|section| section.runs.len()).sum();
    let mut document = Document::new("What autoencoders did");
    document.paragraph(format!(
        "{} experiments, {runs} training runs. Made from their records by `cargo xtask report`, which trains nothing. Errors \
         are of the test split, mean squared error per pixel with pixels in [0, 1], mean and standard deviation over seeds. \
         A claim that did not hold is a result.",
        sections.len()
    ));
    document.heading(2, "Claims");
    document.push(claims_table(sections));
    let published = published::rows(sections.iter().map(|section| &section.summary));
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
    for Section { summary, .. } in sections {
        for claim in &summary.claims {
            let title = title(summary);
            rows.push(vec![
                verdict(claim.verdict).to_owned(),
                format!("`{}`", claim.text),
                numbers(claim),
                format!("[{title}](#{})", document::anchor(&title)),
            ]);
        }
    }
    Block::Table { head: ["verdict", "claim", "numbers", "evidence"].map(str::to_owned).to_vec(), rows }
}

fn describe(section: &Section, document: &mut Document) {
    let Section { summary, runs, environment, seconds, figures } = section;
    document.heading(2, &title(summary));
    document.paragraph(summary.question.clone());
    document.push(Block::Code(environment.command.clone()));
    for claim in &summary.claims {
        document.push(Block::Item(format!("**{}**: `{}` ({})", verdict(claim.verdict), claim.text, numbers(claim))));
    }
    for run in &summary.incomplete {
        document.push(Block::Item(format!("left out, not complete: {run}")));
    }
    document.push(networks(summary));
    document.paragraph(format!(
        "{} training runs, {} in all by the {} engine on {} threads of {}.",
        runs.len(),
        duration(*seconds),
        environment.engine,
        environment.threads,
        environment.cpu.as_deref().unwrap_or(&environment.platform)
    ));
    for (file, title, svg) in figures {
        document.push(Block::Figure { file: file.clone(), title: title.clone(), svg: svg.clone() });
    }
}

fn title(summary: &Summary) -> String {
    format!("{} on {}", summary.experiment, summary.dataset)
}

fn verdict(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Held => "held",
        Outcome::Failed => "did not hold",
        Outcome::NotCheckable => "open",
    }
}

/// Both sides of a claim, at each code size.
fn numbers(claim: &ClaimResult) -> String {
    let side = |value: Option<f64>| value.map_or_else(|| "not recorded".to_owned(), |value| format!("{value:.5}"));
    let check = |Check { code, left, right, .. }: &Check| {
        let at = code.map_or_else(String::new, |code| format!("{code}: "));
        format!("{at}{} to {}", side(*left), side(*right))
    };
    claim.checks.iter().map(check).collect::<Vec<_>>().join("; ")
}

fn networks(summary: &Summary) -> Block {
    let field = |group: &Group, subject: &str, field: &str| group.metric("test", subject, field);
    let mse = |group: &Group, subject: &str| field(group, subject, "mse_per_pixel");
    let corrupted = summary.groups.iter().any(|group| mse(group, subject::CORRUPTED_INPUT).is_some());
    let mut head = ["network", "code", "seeds", "autoencoder", "PCA", "ratio", "mean image", "PSNR (dB)", "SSIM"]
        .map(str::to_owned)
        .to_vec();
    if corrupted {
        head.push("doing nothing".to_owned());
    }
    let rows = summary.groups.iter().map(|group| {
        let (own, pca) = (mse(group, subject::AUTOENCODER), mse(group, subject::PCA));
        let ratio = own.zip(pca).map(|(own, pca)| format!("{:.3}", own.mean / pca.mean));
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
        if corrupted {
            row.push(spread(mse(group, subject::CORRUPTED_INPUT), 5));
        }
        row
    });
    Block::Table { head, rows: rows.collect() }
}

fn spread(value: Option<Spread>, decimals: usize) -> String {
    match value {
        Some(Spread { mean, std: Some(std) }) => format!("{mean:.decimals$} ± {std:.decimals$}"),
        Some(Spread { mean, std: None }) => format!("{mean:.decimals$}"),
        None => absent(),
    }
}

fn absent() -> String {
    "–".to_owned()
}

fn duration(seconds: f64) -> String {
    if seconds < 120.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", seconds / 60.0) }
}
