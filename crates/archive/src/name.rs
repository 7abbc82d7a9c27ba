//! Names of files in an archive: `<experiment>/<dataset>/<network>/seed-<n>/<file>`, and the summary of an experiment.

use std::path::{Component, Path};

/// Number of parts of the path of a run's folder.
pub(crate) const RUN: usize = 4;

/// Name of the summary in the folder of an experiment.
pub(crate) const SUMMARY: &str = "summary.json";

/// Checks that a name is that of a record's file: no path outside the folder, no hidden file, no character with a
/// special meaning on other systems.
///
/// # Errors
/// Reason why it is not, to follow the name.
pub(crate) fn check(name: &str) -> Result<(), &'static str> {
    let parts: Vec<&str> = name.split('/').collect();
    let plain = |part: &&str| {
        let foreign = |c: char| c.is_control() || "\\:".contains(c);
        !part.is_empty() && !part.starts_with('.') && !part.contains(foreign)
    };
    if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) {
        return Err("whose path leads outside the folder");
    }
    let of_run = parts.len() > RUN && parts[RUN - 1].starts_with("seed-");
    let of_experiment = parts.len() == 3 && parts[2] == SUMMARY;
    if parts.iter().all(plain) && (of_run || of_experiment) { Ok(()) } else { Err("which is not a file of a record") }
}

/// Folder of the run that a file belongs to, such as `plain/glyphs/plain-32/seed-0`; `None` for a summary.
pub(crate) fn run_of(name: &str) -> Option<&str> {
    let (end, _) = name.match_indices('/').nth(RUN - 1)?;
    Some(&name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_files_of_records_are_accepted() {
        for name in ["plain/glyphs/plain-32/seed-0/status.json", "a/b/c/seed-1/plots/codes.svg", "a/b/summary.json"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        assert_eq!(run_of("a/b/c/seed-1/plots/codes.svg"), Some("a/b/c/seed-1"));
        assert_eq!(run_of("a/b/summary.json"), None);
        for name in [
            "",
            "/",
            "/a/b/c/seed-1/x",
            "../a/b/c/seed-1/x",
            "a/b/c/seed-1/../../../../../x",
            "a/b/./seed-1/x",
            "a/b/c/seed-1/",
            "a//c/seed-1/x",
            "a/b/c/seed-1",
            "a/b/c/other/x",
            "a/b/c/seed-1/.lock",
            ".git/b/c/seed-1/x",
            "a/b/c/seed-1/x\ny",
            "a/b/c/seed-1/x\\..\\y",
            "C:/b/c/seed-1/x",
            "a/b/other.json",
            "REPORT.md",
        ] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
