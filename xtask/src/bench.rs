//! `cargo xtask bench`: runs the criterion benchmarks, and compares speed with PyTorch, JAX, scikit-learn and a plain
//! dfdx loop.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use system::{storage, terminal};

use crate::Failure;
use crate::programs::{self, cargo, output, run, workspace};

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Run the criterion benchmarks: steps, gathering and corruption, glyphs, PCA
    #[command(after_help = "Example:\n  cargo xtask bench criterion pca")]
    Criterion {
        /// Only benchmarks whose name contains this
        filter: Option<String>,
    },
    /// Measure training and PCA beside other frameworks in interleaved rounds, and print the medians as Markdown
    #[command(after_help = "Example:\n  cargo xtask bench peers plain --rounds 3")]
    Peers(Peers),
}

#[derive(Args)]
pub(crate) struct Peers {
    /// Only the training of cases whose name contains this, such as plain or recurrent
    filter: Option<String>,
    /// Python with the packages of benches/peers/requirements.txt
    /// [default: peers/bin/python in cargo's target folder]
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// Rounds; each measures everything once
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Images to train on
    #[arg(long, value_name = "N", default_value_t = 60_000, value_parser = clap::value_parser!(u32).range(1024..=60_000))]
    images: u32,
}

pub(crate) fn bench(command: &Bench) -> Result<(), Failure> {
    match command {
        Bench::Criterion { filter } => {
            let mut cargo = cargo()?;
            run(cargo.args(["bench", "--locked", "--package", "benches", "--"]).args(filter), "cargo bench")
        }
        Bench::Peers(arguments) => peers(arguments),
    }
}

/// A network and its training, which each contender repeats.
struct Case {
    network: &'static str,
    /// Terms of the loss besides the mean squared error; `plain` has none.
    objective: &'static str,
    code: &'static str,
    batch_size: &'static str,
    epochs: &'static str,
}

const CASES: [Case; 9] = [
    Case { network: "plain", objective: "plain", code: "32", batch_size: "256", epochs: "5" },
    Case { network: "plain", objective: "plain", code: "32", batch_size: "32", epochs: "3" },
    Case { network: "shallow", objective: "plain", code: "128", batch_size: "256", epochs: "4" },
    Case { network: "deep", objective: "plain", code: "30", batch_size: "256", epochs: "1" },
    Case { network: "shallow", objective: "sparse", code: "64", batch_size: "128", epochs: "3" },
    Case { network: "plain", objective: "contractive", code: "32", batch_size: "128", epochs: "3" },
    Case { network: "variational", objective: "plain", code: "32", batch_size: "128", epochs: "1" },
    Case { network: "wide", objective: "adversarial", code: "8", batch_size: "128", epochs: "1" },
    Case { network: "recurrent", objective: "plain", code: "32", batch_size: "128", epochs: "1" },
];

