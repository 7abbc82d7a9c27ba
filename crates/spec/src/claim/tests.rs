//! Tests of claims: grammar, places, margins and outcomes.

use super::*;

const BEATS_PCA: &str = "test.autoencoder.mse_per_pixel <= 0.6 * test.pca.mse_per_pixel";

fn held(
    claim: &str,
    networks: &[(Option<&str>, usize)],
    lookup: impl Fn(&Metric, Option<&str>, usize) -> Option<f64>,
) -> Vec<Option<bool>> {
    let claim = Claim::parse(claim).unwrap();
    claim.check(&claim.places(networks), lookup).iter().map(|check| check.held).collect()
}

#[test]
fn a_claim_without_code_sizes_is_checked_at_every_code_size() {
    let networks = [(None, 8), (None, 16)];
    let error = |metric: &Metric, _: Option<&str>, code| match (metric.subject.as_str(), code) {
        ("pca", _) => Some(10.0),
        (_, 8) => Some(6.0),
        _ => Some(6.1),
    };
    assert_eq!(held(BEATS_PCA, &networks, error), [Some(true), Some(false)]);
}

#[test]
fn a_missing_run_leaves_the_check_open() {
    assert_eq!(held(BEATS_PCA, &[(None, 8)], |_, _, _| None), [None]);
}

#[test]
fn each_side_can_give_its_own_code_size() {
    let claim = Claim::parse("test.autoencoder.mse_per_pixel[16] < test.pca.mse_per_pixel[32]").unwrap();
    let checks = claim.check(&claim.places(&[(None, 8), (None, 16), (None, 32)]), |_, _, code| Some(code as f64));
    let expected = Check { left: Some(16.0), right: Some(32.0), held: Some(true), ..Check::default() };
    assert_eq!(checks, [expected]);
}

#[test]
fn networks_are_compared_at_the_code_sizes_they_share() {
    let networks = [(Some("a"), 8), (Some("a"), 16), (Some("b"), 16), (Some("b"), 32)];
    let claim = Claim::parse("a.test.autoencoder.ssim < b.test.autoencoder.ssim").unwrap();
    assert_eq!(claim.places(&networks), [Place { variant: None, code: Some(16), over: Vec::new() }]);
}

#[test]
fn a_claim_without_variants_is_checked_in_every_variant_and_so_is_a_claim_with_one_open_side() {
    let networks = [(Some("a"), 8), (Some("a"), 16), (Some("b"), 16)];
    let lookup = |_: &Metric, variant: Option<&str>, _| Some(if variant == Some("a") { 1.0 } else { 2.0 });
    assert_eq!(held("test.autoencoder.ssim < 1.5", &networks, lookup), [Some(true), Some(true), Some(false)]);
    let against = "test.autoencoder.ssim <= a.test.autoencoder.ssim";
    assert_eq!(held(against, &networks, lookup), [Some(true), Some(true), Some(false)]);
}

#[test]
fn errors_name_the_wrong_part_and_what_is_allowed() {
    let fault = |text| Claim::parse(text).unwrap_err();
    assert!(fault("test.autoencoder.mse_per_pixel = 1").contains("<, <=, > or >="));
    assert!(fault("tset.pca.ssim < 1").contains("did you mean `test`"));
    assert!(fault("test.pac.ssim < 1").contains("did you mean `pca`"));
    assert!(fault("test.pca.mse < 1").contains("mse_per_pixel"));
    let many = fault("test.pca.mse_of_class < 1");
    assert!(many.contains("mse_of_class_0") && !many.contains("mse_of_class_1"), "{many}");
    assert!(fault("x * test.pca.ssim < 1").contains("`x` is not a number"));
    assert!(fault("test.pca.ssim[many] < 1").contains("code size"));
    assert!(fault("1 < 2").contains("needs a metric"));
    assert!(fault("test.pca.ssim < 1 by much").contains("`by much` is not a margin"));
    assert!(fault("test.pca.ssim < 1 by 5% over seeds").contains("`by 5% over seeds` is not a margin"));
    assert!(fault("a.test.pca.ssim < 1 over variants").contains("needs a metric without a variant"));
}

