//! Procedural handwritten-style digits and letters: any number of them, without a file, with the same bits on every
//! platform.
//!
//! A character has a few stroke skeletons as styles, and one of them is chosen. The points of the skeleton are moved a
//! little, each on its own and all together by a smooth warp. The character is then slanted, rotated, stretched and
//! placed, and a round pen draws smooth curves through the points. As in MNIST, characters are white on black, about 20
//! pixels in size and centred by mass.
//!
//! The code uses only `+ - * /`, square roots and comparisons of `f32`. IEEE 754 defines their results to the bit, but
//! sine, exponential and power differ between platforms. A test checks a checksum of the first images.
//!
//! Comparison with MNIST, measured in the same way on 20,000 training and 4,000 test images (the first 24,000 glyphs,
//! and the first 24,000 images of MNIST's training file) by `examples/measure_glyphs.py` with scikit-learn 1.9.1:
//!
//! |                                                     | glyphs | MNIST  |
//! |-----------------------------------------------------|--------|--------|
//! | multinomial logistic regression, test accuracy      | 93.7 % | 92.0 % |
//! | 784-128-10 perceptron, 30 epochs, test accuracy     | 97.6 % | 96.1 % |
//! | PCA with 32 components, test MSE per pixel          | 0.0124 | 0.0175 |
//! | mean pixel                                          | 0.130  | 0.132  |
//!
//! One image takes about 4 microseconds on one core.
//!
//! The same strokes can be drawn at a higher resolution: two or four times as many pixels a side give the same shapes
//! with sharper edges.

mod letters;
mod raster;
mod skeletons;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use random::Stream;
use spec::Shape;

use random::below;
use raster::{Canvas, Knot, Point};
use skeletons::{MOST_NODES, MOST_NODES_IN_STYLE, Style};

/// Side of an image in pixels. Images can be drawn at any multiple of it.
pub const SIDE: usize = 28;

/// Number of pixels of an image.
pub const PIXELS: usize = SIDE * SIDE;

/// Number of classes: of digits, and of letters.
pub const CLASSES: usize = 10;

/// Draws image `index` of an endless sequence: 784 bytes, row by row, and its label, 0 to 9, each equally likely.
///
/// The image depends on `index` alone (`Stream::Embedded("glyph")`, seed 0), not on earlier images.
pub fn glyph(index: u64) -> ([u8; PIXELS], u16) {
    let mut image = [0; PIXELS];
    let label = glyph_of_side(SIDE, index, &mut image);
    (image, label)
}

/// Draws the image of [`glyph`] with `side` pixels a side into the `side * side` bytes of `image`, row by row, and
/// returns its label.
pub fn glyph_of_side(side: usize, index: u64, image: &mut [u8]) -> u16 {
    drawn(Stream::Embedded("glyph"), &skeletons::STYLES, side, index, image).0
}

/// Draws the image of [`glyph`] for the shape of a square image, and returns its label.
pub(crate) fn glyph_of(shape: Shape, index: u64, image: &mut [u8]) -> u16 {
    glyph_of_side(side(shape), index, image)
}

/// Draws the image of [`letter`] for the shape of a square image, and returns its label.
pub(crate) fn letter_of(shape: Shape, index: u64, image: &mut [u8]) -> u16 {
    letter_of_side(side(shape), index, image)
}

fn side(shape: Shape) -> usize {
    shape.grey_image().map_or(SIDE, |(side, _)| side)
}

/// Factors that image `index` of [`glyph`] was drawn from, apart from its digit.
pub fn factors(index: u64) -> Factors {
    drawn(Stream::Embedded("glyph"), &skeletons::STYLES, SIDE, index, &mut [0; PIXELS]).1
}

/// Draws a capital as [`glyph`] draws a digit. The labels 0 to 9 are A to J (`Stream::Embedded("letter")`, seed 0).
pub fn letter(index: u64) -> ([u8; PIXELS], u16) {
    let mut image = [0; PIXELS];
    let label = letter_of_side(SIDE, index, &mut image);
    (image, label)
}

/// Draws the image of [`letter`] with `side` pixels a side, as [`glyph_of_side`] does for digits.
pub fn letter_of_side(side: usize, index: u64, image: &mut [u8]) -> u16 {
    drawn(Stream::Embedded("letter"), &letters::STYLES, side, index, image).0
}

