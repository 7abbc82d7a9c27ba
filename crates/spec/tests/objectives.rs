//! Rules of pixels, priors, penalties and tasks, and the messages of their errors.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::Path;

use spec::catalogue::{Baseline, Pixels, Task};
use spec::{Adversarial, Imbalance, Optimiser, Variational};
use spec::{Experiment, Override, Run, Shape};

const FILE: &str = r#"question = "Does the prior hold?"
[dataset]
name = "glyphs"
[model]
architecture = "wide"
code = 8
[training]
epochs = 3
batch_size = 100
loss = "bce"
[training.adam]
learning_rate = 0.001
"#;

fn load(text: &str, sets: &[&str]) -> Result<Experiment, String> {
    let overrides: Vec<Override> = sets.iter().map(|set| Override::set(set).unwrap()).collect();
    Experiment::parse(Path::new("prior.toml"), text.to_owned(), &overrides).map_err(|error| error.to_string())
}

#[track_caller]
fn run(sets: &[&str]) -> Run {
    load(FILE, sets).unwrap().runs.remove(0)
}

/// Checks that flags are refused with a message that holds `expected`.
#[track_caller]
fn refused(sets: &[&str], expected: &str) {
    let fault = load(FILE, sets).unwrap_err();
    assert!(fault.contains(expected), "{fault}");
}

#[test]
fn optional_parts_of_a_training_are_off_by_default() {
    let run = run(&[]);
    assert_eq!((run.dataset.pixels, run.dataset.imbalance, run.model.tied), (Pixels::Grey, None, false));
    assert_eq!((run.training.variational, run.training.adversarial), (None, None));
    assert_eq!((run.training.regularisation.contractive, run.evaluation.tasks), (0.0, Vec::new()));
}

#[test]
fn optional_parts_are_read_back_from_the_resolved_spec() {
    for sets in [
        &["dataset.pixels=stochastic", "model.architecture=variational", "training.variational.beta=4"][..],
        &["model.tied=true", "training.adversarial.weight=0.5", "training.adversarial.sgd.learning_rate=0.25"],
        &["dataset.without=3"],
        &["dataset.only=3"],
        &["dataset.rare.class=0", "dataset.rare.share=0.01"],
        &["model.architecture=shallow", "training.regularisation.contractive=0.125", "evaluation.tasks=[\"activity\"]"],
    ] {
        let run = run(sets);
        assert_eq!(load(&run.to_toml(), &[]).unwrap().runs, [run], "{sets:?}");
    }
    let adversarial = run(&["training.adversarial.weight=0.5", "training.adversarial.sgd.learning_rate=0.25"]);
    let optimiser = Optimiser::Sgd { learning_rate: 0.25, momentum: 0.0 };
    assert_eq!(adversarial.training.adversarial, Some(Adversarial { weight: 0.5, optimiser }));
    assert_eq!(run(&["evaluation.tasks=[\"prior\"]"]).evaluation.tasks, [Task::Prior]);
}

#[test]
fn a_gaussian_code_has_a_divergence_whose_weight_rises_to_beta() {
    let variational = |sets: &[&str]| run(&[&["model.architecture=variational"], sets].concat()).training.variational;
    assert_eq!(variational(&[]), Some(Variational { beta: 1.0, warm_up: 0 }));
    let warm = variational(&["training.variational.beta=2", "training.variational.warm_up=4"]).unwrap();
    assert_eq!([0, 1, 2, 4, 9].map(|epoch| warm.weight(epoch)), [0.0, 0.5, 1.0, 2.0, 2.0]);
    assert_eq!(Variational { beta: 3.0, warm_up: 0 }.weight(0), 3.0);
}

#[test]
fn the_key_of_an_imbalance_is_written_only_if_a_class_is_left_out_or_rare() {
    let imbalance = |sets: &[&str]| run(sets).dataset.imbalance;
    let rare = ["dataset.rare.class=9", "dataset.rare.share=0.25"];
    assert_eq!(imbalance(&["dataset.without=0"]), Some(Imbalance::Without { class: 0 }));
    assert_eq!(imbalance(&rare), Some(Imbalance::Rare { class: 9, share: 0.25 }));
    assert_eq!(imbalance(&["dataset.without=0", rare[0], rare[1]]), imbalance(&rare), "a flag replaces the other key");
    let plain = run(&[]).to_toml();
    assert!(!plain.contains("without") && !plain.contains("rare"), "{plain}");

    let both = FILE.replace("\"glyphs\"\n", "\"glyphs\"\nwithout = 1\nrare = { class = 2, share = 0.1 }\n");
    let fault = load(&both, &[]).unwrap_err();
    assert_eq!(
        fault,
        "prior.toml:5:8: dataset.without, dataset.only and [dataset.rare] exclude each other: give one of them"
    );
    assert_eq!(imbalance(&["dataset.only=3"]), Some(Imbalance::Only { class: 3 }));
    assert_eq!(imbalance(&["dataset.only=3", "dataset.without=0"]), Some(Imbalance::Without { class: 0 }));
    refused(&["dataset.only=10"], "dataset.only = 10: expected a number from 0 to 9");
    refused(&["dataset.without=10"], "dataset.without = 10: expected a number from 0 to 9");
    refused(&[rare[0]], "the key `share` is missing here");
    refused(&["dataset.rare.class=-1", rare[1]], "dataset.rare.class = -1: expected a number from 0 to 9");
    for share in ["0", "1", "0.99999999999", "-0.5", "nan"] {
        let flag = format!("dataset.rare.share={share}");
        refused(&[rare[0], &flag], "expected a number above 0 and below 1");
    }
}

