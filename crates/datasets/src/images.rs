//! Labelled images in memory, as bytes.

use experiment::catalogue::{PIXELS, SIDE};

/// Labelled 28x28 images of eight bits: 0 is black, 255 white.
///
/// They stay bytes, a quarter of the size of floats; [`scaled`](Self::scaled) turns one into the [0, 1] a network reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// (images, pixels), row-major.
    pixels: Vec<u8>,
    /// (images).
    labels: Vec<u8>,
}

impl Images {
    /// Joins pixels, (images, 784) row-major, and labels, (images).
    ///
    /// # Panics
    /// When there are not 784 pixels for each label: a mistake in the calling code, since whatever comes from outside
    /// is checked before.
    pub fn new(pixels: Vec<u8>, labels: Vec<u8>) -> Self {
        assert_eq!(pixels.len(), labels.len() * PIXELS, "{} labels need {PIXELS} pixels each", labels.len());
        Self { pixels, labels }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The 784 bytes of one image, row by row.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Self::len).
    pub fn pixels(&self, index: usize) -> &[u8] {
        &self.pixels[index * PIXELS..][..PIXELS]
    }

    /// The bytes of every image, (images, 784) row-major.
    pub fn all_pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The label of one image, 0 to 9.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Self::len).
    pub fn label(&self, index: usize) -> u8 {
        self.labels[index]
    }

    /// The label of every image, (images).
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// Writes one image as floats in [0, 1]: each byte divided by 255.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Self::len), or `out` does not hold 784 values.
    // Inlined, so that a caller's wider vectors reach the loop.
    #[inline(always)]
    pub fn scaled(&self, index: usize, out: &mut [f32]) {
        assert_eq!(out.len(), PIXELS, "an image has {SIDE} x {SIDE} pixels");
        for (value, &byte) in out.iter_mut().zip(self.pixels(index)) {
            *value = f32::from(byte) / 255.0;
        }
    }

    /// The images at `indices`, in that order.
    pub(crate) fn select(&self, indices: &[u32]) -> Self {
        let mut pixels = Vec::with_capacity(indices.len() * PIXELS);
        for &index in indices {
            pixels.extend_from_slice(self.pixels(index as usize));
        }
        Self { pixels, labels: indices.iter().map(|&index| self.labels[index as usize]).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_maps_bytes_onto_zero_to_one() {
        let mut pixels = vec![0; 2 * PIXELS];
        pixels[PIXELS] = 255;
        pixels[PIXELS + 1] = 51;
        let images = Images::new(pixels, vec![3, 8]);
        let mut out = [9.0; PIXELS];
        images.scaled(1, &mut out);
        assert_eq!(out[..3], [1.0, 0.2, 0.0]);
        assert_eq!(images.label(1), 8);
    }

    #[test]
    fn selecting_keeps_pixels_and_labels_together() {
        let pixels = (0..3u8).flat_map(|image| [image; PIXELS]).collect();
        let chosen = Images::new(pixels, vec![5, 6, 7]).select(&[2, 0]);
        assert_eq!(chosen.labels(), [7, 5]);
        assert_eq!(chosen.pixels(0), [2; PIXELS]);
        assert_eq!(chosen.pixels(1), [0; PIXELS]);
    }

    #[test]
    #[should_panic(expected = "2 labels need 784 pixels each")]
    fn pixels_that_do_not_fit_the_labels_are_refused() {
        Images::new(vec![0; PIXELS], vec![1, 2]);
    }
}
