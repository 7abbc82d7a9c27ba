//! Rows of data in memory, of one shape, with classes if they have any.

use spec::Shape;

/// Values of rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Bytes, each read as a multiple of 1/255. They take a quarter of the memory of floats.
    Bytes(Vec<u8>),
    /// Numbers of any size.
    Floats(Vec<f32>),
}

impl From<Vec<u8>> for Values {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<f32>> for Values {
    fn from(floats: Vec<f32>) -> Self {
        Self::Floats(floats)
    }
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Floats(floats) => floats.len(),
        }
    }
}

/// Rows of one shape. [`read`](Self::read) gives one row as floats, the input of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    shape: Shape,
    /// Values, shape (rows, width), row-major.
    values: Values,
    /// Classes, shape (rows); empty if rows have no classes.
    labels: Vec<u16>,
}

impl Rows {
    /// Joins values, shape (rows, width) and row-major, with labels, shape (rows) or empty.
    ///
    /// # Panics
    /// If the number of values is not a multiple of the width, or the number of labels differs from that of the rows.
    /// Both are errors in the calling code, because outside data is checked earlier.
    pub fn new(shape: Shape, values: impl Into<Values>, labels: Vec<u16>) -> Self {
        let values = values.into();
        let (count, each) = (values.len(), shape.values());
        assert!(each > 0 && count.is_multiple_of(each), "{count} values are no rows of {shape}");
        let rows = count / each;
        assert!(labels.is_empty() || labels.len() == rows, "{} labels for {rows} rows of {shape}", labels.len());
        Self { shape, values, labels }
    }

    /// Shape of each row.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Number of values of a row.
    pub fn width(&self) -> usize {
        self.shape.values()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.value_count() / self.width()
    }

    /// True if there is no row.
    pub fn is_empty(&self) -> bool {
        self.value_count() == 0
    }

    /// Number of values of all rows.
    pub fn value_count(&self) -> usize {
        self.values.len()
    }

    /// Values of all rows, shape (rows, width), row-major.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Values of all rows if they are bytes.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.values {
            Values::Bytes(bytes) => Some(bytes),
            Values::Floats(_) => None,
        }
    }

    /// Values of one row if they are bytes.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    pub fn byte_row(&self, index: usize) -> Option<&[u8]> {
        let width = self.width();
        self.bytes().map(|bytes| &bytes[index * width..][..width])
    }

    /// Class of one row, if rows have classes.
    ///
    /// # Panics
    /// If there are labels and `index` is not below [`len`](Self::len).
    pub fn label(&self, index: usize) -> Option<u16> {
        (!self.labels.is_empty()).then(|| self.labels[index])
    }

    /// Class of every row, shape (rows); empty if rows have no classes.
    pub fn labels(&self) -> &[u16] {
        &self.labels
    }

    /// Least and greatest allowed value of a row, if there are such limits.
    pub fn range(&self) -> Option<[f32; 2]> {
        self.bytes().map(|_| [0.0, 1.0])
    }

    /// Writes one row as floats: each byte divided by 255, floats as they are.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Self::len), or `out` does not hold as many values as a row has.
    // Inlined, so that the loop is compiled for the wider vectors of the caller.
    #[inline(always)]
    pub fn read(&self, index: usize, out: &mut [f32]) {
        let width = self.width();
        assert_eq!(out.len(), width, "a row has {}", self.shape);
        match &self.values {
            Values::Bytes(bytes) => {
                for (value, &byte) in out.iter_mut().zip(&bytes[index * width..][..width]) {
                    *value = f32::from(byte) / 255.0;
                }
            }
            Values::Floats(floats) => out.copy_from_slice(&floats[index * width..][..width]),
        }
    }

    /// The rows at `indices`, in that order.
    pub(crate) fn select(&self, indices: &[u32]) -> Self {
        fn select<T: Copy>(values: &[T], width: usize, indices: &[u32]) -> Vec<T> {
            let mut selected = Vec::with_capacity(indices.len() * width);
            for &index in indices {
                selected.extend_from_slice(&values[index as usize * width..][..width]);
            }
            selected
        }
        let values = match &self.values {
            Values::Bytes(bytes) => Values::Bytes(select(bytes, self.width(), indices)),
            Values::Floats(floats) => Values::Floats(select(floats, self.width(), indices)),
        };
        let labels = if self.labels.is_empty() { Vec::new() } else { select(&self.labels, 1, indices) };
        Self { shape: self.shape, values, labels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: Shape = Shape::Vector { width: 2 };

    #[test]
    fn bytes_are_read_as_parts_of_255_and_floats_as_they_are() {
        let bytes = Rows::new(PAIR, vec![0_u8, 0, 255, 51], vec![3, 800]);
        let mut out = [9.0; 2];
        bytes.read(1, &mut out);
        assert_eq!((out, bytes.label(1), bytes.len()), ([1.0, 0.2], Some(800), 2));
        let floats = Rows::new(PAIR, vec![0.0_f32, 1.0, -7.5, 1e9], Vec::new());
        floats.read(1, &mut out);
        assert_eq!((out, floats.label(1), floats.len(), floats.bytes()), ([-7.5, 1e9], None, 2, None));
    }

    #[test]
    fn selecting_keeps_values_and_labels_together() {
        let chosen = Rows::new(PAIR, vec![0_u8, 0, 1, 1, 2, 2], vec![5, 6, 7]).select(&[2, 0]);
        assert_eq!(chosen, Rows::new(PAIR, vec![2_u8, 2, 0, 0], vec![7, 5]));
        let chosen = Rows::new(PAIR, vec![0.5_f32, 0.0, 1.5, 1.0], Vec::new()).select(&[1]);
        assert_eq!(chosen, Rows::new(PAIR, vec![1.5_f32, 1.0], Vec::new()));
    }

    #[test]
    #[should_panic(expected = "1568 values are no rows of 56 x 56 pixels")]
    fn values_that_do_not_fit_the_shape_panic() {
        Rows::new(Shape::square(56), vec![0_u8; 1568], vec![1, 2]);
    }

    #[test]
    #[should_panic(expected = "3 labels for 2 rows of 2 values")]
    fn labels_that_do_not_fit_the_rows_panic() {
        Rows::new(PAIR, vec![0_u8; 4], vec![1, 2, 3]);
    }
}