#[test]
fn the_default_counts_fit_nine_classes() {
    let counts = |sets: &[&str]| {
        let dataset = run(&[&["dataset.name=mnist"], sets].concat()).dataset;
        (dataset.train, dataset.validation, dataset.test)
    };
    assert_eq!(counts(&["dataset.without=1"]), (50_000, 0, 10_000));
    assert_eq!(counts(&["dataset.without=1", "dataset.validation=5000"]), (45_000, 5_000, 10_000));
    assert_eq!(counts(&["dataset.without=1", "dataset.train=53000"]), (53_000, 0, 10_000));
    assert_eq!(counts(&["dataset.only=1", "dataset.validation=500"]), (4_500, 500, 10_000));
}

#[test]
fn a_tied_weight_counts_once() {
    let [free, tied] = [&[][..], &["model.tied=true"]].map(|sets| run(sets).model.parameter_count());
    assert_eq!(free - tied, 784 * 512 + 512 * 256 + 256 * 8);
}

#[test]
fn errors_name_the_property_that_an_architecture_does_not_have() {
    let recurrent = "model.architecture=recurrent";
    let variational = "model.architecture=variational";
    refused(&["training.variational.beta=1"], "weighs the divergence of a Gaussian code, which `wide` does not have");
    refused(&[variational, "training.variational.beta=-1"], "beta = -1: expected a number from 0 to 1000");
    refused(&[variational, "model.tied=true"], "model.tied needs a decoder that mirrors the encoder");
    refused(
        &[variational, "training.pretraining.epochs=1"],
        "and their mirror image, which `variational` does not have",
    );
    refused(&[variational, "training.regularisation.code_l1=0.1"], "cannot be used with a Gaussian code");
    refused(&[recurrent, "training.regularisation.dropout=0.1"], "dropout needs hidden layers");
    refused(
        &["training.regularisation.contractive=0.1"],
        "needs an encoder of one layer, or of two with a linear code, and relu, leaky_relu or identity on the first, which `wide` does not have",
    );
    let both = ["training.regularisation.contractive=0.1", "training.regularisation.dropout=0.1"];
    refused(
        &[&["model.architecture=plain"], &both[..]].concat(),
        "cannot be combined with training.regularisation.dropout",
    );
    let judge = ["training.adversarial.weight=0.1", "training.adversarial.adam.learning_rate=0.1"];
    refused(&[&[recurrent], &judge[..]].concat(), "training.adversarial needs an encoder of dense layers");
    refused(&judge[..1], "add [training.adversarial.adam] or [training.adversarial.sgd] with its learning_rate");
    refused(
        &["training.adversarial.weight=11", judge[1]],
        "training.adversarial.weight = 11: expected a number above 0",
    );
    refused(&["evaluation.tasks=[\"likelihood\"]"], "`likelihood` needs a Gaussian code, which `wide` does not have");
    let likelihood = [variational, "evaluation.tasks=[\"likelihood\"]"];
    refused(
        &likelihood,
        "`likelihood` needs binarised pixels, because a density of grey pixels has no bound: set dataset.pixels",
    );
    let binary = [&likelihood[..], &["dataset.pixels=threshold"]].concat();
    assert_eq!(run(&binary).evaluation.tasks, [Task::Likelihood]);
    refused(&[&binary[..], &["training.loss=mse"]].concat(), "set training.loss to \"bce\"");
    refused(&["evaluation.tasks=[\"generations\"]"], "did you mean `generation`?");
    refused(&["dataset.pixels=gray"], "did you mean `grey`? (there are: grey, threshold, stochastic)");
}

#[test]
fn an_older_record_is_read_even_if_its_task_has_new_needs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("experiment.toml");
    let text = FILE.replace("\"wide\"", "\"variational\"") + "[evaluation]\ntasks = [\"likelihood\"]\n";
    std::fs::write(&path, text).unwrap();
    assert!(Experiment::load(&path, &[]).is_err());
    assert_eq!(Experiment::load_record(&path).unwrap().runs[0].evaluation.tasks, [Task::Likelihood]);
}

#[test]
fn a_claim_about_a_former_measure_is_read_in_records_and_refused_in_files() {
    for number in ["test.pca.rate_at_distortion_2", "test.probabilistic_pca.log_likelihood"] {
        let claim = format!("{number} < 1");
        assert!(spec::Claim::parse(&claim).is_ok());
        let fault = load(&format!("claims = [\"{claim}\"]\n{FILE}"), &[]).unwrap_err();
        assert!(fault.contains("is found in older records alone; no task measures it now"), "{fault}");
    }
    assert!(spec::Claim::parse("test.probabilistic_pca.elbo < 1").is_err());
}

