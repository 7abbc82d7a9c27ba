//! `cargo xtask run`: does every run of every experiment, then writes their summaries.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use record::{RunDirectory, experiment_directory};
use spec::catalogue::DatasetName;
use spec::{Experiment, Run};
use system::interrupt;
use system::terminal;

use crate::dry_run;
use crate::name;
use crate::networks;
use crate::open;
use crate::own::OwnData;
use crate::plan::{self, Standing};
use crate::programs::{self, DATA, EVALUATE, TRAIN, build, workspace};
use crate::{Failure, RunArguments};

/// Shortest time between two lines of progress without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The page of an experiment, in its folder.
const PAGE: &str = "index.html";
/// Largest number of pages that `--open` opens.
const MOST_PAGES: usize = 5;

/// Control sequence that moves the cursor of a terminal to the start of the line and clears the line.
const CLEAR_LINE: &[u8] = b"\r\x1b[2K";

/// `cargo xtask run`.
pub(crate) fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let result = run_and_summarise(arguments);
    match result {
        Err(Failure::Interrupted(place)) if !arguments.dry_run => {
            if io::stderr().is_terminal() {
                // A stopped program leaves its progress bar on the terminal.
                terminal::hand_on_error(CLEAR_LINE);
            }
            Err(Failure::Interrupted(format!("{place}; `{}` continues", command_line(true))))
        }
        Err(Failure::Failed(error)) if !arguments.dry_run => {
            Err(Failure::Failed(anyhow!("{error:#}; `{}` continues", command_line(true))))
        }
        result => result,
    }
}

