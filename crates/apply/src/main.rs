//! `hourglass-apply`: applies the network of a recorded run to new rows. `cargo xtask apply` and `cargo xtask export` start
//! it.
//!
//! The program reads rows in the raw form of `spec::raw`, block by block and in bounded memory. It writes one of these:
//!
//! - codes (`encode`), reconstructions (`reconstruct`) or anomaly scores (`score`) of rows,
//! - new rows (`sample`),
//! - codes as a small file (`compress`), and the rows of such a file (`decompress`),
//! - the network for other programs (`onnx`, `pytorch`).
//!
//! A user starts it through `cargo xtask`, which brings the rows into the raw form first:
//!
//! ```text
//! cargo xtask apply models/machine score models/readings.csv --out scores.csv
//! cargo xtask export models/machine onnx --out machine-onnx
//! ```

mod blocks;
mod onnx;
mod output;
mod packed;
mod pictures;
mod pytorch;
mod rows;
mod scores;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use evaluation::{Mixture, NewRows};
use random::Stream;
use record::RunDirectory;
use spec::Run;
use system::storage::NewFolder;
use system::{storage, terminal};
use zoo::{Autoencoder, Kind, Matrix, Trainable};

use crate::blocks::{each, of_codes};
use crate::onnx::Part;
use crate::output::Results;
use crate::rows::{Form, Source, rows_at_once};

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
    Encode {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        rows: OfRows,
    },
    /// Write reconstructions of rows
    Reconstruct {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        rows: OfRows,
        /// Round each unit of the code to one of 2^N levels
        #[arg(long, value_name = "N")]
        bits: Option<u32>,
    },
    /// Write the error of each row, and the column that it comes from
    Score {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        rows: OfRows,
        #[command(flatten)]
        wanted: scores::Wanted,
    },
    /// Write new rows
    Sample {
        #[command(flatten)]
        common: Common,
        /// Folder of the raw form of rows whose codes the new rows imitate
        #[arg(long, value_name = "DIR")]
        rows: Option<PathBuf>,
        /// Number of rows
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
        count: u32,
        /// Seed of the random numbers
        #[arg(long, value_name = "N", default_value_t = 0)]
        seed: u64,
    },
    /// Write codes of rows as a small file
    Compress {
        #[command(flatten)]
        common: Common,
        /// Folder of the raw form of the rows
        #[arg(long, value_name = "DIR")]
        rows: PathBuf,
        /// Round each unit of the code to one of 2^N levels
        #[arg(long, value_name = "N", default_value_t = 6)]
        bits: u32,
    },
    /// Write the rows of a compressed file
    Decompress {
        #[command(flatten)]
        common: Common,
        /// File that `compress` wrote
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Write the network as files of ONNX
    Onnx {
        #[command(flatten)]
        common: Common,
    },
    /// Write the network as a Python file for PyTorch, with its weights
    Pytorch {
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Args)]
struct Common {
    /// Folder of the run
    run: PathBuf,
    /// File to write; a folder for `onnx`
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Threads to use; the results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

#[derive(Args)]
struct OfRows {
    /// Folder of the raw form of the rows
    #[arg(long, value_name = "DIR")]
    rows: PathBuf,
    /// Subject that computes
    #[arg(long, value_enum, default_value_t = By::Autoencoder)]
    by: By,
    /// Folder of the data set that the run was trained on
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Folder of the raw form of the data that the run was trained on
    #[arg(long, value_name = "DIR")]
    unpacked: Option<PathBuf>,
}

/// Subject that computes the results.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum By {
    /// The network.
    Autoencoder,
    /// PCA with as many components as the code has units.
    Pca,
    /// Distance to the 10th nearest training row.
    KthNeighbour,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::tell(&format!("error: {}", terminal::one_line(&format!("{error:#}"))));
            let is_of_the_machine = error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some());
            ExitCode::from(if is_of_the_machine { 1 } else { 2 })
        }
    }
}

