//! Networks whose layers a file writes out, and the stages of a run.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::Path;

use spec::catalogue::{Activation, Architecture, Kind};
use spec::{Experiment, Override, Run, Shape, Trains};

const FILE: &str = r#"question = "Does any network do?"
[dataset]
name = "glyphs"
train = 2000
validation = 100
[model]
hidden = [300, 100]
code = 7
activation = "gelu"
[training]
epochs = 3
batch_size = 100
loss = "mse"
[training.adam]
learning_rate = 0.001
"#;

fn load(text: &str, sets: &[&str], unset: &[&str]) -> Result<Experiment, String> {
    let sets = sets.iter().map(|set| Override::set(set).unwrap());
    let overrides: Vec<Override> = sets.chain(unset.iter().map(|key| Override::unset(key).unwrap())).collect();
    Experiment::parse(Path::new("network.toml"), text.to_owned(), &overrides).map_err(|error| error.to_string())
}

#[track_caller]
fn run(sets: &[&str]) -> Run {
    load(FILE, sets, &[]).unwrap().runs.remove(0)
}

#[track_caller]
fn refused(text: &str, sets: &[&str], expected: &str) {
    let fault = load(text, sets, &[]).unwrap_err();
    assert!(fault.contains(expected), "{fault}");
}

#[test]
fn a_network_has_the_layers_of_its_file_and_is_read_back_the_same() {
    let run = run(&[]);
    let network = &run.model.network;
    assert_eq!((network.kind, network.shape, &network.hidden[..]), (Kind::Dense, Shape::square(28), &[300, 100][..]));
    assert_eq!((network.activation, network.code, network.output), (Activation::Gelu, 7, Activation::Sigmoid));
    assert_eq!(network.form().to_string(), "dense 784-300:gelu-100:gelu-7 7-100:gelu-300:gelu-784:sigmoid");
    assert_eq!((run.model.name(), run.label()), ("dense-300-100-gelu".to_owned(), "dense-300-100-gelu-7".to_owned()));
    assert_eq!(network.diagram(), "784-300-100-7-100-300-784");
    // Counted by hand: weights and biases of six layers.
    let widths = [784, 300, 100, 7, 100, 300, 784];
    assert_eq!(run.model.parameter_count(), widths.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum::<usize>());
    for sets in [
        &[][..],
        &["model.kind=gaussian", "model.output=identity"],
        &["model.activation=tanh", "model.code_activation=relu", "model.tied=true"],
        &["model.hidden=[]", "model.code=[1,2000]", "dataset.train=3000"],
        &["model.hidden=[9,8,7,6,5,4,3]"],
    ] {
        for run in load(FILE, sets, &[]).unwrap().runs {
            assert_eq!(load(&run.to_toml(), &[], &[]).unwrap().runs, [run], "{sets:?}");
        }
    }
    let gated = load(FILE, &["model.kind=gated", "model.hidden=[24]"], &["model.activation"]).unwrap().runs.remove(0);
    assert_eq!(gated.model.network.form().to_string(), "gated 28 28 24 72 7");
    assert_eq!(gated.label(), "gated-24-7");
    assert_eq!(load(&gated.to_toml(), &[], &[]).unwrap().runs, [gated]);
    let residual = load(FILE, &["model.kind=residual", "model.hidden=[30]"], &[]).unwrap().runs.remove(0);
    assert_eq!(residual.model.network.form().to_string(), "residual 784-30:gelu-7 7-30:gelu-784");
    assert_eq!(load(&residual.to_toml(), &[], &[]).unwrap().runs, [residual]);
}

#[test]
fn tasks_that_decode_codes_refuse_a_network_without_a_decoder_of_codes() {
    for task in ["generation", "factors", "compression"] {
        let task = format!("evaluation.tasks=[\"{task}\"]");
        refused(FILE, &["model.kind=residual", &task], "needs a decoder that reads the code alone, which `residual-");
        assert!(load(FILE, &[&task], &[]).is_ok());
    }
    refused(FILE, &["model.kind=residual", "model.tied=true"], "model.tied needs a decoder that mirrors the encoder");
}

#[test]
fn a_preset_equals_the_network_with_its_layers_written_out() {
    let named = |name: &str| {
        let keys = ["model.hidden", "model.activation"];
        load(FILE, &[&format!("model.architecture={name}")], &keys).unwrap().runs.remove(0)
    };
    for (name, keys) in [
        ("plain", &["model.hidden=[64]"][..]),
        ("linear", &["model.hidden=[]", "model.output=identity"]),
        ("shallow", &["model.hidden=[]", "model.code_activation=relu"]),
        ("variational", &["model.kind=gaussian", "model.hidden=[512,256]"]),
    ] {
        let own = run(&[&["model.activation=relu"], keys].concat());
        assert_eq!(own.model.network, named(name).model.network, "{name}");
    }
    assert_eq!(named("deep").label(), "deep-7");
    assert!(named("deep").to_toml().contains("architecture = \"deep\"\ncode = 7\n"));
}

