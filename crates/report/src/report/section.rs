//! A section of the report: one experiment on one data set, read from its records.

use std::path::{Path, PathBuf};

use record::folders::{short_name, summary_file};
use record::ranges;
use record::{Environment, Epoch, RunDirectory};
use spec::Experiment;
use spec::catalogue::{Plot, Task};
use system::storage;

use crate::across::steady::steady;
use crate::across::summarise::summarise;
use crate::error::Error;
use crate::report::place::Place;
use crate::report::words::count;
use evaluation::likelihood_protocol;
use figures::summary::Summary;

/// One experiment on one data set, as the report shows it.
pub(super) struct Section {
    pub(super) experiment: String,
    pub(super) dataset: String,
    /// Title of the section, such as `plain on mnist`.
    pub(super) title: String,
    /// Notes, a line for each: runs in progress, figures that were not drawn, and the error that ended the section.
    pub(super) notes: Vec<String>,
    /// The recorded results; `None` if no run is complete or an error ended the section.
    pub(super) recorded: Option<Recorded>,
    /// The errors among the notes.
    pub(super) failed: Vec<Error>,
    /// True if the first complete run has its weights; compact records have none.
    pub(super) has_weights: bool,
}

/// The recorded results of an experiment.
pub(super) struct Recorded {
    pub(super) summary: Summary,
    /// The commands that started the complete runs, each once.
    pub(super) commands: Vec<String>,
    pub(super) costs: Vec<Cost>,
    /// How the bounds of the log-likelihood are defined, a sentence for each network.
    pub(super) protocols: Vec<String>,
    pub(super) figures: Vec<Figure>,
}

/// Training time of the complete runs on one machine.
pub(super) struct Cost {
    pub(super) machine: String,
    pub(super) runs: usize,
    /// Wall-clock seconds of training.
    pub(super) seconds: f64,
}

/// A figure that was drawn.
pub(super) struct Figure {
    pub(super) plot: Plot,
    /// Name of the figure's file.
    pub(super) file: String,
    pub(super) title: String,
    pub(super) svg: String,
    /// True if `REPORT.md` shows the figure; the page shows every figure.
    pub(super) in_report: bool,
}

/// What a section shows about one run.
struct Run {
    command: String,
    machine: String,
    seconds: f64,
    protocol: Option<String>,
    tasks: Vec<Task>,
}

impl Section {
    /// Reads the section of an experiment. An error becomes the section's only note.
    pub(super) fn of(place: &Place) -> Self {
        let title = format!("{} on {}", place.experiment, place.dataset);
        let (experiment, dataset) = (place.experiment.clone(), place.dataset.clone());
        let mut section = Self {
            experiment,
            dataset,
            title,
            notes: Vec::new(),
            recorded: None,
            failed: Vec::new(),
            has_weights: false,
        };
        if let Err(error) = section.read(place) {
            let error = place.named(error);
            section.notes = vec![format!("**not reported**: {}", error.chain())];
            section.recorded = None;
            section.failed = vec![error];
        }
        section
    }

    /// Takes the question from the experiment's file if the file makes the recorded claims, because the question may
    /// have been reworded since the runs.
    pub(super) fn ask_as(&mut self, experiments: &Path) {
        let path = experiments.join(format!("{}.toml", self.experiment));
        let (Some(recorded), true) = (&mut self.recorded, path.is_file()) else { return };
        let Ok(file) = Experiment::load(&path, &[]) else { return };
        let claims = &recorded.summary.claims;
        if claims.len() == file.claims.len()
            && claims.iter().zip(&file.claims).all(|(of, claim)| of.text == claim.text())
        {
            recorded.summary.question = file.question;
        }
    }