fn run(command: &Command) -> Result<(), anyhow::Error> {
    match command {
        Command::Encode { common, rows } => {
            let used = Used::load(common)?;
            let model = used.model(rows.by)?;
            let output = |count| Results::codes(&common.out, count, model.code_size());
            used.write(&rows.rows, output, |rows| model.encode(rows))
        }
        Command::Reconstruct { common, rows, bits } => {
            let used = Used::load(common)?;
            let model = used.model(rows.by)?;
            let codec = bits.map(|bits| used.codec(bits)).transpose()?;
            let output = |count| Results::reconstructions(&common.out, count, &used.form);
            used.write(&rows.rows, output, |rows| match &codec {
                // Decoded codes are not used here: a residual network adds its input to its output.
                None => model.reconstruct(rows),
                Some(codec) => model.decode(&codec.quantised(&model.encode(rows))),
            })
        }
        Command::Score { common, rows, wanted } => scores::write(&Used::load(common)?, rows, wanted),
        Command::Sample { common, rows, count, seed } => {
            sample(&Used::load(common)?, rows.as_deref(), *count as usize, *seed)
        }
        Command::Compress { common, rows, bits } => packed::compress(&Used::load(common)?, rows, *bits),
        Command::Decompress { common, file } => packed::decompress(&Used::load(common)?, file),
        Command::Onnx { common } => export(&Used::load(common)?, Format::Onnx),
        Command::Pytorch { common } => export(&Used::load(common)?, Format::Pytorch),
    }
}

/// Number of components of the mixture that is fitted to codes.
const COMPONENTS: usize = 10;
/// Greatest number of codes that the mixture is fitted to.
const FITTED: usize = 10_000;

/// A recorded run, loaded for use.
struct Used<'a> {
    common: &'a Common,
    run: Run,
    directory: RunDirectory,
    network: Box<dyn Trainable>,
    form: Form,
    new_rows: Option<NewRows>,
}

impl<'a> Used<'a> {
    fn load(common: &'a Common) -> Result<Self, anyhow::Error> {
        if let Some(threads) = common.threads {
            rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global()?;
        }
        let directory = RunDirectory::at(&common.run);
        let run = record::read_run(&directory.experiment())?;
        let network = evaluation::load_network(&run, networks::NETWORKS, &directory)?;
        let form = Form::of(&run, &directory)?;
        let path = directory.apply();
        let new_rows = path.is_file().then(|| NewRows::read(&path, network.as_ref(), form.shape)).transpose()?;
        Ok(Self { common, run, directory, network, form, new_rows })
    }

    /// Data of the run for new rows.
    fn new_rows(&self) -> Result<&NewRows, anyhow::Error> {
        self.new_rows.as_ref().ok_or_else(|| {
            anyhow!(
                "{}: no such file: an earlier version of Hourglass made this record; run the experiment again",
                self.directory.apply().display()
            )
        })
    }

    fn model(&self, by: By) -> Result<&dyn Autoencoder, anyhow::Error> {
        match by {
            By::Autoencoder => Ok(self.network.as_ref()),
            By::Pca => match &self.new_rows()?.pca {
                Some(pca) => Ok(pca),
                None => bail!("--by pca: `pca` is not among the run's evaluation.baselines; choose --by autoencoder"),
            },
            By::KthNeighbour => bail!("--by kth_neighbour: distances have no codes and no reconstructions"),
        }
    }

    /// The quantiser of codes with `bits` bits for each unit.
    fn codec(&self, bits: u32) -> Result<evaluation::Codec, anyhow::Error> {
        if !self.has_decoder() {
            bail!("this residual network adds its input to its output, so its codes alone do not give rows");
        }
        let most = evaluation::MOST_BITS;
        if !(1..=most).contains(&bits) {
            bail!("--bits {bits}: expected 1 to {most}");
        }
        self.new_rows()?.codec.coarser(most - bits).map_err(|message| anyhow!("the entropy coder: {message}"))
    }

    /// True if codes alone determine rows.
    fn has_decoder(&self) -> bool {
        !matches!(self.network.kind(), Kind::Dense(plan) if plan.is_residual)
    }

    /// Writes the results of `compute` for the rows of a folder. `output` creates the output for a number of rows.
    fn write<'f>(
        &self,
        folder: &Path,
        output: impl FnOnce(usize) -> Result<Results<'f>, anyhow::Error>,
        compute: impl Fn(&Matrix) -> Matrix + Sync,
    ) -> Result<(), anyhow::Error> {
        let source = Source::open(folder, &self.form, self.common.quiet)?;
        let count = source.count();
        let mut output = output(count)?;
        let (format, file) = output.parts();
        each(source, compute, |block| format.bytes(block), |bytes| file.write(&bytes))?;
        output.finish()?;
        self.tell_rows(count, "");
        Ok(())
    }

    /// Prints the file and the number of rows that were written.
    fn tell_rows(&self, count: usize, more: &str) {
        let rows = if count == 1 { "row" } else { "rows" };
        self.tell(&format!("{}: {count} {rows}{more}", self.common.out.display()));
    }

    fn tell(&self, line: &str) {
        if !self.common.quiet {
            terminal::say(&format!("{line}\n"));
        }
    }
}

