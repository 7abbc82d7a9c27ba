//! The commands in the README and the docs work as written.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

mod common;

/// The pages that show commands.
const PAGES: [&str; 13] = [
    "README.md",
    "docs/command-line.md",
    "docs/first-hour.md",
    "docs/your-own-data.md",
    "docs/keys.md",
    "docs/results.md",
    "docs/method.md",
    "docs/measures.md",
    "docs/claims.md",
    "docs/tools.md",
    "experiments/README.md",
    "models/README.md",
    "results/README.md",
];
/// Commands that have subcommands.
const NESTED: [&str; 3] = ["bench", "data", "records"];
/// Flags that shorten an experiment on embedded data to about a second.
const SMALL: [&str; 5] = [
    "dataset.train=300",
    "dataset.validation=40",
    "dataset.test=60",
    "training.epochs=1",
    "evaluation.plots=[\"codes\"]",
];

/// The words of a line as a shell reads them: quotes keep words together, and `#` begins a comment.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// The commands in the code blocks of a page, without `cargo xtask`.
fn commands(page: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(common::workspace().join(page)).unwrap().replace("\\\n", "");
    let lines = text.lines().filter_map(|line| line.strip_prefix("    cargo xtask "));
    lines.flat_map(|line| line.split(" && cargo xtask ")).map(words).collect()
}

#[test]
fn lines_are_read_as_a_shell_reads_them() {
    assert_eq!(
        words("run a.toml --set 'claims=[\"x < 1\"]'   # why"),
        ["run", "a.toml", "--set", "claims=[\"x < 1\"]"]
    );
    assert!(words("# all of it").is_empty());
}

#[test]
fn every_documented_command_exists_with_its_flags_and_files() {
    let mut helps: BTreeMap<Vec<String>, String> = BTreeMap::new();
    let mut count = 0;
    for page in PAGES {
        for command in commands(page) {
            let depth = if NESTED.contains(&command[0].as_str()) { 2 } else { 1 };
            let name: Vec<String> = command.iter().take(depth).filter(|word| !word.starts_with('-')).cloned().collect();
            let help = helps.entry(name.clone()).or_insert_with(|| {
                let output = common::xtask().args(&name).arg("--help").output().unwrap();
                assert!(output.status.success(), "{page}: {command:?}: {}", String::from_utf8_lossy(&output.stderr));
                String::from_utf8(output.stdout).unwrap()
            });
            for word in &command {
                let flag = word.split('=').next().unwrap();
                assert!(!flag.starts_with("--") || help.contains(flag), "{page}: {command:?}: {flag}");
                let is_ours = word.starts_with("experiments/") || word.starts_with("models/");
                let is_there = !is_ours || word.contains(['*', 'F']) || common::workspace().join(word).exists();
                assert!(is_there, "{page}: {command:?}: {word} is not there");
            }
            count += 1;
        }
    }
    assert!(count > 60, "{count} commands");
}

#[test]
fn the_first_hour_works_as_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for command in commands("docs/first-hour.md") {
        // All output goes into the folder.
        let is_new = |word: &str| {
            word.starts_with("results/")
                || !word.contains('/') && [".toml", ".csv"].iter().any(|ending| word.ends_with(ending))
        };
        let mut arguments: Vec<String> =
            command.iter().map(|word| if is_new(word) { at(word) } else { word.clone() }).collect();
        match command[0].as_str() {
            "run" => arguments.extend(["--out".to_owned(), at("results")]),
            "report" => arguments.push(at("results")),
            _ => {}
        }
        if command[0] == "run" && command[1].starts_with("experiments/") {
            arguments.extend(SMALL.iter().flat_map(|key| ["--set".to_owned(), (*key).to_owned()]));
        }
        let output = common::xtask().args(&arguments).env_remove("HOURGLASS_DATA").output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    for made in ["scores.csv", "better.csv", "results/report.html"] {
        assert!(Path::new(&at(made)).is_file(), "{made}");
    }
}