/// Does the runs and writes the summaries, for this command and for others that run experiments.
pub(crate) fn run_and_summarise(arguments: &RunArguments) -> Result<(), Failure> {
    let own = OwnData::new(arguments.quiet);
    let experiments = plan::experiments(arguments, &own)?;
    if arguments.dry_run {
        return dry_run::print(&experiments, arguments);
    }
    let mut batch = Batch { arguments, worst: Ok(()) };
    let (mut due, mut given_up) = (Vec::new(), Vec::new());
    for run in experiments.iter().flat_map(|experiment| &experiment.runs) {
        let directory = RunDirectory::of(run, &arguments.out);
        match plan::standing(run, arguments)? {
            Standing::Due => due.push(run),
            Standing::WithoutWeights => {
                if !arguments.quiet {
                    let path = directory.path().display();
                    terminal::say(&format!("{path} is recorded without its weights: run again\n"));
                }
                due.push(run);
            }
            // With several experiments, the overview has these numbers.
            Standing::Complete if arguments.quiet || experiments.len() > 1 => {}
            Standing::Complete => terminal::say(&format!("{} is complete: skipped\n", directory.path().display())),
            Standing::Failed(reason) => {
                let path = directory.path().display();
                terminal::tell(&format!("error: {path}: {reason}; skipped, --force runs it again"));
                batch.failed(Failure::Code(1))?;
                given_up.push(run);
            }
            Standing::Interrupted(reason) => {
                return Err(Failure::Input(anyhow!(
                    "{} is not complete ({reason}); --resume continues it, --force starts over",
                    directory.path().display()
                )));
            }
        }
    }
    networks::list(due.iter().copied())?;
    let [train, evaluate, data] = match build([TRAIN, EVALUATE, DATA], arguments.quiet) {
        Err(Failure::Code(1)) if networks::forget_others(due.iter().copied())? => {
            build([TRAIN, EVALUATE, DATA], arguments.quiet)?
        }
        built => built?,
    };
    let unpacked = Unpacked::new(&data, &due, arguments, &own)?;
    let all = experiments.iter().map(|experiment| experiment.runs.len()).sum::<usize>();
    if due.len() == all && !due.iter().any(|run| unpacked.has_all_of(run)) {
        // The missing files have been reported, and every run needs them.
        return Err(Failure::Code(2));
    }
    let programs = Programs { train, evaluate, unpacked: unpacked.folder };
    if arguments.force {
        // Marked now, so that --resume runs them again even if the command is interrupted before their turn.
        due.iter().try_for_each(|run| plan::give_up(run, arguments))?;
    }
    let of = |experiment: &Experiment, runs: &[&Run]| experiment.runs.iter().filter(|run| runs.contains(run)).count();
    if experiments.len() > 1 && !arguments.quiet {
        let standing = |experiment: &Experiment| [of(experiment, &due), of(experiment, &given_up)];
        terminal::say(&overview(&experiments, standing));
    }
    let mut done = Done {
        runs: 0,
        of: due.len(),
        lines: !arguments.quiet && !io::stderr().is_terminal(),
        last_line: Instant::now(),
    };
    for (index, experiment) in experiments.iter().enumerate() {
        let runs = of(experiment, &due);
        if experiments.len() > 1 && runs > 0 && !arguments.quiet {
            let (number, name) = (index + 1, &experiment.name);
            terminal::say(&format!("\n[{number} of {}] {name}: {runs} to run\n", experiments.len()));
        }
        let (before, mut refused) = (done.runs, false);
        for run in experiment.runs.iter().filter(|run| due.contains(run)) {
            if interrupt::asked().load(Ordering::Relaxed) {
                return Err(Failure::Interrupted(String::new()));
            }
            let result = match unpacked.has_all_of(run) {
                true => programs.train(run, arguments).and_then(|()| programs.evaluate(run, arguments)),
                false => Err(Failure::Code(2)),
            };
            // Invalid input fails every run of a file in the same way.
            let is_one_of_many = match &result {
                Err(Failure::Code(1) | Failure::Failed(_)) => due.len() > 1,
                Err(Failure::Code(2)) => experiments.len() > 1,
                _ => false,
            };
            if is_one_of_many {
                terminal::tell(&format!("failed: {}", RunDirectory::of(run, &arguments.out).path().display()));
            }
            match result {
                Ok(()) => {}
                // After a run that diverged or was killed, the others continue. Invalid input would fail all runs of
                // this file.
                Err(failure @ (Failure::Code(1) | Failure::Failed(_))) => batch.failed(failure)?,
                Err(failure @ Failure::Code(2)) => {
                    batch.failed(failure)?;
                    refused = true;
                    break;
                }
                Err(Failure::Interrupted(_)) => return Err(Failure::Interrupted(place(run, arguments))),
                Err(failure) => return Err(failure),
            }
            done.one_more();
        }
        // If no run could start, the earlier summary stays unchanged.
        if (!refused || done.runs > before) && any_complete(experiment, arguments)? {
            // With several experiments, an unchanged one prints no table; its claims are still checked.
            let quiet = arguments.quiet || (experiments.len() > 1 && runs == 0);
            match programs.summarise(experiment, arguments, quiet) {
                Err(failure @ (Failure::Code(1 | 2) | Failure::Failed(_))) => batch.failed(failure)?,
                result => result?,
            }
        }
    }
    if experiments.len() > 1 {
        programs.verdicts(&experiments, arguments)?;
    }
    if arguments.open {
        let firsts = experiments.iter().filter_map(|experiment| experiment.runs.first());
        let pages = firsts.map(|run| experiment_directory(run, &arguments.out).join(PAGE));
        pages.take(MOST_PAGES).for_each(|page| open::page(&page));
    }
    batch.worst
}

/// Progress of an interrupted run, as text for the message.
fn place(run: &Run, arguments: &RunArguments) -> String {
    let directory = RunDirectory::of(run, &arguments.out);
    let name = format!("{} seed {}", run.label(), run.seed);
    if directory.model().exists() && !directory.checkpoint().exists() {
        return format!(" in the evaluation of {name}");
    }
    // The first line has the column names; each other line is an epoch.
    let epochs = fs::read_to_string(directory.epochs()).map_or(0, |text| text.lines().count().saturating_sub(1));
    match epochs {
        0 => format!(" in the first epoch of {name}"),
        epochs => format!(" after epoch {epochs} of {} of {name}", run.epochs()),
    }
}

/// Count of finished runs, printed where there is no progress bar: short runs print no lines of their own.
struct Done {
    runs: usize,
    of: usize,
    lines: bool,
    last_line: Instant,
}

impl Done {
    fn one_more(&mut self) {
        self.runs += 1;
        if self.lines && self.runs < self.of && self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            terminal::tell(&format!("{} of {} runs done", self.runs, self.of));
        }
    }
}

/// The result of the work so far.
struct Batch<'a> {
    arguments: &'a RunArguments,
    /// The first failure after which the work continued.
    worst: Result<(), Failure>,
}

