//! `cargo xtask reproduce`: repeats a recorded run in another folder, and compares the results.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use record::{RunDirectory, experiment_directory};
use system::storage;

use crate::programs::{self, workspace};
use crate::{Failure, RunArguments, run};

#[derive(Args)]
pub(crate) struct Reproduce {
    /// Folder of a recorded run, such as results/plain/glyphs/plain-32/seed-0
    run: PathBuf,
    /// Folder to record the repetition in [default: reproduce in cargo's target folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Folder with the data set's files [default: $HOURGLASS_DATA, then data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Threads to use; results do not depend on it [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

pub(crate) fn reproduce(arguments: &Reproduce) -> Result<(), Failure> {
    let recorded = RunDirectory::at(&arguments.run);
    let spec = recorded.experiment();
    if !spec.is_file() {
        let path = arguments.run.display();
        return Err(Failure::Input(anyhow!("{path} records no run; expected a folder that ends in seed-N")));
    }
    if !recorded.is_complete()? {
        return Err(Failure::Input(anyhow!("{} records no complete run", arguments.run.display())));
    }
    let run = record::read_run(&spec)?;
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => workspace()?.target.join("reproduce"),
    };
    let again = RunDirectory::of(&run, &out);
    if storage::is_same(recorded.path(), again.path())? {
        let path = again.path().display();
        let message = "is the folder of the run itself; choose another --out for the repetition";
        return Err(Failure::Input(anyhow!("{path} {message}")));
    }
    if arguments.out.is_some() && again.status()?.is_some() {
        let path = again.path().display();
        return Err(Failure::Input(anyhow!("{path} holds a record already; choose another --out")));
    }
    // Without the lock, another repetition could replace this one before the comparison.
    let _lock = storage::lock(&experiment_directory(&run, &out).join(".reproduce"))?;
    run::run_and_summarise(&RunArguments {
        specs: vec![spec],
        dataset: None,
        data_dir: arguments.data_dir.clone(),
        seed: None,
        seeds: Vec::new(),
        set: Vec::new(),
        unset: Vec::new(),
        engine: None,
        threads: arguments.threads,
        out,
        tensorboard: None,
        resume: false,
        force: true,
        dry_run: false,
        verbose: false,
        open: false,
        fail_fast: false,
        quiet: true,
        silent: true,
    })?;
    programs::evaluate(|command| command.arg("reproduce").arg(recorded.path()).arg(again.path()))
}