#[test]
fn a_claim_about_a_task_needs_the_task_and_the_test_split() {
    let claims = |claim: &str, tasks: &str| {
        load(&format!("claims = [\"{claim}\"]\n{FILE}[evaluation]\ntasks = [{tasks}]\n"), &[])
    };
    assert!(claims("test.autoencoder.prior_distance < 1", "\"prior\"").is_ok());
    let fault = claims("test.autoencoder.prior_distance < 1", "").unwrap_err();
    assert!(fault.contains("`prior_distance` is measured by `prior`, which is not among evaluation.tasks"), "{fault}");
    let fault = claims("train.autoencoder.prior_distance < 1", "\"prior\"").unwrap_err();
    assert!(fault.contains("is measured on the test split alone"), "{fault}");
    let fault = claims("test.prior_samples.mse_per_pixel < 1", "\"generation\"").unwrap_err();
    assert!(fault.contains("unknown field of prior_samples `mse_per_pixel`"), "{fault}");
}

#[test]
fn denoisers_need_noise_and_are_off_by_default() {
    assert_eq!(run(&["corruption.masking.fraction=0.2"]).evaluation.baselines, Baseline::DEFAULT);
    for denoiser in ["linear_denoiser", "wiener", "median_filter", "non_local_means"] {
        let baselines = format!("evaluation.baselines=[\"pca\", \"{denoiser}\"]");
        refused(&[&baselines], &format!("`{denoiser}` needs noise, but the file has none"));
        assert_eq!(run(&[&baselines, "corruption.masking.fraction=0.2"]).evaluation.baselines.len(), 2);
    }
    refused(&["evaluation.tasks=[\"noise_levels\"]"], "`noise_levels` needs noise, but the file has none");
}

#[test]
fn a_claim_about_a_denoiser_needs_the_denoiser_among_the_baselines() {
    let with = |claim: &str, evaluation: &str| {
        let text =
            format!("claims = [\"{claim}\"]\n{FILE}[corruption.masking]\nfraction = 0.2\n[evaluation]\n{evaluation}");
        load(&text, &[]).map(drop)
    };
    let fault = with("test.median_filter.mse_per_pixel < 1", "").unwrap_err();
    assert!(fault.contains("`median_filter` is not among evaluation.baselines"), "{fault}");
    with("test.median_filter.mse_per_pixel < 1", "baselines = [\"median_filter\"]").unwrap();
    with("test.median_filter.window < 9", "baselines = [\"median_filter\"]").unwrap();
    let fault = with("test.pca.mse_at_half_the_noise < 1", "").unwrap_err();
    assert!(fault.contains("measured by `noise_levels`"), "{fault}");
}

#[test]
fn dataset_side_works_for_data_sets_that_have_other_sides() {
    let plain = ["model.architecture=plain", "model.code=32"];
    let with = |more: &'static str| [&plain[..], &["dataset.side=56", more]].concat();
    let run_at_56 = run(&with("evaluation.tasks=[\"cost\"]"));
    assert_eq!((run_at_56.dataset.side(), run_at_56.model.network.shape), (Some(56), Shape::square(56)));
    assert_eq!(load(&run_at_56.to_toml(), &[]).unwrap().runs, [run_at_56]);
    assert_eq!(run(&["dataset.side=28"]), run(&[]));
    assert!(!run(&[]).to_toml().contains("side"), "specs older than this key do not change");

    refused(&["dataset.side=30"], "dataset.side = 30: expected one of 28, 56, 112");
    refused(
        &with("dataset.name=mnist"),
        "dataset.side = 56: images of mnist have 28 pixels a side; `glyphs` and `letters` can have other sides",
    );
    for own in ["model.architecture=deep", "model.architecture=recurrent", "model.code=8"] {
        assert_eq!(run(&with(own)).model.network.shape.values(), 3136, "{own}");
    }
    for task in [Task::Factors, Task::Compression, Task::Neighbours, Task::Anomaly, Task::Robustness] {
        let tasks = format!("evaluation.tasks=[\"{task}\"]");
        assert!(load(FILE, &[&with("training.epochs=3")[..], &[&tasks]].concat()).is_ok(), "{task}");
    }
    refused(
        &[&plain[..], &["dataset.side=112", "evaluation.tasks=[\"components\"]"]].concat(),
        "evaluation.tasks: `components` needs rows of at most 4096 values, but `glyphs` has rows of 112 x 112 pixels",
    );
    let transfer =
        |from: &'static str| [&with(from)[..], &["training.transfer.epochs=1", "training.transfer.tune=all"]].concat();
    refused(
        &transfer("training.transfer.from=mnist"),
        "training.transfer.from: `mnist` has no rows of 56 x 56 pixels like `glyphs`",
    );
    assert_eq!(run(&transfer("training.transfer.from=letters")).source().unwrap().side(), Some(56));
}
