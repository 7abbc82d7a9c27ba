//! Resizing of pictures: averages of areas if a side shrinks, bilinear interpolation if it grows.

use super::decode::Picture;
use super::decode::grey;

/// Method to fit a picture to another ratio of width to height.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fit {
    /// The largest part of the new ratio around the middle.
    #[default]
    Crop,
    /// The whole picture in the middle, on the background.
    Pad,
    /// The whole picture, stretched.
    Stretch,
}

/// Resizes a picture to `size`, its width and height in pixels, each at least 1.
pub(super) fn resize(picture: &Picture, size: (usize, usize), fit: Fit, background: [u8; 3]) -> Picture {
    let (from_width, from_height) = (picture.width as f64, picture.height as f64);
    let (width, height) = (size.0 as f64, size.1 as f64);
    match fit {
        Fit::Stretch => scale(picture, size, (0.0, from_width), (0.0, from_height)),
        Fit::Crop => {
            let factor = (from_width / width).min(from_height / height);
            let middle = |from: f64, part: f64| ((from - part) / 2.0, (from + part) / 2.0);
            scale(picture, size, middle(from_width, width * factor), middle(from_height, height * factor))
        }
        Fit::Pad => {
            let factor = (width / from_width).min(height / from_height);
            let side = |from: f64, most: usize| ((from * factor).round() as usize).clamp(1, most);
            let inner = (side(from_width, size.0), side(from_height, size.1));
            let scaled = scale(picture, inner, (0.0, from_width), (0.0, from_height));
            let channels = picture.channels;
            let pixel = if channels == 1 { vec![grey(background)] } else { background.to_vec() };
            let mut pixels = pixel.repeat(size.0 * size.1);
            let (left, top) = ((size.0 - inner.0) / 2, (size.1 - inner.1) / 2);
            for (y, row) in scaled.pixels.chunks_exact(inner.0 * channels).enumerate() {
                pixels[((top + y) * size.0 + left) * channels..][..row.len()].copy_from_slice(row);
            }
            Picture { width: size.0, height: size.1, channels, pixels }
        }
    }
}

/// Weights of stored pixels for one output pixel.
#[derive(Debug, PartialEq)]
struct Weights {
    first: usize,
    /// Weights, with a sum of 1.
    weights: Vec<f64>,
}

/// Weights for each of `to` output pixels, which cover the interval from `start` to `end` of a side of `side` pixels.
fn weights(side: usize, (start, end): (f64, f64), to: usize) -> Vec<Weights> {
    let step = (end - start) / to as f64;
    let last = side - 1;
    let area = |at: usize| {
        let (a, b) = (start + at as f64 * step, start + (at + 1) as f64 * step);
        let first = (a.floor().max(0.0) as usize).min(last);
        let stop = (b.ceil() as usize).clamp(first + 1, side);
        let covered = |pixel: usize| (b.min((pixel + 1) as f64) - a.max(pixel as f64)).max(0.0);
        (first, (first..stop).map(covered).collect::<Vec<f64>>())
    };
    let linear = |at: usize| {
        let middle = (start + (at as f64 + 0.5) * step - 0.5).clamp(0.0, last as f64);
        let first = middle.floor() as usize;
        let share = middle - middle.floor();
        if share == 0.0 { (first, vec![1.0]) } else { (first, vec![1.0 - share, share]) }
    };
    let of = |at| {
        let (first, mut weights) = if step > 1.0 { area(at) } else { linear(at) };
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
        Weights { first, weights }
    };
    (0..to).map(of).collect()
}

fn scale(picture: &Picture, (width, height): (usize, usize), across: (f64, f64), down: (f64, f64)) -> Picture {
    let channels = picture.channels;
    let columns = weights(picture.width, across, width);
    let stored: Vec<&[u8]> = picture.pixels.chunks_exact(picture.width * channels).collect();
    let mut pixels = Vec::with_capacity(width * height * channels);
    let mut blend = vec![0.0; picture.width * channels];
    for row in weights(picture.height, down, height) {
        blend.fill(0.0);
        for (weight, from) in row.weights.iter().zip(&stored[row.first..]) {
            blend.iter_mut().zip(*from).for_each(|(sum, value)| *sum += weight * f64::from(*value));
        }
        for column in &columns {
            for channel in 0..channels {
                let values = blend[column.first * channels + channel..].iter().step_by(channels);
                let sum: f64 = column.weights.iter().zip(values).map(|(weight, value)| weight * value).sum();
                pixels.push(sum.round() as u8);
            }
        }
    }
    Picture { width, height, channels, pixels }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, pixels: &[u8]) -> Picture {
        Picture { width, height: pixels.len() / width, channels: 1, pixels: pixels.to_vec() }
    }

    #[test]
    fn shrinking_averages_the_area_of_each_pixel() {
        let shrunk = resize(&picture(4, &[0, 10, 20, 30, 40, 50, 60, 70]), (2, 1), Fit::Stretch, [0; 3]);
        assert_eq!(shrunk.pixels, [25, 45]);
        // Three pixels become two: each covers one and a half.
        let shrunk = resize(&picture(3, &[0, 90, 255]), (2, 1), Fit::Stretch, [0; 3]);
        assert_eq!(shrunk.pixels, [30, 200]);
    }

    #[test]
    fn weights_sum_to_one_and_stay_within_the_side() {
        for (side, to) in [(1, 7), (7, 1), (5, 3), (3, 5), (640, 28), (28, 28)] {
            for part in [(0.0, side as f64), (0.25 * side as f64, 0.75 * side as f64)] {
                for weights in weights(side, part, to) {
                    assert!((weights.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                    assert!(weights.first + weights.weights.len() <= side);
                }
            }
        }
    }

    #[test]
    fn enlarging_interpolates_between_the_middles_of_pixels() {
        assert_eq!(resize(&picture(2, &[0, 100]), (4, 1), Fit::Stretch, [0; 3]).pixels, [0, 25, 75, 100]);
    }

    #[test]
    fn a_crop_keeps_the_middle_and_a_pad_keeps_all() {
        let wide = picture(4, &[1, 2, 3, 4, 1, 2, 3, 4]);
        assert_eq!(resize(&wide, (2, 2), Fit::Crop, [0; 3]).pixels, [2, 3, 2, 3]);
        let padded = resize(&wide, (4, 4), Fit::Pad, [9; 3]).pixels;
        assert_eq!(padded, [9, 9, 9, 9, 1, 2, 3, 4, 1, 2, 3, 4, 9, 9, 9, 9]);
        assert_eq!(resize(&wide, (4, 2), Fit::Crop, [0; 3]), wide);
    }
}
