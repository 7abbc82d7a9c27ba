//! Arrays in Fortran order, where the first dimension varies fastest: the values of a row are far apart, and are
//! gathered in blocks of rows.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use crate::elements::Element;
use crate::stream::{Source, exactly};

/// Greatest size in bytes of a block with more than one row.
const BLOCK_BYTES: usize = 32 << 20;

/// Rows of an array in Fortran order.
pub(super) struct Fortran {
    file: File,
    /// Offset of the first value in bytes.
    start: u64,
    rows: u64,
    element: Element,
    /// For each value of a row, in C order: the index of its column in the file.
    columns: Vec<u32>,
    /// Greatest number of rows of a block.
    most: usize,
    block: Vec<u8>,
    /// Row of the array that is read next.
    next: u64,
    /// First row of the block.
    first: u64,
    /// Number of rows in the block.
    held: usize,
    column: Vec<u8>,
}

impl Fortran {
    /// `dimensions` are those of the array, and `start` is the offset of its first value in bytes.
    pub(super) fn new(file: File, start: u64, dimensions: &[u64], element: Element) -> Self {
        let (rows, sides) = dimensions.split_first().map_or((0, &[][..]), |(rows, sides)| (*rows, sides));
        let columns = columns(sides);
        let most = (BLOCK_BYTES / (columns.len() * element.bytes()).max(1)).max(1);
        let most = usize::try_from(rows).unwrap_or(most).min(most);
        let (block, column) = (Vec::new(), Vec::new());
        Self { file, start, rows, element, columns, most, block, next: 0, first: 0, held: 0, column }
    }

    /// Reads the block that starts with the next row.
    fn fill(&mut self) -> Result<(), String> {
        let left = usize::try_from(self.rows - self.next).unwrap_or(self.most);
        (self.first, self.held) = (self.next, self.most.min(left));
        let size = self.element.bytes();
        let row_bytes = self.columns.len() * size;
        self.block.resize(self.held * row_bytes, 0);
        for (place, column) in self.columns.iter().enumerate() {
            let value = self.rows * u64::from(*column) + self.first;
            let seek = self.file.seek(SeekFrom::Start(self.start + value * size as u64));
            seek.map_err(|error| format!("the file cannot be read: {error}"))?;
            exactly(&mut self.file.by_ref(), self.held * size, &mut self.column)?;
            for (row, value) in self.block.chunks_exact_mut(row_bytes).zip(self.column.chunks_exact(size)) {
                row[place * size..][..size].copy_from_slice(value);
            }
        }
        Ok(())
    }
}

/// For each value of a row, in C order: its index in Fortran order.
fn columns(sides: &[u64]) -> Vec<u32> {
    let mut columns = vec![0];
    let mut stride = 1;
    // The last side varies fastest in C order, the first in Fortran order.
    for side in sides {
        let inner = columns.iter().flat_map(|outer| (0..*side as u32).map(move |at| outer + at * stride));
        columns = inner.collect();
        stride *= *side as u32;
    }
    columns
}

impl Source for Fortran {
    fn next(&mut self, row: &mut Vec<u8>) -> Result<(), String> {
        if self.held == 0 || self.next >= self.first + self.held as u64 {
            self.fill()?;
        }
        let bytes = self.columns.len() * self.element.bytes();
        row.clear();
        row.extend_from_slice(&self.block[(self.next - self.first) as usize * bytes..][..bytes]);
        self.next += 1;
        Ok(())
    }

    /// `open_plain` has checked the length of the file.
    fn end(&mut self) -> Result<(), String> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elements::Kind;

    #[test]
    fn values_are_gathered_in_c_order() {
        // numpy.arange(6).reshape(2, 3) in Fortran order is 0 3 1 4 2 5 in memory.
        assert_eq!(columns(&[2, 3]), [0, 2, 4, 1, 3, 5]);
        assert_eq!(columns(&[4]), [0, 1, 2, 3]);
    }

    #[test]
    fn rows_are_the_same_for_any_size_of_a_block() {
        let mut file = tempfile::tempfile().unwrap();
        let rows: Vec<[u16; 3]> = (0..5).map(|row| [10 * row, 10 * row + 1, 10 * row + 2]).collect();
        let bytes: Vec<u8> = (0..3).flat_map(|at| rows.iter().flat_map(move |row| row[at].to_le_bytes())).collect();
        std::io::Write::write_all(&mut file, &[&[9; 7][..], &bytes].concat()).unwrap();
        for most in 1..=5 {
            let element = Element { kind: Kind::U16, big_endian: false };
            let mut source = Fortran::new(file.try_clone().unwrap(), 7, &[5, 3], element);
            source.most = most;
            let mut row = Vec::new();
            for expected in &rows {
                source.next(&mut row).unwrap();
                assert_eq!(row, expected.map(u16::to_le_bytes).concat());
            }
        }
    }
}
