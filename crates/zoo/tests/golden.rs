//! Compares forward values and gradients of every architecture with PyTorch's (`golden/networks.py`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use networks::NETWORKS;
use serde_json::Value;
use spec::catalogue::{Activation, Architecture, Loss};
use spec::{Experiment, Model, Override};
use zoo::{Judgement, Layout, Losses, Matrix, Objective, Step};

const CODE: usize = 4;
const IMAGES: usize = 3;
/// Factor of the divergence of Gaussian codes.
const DIVERGENCE: f32 = 0.02;

/// The pseudo-random sequence of `networks.py`.
fn sequence(count: usize, offset: usize) -> Vec<f64> {
    (offset..offset + count)
        .map(|index| ((index as u64 * 2_654_435_761) % (1 << 32) / (1 << 8)) as f64 / f64::from(1 << 24))
        .collect()
}

fn images(offset: usize) -> Matrix {
    Matrix::new(IMAGES, 784, sequence(IMAGES * 784, offset).into_iter().map(|value| value as f32).collect())
}

/// The model of a `[model]` table with these lines.
fn model(text: &str) -> Model {
    let text = format!(
        "question = \"?\"\n[dataset]\nname = \"glyphs\"\n[model]\n{text}\ncode = {CODE}\n\
         [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.1\n"
    );
    Experiment::parse("golden.toml".as_ref(), text, &[] as &[Override]).unwrap().runs.remove(0).model
}

/// The networks of `networks.py`: every named one, one with each activation on all layers, and a residual one.
fn models() -> Vec<(&'static str, Model)> {
    let named = Architecture::ALL.iter().map(|each| (each.name(), model(&format!("architecture = \"{each}\""))));
    let activated = Activation::ALL.iter().map(|each| {
        let keys = ["activation", "code_activation", "output"].map(|key| format!("{key} = \"{each}\"\n"));
        (each.name(), model(&format!("hidden = [12]\n{}", keys.concat())))
    });
    let residual = ("residual", model("kind = \"residual\"\nhidden = [12]"));
    named.chain(activated).chain([residual]).collect()
}

/// The parameters of `networks.py`, layer by layer.
fn parameters(layout: &Layout) -> Vec<f32> {
    let mut parameters = Vec::new();
    for layer in &layout.layers {
        let weight_scale = (24.0 / (layer.inputs + layer.outputs) as f64).sqrt();
        for (count, scale) in [(layer.weight().len(), weight_scale), (layer.bias().len(), 0.2)] {
            let offset = parameters.len();
            parameters.extend(sequence(count, offset).into_iter().map(|value| ((value - 0.5) * scale) as f32));
        }
    }
    parameters
}

/// Codes between -2 and 2.
fn codes(offset: usize) -> Matrix {
    let values = sequence(IMAGES * CODE, offset).into_iter().map(|value| ((value - 0.5) * 4.0) as f32);
    Matrix::new(IMAGES, CODE, values.collect())
}

/// Checks that values are within `tolerance`, relative to the largest golden value.
#[track_caller]
fn assert_close(what: &str, values: impl IntoIterator<Item = f64>, golden: &Value, tolerance: f64) {
    let golden: Vec<f64> = golden.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    let values: Vec<f64> = values.into_iter().collect();
    assert_eq!(values.len(), golden.len(), "{what}");
    let scale = golden.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    for (value, expected) in values.iter().zip(&golden) {
        assert!((value - expected).abs() <= tolerance * scale, "{what}: {value} is not {expected}");
    }
}

