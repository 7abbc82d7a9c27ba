//! `hourglass-bench`: the Hourglass side of a comparison with other frameworks. `cargo xtask bench peers` starts it.
//!
//! Each command prints one JSON object.

use std::path::{Path, PathBuf};

use anyhow::Context;
use benches::{Extra, Training, images, matrix_product_peak, model, operations, plain_dfdx, seconds};
use clap::{Args, Parser, Subcommand, ValueEnum};
use datasets::Rows;
use datasets::glyphs::PIXELS;
use evaluation::Pca;
use serde_json::json;
use spec::catalogue::{Architecture, Engine};
use system::terminal;

#[derive(Parser)]
struct Cli {
    /// Threads to use
    #[arg(long, global = true, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    threads: u16,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write procedural images as bytes, 784 each, for the other frameworks
    Images {
        path: PathBuf,
        #[arg(long, default_value_t = 60_000, value_parser = clap::value_parser!(u32).range(1..=60_000))]
        count: u32,
    },
    /// Train for some epochs after one epoch of warm-up, and print the seconds of each
    Train(Train),
    /// Print the floating-point operations per second of large matrix products
    Matmul,
    /// Fit PCA with 32 components to the images several times, after one fit of warm-up
    Pca {
        images: PathBuf,
        #[arg(long, default_value_t = 5)]
        times: usize,
    },
}

#[derive(Args)]
struct Train {
    /// File of images that `images` wrote
    images: PathBuf,
    #[arg(long, value_enum)]
    by: By,
    #[arg(long)]
    architecture: Architecture,
    #[arg(long)]
    code: usize,
    /// Term of the objective besides the mean squared error
    #[arg(long, value_enum, default_value = "plain")]
    objective: Extra,
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: u32,
    #[arg(long, default_value_t = 3)]
    epochs: usize,
    /// Use only the first images of the file
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    Fused,
    Tape,
    /// The loop that a user of dfdx would write
    Dfdx,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(cli.threads.into()).build()?;
    pool.install(|| run(cli.command))
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Images { path, count } => std::fs::write(&path, images(count as usize).bytes().unwrap_or_default())
            .with_context(|| path.display().to_string()),
        Command::Train(args) => train(&args),
        Command::Matmul => answer(&json!({ "operations_per_second": matrix_product_peak() })),
        Command::Pca { images, times } => {
            let images = read(&images, None)?;
            let mut failed = Ok(());
            let seconds = seconds(times, || {
                if let Err(error) = Pca::fit(&images, 32) {
                    failed = Err(error);
                }
            });
            failed?;
            answer(&json!({ "seconds": seconds }))
        }
    }
}

fn train(args: &Train) -> anyhow::Result<()> {
    let images = read(&args.images, args.count)?;
    let model = model(args.architecture, args.code)?;
    let batch_size = images.len().min(args.batch_size as usize);
    let by_engine = |engine| -> anyhow::Result<Vec<f64>> {
        let mut training = Training::new(&images, &model, engine, batch_size, None, args.objective)?;
        Ok(seconds(args.epochs, || {
            training.epoch();
        }))
    };
    let seconds = match args.by {
        By::Fused => by_engine(Engine::Fused)?,
        By::Tape => by_engine(Engine::Tape)?,
        By::Dfdx if args.objective != Extra::Plain => {
            anyhow::bail!("--by dfdx supports only --objective plain")
        }
        By::Dfdx => {
            let rows: Vec<f32> =
                images.bytes().unwrap_or_default().iter().map(|byte| f32::from(*byte) / 255.0).collect();
            match (args.architecture, args.code) {
                (Architecture::Plain, 32) => plain_dfdx::plain(&rows, batch_size, args.epochs)?,
                (Architecture::Shallow, 128) => plain_dfdx::shallow(&rows, batch_size, args.epochs)?,
                (Architecture::Deep, 30) => plain_dfdx::deep(&rows, batch_size, args.epochs)?,
                (architecture, code) => {
                    anyhow::bail!("--by dfdx supports plain 32, shallow 128 and deep 30, not {architecture} {code}")
                }
            }
        }
    };
    answer(&json!({ "seconds": seconds, "operations": operations(&model, images.len()) }))
}

/// Prints one JSON object.
fn answer(object: &serde_json::Value) -> anyhow::Result<()> {
    terminal::answer(&format!("{object}\n")).context("cannot write to standard output")
}

/// Reads a file of bytes, 784 for each image. The rows have no labels.
fn read(path: &Path, count: Option<u32>) -> anyhow::Result<Rows> {
    let mut pixels = std::fs::read(path).with_context(|| path.display().to_string())?;
    let images = count.map_or(pixels.len() / PIXELS, |count| count as usize);
    anyhow::ensure!(images > 0 && images * PIXELS <= pixels.len(), "{}: fewer than {images} images", path.display());
    pixels.truncate(images * PIXELS);
    Ok(Rows::new(spec::Shape::square(28), pixels, vec![0; images]))
}
