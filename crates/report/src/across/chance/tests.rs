//! Tests of confidence intervals: against SciPy, and by their coverage in random data.

use std::path::Path;

use random::Stream;
use serde::Deserialize;
use system::storage;

use super::*;

/// Reference values, written by `tests/golden/chance.py`.
#[derive(Deserialize)]
struct Golden {
    tables: Vec<Table>,
    seeds: Vec<Seeds>,
    quantiles: Vec<[f64; 3]>,
}

#[derive(Deserialize)]
struct Table {
    confidence: f64,
    differences: Vec<Vec<f64>>,
    interval: [f64; 2],
}

#[derive(Deserialize)]
struct Seeds {
    confidence: f64,
    values: Vec<f64>,
    interval: [f64; 2],
}

fn golden() -> Golden {
    storage::read_json(&Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/golden/chance.json"))
        .unwrap()
}

fn of_blocks(table: Vec<Vec<f64>>) -> Differences {
    let mean = |row: &Vec<f64>| row.iter().sum::<f64>() / row.len() as f64;
    Differences { of_seeds: table.iter().map(mean).collect(), of_blocks: Some(table), scale: 0.0, is_exact: false }
}

fn of_seeds(values: &[f64]) -> Differences {
    Differences { of_seeds: values.to_vec(), of_blocks: None, scale: 1.0, is_exact: false }
}

fn assert_near(found: [f64; 2], expected: [f64; 2]) {
    let width = expected[1] - expected[0];
    assert!(found.iter().zip(expected).all(|(found, of)| (found - of).abs() < 1e-7 * width), "{found:?} {expected:?}");
}

#[test]
fn students_quantiles_equal_those_of_scipy_at_whole_and_fractional_degrees_of_freedom() {
    for [probability, freedom, expected] in golden().quantiles {
        let found = quantile(probability, freedom).unwrap();
        assert!((found / expected - 1.0).abs() < 1e-8, "{probability} {freedom}: {found} {expected}");
    }
    assert_eq!(quantile(0.975, 0.0), None);
}

#[test]
fn intervals_over_seeds_and_blocks_equal_the_reference_values() {
    let tables = golden().tables;
    assert!(tables.len() > 10);
    for Table { confidence, differences, interval } in tables {
        assert_near(of_blocks(differences).interval(confidence).unwrap(), interval);
    }
}

#[test]
fn intervals_without_blocks_equal_those_of_a_paired_t_test() {
    for Seeds { confidence, values, interval } in golden().seeds {
        assert_near(of_seeds(&values).interval(confidence).unwrap(), interval);
    }
}

#[test]
fn equal_seeds_have_an_interval_of_width_zero_and_a_single_seed_has_none() {
    assert_eq!(of_seeds(&[0.5, 0.5, 0.5]).interval(0.95), Some([0.5, 0.5]));
    assert_eq!(of_seeds(&[0.1 + 0.2, 0.3]).interval(0.95).map(|[low, high]| low == high), Some(true));
    assert_eq!(of_seeds(&[0.5]).interval(0.95), None);
    assert_eq!(Differences { is_exact: true, ..of_seeds(&[0.5]) }.interval(0.95), Some([0.5, 0.5]));
    // One block gives no interval either.
    assert_eq!(of_blocks(vec![vec![0.5]]).interval(0.95), None);
}

#[test]
fn equal_seeds_keep_the_uncertainty_over_test_rows() {
    let row: Vec<f64> = (0..20).map(|block| f64::from(block % 5)).collect();
    let one = of_blocks(vec![row.clone()]).interval(0.95).unwrap();
    // Three copies of the same row have the interval of one copy.
    assert_near(of_blocks(vec![row; 3]).interval(0.95).unwrap(), one);
}

#[test]
fn equal_blocks_have_the_uncertainty_of_rounding() {
    let equal = Differences { scale: 0.02, ..of_blocks(vec![vec![0.0; 20]; 3]) };
    let [low, high] = equal.interval(0.95).unwrap();
    assert!(low < 0.0 && high > 0.0 && high < 1e-7, "{low} {high}");
}

/// Share of `draws` random tables with true difference 0 whose interval contains 0. The array has the standard
/// deviations of seeds, blocks and the rest.
fn coverage(draws: u64, seeds: usize, [of_seeds, of_blocks_, rest]: [f64; 3]) -> f64 {
    const BLOCKS: usize = 20;
    let covers = |draw: u64| {
        let mut normal = vec![0.0_f32; seeds + BLOCKS + seeds * BLOCKS];
        random::normals(&mut Stream::Split.generator(7, draw), &mut normal);
        let normal: Vec<f64> = normal.into_iter().map(f64::from).collect();
        let value = |s: usize, b: usize| {
            of_seeds * normal[s] + of_blocks_ * normal[seeds + b] + rest * normal[seeds + BLOCKS + s * BLOCKS + b]
        };
        let table = (0..seeds).map(|s| (0..BLOCKS).map(|b| value(s, b)).collect()).collect();
        let [low, high] = of_blocks(table).interval(CONFIDENCE).unwrap();
        low <= 0.0 && 0.0 <= high
    };
    (0..draws).filter(|draw| covers(*draw)).count() as f64 / draws as f64
}

#[test]
fn without_a_difference_about_95_percent_of_intervals_contain_zero() {
    // 2,000 draws have a standard error of 0.005; the approximation itself is off by up to 0.02 with three seeds.
    let models = [[1.0, 1.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [0.3, 1.0, 0.3], [1.0, 0.3, 0.3], [0.1, 1.0, 0.3]];
    for (seeds, least) in [(3, 0.915), (5, 0.93), (10, 0.935)] {
        for model in models {
            let share = coverage(2_000, seeds, model);
            assert!(share > least && share < 0.98, "{seeds} seeds, {model:?}: {share}");
        }
    }
    // If neither seeds nor blocks differ, the interval is too wide rather than too narrow.
    assert!(coverage(2_000, 3, [0.0, 0.0, 1.0]) > 0.95);
    // One seed.
    let share = coverage(2_000, 1, [0.0, 1.0, 0.0]);
    assert!((share - 0.95).abs() < 0.015, "{share}");
}