#[test]
fn impossible_networks_are_refused_with_position_and_size() {
    refused(&FILE.replace("[300, 100]", "[0]"), &[], "network.toml:7:10: model.hidden: layer 1 has 0 units");
    refused(&FILE.replace("[300, 100]", "[300, -1]"), &[], "7:10: model.hidden: layer 2 has -1 units");
    let many = format!("{:?}", vec![1; 100_000]);
    refused(&FILE.replace("[300, 100]", &many), &[], "7:10: model.hidden lists 100000 layers; expected at most 7");
    let huge = "784-10000000-7-10000000-784 has 15840000791 weights and biases; expected at most 250000000";
    refused(&FILE.replace("[300, 100]", "[10_000_000]"), &[], huge);
    let most = "model.hidden=[9223372036854775807]";
    refused(FILE, &[most], "weights and biases; expected at most 250000000");
    refused(FILE, &["model.code=0"], "model.code = 0: expected at least 1 unit");
    refused(FILE, &["model.activation=swish"], "unknown activation `swish`");
    refused(FILE, &["model.architecture=plain"], "model.hidden is already set by model.architecture");
    refused(FILE, &["model.kind=gated"], "model.hidden lists 2 layers; a gated network has one");
    refused(
        FILE,
        &["model.kind=gated", "model.hidden=[9]"],
        "model.activation: a gated network has a fixed activation",
    );
    refused(
        FILE,
        &["model.kind=gaussian", "model.hidden=[]"],
        "model.hidden lists 0 layers; a gaussian network has at least one",
    );
    refused(FILE, &["model.kind=gaussian", "model.code_activation=relu"], "model.code_activation: a gaussian network");
    refused(FILE, &["training.loss=bce", "model.output=tanh"], "needs a sigmoid output");
    refused(FILE, &["training.regularisation.contractive=0.1"], "needs an encoder of one layer, or of two");
    let smooth = ["training.regularisation.contractive=0.1", "model.hidden=[30]"];
    refused(FILE, &smooth, "relu, leaky_relu or identity on the first");
    refused(&FILE.replace("hidden = [300, 100]\n", ""), &[], "expected model.architecture = NAME, or the widths");
}

#[test]
fn the_forms_of_a_run_contain_every_type_that_it_builds() {
    let forms = |sets: &[&str]| run(sets).forms().iter().map(ToString::to_string).collect::<Vec<_>>();
    let own = "dense 784-300:gelu-100:gelu-7 7-100:gelu-300:gelu-784:sigmoid";
    assert_eq!(forms(&[]), [own]);
    let stages =
        ["dense 784-300:gelu 300-784:sigmoid", "dense 300-100:gelu 100-300:gelu", "dense 100-7 7-100:gelu", own];
    assert_eq!(forms(&["training.pretraining.epochs=1"]), stages);
    let classifier = ["training.classifier.epochs=1", "training.classifier.adam.learning_rate=0.1"];
    assert_eq!(forms(&classifier), [own, "classifier 784-300:gelu-100:gelu-7 10"]);
    let adversarial = ["training.adversarial.weight=1", "training.adversarial.adam.learning_rate=0.1"];
    assert_eq!(forms(&adversarial), [own, "perceptron 7-128:relu-128:relu-1"]);
    let judged = ["evaluation.tasks=[\"generation\"]"];
    assert_eq!(forms(&judged), [own, "perceptron 784-128:relu-64:relu-10"]);
}

#[test]
fn stages_are_listed_in_the_order_of_training() {
    let stages = |sets: &[&str]| -> Vec<(String, usize, usize)> {
        let run = run(sets);
        assert_eq!(run.epochs(), run.stages().iter().map(|stage| stage.epochs).sum::<usize>());
        run.stages().into_iter().map(|stage| (stage.name, stage.epochs, stage.train)).collect()
    };
    let of = |stages: &[(&str, usize, usize)]| -> Vec<(String, usize, usize)> {
        stages.iter().map(|(name, epochs, train)| ((*name).to_owned(), *epochs, *train)).collect()
    };
    assert_eq!(stages(&[]), of(&[("training", 3, 2000)]));
    let everything = [
        "training.pretraining.epochs=2",
        "training.classifier.epochs=5",
        "training.classifier.adam.learning_rate=0.1",
        "training.early_stopping.patience=1",
    ];
    let layers = [("layer-1", 2, 2000), ("layer-2", 2, 2000), ("layer-3", 2, 2000)];
    let rest = [("fine-tuning", 3, 2000), ("classifier", 5, 2000)];
    assert_eq!(stages(&everything), of(&[&layers[..], &rest].concat()));
    let fewest: Vec<usize> = run(&everything).stages().iter().map(|stage| stage.fewest_epochs()).collect();
    assert_eq!(fewest, [2, 2, 2, 1, 1], "pretraining of a layer does not stop early");

    let transfer = ["training.transfer.from=letters", "training.transfer.epochs=4", "training.transfer.train=500"];
    let tuned = |tune| [&transfer[..], &[tune]].concat();
    assert_eq!(stages(&tuned("training.transfer.tune=nothing")), of(&[("source", 4, 500)]));
    let both = of(&[("source", 4, 500), ("tuning", 3, 2000)]);
    assert_eq!(stages(&tuned("training.transfer.tune=decoder")), both);
    let trains = |tune| run(&tuned(tune)).stages().pop().unwrap().trains;
    assert_eq!(trains("training.transfer.tune=decoder"), Trains::Network { frozen: true });
    assert_eq!(trains("training.transfer.tune=all"), Trains::Network { frozen: false });
}

#[test]
fn every_preset_has_as_many_layers_as_its_text() {
    for architecture in Architecture::ALL {
        let network = architecture.network(Shape::square(28), 5);
        let [encoder, decoder] = network.form().layers();
        assert_eq!(
            encoder.first().unwrap().0,
            network.shape.steps().filter(|_| network.kind == Kind::Gated).map_or(784, |it| it.1)
        );
        assert!(encoder.len() >= decoder.len() && encoder.len() <= spec::network::MOST_LAYERS, "{architecture}");
        assert_eq!((network.code, network.shape.values()), (5, 784));
    }
}
