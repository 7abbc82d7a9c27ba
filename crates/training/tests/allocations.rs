//! The fused engine owns all it needs before the first step.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::alloc::System;

use datasets::{Images, glyphs};
use experiment::Experiment;
use experiment::catalogue::{Engine, Loss};
use experiment::spec::{Corruption, Regularisation};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use training::batches::Batches;
use training::engine::{self, Task};
use training::optimiser::Optimiser;
use zoo::Objective;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const FILE: &str = "question = \"?\"\n[dataset]\nname = \"glyphs\"\n[model]\narchitecture = \"plain\"\ncode = 16\n\
                    [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.1\n";

#[test]
fn an_epoch_allocates_nothing() {
    let run = Experiment::parse("allocations.toml".as_ref(), FILE.to_owned(), &[]).unwrap().runs.remove(0);
    let (pixels, labels): (Vec<_>, Vec<_>) = (0..1000).map(glyphs::glyph).unzip();
    let images = Images::new(pixels.into_flattened(), labels);
    let corruption = Some(Corruption::Gaussian { sigma: 0.3 });
    let data = Batches { images: &images, corruption, weights: None, seed: 0 };
    let mut regularisation = Regularisation::default();
    regularisation.dropout = 0.2;
    let network = zoo::build(run.model).unwrap();
    let mut parameters = network.layout().initial_parameters(0);
    let mut optimiser = Optimiser::new(run.training.optimiser, parameters.len());
    let objective = Objective { loss: Loss::Bce, code_l1: 0.001, divergence: 0.0 };
    let task = Task { batch_size: 256, objective, regularisation, corrupted: true, below: &[] };
    let mut engine = engine::build(Engine::Fused, network, &task);
    let mut order = Vec::new();
    let mut epoch = |number| {
        data.shuffle(number, &mut order);
        for indices in order.chunks(256) {
            engine.step(&data, indices, number, &mut parameters, &mut optimiser, 1e-3);
        }
        engine.loss(&data, &order, &parameters)
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let allocations = pool.install(|| {
        // The first epochs fill what matrix products and the pool keep for each thread.
        (0..3).for_each(|number| {
            epoch(number);
        });
        let region = Region::new(ALLOCATOR);
        epoch(3);
        region.change()
    });
    assert_eq!((allocations.allocations, allocations.reallocations), (0, 0), "{allocations:?}");
}
