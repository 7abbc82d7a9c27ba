//! Makes the golden values of k-means: results of linfa-clustering 0.8.1 on synthetic rows.
//!
//! Copy this file to `src/main.rs` of a new package and add linfa@0.8.1, linfa-clustering@0.8.1, ndarray@0.16,
//! rand_chacha@0.3 and serde_json@1. Then: cargo run --release > k_means.json

use linfa::prelude::*;
use linfa_clustering::KMeans;
use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde_json::json;

/// Name, rows, columns, distinct rows, scale, and weight of the blobs relative to uniform noise.
const CASES: [(&str, usize, usize, usize, f32, f32); 6] = [
    ("blobs in the plane", 200, 2, 200, 1.0, 0.8),
    ("uniform", 1000, 16, 1000, 1.0, 0.0),
    ("many columns", 3000, 64, 3000, 1.0, 0.5),
    ("fewer distinct rows than clusters", 60, 3, 5, 1.0, 0.0),
    ("large numbers", 503, 10, 503, 1000.0, 0.6),
    ("one column", 1203, 1, 1203, 0.01, 0.3),
];

/// Row `i` is `scale * (weight * corner[i % 10] + (1 - weight) * noise[i % distinct])`, from numbers in [0, 1) in steps of
/// 2^-24.
fn rows(rows: usize, columns: usize, distinct: usize, scale: f32, weight: f32) -> Vec<f32> {
    let mut generator = ChaCha8Rng::from_seed([columns as u8; 32]);
    let mut draw = |count: usize| -> Vec<f32> {
        let mut bytes = vec![0; 4 * count];
        generator.fill_bytes(&mut bytes);
        let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap()) >> 8;
        bytes.chunks(4).map(|bytes| number(bytes) as f32 / (1 << 24) as f32).collect()
    };
    let (corners, noise) = (draw(10 * columns), draw(distinct * columns));
    let value = |row: usize, column: usize| {
        let (corner, noise) = (corners[row % 10 * columns + column], noise[row % distinct * columns + column]);
        scale * (weight * corner + (1.0 - weight) * noise)
    };
    (0..rows * columns).map(|index| value(index / columns, index % columns)).collect()
}

fn main() {
    let cases = CASES.map(|(name, count, columns, distinct, scale, weight)| {
        let data = Array2::from_shape_vec((count, columns), rows(count, columns, distinct, scale, weight)).unwrap();
        let data = DatasetBase::from(data);
        let fit = |key: u8| {
            let generator = ChaCha8Rng::from_seed([key; 32]);
            let fit = KMeans::params_with_rng(10, generator).n_runs(1).max_n_iterations(100).tolerance(1e-4);
            fit.fit(&data).unwrap()
        };
        let first = fit(0);
        let labels = first.predict(data.records());
        let inertia: Vec<f32> = (0..3).map(|key| fit(key).inertia()).collect();
        json!({
            "name": name,
            "rows": count,
            "columns": columns,
            "distinct": distinct,
            "scale": scale,
            "weight": weight,
            "labels": labels.iter().map(usize::to_string).collect::<String>(),
            "centres": first.centroids().iter().collect::<Vec<_>>(),
            "inertia": inertia,
        })
    });
    let lines = cases.map(|case| case.to_string());
    println!("[\n{}\n]", lines.join(",\n"));
}
