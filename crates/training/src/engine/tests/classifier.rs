//! Tests of classifiers, the encoder with a softmax layer on its code, on both engines.

use spec::Optimiser as Settings;
use spec::catalogue::{Architecture, Loss};
use zoo::{Plan, Trainable};

use super::differences::{check_finite_differences, images_clear_of_kinks};
use super::{Case, EPOCH, Engine, NETWORKS, assert_close, distance, images, model, of};

fn mirrored() -> impl Iterator<Item = Architecture> {
    Architecture::ALL.iter().copied().filter(|architecture| of(*architecture).is_mirrored())
}

fn classifier(architecture: Architecture) -> (Box<dyn Trainable>, Plan) {
    let network = NETWORKS.classifier(&model(architecture), 10).unwrap();
    let plan = network.kind().plan().unwrap();
    (network, plan)
}

/// The options that a classifier can be trained with.
fn cases(architecture: Architecture, batch: usize) -> Vec<Case> {
    let base = Case { classifies: true, ..Case::plain(batch, Loss::Mse) };
    let weighted = Case { weighted: true, ..base.clone() };
    let dropout = Case { dropout: 0.3, weighted: true, ..base.clone() };
    if of(architecture).hidden.is_empty() { vec![base, weighted] } else { vec![base, weighted, dropout] }
}

#[test]
fn gradients_of_fused_match_the_tape() {
    for architecture in mirrored() {
        let (_, plan) = classifier(architecture);
        for case in cases(architecture, 37) {
            let what = format!("{architecture} {case:?}");
            let images = images_clear_of_kinks(&plan, &case, 0, 3e-6).unwrap();
            let weights = case.weights();
            let (data, indices) = (case.data(&images, weights.as_deref()), case.indices());
            let parameters = super::parameters(&plan.layout);
            let (losses, [found, _]) = case.fused(&plan).gradient(&data, &indices, EPOCH, &parameters, None);
            let mut tape = case.tape(classifier(architecture).0);
            let (expected_losses, [expected, _]) = tape.gradient(&data, &indices, EPOCH, &parameters, None);
            assert_close(losses, expected_losses, &what);
            let distance = distance(&plan.layout, &found, expected);
            assert!(distance < 1e-5, "{what}: {distance}");
        }
    }
}

#[test]
fn gradients_of_fused_match_finite_differences() {
    for architecture in mirrored() {
        let large = of(architecture).hidden.len() > 1;
        let (batch, entries) = if large { (3, 1) } else { (7, 3) };
        for case in cases(architecture, batch) {
            check_finite_differences(&classifier(architecture).1, &case, 0, entries)
                .unwrap_or_else(|error| panic!("{architecture} {case:?}: {error}"));
        }
    }
}

#[test]
fn a_hundred_steps_of_each_engine_end_at_the_same_weights_and_losses() {
    let adam = Settings::Adam { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    // Deeper networks diverge sooner: at the kink of a unit, rounding decides its slope.
    let architecture = Architecture::Plain;
    let case = cases(architecture, 32).remove(2);
    // The last batch of each epoch is smaller than the others.
    let images = images(150);
    let data = case.data(&images, None);
    let (network, plan) = classifier(architecture);
    let mut order = Vec::new();
    let mut after = |engine: &mut dyn Engine| {
        let mut learners = case.learners(&plan.layout, adam);
        for epoch in 0..20 {
            data.shuffle(epoch, &mut order);
            for indices in order.chunks(32) {
                engine.step(&data, indices, epoch, &mut learners, 1.0);
            }
        }
        let parameters = learners.network.parameters;
        let mut losses = vec![0.0; images.len()];
        let all: Vec<u32> = (0..images.len() as u32).collect();
        engine.image_losses(&data, &all, &parameters, &mut losses);
        (engine.loss(&data, &order, &parameters), losses, parameters)
    };
    let (loss, losses, found) = after(&mut case.fused(&plan));
    let (expected_loss, expected_losses, expected) = after(&mut case.tape(network));
    let distance = distance(&plan.layout, &found, &expected);
    assert!(distance < 1e-4, "{architecture}: {distance}");
    // The labels are random, so the classifier learns them by heart.
    assert!(loss.loss < 0.9 * 10.0_f64.ln(), "{architecture}: {loss:?}");
    assert!((loss.loss / expected_loss.loss - 1.0).abs() < 1e-3, "{architecture}: {loss:?} {expected_loss:?}");
    let mean = losses.iter().map(|loss| f64::from(*loss)).sum::<f64>() / losses.len() as f64;
    assert!((mean / loss.loss - 1.0).abs() < 1e-5, "{architecture}: {mean} {loss:?}");
    for (found, expected) in losses.iter().zip(&expected_losses) {
        assert!((found - expected).abs() < 1e-3 * expected.max(0.1), "{architecture}: {found} {expected}");
    }
}

#[test]
fn a_classifier_with_equal_logits_has_a_loss_of_ln_10_per_image() {
    let case = cases(Architecture::Plain, 64).remove(0);
    let images = images(77);
    let all: Vec<u32> = (0..77).collect();
    let (network, plan) = classifier(Architecture::Plain);
    let parameters = vec![0.0; plan.layout.parameter_count()];
    let engines: [&mut dyn Engine; 2] = [&mut case.fused(&plan), &mut case.tape(network)];
    for engine in engines {
        let loss = engine.loss(&case.data(&images, None), &all, &parameters).loss;
        assert!((loss - 10.0_f64.ln()).abs() < 1e-6, "{loss}");
    }
}
