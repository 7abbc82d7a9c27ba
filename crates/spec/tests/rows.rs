//! Rules for rows that are not images, have no classes and have values of any size: errors name what such rows lack.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::path::Path;

use spec::catalogue::{Activation, Plot, Task};
use spec::{Experiment, Override, Run, Shape};

const FILE: &str = r#"question = "What do readings allow?"
[dataset]
name = "sensors"
[model]
architecture = "plain"
code = 3
[training]
epochs = 3
batch_size = 100
loss = "mse"
[training.adam]
learning_rate = 0.001
"#;

fn load(sets: &[&str]) -> Result<Run, String> {
    let sets: Vec<Override> = sets.iter().map(|set| Override::set(set).unwrap()).collect();
    let experiment = Experiment::parse(Path::new("rows.toml"), FILE.to_owned(), &sets);
    experiment.map(|mut experiment| experiment.runs.remove(0)).map_err(|error| error.to_string())
}

#[track_caller]
fn refused(sets: &[&str], expected: &str) {
    let fault = load(sets).unwrap_err();
    assert!(fault.contains(expected), "{fault}");
}

#[test]
fn networks_have_the_width_of_the_rows_and_an_output_of_any_size() {
    let run = load(&[]).unwrap();
    assert_eq!((run.dataset.shape, run.dataset.classes().len()), (Shape::Vector { width: 24 }, 0));
    assert_eq!(
        (run.model.network.diagram(), run.model.network.output),
        ("24-64-3-64-24".to_owned(), Activation::Identity)
    );
    let text = run.to_toml();
    assert_eq!(Experiment::parse(Path::new("rows.toml"), text, &[]).unwrap().runs, [run]);
    let own = load(&["model.hidden=[300, 100]", "model.output=tanh"]);
    let fault = own.unwrap_err();
    assert!(fault.contains("is already set by model.architecture"), "{fault}");
}

#[test]
fn figures_of_images_and_classes_are_off_by_default_and_refused_if_listed() {
    let plots = load(&["evaluation.tasks=[\"activity\"]"]).unwrap().evaluation.plots;
    assert!([Plot::Reconstructions, Plot::LearningCurves, Plot::Activity].iter().all(|plot| plots.contains(plot)));
    assert!(![Plot::Filters, Plot::ErrorByClass, Plot::Codes].iter().any(|plot| plots.contains(plot)), "{plots:?}");
    refused(
        &["evaluation.plots=[\"filters\"]"],
        "evaluation.plots: `filters` needs grey images, but `sensors` has rows of 24 values",
    );
    refused(&["evaluation.plots=[\"error_by_class\"]"], "`error_by_class` needs classes, but `sensors` has none");
}

#[test]
fn tasks_and_baselines_that_need_more_than_numbers_are_refused_by_name() {
    let of = |task: Task| load(&[&format!("evaluation.tasks=[\"{task}\"]")]);
    for task in
        [Task::Activity, Task::Prior, Task::Generalisation, Task::Components, Task::Faults, Task::Cost, Task::Anomaly]
    {
        assert!(of(task).is_ok(), "{task}");
    }
    for task in
        [Task::Neighbours, Task::Classification, Task::Clustering, Task::Generation, Task::Classes, Task::Factors]
    {
        assert!(of(task).unwrap_err().contains(&format!("`{task}` needs classes, but `sensors` has none")), "{task}");
    }
    assert!(of(Task::Compression).unwrap_err().contains("`compression` needs grey images"));
    assert!(of(Task::Robustness).unwrap_err().contains("`robustness` needs values from 0 to 1"));
    // Without another data set of such rows, the anomalies are shuffled rows alone.
    let claims = "claims = [\"test.autoencoder.foreign_auroc > 0.9\"]\n[dataset]";
    let file = FILE.replace("[dataset]", claims) + "[evaluation]\ntasks = [\"anomaly\"]\n";
    let fault = Experiment::parse(Path::new("rows.toml"), file, &[]).unwrap_err().to_string();
    assert!(fault.contains("only measured if another embedded data set has rows of the same shape"), "{fault}");
    refused(
        &["dataset.name=surface", "evaluation.tasks=[\"faults\"]"],
        "`faults` needs a data set with known faults, such as `sensors`, but `surface` has none",
    );
    let noise = "corruption.gaussian.sigma=0.5";
    for (baseline, fault) in [("median_filter", Some("needs grey images")), ("linear_denoiser", None)] {
        let loaded = load(&[noise, &format!("evaluation.baselines=[\"pca\", \"{baseline}\"]")]);
        assert_eq!(loaded.clone().err().is_some_and(|found| found.contains(fault.unwrap_or("?"))), fault.is_some());
        assert_eq!(loaded.is_ok(), fault.is_none());
    }
}

#[test]
fn keys_for_pixels_or_classes_are_refused() {
    refused(&["training.loss=bce"], "training.loss = \"bce\" needs values from 0 to 1, but `sensors` has others");
    refused(&["dataset.pixels=threshold"], "dataset.pixels = \"threshold\" needs values from 0 to 1");
    refused(&["dataset.side=28"], "dataset.side = 28: `sensors` has rows of 24 values, which have no side");
    refused(&["dataset.without=3"], "dataset.without: `sensors` has no classes");
    refused(&["corruption.salt_and_pepper.fraction=0.1"], "corruption.salt_and_pepper needs values from 0 to 1");
    assert!(load(&["corruption.gaussian.sigma=0.5", "evaluation.tasks=[\"noise_levels\"]"]).is_ok());
    assert!(load(&["corruption.masking.fraction=0.5"]).is_ok());
    refused(&["model.architecture=recurrent"], "a gated network");
    refused(&["training.sample_weights=balanced"], "training.sample_weights = \"balanced\" needs classes");
    refused(&["training.sampling=balanced"], "training.sampling = \"balanced\" needs classes");
    refused(
        &["training.classifier.epochs=1", "training.classifier.adam.learning_rate=0.1"],
        "training.classifier needs classes",
    );
    refused(
        &["training.transfer.from=glyphs", "training.transfer.epochs=1", "training.transfer.tune=all"],
        "training.transfer.from: `glyphs` has no rows of 24 values like `sensors`",
    );
}

#[test]
fn claims_about_measures_of_images_or_classes_are_refused() {
    // The claim must be in the file: if a flag removes what a claim compares, the claim stays open.
    let with = |claim: &str| {
        let text = format!("claims = [\"{claim}\"]\n{FILE}");
        Experiment::parse(Path::new("rows.toml"), text, &[]).map_err(|error| error.to_string())
    };
    assert!(with("test.autoencoder.mse_per_pixel < test.pca.mse_per_pixel").is_ok());
    for (claim, fault) in [
        ("test.autoencoder.ssim > 0.5", "`autoencoder.ssim` is only measured on values from 0 to 1"),
        ("test.autoencoder.psnr_db > 5", "`autoencoder.psnr_db` is only measured on values from 0 to 1"),
        ("test.pca_clipped.mse_per_pixel > 0", "`pca_clipped.mse_per_pixel` is only measured on values from 0 to 1"),
    ] {
        let found = with(claim).unwrap_err();
        assert!(found.contains(fault), "{found}");
    }
}
