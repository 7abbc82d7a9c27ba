//! Whole runs of `hourglass-train`: what they record, and when they refuse to run.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use networks::NETWORKS;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use record::{Epoch, RunDirectory, State};
use spec::catalogue::Engine;
use system::storage;

const SPEC: &str = r#"name = "small"
question = "Does it train?"

[dataset]
name = "glyphs"
train = 300
validation = 50
test = 20

[model]
architecture = "plain"
code = 4

[corruption.gaussian]
sigma = 0.2

[training]
epochs = 3
batch_size = 64
loss = "mse"

[training.adam]
learning_rate = 0.01
"#;

const FOLDER: &str = "small/glyphs/plain-4/seed-0";

/// Starts the program on a spec, and keeps its standard input open.
fn started(spec: &str, out: &Path, arguments: &[&str]) -> Child {
    // The path from build time is wrong in a copied checkout; since version 1.94 cargo sets the variable at run time.
    let program = std::env::var_os("CARGO_BIN_EXE_trial-train").unwrap_or(env!("CARGO_BIN_EXE_trial-train").into());
    let mut child = Command::new(program)
        .arg("--out")
        .arg(out)
        .args(arguments)
        .env_remove("HOURGLASS_DATA")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.as_mut().unwrap().write_all(spec.as_bytes()).unwrap();
    child
}

/// Runs the program on a spec until it ends.
fn train(spec: &str, out: &Path, arguments: &[&str]) -> Output {
    started(spec, out, arguments).wait_with_output().unwrap()
}

