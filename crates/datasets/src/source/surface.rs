//! Images on a curved surface of two dimensions, with noise of known variance, so that the best code and the least
//! error are known. Any number of images, without a file, with the same bits on every platform.
//!
//! A clean image is a smooth bump, `(1 - r^2 / 49)^2` within 7 pixels of its centre. Its position (u, v) is uniform in
//! a square that keeps the bump off the border. Moving a bump is not a linear change of its pixels, so that the surface
//! bends through many more than two dimensions. The clean image is rounded to 8 bits within `NOISE..=255 - NOISE`. Then
//! each pixel gets a whole number of noise, uniform in `-NOISE..=NOISE`, without clipping.
//!
//! The code uses only `+ - * /` and comparisons of `f64`, as in [`glyphs`](crate::source::glyphs). A test checks a
//! checksum of the first images.

use random::Stream;
use spec::Shape;

use random::below;

/// Side of an image in pixels.
const SIDE: usize = 28;

/// Number of pixels of an image.
const PIXELS: usize = SIDE * SIDE;

/// Number of classes: equal parts of the range of u.
const CLASSES: usize = 10;

/// Number of coordinates, which determine a clean image.
const DIMENSION: usize = 2;

/// Greatest absolute noise of a pixel, in steps of 1/255.
const NOISE: u8 = 16;

/// Variance of the noise of a pixel, for pixels in [0, 1]. A whole number that is uniform in `-NOISE..=NOISE` has the
/// variance `NOISE (NOISE + 1) / 3` in steps squared. No reconstruction that knows the surface, but not the noise, has
/// a lower mean squared error per pixel, except by chance.
pub const NOISE_VARIANCE: f64 = (NOISE as f64) * (NOISE as f64 + 1.0) / 3.0 / (255.0 * 255.0);

/// Radius of the bump in pixels.
const RADIUS: f64 = 7.0;

/// Least and greatest coordinate of the centre in pixels, horizontally and vertically.
const RANGE: (f64, f64) = (8.0, 20.0);

/// Number of different values of u and v.
const STEPS: u32 = 1 << 24;

/// Draws image `index` of an endless sequence: 784 bytes, row by row, and its label, 0 to 9: the tenth of its range
/// that u lies in.
///
/// The image depends on `index` alone (`Stream::Embedded("surface")`, seed 0), not on earlier images.
pub fn image(index: u64) -> ([u8; PIXELS], u16) {
    let mut generator = Stream::Embedded("surface").generator(0, index);
    let place: [u32; DIMENSION] = [below(&mut generator, STEPS), below(&mut generator, STEPS)];
    let label = u64::from(place[0]) * CLASSES as u64 / u64::from(STEPS);
    let mut pixels = clean(place.map(|step| f64::from(step) / f64::from(STEPS)));
    for pixel in &mut pixels {
        // The random number is from 0 to twice NOISE. The clean pixel is at least NOISE, which is subtracted first.
        *pixel = *pixel - NOISE + below(&mut generator, 2 * u32::from(NOISE) + 1) as u8;
    }
    (pixels, label as u16)
}

/// Draws the image into a row of its single shape, and returns its label.
pub(crate) fn row(_: Shape, index: u64, pixels: &mut [u8]) -> u16 {
    let (image, label) = image(index);
    pixels.copy_from_slice(&image);
    label
}

/// The image at (u, v), both in [0, 1), without noise.
fn clean(place: [f64; DIMENSION]) -> [u8; PIXELS] {
    let [across, down] = place.map(|share| RANGE.0 + (RANGE.1 - RANGE.0) * share);
    let height = 255.0 - 2.0 * f64::from(NOISE);
    let mut pixels = [0; PIXELS];
    for (index, pixel) in pixels.iter_mut().enumerate() {
        let (x, y) = ((index % SIDE) as f64 + 0.5 - across, (index / SIDE) as f64 + 0.5 - down);
        let inside = (1.0 - (x * x + y * y) / (RADIUS * RADIUS)).max(0.0);
        *pixel = NOISE + (height * inside * inside + 0.5) as u8;
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Position (u, v) of image `index`.
    fn place(index: u64) -> [f64; DIMENSION] {
        let mut generator = Stream::Embedded("surface").generator(0, index);
        [(); DIMENSION].map(|()| f64::from(below(&mut generator, STEPS)) / f64::from(STEPS))
    }

    #[test]
    fn the_first_thousand_images_never_change() {
        let bytes: Vec<u8> = (0..1000)
            .map(image)
            .flat_map(|(pixels, label)| pixels.into_iter().chain([label as u8]).collect::<Vec<u8>>())
            .collect();
        assert_eq!(
            crate::source::idx::files::sha256(&bytes),
            "87ee0616f1cd698f09ed52941560147d639274dbddd2a77f01c84a0cf9dba13b"
        );
    }

    #[test]
    fn the_noise_has_mean_zero_and_the_stated_variance() {
        let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
        for index in 0..2_000 {
            for (pixel, clean) in image(index).0.into_iter().zip(clean(place(index))) {
                let noise = f64::from(i16::from(pixel) - i16::from(clean)) / 255.0;
                assert!(noise.abs() <= f64::from(NOISE) / 255.0);
                (sum, squares, count) = (sum + noise, squares + noise * noise, count + 1.0);
            }
        }
        // The square of a uniform number has a standard deviation of 0.9 of its mean. The limit is five standard
        // deviations of the mean over all pixels.
        let deviation = 1.0 / f64::sqrt(count);
        assert!((squares / count / NOISE_VARIANCE - 1.0).abs() < 5.0 * 0.9 * deviation, "{}", squares / count);
        assert!((sum / count).abs() < 5.0 * NOISE_VARIANCE.sqrt() * deviation, "{}", sum / count);
    }

    #[test]
    fn clean_images_leave_room_for_the_noise_and_stay_off_the_border() {
        for place in [[0.0, 0.0], [0.0, 0.999_999], [0.999_999, 0.0], [0.54, 0.46]] {
            let pixels = clean(place);
            assert!(pixels.iter().all(|pixel| (NOISE..=255 - NOISE).contains(pixel)));
            assert!(pixels.iter().any(|pixel| *pixel > 220));
            let border = (0..SIDE).flat_map(|at| [at, PIXELS - 1 - at, at * SIDE, at * SIDE + SIDE - 1]);
            assert!(border.map(|at| pixels[at]).all(|pixel| pixel == NOISE));
        }
    }

    #[test]
    fn labels_are_tenths_of_u_and_about_equally_likely() {
        let mut counts = [0; CLASSES];
        for index in 0..5000 {
            let label = image(index).1;
            assert_eq!(label, (place(index)[0] * 10.0) as u16);
            counts[usize::from(label)] += 1;
        }
        // Each count is binomial with mean 500 and standard deviation 21. The range is five standard deviations each
        // way.
        assert!(counts.iter().all(|count| (394..=606).contains(count)), "{counts:?}");
    }
}