impl Batch<'_> {
    /// Records a failure. With `--fail-fast`, the failure is returned and ends the work.
    fn failed(&mut self, failure: Failure) -> Result<(), Failure> {
        if self.arguments.fail_fast {
            return Err(failure);
        }
        if self.worst.is_ok() {
            self.worst = Err(failure);
        }
        Ok(())
    }
}

/// Numbers of finished, failed and remaining runs: one line for all experiments, then one for each. `standing` returns
/// the number of runs to do, and of failed runs.
fn overview(experiments: &[Experiment], standing: impl Fn(&Experiment) -> [usize; 2]) -> String {
    let note = |runs: usize, [due, failed]: [usize; 2]| {
        let failed_part = if failed > 0 { format!("{failed} failed, ") } else { String::new() };
        format!("{} done, {failed_part}{due} to run", runs - due - failed)
    };
    let rows: Vec<_> = experiments.iter().map(|each| (each.name.as_str(), each.runs.len(), standing(each))).collect();
    let width = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    let runs = rows.iter().map(|(_, runs, _)| runs).sum();
    let all = rows.iter().fold([0, 0], |[due, failed], (_, _, of)| [due + of[0], failed + of[1]]);
    let mut text = format!("{} experiments, {runs} runs: {}\n", rows.len(), note(runs, all));
    rows.iter().for_each(|(name, runs, standing)| text += &format!("  {name:<width$}  {}\n", note(*runs, *standing)));
    text
}

/// The programs that do the work, each in a process of its own.
struct Programs<'a> {
    train: PathBuf,
    evaluate: PathBuf,
    /// Folder of the data sets that are unpacked.
    unpacked: Option<&'a Path>,
}

impl Programs<'_> {
    /// Trains one run in a process of its own. The spec is resolved here, once; the program reads it from standard
    /// input.
    fn train(&self, run: &Run, arguments: &RunArguments) -> Result<(), Failure> {
        let mut command = name::program(&self.train);
        command.arg("--out").arg(&arguments.out).arg("--command").arg(command_line(false));
        self.common(&mut command, arguments);
        if arguments.resume {
            command.arg("--resume");
        }
        if let Some(folder) = &arguments.tensorboard {
            command.arg("--tensorboard").arg(folder);
        }
        command.arg("--workspace").arg(&workspace()?.root);
        let spawned = command.stdin(Stdio::piped()).spawn();
        let mut child = spawned.context("cannot start training").map_err(Failure::Failed)?;
        // Standard input stays open until the program ends: the program stops when its standard input is closed.
        let mut stdin = child.stdin.take();
        if let Some(stdin) = &mut stdin {
            // A program that ends early breaks the pipe; its exit status is the better error.
            drop(stdin.write_all(run.to_toml().as_bytes()).and_then(|()| stdin.write_all(b"\0")));
        }
        programs::finish(child, stdin, "training")
    }

    fn evaluate(&self, run: &Run, arguments: &RunArguments) -> Result<(), Failure> {
        let mut command = name::program(&self.evaluate);
        command.arg("run").arg(RunDirectory::of(run, &arguments.out).path());
        self.common(&mut command, arguments);
        // The summary at the end has the numbers of each run's table.
        command.arg("--no-table");
        programs::run(&mut command, "evaluation")
    }

    /// Averages the runs of an experiment over seeds, checks the claims and prints the table.
    fn summarise(&self, experiment: &Experiment, arguments: &RunArguments, quiet: bool) -> Result<(), Failure> {
        let Some(first) = experiment.runs.first() else { return Ok(()) };
        let mut command = name::program(&self.evaluate);
        command.arg("summary").arg("--out-dir").arg(experiment_directory(first, &arguments.out));
        for run in &experiment.runs {
            command.arg("--run").arg(RunDirectory::of(run, &arguments.out).path());
        }
        for claim in &experiment.claims {
            command.arg("--claim").arg(claim.text());
        }
        if arguments.quiet && !arguments.silent {
            command.arg("--answer");
        } else if quiet {
            command.arg("--quiet");
        }
        programs::run(&mut command, "evaluation")
    }

    /// Prints the table of all verdicts.
    fn verdicts(&self, experiments: &[Experiment], arguments: &RunArguments) -> Result<(), Failure> {
        if arguments.quiet {
            return Ok(());
        }
        let mut command = name::program(&self.evaluate);
        command.arg("verdicts");
        let firsts = experiments.iter().filter_map(|experiment| experiment.runs.first());
        command.args(firsts.map(|first| experiment_directory(first, &arguments.out)));
        programs::run(&mut command, "evaluation")
    }

    fn common(&self, command: &mut Command, arguments: &RunArguments) {
        if let Some(data_dir) = &arguments.data_dir {
            command.arg("--data-dir").arg(data_dir);
        }
        if let Some(unpacked) = self.unpacked {
            command.arg("--unpacked").arg(unpacked);
        }
        if let Some(threads) = arguments.threads {
            command.arg("--threads").arg(threads.to_string());
        }
        if arguments.quiet {
            command.arg("--quiet");
        }
    }
}

