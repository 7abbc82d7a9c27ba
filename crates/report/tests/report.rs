//! The report: it is made from records only, and is the same each time.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use record::{RunDirectory, State, Status};
use report::Reporting;
use spec::catalogue::Plot;
use system::storage;

#[test]
fn the_report_is_the_same_each_time_and_whole() {
    let out = tempfile::tempdir().unwrap();
    common::record_experiment(out.path());
    let made = || {
        let report = report::report(out.path(), &common::experiments()).unwrap();
        assert!(report.failed.is_empty(), "{:?}", report.failed);
        report.written.iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect::<Vec<_>>()
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
        "## test on glyphs\n\nDoes it measure?\n\nThe test error of PCA is below 1 (",
        " Claims: ",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(text.matches("](report/test-glyphs-").count(), 1, "one picture for each experiment\n{text}");
    let index = String::from_utf8(first[1].1.clone()).unwrap();
    for part in [
        "data-verdicts=\"held did-not-hold\"",
        "<a href=\"pages/test-glyphs.html\">test on glyphs</a>",
        ">held</td><td><code>test.pca.mse_per_pixel &lt; 1</code></td>",
        "><strong>did not hold</strong></td><td><code>test.pca.mse_per_pixel &gt; 1</code></td>",
        "<a href=\"#test-on-glyphs\">test on glyphs</a>",
        "loading=\"lazy\"",
    ] {
        assert!(index.contains(part), "{part} is not in\n{index}");
    }
    assert!(index.len() < 50_000 && !index.contains("base64"), "figures lie beside it");
    let page = page(out.path());
    for part in ["<td>linear-4</td><td>4</td><td>2</td>", "3 s of training in all", "href=\"../report.html\""] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert!(!page.contains("http") && !index.contains("http"), "they need nothing from outside");
}

#[test]
fn the_page_shows_every_figure_and_the_report_one_for_each_experiment() {
    let out = tempfile::tempdir().unwrap();
    let folder = common::record_experiment(out.path());
    let run = RunDirectory::at(&common::recorded_runs(&folder)[0]);
    report::report(out.path(), &common::experiments()).unwrap();
    let drawn: Vec<&Plot> = Plot::ALL.iter().filter(|plot| run.plots().join(format!("{plot}.svg")).exists()).collect();
    assert!(drawn.len() > 4, "{drawn:?}");
    let (text, page) = (fs::read_to_string(out.path().join("REPORT.md")).unwrap(), page(out.path()));
    assert_eq!(page.matches("data:image/svg+xml;base64,").count(), drawn.len());
    for plot in drawn {
        let alone = !plot.is_in_report(&[]);
        let file = format!("report/test-glyphs-{plot}.svg");
        assert_eq!(out.path().join(&file).exists(), !alone, "{plot}");
        assert!(!alone || !text.contains(&file), "{plot}");
    }
}

#[test]
fn an_experiment_has_a_page_of_its_own_with_its_answer_and_all_figures() {
    let out = tempfile::tempdir().unwrap();
    let folder = common::record_experiment(out.path());
    let path = report::page(&folder).unwrap();
    assert_eq!(path, folder.join("index.html"));
    let page = fs::read_to_string(&path).unwrap();
    let run = RunDirectory::at(&common::recorded_runs(&folder)[0]);
    let drawn = Plot::ALL.iter().filter(|plot| run.plots().join(format!("{plot}.svg")).exists()).count();
    assert_eq!(page.matches("data:image/svg+xml;base64,").count(), drawn);
    for part in [
        "Does it measure?",
        "Claims: ",
        "<strong>The test error of PCA is below 1 ",
        "<strong>did not hold</strong>",
        "cargo xtask ",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert!(!page.contains("http") && page.len() < 1_500_000, "{}", page.len());
    // The record stays readable, and the page is not part of it.
    assert!(run.is_complete().unwrap());
    assert!(report::page(out.path()).is_err());
}

/// Copies the files below a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::write(target, fs::read(&path).unwrap()).unwrap() }
    }
}