/// Decodes sampled codes. They come from the prior of a variational or adversarial network. If `like` names a folder, they
/// come from a mixture of normal distributions fitted to the codes of its rows.
fn sample(used: &Used<'_>, like: Option<&Path>, count: usize, seed: u64) -> Result<(), anyhow::Error> {
    if !used.has_decoder() {
        bail!("this residual network adds its input to its output, so codes alone do not give rows");
    }
    let network = used.network.as_ref();
    let (units, width) = (network.code_size(), used.form.shape.values());
    let mut generator = Stream::Samples.generator(seed, 0);
    let mixture = match like {
        Some(folder) => Some(Mixture::fit(&some_codes(used, folder)?, COMPONENTS, &mut generator)),
        None => {
            let has_prior = matches!(network.kind(), Kind::Gaussian(..)) || used.run.training.adversarial.is_some();
            if !has_prior {
                bail!(
                    "the codes of this network follow no known distribution; add DATA, rows whose codes the new rows imitate"
                );
            }
            None
        }
    };
    let mut output = Results::reconstructions(&used.common.out, count, &used.form)?;
    let (format, file) = output.parts();
    let most = rows_at_once(units, 1);
    for first in (0..count).step_by(most) {
        let rows = most.min(count - first);
        let codes = match &mixture {
            Some(mixture) => mixture.draw(rows, &mut generator),
            None => {
                let mut codes = Matrix::zeros(rows, units);
                random::normals(&mut generator, codes.values_mut());
                codes
            }
        };
        let decode = |codes: &Matrix| network.decode(codes);
        of_codes(&codes, (first, width), decode, |block| format.bytes(block), |bytes| file.write(&bytes))?;
    }
    output.finish()?;
    used.tell_rows(count, "");
    Ok(())
}

/// Codes of evenly spaced rows of a folder, at most as many as a mixture is fitted to.
fn some_codes(used: &Used<'_>, folder: &Path) -> Result<Matrix, anyhow::Error> {
    let source = Source::open(folder, &used.form, used.common.quiet)?;
    let every = source.count().div_ceil(FITTED).max(1);
    let mut values = Vec::new();
    each(
        source,
        |rows| used.network.encode(rows),
        |block| {
            let of_those = (0..block.results.rows()).filter(|row| (block.number() + row).is_multiple_of(every));
            Ok(of_those.flat_map(|row| block.results.row(row)).copied().collect::<Vec<f32>>())
        },
        |codes| {
            values.extend_from_slice(&codes);
            Ok(())
        },
    )?;
    let units = used.network.code_size();
    Ok(Matrix::new(values.len() / units, units, values))
}

/// File formats of other programs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Onnx,
    Pytorch,
}

/// Writes the network in the format of another program.
fn export(used: &Used<'_>, format: Format) -> Result<(), anyhow::Error> {
    let out = &used.common.out;
    if out.exists() {
        bail!("{} is there already; choose another name", out.display());
    }
    let network = used.network.as_ref();
    let mut files = Vec::new();
    match format {
        Format::Onnx => {
            let parts = [("autoencoder", Part::Whole), ("encoder", Part::Encoder), ("decoder", Part::Decoder)];
            for (name, part) in parts.into_iter().filter(|(_, part)| used.has_decoder() || *part != Part::Decoder) {
                files.push((format!("{name}.onnx"), onnx::bytes(&used.run, network, &used.form, part)?));
            }
        }
        Format::Pytorch => {
            let text = pytorch::text(&used.run, network, &used.form)?;
            files.push(("autoencoder.py".to_owned(), text.into_bytes()));
            files.push(("model.safetensors".to_owned(), storage::read(&used.directory.model())?));
        }
    }
    // The folder appears with all its files or not at all.
    let folder = NewFolder::create(out)?;
    for (name, bytes) in &files {
        storage::write(&folder.inside().join(name), bytes)?;
    }
    folder.finish()?;
    let names = files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    used.tell(&format!("{}: {names}", out.display()));
    Ok(())
}
