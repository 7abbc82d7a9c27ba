//! The fused engine allocates all memory before its first step.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use networks::NETWORKS;
use std::alloc::System;

use datasets::{Rows, glyphs};
use random::Stream;
use spec::Experiment;
use spec::catalogue::{Architecture, Engine, Loss};
use spec::{Corruption, Regularisation, Shape, Variational};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use training::batches::Batches;
use training::engine::{self, Learners, Setup};
use training::optimiser::Learner;
use zoo::Objective;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const FILE: &str = "question = \"?\"\n[dataset]\nname = \"glyphs\"\n[model]\narchitecture = \"ARCHITECTURE\"\ncode = 16\n\
                    [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n[training.adam]\nlearning_rate = 1e-3\n";

/// Allocations of one epoch and of its validation, after three epochs of warm-up.
fn allocations(architecture: Architecture, classifies: bool) -> [usize; 2] {
    let file = FILE.replace("ARCHITECTURE", architecture.name());
    let run = Experiment::parse("allocations.toml".as_ref(), file, &[]).unwrap().runs.remove(0);
    let (pixels, labels): (Vec<_>, Vec<_>) = (0..1000).map(glyphs::glyph).unzip();
    let images = Rows::new(Shape::square(28), pixels.into_flattened(), labels);
    let corruption = Some(Corruption::Gaussian { sigma: 0.3 });
    let data = Batches { rows: &images, drawn: true, corruption, levels: None, weights: None, seed: 0 };
    let gaussian = run.model.network.has_gaussian_code();
    let mirrored = run.model.network.is_mirrored() && !classifies;
    let mut regularisation = Regularisation::default();
    regularisation.dropout = if gaussian || classifies { 0.2 } else { 0.0 };
    regularisation.contractive = if mirrored { 0.01 } else { 0.0 };
    let setup = Setup {
        values: run.dataset.shape.values(),
        batch_size: 256,
        objective: Objective {
            loss: Loss::Bce,
            code_l1: if gaussian || classifies { 0.0 } else { 0.001 },
            divergence: 0.0,
        },
        regularisation,
        tied: mirrored,
        frozen: false,
        variational: gaussian.then_some(Variational { beta: 1.0, warm_up: 2 }),
        deception: if mirrored { 0.1 } else { 0.0 },
        corrupted: true,
        classifies,
        below: &[],
    };
    let network = if classifies { NETWORKS.classifier(&run.model, 10) } else { NETWORKS.build(&run.model) }.unwrap();
    let discriminator = mirrored.then(|| NETWORKS.discriminator(&run.model).unwrap());
    let optimiser = run.training.optimiser;
    let judge = discriminator.as_ref().map(|judge| judge.layout().initial_parameters_from(Stream::Discriminator, 0));
    let mut learners = Learners {
        network: Learner::new(network.layout().initial_parameters(0), optimiser),
        discriminator: judge.map(|parameters| Learner::new(parameters, optimiser)),
    };
    let mut engine = engine::build(Engine::Fused, network, discriminator, &setup);
    let mut order = Vec::new();
    let mut losses = vec![0.0; images.len()];
    let mut epoch = |number| {
        data.shuffle(number, &mut order);
        for indices in order.chunks(256) {
            engine.step(&data, indices, number, &mut learners, 1.0);
        }
        engine.image_losses(&data, &order, &learners.network.parameters, &mut losses);
        engine.loss(&data, &order, &learners.network.parameters)
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let change = pool.install(|| {
        // In the first epochs, matrix products and the thread pool allocate buffers for each thread.
        (0..3).for_each(|number| {
            epoch(number);
        });
        let region = Region::new(ALLOCATOR);
        epoch(3);
        region.change()
    });
    [change.allocations, change.reallocations]
}

#[test]
fn epochs_and_validation_allocate_nothing_after_warm_up() {
    for architecture in [Architecture::Plain, Architecture::Variational, Architecture::Recurrent] {
        assert_eq!(allocations(architecture, false), [0, 0], "{architecture}");
    }
    assert_eq!(allocations(Architecture::Deep, true), [0, 0], "classifier");
}