#[test]
fn tracked_files_stay_unchanged_if_one_would_change_and_the_page_shows_everything() {
    let out = tempfile::tempdir().unwrap();
    let folder = common::record_experiment(out.path());
    let (experiments, figure) = (common::experiments(), "report/test-glyphs-reconstructions.svg");
    let tracked = ["REPORT.md".to_owned(), figure.to_owned()];
    let make = || {
        let (folder, experiments, tracked) = (out.path(), &*experiments, &tracked[..]);
        let report = Reporting { folder, experiments, own_runs: true, unpacked: None, tracked }.make().unwrap();
        assert!(report.failed.is_empty(), "{:?}", report.failed);
        report.kept
    };
    let read = |name: &str| fs::read_to_string(out.path().join(name)).unwrap();
    assert!(make().is_empty(), "nothing is there yet");
    let (text, svg) = (read("REPORT.md"), read(figure));
    fs::remove_file(out.path().join(figure)).unwrap();
    assert!(make().is_empty());
    assert_eq!((read("REPORT.md"), read(figure)), (text.clone(), svg), "a missing file is written again");

    copy(&folder, &out.path().join("mine/glyphs"));
    let summary = out.path().join("mine/glyphs/summary.json");
    let of_mine = fs::read_to_string(&summary).unwrap().replace("\"experiment\": \"test\"", "\"experiment\": \"mine\"");
    fs::write(&summary, of_mine).unwrap();
    assert_eq!(make(), [out.path().join("REPORT.md")]);
    assert_eq!(read("REPORT.md"), text);
    assert!(!out.path().join("report/mine-glyphs-reconstructions.svg").exists(), "no report shows it");
    assert!(read("report.html").contains("mine on glyphs"));
    fs::remove_dir_all(out.path().join("mine")).unwrap();
    fs::write(out.path().join(figure), "drawn by somebody").unwrap();
    assert_eq!(make(), [out.path().join(figure)]);
    assert_eq!(read(figure), "drawn by somebody");
    fs::remove_file(out.path().join("REPORT.md")).unwrap();
    assert_eq!(make(), [out.path().join(figure)]);
    assert_eq!(read("REPORT.md"), text);
}

#[test]
fn a_report_of_unpacked_records_equals_that_of_folders_and_own_runs_have_precedence() {
    let (own, unpacked) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = common::record_experiment(own.path());
    let whole = text(own.path());
    copy(own.path(), unpacked.path());
    fs::remove_dir_all(&folder).unwrap();
    let experiments = common::experiments();
    let make = || {
        let (folder, unpacked) = (own.path(), Some(unpacked.path()));
        Reporting { folder, experiments: &experiments, own_runs: true, unpacked, tracked: &[] }.make().unwrap()
    };
    let made = || {
        assert!(make().failed.is_empty());
        fs::read_to_string(own.path().join("REPORT.md")).unwrap()
    };
    assert_eq!(made(), whole);
    let [first, second] = common::recorded_runs(&folder);
    let name = |run: &Path| run.strip_prefix(own.path()).unwrap().to_owned();
    copy(&unpacked.path().join(name(&first)), &first);
    assert_eq!(made(), whole);
    give_up(&RunDirectory::at(&first));
    assert!(made().contains("linear-4/seed-0 is not complete now"), "the run of the folder counts");
    fs::remove_dir_all(&folder).unwrap();

    let damaged = RunDirectory::at(&unpacked.path().join(name(&second))).metrics();
    fs::write(damaged, "{}").unwrap();
    let (_, error) = make().failed.remove(0);
    let record = own.path().join("records/test-glyphs.tar.gz");
    let expected = format!("{}: linear-4/seed-1/metrics.json has ", record.display());
    assert!(error.chain().starts_with(&expected), "{}", error.chain());
}

