//! `cargo xtask ci`: the checks of continuous integration, in order. The first failure ends the command.

use std::fs;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, anyhow};
use clap::Parser;
use system::terminal;

use crate::Failure;
use crate::programs::{cargo, follow, workspace};
use crate::regress::{self, Regress};

/// Cargo commands that run between the format check and the tests. All use release mode: the tests share compiled
/// crates with the programs, and train small networks.
const STEPS: [&[&str]; 2] = [
    &["clippy", "--release", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
    &["doc", "--release", "--workspace", "--no-deps", "--document-private-items", "--locked"],
];

/// Environment variable with the folder where tests look for the real MNIST.
const DATA: &str = "HOURGLASS_DATA";

pub(crate) fn ci() -> Result<(), Failure> {
    format()?;
    for step in STEPS {
        terminal::say(&format!("$ cargo {}\n", step.join(" ")));
        let mut command = cargo()?;
        command.args(step).env("RUSTDOCFLAGS", "-D warnings");
        follow(&mut command, &format!("cargo {}", step[0]), terminal::hand_on)?;
    }
    terminal::say("$ cargo xtask regress\n");
    regress::regress(&Regress::parse_from(["regress"]))?;
    test()
}

/// Checks the format of every file. `cargo fmt` does not find modules that a macro declares, so their files are
/// arguments.
fn format() -> Result<(), Failure> {
    terminal::say("$ cargo fmt --all --check\n");
    let mut command = cargo()?;
    command.args(["fmt", "--all", "--", "--check"]);
    for folder in ["evaluation/src/tasks", "figures/src/figure"] {
        let folder = workspace()?.root.join("crates").join(folder);
        let files = fs::read_dir(&folder).with_context(|| folder.display().to_string()).map_err(Failure::Failed)?;
        let paths = files.flatten().map(|file| file.path());
        command.args(paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs")));
    }
    follow(&mut command, "cargo fmt", terminal::hand_on)
}

/// Packages whose tests spend most of their time on one core, because planned faults and kills concern a whole process. They
/// run beside the tests of all others.
const BESIDE: [&str; 3] = ["report", "training", "trials"];

/// Runs every test, then prints the number of tests passed, failed and skipped.
fn test() -> Result<(), Failure> {
    let named = std::env::var_os(DATA).map(PathBuf::from);
    let folder = real_mnist(named, &workspace()?.root)?;
    let data = match &folder {
        Some(folder) => format!("real MNIST: tested on the files in {}", folder.display()),
        None => "real MNIST: not found in $HOURGLASS_DATA or data/mnist; its tests are skipped".to_owned(),
    };
    let command = |packages: &[String], more: &[&str]| {
        let mut command = cargo()?;
        command.args(["test", "--release", "--locked", "--no-fail-fast"]).args(packages).args(more);
        match &folder {
            Some(folder) => command.env(DATA, folder),
            None => command.env_remove(DATA),
        };
        Ok::<_, Failure>(command)
    };
    let workspace = vec!["--workspace".to_owned()];
    terminal::say(&format!("{data}\n$ cargo test --release --workspace --locked --no-fail-fast\n"));
    // Everything is built before, since a build would wait for the other one.
    follow(&mut command(&workspace, &["--no-run"])?, "cargo test", terminal::hand_on)?;
    let ignored: &[&str] = if folder.is_some() { &["--", "--include-ignored"] } else { &[] };
    let beside: Vec<String> = BESIDE.iter().flat_map(|name| ["-p".to_owned(), (*name).to_owned()]).collect();
    let others = BESIDE.iter().flat_map(|name| ["--exclude".to_owned(), (*name).to_owned()]);
    let others: Vec<String> = workspace.into_iter().chain(others).collect();
    let (mut beside, mut others) = (command(&beside, ignored)?, command(&others, ignored)?);
    let (mut printed, mut printed_beside) = (Vec::new(), Vec::new());
    let (result, result_beside) = thread::scope(|scope| {
        let printed_beside = &mut printed_beside;
        let beside =
            scope.spawn(move || follow(&mut beside, "cargo test", |bytes| printed_beside.extend_from_slice(bytes)));
        let result = follow(&mut others, "cargo test", |bytes| {
            terminal::hand_on(bytes);
            printed.extend_from_slice(bytes);
        });
        (result, beside.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    terminal::hand_on(&printed_beside);
    printed.extend(printed_beside);
    let mut counts = [0, 0, 0];
    for line in String::from_utf8_lossy(&printed).lines().filter_map(|line| line.strip_prefix("test result: ")) {
        let more = results(line).ok_or_else(|| Failure::Failed(anyhow!("cannot count the tests in `{line}`")))?;
        counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
    }
    terminal::say(&format!("{data}\n{} passed, {} failed, {} skipped\n", counts[0], counts[1], counts[2]));
    result.and(result_beside)
}

/// Tests passed, failed and ignored, from a closing line of one test program: `ok. 3 passed; 0 failed; 1 ignored; ...`.
fn results(line: &str) -> Option<[usize; 3]> {
    let count = |what| line.split_once(what)?.0.split_whitespace().last()?.parse().ok();
    Some([count(" passed")?, count(" failed")?, count(" ignored")?])
}

/// The folder with the four files of the real MNIST, if there is one: the named folder, its subfolder `mnist`, or the
/// subfolder that torchvision makes. The path is absolute, because tests run in other folders than this command.
fn real_mnist(named: Option<PathBuf>, workspace: &Path) -> Result<Option<PathBuf>, Failure> {
    const NAMES: [&str; 4] =
        ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];
    let is_file = |path: PathBuf| path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0);
    let holds = |folder: &Path| {
        NAMES.iter().all(|name| {
            let names = [(*name).to_owned(), name.replace("-idx", ".idx")];
            names.iter().any(|name| is_file(folder.join(name)) || is_file(folder.join(format!("{name}.gz"))))
        })
    };
    let roots = named.into_iter().chain([workspace.join("data")]);
    let mut places = roots.flat_map(|root| [root.join("mnist"), root.join("MNIST/raw"), root.join("raw"), root]);
    let absolute = places.find(|folder| holds(folder)).map(std::path::absolute).transpose();
    absolute.context("finding the working directory").map_err(Failure::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closing_line_gives_test_counts_or_nothing() {
        let line = "FAILED. 31 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s";
        assert_eq!(results(line), Some([31, 2, 1]));
        assert_eq!(results("ok. all passed"), None);
    }

    #[test]
    fn a_relative_data_folder_becomes_an_absolute_path() {
        let root = tempfile::tempdir_in(".").unwrap();
        std::fs::create_dir(root.path().join("mnist")).unwrap();
        for name in ["train-images-idx3", "train-labels.idx1", "t10k-images-idx3", "t10k-labels-idx1"] {
            std::fs::write(root.path().join(format!("mnist/{name}-ubyte.gz")), "1").unwrap();
        }
        let relative = PathBuf::from(root.path().file_name().unwrap());
        let found = real_mnist(Some(relative), Path::new("/nowhere")).ok().flatten().unwrap();
        assert!(found.is_absolute() && found.ends_with("mnist"), "{}", found.display());
    }
}