#[track_caller]
fn trained(spec: &str, out: &Path, arguments: &[&str]) -> RunDirectory {
    let output = train(spec, out, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    RunDirectory::at(&folder_of_only_run(out))
}

fn folder_of_only_run(out: &Path) -> PathBuf {
    let mut path = out.to_owned();
    while !path.join("status.json").exists() {
        path = fs::read_dir(&path).unwrap().next().unwrap().unwrap().path();
    }
    path
}

fn epochs(directory: &RunDirectory) -> Vec<Epoch> {
    let mut epochs: Vec<Epoch> = storage::read_csv(&directory.epochs()).unwrap();
    epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
    epochs
}

#[test]
fn a_run_records_its_spec_environment_epochs_and_weights() {
    let out = tempfile::tempdir().unwrap();
    let directory = trained(SPEC, out.path(), &["--command", "as typed"]);
    assert_eq!(directory.path(), out.path().join(FOLDER));
    let run = record::read_run(&directory.experiment()).unwrap();
    assert_eq!((run.model.code(), run.training.epochs), (4, 3));
    let environment: record::Environment = storage::read_json(&directory.environment()).unwrap();
    assert_eq!(environment.command, "as typed");
    assert_eq!(environment.dataset_fingerprint.len(), 64);
    assert_eq!(environment.engine, Engine::Fused);
    let epochs = epochs(&directory);
    assert_eq!(epochs.iter().map(|epoch| epoch.epoch).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(epochs[2].train_loss < epochs[0].train_loss);
    assert!(epochs[2].validation_loss < epochs[0].validation_loss);
    assert!(NETWORKS.load(&run.model, &directory.model()).is_ok());
    assert!(!directory.last_model().exists(), "without early stopping the last weights are the model");
    let status = directory.status().unwrap().unwrap();
    assert_eq!((status.state, status.reason.as_deref()), (State::Interrupted, Some("trained, but not evaluated")));
}

#[test]
fn the_same_spec_gives_the_same_bytes_at_any_number_of_threads() {
    let stacked = SPEC.to_owned() + "[training.pretraining]\nepochs = 1\ncorruption.masking.fraction = 0.1\n";
    let regularised = SPEC.replace("batch_size = 64", "batch_size = 300\nsample_weights = \"balanced\"")
        + "[training.regularisation]\nl2 = 0.0001\nweight_decay = 0.1\ncode_l1 = 0.001\ndropout = 0.2\n";
    let tape = regularised.replace("batch_size", "engine = \"tape\"\nbatch_size");
    let resampled = SPEC.replace("batch_size", "sampling = \"balanced\"\nbatch_size");
    let focused = SPEC.to_owned() + "[training.hard_examples]\nfocus = 2.0\n";
    let transferred = focused.clone() + TRANSFER;
    let classified = regularised.clone() + CLASSIFIER;
    for spec in [SPEC, &stacked, &regularised, &tape, &resampled, &focused, &transferred, &classified] {
        let recorded: Vec<_> = ["1", "2", "3", "8"]
            .map(|threads| {
                let out = tempfile::tempdir().unwrap();
                let directory = trained(spec, out.path(), &["--threads", threads]);
                (fs::read(directory.model()).unwrap(), fs::read(directory.classifier()).ok(), epochs(&directory))
            })
            .into();
        assert!(recorded.iter().all(|record| *record == recorded[0]));
    }
}

#[test]
fn both_engines_train_to_about_the_same_loss_and_are_named_in_the_record() {
    let final_loss = |engine: Engine| {
        let out = tempfile::tempdir().unwrap();
        let spec = SPEC.replace("batch_size", &format!("engine = \"{engine}\"\nbatch_size"));
        let directory = trained(&spec, out.path(), &[]);
        let environment: record::Environment = storage::read_json(&directory.environment()).unwrap();
        assert_eq!(environment.engine, engine);
        epochs(&directory)[2].validation_loss.unwrap()
    };
    let (fused, tape) = (final_loss(Engine::Fused), final_loss(Engine::Tape));
    assert!((fused / tape - 1.0).abs() < 1e-3, "{fused} {tape}");
}

#[test]
fn another_seed_gives_other_weights() {
    let models = [0, 1].map(|seed| {
        let out = tempfile::tempdir().unwrap();
        let directory = trained(&format!("seeds = [{seed}]\n{SPEC}"), out.path(), &[]);
        fs::read(directory.model()).unwrap()
    });
    assert_ne!(models[0], models[1]);
}

#[test]
fn a_pretrained_run_trains_each_layer_and_then_the_whole_network() {
    let out = tempfile::tempdir().unwrap();
    let spec = SPEC.replace("\"plain\"", "\"deep\"") + "[training.pretraining]\nepochs = 2\n";
    let directory = trained(&spec, out.path(), &[]);
    let stages: Vec<String> = epochs(&directory).into_iter().map(|epoch| epoch.stage).collect();
    let expected = ["layer-1", "layer-2", "layer-3", "layer-4"].map(|layer| [layer; 2]).concat();
    assert_eq!(stages, [expected, vec!["fine-tuning"; 3]].concat());
}

#[test]
fn pretraining_lowers_the_loss_at_the_start_of_fine_tuning() {
    let first_loss = |spec: &str| {
        let out = tempfile::tempdir().unwrap();
        let epochs = epochs(&trained(spec, out.path(), &[]));
        epochs.iter().find(|epoch| !epoch.stage.starts_with("layer")).unwrap().train_loss
    };
    // Fitted biases already start at the error of the mean image, which so small a code does not improve much.
    let spec = SPEC.replace("batch_size", "initialisation = \"glorot\"\nbatch_size");
    let stacked = first_loss(&(spec.clone() + "[training.pretraining]\nepochs = 20\n"));
    let scratch = first_loss(&spec);
    assert!(stacked < 0.7 * scratch, "{stacked} against {scratch}");
}

#[test]
fn the_columns_of_a_discriminator_are_empty_in_stages_without_one() {
    let out = tempfile::tempdir().unwrap();
    let pretraining = "[training.pretraining]\nepochs = 1\n";
    let adversarial = "[training.adversarial]\nweight = 0.02\nadam.learning_rate = 0.001\n";
    let epochs = epochs(&trained(&(SPEC.to_owned() + pretraining + adversarial), out.path(), &[]));
    let with: Vec<_> = epochs.iter().map(|epoch| (&epoch.stage[..], epoch.discriminator_loss.is_some())).collect();
    let layers = ["layer-1", "layer-2"].map(|layer| (layer, false)).to_vec();
    assert_eq!(with, [layers, vec![("fine-tuning", true); 3]].concat());
}

const CLASSIFIER: &str = "[training.classifier]\nepochs = 4\ndropout = 0.1\nadam.learning_rate = 0.003\n";

#[test]
fn training_a_classifier_does_not_change_the_autoencoder_before_it() {
    for (engine, pretraining) in Engine::ALL.iter().zip(["", "[training.pretraining]\nepochs = 2\n"]) {
        let recorded = ["", CLASSIFIER, &(CLASSIFIER.to_owned() + "from = \"scratch\"\n")].map(|classifier| {
            let out = tempfile::tempdir().unwrap();
            let spec = SPEC.replace("batch_size", &format!("engine = \"{engine}\"\nbatch_size"));
            let directory = trained(&(spec + pretraining + classifier), out.path(), &[]);
            let run = record::read_run(&directory.experiment()).unwrap();
            let parameters = NETWORKS.load(&run.model, &directory.model()).unwrap().parameters();
            let loaded = NETWORKS.load_classifier(&run.model, 10, &directory.classifier()).ok();
            assert_eq!(loaded.is_some(), !classifier.is_empty());
            (parameters, loaded.map(|loaded| loaded.parameters()), epochs(&directory))
        });
        let [alone, tuned, scratch] = &recorded;
        assert!(alone.0 == tuned.0 && alone.0 == scratch.0);
        let (before, own) = tuned.2.split_at(alone.2.len());
        assert_eq!(before, alone.2);
        let stages: Vec<_> = own.iter().map(|epoch| (epoch.epoch - before.len(), &epoch.stage[..])).collect();
        assert_eq!(stages, [1, 2, 3, 4].map(|epoch| (epoch, "classifier")));
        assert!(own[3].validation_loss < own[0].validation_loss, "{own:?}");
        assert!(tuned.1 != scratch.1 && scratch.2[..before.len()] == *before);
        assert_ne!(own, &scratch.2[before.len()..]);
    }
}

#[test]
fn early_stopping_keeps_the_classifier_with_the_lowest_validation_loss() {
    let out = tempfile::tempdir().unwrap();
    let stopping = "[training.early_stopping]\npatience = 2\n";
    let spec = SPEC.to_owned() + stopping + &CLASSIFIER.replace("epochs = 4", "epochs = 200");
    let directory = trained(&spec, out.path(), &[]);
    let epochs = epochs(&directory);
    let own: Vec<&Epoch> = epochs.iter().filter(|epoch| epoch.stage == Epoch::CLASSIFIER).collect();
    assert!(own.len() < 200);
    let losses: Vec<f64> = own.iter().map(|epoch| epoch.validation_loss.unwrap()).collect();
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[losses.len() - 3], best, "the best came two epochs before the last");
    assert!(directory.last_model().exists());
    // The weights have that loss.
    let run = record::read_run(&directory.experiment()).unwrap();
    let classifier = NETWORKS.load_classifier(&run.model, 10, &directory.classifier()).unwrap();
    let validation = datasets::load(&run.dataset, run.seed, None).unwrap().validation;
    let mut images = zoo::Matrix::zeros(validation.len(), 784);
    (0..validation.len()).for_each(|image| validation.read(image, images.row_mut(image)));
    let logits = classifier.reconstruct(&images);
    let loss = |image: usize| {
        let row: Vec<f64> = logits.row(image).iter().map(|logit| f64::from(*logit)).collect();
        row.iter().map(|logit| logit.exp()).sum::<f64>().ln() - row[usize::from(validation.labels()[image])]
    };
    let mean = (0..validation.len()).map(loss).sum::<f64>() / validation.len() as f64;
    assert!((mean / best - 1.0).abs() < 1e-5, "{mean} {best}");
}

const TRANSFER: &str = "[training.transfer]\nfrom = \"glyphs\"\ntrain = 400\nepochs = 2\ntune = \"decoder\"\n";

#[test]
fn a_transferred_network_trains_on_its_source_and_is_then_tuned_as_the_file_says() {
    for engine in Engine::ALL {
        let recorded = ["nothing", "decoder", "all"].map(|tune| {
            let out = tempfile::tempdir().unwrap();
            let keys = format!("engine = \"{engine}\"\ninitialisation = \"glorot\"\nbatch_size");
            let spec = SPEC.replace("batch_size", &keys) + &TRANSFER.replace("\"decoder\"", &format!("\"{tune}\""));
            let directory = trained(&spec, out.path(), &[]);
            let run = record::read_run(&directory.experiment()).unwrap();
            let network = NETWORKS.load(&run.model, &directory.model()).unwrap();
            let (layout, parameters) = (network.layout(), network.parameters());
            let decoder = layout.layers[layout.encoder_layers].start;
            let environment: record::Environment = storage::read_json(&directory.environment()).unwrap();
            assert_ne!(environment.source_fingerprint, Some(environment.dataset_fingerprint));
            assert_eq!(environment.source_fingerprint.unwrap().len(), 64);
            (parameters[..decoder].to_vec(), parameters[decoder..].to_vec(), epochs(&directory))
        });
        let [nothing, decoder, all] = &recorded;
        assert_eq!(nothing.0, decoder.0, "the encoder keeps its bits");
        assert!(nothing.1 != decoder.1 && decoder.0 != all.0 && decoder.1 != all.1);
        let stages =
            |epochs: &[Epoch]| epochs.iter().map(|epoch| (epoch.epoch, epoch.stage.clone())).collect::<Vec<_>>();
        let expected = [(1, "source"), (2, "source"), (3, "tuning"), (4, "tuning"), (5, "tuning")];
        let expected = expected.map(|(epoch, stage)| (epoch, stage.to_owned()));
        assert_eq!(stages(&nothing.2), expected[..2]);
        assert_eq!((stages(&decoder.2), stages(&all.2)), (expected.to_vec(), expected.to_vec()));
        assert!(decoder.2[..2] == nothing.2[..] && all.2[..2] == nothing.2[..]);
        assert!(all.2[4].validation_loss < decoder.2[4].validation_loss);
        assert!(decoder.2[4].validation_loss < decoder.2[1].validation_loss);
    }
}

#[test]
fn a_transfer_from_the_same_images_reaches_the_loss_of_one_training() {
    let last_loss = |spec: &str| {
        let out = tempfile::tempdir().unwrap();
        epochs(&trained(spec, out.path(), &[])).last().unwrap().validation_loss.unwrap()
    };
    let whole = last_loss(&SPEC.replace("epochs = 3", "epochs = 40"));
    let parted = TRANSFER.replace("train = 400\nepochs = 2", "epochs = 20").replace("decoder", "all");
    let parted = last_loss(&(SPEC.replace("epochs = 3", "epochs = 20") + &parted));
    assert!((parted / whole - 1.0).abs() < 0.1, "{parted} {whole}");
}

#[test]
fn a_missing_source_is_refused_and_no_file_is_written() {
    let [out, empty] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let spec = SPEC.to_owned() + &TRANSFER.replace("glyphs", "kmnist");
    let output = train(&spec, out.path(), &["--data-dir", empty.path().to_str().unwrap()]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("cargo xtask data fetch kmnist"), "{message}");
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
}

#[test]
fn early_stopping_ends_each_stage_of_a_transfer_with_its_best_weights() {
    let out = tempfile::tempdir().unwrap();
    let spec = SPEC
        .replace("epochs = 3", "epochs = 400")
        .replace("train = 300", "train = 20")
        .replace("batch_size = 64", "batch_size = 20")
        .replace("[corruption.gaussian]\nsigma = 0.2\n", "")
        + "[training.early_stopping]\npatience = 5\n"
        + &TRANSFER.replace("train = 400\nepochs = 2", "epochs = 400").replace("decoder", "all");
    let epochs = epochs(&trained(&spec, out.path(), &[]));
    assert!(epochs.iter().map(|epoch| epoch.epoch).eq(1..=epochs.len()), "numbered without a gap");
    for stage in ["source", "tuning"] {
        let of = || epochs.iter().filter(|epoch| epoch.stage == stage).map(|epoch| epoch.validation_loss.unwrap());
        let (losses, best) = (of().collect::<Vec<_>>(), of().fold(f64::INFINITY, f64::min));
        assert!(losses.len() < 400, "{stage} stopped");
        assert_eq!(losses[losses.len() - 6], best, "five epochs after the best one of {stage}");
    }
}

#[test]
fn early_stopping_ends_the_training_and_keeps_the_best_weights() {
    let out = tempfile::tempdir().unwrap();
    // So few rows are soon overfitted, and the validation loss rises.
    let spec = SPEC
        .replace("epochs = 3", "epochs = 400")
        .replace("train = 300", "train = 20")
        .replace("batch_size = 64", "batch_size = 20")
        .replace("[corruption.gaussian]\nsigma = 0.2\n", "")
        + "[training.early_stopping]\npatience = 5\n";
    let directory = trained(&spec, out.path(), &[]);
    let losses: Vec<f64> = epochs(&directory).iter().map(|epoch| epoch.validation_loss.unwrap()).collect();
    assert!(losses.len() < 400, "it stopped");
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[losses.len() - 6], best, "five epochs after the best one");
    assert_ne!(fs::read(directory.model()).unwrap(), fs::read(directory.last_model()).unwrap());
}

