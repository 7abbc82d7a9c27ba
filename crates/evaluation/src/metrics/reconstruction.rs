//! Reconstruction error of a set of rows, summed row by row in double precision.

use record::ReconstructionError;

use crate::metrics::blocks::block_means;
use crate::metrics::ssim;

/// Smallest distance of outputs from 0 and 1 in the cross-entropy, as in Keras.
const BCE_CLAMP: f64 = 1e-7;

/// Number of probabilities that are multiplied before their logarithm is taken: 28 factors of 1e-7 give 1e-196, which f64
/// represents.
const FACTORS: usize = 28;

/// Peak signal-to-noise ratio of a perfect reconstruction, in dB; JSON has no infinity. It is that of a mean squared error
/// of 1e-10, which is below the resolution of f32 pixels.
pub const PSNR_LIMIT: f64 = 100.0;

/// Errors of reconstructions, summed over rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ErrorSums {
    /// Number of rows of each class, by label. Without classes all rows are in the first.
    rows: Vec<u64>,
    /// Number of values of each row.
    values: usize,
    /// Squared error of each class, summed over its rows.
    squared: Vec<f64>,
    has_classes: bool,
    /// Cross-entropy summed over rows, if values lie in [0, 1].
    bce: Option<f64>,
    /// Structural similarity summed over rows, if rows are grey images.
    ssim: Option<f64>,
    /// Squared error, cross-entropy and similarity of each row, in order, for means over blocks of rows.
    of_rows: [Vec<f64>; 3],
}

/// The original of a reconstruction.
#[derive(Debug, Clone, Copy)]
pub struct Original<'a> {
    /// Class of the row, if it has one.
    pub label: Option<u16>,
    /// Values of the row, `(values,)`.
    pub clean: &'a [f32],
    /// True if the values lie in [0, 1].
    pub is_in_unit_range: bool,
    /// Local moments of the row, if it is a grey image.
    pub image: Option<&'a ssim::Reference>,
}

impl ErrorSums {
    /// Adds one row and its reconstruction, unclipped. All rows must have the same shape.
    pub fn add(&mut self, original: Original<'_>, reconstruction: &[f32]) {
        let Original { label, clean, is_in_unit_range, image } = original;
        let class = label.map_or(0, usize::from);
        self.make_room(class + 1);
        self.rows[class] += 1;
        self.values = clean.len();
        let [of_squared, of_bce, of_ssim] = &mut self.of_rows;
        let squared = squared_error(clean, reconstruction);
        self.squared[class] += squared;
        of_squared.push(squared);
        self.has_classes |= label.is_some();
        if is_in_unit_range {
            let bce = binary_cross_entropy(clean, reconstruction);
            *self.bce.get_or_insert(0.0) += bce;
            of_bce.push(bce);
        }
        if let Some(image) = image {
            let ssim = image.similarity(reconstruction);
            *self.ssim.get_or_insert(0.0) += ssim;
            of_ssim.push(ssim);
        }
    }

    /// Adds the sums of other rows. Rounding depends on the order: merge in the order of the rows.
    pub fn merge(&mut self, other: &Self) {
        self.make_room(other.rows.len());
        for class in 0..other.rows.len() {
            self.rows[class] += other.rows[class];
            self.squared[class] += other.squared[class];
        }
        self.values = self.values.max(other.values);
        self.has_classes |= other.has_classes;
        for (sum, other) in [(&mut self.bce, other.bce), (&mut self.ssim, other.ssim)] {
            if let Some(other) = other {
                *sum.get_or_insert(0.0) += other;
            }
        }
        for (rows, other) in self.of_rows.iter_mut().zip(&other.of_rows) {
            rows.extend_from_slice(other);
        }
    }

    /// Drops the errors of single rows and keeps the sums.
    pub(crate) fn forget_rows(&mut self) {
        self.of_rows = Default::default();
    }

    /// Makes room for at least `classes` classes.
    fn make_room(&mut self, classes: usize) {
        if self.rows.len() < classes {
            self.rows.resize(classes, 0);
            self.squared.resize(classes, 0.0);
        }
    }

