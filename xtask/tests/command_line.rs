//! Invalid command lines: each ends in one line of error and exit code 2, and writes nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::fs;
use std::process::Output;

use spec::catalogue::DatasetName;

use self::common::workspace;

mod common;

fn xtask(arguments: &[&str]) -> Output {
    common::xtask().args(arguments).env_remove("HOURGLASS_DATA").output().unwrap()
}

/// Runs `run` on an experiment with flags that cannot work.
#[track_caller]
fn refused(arguments: &[&str], expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let output = xtask(&[&["run"], arguments, &["--out", out.to_str().unwrap()]].concat());
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains(expected), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(!out.exists(), "something was written");
}

const PLAIN: &str = "experiments/plain.toml";

/// Files in `experiments/` that are not experiments.
const OF_THE_REPORT: [&str; 3] = ["statements.toml", "published.toml", "refutations.toml"];

#[test]
fn faults_in_specs_and_flags_are_refused() {
    let absent = "error: cannot read experiments/absent.toml: No such file or directory (os error 2)\n";
    refused(&["experiments/absent.toml"], absent);
    refused(&["plain"], "error: plain: no such file; did you mean experiments/plain.toml?\n");
    refused(&["experiments/plian.toml"], "plian.toml: no such file; did you mean experiments/plain.toml?");
    refused(
        &["experiments"],
        "error: experiments is a folder; expected experiment files, such as experiments/adversarial.toml",
    );
    refused(&[PLAIN, "--set", "model.architecture=plane"], "did you mean `plain`?");
    refused(&[PLAIN, "--set", "model.code=0"], "model.code = 0: expected at least 1 unit");
    refused(&[PLAIN, "--set", "corruption.gaussian.sigma=-1"], "expected a number above 0");
    refused(&[PLAIN, "--set", "training.epochs=0"], "expected a number from 1");
    refused(&[PLAIN, "--set", "training.batch_size=0"], "expected 1 to 20000");
    refused(&[PLAIN, "--set", "dataset.train=70001"], "expected a number from 10 to 60000");
    refused(&[PLAIN, "--dataset", "mnist", "--set", "dataset.train=70001"], "expected a number from 10 to 60000");
    refused(&[PLAIN, "--dataset", "minst"], "--dataset minst: unknown dataset `minst`; did you mean `mnist`?");
    refused(&[PLAIN, "--set", "training.epoch=3"], "did you mean `epochs`?");
    refused(&[PLAIN, "--seeds", "1,1"], "--seeds 1,1: seeds lists 1 twice");
    refused(&[PLAIN, PLAIN], "two files are named `plain`");
}

#[test]
fn faults_in_files_are_refused_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let plain = fs::read_to_string(workspace().join(PLAIN)).unwrap();
    let path = file.to_str().unwrap();
    fs::write(&file, plain.replace("epochs = 50", "epochs = ")).unwrap();
    refused(&[path], "mine.toml:12:10: ");
    fs::write(&file, plain.replace("epochs", "epoch")).unwrap();
    refused(&[path], "mine.toml:12:1: unknown key `epoch`; did you mean `epochs`?");
    fs::write(&file, [0xff, 0xfe]).unwrap();
    refused(&[path], "cannot read ");
}

