//! Golden values of scikit-learn, from `tests/golden/downstream.py`.

use serde_json::Value;
use zoo::Matrix;

/// Golden values of one part of the file.
pub(crate) fn part(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../tests/golden/downstream.json")).unwrap();
    all[name].clone()
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

pub(crate) fn matrix(value: &Value) -> Matrix {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    Matrix::new(rows.len(), rows[0].len(), rows.concat().into_iter().map(|number| number as f32).collect())
}

pub(crate) fn labels(value: &Value) -> Vec<u16> {
    numbers(value).into_iter().map(|label| label as u16).collect()
}