    /// Means over all rows; `None` without rows, or if a reconstruction was not finite.
    pub fn error(&self) -> Option<ReconstructionError> {
        let rows = self.rows.iter().sum::<u64>() as f64;
        let squared_error_per_image = self.squared.iter().sum::<f64>() / rows;
        let mse_per_pixel = squared_error_per_image / self.values as f64;
        let error = ReconstructionError {
            mse_per_pixel,
            squared_error_per_image,
            bce_per_pixel: self.bce.map(|bce| bce / rows / self.values as f64),
            psnr_db: self.bce.map(|_| psnr(mse_per_pixel)),
            ssim: self.ssim.map(|ssim| ssim / rows),
        };
        let optional = [error.bce_per_pixel, error.psnr_db, error.ssim];
        let is_finite = mse_per_pixel.is_finite() && optional.iter().flatten().all(|value| value.is_finite());
        is_finite.then_some(error)
    }

    /// Name and means over blocks of rows, for each field that is a mean over rows.
    pub fn block_means(&self) -> Vec<(&'static str, Vec<f64>)> {
        let values = self.values as f64;
        let [squared, bce, ssim] = &self.of_rows;
        let fields = [
            ("mse_per_pixel", squared, values),
            ("squared_error_per_image", squared, 1.0),
            ("bce_per_pixel", bce, values),
            ("ssim", ssim, 1.0),
        ];
        let measured = fields.into_iter().filter(|(_, rows, _)| !rows.is_empty());
        let means = |rows: &[f64], values: f64| block_means(rows).into_iter().map(|mean| mean / values).collect();
        measured.map(|(field, rows, values)| (field, means(rows, values))).collect()
    }

    /// Squared error of each row per value, in the order of the rows.
    pub(crate) fn squared_error_of_rows(&self) -> impl Iterator<Item = f64> {
        self.of_rows[0].iter().map(|squared| squared / self.values as f64)
    }

    /// Label, number of rows, and mean squared error per value of each class with rows.
    pub fn by_class(&self) -> impl Iterator<Item = (u16, usize, f64)> {
        let classes = if self.has_classes { self.rows.len() } else { 0 };
        (0..classes).filter(|&class| self.rows[class] > 0).map(|class| {
            let rows = self.rows[class];
            (class as u16, rows as usize, self.squared[class] / (rows as f64 * self.values as f64))
        })
    }
}

/// Squared error, summed over the values.
pub fn squared_error(clean: &[f32], reconstruction: &[f32]) -> f64 {
    // Independent lanes allow vector instructions, although floating-point sums may not be reordered.
    let mut lanes = [0.0_f64; 8];
    let (clean_blocks, clean_rest) = clean.as_chunks::<8>();
    let (blocks, rest) = reconstruction.as_chunks::<8>();
    for (clean, values) in clean_blocks.iter().zip(blocks) {
        for lane in 0..8 {
            let difference = f64::from(values[lane] - clean[lane]);
            lanes[lane] += difference * difference;
        }
    }
    let rest: f64 = clean_rest.iter().zip(rest).map(|(clean, value)| f64::from(value - clean).powi(2)).sum();
    lanes.iter().sum::<f64>() + rest
}

/// Binary cross-entropy in nats, summed over the values. The reconstruction is first clamped to [1e-7, 1 - 1e-7].
pub fn binary_cross_entropy(clean: &[f32], reconstruction: &[f32]) -> f64 {
    // -(t ln p + (1 - t) ln q) = -(ln q + t (ln p - ln q)) with q = 1 - p. The sum of ln q over some pixels is the
    // logarithm of one product; the second term is needed only where t is not 0.
    let mut sum = 0.0;
    for (clean, values) in clean.chunks(FACTORS).zip(reconstruction.chunks(FACTORS)) {
        let mut product = 1.0;
        for (&target, &value) in clean.iter().zip(values) {
            let p = f64::from(value).clamp(BCE_CLAMP, 1.0 - BCE_CLAMP);
            let q = 1.0 - p;
            product *= q;
            if target > 0.0 {
                sum -= f64::from(target) * (p / q).ln();
            }
        }
        sum -= product.ln();
    }
    sum
}

