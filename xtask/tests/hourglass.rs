//! `hourglass`, the command line without cargo, started in any folder.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::Path;
use std::process::Output;

mod common;

fn hourglass(folder: &Path, arguments: &[&str]) -> Output {
    common::hourglass(folder).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn an_experiment_on_own_data_runs_in_the_folder_of_the_user() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..120).map(|row| format!("{},{},{}\n", row % 7, (row * row) % 11, row % 3)).collect();
    fs::write(folder.path().join("rows.csv"), format!("a,b,c\n{rows}")).unwrap();
    let made = hourglass(folder.path(), &["new", "mine.toml", "--data", "rows.csv"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains("hourglass run mine.toml"), "{}", text(&made.stdout));
    let flags = ["--set", "training.epochs=2", "--seed", "0"];
    let run = hourglass(folder.path(), &[&["run", "mine.toml"], &flags[..]].concat());
    assert!(run.status.success(), "{}", text(&run.stderr));
    let printed = text(&run.stdout);
    assert!(printed.contains("hourglass report") && !printed.contains("cargo xtask"), "{printed}");
    assert!(folder.path().join("results/mine/rows/index.html").is_file(), "{printed}");
    let again = hourglass(folder.path(), &[&["run", "mine.toml", "--quiet"], &flags[..]].concat());
    let answer = text(&again.stdout);
    assert!(answer.starts_with("mine on rows: Better than PCA? ") && answer.lines().count() == 1, "{answer}");
}

#[test]
fn help_and_errors_name_the_program_that_was_started() {
    let folder = tempfile::tempdir().unwrap();
    for command in [&[][..], &["run"], &["apply"], &["data", "fetch"], &["records", "pack"], &["completions"]] {
        let help = text(&hourglass(folder.path(), &[command, &["--help"]].concat()).stdout);
        assert!(help.contains("Usage: hourglass") && !help.contains("cargo xtask"), "{help}");
    }
    let missing = text(&hourglass(folder.path(), &["data", "list"]).stdout);
    assert!(missing.contains("hourglass data fetch mnist") && !missing.contains("cargo xtask"), "{missing}");
    let slip = text(&hourglass(folder.path(), &["run", "plian"]).stderr);
    assert!(slip.ends_with("experiments/plain.toml?\n"), "{slip}");
}

#[test]
fn a_folder_that_is_not_a_checkout_is_an_error_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = common::hourglass(folder.path());
    let output = command.arg("regress").env("HOURGLASS_WORKSPACE", folder.path()).output().unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(
        message.contains(": this is not a checkout of Hourglass; expected the folder that holds xtask"),
        "{message}"
    );
}

#[test]
fn completions_and_manual_pages_list_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&hourglass(folder.path(), &["completions", shell]).stdout);
        assert!(
            ["hourglass", "run", "compare", "--dry-run", "dry-run"]
                .iter()
                .filter(|word| script.contains(*word))
                .count()
                >= 4,
            "{shell}"
        );
        assert!(!script.contains("cargo xtask run"), "{shell}");
    }
    let made = hourglass(folder.path(), &["man", "pages"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let page = fs::read_to_string(folder.path().join("pages/hourglass-data-fetch.1")).unwrap();
    assert!(page.contains("hourglass data fetch") && page.contains("mirror"), "{page}");
    assert!(folder.path().join("pages/hourglass.1").is_file());
    fs::write(folder.path().join("file"), "").unwrap();
    let refused = hourglass(folder.path(), &["man", "file"]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(text(&refused.stderr), "error: file: this is a file; expected a folder\n");
}