#[test]
fn a_margin_requires_a_difference_of_its_size_in_the_direction_of_the_claim() {
    let holds = |claim: &str, left, right| Claim::parse(claim).unwrap().holds(left, right);
    let less = "test.autoencoder.mse_per_pixel < test.pca.mse_per_pixel by 50%";
    assert_eq!([0.4, 0.5, 0.9].map(|left| holds(less, left, 1.0)), [true, false, false]);
    let more = "test.autoencoder.ssim >= 2 * test.pca.ssim by 0.25";
    assert_eq!([1.2, 1.25, 1.5].map(|left| holds(more, left, 1.0)), [false, true, true]);
    // A larger negative number is closer to 0.
    assert_eq!(
        [-7.0, -6.0].map(|left| holds("test.pca.psnr_db >= test.pca.psnr_db by 25%", left, -8.0)),
        [false, true]
    );
    assert_eq!(Claim::parse(less).unwrap().excess(0.75, 1.0, 1.0), 0.25);
    assert_eq!(Claim::parse(more).unwrap().excess(1.5, 1.0, 1.0), 0.25);
}

#[test]
fn an_interval_has_an_outcome_if_it_lies_wholly_on_one_side() {
    let outcome = |comparison: &str, low, high| {
        Claim::parse(&format!("test.pca.ssim {comparison} 1")).unwrap().outcome(low, high)
    };
    assert_eq!(
        [(-2.0, -1.0), (-1.0, 1.0), (1.0, 2.0)].map(|(low, high)| outcome("<", low, high)),
        [Some(true), None, Some(false)]
    );
    assert_eq!(
        [(-2.0, -1.0), (-1.0, 1.0), (1.0, 2.0)].map(|(low, high)| outcome(">", low, high)),
        [Some(false), None, Some(true)]
    );
    assert_eq!(
        ["<", "<=", ">", ">="].map(|of| outcome(of, 0.0, 0.0)),
        [Some(false), Some(true), Some(false), Some(true)]
    );
}

#[test]
fn a_claim_over_variants_is_checked_once_at_every_code_size_that_all_variants_have() {
    let networks = [(Some("a"), 8), (Some("a"), 16), (Some("b"), 16), (Some("b"), 32)];
    let claim = Claim::parse("test.autoencoder.ssim > 2 * a.test.autoencoder.ssim by 5% over variants").unwrap();
    let places = claim.places(&networks);
    assert_eq!(places, [Place { variant: None, code: Some(16), over: vec!["a".to_owned(), "b".to_owned()] }]);
    let checks = claim.check(&places, |_, variant, _| Some(if variant == Some("a") { 1.0 } else { 4.0 }));
    assert_eq!((checks[0].left, checks[0].right, checks[0].held), (Some(2.5), Some(2.0), Some(true)));
    // If one variant lacks the number, there is no mean.
    let checks = claim.check(&places, |_, variant, _| (variant == Some("a")).then_some(1.0));
    assert_eq!((checks[0].left, checks[0].held), (None, None));
    let claim = Claim::parse("test.autoencoder.ssim > 1 over variants").unwrap();
    assert_eq!(claim.places(&[(None, 8)]), [Place { variant: None, code: Some(8), over: Vec::new() }]);
}

#[test]
fn the_kind_of_a_claim_names_both_measures() {
    let kind = |claim: &str| Claim::parse(claim).unwrap().kind();
    let bound = "a.test.autoencoder.bound_500[8] >= -90";
    assert_eq!(kind(bound), "autoencoder.bound > number");
    let accuracy = "test.autoencoder.svm_accuracy_all <= 0.9 * b.test.raw_pixels.svm_accuracy_100 by 5% over variants";
    assert_eq!(kind(accuracy), "autoencoder.svm_accuracy < raw_pixels.svm_accuracy");
    assert_eq!(kind("0.5 < test.pca.ssim"), "number < pca.ssim");
}
