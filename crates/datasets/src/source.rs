//! Where rows come from. An entry of the table says how the rows of a data set are had.

pub mod glyphs;
pub(crate) mod idx;
pub(crate) mod raw;
pub(crate) mod sensors;
pub mod surface;

use rayon::prelude::*;
use spec::Shape;
use spec::catalogue::DatasetName;

use crate::rows::{Rows, Values};

/// How the rows of a data set are had.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// Bytes that the program draws.
    Bytes(Artist<u8>),
    /// Numbers that the program draws.
    Floats(Artist<f32>),
    /// They are read from IDX files.
    Idx,
}

/// Draws row `index` of an endless sequence, of a shape, into the values given, and tells its label; 0 where rows have none.
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

/// Variance of the noise of each value, for a data set that knows it.
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
