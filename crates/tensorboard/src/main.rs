//! `hourglass-tensorboard`: writes complete records as event files of TensorBoard. `cargo xtask export` starts it.

mod across;
mod folders;
mod one;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use system::storage::NewFolder;
use system::{storage, terminal};
use tensorboard::file_name;

use crate::folders::Recorded;

/// Writes complete records as event files of TensorBoard: a run for each network and seed, and the mean over seeds of
/// networks with several seeds.
#[derive(Parser)]
#[command(name = "hourglass-tensorboard", version)]
struct Arguments {
    /// Folder of a run, of a network with its seeds, or of an experiment on a data set
    folder: PathBuf,
    /// Folder to write into; it must not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    match export(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::tell(&format!("error: {}", terminal::one_line(&format!("{error:#}"))));
            let is_of_the_machine = error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some());
            ExitCode::from(if is_of_the_machine { 1 } else { 2 })
        }
    }
}

fn export(Arguments { folder, out, quiet }: &Arguments) -> Result<(), anyhow::Error> {
    let Recorded { runs, incomplete, plots } = Recorded::below(folder)?;
    let names = folders::names(&runs)?;
    if !quiet {
        incomplete.iter().for_each(|path| terminal::tell(&format!("{} is not complete: left out", path.display())));
    }
    // The folder is created with all files, or not at all.
    let new = NewFolder::create(out)?;
    let write = |name: &str, started: u64, bytes: &[u8]| {
        let folder = new.inside().join(name);
        storage::create_directory(&folder)?;
        storage::write(&folder.join(file_name(started)), bytes)
    };
    let mut without_weights = 0;
    for (run, network) in runs.iter().zip(&names) {
        let events = one::events(run)?;
        without_weights += usize::from(!run.directory.model().is_file());
        write(&format!("{network}/seed-{}", run.spec.seed), run.environment.started, &events)?;
    }
    let means = across::means(&runs, &names)?;
    for mean in &means {
        for (name, events) in &mean.curves {
            write(&format!("{}/{name}", mean.network), mean.started, events)?;
        }
    }
    let figures = one::figures(&plots)?;
    if let (Some(first), false) = (runs.first(), figures.is_empty()) {
        write("experiment", first.environment.started, &one::experiment(first, &figures))?;
    }
    new.finish()?;
    if !quiet {
        terminal::say(&told(out, runs.len(), means.len(), without_weights));
    }
    Ok(())
}

/// The message at the end: the written runs, and the command that shows them.
fn told(out: &Path, runs: usize, means: usize, without_weights: usize) -> String {
    let out = out.display();
    let count = |count, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let mut text = format!("{out}: {}", count(runs, "run", "runs"));
    if means > 0 {
        text += &format!(", {} over seeds", count(means, "mean", "means"));
    }
    if without_weights > 0 {
        text += &format!("; {without_weights} recorded without weights: no histograms");
    }
    text + &format!("\nto view: tensorboard --logdir {out}\n")
}
