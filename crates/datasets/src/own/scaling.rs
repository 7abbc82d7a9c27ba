//! Scaling of columns and filling of missing values, both fitted to training rows alone, in double precision.

use rayon::prelude::*;
use spec::own::{Missing, Scale};
use spec::raw::{Column, Kind};

use crate::error::Error;
use crate::source::raw::{Raw, own};

/// One column: a value `x` becomes `(x - centre) / scale`, a missing one is `fill` before that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColumnScaling {
    /// In the unit of the column.
    pub centre: f64,
    /// In the unit of the column, above 0.
    pub scale: f64,
    /// In the unit of the column.
    pub fill: f64,
}

/// Scaling of all columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    /// One for each value of a row, or of a step of a sequence.
    pub columns: Vec<ColumnScaling>,
}

impl Scaling {
    /// Fits to training rows. A column that is constant there becomes 0.
    ///
    /// # Errors
    /// When a value is missing and is not to be filled, or no training row has a value of a column. When a named column of numbers
    /// that is to be scaled is constant in the whole file.
    pub fn fit(raw: &Raw, train: &[u32], scale: Scale, missing: Missing) -> Result<Self, Error> {
        let width = raw.header.shape.columns();
        let fit = |(place, column): (usize, &Column)| {
            let name = &column.name;
            if column.missing > 0 && !matches!(missing, Missing::Mean | Missing::Median) {
                let lacks = column.missing;
                return Err(own(format!("column `{name}` lacks {lacks} values; see dataset.missing")));
            }
            let is_scaled = column.kind == Kind::Number && scale != Scale::None;
            if column.is_constant && is_scaled && raw.header.has_names {
                return Err(own(format!(
                    "column `{name}` is constant and cannot be scaled; leave it out: dataset.exclude = [\"{name}\"]"
                )));
            }
            // A column of a sequence is scaled over all its steps.
            let values = train.iter().flat_map(|row| raw.floats(*row).iter().skip(place).step_by(width));
            let mut values: Vec<f64> = values.filter(|value| !value.is_nan()).map(|value| f64::from(*value)).collect();
            if values.is_empty() {
                return Err(own(format!(
                    "no training row has a value of column `{name}`; leave it out: dataset.exclude = [\"{name}\"]"
                )));
            }
            values.sort_unstable_by(f64::total_cmp);
            Ok(of_sorted(&values, if column.kind == Kind::Category { Scale::None } else { scale }, missing))
        };
        // As many columns at a time as there are threads: each takes twice the memory of its values.
        let columns: Vec<(usize, &Column)> = raw.header.columns.iter().enumerate().collect();
        Ok(Self { columns: columns.into_par_iter().map(fit).collect::<Result<_, _>>()? })
    }

    /// Fills and scales rows in place.
    pub(super) fn apply(&self, rows: &mut [f32]) {
        rows.par_chunks_exact_mut(self.columns.len()).for_each(|row| {
            for (value, column) in row.iter_mut().zip(&self.columns) {
                let known = if value.is_nan() { column.fill } else { f64::from(*value) };
                *value = ((known - column.centre) / column.scale) as f32;
            }
        });
    }
}

/// Of values in ascending order, at least one.
fn of_sorted(values: &[f64], scale: Scale, missing: Missing) -> ColumnScaling {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let [least, greatest] = [values[0], values[values.len() - 1]];
    let (centre, width) = match scale {
        Scale::None => (0.0, 1.0),
        // The mean of equal numbers may differ from them in the last bits.
        _ if least >= greatest => (least, 1.0),
        Scale::Standard => {
            (mean, (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count).sqrt())
        }
        Scale::MinMax => (least, greatest - least),
        Scale::Robust => (quantile(values, 0.5), quantile(values, 0.75) - quantile(values, 0.25)),
    };
    let fill = if missing == Missing::Median { quantile(values, 0.5) } else { mean };
    ColumnScaling { centre, scale: if width > 0.0 { width } else { 1.0 }, fill }
}

/// Between the two values next to it, linearly, as NumPy's `quantile` does.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}
