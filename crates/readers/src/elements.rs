//! Numbers of binary arrays: their types, and the shape of a row from the dimensions of an array.

use spec::Shape;

use crate::open::MOST_VALUES;

/// Type of the numbers of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
}

/// Type of the numbers of an array, with the order of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) kind: Kind,
    pub(crate) big_endian: bool,
}

impl Element {
    /// Size of a number in bytes.
    pub(crate) fn bytes(self) -> usize {
        match self.kind {
            Kind::Bool | Kind::U8 | Kind::I8 => 1,
            Kind::U16 | Kind::I16 | Kind::F16 => 2,
            Kind::U32 | Kind::I32 | Kind::F32 => 4,
            Kind::U64 | Kind::I64 | Kind::F64 => 8,
        }
    }

    /// Name of the type in NumPy.
    pub(crate) fn name(self) -> &'static str {
        match self.kind {
            Kind::Bool => "bool",
            Kind::U8 => "uint8",
            Kind::I8 => "int8",
            Kind::U16 => "uint16",
            Kind::I16 => "int16",
            Kind::U32 => "uint32",
            Kind::I32 => "int32",
            Kind::U64 => "uint64",
            Kind::I64 => "int64",
            Kind::F16 => "float16",
            Kind::F32 => "float32",
            Kind::F64 => "float64",
        }
    }

    /// The number in `bytes`, whose length is [`Element::bytes`].
    fn number(self, bytes: &[u8]) -> Number {
        let mut little = [0; 8];
        little.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        if self.big_endian {
            little[..bytes.len()].reverse();
        }
        let [a, b, c, d, ..] = little;
        match self.kind {
            Kind::Bool => Number::Whole(i128::from(a != 0)),
            Kind::U8 => Number::Whole(a.into()),
            Kind::I8 => Number::Whole(i8::from_le_bytes([a]).into()),
            Kind::U16 => Number::Whole(u16::from_le_bytes([a, b]).into()),
            Kind::I16 => Number::Whole(i16::from_le_bytes([a, b]).into()),
            Kind::U32 => Number::Whole(u32::from_le_bytes([a, b, c, d]).into()),
            Kind::I32 => Number::Whole(i32::from_le_bytes([a, b, c, d]).into()),
            Kind::U64 => Number::Whole(u64::from_le_bytes(little).into()),
            Kind::I64 => Number::Whole(i64::from_le_bytes(little).into()),
            Kind::F16 => Number::Real(half(u16::from_le_bytes([a, b]))),
            Kind::F32 => Number::Real(f32::from_le_bytes([a, b, c, d]).into()),
            Kind::F64 => Number::Real(f64::from_le_bytes(little)),
        }
    }

    /// Reads the numbers of a row as the nearest `f32`, and replaces the contents of `to`.
    ///
    /// # Errors
    /// If a number is infinite, or is infinite as an `f32`. The message gives its index, from 0, and its value.
    pub(crate) fn floats(self, row: &[u8], to: &mut Vec<f32>) -> Result<(), String> {
        to.clear();
        for (place, bytes) in row.chunks_exact(self.bytes()).enumerate() {
            let (value, real) = match self.number(bytes) {
                Number::Whole(whole) => (whole as f32, whole as f64),
                Number::Real(real) => (real as f32, real),
            };
            if value.is_infinite() {
                return Err(format!(
                    "value {place} is {real:e}; finite 32-bit numbers are expected, or NaN if missing"
                ));
            }
            to.push(value);
        }
        Ok(())
    }

    /// The class name of a number: the number as text. It must be a whole number.
    pub(crate) fn label(self, bytes: &[u8]) -> Result<String, String> {
        match self.number(bytes) {
            Number::Whole(whole) => Ok(whole.to_string()),
            Number::Real(real) if real.fract() == 0.0 => Ok(format!("{real:.0}")),
            Number::Real(real) => Err(format!("the label is {real}; a whole number or a text is expected")),
        }
    }
}

enum Number {
    Whole(i128),
    Real(f64),
}

/// The value of a 16-bit number (IEEE 754 binary16).
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f64::from(bits & 0x3ff);
    sign * match (bits >> 10) & 0x1f {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2_f64.powi(i32::from(exponent) - 25),
    }
}

/// Meaning of the dimensions of an array.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    /// `(rows, values)` are vectors, `(rows, height, width)` grey images, `(rows, height, width, channels)` images.
    #[default]
    Dimensions,
    /// `(rows, steps)` and `(rows, steps, values)` are sequences.
    Sequence,
    /// All values of a row form one vector.
    Vector,
}