#[test]
fn faults_of_all_files_are_reported_and_a_fault_of_a_flag_once() {
    let message = |arguments: &[&str]| {
        let output = xtask(&[&["run", "--dry-run"], arguments].concat());
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let absent = message(&["absent.toml", PLAIN, "gone.toml"]);
    assert_eq!(absent.matches("error: cannot read ").count(), 2, "{absent}");
    let flag = message(&[PLAIN, "experiments/deep.toml", "--dataset", "minst"]);
    assert_eq!(flag.matches("unknown dataset").count(), 1, "{flag}");
}

#[test]
fn the_dry_run_is_a_table_of_experiments_or_of_the_runs_of_one() {
    let table = |arguments: &[&str]| {
        let output = xtask(&[&["run"], arguments, &["--dry-run", "--out", "target/no-such-folder"]].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("|"))
            .collect::<Vec<_>>()
    };
    let many = table(&[PLAIN, "experiments/features.toml", "--seeds", "0,1"]);
    assert_eq!(many[0], "experiment|data set|networks|runs|done|time|tasks");
    assert!(many[1].starts_with("plain|glyphs|1|2|0|") && many[1].ends_with("|none"), "{many:?}");
    assert!(many[2].starts_with("features|glyphs|2|4|0|") && many[2].ends_with("|classification"), "{many:?}");
    assert!(many[3].starts_with("all|3|6|0|"), "{many:?}");
    assert!(many[5].starts_with("6 of 6 runs to do, about ") && many[5].ends_with(" % of it is training"), "{many:?}");
    // The line about networks to compile depends on earlier builds.
    assert!(many.len() <= 8, "{many:?}");

    let one = table(&[PLAIN, "--seeds", "0,1", "--set", "training.epochs=7"]);
    assert!(one[0].starts_with("plain on glyphs: How much lower"), "{one:?}");
    assert_eq!(one[2], "run|parameters|training rows|epochs at most|time|state");
    assert!(one[3].starts_with("plain-32/seed-0|105392|20000|7|") && one[3].ends_with("|to do"), "{one:?}");
    assert!(one[4].starts_with("plain-32/seed-1|"), "{one:?}");
    assert_eq!(one[5], "tasks: none");
}

#[test]
fn the_estimate_grows_with_epochs_rows_and_tasks() {
    // Estimated seconds of the only run.
    let seconds = |arguments: &[&str]| -> f64 {
        let output = xtask(&[&["run", PLAIN, "--dry-run", "--out", "target/no-such-folder"], arguments].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let time = text.split_once("about ").unwrap().1.split_once(" on two").unwrap().0;
        let (number, unit) = time.split_once(' ').unwrap();
        number.parse::<f64>().unwrap() * BTreeMap::from([("s", 1.0), ("min", 60.0), ("h", 3600.0)])[unit]
    };
    let usual = seconds(&[]);
    assert!(seconds(&["--set", "training.epochs=5000"]) > 30.0 * usual);
    assert!(seconds(&["--dataset", "mnist"]) > 1.5 * usual);
    assert!(seconds(&["--set", "evaluation.tasks=[\"classification\"]"]) > 10.0 + usual);
    assert!(seconds(&["--engine", "tape"]) > 2.0 * usual);
}

#[test]
fn reproduce_needs_the_folder_of_a_complete_run() {
    let output = xtask(&["reproduce", "results/plain"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(message, "error: results/plain records no run; expected a folder that ends in seed-N\n");
}

#[test]
fn every_experiment_has_a_question_and_claims_and_dry_runs_without_writing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut count = 0;
    for entry in fs::read_dir(workspace().join("experiments")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml")
            && !OF_THE_REPORT.iter().any(|of| path.ends_with(of))
        {
            let experiment = spec::Experiment::load(&path, &[]).unwrap();
            assert!(experiment.question.ends_with('?') && !experiment.claims.is_empty(), "{}", path.display());
            let arguments = ["run", path.to_str().unwrap(), "--dry-run", "--verbose", "--out", out.to_str().unwrap()];
            let there = |name: &&str| {
                let shapes = name.parse::<DatasetName>().unwrap().facts().shapes;
                experiment.runs.iter().all(|run| shapes.contains(&run.dataset.shape))
            };
            for dataset in ["glyphs", "mnist", "fashion-mnist", "kmnist"].into_iter().filter(there) {
                let output = xtask(&[&arguments[..], &["--dataset", dataset]].concat());
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                let text = String::from_utf8(output.stdout).unwrap();
                assert!(text.contains("parameters") && text.contains(&format!("name = \"{dataset}\"")), "{text}");
            }
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
    assert!(!out.exists());
}

#[test]
fn files_of_the_report_are_skipped_among_experiments_and_an_error_alone() {
    let files = OF_THE_REPORT.map(|name| format!("experiments/{name}"));
    let output = xtask(&["run", &files[0], PLAIN, &files[1], "--dry-run"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, xtask(&["run", PLAIN, "--dry-run"]).stdout);
    let error = "error: experiments/statements.toml is not an experiment file: `cargo xtask report` reads it\n";
    refused(&[&files[0], &files[1]], error);
    refused(
        &[&files[2]],
        "error: experiments/refutations.toml is not an experiment file: the tests of `spec` read it\n",
    );
}

#[test]
fn the_dry_run_prints_an_experiment_file_that_repeats_the_run() {
    let output = xtask(&["run", PLAIN, "--dry-run", "--verbose", "--seed", "5", "--set", "training.epochs=2"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let again = spec::Experiment::parse("again.toml".as_ref(), text, &[]).unwrap();
    assert_eq!((again.runs[0].seed, again.runs[0].training.epochs), (5, 2));
}

#[test]
fn every_help_shows_its_own_usage_and_an_example() {
    // The names below `Commands:`.
    let commands = |help: &str| -> Vec<String> {
        let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        lines
            .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
            .filter(|name| name != "help")
            .collect()
    };
    let mut waiting: Vec<Vec<String>> = vec![Vec::new()];
    let mut count = 0;
    while let Some(words) = waiting.pop() {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = String::from_utf8(xtask(&arguments).stdout).unwrap();
        let name = [vec!["cargo".to_owned(), "xtask".to_owned()], words.clone()].concat().join(" ");
        assert!(help.contains(&format!("Usage: {name}")), "{help}");
        // Completions and manual pages are for `hourglass` only.
        let of_hourglass = name.replace("cargo xtask", "hourglass");
        let example = help.split_once("Example").map(|(_, text)| text.contains(&name) || text.contains(&of_hourglass));
        assert_eq!(example, Some(true), "no example in the help of `{name}`: {help}");
        waiting.extend(commands(&help).into_iter().map(|inner| [words.clone(), vec![inner]].concat()));
        count += 1;
    }
    assert!(count > 20, "{count} commands");
}

#[cfg(unix)]
#[test]
fn open_shows_the_page_or_prints_its_path_and_quiet_prints_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let opened = folder.path().join("opened");
    let small = ["--set", "training.epochs=1", "--set", "dataset.train=300", "--set", "dataset.test=60"];
    let run = |browser: &str| {
        let mut command = common::xtask();
        command.args(["run", PLAIN, "--quiet", "--open", "--out", out]).args(small);
        command.env("BROWSER", browser).output().unwrap()
    };
    let output = run(&format!("cp %s {}", opened.display()));
    let answer = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(answer.starts_with("plain on glyphs: Better than PCA? ") && answer.lines().count() == 1, "{answer}");
    assert_eq!(fs::read(&opened).unwrap(), fs::read(folder.path().join("plain/glyphs/index.html")).unwrap());
    for (browser, expected) in
        [("no-such-browser", "there is no program `no-such-browser`"), ("false", "`false` failed")]
    {
        let output = run(browser);
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{message}");
        assert!(
            message.contains(&format!("--open: {expected}; open {out}/plain/glyphs/index.html in a browser")),
            "{message}"
        );
    }
}
