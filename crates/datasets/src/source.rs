//! Sources of rows. Each entry of the table gives the source of a data set.

pub mod glyphs;
pub(crate) mod idx;
pub(crate) mod raw;
pub(crate) mod sensors;
pub mod surface;

use rayon::prelude::*;
use spec::Shape;
use spec::catalogue::DatasetName;

use crate::rows::{Rows, Values};

/// Source of the rows of a data set.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// Bytes, drawn by the program.
    Bytes(Artist<u8>),
    /// Floats, drawn by the program.
    Floats(Artist<f32>),
    /// Bytes, read from IDX files.
    Idx,
}

/// A function that draws row `index` of an endless sequence into `values`, for a shape, and returns its label. The
/// label is 0 if rows have no classes.
pub(crate) type Artist<T> = fn(Shape, u64, &mut [T]) -> u16;

impl Source {
    pub(crate) const fn of(dataset: DatasetName) -> Self {
        match dataset {
            DatasetName::Glyphs => Self::Bytes(glyphs::glyph_of),
            DatasetName::Letters => Self::Bytes(glyphs::letter_of),
            DatasetName::Surface => Self::Bytes(surface::row),
            DatasetName::Sensors => Self::Floats(sensors::row),
            DatasetName::Mnist | DatasetName::FashionMnist | DatasetName::Kmnist => Self::Idx,
        }
    }
}

/// Variance of the noise of each value, for a data set with noise of known variance.
pub fn noise_variance(dataset: DatasetName) -> Option<f64> {
    match dataset {
        DatasetName::Surface => Some(surface::NOISE_VARIANCE),
        DatasetName::Sensors => Some(sensors::NOISE_VARIANCE),
        _ => None,
    }
}

/// Draws the rows at `indices` of the sequence, counted from `offset`.
pub(crate) fn draw<T: Copy + Default + Send>(
    artist: Artist<T>,
    has_classes: bool,
    shape: Shape,
    indices: &[u32],
    offset: u64,
) -> Rows
where
    Values: From<Vec<T>>,
{
    let width = shape.values();
    let mut values = vec![T::default(); indices.len() * width];
    let mut labels = vec![0; indices.len()];
    values.par_chunks_exact_mut(width).zip(&mut labels).zip(indices).for_each(|((values, label), &index)| {
        *label = artist(shape, offset + u64::from(index), values);
    });
    Rows::new(shape, values, if has_classes { labels } else { Vec::new() })
}