/// Starts the program, stops it after it has started to train, and waits until it ends.
fn interrupted(spec: &str, out: &Path, stop: impl Fn(&mut Child)) -> Output {
    let mut child = started(&format!("{spec}\0"), out, &["--quiet"]);
    while !out.join(FOLDER).join("environment.json").exists() {
        assert_eq!(child.try_wait().unwrap(), None, "the training ended before it could be stopped");
        std::thread::sleep(Duration::from_millis(1));
    }
    stop(&mut child);
    child.wait_with_output().unwrap()
}

fn close_input(child: &mut Child) {
    drop(child.stdin.take());
}

/// Asserts that a run of many epochs, stopped by `stop`, leaves a checkpoint within an epoch and resumes to the same
/// weights.
#[track_caller]
fn stops_and_resumes(stop: impl Fn(&mut Child)) {
    let spec = SPEC.replace("train = 300", "train = 5000").replace("epochs = 3", "epochs = 100");
    let [whole, stopped] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let expected = trained(&spec, whole.path(), &[]);
    let output = interrupted(&spec, stopped.path(), stop);
    let directory = RunDirectory::at(&stopped.path().join(FOLDER));
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{message}");
    // Whoever started it says so.
    assert_eq!(message, "");
    assert!(directory.checkpoint().exists() && !directory.model().exists());
    assert_eq!(directory.status().unwrap().unwrap().state, State::Interrupted);
    let resumed = trained(&spec, stopped.path(), &["--resume"]);
    assert_eq!(epochs(&resumed), epochs(&expected));
    assert_eq!(fs::read(resumed.model()).unwrap(), fs::read(expected.model()).unwrap());
}

