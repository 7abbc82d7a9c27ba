//! Verdicts of recorded experiments whose runs have means over blocks of test rows.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use figures::summary::{ClaimResult, Summary, Verdict};
use record::{BlockMean, Metrics, ReconstructionError, RunDirectory};
use report::Error;
use report::across::{summarise, text};
use spec::{Experiment, Run};
use system::storage;

const EXPERIMENT: &str = "name = \"sweep\"\nquestion = \"Which?\"\nseeds = [1, 2, 3]\n\
    [dataset]\nname = \"glyphs\"\ntrain = 100\nvalidation = 0\ntest = 50\n\
    [model]\narchitecture = \"plain\"\ncode = [4, 8]\n\
    [training]\nepochs = 1\nbatch_size = 10\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.001\n\
    [variants.a]\n[variants.b]\ntraining.batch_size = 20\n";
const BEATS: &str = "test.autoencoder.mse_per_pixel < test.pca.mse_per_pixel";

/// Effect of a block of test rows on the errors of both PCA and the autoencoder.
fn of_row(block: usize) -> f64 {
    0.01 * (block * 7 % 5) as f64
}

/// Noise of a run in a block, with mean 0 over the blocks.
fn noise(run: &Run, block: usize) -> f64 {
    let phase = block + 3 * run.seed as usize + run.model.code();
    1e-4 * [1.0, -2.0, 1.5, -0.5][phase % 4]
}

/// Records [`EXPERIMENT`]: the error of PCA is 0.1, and the error of the autoencoder is larger by `difference`. Returns
/// the folder of the experiment and the folders of the runs.
fn recorded(out: &Path, difference: impl Fn(&Run) -> f64) -> (PathBuf, Vec<PathBuf>) {
    let runs = Experiment::parse(Path::new("sweep.toml"), EXPERIMENT.to_owned(), &[]).unwrap().runs;
    let mut paths = Vec::new();
    for run in &runs {
        let directory = RunDirectory::of(run, out);
        storage::create_directory(directory.path()).unwrap();
        storage::write(&directory.experiment(), run.to_toml().as_bytes()).unwrap();
        let own = |block| 0.08 + of_row(block) + difference(run) + noise(run, block);
        let subjects =
            [("autoencoder", (0..20).map(own).collect()), ("pca", (0..20).map(|b| 0.08 + of_row(b)).collect())];
        let (mut of_subjects, mut rows) = (BTreeMap::new(), Vec::new());
        for (subject, blocks) in subjects {
            let blocks: Vec<f64> = blocks;
            rows.extend(
                blocks.iter().enumerate().map(|(block, mean)| BlockMean::new(subject, "mse_per_pixel", block, *mean)),
            );
            let mse_per_pixel = blocks.iter().sum::<f64>() / 20.0;
            let (bce_per_pixel, psnr_db) = (Some(0.1), Some(20.0 - 100.0 * difference(run)));
            let error = ReconstructionError {
                mse_per_pixel,
                squared_error_per_image: 784.0 * mse_per_pixel,
                bce_per_pixel,
                psnr_db,
                ssim: Some(0.9),
            };
            of_subjects.insert(subject.to_owned(), error);
        }
        storage::write_json(&directory.metrics(), &Metrics::from([("test".to_owned(), of_subjects)])).unwrap();
        storage::write_csv(&directory.blocks(), &rows).unwrap();
        let environment = common::environment(run.seed, String::new());
        storage::write_json(&directory.environment(), &environment).unwrap();
        directory.complete().unwrap();
        paths.push(directory.path().to_owned());
    }
    (record::experiment_directory(&runs[0], out), paths)
}

fn summary(claims: &[&str], difference: impl Fn(&Run) -> f64) -> Summary {
    let out = tempfile::tempdir().unwrap();
    let (folder, runs) = recorded(out.path(), difference);
    summarise(&folder, &runs, &claims.iter().map(|&claim| claim.to_owned()).collect::<Vec<_>>()).unwrap()
}

fn claim(claim: &str, difference: impl Fn(&Run) -> f64) -> ClaimResult {
    summary(&[claim], difference).claims.remove(0)
}

/// A difference that is the same in all seeds up to 2 %.
fn of_size(size: f64) -> impl Fn(&Run) -> f64 {
    move |run| size * (1.0 + 0.01 * (run.seed as f64 - 2.0))
}

