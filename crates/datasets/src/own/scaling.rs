//! Scaling of columns and filling of missing values, both fitted to training rows alone, in double precision.

use rayon::prelude::*;
use spec::own::{Missing, Scale};
use spec::raw::{Column, Kind};

use crate::error::Error;
use crate::source::raw::{Raw, own};

/// Scaling of one column: a value `x` becomes `(x - centre) / scale`. A missing value is replaced by `fill` first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColumnScaling {
    /// Centre, in the unit of the column.
    pub centre: f64,
    /// Scale, in the unit of the column, above 0.
    pub scale: f64,
    /// Replacement of missing values, in the unit of the column.
    pub fill: f64,
}

/// Scaling of all columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    /// Scaling of each value of a row, or of a step of a sequence.
    pub columns: Vec<ColumnScaling>,
}

impl Scaling {
    /// Fits the scaling to training rows. A column that is constant in training rows becomes 0.
    ///
    /// # Errors
    /// If a value is missing and must not be filled, if no training row has a value of a column, or if a named column
    /// of numbers is constant in the whole file and must be scaled.
    pub fn fit(raw: &Raw, train: &[u32], scale: Scale, missing: Missing) -> Result<Self, Error> {
        let width = raw.header.shape.columns();
        let fit = |(place, column): (usize, &Column)| {
            let name = &column.name;
            if column.missing > 0 && !matches!(missing, Missing::Mean | Missing::Median) {
                let lacks = column.missing;
                return Err(own(format!("column `{name}` has {lacks} missing values; set dataset.missing")));
            }
            let is_scaled = column.kind == Kind::Number && scale != Scale::None;
            if column.is_constant && is_scaled && raw.header.has_names {
                return Err(own(format!(
                    "column `{name}` is constant and cannot be scaled; leave it out: dataset.exclude = [\"{name}\"]"
                )));
            }
            // A column of a sequence is scaled over all its steps.
            let values = || {
                let values = train.iter().flat_map(|row| raw.floats(*row).iter().skip(place).step_by(width));
                values.filter(|value| !value.is_nan()).map(|value| f64::from(*value))
            };
            let scale = if column.kind == Kind::Category { Scale::None } else { scale };
            of_values(&values, scale, missing).ok_or_else(|| {
                own(format!(
                    "no training row has a value of column `{name}`; leave it out: dataset.exclude = [\"{name}\"]"
                ))
            })
        };
        let columns: Vec<(usize, &Column)> = raw.header.columns.iter().enumerate().collect();
        Ok(Self { columns: columns.into_par_iter().map(fit).collect::<Result<_, _>>()? })
    }

    /// Fills and scales rows in place.
    pub fn apply(&self, rows: &mut [f32]) {
        rows.par_chunks_exact_mut(self.columns.len()).for_each(|row| {
            for (value, column) in row.iter_mut().zip(&self.columns) {
                let known = if value.is_nan() { column.fill } else { f64::from(*value) };
                *value = ((known - column.centre) / column.scale) as f32;
            }
        });
    }
}

/// Fits the scaling of one column. Values are kept in memory and sorted only for quantiles. `None` if there is no
/// value.
fn of_values<I: Iterator<Item = f64>>(
    values: &impl Fn() -> I,
    scale: Scale,
    missing: Missing,
) -> Option<ColumnScaling> {
    let (mut count, mut sum) = (0.0, 0.0);
    let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values() {
        (count, sum) = (count + 1.0, sum + value);
        (least, greatest) = (least.min(value), greatest.max(value));
    }
    if count == 0.0 {
        return None;
    }
    let mean = sum / count;
    let mut sorted: Vec<f32> = match (scale, missing) {
        (Scale::Robust, _) | (_, Missing::Median) => values().map(|value| value as f32).collect(),
        _ => Vec::new(),
    };
    sorted.par_sort_unstable_by(f32::total_cmp);
    let (centre, width) = match scale {
        Scale::None => (0.0, 1.0),
        // The mean of equal numbers may differ from them in the last bits.
        _ if least >= greatest => (least, 1.0),
        Scale::Standard => (mean, (values().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count).sqrt()),
        Scale::MinMax => (least, greatest - least),
        Scale::Robust => (quantile(&sorted, 0.5), quantile(&sorted, 0.75) - quantile(&sorted, 0.25)),
    };
    let fill = if missing == Missing::Median { quantile(&sorted, 0.5) } else { mean };
    Some(ColumnScaling { centre, scale: if width > 0.0 { width } else { 1.0 }, fill })
}

/// A quantile by linear interpolation between the two nearest values, as in NumPy's `quantile`.
fn quantile(sorted: &[f32], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let [low, high] = [below, above].map(|place| f64::from(sorted[place]));
    low + (high - low) * (place - below as f64)
}
