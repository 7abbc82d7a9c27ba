//! Compares network types with the text of the forms that they are made from.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use networks::NETWORKS;
use spec::catalogue::Architecture;
use spec::{Experiment, Form, Model, Network};
use zoo::{Kind, Layer, Matrix, Trainable};

/// Code sizes of the named networks that tests build.
const CODES: [usize; 9] = [2, 4, 8, 10, 16, 30, 32, 64, 128];

fn model(architecture: Architecture, code: usize) -> Model {
    of_side(28, architecture, code)
}

fn of_side(side: usize, architecture: Architecture, code: usize) -> Model {
    let text = format!(
        "question = \"?\"\n[dataset]\nname = \"glyphs\"\nside = {side}\n[model]\narchitecture = \"{architecture}\"\ncode = {code}\n\
         [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.1\n"
    );
    Experiment::parse("catalogue.toml".as_ref(), text, &[]).unwrap().runs.remove(0).model
}

/// Every named network with one code size.
fn models(code: usize) -> impl Iterator<Item = Model> {
    Architecture::ALL.iter().map(move |architecture| model(*architecture, code))
}

fn widths(layers: &[Layer]) -> Vec<(usize, usize)> {
    layers.iter().map(|layer| (layer.inputs, layer.outputs)).collect()
}

#[test]
fn every_type_has_the_layers_and_activations_of_its_text() {
    let sides = [56, 112].map(|side| of_side(side, Architecture::Plain, 32));
    for model in CODES.into_iter().flat_map(models).chain(sides) {
        let network = NETWORKS.build(&model).unwrap();
        let Network { code, output, .. } = model.network;
        let name = model.network.form().to_string();
        let [encoder, decoder] = model.network.form().layers();
        assert_eq!(network.layout().encoder_layers, encoder.len(), "{name}");
        assert_eq!(widths(&network.layout().layers), [encoder, decoder].concat(), "{name}");
        assert_eq!(network.code_size(), code, "{name}");
        assert_eq!(network.parameter_count(), model.network.parameter_count(), "{name}");
        match (network.kind(), model.network.form()) {
            (Kind::Dense(plan), Form::Dense { encoder, decoder }) => {
                let expected: Vec<_> = encoder.activations().chain(decoder.activations()).collect();
                assert_eq!(plan.activations, expected, "{name}");
            }
            (Kind::Gaussian(plan, _), Form::Gaussian { .. }) => {
                assert_eq!(plan.activations.last(), Some(&output), "{name}");
            }
            (Kind::Gated(shape), Form::Gated { steps, width, units, code }) => {
                assert_eq!((shape.steps, shape.width, shape.units, shape.code), (steps, width, units, code));
            }
            _ => panic!("{name} is of another kind"),
        }
    }
}

#[test]
fn the_error_for_a_network_that_is_not_compiled_names_its_form() {
    let refused = NETWORKS.build(&model(Architecture::Plain, 3)).err().unwrap().to_string();
    assert!(refused.contains("`dense 784-64:relu-3 3-64:relu-784:sigmoid`; `cargo xtask run`"), "{refused}");
}

#[test]
fn a_classifier_has_the_encoder_of_its_network_and_a_logit_for_each_class() {
    let mut built = 0;
    for model in CODES.into_iter().flat_map(models) {
        let name = model.name();
        let classifier = NETWORKS.classifier(&model, 10);
        assert_eq!(classifier.is_ok(), model.network.is_mirrored(), "{name}");
        let Ok(classifier) = classifier else { continue };
        let network = NETWORKS.build(&model).unwrap();
        let (own, whole) = (classifier.layout(), network.layout());
        assert_eq!(own.encoder_layers, whole.encoder_layers);
        let (encoder, head) = own.layers.split_at(own.encoder_layers);
        assert_eq!(encoder, &whole.layers[..whole.encoder_layers]);
        let head: Vec<_> = head.iter().map(|layer| (&layer.name[..], layer.inputs, layer.outputs)).collect();
        assert_eq!(head, [("head.0", model.code(), 10)], "{name}");
        built += 1;
    }
    assert_eq!(built, 5 * CODES.len());
}

#[test]
fn parameter_counts_match_the_formulas_of_the_layers() {
    let count = |architecture, code| NETWORKS.build(&model(architecture, code)).unwrap().parameter_count();
    assert_eq!(count(Architecture::Linear, 32), 50_992);
    assert_eq!(count(Architecture::Shallow, 128), 201_616);
    assert_eq!(count(Architecture::Plain, 32), 105_392);
    assert_eq!(NETWORKS.build(&of_side(112, Architecture::Plain, 32)).unwrap().parameter_count(), 1_622_432);
    assert_eq!(count(Architecture::Wide, 32), 1_083_696);
    assert_eq!(count(Architecture::Deep, 32), 2_838_316);
    assert_eq!(count(Architecture::Variational, 32), 1_091_920);
    assert_eq!(count(Architecture::Recurrent, 32), 103_548);
}

#[test]
fn pretraining_stages_pair_the_layers_of_a_network_from_the_outside_in() {
    let mut stacked = 0;
    for model in models(32) {
        let (network, stages) = (NETWORKS.build(&model).unwrap(), NETWORKS.stages(&model).unwrap());
        let hidden = model.network.hidden.len();
        let expected = if model.network.is_mirrored() && hidden > 0 { hidden + 1 } else { 0 };
        assert_eq!(stages.len(), expected, "{}", model.name());
        let layers = &network.layout().layers;
        for (index, stage) in stages.iter().enumerate() {
            let mirror = layers.len() - 1 - index;
            assert_eq!(widths(&stage.layout().layers), widths(&[layers[index].clone(), layers[mirror].clone()]));
            let (own, whole) = (stage.kind().plan().unwrap(), network.kind().plan().unwrap());
            assert_eq!(own.activations, [whole.activations[index], whole.activations[mirror]]);
            stacked += 1;
        }
    }
    assert_eq!(stacked, 2 + 3 + 4);
}

#[test]
fn parameters_that_are_set_are_read_back_unchanged() {
    for model in models(8) {
        let mut network = NETWORKS.build(&model).unwrap();
        let parameters = network.layout().initial_parameters(3);
        network.set_parameters(&parameters);
        assert_eq!(network.parameters(), parameters);
    }
}

#[test]
fn initial_weights_are_glorot_uniform_and_biases_zero() {
    let network = NETWORKS.build(&model(Architecture::Deep, 32)).unwrap();
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

/// A network with initial weights, which are not 0.
fn initialised(model: &Model) -> Box<dyn Trainable> {
    let mut network = NETWORKS.build(model).unwrap();
    network.set_parameters(&network.layout().initial_parameters(1));
    network
}

#[test]
fn a_plan_and_its_types_compute_the_same_values() {
    let images = Matrix::new(3, 784, (0..3 * 784).map(|index| (index % 11) as f32 / 10.0).collect());
    let mut planned = 0;
    for model in models(16) {
        let network = initialised(&model);
        let parameters = network.parameters();
        let Some(plan) = network.kind().plan() else { continue };
        let codes = network.encode(&images);
        let close = |found: &Matrix, expected: &Matrix| {
            let pairs = found.values().iter().zip(expected.values());
            assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-5), "{}", model.name());
        };
        close(&plan.forward(0..plan.layout.code() + 1, &parameters, &images), &codes);
        close(&plan.forward(plan.decoder(), &parameters, &codes), &network.decode(&codes));
        planned += 1;
    }
    assert_eq!(planned, Architecture::ALL.len() - 1, "every named network except the recurrent one has dense layers");
}