/// Number of rows, and shape of a row.
pub(crate) fn shape(dimensions: &[u64], layout: Layout) -> Result<(u64, Shape), String> {
    let text = || {
        let sides: Vec<String> = dimensions.iter().map(u64::to_string).collect();
        if sides.len() == 1 { format!("({},)", sides[0]) } else { format!("({})", sides.join(", ")) }
    };
    let Some((&rows, sides)) = dimensions.split_first() else {
        return Err("the array has no dimensions; (rows, values) are expected".to_owned());
    };
    if sides.is_empty() {
        return Err(format!(
            "the array has the shape {}: its rows have no values; (rows, values) are expected",
            text()
        ));
    }
    if sides.len() > 3 {
        return Err(format!("the array has {} dimensions, {}; 2 to 4 are expected", dimensions.len(), text()));
    }
    if rows == 0 || sides.contains(&0) {
        return Err(format!("the array has the shape {}, and so no values; every side must be 1 at least", text()));
    }
    let values = sides.iter().try_fold(1_u64, |product, side| product.checked_mul(*side));
    if values.is_none_or(|values| values > MOST_VALUES as u64) {
        return Err(format!("the array has the shape {}; a row has {MOST_VALUES} values at most", text()));
    }
    // Each side is at most their product, so that it fits a usize.
    let sides: Vec<usize> = sides.iter().map(|side| *side as usize).collect();
    let shape = match (layout, sides.as_slice()) {
        (Layout::Dimensions, &[width]) => Shape::Vector { width },
        (Layout::Dimensions, &[height, width]) => Shape::Image { height, width, channels: 1 },
        (Layout::Dimensions, &[height, width, channels @ (1 | 3)]) => Shape::Image { height, width, channels },
        (Layout::Dimensions, _) => {
            let reason = "the last of 4 dimensions is the channels, which are 1 or 3";
            return Err(format!("the array has the shape {}; {reason}. Transpose it or read it as vectors", text()));
        }
        (Layout::Sequence, &[steps]) => Shape::Sequence { steps, width: 1 },
        (Layout::Sequence, &[steps, width]) => Shape::Sequence { steps, width },
        (Layout::Sequence, _) => {
            return Err(format!("the array has the shape {}; sequences have (rows, steps, values)", text()));
        }
        (Layout::Vector, sides) => Shape::Vector { width: sides.iter().product() },
    };
    Ok((rows, shape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_16_bits_have_the_values_of_the_standard() {
        let known =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x0001, 2_f64.powi(-24)), (0x3555, 0.333251953125)];
        for (bits, value) in known {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan() && half(0x8000).is_sign_negative());
    }

    #[test]
    fn an_error_about_a_number_too_large_for_an_f32_gives_its_index() {
        let element = Element { kind: Kind::F64, big_endian: true };
        let row = [1.5_f64, f64::NAN, 1e300].map(f64::to_be_bytes).concat();
        let mut floats = Vec::new();
        element.floats(&row[..16], &mut floats).unwrap();
        assert!(floats[0] == 1.5 && floats[1].is_nan());
        assert!(element.floats(&row, &mut floats).unwrap_err().starts_with("value 2 is 1e300;"));
        assert_eq!(element.label(&3_f64.to_be_bytes()).unwrap(), "3");
        assert!(element.label(&0.5_f64.to_be_bytes()).is_err());
    }

    #[test]
    fn dimensions_give_the_shape_of_a_row() {
        let of = |dimensions: &[u64], layout| shape(dimensions, layout).map(|(rows, shape)| format!("{rows}: {shape}"));
        assert_eq!(of(&[7, 5], Layout::Dimensions).unwrap(), "7: 5 values");
        assert_eq!(of(&[7, 5, 4], Layout::Dimensions).unwrap(), "7: 5 x 4 pixels");
        assert_eq!(of(&[7, 5, 4, 3], Layout::Dimensions).unwrap(), "7: 5 x 4 x 3 pixels");
        assert_eq!(of(&[7, 5, 4], Layout::Sequence).unwrap(), "7: 5 steps of 4 values");
        assert_eq!(of(&[7, 5, 4], Layout::Vector).unwrap(), "7: 20 values");
        for (dimensions, reason) in [
            (&[][..], "no dimensions"),
            (&[7], "(7,): its rows have no values"),
            (&[7, 1, 2, 3, 4], "5 dimensions, (7, 1, 2, 3, 4); 2 to 4"),
            (&[7, 0], "(7, 0), and so no values"),
            (&[0, 7], "(0, 7), and so no values"),
            (&[7, 3, 32, 32], "channels, which are 1 or 3"),
            (&[1, u64::MAX, 2], "a row has 16777216 values at most"),
        ] {
            let message = of(dimensions, Layout::Dimensions).unwrap_err();
            assert!(message.contains(reason), "{message}");
        }
    }
}
