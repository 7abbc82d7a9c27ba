//! The commands in the README and the docs work as written.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

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

/// Flags that make an experiment on own data a matter of a second. Several share one network for each width of rows.
const SMALL_OWN: [&str; 8] =
    ["--seed", "0", "--set", "model.hidden=[4]", "--set", "model.code=2", "--set", "training.epochs=1"];

/// Writes the files that the pages name: a table, new rows, pictures, an array, files like MNIST's, recordings, and texts.
fn write_own_data(folder: &Path) {
    let readings = fs::read_to_string(common::workspace().join("models/readings.csv")).unwrap();
    let mut table = String::new();
    for (index, line) in readings.lines().enumerate() {
        let state = if index == 0 {
            "state"
        } else if index % 9 == 0 {
            "worn"
        } else {
            "ok"
        };
        table += &format!("{line},{state}\n");
    }
    fs::write(folder.join("readings.csv"), &table).unwrap();
    let without_state: String = readings.lines().take(60).map(|line| format!("{line}\n")).collect();
    fs::write(folder.join("today.csv"), without_state).unwrap();

    fs::create_dir(folder.join("pictures")).unwrap();
    for index in 0..100_usize {
        let file = fs::File::create(folder.join(format!("pictures/{index}.png"))).unwrap();
        let mut encoder = png::Encoder::new(file, 6, 4);
        encoder.set_color(png::ColorType::Grayscale);
        let pixels: Vec<u8> = (0..24).map(|pixel| ((pixel * 7 + index * 11) % 256) as u8).collect();
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    }
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, 100, 0, 0, 0, 4, 0, 0, 0, 6];
    images.extend((0..100 * 24).map(|value: usize| (value * value % 256) as u8));
    let mut labels = vec![0, 0, 8, 1, 0, 0, 0, 100];
    labels.extend((0..100).map(|index: usize| (index % 3) as u8));
    for (name, bytes) in [("images-idx3", images), ("labels-idx1", labels)] {
        let file = fs::File::create(folder.join(format!("emnist-letters-train-{name}-ubyte.gz"))).unwrap();
        let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        encoder.write_all(&bytes).unwrap();
        encoder.finish().unwrap();
    }
    fs::create_dir(folder.join("recordings")).unwrap();
    for index in 0..12 {
        fs::copy(common::workspace().join("models/fan.wav"), folder.join(format!("recordings/{index}.wav"))).unwrap();
    }
    fs::create_dir(folder.join("mail")).unwrap();
    let log = fs::read_to_string(common::workspace().join("models/log.txt")).unwrap();
    for (index, line) in log.lines().cycle().take(100).enumerate() {
        fs::write(folder.join(format!("mail/{index}.txt")), line).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn commands_on_own_data_and_for_other_tools_work_as_written() {
    const TEST: &str = "commands_on_own_data_and_for_other_tools_work_as_written";
    if env::var_os("HOURGLASS_DOCS").is_none() {
        common::skipped(TEST, "it takes a minute; HOURGLASS_DOCS=1 runs it");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_own_data(folder.path());
    for name in ["experiments", "models", "contrib"] {
        std::os::unix::fs::symlink(common::workspace().join(name), at(name)).unwrap();
    }
    fs::create_dir(at("results")).unwrap();
    std::os::unix::fs::symlink(common::workspace().join("results/records"), at("results/records")).unwrap();
    let npz = "import numpy; numpy.savez('digits.npz', x=numpy.arange(2400, dtype='uint8').reshape(100, 4, 6))";
    let has_npz = Command::new("python3")
        .args(["-c", npz])
        .current_dir(folder.path())
        .status()
        .is_ok_and(|status| status.success());
    if !has_npz {
        common::skipped("commands_on_own_data_and_for_other_tools_work_as_written, digits.npz", "python3 has no numpy");
    }
    let start = |arguments: &[String]| {
        let output = common::hourglass(folder.path()).args(arguments).env_remove("HOURGLASS_DATA").output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    // The folder of the first run of an experiment on a data set.
    let run = |experiment: &str| {
        let dataset = fs::read_dir(at("results").join(experiment)).unwrap().next().unwrap().unwrap().path();
        let network = fs::read_dir(&dataset)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.join("seed-0").is_dir());
        network.unwrap().join("seed-0").strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned()
    };
    let small: Vec<String> = SMALL_OWN.iter().map(|flag| (*flag).to_owned()).collect();
    let mut count = 0;
    for page in ["docs/your-own-data.md", "README.md", "docs/tools.md"] {
        for mut command in commands(page) {
            let is_own = command[0] == "run" && !command[1].starts_with("experiments/");
            if command.iter().any(|word| word == "digits.npz") && !has_npz {
                continue;
            }
            match &*command[0] {
                "new" => drop(fs::remove_file(at(&command[1]))),
                "run" if is_own => {
                    command.extend(small.clone());
                    // Rows of one width share a network.
                    let width = match &*command[1] {
                        "engine.toml" => Some("dataset.window=24"),
                        "mail.toml" => Some("dataset.vocabulary=24"),
                        _ => None,
                    };
                    command.extend(width.into_iter().flat_map(|key| ["--set".to_owned(), key.to_owned()]));
                }
                // Figures over runs are exported below.
                "run" => command.extend(SMALL[..4].iter().flat_map(|key| ["--set".to_owned(), (*key).to_owned()])),
                "apply" | "export" => {
                    let place = command.iter().position(|word| word == "--out").unwrap() + 1;
                    let out = at(&command[place]);
                    drop(fs::remove_dir_all(&out).or_else(|_| fs::remove_file(&out)));
                    if command.iter().any(|word| word == "scans") {
                        command[1] = run("faces");
                        command[3] = "pictures".to_owned();
                    } else if command[1] == "RUN" || command[1].starts_with("results/mine") {
                        command[1] = run("mine");
                    }
                }
                _ => {}
            }
            if let Some(place) = command.iter().position(|word| word == ">") {
                command.truncate(place);
            }
            start(&command);
            count += 1;
        }
    }
    assert!(count > 30, "{count} commands");
    for made in ["mine-onnx/autoencoder.onnx", "codes.csv", "again.csv", "scores.csv", "figures", "smoke-logs", "logs"]
    {
        assert!(at(made).exists(), "{made}");
    }
}
