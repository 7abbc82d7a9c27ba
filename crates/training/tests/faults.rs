//! Injects a fault into each disk operation of a training, one at a time.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use networks::NETWORKS;
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use datasets::Sources;
use record::{Environment, Epoch, RunDirectory, State};
use spec::{Experiment, Run};
use system::storage;
use system::storage::faults;
use system::storage::faults::Fault;
use training::{Error, Options};

const SPEC: &str = "name = \"faults\"\nquestion = \"Does it survive?\"\n\
    [dataset]\nname = \"glyphs\"\ntrain = 60\nvalidation = 20\ntest = 10\n\
    [model]\narchitecture = \"plain\"\ncode = 2\n\
    [training]\nepochs = 3\nbatch_size = 20\nloss = \"mse\"\n\
    [training.adam]\nlearning_rate = 0.01\n[training.early_stopping]\npatience = 2\n\
    [training.pretraining]\nepochs = 1\n";

/// Lock for the one test that uses the disk: an injected fault affects every thread.
static DISK: Mutex<()> = Mutex::new(());

fn run(spec: &str) -> Run {
    Experiment::parse(Path::new("faults.toml"), spec.to_owned(), &[]).unwrap().runs.remove(0)
}

fn train(run: &Run, out: &Path, resume: bool, stop: bool) -> Result<RunDirectory, Error> {
    train_beside(run, out, resume, stop, None)
}

/// The same, with event files of TensorBoard in a folder.
fn train_beside(
    run: &Run,
    out: &Path,
    resume: bool,
    stop: bool,
    tensorboard: Option<&Path>,
) -> Result<RunDirectory, Error> {
    let stop = AtomicBool::new(stop);
    training::train(
        run,
        NETWORKS,
        &Options {
            out,
            sources: Sources::default(),
            command: String::new(),
            workspace: None,
            resume,
            tensorboard,
            quiet: true,
            stop: &stop,
        },
    )
}

/// The result of a training: a digest of every file, without times and places.
fn outcome(directory: &RunDirectory) -> BTreeMap<String, u64> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = match name.as_str() {
            ".lock" | "environment.json" => Vec::new(),
            "epochs.csv" => {
                let mut epochs: Vec<Epoch> = storage::read_csv(&path).unwrap();
                epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
                storage::to_csv(&epochs).unwrap()
            }
            _ => fs::read(&path).unwrap(),
        };
        let mut digest = DefaultHasher::new();
        bytes.hash(&mut digest);
        files.insert(name, digest.finish());
    }
    files
}

/// Asserts that every file that exists can be read.
#[track_caller]
fn assert_readable(run: &Run, directory: &RunDirectory) {
    let status = directory.status().unwrap();
    assert!(
        status.is_none_or(|status| status.state != State::Failed),
        "a fault of the disk is not a failure of the run"
    );
    let there = |path: &Path| path.exists();
    if there(&directory.experiment()) {
        record::read_run(&directory.experiment()).unwrap();
    }
    if there(&directory.environment()) {
        storage::read_json::<Environment>(&directory.environment()).unwrap();
    }
    if there(&directory.epochs()) {
        storage::read_csv::<Epoch>(&directory.epochs()).unwrap();
    }
    for model in [directory.model(), directory.last_model()] {
        if there(&model) {
            NETWORKS.load(&run.model, &model).unwrap();
        }
    }
}

