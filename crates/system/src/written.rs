//! Parts of file formats that several programs write: fields of CSV and headers of NumPy arrays.

/// A field of a CSV file, quoted if necessary.
pub fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Header of a `.npy` file: all bytes before the values of a row-major array with these `sides`.
///
/// `kind` is NumPy's name of the type of a value, such as `<f4`. The values begin at a multiple of 64 bytes.
pub fn npy_header(kind: &str, sides: &[usize]) -> Vec<u8> {
    let sides: String = sides.iter().map(|side| format!("{side}, ")).collect();
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sides}), }}");
    let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(format!("{header:<width$}\n", width = length - 1).into_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_if_necessary() {
        assert_eq!(["a b", "a,b", "a\"b"].map(csv_field), ["a b", "\"a,b\"", "\"a\"\"b\""]);
    }

    #[test]
    fn a_header_has_the_length_that_it_states() {
        for sides in [vec![3], vec![123_456_789, 28, 28, 3], vec![1; 20]] {
            let header = npy_header("<f4", &sides);
            assert_eq!((header.len() % 64, header.last()), (0, Some(&b'\n')));
            assert_eq!(u16::from_le_bytes([header[8], header[9]]) as usize, header.len() - 10);
        }
    }
}
