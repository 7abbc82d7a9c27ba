//! `cargo xtask run`: every run of every experiment, then their summaries.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use experiment::record::{RunDirectory, State, experiment_directory};
use experiment::{Experiment, Run};

use crate::plan::{self, Standing};
use crate::programs::{self, EVALUATE, TRAIN, build, succeed};
use crate::{Failure, RunArguments};

/// Set by Ctrl-C, which the program at work hears as well: it ends in its own time, and then so does this one.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// `cargo xtask run`.
pub(crate) fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let result = run_and_summarise(arguments);
    if let Err(Failure::Code(programs::INTERRUPTED) | Failure::Failed(_)) = result {
        eprintln!("to go on: {}", command_line(true));
    }
    result
}

/// The same as a part of another command.
pub(crate) fn run_and_summarise(arguments: &RunArguments) -> Result<(), Failure> {
    let experiments = plan::experiments(arguments)?;
    if arguments.dry_run {
        return plan::print(&experiments, arguments);
    }
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed))
        .context("listening for Ctrl-C")
        .map_err(Failure::Failed)?;
    let mut worst = Ok(());
    let mut due = Vec::new();
    for run in experiments.iter().flat_map(|experiment| &experiment.runs) {
        let directory = RunDirectory::of(run, &arguments.out);
        match plan::standing(run, arguments)? {
            Standing::Due => due.push(run),
            Standing::Complete if arguments.quiet => {}
            Standing::Complete => println!("{} is complete: skipped", directory.path().display()),
            Standing::Failed(reason) => {
                eprintln!("error: {}: {reason}; skipped, --force runs it again", directory.path().display());
                worst = Err(Failure::Code(1));
            }
        }
    }
    let [train, evaluate] = build([TRAIN, EVALUATE], arguments.quiet)?;
    let programs = Programs { train, evaluate };
    if arguments.force {
        // An interruption before their turn must not leave them as they were, for --resume to skip or refuse.
        due.iter().try_for_each(|run| plan::give_up(run, arguments))?;
    }

    for experiment in &experiments {
        for run in experiment.runs.iter().filter(|run| due.contains(run)) {
            if INTERRUPTED.load(Ordering::Relaxed) {
                return Err(Failure::Code(programs::INTERRUPTED));
            }
            match programs.train(run, arguments).and_then(|()| programs.evaluate(run, arguments)) {
                // One diverged run says nothing of the others; bad input or an interruption would meet them all.
                Err(Failure::Code(1)) => worst = Err(Failure::Code(1)),
                result => result?,
            }
        }
        if any_complete(experiment, arguments)? {
            programs.summarise(experiment, arguments)?;
        }
    }
    worst
}

/// The programs that do the work, each in a process of its own.
struct Programs {
    train: PathBuf,
    evaluate: PathBuf,
}

impl Programs {
    /// Trains one run in a process of its own. The spec is resolved here, once; the program reads it from standard input.
    fn train(&self, run: &Run, arguments: &RunArguments) -> Result<(), Failure> {
        let mut command = Command::new(&self.train);
        command.arg("--out").arg(&arguments.out).arg("--command").arg(command_line(false));
        common(&mut command, arguments);
        if arguments.resume {
            command.arg("--resume");
        }
        let mut finish = || {
            let mut child = command.stdin(Stdio::piped()).spawn()?;
            // Open until the program has ended: if it closes before, the program knows that nobody waits for it.
            let mut stdin = child.stdin.take();
            if let Some(stdin) = &mut stdin {
                // A program that ends early leaves a broken pipe; its exit status says more.
                let _ = stdin.write_all(run.to_toml().as_bytes()).and_then(|()| stdin.write_all(b"\0"));
            }
            child.wait()
        };
        succeed(finish(), "training")
    }

    fn evaluate(&self, run: &Run, arguments: &RunArguments) -> Result<(), Failure> {
        let mut command = Command::new(&self.evaluate);
        command.arg("run").arg(RunDirectory::of(run, &arguments.out).path());
        common(&mut command, arguments);
        // The summary at the end says what one run's own table would.
        if !arguments.quiet {
            command.arg("--quiet");
        }
        succeed(command.status(), "evaluation")
    }

    /// Averages the runs of an experiment over their seeds, checks its claims and prints the table.
    fn summarise(&self, experiment: &Experiment, arguments: &RunArguments) -> Result<(), Failure> {
        let Some(first) = experiment.runs.first() else { return Ok(()) };
        let mut command = Command::new(&self.evaluate);
        command.arg("summary").arg("--out-dir").arg(experiment_directory(first, &arguments.out));
        for run in &experiment.runs {
            command.arg("--run").arg(RunDirectory::of(run, &arguments.out).path());
        }
        for claim in &experiment.claims {
            command.arg("--claim").arg(claim.text());
        }
        if arguments.quiet {
            command.arg("--quiet");
        }
        succeed(command.status(), "evaluation")
    }
}

fn common(command: &mut Command, arguments: &RunArguments) {
    if let Some(data_dir) = &arguments.data_dir {
        command.arg("--data-dir").arg(data_dir);
    }
    if let Some(threads) = arguments.threads {
        command.arg("--threads").arg(threads.to_string());
    }
    if arguments.quiet {
        command.arg("--quiet");
    }
}

fn any_complete(experiment: &Experiment, arguments: &RunArguments) -> Result<bool, Failure> {
    for run in &experiment.runs {
        let status = RunDirectory::of(run, &arguments.out).status()?;
        if status.is_some_and(|status| status.state == State::Complete) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The command as typed, for the record, or as it is to be typed to go on where it was interrupted.
fn command_line(to_resume: bool) -> String {
    let quoted = |argument: String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
        if !argument.is_empty() && argument.chars().all(plain) {
            argument
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
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
