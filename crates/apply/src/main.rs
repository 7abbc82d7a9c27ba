//! `hourglass-apply`: encodes, reconstructs and scores new rows with the network of a recorded run. `cargo xtask apply` starts it.

mod onnx;
mod output;
mod rows;
mod threshold;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use clap::{Args, Parser, Subcommand};
use evaluation::metrics::squared_error;
use rayon::prelude::*;
use record::RunDirectory;
use spec::Run;
use system::terminal;
use zoo::{Kind, Matrix, Trainable};

use crate::onnx::Part;
use crate::output::{Numbers, Output, Scores};
use crate::rows::{Chunk, Form, Source};
use crate::threshold::Threshold;

#[derive(Parser)]
#[command(
    name = "hourglass-apply",
    version,
    about = "Applies the network of a recorded run to new rows",
    max_term_width = 100
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write codes
    Encode(OfRows),
    /// Write what the network makes of the rows
    Reconstruct(OfRows),
    /// Write errors, and the columns that they come from
    Score(OfRows),
    /// Write the network as files of ONNX
    Onnx {
        /// Folder of the run
        run: PathBuf,
        /// Folder to write into
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Print nothing but errors
        #[arg(long)]
        quiet: bool,
    },
}

#[derive(Args)]
struct OfRows {
    /// Folder of the run
    run: PathBuf,
    /// Folder of the raw form of the rows
    #[arg(long, value_name = "DIR")]
    rows: PathBuf,
    /// File to write: .csv or .npy
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Folder of the raw form of clean rows
    #[arg(long, value_name = "DIR")]
    clean: Option<PathBuf>,
    /// Share of clean rows that may be flagged
    #[arg(long, value_name = "SHARE", default_value_t = 0.01)]
    false_alarms: f64,
    /// Threads to use; the results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Codes,
    Reconstructions,
    Scores,
}

fn main() -> ExitCode {
    let done = match &Arguments::parse().command {
        Command::Encode(arguments) => apply(What::Codes, arguments),
        Command::Reconstruct(arguments) => apply(What::Reconstructions, arguments),
        Command::Score(arguments) => apply(What::Scores, arguments),
        Command::Onnx { run, out, quiet } => export(run, out, *quiet),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::tell(&format!("error: {}", terminal::one_line(&format!("{error:#}"))));
            let is_of_the_machine = error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some());
            ExitCode::from(if is_of_the_machine { 1 } else { 2 })
        }
    }
}

/// The run of a folder, its network, and what that was trained on.
fn load(folder: &Path) -> Result<(Run, Box<dyn Trainable>, Form), anyhow::Error> {
    let directory = RunDirectory::at(folder);
    let run = record::read_run(&directory.experiment())?;
    let network = evaluation::load_network(&run, networks::NETWORKS, &directory)?;
    let form = Form::of(&run, &directory)?;
    Ok((run, network, form))
}

fn export(folder: &Path, out: &Path, quiet: bool) -> Result<(), anyhow::Error> {
    let (run, network, form) = load(folder)?;
    if form.is_of_texts() {
        bail!("{}: ONNX cannot count words; a network of texts is not exported", folder.display());
    }
    if out.exists() {
        bail!("{} is there already; choose another name", out.display());
    }
    let has_decoder = !matches!(network.kind(), Kind::Dense(plan) if plan.is_residual);
    let parts = [("autoencoder", Part::Whole), ("encoder", Part::Encoder), ("decoder", Part::Decoder)];
    let parts = parts.into_iter().filter(|(_, part)| has_decoder || *part != Part::Decoder);
    let files = parts.map(|(name, part)| Ok((name, onnx::bytes(&run, network.as_ref(), &form, part)?)));
    let files = files.collect::<Result<Vec<_>, anyhow::Error>>()?;
    // All of them or none.
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = system::storage::temporary_folder(parent, ".onnx")?;
    for (name, bytes) in &files {
        system::storage::write(&folder.path().join(format!("{name}.onnx")), bytes)?;
    }
    system::storage::rename(folder.path(), out)?;
    if !quiet {
        let names = files.iter().map(|(name, _)| format!("{name}.onnx")).collect::<Vec<_>>().join(", ");
        terminal::say(&format!("{}: {names}\n", out.display()));
    }
    Ok(())
}