#[test]
fn a_claim_holds_if_every_interval_lies_on_its_side() {
    let held = claim(BEATS, of_size(-0.01));
    assert_eq!((held.verdict, held.checks.len()), (Verdict::Held, 4));
    for check in &held.checks {
        let (difference, low, high) = (check.difference.unwrap(), check.low.unwrap(), check.high.unwrap());
        assert!(
            (difference + 0.01).abs() < 1e-6 && low < difference && difference < high && high < -0.009,
            "{check:?}"
        );
        assert_eq!(check.outcome, Some(true));
    }
    assert_eq!(claim(BEATS, of_size(0.01)).verdict, Verdict::Failed);
}

#[test]
fn three_of_three_better_seeds_are_no_difference_if_the_interval_contains_zero() {
    // Each seed is better than PCA by a random amount.
    let by_seed = |run: &Run| -1e-3 * [0.1, 2.0, 0.3][run.seed as usize - 1];
    let unclear = claim(BEATS, by_seed);
    assert!(unclear.checks.iter().all(|check| check.seeds == Some([3, 3]) && check.outcome.is_none()));
    assert_eq!(unclear.verdict, Verdict::NoDifference);
    let text = text::summary(&summary(&[BEATS], by_seed));
    assert!(text.contains("\n  no difference found  test.autoencoder"), "{text}");
    assert!(text.contains("a code 4: 0.099200 against 0.100000  no difference found (difference -0.0"), "{text}");
    assert!(text.contains(", 95 % -0.0"), "{text}");
}

#[test]
fn a_claim_depends_if_some_checks_are_clear_and_others_are_not() {
    let noisy = |run: &Run| 0.01 * [-1.0, 2.0, -0.5][run.seed as usize - 1];
    let clear_at_4 = move |run: &Run| if run.model.code() == 4 { of_size(-0.01)(run) } else { noisy(run) };
    assert_eq!(claim(BEATS, clear_at_4).verdict, Verdict::Depends);
    let both = |run: &Run| of_size(if run.model.code() == 4 { -0.01 } else { 0.01 })(run);
    assert_eq!(claim(BEATS, both).verdict, Verdict::Depends);
}

#[test]
fn the_whole_interval_must_lie_beyond_a_margin() {
    let verdicts = ["", " by 5%", " by 0.009", " by 20%", " by 0.02"].map(|margin| {
        let result = claim(&format!("{BEATS}{margin}"), of_size(-0.01));
        assert!((result.checks[0].difference.unwrap() + 0.01).abs() < 1e-6);
        result.verdict
    });
    use Verdict::{Failed, Held};
    assert_eq!(verdicts, [Held, Held, Held, Failed, Failed]);
    let exact = claim(&format!("{BEATS} by 10%"), of_size(-0.01));
    assert_eq!(exact.verdict, Verdict::NoDifference, "10 % of 0.1 is as much as there is");
}

#[test]
fn a_claim_over_variants_is_one_check_of_their_mean_at_each_code_size() {
    // The autoencoder is better by 0.03 in one variant, and worse by 0.01 in the other.
    let difference = |run: &Run| of_size(if run.variant.as_deref() == Some("a") { -0.03 } else { 0.01 })(run);
    assert_eq!(claim(BEATS, difference).verdict, Verdict::Depends);
    let over = claim(&format!("{BEATS} by 5% over variants"), difference);
    let places: Vec<_> = over.checks.iter().map(|check| (check.variant.clone(), check.code)).collect();
    assert_eq!((over.verdict, places), (Verdict::Held, vec![(None, Some(4)), (None, Some(8))]));
    assert!((over.checks[0].difference.unwrap() + 0.01).abs() < 1e-6, "{over:?}");
}

#[test]
fn more_checks_make_wider_intervals() {
    let width = |claim_text: &str| {
        let check = claim(claim_text, of_size(-0.01)).checks.remove(0);
        check.high.unwrap() - check.low.unwrap()
    };
    let one = "a.test.autoencoder.mse_per_pixel[4] < a.test.pca.mse_per_pixel[4]";
    assert!(width(BEATS) > 1.2 * width(one));
}

