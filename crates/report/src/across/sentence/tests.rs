use super::*;

fn check(left: f64, right: f64, outcome: Option<bool>) -> Check {
    let (difference, low, high) = (Some(left - right), Some(-1.0), Some(1.0));
    let check = Check { left: Some(left), right: Some(right), held: Some(left < right), ..Check::default() };
    Check { difference, low, high, outcome, ..check }
}

fn result(text: &str, checks: Vec<Check>) -> ClaimResult {
    ClaimResult { text: text.to_owned(), verdict: Verdict::of(&checks), checks }
}

fn one(text: &str, checks: Vec<Check>) -> String {
    sentences(&[&result(text, checks)]).join("; ")
}

const PLAIN: &str = "test.autoencoder.mse_per_pixel < test.pca.mse_per_pixel";

#[test]
fn the_sentence_says_what_is_true() {
    let text = |outcome| one(PLAIN, vec![check(0.0125, 0.025, outcome)]);
    assert_eq!(text(Some(true)), "the autoencoder has a lower test error than PCA (0.0125 against 0.0250)");
    assert_eq!(text(Some(false)), "the autoencoder has a higher test error than PCA (0.0125 against 0.0250)");
    assert_eq!(text(None), "the autoencoder and PCA show no clear difference in test error (0.0125 against 0.0250)");
}

#[test]
fn a_bound_keeps_its_factor_and_a_margin_its_size() {
    let bound = "a.test.autoencoder.prior_distance < 0.5 * b.test.autoencoder.prior_distance";
    assert_eq!(
        one(bound, vec![check(1.19, 99.1, Some(true))]),
        "the distance of codes from the prior of `a` is below 0.5 × that of `b` (1.19 < 0.5 × 198 = 99.1)"
    );
    assert_eq!(
        one("test.autoencoder.left_out_auroc > 0.8 over variants", vec![check(0.707, 0.8, Some(false))]),
        "the AUROC of left-out classes is not above 0.8 on average (0.707)"
    );
    assert_eq!(
        one(&format!("{PLAIN} by 5%"), vec![check(0.0245, 0.025, Some(false))]),
        "the autoencoder does not have a lower test error than PCA by at least 5 % (0.0245 against 0.0250)"
    );
}

#[test]
fn two_numbers_of_one_method_name_it_once() {
    let ends = "test.autoencoder.false_alarms <= test.autoencoder.false_alarms_high";
    assert_eq!(
        one(ends, vec![check(0.01, 0.02, Some(true))]),
        "the share of false alarms of the autoencoder is at most the upper end of the interval of false alarms (0.0100 < 0.0200)"
    );
}

#[test]
fn several_places_are_counted_and_exceptions_are_named() {
    let at = |code: usize, left: f64, outcome| Check { code: Some(code), ..check(left, 1.0, outcome) };
    assert_eq!(
        one(PLAIN, vec![at(2, 0.9, Some(true)), at(8, 0.75, Some(true)), at(32, 0.5, Some(true))]),
        "the autoencoder has a lower test error than PCA at all 3 code sizes (by 10 to 50 %)"
    );
    assert_eq!(
        one(PLAIN, vec![at(2, 1.5, Some(false)), at(8, 1.0, None), at(32, 0.5, Some(true))]),
        "the autoencoder has a lower test error than PCA in 1 of 3 code sizes, not at code 2, not clear at code 8"
    );
}

#[test]
fn claims_that_differ_in_the_rival_or_the_network_share_a_sentence() {
    let of = |text: &str, left: f64, right: f64| result(text, vec![check(left, right, Some(true))]);
    let rivals = [of(PLAIN, 0.01, 0.02), of("test.autoencoder.mse_per_pixel < test.wiener.mse_per_pixel", 0.01, 0.03)];
    assert_eq!(
        sentences(&rivals.iter().collect::<Vec<_>>()),
        ["the autoencoder has a lower test error than PCA and the Wiener filter (0.0100 against 0.0200 and 0.0300)"]
    );
    let variants = ["a", "b"].map(|name| {
        let text = format!("{name}.test.autoencoder.mse_per_pixel < {name}.test.wiener.mse_per_pixel");
        of(&text, if name == "a" { 0.8 } else { 0.9 }, 1.0)
    });
    assert_eq!(
        sentences(&variants.iter().collect::<Vec<_>>()),
        ["`a` and `b` have a lower test error than the Wiener filter (by 10 to 20 %)"]
    );
}

#[test]
fn numbers_that_agree_in_three_digits_have_more() {
    assert_eq!([beside(0.016_971, 0.016_974), beside(0.016_974, 0.016_971)], ["0.016971", "0.016974"]);
    assert_eq!(beside(198.2, 99.1), "198");
}

#[test]
fn missing_numbers_and_missing_intervals_are_mentioned() {
    let missing =
        ClaimResult { text: PLAIN.to_owned(), verdict: Verdict::NotCheckable, checks: vec![Check::default()] };
    assert_eq!(sentences(&[&missing]), ["not recorded: the autoencoder has a lower test error than PCA"]);
    let single = Check { low: None, high: None, ..check(0.01, 0.02, None) };
    assert_eq!(
        one(PLAIN, vec![single]),
        "without an interval, the autoencoder has a lower test error than PCA (0.0100 against 0.0200)"
    );
}
