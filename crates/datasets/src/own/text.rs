//! Texts as rows of counts: training rows decide which words or characters are values.

use rayon::prelude::*;
use spec::own::Weight;
use spec::raw::{Column, Kind};

use crate::error::Error;
use crate::rows::Values;
use crate::source::raw::{Raw, own};

/// Value of a count.
pub fn weighed(count: u32, weight: Weight) -> f32 {
    match weight {
        Weight::Count => count as f32,
        Weight::Log => (1.0 + f64::from(count)).ln() as f32,
    }
}

/// Turns counts into values. The values are the counts of the words or characters that occur in the most training rows;
/// equal ones are ordered by code points. Data that is not text does not change.
///
/// # Errors
/// If training rows have fewer different words or characters than a row has values.
pub fn count(raw: &mut Raw, train: &[u32], weight: Weight) -> Result<(), Error> {
    let Some(texts) = raw.texts.take() else { return Ok(()) };
    let width = raw.header.shape.values();
    let mut rows_of = vec![0_u32; texts.entries.len()];
    train.iter().for_each(|row| texts.row(*row).iter().for_each(|(entry, _)| rows_of[*entry as usize] += 1));
    let mut chosen: Vec<u32> = (0..).zip(&rows_of).filter(|(_, rows)| **rows > 0).map(|(entry, _)| entry).collect();
    if chosen.len() < width {
        let message = format!("dataset.vocabulary is {width}, but the training rows have {} different", chosen.len());
        return Err(own(format!("{message} words or characters; lower dataset.vocabulary")));
    }
    let name = |entry: u32| &texts.entries[entry as usize];
    chosen
        .sort_unstable_by(|a, b| rows_of[*b as usize].cmp(&rows_of[*a as usize]).then_with(|| name(*a).cmp(name(*b))));
    chosen.truncate(width);
    let mut places = vec![None; texts.entries.len()];
    (0..).zip(&chosen).for_each(|(place, entry): (usize, &u32)| places[*entry as usize] = Some(place));
    let mut values = vec![0.0_f32; raw.header.rows * width];
    values.par_chunks_exact_mut(width).enumerate().for_each(|(row, values)| {
        for (entry, count) in texts.row(row as u32) {
            let Some(place) = places[*entry as usize] else { continue };
            values[place] = weighed(*count, weight);
        }
    });
    raw.values = Values::Floats(values);
    let column =
        |entry: &u32| Column { name: name(*entry).clone(), kind: Kind::Number, missing: 0, is_constant: false };
    raw.header.columns = chosen.iter().map(column).collect();
    Ok(())
}