#[test]
fn numbers_without_blocks_are_judged_by_a_paired_t_test_over_seeds() {
    // PSNR is not a mean over rows, so it has no blocks; its difference is 100 times that of the error.
    let better = "a.test.autoencoder.psnr_db[4] > 20";
    let check = claim(better, |run| -[0.01, 0.02, 0.03][run.seed as usize - 1]).checks.remove(0);
    // The mean of 1, 2 and 3 is 2, with standard error 1 / sqrt(3). The interval extends 4.302653 standard errors to
    // either side.
    let half = 4.302_653 / 3.0_f64.sqrt();
    assert!(
        (check.low.unwrap() - (2.0 - half)).abs() < 1e-4 && (check.high.unwrap() - (2.0 + half)).abs() < 1e-4,
        "{check:?}"
    );
    assert_eq!(check.outcome, None);
    // If the difference is the same in every seed, its sign decides.
    let same = claim("test.pca.ssim >= 0.9", of_size(0.0));
    assert_eq!((same.verdict, same.checks[0].low, same.checks[0].high), (Verdict::Held, Some(0.0), Some(0.0)));
}

#[test]
fn a_single_seed_without_blocks_leaves_a_claim_open_and_with_blocks_it_decides() {
    let out = tempfile::tempdir().unwrap();
    let (folder, runs) = recorded(out.path(), of_size(-0.01));
    let runs: Vec<PathBuf> = runs.into_iter().filter(|run| run.ends_with("seed-1")).collect();
    let claims = [BEATS.to_owned(), "test.autoencoder.ssim > 0.5".to_owned()];
    let summary = summarise(&folder, &runs, &claims).unwrap();
    assert_eq!([0, 1].map(|index| summary.claims[index].verdict), [Verdict::Held, Verdict::NotCheckable]);
    assert!(summary.claims[1].checks.iter().all(|check| check.difference == Some(0.4) && check.low.is_none()));
    assert!(text::summary(&summary).contains("(difference 0.4000, of a single seed)"));
}

#[test]
fn if_one_run_has_no_blocks_claims_are_checked_as_in_earlier_versions() {
    let out = tempfile::tempdir().unwrap();
    let (folder, runs) = recorded(out.path(), |run| -1e-3 * [0.1, 2.0, 0.3][run.seed as usize - 1]);
    let first = RunDirectory::at(&runs[0]);
    storage::remove(&first.blocks()).unwrap();
    let error = summarise(&folder, &runs, &[]).unwrap_err().to_string();
    assert!(error.contains("blocks.csv is missing"), "{error}");
    first.complete().unwrap();
    let summary = summarise(&folder, &runs, &[BEATS.to_owned()]).unwrap();
    assert_eq!(summary.claims[0].verdict, Verdict::Held);
    assert!(summary.claims[0].checks.iter().all(|check| !check.knows_chance() && check.seeds == Some([3, 3])));
}

#[test]
fn blocks_out_of_order_are_an_error_that_names_the_row() {
    let out = tempfile::tempdir().unwrap();
    let (folder, runs) = recorded(out.path(), of_size(0.0));
    let first = RunDirectory::at(&runs[0]);
    storage::write(&first.blocks(), b"subject,field,block,value\npca,ssim,0,0.5\npca,ssim,2,0.5\n").unwrap();
    first.complete().unwrap();
    let error = summarise(&folder, &runs, &[]).unwrap_err();
    assert!(matches!(error, Error::File(_)), "{error}");
    assert!(error.to_string().ends_with("blocks.csv: row 2: block is 2; expected 1"), "{error}");
}

#[test]
fn a_measured_run_has_blocks_that_average_to_its_errors_and_a_compact_record_keeps_them() {
    let out = tempfile::tempdir().unwrap();
    let folder = common::record_experiment(out.path());
    let run = RunDirectory::at(&folder.join("linear-4/seed-0"));
    let rows: Vec<BlockMean> = record::ranges::read_rows(&run.blocks()).unwrap();
    let metrics = record::ranges::read_metrics(&run.metrics()).unwrap();
    for (subject, error) in &metrics["test"] {
        for field in ["mse_per_pixel", "squared_error_per_image", "bce_per_pixel", "ssim"] {
            let of = rows.iter().filter(|row| row.subject == *subject && row.field == field);
            let values: Vec<f64> = of.map(|row| row.value).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            assert_eq!(values.len(), 20, "{subject}.{field}");
            assert!((mean / error.field(field).unwrap() - 1.0).abs() < 1e-4, "{subject}.{field} {mean} {error:?}");
        }
    }
    let needed = report::needed(out.path()).unwrap();
    assert_eq!(needed.iter().filter(|name| name.ends_with("/blocks.csv")).count(), 2, "{needed:?}");
    let summary = Summary::read(&folder).unwrap();
    assert!(summary.claims.iter().flat_map(|claim| &claim.checks).all(spec::Check::knows_chance));
    assert_eq!([0, 1].map(|index| summary.claims[index].verdict), [Verdict::Held, Verdict::Failed]);
}