    fn read(&mut self, place: &Place) -> Result<(), Error> {
        let (summary, runs) = if let Some(directory) = place.summary() {
            let summary = Summary::read(directory)?;
            let runs = runs_of(&summary, directory, place)?;
            (summary, runs)
        } else {
            let begun: Vec<RunDirectory> = place.runs()?.iter().map(|run| RunDirectory::at(run)).collect();
            let (summary, complete) = in_the_making(place.first(), &begun)?;
            self.notes.push(format!(
                "**in the making**: {} of {} complete so far; there is no summary yet",
                complete.len(),
                count(begun.len(), "run")
            ));
            let Some(summary) = summary else { return Ok(()) };
            (summary, complete)
        };

        let (mut commands, mut costs, mut protocols) = (Vec::new(), Vec::new(), Vec::new());
        let (mut complete, mut again) = (Vec::new(), Vec::new());
        let mut first_tasks = None;
        for run in runs {
            let Some(Run { command, machine, seconds, protocol, tasks }) = steady(&run, || Run::read(&run))? else {
                again.push(short_name(run.path()));
                continue;
            };
            first_tasks.get_or_insert(tasks);
            if !commands.contains(&command) {
                commands.push(command);
            }
            protocols.extend(protocol);
            protocols.dedup();
            let place = costs.iter().position(|cost: &Cost| cost.machine == machine).unwrap_or_else(|| {
                costs.push(Cost { machine, runs: 0, seconds: 0.0 });
                costs.len() - 1
            });
            costs[place].runs += 1;
            costs[place].seconds += seconds;
            complete.push(run);
        }
        if !again.is_empty() {
            let are = if again.len() == 1 { "is" } else { "are" };
            self.notes.push(format!(
                "**in the making**: {} {are} not complete now; the numbers are those of the last summary, and \
                 `cargo xtask run` with --resume goes on",
                again.join(", ")
            ));
        }
        if self.notes.is_empty() && !is_current(&summary, &complete) {
            self.notes.push(
                "**not up to date**: these numbers are not what the runs come to now; `cargo xtask run` with the same flags \
                 makes them again, and trains nothing"
                    .to_owned(),
            );
        }
        self.has_weights = complete.first().is_some_and(|run| run.model().is_file());
        let figures = self.figures(&summary, &complete, &first_tasks.unwrap_or_default())?;
        self.recorded = Some(Recorded { summary, commands, costs, protocols, figures });
        Ok(())
    }

    /// The figures of the summary, and the figures of the first complete run, whose tasks are `tasks`.
    fn figures(&mut self, summary: &Summary, complete: &[RunDirectory], tasks: &[Task]) -> Result<Vec<Figure>, Error> {
        let file = |plot: Plot| format!("{}-{}-{}.svg", summary.experiment, summary.dataset, plot.name());
        let mut figures = Vec::new();
        let mut add = |plot: Plot, drawn: Result<Option<(String, String)>, figures::Error>| {
            match drawn {
                Ok(drawn) => figures.extend(drawn.map(|(title, svg)| {
                    let in_report = plot.is_in_report(tasks);
                    Figure { plot, file: file(plot), title, svg, in_report }
                })),
                Err(error @ (figures::Error::Record(_) | figures::Error::File(_))) => return Err(error),
                Err(error) => {
                    let error = Error::from(error);
                    self.notes.push(format!("**not drawn**: {}", error.chain()));
                    self.failed.push(error);
                }
            }
            Ok(())
        };
        for &plot in &summary.plots {
            add(plot, figures::summary_svg(plot, summary))?;
        }
        let shown: Vec<Plot> = Plot::of_run().into_iter().filter(|plot| summary.plots.contains(plot)).collect();
        for run in complete {
            let draw = || {
                let mut drawn = Vec::new();
                for plot in &shown {
                    match figures::run_svg(*plot, run) {
                        // Another process may be replacing the run.
                        Err(error @ (figures::Error::Record(_) | figures::Error::File(_))) => return Err(error.into()),
                        figure => drawn.push((*plot, figure)),
                    }
                }
                Ok(drawn)
            };
            if let Some(drawn) = steady(run, draw)? {
                drawn.into_iter().try_for_each(|(plot, drawn)| add(plot, drawn))?;
                break;
            }
        }
        Ok(figures)
    }
}

