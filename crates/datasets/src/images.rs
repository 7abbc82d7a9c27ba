//! Labelled images in memory, as bytes.

use spec::catalogue::SIDE;

/// Labelled square images of eight bits, all of the same side: 0 is black, 255 white.
///
/// They stay bytes, a quarter of the size of floats; [`scaled`](Self::scaled) turns one into the [0, 1] a network reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// Pixels on each side of an image.
    side: usize,
    /// (images, pixels), row-major.
    pixels: Vec<u8>,
    /// (images).
    labels: Vec<u8>,
}

impl Images {
    /// Joins pixels of 28x28 images, (images, 784) row-major, and labels, (images).
    ///
    /// # Panics
    /// As [`of_side`](Self::of_side).
    pub fn new(pixels: Vec<u8>, labels: Vec<u8>) -> Self {
        Self::of_side(SIDE, pixels, labels)
    }

    /// Joins pixels of images of so many a side, (images, side * side) row-major, and labels, (images).
    ///
    /// # Panics
    /// When there are not `side * side` pixels for each label: a mistake in the calling code, since whatever comes from
    /// outside is checked before.
    pub fn of_side(side: usize, pixels: Vec<u8>, labels: Vec<u8>) -> Self {
        let each = side * side;
        assert_eq!(pixels.len(), labels.len() * each, "{} labels need {each} pixels each", labels.len());
        Self { side, pixels, labels }
    }

    /// Pixels on each side of an image.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Pixels of an image.
    pub fn width(&self) -> usize {
        self.side * self.side
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The bytes of one image, row by row.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Self::len).
    pub fn pixels(&self, index: usize) -> &[u8] {
        &self.pixels[index * self.width()..][..self.width()]
    }

    /// The bytes of every image, (images, width) row-major.
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
    /// When `index` is not below [`len`](Self::len), or `out` does not hold as many values as an image has pixels.
    // Inlined, so that a caller's wider vectors reach the loop.
    #[inline(always)]
    pub fn scaled(&self, index: usize, out: &mut [f32]) {
        assert_eq!(out.len(), self.width(), "an image has {} x {} pixels", self.side, self.side);
        for (value, &byte) in out.iter_mut().zip(self.pixels(index)) {
            *value = f32::from(byte) / 255.0;
        }
    }

    /// The images at `indices`, in that order.
    pub(crate) fn select(&self, indices: &[u32]) -> Self {
        let mut pixels = Vec::with_capacity(indices.len() * self.width());
        for &index in indices {
            pixels.extend_from_slice(self.pixels(index as usize));
        }
        Self { side: self.side, pixels, labels: indices.iter().map(|&index| self.labels[index as usize]).collect() }
    }
}

#[cfg(test)]
mod tests {
    use spec::catalogue::PIXELS;

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
    fn images_of_another_side_have_as_many_pixels_as_that_makes() {
        let images = Images::of_side(56, (0..2 * 56 * 56).map(|at| (at / 3136) as u8).collect(), vec![1, 2]);
        assert_eq!((images.side(), images.width(), images.pixels(1)), (56, 3136, &[1; 3136][..]));
        assert_eq!(images.select(&[1]).side(), 56);
    }

    #[test]
    #[should_panic(expected = "2 labels need 784 pixels each")]
    fn pixels_that_do_not_fit_the_labels_are_refused() {
        Images::new(vec![0; PIXELS], vec![1, 2]);
    }
}
