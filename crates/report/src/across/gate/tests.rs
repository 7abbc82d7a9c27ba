//! Tests of the gate: differences that pass it, and differences that fail it.

use super::*;

const METRIC: &str = "plain plain-16 test.autoencoder.mse_per_pixel";
const PCA: &str = "plain plain-16 test.pca.mse_per_pixel";

pub(crate) fn observed(error: f64, pca: f64) -> Observed {
    let spread = |mean: f64| (Spread { mean, std: Some(mean * 0.005) }, 3);
    Observed {
        cpu: "a processor".to_owned(),
        metrics: BTreeMap::from([(METRIC.to_owned(), spread(error)), (PCA.to_owned(), spread(pca))]),
        fingerprints: BTreeMap::from([("plain plain-16 seed 0".to_owned(), "abc".to_owned())]),
        claims: BTreeMap::from([("plain: a < b".to_owned(), Verdict::Held)]),
        chance: BTreeMap::from([("plain: a < b".to_owned(), "(difference -0.5, 95 % -0.6 to -0.4)".to_owned())]),
        incomplete: Vec::new(),
    }
}

fn verdicts(observed: &Observed) -> Vec<GateVerdict> {
    let baseline = self::observed(0.01, 0.02).bless(RELATIVE_CEILING).unwrap();
    compare(&baseline, observed).iter().map(|line| line.verdict).collect()
}

#[test]
fn equal_results_pass_and_a_loss_of_three_percent_fails() {
    use GateVerdict::{Better, Changed, Same, Worse};
    assert_eq!(verdicts(&observed(0.01, 0.02)), [Same; 4]);
    assert_eq!(verdicts(&observed(0.01 * 1.005, 0.02)), [Same; 4]);
    assert_eq!(verdicts(&observed(0.01 * 1.03, 0.02)), [Worse, Same, Same, Same]);
    assert_eq!(verdicts(&observed(0.01 * 0.97, 0.02)), [Better, Same, Same, Same]);
    assert_eq!(verdicts(&observed(0.01, 0.02 * 0.97)), [Same, Changed, Same, Same]);
    assert_eq!(verdicts(&observed(f64::NAN, 0.02))[0], Worse);
}

#[test]
fn a_blessed_baseline_never_allows_a_loss_of_three_percent() {
    for mean in [1e-9, 1e-5, 0.01, 1.0, 784.0] {
        for std in [0.0, 1e-9, 0.001, 0.005, 0.01, 0.014] {
            let expected = Expected::of(Spread { mean, std: Some(std * mean) }, 3, RELATIVE_CEILING).unwrap();
            assert!(expected.allowance() > 0.0 && expected.allowance() < 0.03 * mean, "{mean} {std}");
        }
    }
    for (mean, std, seeds) in [(1.0, Some(0.02), 3), (1.0, None, 1), (0.0, Some(0.0), 3), (f64::NAN, Some(0.0), 3)] {
        assert!(Expected::of(Spread { mean, std }, seeds, RELATIVE_CEILING).is_err());
    }
}

#[test]
fn the_committed_smoke_baseline_never_allows_a_loss_of_three_percent() {
    let path = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../results/baselines/smoke.json");
    let baseline: Approved = storage::read_json(&path).unwrap();
    assert!(baseline.metrics.len() > 10 && baseline.claims.len() > 3, "{baseline:?}");
    for (name, expected) in &baseline.metrics {
        assert!(expected.allowance() > 0.0 && expected.allowance() < 0.03 * expected.mean, "{name}");
    }
}

#[test]
fn a_missing_or_empty_baseline_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("smoke.json");
    let refused = |expected: &str| {
        let error = Approved::read(&path).unwrap_err();
        assert!(error.is_input() && error.to_string().contains(expected), "{error}");
    };
    refused("smoke.json: there is no baseline yet; --bless makes one");
    storage::write(&path, b"").unwrap();
    refused("smoke.json: EOF");
    let whole = observed(0.01, 0.02).bless(RELATIVE_CEILING).unwrap();
    for empty in [
        Approved::default(),
        Approved { metrics: BTreeMap::new(), ..whole.clone() },
        Approved { fingerprints: BTreeMap::new(), ..whole.clone() },
    ] {
        storage::write_json(&path, &empty).unwrap();
        refused("smoke.json: holds no experiment, so every result would pass; --bless makes a new one");
    }
    storage::write_json(&path, &whole).unwrap();
    assert_eq!(Approved::read(&path).unwrap(), whole);
}

#[test]
fn a_run_that_is_not_complete_fails_the_gate_and_prevents_blessing() {
    let mut ended_early = observed(0.01, 0.02);
    ended_early.incomplete.push("plain glyphs plain-16/seed-2: failed".to_owned());
    assert!(verdicts(&ended_early).contains(&GateVerdict::Missing));
    assert!(
        ended_early.bless(RELATIVE_CEILING).unwrap_err().to_string().contains("plain-16/seed-2: failed: not complete")
    );
}

#[test]
fn changed_data_lost_claims_and_missing_numbers_are_regressions() {
    let mut other = observed(0.01, 0.02);
    other.fingerprints.values_mut().for_each(|value| *value = "abd".to_owned());
    other.claims.values_mut().for_each(|value| *value = Verdict::Failed);
    assert_eq!(verdicts(&other)[2..], [GateVerdict::Changed, GateVerdict::Worse]);
    other.metrics.remove(PCA);
    other.claims.insert("plain: c < d".to_owned(), Verdict::Held);
    assert_eq!(verdicts(&other)[1], GateVerdict::Missing);
    assert_eq!(verdicts(&other)[4], GateVerdict::New);
    assert!(verdicts(&other)[1..].iter().all(|verdict| verdict.is_regression()));
}

#[test]
fn a_claim_without_a_clear_difference_is_worse_and_prints_its_interval() {
    let mut other = observed(0.01, 0.02);
    other.claims.values_mut().for_each(|value| *value = Verdict::NoDifference);
    let baseline = observed(0.01, 0.02).bless(RELATIVE_CEILING).unwrap();
    let line = compare(&baseline, &other).remove(3);
    assert_eq!(line.verdict, GateVerdict::Worse);
    assert_eq!(line.obtained, "no difference found: (difference -0.5, 95 % -0.6 to -0.4)");
    // A change from no difference to some clear checks, true or false, is a changed result.
    let mut unclear = baseline.clone();
    unclear.claims.values_mut().for_each(|value| *value = Verdict::NoDifference);
    other.claims.values_mut().for_each(|value| *value = Verdict::Depends);
    assert_eq!(compare(&unclear, &other)[3].verdict, GateVerdict::Changed);
    other.claims.values_mut().for_each(|value| *value = Verdict::Held);
    assert_eq!(compare(&unclear, &other)[3].verdict, GateVerdict::Better);
    assert_eq!(compare(&baseline, &observed(0.01, 0.02))[3].obtained, "held");
}
