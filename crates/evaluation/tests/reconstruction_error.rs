//! Compares reconstruction errors with scikit-image.

#![allow(clippy::unwrap_used)]

use evaluation::metrics::ssim::Reference;
use evaluation::metrics::{ErrorSums, Original};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    clean: Vec<u8>,
    output: Vec<u8>,
    mse_per_pixel: f64,
    squared_error_per_image: f64,
    bce_per_pixel: f64,
    psnr_db: f64,
    ssim: f64,
}

#[test]
fn every_field_matches_scikit_image() {
    let golden: Golden = serde_json::from_str(include_str!("golden/metrics.json")).unwrap();
    assert!(!golden.cases.is_empty());
    let scaled = |bytes: &[u8]| bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect::<Vec<f32>>();
    for case in golden.cases {
        let (clean, output) = (scaled(&case.clean), scaled(&case.output));
        let mut sums = ErrorSums::default();
        let image = Reference::new(&clean, 28, 28);
        let original = Original { label: Some(0), clean: &clean, is_in_unit_range: true, image: Some(&image) };
        sums.add(original, &output);
        let error = sums.error().unwrap();
        let close = |field: &str, measured: f64, expected: f64, tolerance: f64| {
            assert!((measured - expected).abs() <= tolerance, "{}: {field} {measured}, not {expected}", case.name);
        };
        close("mse_per_pixel", error.mse_per_pixel, case.mse_per_pixel, 1e-7);
        close("squared_error_per_image", error.squared_error_per_image, case.squared_error_per_image, 1e-4);
        close("bce_per_pixel", error.bce_per_pixel.unwrap(), case.bce_per_pixel, 1e-6);
        close("psnr_db", error.psnr_db.unwrap(), case.psnr_db, 1e-5);
        close("ssim", error.ssim.unwrap(), case.ssim, 1e-5);
    }
}
