//! `cargo xtask run`: every run of every experiment, then their summaries.

use std::io::Write;
use std::process::{Command, Stdio};

use experiment::record::{RunDirectory, experiment_directory};
use experiment::{Experiment, Run};

use crate::programs::{EVALUATE, TRAIN, build, succeed};
use crate::{Failure, RunArguments, plan};

pub(crate) fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let experiments = plan::experiments(arguments)?;
    if arguments.dry_run {
        return plan::print(&experiments, arguments);
    }
    let mut due = Vec::new();
    for run in experiments.iter().flat_map(|experiment| &experiment.runs) {
        if plan::is_due(run, arguments)? {
            due.push(run);
        } else if !arguments.quiet {
            println!("{} is complete: skipped", RunDirectory::of(run, &arguments.out).path().display());
        }
    }
    build(&[TRAIN, EVALUATE], arguments.quiet)?;

    let mut worst = Ok(());
    for experiment in &experiments {
        for run in experiment.runs.iter().filter(|run| due.contains(run)) {
            match train(run, arguments).and_then(|()| evaluate(run, arguments)) {
                // One diverged run says nothing of the others; bad input or an interruption would meet them all.
                Err(Failure::Code(1)) => worst = Err(Failure::Code(1)),
                result => result?,
            }
        }
        summarise(experiment, arguments)?;
    }
    worst
}

/// Trains one run in a process of its own. The spec is resolved here, once; the program reads it from standard input.
fn train(run: &Run, arguments: &RunArguments) -> Result<(), Failure> {
    let mut command = Command::new(TRAIN.path());
    command.arg("--out").arg(&arguments.out).arg("--command").arg(command_line());
    common(&mut command, arguments);
    if arguments.resume {
        command.arg("--resume");
    }
    let finish = || {
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(run.to_toml().as_bytes())?;
        }
        child.wait()
    };
    succeed({ finish }(), "training")
}

fn evaluate(run: &Run, arguments: &RunArguments) -> Result<(), Failure> {
    let mut command = Command::new(EVALUATE.path());
    command.arg("run").arg(RunDirectory::of(run, &arguments.out).path());
    common(&mut command, arguments);
    // The summary at the end says what one run's own table would.
    if !arguments.quiet {
        command.arg("--quiet");
    }
    succeed(command.status(), "evaluation")
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

/// Averages the runs of an experiment over their seeds, checks its claims and prints the table.
fn summarise(experiment: &Experiment, arguments: &RunArguments) -> Result<(), Failure> {
    let Some(first) = experiment.runs.first() else { return Ok(()) };
    let mut command = Command::new(EVALUATE.path());
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
