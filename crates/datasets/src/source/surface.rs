//! Images on a curved surface of two dimensions, with noise of known variance: what the best code and the best error are is
//! known beforehand. As many as wanted, without a file, the same bits on every platform.
//!
//! A clean image is a smooth bump, `(1 - r^2 / 49)^2` within 7 pixels of its centre, whose place (u, v) is uniform in a square
//! that keeps the bump off the border. Moving a bump is no linear change of its pixels: the two numbers bend the surface
//! through many more dimensions. The clean image is rounded to eight bits within `NOISE..=255 - NOISE`; then each pixel
//! gets a whole number of noise, uniform in `-NOISE..=NOISE`, which nothing clips.
//!
//! Only `+ - * /` and comparisons of `f64` are used, as in [`glyphs`](crate::source::glyphs). A test pins a checksum.

use random::Stream;
use spec::Shape;

use random::below;

/// Pixels on each side of an image.
const SIDE: usize = 28;

/// Pixels of an image.
const PIXELS: usize = SIDE * SIDE;

/// Parts of the range of u, which labels tell.
const CLASSES: usize = 10;

/// Numbers that fix a clean image.
const DIMENSION: usize = 2;

/// Most that noise adds to a pixel or takes from it, in steps of 1/255.
const NOISE: u8 = 16;

/// Variance of a pixel's noise, pixels in [0, 1]: that of a whole number uniform in `-NOISE..=NOISE`, which is
/// `NOISE (NOISE + 1) / 3` steps squared. No reconstruction that knows the surface and not the noise has a lower mean
/// squared error per pixel, but for chance.
pub const NOISE_VARIANCE: f64 = (NOISE as f64) * (NOISE as f64 + 1.0) / 3.0 / (255.0 * 255.0);

/// Where the bump ends, in pixels from its centre.
const RADIUS: f64 = 7.0;

/// Least and greatest coordinate of the centre, across and down, in pixels.
const RANGE: (f64, f64) = (8.0, 20.0);

/// Values that u and v take.
const STEPS: u32 = 1 << 24;

/// Draws image `index` of an endless sequence: 784 bytes, row by row, and the tenth of the range that u lies in, 0 to 9.
///
/// It depends on `index` alone (`Stream::Embedded("surface")`, seed 0), not on any image drawn before.
pub fn image(index: u64) -> ([u8; PIXELS], u16) {
    let mut generator = Stream::Embedded("surface").generator(0, index);
    let place: [u32; DIMENSION] = [below(&mut generator, STEPS), below(&mut generator, STEPS)];
    let label = u64::from(place[0]) * CLASSES as u64 / u64::from(STEPS);
    let mut pixels = clean(place.map(|step| f64::from(step) / f64::from(STEPS)));
    for pixel in &mut pixels {
        // From 0 to twice NOISE; the clean pixel is at least NOISE, which is taken off first.
        *pixel = *pixel - NOISE + below(&mut generator, 2 * u32::from(NOISE) + 1) as u8;
    }
    (pixels, label as u16)
}

/// Draws the same into a row, which has that one shape.
pub(crate) fn row(_: Shape, index: u64, pixels: &mut [u8]) -> u16 {
    let (image, label) = image(index);
    pixels.copy_from_slice(&image);
    label
}

/// The image at (u, v), both in [0, 1), without its noise.
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

    /// Where image `index` lies on the surface.
    fn place(index: u64) -> [f64; DIMENSION] {
        let mut generator = Stream::Embedded("surface").generator(0, index);
        [(); DIMENSION].map(|()| f64::from(below(&mut generator, STEPS)) / f64::from(STEPS))
    }

    #[test]
    fn the_first_thousand_images_are_pinned() {
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
    fn the_noise_has_no_mean_and_the_variance_that_is_stated() {
        let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
        for index in 0..2_000 {
            for (pixel, clean) in image(index).0.into_iter().zip(clean(place(index))) {
                let noise = f64::from(i16::from(pixel) - i16::from(clean)) / 255.0;
                assert!(noise.abs() <= f64::from(NOISE) / 255.0);
                (sum, squares, count) = (sum + noise, squares + noise * noise, count + 1.0);
            }
        }
        // The square of a uniform number has a standard deviation of 0.9 of its mean: five of that of so many on either side.
        let deviation = 1.0 / f64::sqrt(count);
        assert!((squares / count / NOISE_VARIANCE - 1.0).abs() < 5.0 * 0.9 * deviation, "{}", squares / count);
        assert!((sum / count).abs() < 5.0 * NOISE_VARIANCE.sqrt() * deviation, "{}", sum / count);
    }

    #[test]
    fn clean_images_leave_room_for_the_noise_and_keep_off_the_border() {
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
        // Binomial with mean 500 and standard deviation 21: five of them on either side.
        assert!(counts.iter().all(|count| (394..=606).contains(count)), "{counts:?}");
    }
}
