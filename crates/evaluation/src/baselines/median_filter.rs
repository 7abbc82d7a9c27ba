//! The median filter: what is done about salt-and-pepper noise by hand.

use zoo::Matrix;

use crate::baselines::choice::{choose, first};
use crate::baselines::fitted::Fitted;
use crate::inputs::Inputs;

/// Widths of window that there are; 1 leaves an image alone.
const WINDOWS: [usize; 3] = [1, 3, 5];

/// Replaces each pixel by the median of a square window about it. Beyond its border the image is mirrored, the outermost
/// pixels twice, as `scipy.ndimage.median_filter` does by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MedianFilter {
    window: usize,
    /// Rows of pixels, and pixels of each.
    height: usize,
    width: usize,
}

impl MedianFilter {
    /// For images of `(height, width)` pixels, with a window of so many on each side; an even number counts as the next odd one.
    pub fn new(window: usize, (height, width): (usize, usize)) -> Self {
        Self { window: window | 1, height, width }
    }

    /// Chooses the window, out of [`WINDOWS`], with the lowest error on corrupted training images.
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
        // Where each row or column of the image with its margin lies in the image.
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

/// The row or column `at - margin`, mirrored into an image of so many: -1 is 0, and -2 is 1.
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
    fn a_window_of_one_leaves_an_image_alone() {
        let noise = image(|row, column| ((row * 37 + column * 11) % 17) as f32 / 16.0);
        assert_eq!(MedianFilter::new(1, PLANE).reconstruct(&noise), noise);
    }

    #[test]
    fn a_lone_bright_pixel_is_taken_for_noise_and_an_edge_is_not() {
        let dot = image(|row, column| if (row, column) == (9, 4) { 1.0 } else { 0.0 });
        let edge = image(|_, column| if column < 10 { 1.0 } else { 0.0 });
        for window in [3, 5] {
            let filter = MedianFilter::new(window, PLANE);
            assert_eq!(filter.reconstruct(&dot), image(|_, _| 0.0));
            assert_eq!(filter.reconstruct(&edge), edge);
        }
    }
}
