//! Writing of tensors to a safetensors file.

use record::FILTER_STEPS;
use safetensors::tensor::{Dtype, TensorView};
use zoo::Matrix;

use crate::error::Error;

/// Tensors to write to a file. The format orders them by type and name, so equal tensors give equal bytes.
#[derive(Default)]
pub(crate) struct Tensors {
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
}

impl Tensors {
    /// Adds a tensor of any type and shape.
    pub(crate) fn add(&mut self, name: &str, dtype: Dtype, shape: Vec<usize>, bytes: Vec<u8>) {
        self.tensors.push((name.to_owned(), dtype, shape, bytes));
    }

    /// Adds images as eight-bit pixels, clipped to [0, 1] and rounded.
    pub(crate) fn images(&mut self, name: &str, images: &Matrix) {
        let bytes = images.values().iter().map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
        self.add(name, Dtype::U8, vec![images.rows(), images.columns()], bytes);
    }

    /// Adds weights as signed bytes, in 127ths of the largest absolute weight of their row, which is enough for a picture.
    /// A row of zeros stays zero.
    pub(crate) fn filters(&mut self, name: &str, rows: &Matrix) {
        let mut bytes = Vec::with_capacity(rows.values().len());
        for row in 0..rows.rows() {
            let largest = rows.row(row).iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
            let share = |weight: &f32| if largest > 0.0 { weight / largest } else { 0.0 };
            bytes.extend(
                rows.row(row).iter().map(|weight| ((share(weight) * FILTER_STEPS).round() as i8).cast_unsigned()),
            );
        }
        self.add(name, Dtype::I8, vec![rows.rows(), rows.columns()], bytes);
    }

    /// Adds numbers as f32.
    pub(crate) fn floats(&mut self, name: &str, rows: &Matrix) {
        let bytes = rows.values().iter().flat_map(|value| value.to_le_bytes()).collect();
        self.add(name, Dtype::F32, vec![rows.rows(), rows.columns()], bytes);
    }

    /// Bytes of the file.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Error> {
        let views: Result<Vec<_>, _> = self
            .tensors
            .iter()
            .map(|(name, dtype, shape, bytes)| Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?)))
            .collect();
        views
            .and_then(|views| safetensors::serialize(views, None))
            .map_err(|error| Error::File(system::Error::format("images.safetensors".as_ref(), error.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_of_filters_has_its_own_scale() {
        let rows = Matrix::new(3, 4, vec![0.5, -2.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1e-30, -3e-30, 2e-30, 3e-30]);
        let mut tensors = Tensors::default();
        tensors.filters("filters", &rows);
        let file = tensors.bytes().unwrap();
        let read = safetensors::SafeTensors::deserialize(&file).unwrap();
        let bytes: Vec<i8> = read.tensor("filters").unwrap().data().iter().map(|byte| byte.cast_signed()).collect();
        assert_eq!(bytes, [32, -127, 0, 64, 0, 0, 0, 0, 42, -127, 85, 127]);
    }
}
