//! The median filter, the usual remedy for salt-and-pepper noise.

use zoo::Matrix;

use crate::baselines::choice::{choose, first};
use crate::baselines::fitted::Fitted;
use crate::inputs::Inputs;

/// Candidate widths of the window, in pixels. A window of 1 does not change an image.
const WINDOWS: [usize; 3] = [1, 3, 5];

/// Replaces each pixel by the median of a square window around it. The image is mirrored at its border, including the
/// border pixels, as `scipy.ndimage.median_filter` does by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MedianFilter {
    window: usize,
    /// Height and width of the images, in pixels.
    height: usize,
    width: usize,
}

impl MedianFilter {
    /// A filter for images of `(height, width)` pixels. `window` is the width of the window in pixels; an even number
    /// counts as the next odd one.
    pub fn new(window: usize, (height, width): (usize, usize)) -> Self {
        Self { window: window | 1, height, width }
    }

    /// Chooses the window of [`WINDOWS`] with the lowest error on corrupted training images.
    pub(crate) fn fit(train: &Inputs<'_>) -> Self {
        let plane = train.rows.shape().plane();
        let reconstruct = |window, input: &Matrix| Self::new(window, plane).reconstruct(input);
        Self::new(choose(train, first(train), &WINDOWS, reconstruct).unwrap_or(1), plane)
    }

    /// Filters images, `(images, pixels)`.
    pub fn reconstruct(&self, images: &Matrix) -> Matrix {
        let mut filtered = images.clone();
        if self.window == 1 {
            return filtered;
        }
        let mut values = vec![0.0; self.window * self.window];
        let middle = values.len() / 2;
        // The row or column of the image for each row or column of the image with its margin.
        let places = |side: usize| -> Vec<usize> {
            (0..side + self.window - 1).map(|at| mirrored(at, self.window / 2, side)).collect()
        };
        let (rows, columns, pixels) = (places(self.height), places(self.width), self.height * self.width);
        for (image, filtered) in
            images.values().chunks_exact(pixels).zip(filtered.values_mut().chunks_exact_mut(pixels))
        {
            for (index, pixel) in filtered.iter_mut().enumerate() {
                let (row, column) = (index / self.width, index % self.width);
                for (values, row) in values.chunks_exact_mut(self.window).zip(&rows[row..]) {
                    let places = values.iter_mut().zip(&columns[column..]);
                    places.for_each(|(value, column)| *value = image[row * self.width + column]);
                }
                *pixel = *values.select_nth_unstable_by(middle, f32::total_cmp).1;
            }
        }
        filtered
    }
}

/// Mirrors the row or column `at - margin` into an image of `side` rows or columns: -1 becomes 0, and -2 becomes 1.
fn mirrored(at: usize, margin: usize, side: usize) -> usize {
    let round = (at + 2 * side - margin % (2 * side)) % (2 * side);
    if round < side { round } else { 2 * side - 1 - round }
}

impl Fitted for MedianFilter {
    fn reconstruct(&self, input: &Matrix) -> Matrix {
        self.reconstruct(input)
    }

    fn chosen(&self) -> Vec<(&'static str, f64)> {
        vec![("window", self.window as f64)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLANE: (usize, usize) = (20, 28);

    fn image(pixel: impl Fn(usize, usize) -> f32) -> Matrix {
        let (height, width) = PLANE;
        let pixels = (0..height * width).map(|index| pixel(index / width, index % width));
        Matrix::new(1, height * width, pixels.collect())
    }

    #[test]
    fn a_window_of_1_does_not_change_an_image() {
        let noise = image(|row, column| ((row * 37 + column * 11) % 17) as f32 / 16.0);
        assert_eq!(MedianFilter::new(1, PLANE).reconstruct(&noise), noise);
    }

    #[test]
    fn a_single_bright_pixel_is_removed_and_an_edge_is_kept() {
        let dot = image(|row, column| if (row, column) == (9, 4) { 1.0 } else { 0.0 });
        let edge = image(|_, column| if column < 10 { 1.0 } else { 0.0 });
        for window in [3, 5] {
            let filter = MedianFilter::new(window, PLANE);
            assert_eq!(filter.reconstruct(&dot), image(|_, _| 0.0));
            assert_eq!(filter.reconstruct(&edge), edge);
        }
    }
}
