//! What the benchmarks measure: engines, a plain dfdx loop and matrix products, each on procedural images.

pub mod plain_dfdx;

use std::time::Instant;

use datasets::{Images, glyphs};
use experiment::Experiment;
use experiment::catalogue::{Architecture, Engine as Name, Loss, PIXELS};
use experiment::spec::{Corruption, Model, Optimiser as Settings, Regularisation, Variational};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use rayon::prelude::*;
use training::batches::Batches;
use training::engine::{self, Engine, Learners, Task};
use training::optimiser::Learner;
use zoo::Objective;

/// Adam with the constants of its paper.
pub const ADAM: Settings = Settings::Adam { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/// The first glyphs.
pub fn images(count: usize) -> Images {
    let (pixels, labels): (Vec<_>, Vec<_>) = (0..count as u64).into_par_iter().map(glyphs::glyph).unzip();
    Images::new(pixels.into_flattened(), labels)
}

/// A network of the catalogue.
///
/// # Errors
/// When the catalogue has no such code size.
pub fn model(architecture: Architecture, code: usize) -> anyhow::Result<Model> {
    let text = format!(
        "question = \"How fast?\"\n[dataset]\nname = \"glyphs\"\n[model]\narchitecture = \"{architecture}\"\ncode = {code}\n\
         [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.001\n"
    );
    Ok(Experiment::parse("benches".as_ref(), text, &[])?.runs[0].model)
}

/// A training that can be carried on step by step: mean squared error, Adam.
pub struct Training<'a> {
    engine: Box<dyn Engine + Send>,
    data: Batches<'a>,
    batch_size: usize,
    learners: Learners,
    order: Vec<u32>,
    epoch: u32,
}

impl<'a> Training<'a> {
    /// A training from the start.
    ///
    /// # Errors
    /// When the catalogue lacks the model.
    pub fn new(
        images: &'a Images,
        model: Model,
        engine: Name,
        batch_size: usize,
        corruption: Option<Corruption>,
    ) -> anyhow::Result<Self> {
        let network = zoo::build(model)?;
        let network_parameters = network.layout().initial_parameters(0);
        let gaussian = model.architecture.has_gaussian_code();
        let task = Task {
            batch_size,
            objective: Objective { loss: Loss::Mse, code_l1: 0.0, divergence: 0.0 },
            regularisation: Regularisation::default(),
            tied: false,
            variational: gaussian.then_some(Variational { beta: 1.0, warm_up: 0 }),
            deception: 0.0,
            corrupted: corruption.is_some(),
            below: &[],
        };
        Ok(Self {
            engine: engine::build(engine, network, None, &task),
            data: Batches { images, drawn: false, corruption, weights: None, seed: 0 },
            batch_size,
            learners: Learners { network: Learner::new(network_parameters, ADAM), discriminator: None },
            order: Vec::new(),
            epoch: 0,
        })
    }

    /// One step, always on the same images.
    pub fn step(&mut self) -> f64 {
        let Self { engine, data, batch_size, learners, order, .. } = self;
        if order.is_empty() {
            data.shuffle(0, order);
        }
        engine.step(data, &order[..*batch_size], 0, learners, 1.0).loss
    }

    /// One epoch; its mean loss.
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

/// Seconds of each of some epochs, after one to warm up.
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

/// Floating point operations per second of large f32 matrix products, on every thread of the pool at once: the best of
/// several.
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

/// Floating point operations of the matrix products in one epoch: forward, back to all layers but the first, and to
/// every weight.
pub fn operations(model: Model, images: usize) -> f64 {
    let layers = model.architecture.layers(model.code).concat();
    let weights: usize = layers.iter().map(|(reads, writes)| reads * writes).sum();
    (images * 2 * (3 * weights - PIXELS * layers[0].1)) as f64
}
