//! The report: made from records alone, the same each time.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::fs;

#[test]
fn the_report_is_the_same_each_time_and_whole() {
    let out = tempfile::tempdir().unwrap();
    common::record_experiment(out.path());
    let made = || {
        let paths = evaluation::report(out.path()).unwrap();
        paths.iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect::<Vec<_>>()
    };
    let stale = out.path().join("report/old.svg");
    let first = made();
    fs::write(&stale, "of an experiment that is gone").unwrap();
    assert_eq!(made(), first);
    assert!(!stale.exists());
    assert_eq!(made(), first);
    let text = String::from_utf8(first[0].1.clone()).unwrap();
    for part in [
        "1 experiment, 2 training runs",
        "| held | `test.pca.mse_per_pixel < 1` |",
        "| **did not hold** | `test.pca.mse_per_pixel > 1` |",
        "[test on glyphs](#test-on-glyphs)",
        "## test on glyphs\n\nDoes it measure?\n",
        "| linear-4 | 4 | 2 |",
        "(report/test-glyphs-reconstructions.svg)",
        "3 s in all",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    for (path, _) in &first[2..] {
        assert!(text.contains(&format!("report/{}", path.file_name().unwrap().to_string_lossy())));
    }
    let page = String::from_utf8(first[1].1.clone()).unwrap();
    assert_eq!(page.matches("data:image/svg+xml;base64,").count(), first.len() - 2);
    assert!(!page.contains("http"), "it needs nothing from outside");
}

#[test]
fn a_report_of_nothing_or_of_runs_that_are_gone_is_an_error() {
    let out = tempfile::tempdir().unwrap();
    assert!(evaluation::report(out.path()).unwrap_err().to_string().contains("no complete run"));
    let folder = common::record_experiment(out.path());
    let summary = folder.join("summary.json");
    let text = fs::read_to_string(&summary).unwrap();
    for name in ["../../x", "/x", "other"] {
        fs::write(&summary, text.replace("\"experiment\": \"test\"", &format!("\"experiment\": \"{name}\""))).unwrap();
        let error = evaluation::report(out.path()).unwrap_err().to_string();
        assert!(error.contains("summary.json: is of ") && error.contains("lies in test/glyphs"), "{error}");
    }
    fs::write(&summary, text).unwrap();
    fs::remove_dir_all(folder.join("linear-4/seed-1")).unwrap();
    let error = evaluation::report(out.path()).unwrap_err().to_string();
    assert!(error.contains("summary.json") && error.contains("seed-1"), "{error}");
}