/// A program that trains the cases, and its threads. The first in the list is the reference for the others.
#[derive(Clone, Copy, PartialEq)]
struct Contender {
    name: &'static str,
    by: By,
    threads: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum By {
    /// The program `hourglass-bench`, with this `--by`.
    Us(&'static str),
    /// A script of `benches/peers`.
    Script(&'static str),
}

const CONTENDERS: [Contender; 7] = [
    Contender { name: "Hourglass", by: By::Us("fused"), threads: "2" },
    Contender { name: "Hourglass", by: By::Us("fused"), threads: "1" },
    Contender { name: "JAX", by: By::Script("jax_scan.py"), threads: "2" },
    Contender { name: "PyTorch", by: By::Script("pytorch.py"), threads: "2" },
    Contender { name: "PyTorch", by: By::Script("pytorch.py"), threads: "1" },
    Contender { name: "plain dfdx loop", by: By::Us("dfdx"), threads: "2" },
    Contender { name: "Hourglass, tape", by: By::Us("tape"), threads: "2" },
];

impl Case {
    /// Contenders that can train this case. The JAX script and the plain loop support only dense networks with the mean
    /// squared error; for other cases the tape replaces the loop.
    fn contenders(&self) -> Vec<Contender> {
        let dense = self.objective == "plain" && !["variational", "recurrent"].contains(&self.network);
        let knows = |contender: &Contender| match contender.by {
            By::Us("tape") => !dense,
            By::Us("dfdx") | By::Script("jax_scan.py") => dense,
            _ => true,
        };
        CONTENDERS.into_iter().filter(knows).collect()
    }

    fn name(&self) -> String {
        let objective = if self.objective == "plain" { String::new() } else { format!("{} ", self.objective) };
        format!("{objective}{} {}, {}", self.network, self.code, self.batch_size)
    }
}

/// Numbers of images at which the cost of an epoch is measured.
const SIZES: [&str; 4] = ["10000", "20000", "40000", "60000"];

fn peers(arguments: &Peers) -> Result<(), Failure> {
    let target = &workspace()?.target;
    // Two benchmarks at once would slow each other down.
    let _lock = storage::lock(&target.join("bench/.lock"))?;
    let python = arguments.python.clone().unwrap_or_else(|| target.join("peers/bin/python"));
    check_python(&python, &target.join("peers"))?;
    let [program] = programs::build([programs::BENCH], false)?;
    let images = target.join("bench-images");
    let count = arguments.images.to_string();
    run(Command::new(&program).arg("images").arg(&images).args(["--count", &count]), "hourglass-bench")?;
    let bench = Runner { program, python, images };

    let wanted = |case: &Case| arguments.filter.as_ref().is_none_or(|filter| case.name().contains(filter));
    let cases = || CASES.iter().enumerate().filter(|(_, case)| wanted(case));
    if cases().next().is_none() {
        return Err(Failure::Input(anyhow!(
            "no case has a name that contains `{}`",
            arguments.filter.as_deref().unwrap_or("")
        )));
    }
    let mut seconds: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut operations = BTreeMap::new();
    let mut peaks: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let mut drift = Vec::new();
    for round in 1..=arguments.rounds {
        for (index, case) in cases() {
            let contenders = case.contenders();
            for turn in 0..contenders.len() {
                let contender = contenders[(turn + usize::from(round)) % contenders.len()];
                let (rounds, name) = (arguments.rounds, case.name());
                terminal::tell(&format!("round {round} of {rounds}: {name} by {}", contender.name));
                if contender == CONTENDERS[0] {
                    // Measured just before the training, because the peak changes with the load of the machine.
                    let answer = bench.ask(bench.ours("2").arg("matmul"))?;
                    let peak = answer.operations_per_second;
                    peaks
                        .entry(index)
                        .or_default()
                        .push(peak.ok_or_else(|| failed("hourglass-bench printed no peak"))?);
                }
                let answer = bench.train(case, contender)?;
                seconds.entry(key(index, contender)).or_default().push(answer.median()?);
                operations.extend(answer.operations.map(|operations| (index, operations)));
            }
        }
        if arguments.filter.is_some() {
            continue;
        }
        for (name, by) in [("Hourglass", By::Us("pca")), ("scikit-learn", By::Script("sklearn_pca.py"))] {
            seconds.entry(format!("pca {name}")).or_default().push(bench.pca(by)?.median()?);
        }
        for size in SIZES.iter().filter(|size| size.parse().is_ok_and(|size: u32| size <= arguments.images)) {
            let answer = bench.plain(size, "9")?;
            seconds.entry(format!("size {size}")).or_default().push(answer.median()?);
        }
        let epochs = bench.plain(&count, "50")?.seconds;
        drift.push(median(&epochs[45..]) / median(&epochs[..5]));
    }
    let mut text = markdown(arguments, &seconds, &operations, &peaks);
    if !drift.is_empty() {
        let times = median(&drift);
        text += &format!("\nThe last five of 50 epochs take {times:.3} times as long as the first five.\n");
    }
    Ok(terminal::answer(&text)?)
}

fn key(case: usize, contender: Contender) -> String {
    format!("{case} {} {}", contender.name, contender.threads)
}

/// Checks that Python imports the packages; the error gives the commands that install them.
fn check_python(python: &Path, environment: &Path) -> Result<(), Failure> {
    let imports = Command::new(python).args(["-c", "import jax, numpy, sklearn, torch"]).stderr(Stdio::null()).status();
    if imports.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    Err(Failure::Input(anyhow!(
        "{} does not import jax, numpy, sklearn and torch; install them with\n  \
         python3 -m venv {environment} && {environment}/bin/pip install -r benches/peers/requirements.txt\n\
         or name a Python that has them by --python",
        python.display(),
        environment = environment.display()
    )))
}

/// Starts programs that print one JSON object.
struct Runner {
    program: PathBuf,
    python: PathBuf,
    images: PathBuf,
}

#[derive(serde::Deserialize)]
struct Answer {
    #[serde(default)]
    seconds: Vec<f64>,
    operations: Option<f64>,
    operations_per_second: Option<f64>,
}

impl Answer {
    fn median(&self) -> Result<f64, Failure> {
        if self.seconds.is_empty() { Err(failed("no times were measured")) } else { Ok(median(&self.seconds)) }
    }
}

impl Runner {
    fn ours(&self, threads: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--threads", threads]);
        command
    }

    fn script(&self, name: &str, threads: &str) -> Result<Command, Failure> {
        let mut command = Command::new(&self.python);
        let script = workspace()?.root.join("benches/peers").join(name);
        command.arg(script).arg(&self.images).args(["--threads", threads]);
        Ok(command)
    }

    fn train(&self, case: &Case, contender: Contender) -> Result<Answer, Failure> {
        let mut command = match contender.by {
            By::Us(by) => {
                let mut command = self.ours(contender.threads);
                command.arg("train").arg(&self.images).args(["--by", by]);
                command
            }
            By::Script(script) => self.script(script, contender.threads)?,
        };
        command.args(["--architecture", case.network, "--code", case.code, "--objective", case.objective]);
        command.args(["--batch-size", case.batch_size, "--epochs", case.epochs]);
        self.ask(&mut command)
    }

    fn pca(&self, by: By) -> Result<Answer, Failure> {
        match by {
            By::Us(command) => self.ask(self.ours("2").arg(command).arg(&self.images)),
            By::Script(script) => self.ask(self.script(script, "2")?.args(["--epochs", "5"])),
        }
    }

    /// Times of `epochs` epochs of `plain` on the first `count` images.
    fn plain(&self, count: &str, epochs: &str) -> Result<Answer, Failure> {
        let mut command = self.ours("2");
        command.arg("train").arg(&self.images).args(["--by", "fused", "--architecture", "plain", "--code", "32"]);
        let answer = self.ask(command.args(["--epochs", epochs, "--count", count]))?;
        match epochs.parse().is_ok_and(|epochs: usize| epochs == answer.seconds.len()) {
            true => Ok(answer),
            false => Err(failed("hourglass-bench did not run all epochs")),
        }
    }

    fn ask(&self, command: &mut Command) -> Result<Answer, Failure> {
        let program = command.get_program().to_string_lossy().into_owned();
        let bytes = output(command, &program)?;
        let answer = serde_json::from_slice(&bytes);
        answer.with_context(|| format!("{command:?} printed no answer")).map_err(Failure::Failed)
    }
}

fn failed(message: &'static str) -> Failure {
    Failure::Failed(anyhow!(message))
}

/// The median: the middle value, or the mean of the two middle values.
fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// Median over rounds of the ratio of `times` to `base` in the same round.
fn ratio(times: &[f64], base: &[f64]) -> f64 {
    median(&times.iter().zip(base).map(|(time, base)| time / base).collect::<Vec<_>>())
}

fn markdown(
    arguments: &Peers,
    seconds: &BTreeMap<String, Vec<f64>>,
    operations: &BTreeMap<usize, f64>,
    peaks: &BTreeMap<usize, Vec<f64>>,
) -> String {
    let images = f64::from(arguments.images);
    let mut text = format!(
        "Medians of {} interleaved rounds, {} images an epoch; matrix-product peak on 2 threads {:.0} GFLOP/s.\n\n\
         | network, batch | who | threads | seconds per epoch | images/s | Hourglass (2 threads) is | share of peak |\n\
         |---|---|---|---|---|---|---|\n",
        arguments.rounds,
        arguments.images,
        median(&peaks.values().flatten().copied().collect::<Vec<_>>()) / 1e9
    );
    for (index, case) in CASES.iter().enumerate() {
        let Some(base) = seconds.get(&key(index, CONTENDERS[0])) else { continue };
        for contender in case.contenders() {
            let times = &seconds[&key(index, contender)];
            let time = median(times);
            let share = match operations.get(&index) {
                Some(operations) if contender == CONTENDERS[0] => {
                    let seconds_at_peak: Vec<f64> = peaks[&index].iter().map(|peak| operations / peak).collect();
                    format!("{:.0} %", 100.0 * ratio(&seconds_at_peak, times))
                }
                _ => String::new(),
            };
            text += &format!(
                "| {} | {} | {} | {time:.3} | {:.0} | {:.2} times as fast | {share} |\n",
                case.name(),
                contender.name,
                contender.threads,
                images / time,
                ratio(times, base)
            );
        }
    }
    let (Some(ours), Some(theirs)) = (seconds.get("pca Hourglass"), seconds.get("pca scikit-learn")) else {
        return text;
    };
    text += &format!(
        "\nPCA, 32 components: Hourglass {:.3} s, scikit-learn `covariance_eigh` {:.3} s, {:.2} times as long.\n\n\
         | images | seconds per epoch of `plain` | microseconds per image |\n|---|---|---|\n",
        median(ours),
        median(theirs),
        ratio(theirs, ours)
    );
    for size in SIZES {
        if let (Some(times), Ok(images)) = (seconds.get(&format!("size {size}")), size.parse::<f64>()) {
            let time = median(times);
            text += &format!("| {size} | {time:.4} | {:.3} |\n", 1e6 * time / images);
        }
    }
    text
}