/// Injects each kind of fault into each disk operation of `work`, on a folder that `prepare` made. Asserts that `mend` then
/// gives the same files as without a fault. Returns the number of faults.
fn walk(
    prepare: impl Fn(&Path),
    work: impl Fn(&Path) -> Result<RunDirectory, Error>,
    mend: impl Fn(&Path) -> RunDirectory,
    run: &Run,
) -> usize {
    let prepared = || {
        let out = tempfile::tempdir().unwrap();
        prepare(out.path());
        out
    };
    let undisturbed = prepared();
    let (result, changes) = faults::with(Fault::Never, || work(undisturbed.path()));
    assert!(matches!(result, Ok(_) | Err(Error::Interrupted)), "{result:?}");
    let expected = outcome(&mend(undisturbed.path()));
    for fault in [Fault::Once, Fault::Torn, Fault::Forever].iter().flat_map(|kind| (0..changes).map(kind)) {
        let out = prepared();
        let (result, _) = faults::with(fault, || work(out.path()));
        let text = result.map(|_| ()).unwrap_err().to_string();
        assert!(text.contains(&*out.path().to_string_lossy()), "{fault:?}: the error names no file: {text}");
        assert_readable(run, &RunDirectory::of(run, out.path()));
        assert_eq!(outcome(&mend(out.path())), expected, "{fault:?}");
    }
    3 * changes
}

#[test]
fn a_run_with_a_disk_fault_anywhere_resumes_to_the_same_files() {
    let _disk = DISK.lock().unwrap_or_else(PoisonError::into_inner);
    let run = run(SPEC);
    let faults = walk(|_| {}, |out| train(&run, out, false, false), |out| train(&run, out, true, false).unwrap(), &run);
    println!("walked {faults} faults of a new run");
    assert!(faults > 60);
}

#[test]
fn replacing_a_run_leaves_the_old_or_the_new_run_after_any_disk_fault() {
    let _disk = DISK.lock().unwrap_or_else(PoisonError::into_inner);
    let (old, new) = (run(&SPEC.replace("0.01", "0.02")), run(SPEC));
    let complete = |out: &Path| {
        let directory = train(&old, out, false, false).unwrap();
        directory.complete().unwrap();
    };
    let faults =
        walk(complete, |out| train(&new, out, false, false), |out| train(&new, out, false, false).unwrap(), &new);
    println!("walked {faults} faults of a run that replaces another");
}

#[test]
fn stopping_and_resuming_a_run_survive_any_disk_fault() {
    let _disk = DISK.lock().unwrap_or_else(PoisonError::into_inner);
    let run = run(SPEC);
    let resumed = |out: &Path| train(&run, out, true, false).unwrap();
    let stopped = walk(|_| {}, |out| train(&run, out, false, true), resumed, &run);
    let prepare = |out: &Path| assert!(matches!(train(&run, out, false, true), Err(Error::Interrupted)));
    let taken_up = walk(prepare, |out| train(&run, out, true, false), resumed, &run);
    println!("walked {stopped} faults of a run that is stopped and {taken_up} of one that is resumed");
}

#[test]
fn event_files_that_cannot_be_written_stop_no_training_and_change_no_bit() {
    let _disk = DISK.lock().unwrap_or_else(PoisonError::into_inner);
    let run = run(SPEC);
    let train_in = |folder: &Path| train_beside(&run, &folder.join("out"), false, false, Some(&folder.join("logs")));
    let without = tempfile::tempdir().unwrap();
    let expected = outcome(&train(&run, without.path(), false, false).unwrap());
    let undisturbed = tempfile::tempdir().unwrap();
    let (result, changes) = faults::with(Fault::Never, || train_in(undisturbed.path()));
    assert_eq!(outcome(&result.unwrap()), expected);
    assert!(RunDirectory::of(&run, &undisturbed.path().join("logs")).path().join("batches").is_dir());
    let mut survived = 0;
    for fault in (0..changes).map(Fault::Torn) {
        let folder = tempfile::tempdir().unwrap();
        match faults::with(fault, || train_in(folder.path())).0 {
            Ok(directory) => {
                survived += 1;
                assert_eq!(outcome(&directory), expected, "{fault:?}");
            }
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains(&*folder.path().join("out").to_string_lossy()), "{fault:?}: {text}");
            }
        }
    }
    // A folder, two files, and what is handed over at the start, after each epoch and at the end.
    assert!(survived > 8, "{survived}");
    let blocked = tempfile::tempdir().unwrap();
    fs::write(blocked.path().join("logs"), "a file in the way").unwrap();
    assert_eq!(outcome(&train_in(blocked.path()).unwrap()), expected);
}