impl Run {
    fn read(run: &RunDirectory) -> Result<Self, Error> {
        let epochs: Vec<Epoch> = ranges::read_rows(&run.epochs())?;
        let environment: Environment = storage::read_json(&run.environment())?;
        let spec = record::read_run(&run.experiment())?;
        Ok(Self {
            machine: machine(&environment),
            command: environment.command,
            seconds: epochs.iter().map(|epoch| epoch.seconds).sum(),
            tasks: spec.evaluation.tasks.clone(),
            protocol: spec.evaluation.tasks.contains(&Task::Likelihood).then(|| likelihood_protocol(&spec)),
        })
    }
}

/// The engine and the processors that trained a run, in words.
fn machine(environment: &Environment) -> String {
    format!(
        "the `{}` engine on {} of {}",
        environment.engine,
        count(environment.threads, "thread"),
        environment.cpu.as_deref().unwrap_or(&environment.platform)
    )
}

/// The runs of a summary, in its order; runs in the folder that the summary does not include are left out.
pub(super) fn runs_of(summary: &Summary, directory: &Path, place: &Place) -> Result<Vec<RunDirectory>, Error> {
    let path = summary_file(directory);
    let Place { experiment, dataset, .. } = place;
    if (&summary.experiment, &summary.dataset) != (experiment, dataset) {
        let message = format!(
            "is a summary of {} on {}, in the folder {experiment}/{dataset}",
            summary.experiment, summary.dataset
        );
        return Err(Error::File(system::Error::format(&path, message)));
    }
    let begun = place.runs()?;
    let mut runs = Vec::new();
    for group in &summary.groups {
        for seed in &group.seeds {
            let name = Path::new(&group.label).join(format!("seed-{seed}"));
            let Some(run) = begun.iter().find(|run| run.ends_with(&name)) else {
                let message = format!("names a run without a folder: {}", directory.join(name).display());
                return Err(Error::File(system::Error::format(&path, message)));
            };
            runs.push(RunDirectory::at(run));
        }
    }
    if runs.is_empty() {
        Err(Error::File(system::Error::format(&path, "names no complete run".to_owned())))
    } else {
        Ok(runs)
    }
}

/// True if a new summary of the runs would equal this one. It would differ after a run was repeated, until the next
/// summary.
pub(super) fn is_current(summary: &Summary, runs: &[RunDirectory]) -> bool {
    let paths: Vec<PathBuf> = runs.iter().map(|run| run.path().to_owned()).collect();
    let claims: Vec<String> = summary.claims.iter().map(|claim| claim.text.clone()).collect();
    // While a run is missing, the summary's claims are open, and a new summary of the other runs would check them.
    !summary.incomplete.is_empty() || summarise(Path::new(""), &paths, &claims).is_ok_and(|again| again == *summary)
}

/// A summary of the complete runs of an experiment, and the folders of these runs.
fn in_the_making(directory: &Path, begun: &[RunDirectory]) -> Result<(Option<Summary>, Vec<RunDirectory>), Error> {
    let mut complete = Vec::new();
    for run in begun {
        if steady(run, || Ok(()))?.is_some() {
            complete.push(run.clone());
        }
    }
    // Another process may start one of the runs again in the meantime.
    while !complete.is_empty() {
        let paths: Vec<PathBuf> = complete.iter().map(|run| run.path().to_owned()).collect();
        match summarise(directory, &paths, &[]) {
            Ok(summary) if summary.incomplete.is_empty() => return Ok((Some(summary), complete)),
            result => {
                let before = complete.len();
                let mut still = Vec::new();
                for run in complete {
                    if steady(&run, || Ok(()))?.is_some() {
                        still.push(run);
                    }
                }
                if still.len() == before {
                    return result.map(|summary| (Some(summary), still));
                }
                complete = still;
            }
        }
    }
    Ok((None, complete))
}
