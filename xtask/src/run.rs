//! `cargo xtask run`: every run of every experiment, then their summaries.

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

/// Without a terminal, a line no more often than this.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The page of an experiment, in its folder.
const PAGE: &str = "index.html";
/// Pages that `--open` shows.
const MOST_PAGES: usize = 5;

/// Moves a terminal to the beginning of the line, and clears the line.
const CLEAR_LINE: &[u8] = b"\r\x1b[2K";

/// `cargo xtask run`.
pub(crate) fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let result = run_and_summarise(arguments);
    match result {
        Err(Failure::Interrupted(place)) if !arguments.dry_run => {
            if io::stderr().is_terminal() {
                // A program that was stopped leaves its bar.
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

/// The same as a part of another command.
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
            // Of many, the list of experiments says it.
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
                    "{} is not complete ({reason}); --resume goes on from there, --force starts over",
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
        // What is missing has been said, and each run would fail for it.
        return Err(Failure::Code(2));
    }
    let programs = Programs { train, evaluate, unpacked: unpacked.folder };
    if arguments.force {
        // An interruption before their turn must not leave them as they were, for --resume to skip or refuse.
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
            // Wrong input meets all runs of a file alike.
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
                // One that diverged or was killed says nothing of the others; what is wrong with the input would meet all of
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
        // A summary of what was recorded before stays as it is where nothing could be run.
        if (!refused || done.runs > before) && any_complete(experiment, arguments)? {
            // Of many, what is as it was needs no telling; but its claims may have changed.
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

/// How far an interrupted run had come.
fn place(run: &Run, arguments: &RunArguments) -> String {
    let directory = RunDirectory::of(run, &arguments.out);
    let name = format!("{} seed {}", run.label(), run.seed);
    if directory.model().exists() && !directory.checkpoint().exists() {
        return format!(" in the evaluation of {name}");
    }
    // Below the line of names, each line is an epoch.
    let epochs = fs::read_to_string(directory.epochs()).map_or(0, |text| text.lines().count().saturating_sub(1));
    match epochs {
        0 => format!(" in the first epoch of {name}"),
        epochs => format!(" after epoch {epochs} of {} of {name}", run.epochs()),
    }
}

/// How many runs there were, for those who see no bar: runs of a few seconds say nothing of themselves.
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

/// What became of the work so far.
struct Batch<'a> {
    arguments: &'a RunArguments,
    /// The first failure that the work went on after.
    worst: Result<(), Failure>,
}

impl Batch<'_> {
    /// Takes note of a failure, which ends the work if it is to fail fast.
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

/// What is done and what is left: of all experiments, then a line for each. `standing` gives how many of its runs are to be
/// run, and how many have failed.
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
    /// Trains one run in a process of its own. The spec is resolved here, once; the program reads it from standard input.
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
        // Open until the program has ended: if it closes before, the program knows that nobody waits for it.
        let mut stdin = child.stdin.take();
        if let Some(stdin) = &mut stdin {
            // A program that ends early leaves a broken pipe; its exit status says more.
            drop(stdin.write_all(run.to_toml().as_bytes()).and_then(|()| stdin.write_all(b"\0")));
        }
        programs::finish(child, stdin, "training")
    }

    fn evaluate(&self, run: &Run, arguments: &RunArguments) -> Result<(), Failure> {
        let mut command = name::program(&self.evaluate);
        command.arg("run").arg(RunDirectory::of(run, &arguments.out).path());
        self.common(&mut command, arguments);
        // The summary at the end says what one run's own table would.
        command.arg("--no-table");
        programs::run(&mut command, "evaluation")
    }

    /// Averages the runs of an experiment over their seeds, checks its claims and prints the table.
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
    /// Where they are unpacked; without one, each run unpacks archives itself.
    folder: Option<&'a Path>,
    /// Names of those whose files are missing or faulty.
    refused: Vec<String>,
}

impl<'a> Unpacked<'a> {
    /// Checks and unpacks the files once, where every run would do it twice. What is wrong with them, and whether they are not
    /// the published ones, is told once.
    fn new(program: &Path, due: &[&Run], arguments: &RunArguments, own: &'a OwnData) -> Result<Self, Failure> {
        let mut names: Vec<DatasetName> = due.iter().flat_map(|run| from_files(run)).collect();
        names.sort_by_key(|name| name.name());
        names.dedup();
        // Without a folder for it, the runs say what they lack.
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

/// The command as typed, for the record, or as it is to be typed to go on where it was interrupted.
fn command_line(to_resume: bool) -> String {
    let quoted = |argument: String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
        match argument {
            argument if !argument.is_empty() && argument.chars().all(plain) => argument,
            // What a terminal or a page would take for a command of its own.
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

/// As bash reads it between `$'` and `'`.
fn escaped(argument: &str) -> String {
    let escape = |c: char| match c {
        '\'' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    argument.chars().map(escape).collect()
}
