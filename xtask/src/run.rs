//! `cargo xtask run`: every run of every experiment, then their summaries.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use experiment::record::{RunDirectory, State, experiment_directory};
use experiment::{Experiment, Run};

use crate::plan::{self, Standing};
use crate::programs::{EVALUATE, TRAIN, build, succeed};
use crate::{Failure, RunArguments};

pub(crate) fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let experiments = plan::experiments(arguments)?;
    if arguments.dry_run {
        return plan::print(&experiments, arguments);
    }
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

    for experiment in &experiments {
        for run in experiment.runs.iter().filter(|run| due.contains(run)) {
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
        command.arg("--out").arg(&arguments.out).arg("--command").arg(command_line());
        common(&mut command, arguments);
        if arguments.resume {
            command.arg("--resume");
        }
        let mut finish = || {
            let mut child = command.stdin(Stdio::piped()).spawn()?;
            if let Some(mut stdin) = child.stdin.take() {
                // A program that ends early leaves a broken pipe; its exit status says more.
                let _ = stdin.write_all(run.to_toml().as_bytes());
            }
            child.wait()
        };
        succeed(finish(), "training").map_err(|failure| match failure {
            Failure::Failed(error) => Failure::Failed(error.context("--resume goes on from the last checkpoint")),
            told => told,
        })
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

/// The command as typed, for the record.
fn command_line() -> String {
    let quoted = |argument: String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
        if !argument.is_empty() && argument.chars().all(plain) {
            argument
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    };
    let arguments = std::env::args_os().skip(1).map(|argument| quoted(argument.to_string_lossy().into_owned()));
    ["cargo".to_owned(), "xtask".to_owned()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
}