/// The data sets that the runs read from files.
struct Unpacked<'a> {
    /// Folder of the unpacked data sets; without it, each run unpacks archives itself.
    folder: Option<&'a Path>,
    /// Names of the data sets whose files are missing or invalid.
    refused: Vec<String>,
}

impl<'a> Unpacked<'a> {
    /// Checks and unpacks the files of each data set once; otherwise every run would do it twice. Errors, and warnings
    /// about files that differ from the published ones, are printed once.
    fn new(program: &Path, due: &[&Run], arguments: &RunArguments, own: &'a OwnData) -> Result<Self, Failure> {
        let mut names: Vec<DatasetName> = due.iter().flat_map(|run| from_files(run)).collect();
        names.sort_by_key(|name| name.name());
        names.dedup();
        // Without a folder, each run reports its missing files itself.
        let has_files = !names.is_empty() || due.iter().any(|run| run.dataset.own().is_some());
        let folder = if has_files { own.folder().ok() } else { None };
        let mut refused = Vec::new();
        for run in due {
            if let Err(message) = own.check(run)
                && !refused.contains(&run.dataset.name())
            {
                terminal::tell(&format!("error: {message}"));
                refused.push(run.dataset.name());
            }
        }
        for name in names.into_iter().filter(|_| folder.is_some()) {
            let mut command = name::program(program);
            command.args(["prepare", name.name(), "--into"]).args(folder);
            if let Some(data_dir) = &arguments.data_dir {
                command.arg("--data-dir").arg(data_dir);
            }
            if arguments.quiet {
                command.arg("--quiet");
            }
            match programs::run(&mut command, "hourglass-data") {
                Err(Failure::Code(2)) => refused.push(name.to_string()),
                result => result?,
            }
        }
        Ok(Self { folder, refused })
    }

    fn has_all_of(&self, run: &Run) -> bool {
        let own = run.dataset.own().map(|own| own.name());
        from_files(run).map(|name| name.to_string()).chain(own).all(|name| !self.refused.contains(&name))
    }
}

/// The data sets that a run reads from files.
fn from_files(run: &Run) -> impl Iterator<Item = DatasetName> {
    let names = [run.dataset.named(), run.training.transfer.map(|transfer| transfer.from)];
    names.into_iter().flatten().filter(|name| !name.is_embedded())
}

fn any_complete(experiment: &Experiment, arguments: &RunArguments) -> Result<bool, Failure> {
    for run in &experiment.runs {
        if RunDirectory::of(run, &arguments.out).is_complete()? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The command as typed, for the record; with `to_resume`, the command that continues after an interruption.
fn command_line(to_resume: bool) -> String {
    let quoted = |argument: String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
        match argument {
            argument if !argument.is_empty() && argument.chars().all(plain) => argument,
            // A terminal or a page could interpret control characters.
            argument if argument.contains(char::is_control) => format!("$'{}'", escaped(&argument)),
            argument => format!("'{}'", argument.replace('\'', r"'\''")),
        }
    };
    let arguments = std::env::args_os().skip(1).map(|argument| quoted(argument.to_string_lossy().into_owned()));
    let mut words = vec!["cargo".to_owned(), "xtask".to_owned()];
    if to_resume {
        words.extend(arguments.filter(|argument| argument != "--force" && argument != "--resume"));
        words.push("--resume".to_owned());
    } else {
        words.extend(arguments);
    }
    words.join(" ")
}

/// The argument with the escapes that bash reads between `$'` and `'`.
fn escaped(argument: &str) -> String {
    let escape = |c: char| match c {
        '\'' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    argument.chars().map(escape).collect()
}