/// Factors that image `index` of [`letter`] was drawn from, apart from its letter.
pub fn letter_factors(index: u64) -> Factors {
    drawn(Stream::Embedded("letter"), &letters::STYLES, SIDE, index, &mut [0; PIXELS]).1
}

/// Factors of one image. Lengths are in pixels of an image of 28 a side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Factors {
    /// Slant, in pixels to the right per pixel up.
    pub slant: f32,
    /// Rotation: tangent of the angle, clockwise.
    pub turn: f32,
    /// Width, as a share of that of the skeleton.
    pub width: f32,
    /// Radius of the pen, in pixels.
    pub thickness: f32,
    /// The larger of height and width, pen included, in pixels.
    pub size: f32,
    /// Middle of the points, in pixels from the left.
    pub x: f32,
    /// Middle of the points, in pixels from the top.
    pub y: f32,
}

impl Factors {
    /// Names of the factors, in the order of [`list`](Self::list).
    pub const NAMES: [&'static str; 7] = ["slant", "turn", "width", "thickness", "size", "x", "y"];

    /// Values of the factors.
    pub const fn list(self) -> [f32; 7] {
        [self.slant, self.turn, self.width, self.thickness, self.size, self.x, self.y]
    }
}

fn drawn(
    stream: Stream,
    styles: &[&'static [Style]; CLASSES],
    side: usize,
    index: u64,
    image: &mut [u8],
) -> (u16, Factors) {
    let mut generator = stream.generator(0, index);
    let label = below(&mut generator, CLASSES as u32) as usize;
    let style = style(styles[label], &mut generator);
    let factors = draw(style, side, &mut generator, image);
    (label as u16, factors)
}

fn style(styles: &'static [Style], generator: &mut ChaCha8Rng) -> &'static Style {
    let mut left = below(generator, styles.iter().map(|style| style.weight).sum());
    let mut chosen = &styles[0];
    for style in styles {
        chosen = style;
        if left < style.weight {
            break;
        }
        left -= style.weight;
    }
    chosen
}

/// Standard deviation of the displacement of a single node, in heights of the character.
const NODE_JITTER: f32 = 0.032;

/// Standard deviation of each coefficient of the smooth warp, in heights of the character.
const WARP: f32 = 0.055;

fn draw(style: &Style, side: usize, generator: &mut ChaCha8Rng, image: &mut [u8]) -> Factors {
    let hand = Hand::draw(generator);
    let mut points = [Point::default(); MOST_NODES_IN_STYLE];
    let mut used = 0;
    for node in style.strokes.iter().copied().flatten() {
        let jittered =
            Point { x: node.x + NODE_JITTER * normal(generator), y: node.y + NODE_JITTER * normal(generator) };
        points[used] = hand.place(jittered);
        used += 1;
    }
    let points = &mut points[..used];
    let (size, middle) = fit(points, hand.radius, generator);

    let mut canvas = Canvas::new(side);
    // The scale is a power of two, so that no coordinate is rounded.
    let scale = side as f32 / SIDE as f32;
    let mut rest = &*points;
    for stroke in style.strokes {
        let (own, others) = rest.split_at(stroke.len());
        rest = others;
        let mut knots = [Knot::default(); MOST_NODES];
        for ((knot, &at), node) in knots.iter_mut().zip(own).zip(*stroke) {
            let radius = hand.radius * (1.0 + 0.10 * normal(generator));
            let at = Point { x: scale * at.x, y: scale * at.y };
            *knot = Knot { at, corner: node.corner, radius: scale * radius.max(0.5) };
        }
        canvas.stroke(&knots[..stroke.len()]);
    }
    canvas.image(1.0 - 0.12 * uniform(generator), image);
    Factors {
        slant: hand.slant,
        turn: hand.turn,
        width: hand.width,
        thickness: hand.radius,
        size,
        x: middle.x,
        y: middle.y,
    }
}

/// Style of the writing of one image: the transformation of all points, and the pen.
struct Hand {
    /// Coefficients of the warp in x, then in y.
    warp: [[f32; 4]; 2],
    slant: f32,
    turn: f32,
    width: f32,
    radius: f32,
}

impl Hand {
    fn draw(generator: &mut ChaCha8Rng) -> Self {
        let mut coefficients = || [(); 4].map(|()| WARP * normal(generator));
        Self {
            warp: [coefficients(), coefficients()],
            slant: (0.12 + 0.25 * normal(generator)).clamp(-0.35, 0.6),
            turn: 0.10 * normal(generator),
            width: (0.97 + 0.17 * normal(generator)).clamp(0.72, 1.4),
            radius: (1.45 + 0.27 * normal(generator)).clamp(0.75, 2.1),
        }
    }

    /// A point of a skeleton after warping, stretching, slanting and rotating about the centre of the character.
    fn place(&self, point: Point) -> Point {
        let (u, v) = (2.0 * (point.x - 0.35), 2.0 * (point.y - 0.5));
        let bend = |[across, both, square, cube]: [f32; 4], own: f32, other: f32| {
            across * own * own + both * own * other + square * other * other + cube * other * (other * other - 0.6)
        };
        let x = (point.x - 0.35 + bend(self.warp[0], u, v)) * self.width;
        let y = point.y - 0.5 + bend(self.warp[1], v, u);
        let x = x - self.slant * y;
        let length = (1.0 + self.turn * self.turn).sqrt();
        Point { x: (x - self.turn * y) / length, y: (y + self.turn * x) / length }
    }
}

/// Scales points to the size of a character and centres them, both with a small random variation. Gives the size and
/// the middle of the points.
fn fit(points: &mut [Point], radius: f32, generator: &mut ChaCha8Rng) -> (f32, Point) {
    let (mut low, mut high) = (points[0], points[0]);
    for point in points.iter() {
        low = Point { x: low.x.min(point.x), y: low.y.min(point.y) };
        high = Point { x: high.x.max(point.x), y: high.y.max(point.y) };
    }
    let extent = (high.x - low.x).max(high.y - low.y);
    let size = 20.0 - 1.5 * uniform(generator);
    let scale = (size - 2.0 * radius) / extent;
    let count = points.len() as f32;
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.x, y + point.y));
    let centre = SIDE as f32 / 2.0;
    // The mean of the nodes approximates the centre of mass. The character must stay off the border, with room for
    // curves, which run a little beyond the nodes.
    let room = radius + 2.0;
    let place = |mean: f32, low: f32, high: f32, jitter: f32| {
        let offset = centre + jitter - mean * scale;
        offset.max(room - low * scale).min(SIDE as f32 - room - high * scale)
    };
    let x = place(sum_x / count, low.x, high.x, 0.8 * normal(generator));
    let y = place(sum_y / count, low.y, high.y, 0.8 * normal(generator));
    for point in points {
        *point = Point { x: point.x * scale + x, y: point.y * scale + y };
    }
    (size, Point { x: sum_x / count * scale + x, y: sum_y / count * scale + y })
}

/// A number in [0, 1) with 24 random bits, the significand of an `f32`.
fn uniform(generator: &mut ChaCha8Rng) -> f32 {
    (generator.next_u32() >> 8) as f32 / 16_777_216.0
}

/// An approximately standard normal number, within 3.47 of 0: the scaled sum of four uniform numbers, whose variance is
/// 1/3.
fn normal(generator: &mut ChaCha8Rng) -> f32 {
    let sum = uniform(generator) + uniform(generator) + uniform(generator) + uniform(generator);
    (sum - 2.0) * 1.732_050_8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_thousand_glyphs_never_change() {
        let bytes: Vec<u8> = (0..1000)
            .map(glyph)
            .flat_map(|(pixels, label)| pixels.into_iter().chain([label as u8]).collect::<Vec<u8>>())
            .collect();
        assert_eq!(crate::files::sha256(&bytes), "fcbc6b85c0c36982bf4baabeda5a0aec63442a2840a9bd4a46d27d90aead23d3");
    }

    #[test]
    fn the_first_thousand_letters_never_change() {
        let bytes: Vec<u8> = (0..1000)
            .map(letter)
            .flat_map(|(pixels, label)| pixels.into_iter().chain([label as u8]).collect::<Vec<u8>>())
            .collect();
        assert_eq!(crate::files::sha256(&bytes), "8cee047e000d770f4e55507ba9ca03f43f118de25660c540fbba21ec275651f4");
    }

    #[test]
    fn factors_correlate_with_their_images() {
        let correlation = |pairs: &[(f64, f64)]| {
            let count = pairs.len() as f64;
            let (a, b) = pairs.iter().fold((0.0, 0.0), |(a, b), pair| (a + pair.0 / count, b + pair.1 / count));
            let moments = pairs.iter().fold([0.0; 3], |[ab, aa, bb], pair| {
                let (x, y) = (pair.0 - a, pair.1 - b);
                [ab + x * y, aa + x * x, bb + y * y]
            });
            moments[0] / (moments[1] * moments[2]).sqrt()
        };
        let ink = |index| -> f64 { glyph(index).0.iter().map(|pixel| f64::from(*pixel)).sum() };
        let centre = |index| -> f64 {
            let pixels = glyph(index).0;
            let across = pixels.iter().enumerate().map(|(place, pixel)| (place % SIDE) as f64 * f64::from(*pixel));
            across.sum::<f64>() / ink(index)
        };
        let thickness: Vec<_> = (0..500).map(|index| (f64::from(factors(index).thickness), ink(index))).collect();
        let place: Vec<_> = (0..500).map(|index| (f64::from(factors(index).x), centre(index))).collect();
        // The amount of ink also depends on the stroke length of the digit.
        assert!(correlation(&thickness) > 0.4, "{}", correlation(&thickness));
        assert!(correlation(&place) > 0.6, "{}", correlation(&place));
    }

    #[test]
    fn a_higher_resolution_shows_the_same_shapes() {
        type Draw = fn(usize, u64, &mut [u8]) -> u16;
        for (draw, index) in (0..40).flat_map(|index| [(glyph_of_side as Draw, index), (letter_of_side, index)]) {
            let of_side = |side: usize| {
                let mut image = vec![0; side * side];
                (draw(side, index, &mut image), image)
            };
            let (label, coarse) = of_side(SIDE);
            for side in [56, 112] {
                let (other, fine) = of_side(side);
                assert_eq!(other, label);
                // Averages over squares of fine pixels are close to the coarse pixels, whose edges fade over a whole
                // pixel.
                let factor = side / SIDE;
                let mut means = [0.0; PIXELS];
                for (at, byte) in fine.iter().enumerate() {
                    means[at / side / factor * SIDE + at % side / factor] +=
                        f64::from(*byte) / (factor * factor) as f64;
                }
                let differences = means.iter().zip(&coarse).map(|(mean, byte)| (mean - f64::from(*byte)).abs());
                let ink: f64 = coarse.iter().map(|byte| f64::from(*byte)).sum();
                assert!(differences.sum::<f64>() < 0.06 * ink, "{index} at {side}");
            }
        }
    }

    #[test]
    fn labels_are_about_equally_likely() {
        for draw in [glyph, letter] {
            let mut counts = [0; CLASSES];
            for index in 0..5000 {
                counts[usize::from(draw(index).1)] += 1;
            }
            // Each count is binomial with mean 500 and standard deviation 21. The range is five standard deviations
            // each way.
            assert!(counts.iter().all(|count| (394..=606).contains(count)), "{counts:?}");
        }
    }

    #[test]
    fn characters_stay_off_the_border_and_are_not_empty() {
        for (pixels, label) in (0..5000).flat_map(|index| [glyph(index), letter(index)]) {
            let ink: u32 = pixels.iter().map(|&pixel| u32::from(pixel)).sum();
            assert!((20 * 255..450 * 255).contains(&ink), "a {label}: {ink}");
            let border = (0..SIDE).flat_map(|place| [place, PIXELS - 1 - place, place * SIDE, place * SIDE + SIDE - 1]);
            assert!(border.map(|place| pixels[place]).all(|pixel| pixel == 0), "a {label}");
        }
    }

    #[test]
    fn the_mean_pixel_is_close_to_that_of_mnist() {
        let sum: u64 = (0..2000).flat_map(|index| glyph(index).0).map(u64::from).sum();
        let mean = sum as f64 / (2000.0 * 784.0 * 255.0);
        assert!((0.12..0.14).contains(&mean), "{mean}, MNIST 0.131");
    }

    #[test]
    fn every_skeleton_fits_into_the_arrays() {
        for style in skeletons::STYLES.iter().chain(&letters::STYLES).copied().flatten() {
            assert!(style.strokes.iter().all(|stroke| (2..=MOST_NODES).contains(&stroke.len())));
            assert!(style.strokes.iter().map(|stroke| stroke.len()).sum::<usize>() <= MOST_NODES_IN_STYLE);
        }
    }

    #[test]
    fn the_sum_of_uniform_numbers_has_unit_variance() {
        let mut generator = Stream::Embedded("glyph").generator(1, 0);
        let draws: Vec<f64> = (0..100_000).map(|_| f64::from(normal(&mut generator))).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|draw| (draw - mean) * (draw - mean)).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }
}