fn apply(what: What, arguments: &OfRows) -> Result<(), anyhow::Error> {
    if let Some(threads) = arguments.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global()?;
    }
    let (_, network, form) = load(&arguments.run)?;
    let reconstruct = |rows: &Matrix| network.reconstruct(rows);
    let threshold = match &arguments.clean {
        None => None,
        Some(folder) => {
            let mut errors = Vec::new();
            each(Source::open(folder, &form)?, reconstruct, |_, block| {
                errors.extend(block.errors());
                Ok(())
            })?;
            Some(
                Threshold::of(errors, arguments.false_alarms)
                    .map_err(|message| anyhow!("--false-alarms: {message}"))?,
            )
        }
    };
    let source = Source::open(&arguments.rows, &form)?;
    let count = source.count();
    let out = &arguments.out;
    let mut output: Box<dyn Output> = match what {
        What::Codes => Box::new(Numbers::codes(out, count, network.code_size())?),
        What::Reconstructions => Box::new(Numbers::reconstructions(out, count, &form)?),
        What::Scores => Box::new(Scores::create(out, &form, threshold.as_ref())?),
    };
    match what {
        What::Codes => each(source, |rows| network.encode(rows), |chunk, block| output.add(chunk, block))?,
        // Not decoded codes: a network may add its input to its output.
        What::Reconstructions | What::Scores => each(source, reconstruct, |chunk, block| output.add(chunk, block))?,
    }
    let told = output.finish()?;
    if !arguments.quiet {
        if let Some(threshold) = &threshold {
            terminal::say(&format!("{threshold}\n"));
        }
        terminal::say(&format!("{}: {count} rows{told}\n", out.display()));
    }
    Ok(())
}

/// Rows that are computed at once by one thread: those of the evaluation, so that the results are the same to the last bit.
const BLOCK: usize = 256;

/// Some rows of a chunk, and what the network makes of them.
struct Block {
    /// The first of them in the chunk.
    first: usize,
    /// As the network reads them, (rows, values).
    rows: Matrix,
    /// Codes, (rows, units), or reconstructions, (rows, values).
    results: Matrix,
}

impl Block {
    /// Mean squared error per value of each row, whose results are reconstructions.
    fn errors(&self) -> impl Iterator<Item = f64> {
        let width = self.rows.columns() as f64;
        (0..self.rows.rows()).map(move |row| squared_error(self.rows.row(row), self.results.row(row)) / width)
    }
}

/// Hands over all rows block by block, in order; several are computed at the same time.
fn each(
    mut source: Source,
    compute: impl Fn(&Matrix) -> Matrix + Sync,
    mut take: impl FnMut(&Chunk, &Block) -> Result<(), anyhow::Error>,
) -> Result<(), anyhow::Error> {
    while let Some(chunk) = source.next(BLOCK)? {
        let firsts: Vec<usize> = (0..chunk.len()).step_by(BLOCK).collect();
        let blocks: Vec<Block> = firsts
            .into_par_iter()
            .map(|first| {
                let rows = chunk.matrix(first..chunk.len().min(first + BLOCK));
                let results = compute(&rows);
                Block { first, rows, results }
            })
            .collect();
        for block in &blocks {
            if let Some(row) =
                (0..block.results.rows()).find(|row| block.results.row(*row).iter().any(|it| !it.is_finite()))
            {
                bail!("row {}: the network gives values that are not finite", chunk.id(block.first + row));
            }
            take(&chunk, block)?;
        }
    }
    Ok(())
}
