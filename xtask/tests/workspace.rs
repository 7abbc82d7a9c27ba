//! Commands work in the checkout that they are started in, and two commands at once do not disturb each other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use system::storage;

use self::common::{workspace, xtask};

mod common;

/// A workspace with programs of the right names. Each program only writes an empty file with its name.
fn other_workspace(folder: &Path) {
    fs::create_dir_all(folder.join("xtask/src")).unwrap();
    fs::write(folder.join("Cargo.toml"), "[workspace]\nresolver = \"3\"\nmembers = [\"*/\"]\nexclude = [\"target\"]\n")
        .unwrap();
    let packages = [
        ("programs", &["hourglass-train", "hourglass-evaluate"][..]),
        ("datasets", &["hourglass-data"]),
        ("xtask", &["xtask"]),
    ];
    for (package, programs) in packages {
        fs::create_dir_all(folder.join(package).join("src/bin")).unwrap();
        let manifest = format!("[package]\nname = \"{package}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        fs::write(folder.join(package).join("Cargo.toml"), manifest).unwrap();
        for program in programs {
            let main = format!("fn main() {{ std::fs::write({:?}, \"\").unwrap() }}\n", folder.join(program));
            fs::write(folder.join(package).join(format!("src/bin/{program}.rs")), main).unwrap();
        }
    }
    let locked = Command::new("cargo").args(["generate-lockfile", "--offline"]).current_dir(folder).status();
    assert!(locked.unwrap().success());
}

#[test]
fn a_command_builds_and_starts_the_programs_of_the_checkout_it_is_started_in() {
    let folder = tempfile::tempdir().unwrap();
    let [by_cargo, by_hand] = ["by-cargo", "by-hand"].map(|name| folder.path().join(name));
    for (checkout, cargo_says) in [(&by_cargo, true), (&by_hand, false)] {
        other_workspace(checkout);
        let mut command = xtask();
        command.args(["report", "nowhere"]).env_remove("CARGO_TARGET_DIR");
        if cargo_says {
            command.env("CARGO_MANIFEST_DIR", checkout.join("xtask")).current_dir(folder.path());
        } else {
            command.env_remove("CARGO_MANIFEST_DIR").current_dir(checkout.join("xtask"));
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(checkout.join("hourglass-evaluate").exists(), "the program of another checkout was started");
    }
}

#[test]
fn outside_a_workspace_the_error_of_cargo_names_the_missing_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = xtask();
    command.args(["report", "nowhere"]).env_remove("CARGO_MANIFEST_DIR").current_dir(folder.path());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("could not find `Cargo.toml`"));
}

#[test]
fn no_source_file_uses_the_path_of_its_build_folder() {
    let own_name = "CARGO_BIN_EXE_";
    let mut folders: Vec<PathBuf> = ["benches", "crates", "xtask"].map(|name| workspace().join(name)).into();
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                read += 1;
                // Paths in `include_str!` and its relatives are used at build time only.
                let mut text = fs::read_to_string(&path).unwrap().replace("include!(concat!(env!(\"OUT_DIR\")", "");
                // `hourglass` is installed elsewhere. It uses this path if it finds no checkout, and the error names
                // the path.
                if path.ends_with("xtask/src/bin/hourglass.rs") {
                    text = text.replacen(&["xtask::hourglass(env!(\"", "CARGO_MANIFEST_DIR\"))"].concat(), "", 1);
                }
                // Only the variable's name, so that the search does not find this line.
                let baked = [
                    ["env!(\"", "CARGO_MANIFEST_"].concat(),
                    ["env!(\"", "OUT_DIR"].concat(),
                    ["file", "!()"].concat(),
                ];
                assert!(!baked.iter().any(|path| text.contains(path)), "{}", path.display());
                let programs = text.matches(&["env!(\"", own_name].concat()).count();
                assert!(programs <= text.matches(&["var_os(\"", own_name].concat()).count(), "{}", path.display());
            }
        }
    }
    assert!(read > 100);
}

#[test]
fn one_suite_of_the_gate_runs_at_a_time_in_the_folder_that_cargo_names() {
    let target = tempfile::tempdir().unwrap();
    let _lock = storage::lock(&target.path().join("regress/.smoke.lock")).unwrap();
    let records = target.path().join("regress/smoke");
    fs::create_dir_all(&records).unwrap();
    let output = xtask().arg("regress").env("CARGO_TARGET_DIR", target.path()).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("regress is in use by another command; wait until it has ended"), "{message}");
    assert!(records.exists(), "the other's records are removed");
}

#[test]
fn junit_and_json_never_replace_the_baseline() {
    let baseline = workspace().join("results/baselines/smoke.json");
    let before = fs::read(&baseline).unwrap();
    for flag in ["--json", "--junit"] {
        let output = xtask().args(["regress", "--records", "results", flag]).arg(&baseline).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("this file is the baseline"));
    }
    assert_eq!(fs::read(&baseline).unwrap(), before);
}

#[test]
fn a_clone_has_the_same_bytes_for_every_line_ending_setting_of_git() {
    let folder = tempfile::tempdir().unwrap();
    let [origin, clone] = ["origin", "clone"].map(|name| folder.path().join(name));
    fs::create_dir(&origin).unwrap();
    fs::copy(workspace().join(".gitattributes"), origin.join(".gitattributes")).unwrap();
    let files = [("text.toml", &b"a = 1\nb = 2\n"[..]), ("dos.csv", b"a\r\nb\r\n"), ("binary", b"\0\n\r\n")];
    for (name, bytes) in files {
        fs::write(origin.join(name), bytes).unwrap();
    }
    let git = |folder: &Path, arguments: &[&str]| {
        let settings = ["-c", "core.autocrlf=true", "-c", "user.name=a", "-c", "user.email=a@b.c"];
        let output = Command::new("git").current_dir(folder).args(settings).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    git(&origin, &["init", "--quiet"]);
    git(&origin, &["add", "."]);
    git(&origin, &["commit", "--quiet", "-m", "Files"]);
    git(folder.path(), &["clone", "--quiet", "origin", "clone"]);
    for (name, bytes) in files {
        assert_eq!(fs::read(clone.join(name)).unwrap(), bytes, "{name}");
    }
}

/// The features of each dependency of some packages, by name and version.
fn features(packages: &[&str]) -> BTreeMap<String, String> {
    let mut cargo = Command::new("cargo");
    cargo.args(["tree", "--locked", "--edges", "no-dev", "--prefix", "none", "--format", "{p}\t{f}"]);
    for package in packages {
        cargo.args(["--package", package]);
    }
    let output = cargo.current_dir(workspace()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|line| line.trim_end_matches(" (*)").split_once('\t'));
    lines.map(|(package, features)| (package.to_owned(), features.to_owned())).collect()
}

#[test]
fn the_command_line_and_the_programs_share_compiled_dependencies() {
    let (own, programs) = (features(&["xtask"]), features(&["programs", "datasets"]));
    let shared: Vec<&String> = own.keys().filter(|package| programs.contains_key(*package)).collect();
    assert!(shared.len() > 50, "{shared:?}");
    for package in shared {
        assert_eq!(own[package], programs[package], "{package} is compiled twice: see crates/spec/Cargo.toml");
    }
}
