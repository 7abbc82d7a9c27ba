//! Tests of the recurrent engine against the tape, and at different numbers of threads.

use spec::catalogue::{Architecture, Loss};
use spec::{Corruption, Optimiser as Settings};
use zoo::{Kind, Layout};

use super::{Case, EPOCH, assert_close, distance, images, network};
use crate::engine::{Engine, Recurrent, StepLosses};

const ADAM: Settings = Settings::Adam { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

fn engine(case: &Case) -> (Layout, Recurrent<'static>) {
    let network = network(Architecture::Recurrent);
    let Kind::Gated(shape) = network.kind() else { panic!("a gated network") };
    (shape.layout.clone(), Recurrent::new(shape, &case.setup()))
}

#[test]
fn gradients_through_time_match_the_tape() {
    let base = Case::plain(37, Loss::Mse);
    let corruption = Some(Corruption::Masking { fraction: 0.3 });
    for case in [
        base.clone(),
        Case { loss: Loss::Bce, ..base.clone() },
        Case { corruption, ..base.clone() },
        Case { weighted: true, ..base.clone() },
        Case { code_l1: 0.01, ..base.clone() },
        Case { batch: 1, ..base.clone() },
        Case { loss: Loss::Bce, corruption, weighted: true, code_l1: 0.01, batch: 130, ..base },
    ] {
        let (images, weights) = (images(case.batch), case.weights());
        let (data, indices) = (case.data(&images, weights.as_deref()), case.indices());
        let (layout, mut engine) = engine(&case);
        let parameters = case.learners(&layout, ADAM).network.parameters;
        let (loss, found) = engine.gradient(&data, &indices, EPOCH, &parameters);
        let mut tape = case.tape(network(Architecture::Recurrent));
        let (expected_losses, [expected, _]) = tape.gradient(&data, &indices, EPOCH, &parameters, None);
        let what = format!("{case:?}");
        assert_close(StepLosses { loss, ..StepLosses::default() }, expected_losses, &what);
        let distance = distance(&layout, &found, expected);
        assert!(distance < 1e-5, "{what}: {distance}");
    }
}

#[test]
fn steps_and_losses_match_the_tape() {
    let case = Case { corruption: Some(Corruption::Gaussian { sigma: 0.3 }), ..Case::plain(32, Loss::Bce) };
    let images = images(75);
    let data = case.data(&images, None);
    let order: Vec<u32> = (0..75).collect();
    let (layout, mut engine) = engine(&case);
    let after = |engine: &mut dyn Engine| {
        let mut learners = case.learners(&layout, Settings::Sgd { learning_rate: 0.5, momentum: 0.9 });
        for epoch in 0..4 {
            for indices in order.chunks(32) {
                engine.step(&data, indices, epoch, &mut learners, 1.0);
            }
        }
        (engine.loss(&data, &order, &learners.network.parameters), learners.network.parameters)
    };
    let (loss, found) = after(&mut engine);
    let (expected_loss, expected) = after(&mut case.tape(network(Architecture::Recurrent)));
    assert_close(loss, expected_loss, "after steps");
    let distance = distance(&layout, &found, &expected);
    assert!(distance < 1e-4, "{distance}");
}

#[test]
fn a_step_through_time_is_the_same_bit_for_bit_at_any_number_of_threads() {
    let case = Case { corruption: Some(Corruption::Gaussian { sigma: 0.3 }), ..Case::plain(100, Loss::Mse) };
    let images = images(case.batch);
    let data = case.data(&images, None);
    let after = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (layout, mut engine) = engine(&case);
            let mut learners = case.learners(&layout, ADAM);
            let losses: Vec<StepLosses> =
                (0..3).map(|epoch| engine.step(&data, &case.indices(), epoch, &mut learners, 1.0)).collect();
            (losses, learners)
        })
    };
    let expected = after(1);
    assert!([2, 3, 8].into_iter().all(|threads| after(threads) == expected));
}
