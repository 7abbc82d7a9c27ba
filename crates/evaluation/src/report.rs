//! The report: what all recorded experiments came to, as Markdown and as one page of HTML, made from records alone.

mod articles;
mod document;
mod published;

use std::path::{Path, PathBuf};

use experiment::catalogue::{Plot, Task};
use experiment::record::{Environment, Epoch, RunDirectory, subject};
use experiment::{Check, ranges, storage};

use self::document::{Block, Document};
use crate::error::Error;
use crate::plots;
use crate::summary::{
    ClaimResult, Group, Outcome, Spread, Summary, entries, names, recorded_experiments, recorded_runs, summary_file,
};
use crate::summary_text::{WIDEST, absent, at, denoisers, place, seeds, significant};
use crate::tasks::likelihood;

/// Figures of a single run that a report shows: those that say most in least space.
const RUN_FIGURES: [Plot; 13] = [
    Plot::Roc,
    Plot::Codes,
    Plot::Reconstructions,
    Plot::Samples,
    Plot::Walks,
    Plot::Factors,
    Plot::Traversals,
    Plot::Activity,
    Plot::Filters,
    Plot::LearningCurves,
    Plot::TrainingTerms,
    Plot::ErrorByCorruption,
    Plot::ErrorByClass,
];

/// The folder of its figures, beside it.
const FIGURES: &str = "report";

/// One experiment on one data set.
struct Section {
    summary: Summary,
    /// What the runs were started by, each command once.
    commands: Vec<String>,
    costs: Vec<Cost>,
    /// What bounds of the log-likelihood are of, each network once.
    protocols: Vec<String>,
    /// File name, description and SVG.
    figures: Vec<(String, String, String)>,
}

/// What the runs on one machine took.
struct Cost {
    machine: String,
    runs: usize,
    /// Wall-clock time of training.
    seconds: f64,
}

/// Makes `REPORT.md`, `report.html` and the figures in `report/` from what is recorded below `folder`, and gives their
/// paths. The same records give the same bytes.
///
/// # Errors
/// When nothing is recorded, or a record cannot be read or a file not be written.
pub fn report(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let sections = sections(folder)?;
    let document = document(&sections);
    let figures = folder.join(FIGURES);
    storage::create_directory(&figures)?;
    storage::remove_unfinished(folder)?;
    storage::remove_unfinished(&figures)?;
    let mut written = vec![folder.join("REPORT.md"), folder.join("report.html")];
    for (name, _, svg) in sections.iter().flat_map(|section| &section.figures) {
        let path = figures.join(name);
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
    let summary = Summary::read(directory)?;
    let (experiment, dataset) = names(directory);
    if (&summary.experiment, &summary.dataset) != (&experiment, &dataset) {
        let message =
            format!("is of {} on {}, and lies in {experiment}/{dataset}", summary.experiment, summary.dataset);
        return Err(Error::Format { path, message });
    }
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
    let (mut commands, mut costs, mut protocols) = (Vec::new(), Vec::new(), Vec::new());
    for run in runs.iter().map(|run| RunDirectory::at(run)) {
        let epochs: Vec<Epoch> = ranges::read_rows(&run.epochs())?;
        let environment: Environment = storage::read_json(&run.environment())?;
        let machine = machine(&environment);
        let spec = experiment::read_run(&run.experiment())?;
        if spec.evaluation.tasks.contains(&Task::Likelihood) {
            protocols.push(likelihood::protocol(&spec));
            protocols.dedup();
        }
        if !commands.contains(&environment.command) {
            commands.push(environment.command);
        }
        let place = costs.iter().position(|cost: &Cost| cost.machine == machine).unwrap_or_else(|| {
            costs.push(Cost { machine, runs: 0, seconds: 0.0 });
            costs.len() - 1
        });
        costs[place].runs += 1;
        costs[place].seconds += epochs.iter().map(|epoch| epoch.seconds).sum::<f64>();
    }
    let name = |plot: Plot| format!("{}-{}-{}.svg", summary.experiment, summary.dataset, plot.name());
    let mut figures = Vec::new();
    for &plot in &summary.plots {
        if let Some((title, svg)) = plots::summary_svg(plot, &summary)? {
            figures.push((name(plot), title, svg));
        }
    }
    for plot in RUN_FIGURES.into_iter().filter(|plot| summary.plots.contains(plot)) {
        if let Some((title, svg)) = plots::run_svg(plot, &first)? {
            figures.push((name(plot), title, svg));
        }
    }
    Ok(Section { summary, commands, costs, protocols, figures })
}

/// What trained a run.
fn machine(environment: &Environment) -> String {
    format!(
        "the {} engine on {} of {}",
        environment.engine,
        count(environment.threads, "thread"),
        environment.cpu.as_deref().unwrap_or(&environment.platform)
    )
}

fn document(sections: &[Section]) -> Document {
    let runs: usize = sections.iter().flat_map(|section| &section.costs).map(|cost| cost.runs).sum();
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
    let summaries: Vec<&Summary> = sections.iter().map(|section| &section.summary).collect();
    document.push(articles::table(&summaries));
    document.heading(2, "Claims of the experiments");
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
                // So that it is found among those that held.
                match claim.verdict {
                    Outcome::Held => claim.verdict.name().to_owned(),
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
    let Section { summary, commands, costs, protocols, figures } = section;
    document.heading(2, &title(summary));
    document.paragraph(summary.question.clone());
    document.push(Block::Code(commands.clone()));
    for claim in &summary.claims {
        document.push(Block::Item(format!("**{}**: `{}` ({})", claim.verdict.name(), claim.text, numbers(claim))));
    }
    for warning in &summary.warnings {
        document.push(Block::Item(format!("**collapse**: {warning}")));
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
    for (file, title, svg) in figures {
        document.push(Block::Figure { file: file.clone(), title: title.clone(), svg: svg.clone() });
    }
}

fn title(summary: &Summary) -> String {
    format!("{} on {}", summary.experiment, summary.dataset)
}

/// Both sides of a claim, at each code size, and in how many seeds it holds where these disagree.
fn numbers(claim: &ClaimResult) -> String {
    let side = |value: Option<f64>| value.map_or_else(|| "not recorded".to_owned(), |value| format!("{value:.5}"));
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

/// Mean and, where these decimals show one, standard deviation.
fn spread(value: Option<Spread>, decimals: usize) -> String {
    let Some(Spread { mean, std }) = value else { return absent() };
    let shown = std.filter(|std| *std >= 0.5 * 0.1_f64.powi(decimals as i32));
    let std = shown.map_or_else(String::new, |std| format!(" ± {std:.decimals$}"));
    format!("{mean:.decimals$}{std}")
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn duration(seconds: f64) -> String {
    if seconds < 120.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", seconds / 60.0) }
}