#[test]
fn a_report_needs_all_numbers_and_the_images_of_the_first_run() {
    let out = tempfile::tempdir().unwrap();
    let folder = common::record_experiment(out.path());
    let names = report::needed(out.path()).unwrap();
    for name in [
        "summary.json",
        "linear-4/seed-0/images.safetensors",
        "linear-4/seed-1/metrics.json",
        "linear-4/seed-1/status.json",
    ] {
        assert!(names.contains(&format!("test/glyphs/{name}")), "{name} is not in {names:?}");
    }
    for name in ["seed-0/model.safetensors", "seed-0/codes.csv", "seed-1/images.safetensors", "plots"] {
        assert!(!names.iter().any(|other| other.contains(name)), "{name} is in {names:?}");
    }
    let whole = text(out.path());
    let kept = tempfile::tempdir().unwrap();
    for name in &names {
        fs::create_dir_all(kept.path().join(name).parent().unwrap()).unwrap();
        fs::copy(out.path().join(name), kept.path().join(name)).unwrap();
    }
    assert_eq!(text(kept.path()), whole, "it is made from no other file");

    give_up(&RunDirectory::at(&common::recorded_runs(&folder)[1]));
    let error = report::needed(out.path()).unwrap_err().to_string();
    assert!(error.contains("seed-1/status.json: the run is not complete"), "{error}");
    fs::remove_file(folder.join("summary.json")).unwrap();
    let error = report::needed(out.path()).unwrap_err().to_string();
    assert!(error.contains("summary.json: is missing"), "{error}");
}

#[test]
fn a_report_without_runs_or_of_removed_runs_is_an_error() {
    let out = tempfile::tempdir().unwrap();
    assert!(report::report(out.path(), &common::experiments()).unwrap_err().to_string().contains("no complete run"));
    let folder = common::record_experiment(out.path());
    let summary = folder.join("summary.json");
    let text = fs::read_to_string(&summary).unwrap();
    for name in ["../../x", "/x", "other"] {
        fs::write(&summary, text.replace("\"experiment\": \"test\"", &format!("\"experiment\": \"{name}\""))).unwrap();
        let error = failure(out.path());
        assert!(
            error.contains("summary.json: is a summary of ") && error.contains("in the folder test/glyphs"),
            "{error}"
        );
    }
    fs::write(&summary, text).unwrap();
    fs::remove_dir_all(folder.join("linear-4/seed-1")).unwrap();
    let error = failure(out.path());
    assert!(error.contains("summary.json") && error.contains("seed-1"), "{error}");
}

/// Makes a report with one failure, and returns the failure.
fn failure(out: &Path) -> String {
    let mut failed = report::report(out, &common::experiments()).unwrap().failed;
    assert_eq!(failed.len(), 1, "{failed:?}");
    let (section, error) = failed.remove(0);
    assert_eq!(section, "test on glyphs");
    error.chain()
}

/// Makes a report without failures, and returns its text.
fn text(out: &Path) -> String {
    let report = report::report(out, &common::experiments()).unwrap();
    assert!(report.failed.is_empty(), "{:?}", report.failed);
    fs::read_to_string(&report.written[0]).unwrap()
}

/// Text of the experiment's page in the same report.
fn page(out: &Path) -> String {
    fs::read_to_string(out.join("pages/test-glyphs.html")).unwrap()
}

#[test]
fn an_experiment_that_cannot_be_reported_has_an_error_in_its_section_only() {
    let out = tempfile::tempdir().unwrap();
    let folder = common::record_experiment(out.path());
    let whole = text(out.path());
    fs::create_dir_all(out.path().join("broken/glyphs")).unwrap();
    fs::write(out.path().join("broken/glyphs/summary.json"), "{").unwrap();
    let metrics = RunDirectory::at(&folder.join("linear-4/seed-1")).metrics();
    let report = report::report(out.path(), &common::experiments()).unwrap();
    assert_eq!(report.failed.len(), 1);
    assert_eq!(report.failed[0].0, "broken on glyphs");
    let text = fs::read_to_string(&report.written[0]).unwrap();
    assert!(
        text.contains("## broken on glyphs\n\n- **not reported**: ") && text.contains("summary.json: EOF"),
        "{text}"
    );
    let section = |text: &str| text[text.find("## test on glyphs").unwrap()..].to_owned();
    assert_eq!(section(&text), section(&whole));

    fs::remove_dir_all(out.path().join("broken")).unwrap();
    let changed = fs::read_to_string(&metrics).unwrap().replacen("0.0", "0.1", 1);
    fs::write(&metrics, changed).unwrap();
    assert!(failure(out.path()).contains("metrics.json has changed since it was recorded"));
}

