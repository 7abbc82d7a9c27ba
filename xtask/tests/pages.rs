//! The HTML pages of the report, in a browser and as files: widths, controls and links.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use self::common::{workspace, xtask};

mod common;

/// Makes the report of the committed records in a folder with the documents that it links to, and returns the folder
/// `results`.
fn report(folder: &Path) -> PathBuf {
    let results = folder.join("results");
    for name in ["results/records", "results/report", "docs"] {
        fs::create_dir_all(folder.join(name)).unwrap();
        for path in fs::read_dir(workspace().join(name)).unwrap().map(|entry| entry.unwrap().path()) {
            fs::copy(&path, folder.join(name).join(path.file_name().unwrap())).unwrap();
        }
    }
    fs::copy(workspace().join("results/peers.toml"), results.join("peers.toml")).unwrap();
    let output = xtask().arg("report").arg(&results).current_dir(workspace()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    results
}

/// Every page of the report by its path.
fn pages(results: &Path) -> BTreeMap<PathBuf, String> {
    let pages = fs::read_dir(results.join("pages")).unwrap().map(|entry| entry.unwrap().path());
    let paths = pages.filter(|path| path.extension().is_some_and(|extension| extension == "html"));
    paths.chain([results.join("report.html")]).map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_link_of_the_pages_has_a_target_and_the_pages_are_small() {
    let folder = tempfile::tempdir().unwrap();
    let results = report(folder.path());
    let pages = pages(&results);
    assert!(pages.len() > 30, "{}", pages.len());
    for (path, text) in &pages {
        let most = if path.ends_with("report.html") { 3_000_000 } else { 1_500_000 };
        assert!(text.len() < most, "{}: {} bytes", path.display(), text.len());
        for part in [" href=\"", " src=\""].iter().flat_map(|start| text.split(start).skip(1)) {
            let target = part.split('"').next().unwrap();
            if target.starts_with("data:") {
                continue;
            }
            let (file, place) = target.split_once('#').map_or((target, None), |(file, place)| (file, Some(place)));
            let file = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(file.is_file(), "{}: {target}", path.display());
            if let (Some(place), "html") = (place, file.extension().unwrap().to_str().unwrap()) {
                let linked = fs::read_to_string(&file).unwrap();
                assert!(linked.contains(&format!(" id=\"{place}\"")), "{}: {target}", path.display());
            }
        }
    }
}

#[test]
fn pages_work_in_a_browser() {
    let browser = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()));
    let Some(browser) = browser else {
        let _ =
            writeln!(std::io::stderr(), "skipped pages_work_in_a_browser: no chromium (Debian: apt install chromium)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let results = report(folder.path());
    let checks = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/pages.html");
    let harness = results.join("checks.html");
    fs::copy(checks, &harness).unwrap();
    let names: Vec<String> =
        pages(&results).keys().map(|path| path.strip_prefix(&results).unwrap().display().to_string()).collect();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1700,1000"])
        // A headless browser would load every figure at once without this.
        .arg("--blink-settings=lazyLoadEnabled=true")
        .args([
            "--allow-file-access-from-files",
            "--enable-logging=stderr",
            "--virtual-time-budget=60000",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", folder.path().join("browser").display()))
        .arg(format!("file://{}?index=report.html&pages={}", harness.display(), names.join(",")))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let [page, log] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    let result = page.split("<pre id=\"result\">").nth(1).and_then(|rest| rest.split("</pre>").next()).unwrap_or("");
    assert!(result.ends_with("done"), "{result}\n{log}");
    let failed: Vec<&str> = result.lines().filter(|line| line.starts_with("no ")).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(result.lines().filter(|line| line.starts_with("ok ")).count() > 2 * names.len(), "{result}");
    let console: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(console.is_empty(), "{console:#?}");
}
