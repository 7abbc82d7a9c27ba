//! Scaling of columns and filling of missing values, both fitted to training rows alone, in double precision.

use spec::Shape;
use spec::raw::{Column, Kind};

use crate::error::Error;
use crate::rows::Rows;
use crate::source::raw::{Raw, own};

/// How the numbers of a column are scaled. Categories stay 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// To mean 0 and variance 1 (divided by the number of rows, as in scikit-learn's `StandardScaler`).
    Standard,
    /// To [0, 1]; rows outside training may leave it.
    MinMax,
    /// To median 0 and a distance of 1 between the quartiles (as in scikit-learn's `RobustScaler`).
    Robust,
    /// Not at all.
    None,
}

/// What stands for a missing value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// Nothing: a missing value is an error.
    Refuse,
    /// Mean of the column.
    Mean,
    /// Median of the column.
    Median,
}

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
    /// One for each value of a row.
    pub columns: Vec<ColumnScaling>,
}

impl Scaling {
    /// Fits to training rows. A column that is constant there becomes 0.
    ///
    /// # Errors
    /// When a value is missing and is not to be filled, or no training row has a value of a column. When a column of numbers that
    /// is to be scaled is constant in the whole file.
    pub fn fit(raw: &Raw, train: &[u32], scale: Scale, fill: Fill) -> Result<Self, Error> {
        let columns = raw.header.columns.iter().enumerate();
        let fit = |(place, column): (usize, &Column)| {
            let name = &column.name;
            if column.missing > 0 && fill == Fill::Refuse {
                return Err(own(format!("column `{name}` lacks {} values; see `missing`", column.missing)));
            }
            if column.is_constant && column.kind == Kind::Number && scale != Scale::None {
                return Err(own(format!("column `{name}` is constant and cannot be scaled; leave it out: exclude")));
            }
            let values = train.iter().map(|row| f64::from(raw.row(*row)[place]));
            let mut values: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
            if values.is_empty() {
                return Err(own(format!("no training row has a value of column `{name}`; leave it out: exclude")));
            }
            values.sort_by(f64::total_cmp);
            Ok(of_sorted(&values, if column.kind == Kind::Category { Scale::None } else { scale }, fill))
        };
        Ok(Self { columns: columns.map(fit).collect::<Result<_, _>>()? })
    }

    /// Some rows, filled and scaled, with their labels.
    ///
    /// # Panics
    /// When the scaling is of other columns, or a row is not there: a mistake in the calling code.
    pub fn rows(&self, raw: &Raw, rows: &[u32]) -> Rows {
        let scaled = rows.iter().flat_map(|row| {
            raw.row(*row).iter().zip(&self.columns).map(|(value, column)| {
                let value = if value.is_nan() { column.fill } else { f64::from(*value) };
                ((value - column.centre) / column.scale) as f32
            })
        });
        let labels = rows.iter().filter_map(|row| raw.labels.get(*row as usize).copied()).collect();
        Rows::new(Shape::Vector { width: self.columns.len() }, scaled.collect::<Vec<f32>>(), labels)
    }
}

/// Of values in ascending order, at least one.
fn of_sorted(values: &[f64], scale: Scale, fill: Fill) -> ColumnScaling {
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
    let fill = match fill {
        Fill::Median => quantile(values, 0.5),
        Fill::Mean | Fill::Refuse => mean,
    };
    ColumnScaling { centre, scale: if width > 0.0 { width } else { 1.0 }, fill }
}

/// Between the two values next to it, linearly, as NumPy's `quantile` does.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}
