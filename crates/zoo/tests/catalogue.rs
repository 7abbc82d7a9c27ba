//! The catalogue's names, widths and stages against the types behind them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use spec::Experiment;
use spec::Model;
use spec::catalogue::{Architecture, CLASSES, CODE_SIZES, SIDE, SIDES};

fn model(architecture: Architecture, code: usize) -> Model {
    of_side(SIDE, architecture, code)
}

fn of_side(side: usize, architecture: Architecture, code: usize) -> Model {
    let text = format!(
        "question = \"?\"\n[dataset]\nname = \"glyphs\"\nside = {side}\n[model]\narchitecture = \"{architecture}\"\ncode = {code}\n\
         [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.1\n"
    );
    Experiment::parse("catalogue.toml".as_ref(), text, &[]).unwrap().runs[0].model
}

#[test]
fn every_name_side_and_code_size_has_the_layers_the_catalogue_tells() {
    for (&architecture, side) in Architecture::ALL.iter().flat_map(|all| SIDES.map(|side| (all, side))) {
        for &code in architecture.code_sizes(side) {
            let network = zoo::build(of_side(side, architecture, code)).unwrap();
            let layers = &network.layout().layers;
            let widths: Vec<(usize, usize)> = layers.iter().map(|layer| (layer.inputs, layer.outputs)).collect();
            let [encoder, decoder] = architecture.layers(side, code);
            assert_eq!(network.layout().encoder_layers, encoder.len(), "{architecture} {side} {code}");
            assert_eq!(widths, [encoder, decoder].concat(), "{architecture} {code}");
            assert_eq!(network.code_size(), code);
            assert_eq!(network.parameter_count(), architecture.parameter_count(side, code));
        }
    }
}

#[test]
fn a_classifier_has_the_encoder_of_its_network_and_a_logit_for_each_class() {
    for &architecture in Architecture::ALL {
        for code in CODE_SIZES {
            let Ok(classifier) = zoo::classifier(model(architecture, code)) else {
                assert!(!architecture.is_mirrored(), "{architecture}");
                continue;
            };
            assert!(architecture.is_mirrored(), "{architecture}");
            let network = zoo::build(model(architecture, code)).unwrap();
            let (own, whole) = (classifier.layout(), network.layout());
            assert_eq!(own.encoder_layers, whole.encoder_layers);
            let (encoder, head) = own.layers.split_at(own.encoder_layers);
            assert_eq!(encoder, &whole.layers[..whole.encoder_layers]);
            let head: Vec<_> = head.iter().map(|layer| (&layer.name[..], layer.inputs, layer.outputs)).collect();
            assert_eq!(head, [("head.0", code, CLASSES)], "{architecture} {code}");
        }
    }
}

#[test]
fn parameter_counts_are_those_in_the_documentation() {
    let count = |architecture, code| zoo::build(model(architecture, code)).unwrap().parameter_count();
    assert_eq!(count(Architecture::Linear, 32), 50_992);
    assert_eq!(count(Architecture::Shallow, 128), 201_616);
    assert_eq!(count(Architecture::Plain, 32), 105_392);
    assert_eq!(zoo::build(of_side(112, Architecture::Plain, 32)).unwrap().parameter_count(), 1_622_432);
    assert_eq!(count(Architecture::Wide, 32), 1_083_696);
    assert_eq!(count(Architecture::Deep, 32), 2_838_316);
    assert_eq!(count(Architecture::Variational, 32), 1_091_920);
}

#[test]
fn the_stages_of_a_network_are_its_layers_paired_from_the_outside_in() {
    for &architecture in Architecture::ALL {
        let network = zoo::build(model(architecture, 32)).unwrap();
        let stages = network.stages();
        let stacked = architecture.is_mirrored() && !architecture.hidden().is_empty();
        assert_eq!(stages.len(), if stacked { architecture.hidden().len() + 1 } else { 0 });
        let layers = &network.layout().layers;
        for (index, stage) in stages.iter().enumerate() {
            let widths = |layer: &zoo::Layer| (layer.inputs, layer.outputs);
            let [encoder, decoder] = &stage.layout().layers[..] else { panic!("two layers") };
            assert_eq!(widths(encoder), widths(&layers[index]));
            assert_eq!(widths(decoder), widths(&layers[layers.len() - 1 - index]));
        }
    }
}

#[test]
fn parameters_are_read_back_as_written() {
    for &architecture in Architecture::ALL {
        let mut network = zoo::build(model(architecture, 8)).unwrap();
        let parameters = network.layout().initial_parameters(3);
        network.set_parameters(&parameters);
        assert_eq!(network.parameters(), parameters);
    }
}

#[test]
fn initial_weights_are_glorot_uniform_and_biases_zero() {
    let network = zoo::build(model(Architecture::Deep, 32)).unwrap();
    let parameters = network.layout().initial_parameters(0);
    for layer in &network.layout().layers {
        let bound = (6.0 / (layer.inputs + layer.outputs) as f64).sqrt();
        let weights = &parameters[layer.weight()];
        assert!(weights.iter().all(|weight| f64::from(weight.abs()) <= bound));
        let variance = weights.iter().map(|weight| f64::from(*weight).powi(2)).sum::<f64>() / weights.len() as f64;
        // A uniform distribution on ±b has variance b²/3.
        assert!((variance / (bound * bound / 3.0) - 1.0).abs() < 0.05, "{}: {variance}", layer.name);
        assert!(parameters[layer.bias()].iter().all(|bias| *bias == 0.0));
    }
}

#[test]
fn a_plan_computes_what_the_types_do() {
    let images = zoo::Matrix::new(3, 784, (0..3 * 784).map(|index| (index % 11) as f32 / 10.0).collect());
    for &architecture in Architecture::ALL {
        let mut network = zoo::build(model(architecture, 16)).unwrap();
        network.set_parameters(&network.layout().initial_parameters(1));
        let Some((plan, parameters)) = network.dense() else { continue };
        let codes = network.encode(&images);
        let close = |found: &zoo::Matrix, expected: &zoo::Matrix| {
            let pairs = found.values().iter().zip(expected.values());
            assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-5), "{architecture}");
        };
        close(&plan.forward(0..plan.layout.code() + 1, &parameters, &images), &codes);
        close(&plan.forward(plan.decoder(), &parameters, &codes), &network.decode(&codes));
    }
}