#[test]
fn a_run_whose_caller_has_ended_stops_and_can_be_resumed() {
    stops_and_resumes(close_input);
}

#[cfg(unix)]
#[test]
fn a_run_stopped_by_ctrl_c_can_be_resumed() {
    stops_and_resumes(|child| {
        let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    });
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let spec = SPEC.replace("epochs = 3", "epochs = 1000000");
    assert_eq!(interrupted(&spec, out.path(), close_input).status.code(), Some(130));
    let other = train(&spec.replace("learning_rate = 0.01", "learning_rate = 0.02"), out.path(), &["--resume"]);
    let message = String::from_utf8(other.stderr).unwrap();
    assert_eq!(other.status.code(), Some(2), "{message}");
    assert!(message.contains("has another spec or other data; start over with --force"), "{message}");
    let checkpoint = RunDirectory::at(&folder_of_only_run(out.path())).checkpoint();
    fs::write(&checkpoint, "torn").unwrap();
    assert_eq!(train(&spec, out.path(), &["--resume"]).status.code(), Some(2));
}

#[test]
fn divergence_is_recorded_as_failure() {
    let out = tempfile::tempdir().unwrap();
    let spec = SPEC
        .replace("\"plain\"", "\"linear\"")
        .replace("epochs = 3", "epochs = 200")
        .replace("[training.adam]\nlearning_rate = 0.01", "[training.sgd]\nlearning_rate = 10\nmomentum = 0.99");
    let output = train(&spec, out.path(), &["--quiet"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.starts_with("error: training diverged: the loss is no longer a finite number in epoch "),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1);
    let directory = RunDirectory::at(&folder_of_only_run(out.path()));
    let status = directory.status().unwrap().unwrap();
    assert_eq!(status.state, State::Failed);
    assert!(status.reason.unwrap().contains("diverged"));
    assert!(!directory.model().exists());
}

#[test]
fn a_missing_data_set_is_refused_and_no_file_is_written() {
    let out = tempfile::tempdir().unwrap();
    let empty = tempfile::tempdir().unwrap();
    let spec = SPEC.replace("\"glyphs\"", "\"mnist\"");
    let output = train(&spec, out.path(), &["--data-dir", empty.path().to_str().unwrap()]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("cargo xtask data fetch mnist") && message.contains("glyphs"), "{message}");
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
}

/// The four files of a data set whose pixels and labels are all 0, with `change` applied.
fn idx_files(folder: &Path, change: impl Fn(&str, &mut Vec<u8>)) {
    for (split, count) in [("train", 60_000_u32), ("t10k", 10_000)] {
        let images = [&[0, 0, 8, 3][..], &count.to_be_bytes(), &[0, 0, 0, 28], &[0, 0, 0, 28]].concat();
        let labels = [&[0, 0, 8, 1][..], &count.to_be_bytes()].concat();
        for (kind, mut bytes, size) in [("images-idx3", images, 784), ("labels-idx1", labels, 1)] {
            bytes.resize(bytes.len() + count as usize * size, 0);
            let name = format!("{split}-{kind}-ubyte");
            change(&name, &mut bytes);
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
}

#[test]
fn invalid_data_files_are_refused_in_one_line_and_no_file_is_written() {
    type Change = fn(&mut Vec<u8>);
    let cases: [(&str, Change, &str); 6] = [
        ("train-images-idx3-ubyte", |bytes| bytes.truncate(5000), "truncated: 5000 bytes, expected 47040016"),
        ("t10k-images-idx3-ubyte", |bytes| *bytes = b"not an image".to_vec(), "expected 00 00 08 03 for images"),
        ("t10k-labels-idx1-ubyte", |bytes| bytes.push(0), "bytes after the end"),
        ("train-labels-idx1-ubyte", |bytes| bytes[8] = 11, "label 11 at position 0, expected 0 to 9"),
        ("train-labels-idx1-ubyte", |bytes| bytes[7] -= 1, "labels, expected 60000"),
        ("train-images-idx3-ubyte", |bytes| bytes[11] = 27, "28"),
    ];
    for (file, change, expected) in cases {
        let [data, out] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        idx_files(data.path(), |name, bytes| {
            if name == file {
                change(bytes)
            }
        });
        // Only the published archives have checksums, so plain files are checked by their format.
        let spec = SPEC.replace("\"glyphs\"", "\"kmnist\"");
        let output = train(&spec, out.path(), &["--data-dir", data.path().to_str().unwrap()]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(file) && message.contains(expected), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_folder_in_use_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let directory = RunDirectory::at(&out.path().join(FOLDER));
    let _lock = directory.lock().unwrap();
    let output = train(SPEC, out.path(), &[]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("is in use by another command"), "{message}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("file");
    fs::write(&file, "").unwrap();
    let output = train(SPEC, &file, &[]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.starts_with(&format!("error: cannot write {}", file.display())), "{message}");
}

#[test]
fn both_engines_train_on_images_of_another_size() {
    let out = tempfile::tempdir().unwrap();
    let spec = SPEC.replace("\"glyphs\"", "\"glyphs\"\nside = 56").replace("code = 4", "code = 32");
    let losses = |engine: &str| {
        let spec = spec.replace("batch_size", &format!("engine = \"{engine}\"\nbatch_size"));
        let out = out.path().join(engine);
        fs::create_dir(&out).unwrap();
        let output = train(&spec, &out, &[]);
        assert!(output.status.success(), "{output:?}");
        let directory = RunDirectory::at(&out.join("small/glyphs/plain-32/seed-0"));
        let environment: record::Environment = storage::read_json(&directory.environment()).unwrap();
        assert_eq!(environment.engine.name(), engine);
        let run = record::read_run(&directory.experiment()).unwrap();
        assert_eq!(NETWORKS.load(&run.model, &directory.model()).unwrap().parameter_count(), 408_800);
        epochs(&directory)
    };
    for (fused, tape) in losses("fused").iter().zip(losses("tape")) {
        assert!((fused.train_loss / tape.train_loss - 1.0).abs() < 1e-3, "{fused:?} {tape:?}");
    }
}
