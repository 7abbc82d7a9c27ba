//! Parts of the benchmarks: trainings by each engine, a plain dfdx loop and matrix products, all on procedural images.
//!
//! - [`Training`] repeats steps or epochs of one training.
//! - [`plain_dfdx`] is the loop that a user of dfdx would write.
//! - [`matrix_product_peak`] and [`operations`] relate a training's time to the speed of the processor.
//! - `hourglass-bench` is the program that `cargo xtask bench peers` compares with other frameworks.
//!
//! ```
//! use benches::{Extra, Training, images, model};
//! use spec::catalogue::{Architecture, Engine};
//!
//! let (images, model) = (images(64), model(Architecture::Plain, 32)?);
//! let mut training = Training::new(&images, &model, Engine::Fused, 32, None, Extra::Plain)?;
//! let first = training.epoch();
//! assert!(training.epoch() < first);
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod plain_dfdx;

use std::time::Instant;

use clap::ValueEnum;
use datasets::{Rows, glyphs};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use networks::NETWORKS;
use random::Stream;
use rayon::prelude::*;
use spec::catalogue::{Architecture, Engine as Name, Loss};
use spec::{Corruption, Model, Optimiser as Settings, Regularisation, Variational};
use spec::{Experiment, Shape};
use training::batches::Batches;
use training::engine::{self, Engine, Learners, Setup};
use training::optimiser::Learner;
use zoo::Objective;

/// Adam with the constants of its paper.
pub const ADAM: Settings = Settings::Adam { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/// The first `count` glyphs of the embedded data set.
pub fn images(count: usize) -> Rows {
    let (pixels, labels): (Vec<_>, Vec<_>) = (0..count as u64).into_par_iter().map(glyphs::glyph).unzip();
    Rows::new(Shape::square(28), pixels.into_flattened(), labels)
}

/// A network by its name in the catalogue.
///
/// # Errors
/// When the catalogue does not allow this code size.
pub fn model(architecture: Architecture, code: usize) -> anyhow::Result<Model> {
    let text = format!(
        "question = \"How fast?\"\n[dataset]\nname = \"glyphs\"\n[model]\narchitecture = \"{architecture}\"\ncode = {code}\n\
         [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.001\n"
    );
    Ok(Experiment::parse("benches".as_ref(), text, &[])?.runs.remove(0).model)
}

/// Terms of the objective besides the mean squared error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Extra {
    /// No other term; for Gaussian codes, their divergence from the prior.
    Plain,
    /// An L1 penalty of the code.
    Sparse,
    /// A penalty of the encoder's Jacobian.
    Contractive,
    /// The adversarial term of a discriminator, which is trained at the same time.
    Adversarial,
}

/// A training that runs step by step, with mean squared error and Adam.
pub struct Training<'a> {
    engine: Box<dyn Engine + Send>,
    data: Batches<'a>,
    batch_size: usize,
    learners: Learners,
    order: Vec<u32>,
    epoch: u32,
}

impl<'a> Training<'a> {
    /// A training before its first step.
    ///
    /// # Errors
    /// When the network is not compiled into the program.
    pub fn new(
        images: &'a Rows,
        model: &Model,
        engine: Name,
        batch_size: usize,
        corruption: Option<Corruption>,
        extra: Extra,
    ) -> anyhow::Result<Self> {
        let network = NETWORKS.build(model)?;
        let network_parameters = network.layout().initial_parameters(0);
        let gaussian = model.network.has_gaussian_code();
        let mut regularisation = Regularisation::default();
        regularisation.contractive = if extra == Extra::Contractive { 1e-4 } else { 0.0 };
        let discriminator = (extra == Extra::Adversarial).then(|| NETWORKS.discriminator(model)).transpose()?;
        let judge = discriminator
            .as_ref()
            .map(|judge| Learner::new(judge.layout().initial_parameters_from(Stream::Discriminator, 0), ADAM));
        let setup = Setup {
            values: images.width(),
            batch_size,
            objective: Objective {
                loss: Loss::Mse,
                code_l1: if extra == Extra::Sparse { 3e-4 } else { 0.0 },
                divergence: 0.0,
            },
            regularisation,
            tied: false,
            frozen: false,
            variational: gaussian.then_some(Variational { beta: 1.0, warm_up: 0 }),
            deception: if discriminator.is_some() { 0.02 } else { 0.0 },
            corrupted: corruption.is_some(),
            classifies: false,
            below: &[],
        };
        Ok(Self {
            engine: engine::build(engine, network, discriminator, &setup),
            data: Batches { rows: images, drawn: false, corruption, levels: None, weights: None, seed: 0 },
            batch_size,
            learners: Learners { network: Learner::new(network_parameters, ADAM), discriminator: judge },
            order: Vec::new(),
            epoch: 0,
        })
    }

    /// Runs one step, always on the same images, and returns its loss.
    pub fn step(&mut self) -> f64 {
        let Self { engine, data, batch_size, learners, order, .. } = self;
        if order.is_empty() {
            data.shuffle(0, order);
        }
        engine.step(data, &order[..*batch_size], 0, learners, 1.0).loss
    }

    /// Runs one epoch and returns its mean loss.
    pub fn epoch(&mut self) -> f64 {
        let Self { engine, data, batch_size, learners, order, epoch } = self;
        data.shuffle(*epoch, order);
        let sum: f64 = order
            .chunks(*batch_size)
            .map(|indices| engine.step(data, indices, *epoch, learners, 1.0).loss * indices.len() as f64)
            .sum();
        *epoch += 1;
        sum / order.len() as f64
    }
}

/// Seconds of each of `epochs` epochs, after one epoch of warm-up.
pub fn seconds(epochs: usize, mut epoch: impl FnMut()) -> Vec<f64> {
    epoch();
    (0..epochs)
        .map(|_| {
            let started = Instant::now();
            epoch();
            started.elapsed().as_secs_f64()
        })
        .collect()
}

/// Floating-point operations per second of large f32 matrix products, on every thread of the pool at once: the best of
/// several measurements.
pub fn matrix_product_peak() -> f64 {
    const SIZE: usize = 1536;
    let threads = rayon::current_num_threads();
    let factor = Mat::<f32>::from_fn(SIZE, SIZE, |row, column| ((row * 31 + column * 17) % 13) as f32 * 0.1);
    let mut products = vec![Mat::<f32>::zeros(SIZE, SIZE); threads];
    let mut best = f64::MAX;
    for _ in 0..8 {
        let started = Instant::now();
        products.par_iter_mut().for_each(|product| {
            matmul(product.as_mut(), Accum::Replace, factor.as_ref(), factor.as_ref(), 1.0, Par::Seq);
        });
        best = best.min(started.elapsed().as_secs_f64());
    }
    (threads * 2 * SIZE.pow(3)) as f64 / best
}

/// Floating-point operations of the matrix products in one epoch: the forward pass, the gradients of all layers except the
/// first, and the gradients of every weight.
pub fn operations(model: &Model, images: usize) -> f64 {
    let form = model.network.form();
    let layers = form.layers().concat();
    // A recurrent network applies its layers once per step, except the two next to its code.
    let uses = |index: usize| if [2, 3].contains(&index) { 1 } else { form.passes() };
    let products: Vec<usize> =
        layers.iter().enumerate().map(|(index, (reads, writes))| uses(index) * reads * writes).collect();
    (images * 2 * (3 * products.iter().sum::<usize>() - products[0])) as f64
}
