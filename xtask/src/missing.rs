//! Messages for the path of an experiment file that does not exist, with the nearest file name.

use std::fs;
use std::path::{Path, PathBuf};

use crate::plan::is_of_the_report;
use crate::programs::workspace;

/// Why a path is not an experiment file, with the path of the file that has nearly this name. `None` if the path can be
/// read, or if no file has a similar name.
pub(crate) fn wrong_path(path: &Path) -> Option<String> {
    let shown = path.display();
    if path.is_dir() {
        let one = files_in(path).into_iter().next();
        let such_as = one.map(|file| format!(", such as {}", file.display())).unwrap_or_default();
        return Some(format!(
            "{shown} is a folder; expected experiment files{such_as}, or all of them: {shown}/*.toml"
        ));
    }
    if path.exists() {
        return None;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut known = files_in(folder.unwrap_or(Path::new(".")));
    known.extend(experiments());
    let meant = nearest(path, &known)?;
    Some(format!("{shown}: no such file; did you mean {}?", meant.display()))
}

/// The experiment files of the checkout, named from the current folder where they lie below it.
fn experiments() -> Vec<PathBuf> {
    let Ok(workspace) = workspace() else { return Vec::new() };
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
    let root = workspace.root.canonicalize().unwrap_or_else(|_| workspace.root.clone());
    if here == Some(root) { files_in(Path::new("experiments")) } else { files_in(&workspace.root.join("experiments")) }
}

/// The experiment files of a folder, by name.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_experiment =
        |path: &PathBuf| path.extension().is_some_and(|ending| ending == "toml") && !is_of_the_report(path);
    let name = |path: PathBuf| {
        if folder == Path::new(".") { path.file_name().map_or(path.clone(), PathBuf::from) } else { path }
    };
    // Configuration files of cargo and its tools are not experiments.
    let is_of_cargo = |path: &PathBuf| {
        path.ends_with("Cargo.toml") || path.ends_with("clippy.toml") || path.ends_with("rustfmt.toml")
    };
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(is_experiment).filter(|path| !is_of_cargo(path)).map(name).collect();
    files.sort();
    files
}

/// The file with the nearest name: at most a third of its letters differ, or two.
fn nearest<'a>(path: &Path, known: &'a [PathBuf]) -> Option<&'a PathBuf> {
    let stem = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        name.strip_suffix(".toml").unwrap_or(&name).to_owned()
    };
    let given = stem(path);
    let limit = (given.chars().count() / 3).max(2);
    let distance = |file: &&PathBuf| strsim::damerau_levenshtein(&given, &stem(file));
    let nearest = known.iter().min_by_key(distance)?;
    // Two changed letters can turn a short name into any other, so the distance is less than the length.
    (distance(&nearest) <= limit && distance(&nearest) < given.chars().count()).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_is_found_for_a_missing_folder_a_missing_ending_and_a_typo() {
        let known = ["experiments/deep.toml", "experiments/plain.toml"].map(PathBuf::from);
        let meant = |given: &str| nearest(Path::new(given), &known).map(|path| path.to_str().unwrap());
        assert_eq!(meant("plain"), Some("experiments/plain.toml"));
        assert_eq!(meant("plain.toml"), Some("experiments/plain.toml"));
        assert_eq!(meant("experiments/plian.toml"), Some("experiments/plain.toml"));
        assert_eq!(meant("experiments/Deep.toml"), Some("experiments/deep.toml"));
        assert_eq!(meant("experiments/absent.toml"), None);
        assert_eq!(meant("x"), None);
    }
}