/// Peak signal-to-noise ratio in dB of a mean squared error, for a peak of 1; at most [`PSNR_LIMIT`].
pub fn psnr(mse_per_pixel: f64) -> f64 {
    // `min` would turn NaN into the limit.
    let ratio = -10.0 * mse_per_pixel.log10();
    if ratio > PSNR_LIMIT { PSNR_LIMIT } else { ratio }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIXELS: usize = 784;

    fn sums(clean: &[f32], reconstruction: &[f32]) -> ErrorSums {
        let mut sums = ErrorSums::default();
        let image = ssim::Reference::new(clean, 28, 28);
        sums.add(Original { label: Some(3), clean, is_in_unit_range: true, image: Some(&image) }, reconstruction);
        sums
    }

    #[test]
    fn the_error_of_a_constant_difference_is_its_square() {
        let error = sums(&[0.25; PIXELS], &[0.75; PIXELS]).error().unwrap();
        assert_eq!(error.mse_per_pixel, 0.25);
        assert_eq!(error.squared_error_per_image, 196.0);
        assert!((error.psnr_db.unwrap() - 6.020_599_913).abs() < 1e-9);
    }

    #[test]
    fn a_perfect_reconstruction_has_a_finite_psnr() {
        let image = [0.0; PIXELS];
        let error = sums(&image, &image).error().unwrap();
        assert_eq!((error.mse_per_pixel, error.psnr_db), (0.0, Some(PSNR_LIMIT)));
        assert!((error.bce_per_pixel.unwrap() - 1e-7).abs() < 1e-12);
        assert!((error.ssim.unwrap() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn values_that_are_not_finite_give_no_error() {
        let mut broken = [0.5; PIXELS];
        broken[17] = f32::NAN;
        assert_eq!(sums(&[0.5; PIXELS], &broken).error(), None);
        broken[17] = f32::INFINITY;
        assert_eq!(sums(&[0.5; PIXELS], &broken).error(), None);
        assert_eq!(ErrorSums::default().error(), None);
    }

    #[test]
    fn cross_entropy_by_products_equals_the_sum_over_pixels() {
        let clean: Vec<f32> = (0..PIXELS).map(|i| ((i * 7) % 11) as f32 / 10.0).collect();
        let values: Vec<f32> = (0..PIXELS).map(|i| ((i * 5) % 13) as f32 / 10.0 - 0.1).collect();
        let direct: f64 = clean
            .iter()
            .zip(&values)
            .map(|(&target, &value)| {
                let (t, p) = (f64::from(target), f64::from(value).clamp(1e-7, 1.0 - 1e-7));
                -(t * p.ln() + (1.0 - t) * (1.0 - p).ln())
            })
            .sum();
        let relative = binary_cross_entropy(&clean, &values) / direct - 1.0;
        assert!(relative.abs() < 1e-12, "{relative}");
    }

    #[test]
    fn each_class_has_its_own_mean() {
        let mut sums = ErrorSums::default();
        let of = |label| Original { label: Some(label), clean: &[0.0; 4], is_in_unit_range: true, image: None };
        sums.add(of(1), &[0.5; 4]);
        sums.add(of(1), &[0.0; 4]);
        sums.add(of(7), &[1.0; 4]);
        let mut others = ErrorSums::default();
        others.add(of(2_500), &[0.5; 4]);
        sums.merge(&others);
        assert_eq!(sums.by_class().collect::<Vec<_>>(), [(1, 2, 0.125), (7, 1, 1.0), (2_500, 1, 0.25)]);
    }

    #[test]
    fn means_over_blocks_of_equal_size_average_to_the_error_after_any_merge() {
        let row = |index: usize| vec![index as f32 / 64.0; 4];
        let mut all = ErrorSums::default();
        for part in [0..25, 25..40] {
            let mut sums = ErrorSums::default();
            for index in part {
                let original = Original { label: None, clean: &[0.0; 4], is_in_unit_range: true, image: None };
                sums.add(original, &row(index));
            }
            all.merge(&sums);
        }
        let error = all.error().unwrap();
        let blocks = all.block_means();
        let fields: Vec<&str> = blocks.iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, ["mse_per_pixel", "squared_error_per_image", "bce_per_pixel"]);
        for (field, means) in blocks {
            let mean = means.iter().sum::<f64>() / means.len() as f64;
            assert_eq!(means.len(), 20);
            assert!((mean / error.field(field).unwrap() - 1.0).abs() < 1e-12, "{field}");
        }
        // The block of rows 0 and 20.
        assert_eq!(all.block_means()[0].1[0], 0.5 * (20.0_f64 / 64.0).powi(2));
    }

    #[test]
    fn values_without_a_range_have_only_a_squared_error() {
        let mut sums = ErrorSums::default();
        let original = Original { label: None, clean: &[-2.0, 5.0], is_in_unit_range: false, image: None };
        sums.add(original, &[0.0, 6.0]);
        let error = sums.error().unwrap();
        assert_eq!((error.mse_per_pixel, error.squared_error_per_image), (2.5, 5.0));
        assert_eq!((error.bce_per_pixel, error.psnr_db, error.ssim), (None, None, None));
        assert_eq!(sums.by_class().count(), 0);
    }
}
