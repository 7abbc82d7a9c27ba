//! Estimates the time of a run from its spec: training, then evaluation, on two processor cores of 2024.
//!
//! Costs are counts of operations and of values, each with a constant. The constants are fitted to recorded and
//! measured times; docs/command-line.md lists the estimated and the measured time of each experiment.

use spec::catalogue::{Baseline, Engine, Task};
use spec::{Run, Stage};

/// Seconds per operation of matrix products: 6 for each weight and training row.
const PRODUCT: f64 = 3e-12;
/// Seconds per operation of matrix products in networks that read a row step by step.
const RECURRENT_PRODUCT: f64 = 5e-12;
/// Seconds per weight and step, for the optimiser.
const UPDATE: f64 = 4.6e-10;
/// Seconds per unit and row, for biases and activations.
const UNIT: f64 = 1.3e-10;
/// Seconds per training step, besides the costs above.
const STEP: f64 = 1e-5;
/// Seconds per corrupted value.
const NOISE: f64 = 2.4e-9;
/// Time of the tape engine divided by the time of the fused engine.
const TAPE: f64 = 10.0;
/// Seconds that a program takes to start.
const START: f64 = 0.08;
const LOAD: f64 = 6e-9;

/// Seconds of the training of a run without early stopping.
pub(crate) fn training(run: &Run) -> f64 {
    let slower = if run.training.engine == Engine::Tape { TAPE } else { 1.0 };
    let stages: f64 = run.stages().iter().map(|of| stage(run, of)).sum();
    START + LOAD * values(run) + slower * stages
}

fn stage(run: &Run, stage: &Stage) -> f64 {
    let (weights, passes) = (stage.parameter_count() as f64, stage.passes() as f64);
    let (rows, held_out) = (stage.train as f64, run.dataset.validation as f64);
    let steps = stage.train.div_ceil(run.training.batch_size) as f64;
    let [encoder, decoder] = stage.form.layers();
    let reads = encoder.first().map_or(0, |(reads, _)| *reads) as f64;
    let units: f64 = encoder.iter().chain(&decoder).map(|(_, writes)| *writes as f64).sum();
    let product = if stage.passes() > 1 { RECURRENT_PRODUCT } else { PRODUCT };
    let noise = if run.corruption.is_some() { NOISE * (rows + held_out) * reads * passes } else { 0.0 };
    let epoch = product * passes * weights * (6.0 * rows + 2.0 * held_out)
        + UPDATE * weights * steps
        + UNIT * passes * rows * (units + reads)
        + STEP * steps
        + noise;
    stage.epochs as f64 * epoch
}

/// Number of values in all rows of a run.
fn values(run: &Run) -> f64 {
    rows(run) * run.dataset.shape.values() as f64
}

fn rows(run: &Run) -> f64 {
    (run.dataset.train + run.dataset.validation + run.dataset.test) as f64
}

/// Seconds per value and subject, for errors and structural similarity.
const ERROR: f64 = 9e-9;
/// Seconds per operation of a network that only reconstructs: 2 for each weight and row.
const FORWARD: f64 = 1e-11;
const RECURRENT_FORWARD: f64 = 3.3e-11;
/// Seconds per test row, training row and value, for tasks that measure distances between rows.
const PAIR: f64 = 2.6e-11;
/// Seconds per figure.
const FIGURE: f64 = 0.06;

/// Seconds of the evaluation of a run.
pub(crate) fn evaluation(run: &Run) -> f64 {
    let Run { dataset, evaluation, model, .. } = run;
    let (train, test) = (dataset.train as f64, dataset.test as f64);
    let width = dataset.shape.values() as f64;
    // The network and clipped PCA, the baselines, and the noisy input.
    let subjects = (2 + evaluation.baselines.len() + usize::from(run.corruption.is_some())) as f64;
    let form = model.network.form();
    let forward = if form.passes() > 1 { RECURRENT_FORWARD } else { FORWARD };
    let reconstruction = 2.0 * forward * (form.parameter_count() * form.passes()) as f64;
    let filters = evaluation.baselines.iter().map(|baseline| filter(*baseline)).sum::<f64>();
    let of_row = width * (ERROR * subjects + filters) + reconstruction;
    let levels = evaluation.corruption_levels.len() as f64
        * test
        * (width * (0.2 * ERROR * subjects + filters) + reconstruction);
    let fits: f64 = evaluation.baselines.iter().map(|baseline| fit(*baseline, train, width)).sum();
    let tasks: f64 = evaluation.tasks.iter().map(|of| task(*of, run, of_row)).sum();
    START
        + LOAD * values(run)
        + fits
        + rows(run) * of_row
        + levels
        + 0.05
        + tasks
        + FIGURE * evaluation.plots.len() as f64
}

/// Seconds to fit a baseline to `rows` rows of `width` values.
fn fit(baseline: Baseline, rows: f64, width: f64) -> f64 {
    let smaller = rows.min(width);
    match baseline {
        Baseline::Pca => 5e-12 * rows * width * smaller + 1e-10 * smaller.powi(3),
        Baseline::LinearDenoiser | Baseline::Wiener => 4e-11 * rows * width * smaller + 3.1e-9 * smaller.powi(3),
        _ => 1e-9 * rows * width,
    }
}

/// Seconds per value of a baseline that filters the neighbourhood of each pixel; 0 for the others.
fn filter(baseline: Baseline) -> f64 {
    match baseline {
        Baseline::NonLocalMeans => 7e-8,
        Baseline::MedianFilter => 2e-8,
        _ => 0.0,
    }
}

/// Seconds of a task; `of_row` is the time in seconds for the errors of one row.
fn task(task: Task, run: &Run, of_row: f64) -> f64 {
    let (train, test, rows) = (run.dataset.train as f64, run.dataset.test as f64, rows(run));
    let (width, code) = (run.dataset.shape.values() as f64, run.model.code() as f64);
    match task {
        Task::Anomaly => PAIR * train * test * width,
        Task::Neighbours => 2.1 * PAIR * train * test * width,
        Task::Robustness | Task::NoiseLevels => test * of_row,
        Task::Factors => 3.5e-7 * rows * code,
        Task::Likelihood => 3e-4 * train + 1.8e-3 * test,
        Task::Clustering => 5.0 + 3e-5 * train,
        Task::Compression => 2.3e-4 * train,
        Task::Classification => 8.0 + 4e-4 * train,
        Task::Generation => 7.0 + 3e-4 * train,
        Task::Faults => 1.5e-4 * test,
        Task::Activity | Task::Components | Task::Generalisation => 3e-6 * rows,
        _ => 0.12,
    }
}

/// Seconds of the summary of an experiment with its figures and its page.
pub(crate) fn summary<'r>(runs: impl Iterator<Item = &'r Run>) -> f64 {
    0.5 + 0.02 * runs.count() as f64
}