/// Marks a run as interrupted, as `--force` does before it runs it again.
fn give_up(run: &RunDirectory) {
    run.write_status(&Status::unfinished(State::Interrupted, "to be run again")).unwrap();
    fs::remove_file(run.experiment()).unwrap();
}

#[test]
fn an_experiment_in_progress_is_reported_from_its_complete_runs() {
    let out = tempfile::tempdir().unwrap();
    let folder = common::record_experiment(out.path());
    text(out.path());
    let whole = page(out.path());
    let [first, second] = common::recorded_runs(&folder).map(|run| RunDirectory::at(&run));
    give_up(&first);
    let made = text(out.path());
    let line = "- **in the making**: linear-4/seed-0 is not complete now; the numbers are those of the last summary";
    assert!(made.contains(line) && made.contains("1 experiment, 1 training run."), "{made}");
    let row = "<td>linear-4</td><td>4</td><td>2</td>";
    let networks = |page: &str| page.lines().find(|line| line.contains(row)).unwrap().to_owned();
    assert_eq!(networks(&page(out.path())), networks(&whole));
    assert!(made.contains("](report/test-glyphs-"), "of the run that is complete");

    fs::remove_file(folder.join("summary.json")).unwrap();
    let made = text(out.path());
    assert!(made.contains("- **in the making**: 1 of 2 runs complete so far; there is no summary yet\n"), "{made}");
    assert!(page(out.path()).contains("<td>linear-4</td><td>4</td><td>1</td>"), "{made}");
    give_up(&second);
    let made = text(out.path());
    assert!(made.contains("## test on glyphs\n\n- **in the making**: 0 of 2 runs complete so far"), "{made}");
}

#[test]
fn an_outdated_summary_is_marked_in_the_report() {
    let out = tempfile::tempdir().unwrap();
    let path = common::record_experiment(out.path()).join("summary.json");
    assert!(!text(out.path()).contains("not up to date"));
    let summary = fs::read_to_string(&path).unwrap();
    let changed = summary.replacen("\"mean\": 0.0", "\"mean\": 0.1", 1);
    assert_ne!(summary, changed);
    fs::write(&path, changed).unwrap();
    let line =
        "- **not up to date**: these numbers are not what the runs come to now; `cargo xtask run` with the same flags";
    assert!(text(out.path()).contains(line));
}

#[test]
fn a_report_while_a_run_is_replaced_never_fails() {
    let out = tempfile::tempdir().unwrap();
    let folder = common::record_experiment(out.path());
    let run = RunDirectory::at(&common::recorded_runs(&folder)[0]);
    let names = [run.experiment(), run.environment(), run.epochs(), run.metrics(), run.codes(), run.images()];
    let files: Vec<_> = names.iter().map(|path| (path, fs::read(path).unwrap())).collect();
    let (done, replaced) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                give_up(&run);
                files.iter().skip(1).for_each(|(path, _)| fs::remove_file(path).unwrap());
                thread::yield_now();
                files.iter().for_each(|(path, bytes)| storage::write(path, bytes).unwrap());
                run.complete().unwrap();
                replaced.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(3));
            }
        });
        let reports: Vec<_> = (0..30).map(|_| report::report(out.path(), &common::experiments())).collect();
        done.store(true, Ordering::Relaxed);
        assert!(replaced.load(Ordering::Relaxed) > 0, "the run was never replaced");
        for report in reports {
            let report = report.unwrap();
            assert!(report.failed.is_empty(), "{:?}", report.failed);
        }
    });
}