#[test]
fn forward_values_and_gradients_match_pytorch() {
    let golden: Value = serde_json::from_str(include_str!("golden/networks.json")).unwrap();
    for (name, model) in models() {
        let of_network = &golden[name];
        assert!(!of_network.is_null(), "golden/networks.json has no values of {name}: networks.py makes them");
        let golden = of_network;
        let mut network = NETWORKS.build(&model).unwrap();
        network.set_parameters(&parameters(network.layout()));
        let own = network.encode(&images(7));
        assert_close("code", own.values().iter().map(|value| f64::from(*value)), &golden["code"], 1e-5);
        // A network with Gaussian codes decodes samples of the codes.
        let noise = model.network.has_gaussian_code().then(|| codes(777));
        let drawn = match (network.kind().probabilistic(), &noise) {
            (Some(network), Some(noise)) => network.posterior(&images(7)).sample(noise),
            (None, None) => own,
            _ => panic!("{name}: noise is for Gaussian codes, and only for them"),
        };
        let outputs = match model.network.kind.facts().decodes_codes {
            true => network.decode(&drawn),
            false => network.reconstruct(&images(7)),
        };
        let sampled = outputs.values().iter().step_by(200).map(|value| f64::from(*value));
        assert_close("outputs", sampled, &golden["outputs"], 1e-5);

        for (loss_name, golden) in golden["losses"].as_object().unwrap() {
            let loss: Loss = loss_name.parse().unwrap();
            let mut gradient = vec![f32::NAN; network.parameter_count()];
            let (inputs, targets) = (images(7), images(12345));
            let step = Step { noise: noise.as_ref(), ..Step::new(&inputs, &targets) };
            let objective = Objective { loss, code_l1: 0.0, divergence: DIVERGENCE };
            let Losses { loss: value, divergence } = network.gradient(&step, &objective, &mut gradient);
            let what = format!("{name} {loss_name}");
            let expected_divergence = of_network["divergence"].as_f64().unwrap_or(0.0);
            assert!((divergence - expected_divergence).abs() <= 3e-6 * expected_divergence, "{what}: {divergence}");
            let expected = golden["value"].as_f64().unwrap();
            // dfdx averages thousands of losses in f32, which costs digits.
            assert!((value / expected - 1.0).abs() < 3e-6, "{what}: {value} is not {expected}");
            let tensors = network.layout().layers.iter().flat_map(|layer| [layer.weight(), layer.bias()]);
            for (tensor, golden) in tensors.zip(golden["gradients"].as_array().unwrap()) {
                let values = &gradient[tensor.clone()];
                let norm = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
                let expected = golden["norm"].as_f64().unwrap();
                assert!(
                    (norm / expected - 1.0).abs() < 1e-5,
                    "{what} at {}: norm {norm} is not {expected}",
                    tensor.start
                );
                let samples = values.iter().step_by((values.len() / 5).max(1)).map(|value| f64::from(*value));
                assert_close(&what, samples, &golden["samples"], 1e-4);
            }
        }
    }
}

#[test]
fn losses_and_gradients_of_a_discriminator_match_pytorch() {
    let golden: Value = serde_json::from_str(include_str!("golden/networks.json")).unwrap();
    let golden = &golden["discriminator"];
    let mut discriminator = NETWORKS.discriminator(&model("architecture = \"plain\"")).unwrap();
    let parameters = parameters(discriminator.layout());
    discriminator.set_parameters(&parameters);
    let mut gradient = vec![f32::NAN; parameters.len()];
    let Judgement { loss, accuracy } = discriminator.judge(&codes(31), &codes(91), &mut gradient);
    assert!((loss - golden["loss"].as_f64().unwrap()).abs() < 1e-6, "{loss}");
    assert_eq!(accuracy, golden["accuracy"].as_f64().unwrap());
    let tensors = discriminator.layout().layers.iter().flat_map(|layer| [layer.weight(), layer.bias()]);
    for (tensor, expected) in tensors.zip(golden["norms"].as_array().unwrap()) {
        let norm = gradient[tensor].iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        assert!((norm / expected.as_f64().unwrap() - 1.0).abs() < 1e-5, "{norm} is not {expected}");
    }
    let (deception, pull) = discriminator.deceive(&codes(31));
    assert!((deception - golden["deception"].as_f64().unwrap()).abs() < 1e-6, "{deception}");
    assert_close("pull", pull.values().iter().map(|value| f64::from(*value)), &golden["pull"], 1e-5);
}
