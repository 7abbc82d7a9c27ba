//! The file of codes in few bytes.
//!
//! ```text
//! 8 bytes   "HGCODES\n"
//! 1         version of the format: 1
//! 1         bits of a unit, 1 to 8
//! 16        which network and quantiser: the first bytes of a SHA-256 of them
//! 8         number of rows
//!           blocks of at most 65,536 rows:
//! 4           number of rows
//! 4           number of bytes that follow
//!             levels of the units, entropy-coded
//! 16        the first bytes of the SHA-256 of all before
//! ```
//!
//! Numbers are little-endian. What the levels mean and how frequent they are is known to whoever has the run.

use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};
use zoo::{Matrix, Trainable};

use crate::estimators::codec::Codec;

const MAGIC: &[u8; 8] = b"HGCODES\n";
/// Version of the format.
pub const VERSION: u8 = 1;
/// Bytes of a digest.
const DIGEST: usize = 16;
/// Bytes before the first block.
const HEADER: usize = 8 + 1 + 1 + DIGEST + 8;
/// Rows of a block, at most.
const ROWS: usize = 65_536;

/// Which network and quantiser a file belongs to.
pub type Identity = [u8; DIGEST];

/// The first bytes of the SHA-256 of all that decides what codes decode to.
pub fn identity(diagram: &str, network: &dyn Trainable, codec: &Codec) -> Identity {
    let mut digest = Sha256::new();
    digest.update(diagram);
    let quantiser = [codec.parameters(), codec.levels()];
    let quantiser = quantiser.iter().flat_map(Matrix::values).copied();
    network.parameters().into_iter().chain(quantiser).for_each(|value| digest.update(value.to_le_bytes()));
    first_bytes(digest)
}

/// The first bytes of a digest.
fn first_bytes(digest: Sha256) -> Identity {
    let whole = digest.finalize();
    std::array::from_fn(|at| whole[at])
}

/// A file that is being written.
pub struct Writer<'a, W> {
    file: W,
    codec: &'a Codec,
    digest: Sha256,
    bytes: u64,
    /// Values of codes that fill no block yet.
    waiting: Vec<f32>,
}

impl<'a, W: Write> Writer<'a, W> {
    /// Begins a file of so many codes, whose units take so many bits.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(file: W, codec: &'a Codec, bits: u8, identity: Identity, count: usize) -> io::Result<Self> {
        let mut writer = Self { file, codec, digest: Sha256::new(), bytes: 0, waiting: Vec::new() };
        writer.write(MAGIC)?;
        writer.write(&[VERSION, bits])?;
        writer.write(&identity)?;
        writer.write(&(count as u64).to_le_bytes())?;
        Ok(writer)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    /// Adds codes, (rows, units).
    ///
    /// # Errors
    /// When they cannot be written, or the entropy coder refuses them.
    pub fn add(&mut self, codes: &Matrix) -> io::Result<()> {
        self.waiting.extend_from_slice(codes.values());
        let most = ROWS * self.codec.units();
        while self.waiting.len() >= most {
            let rest = self.waiting.split_off(most);
            let full = std::mem::replace(&mut self.waiting, rest);
            self.block(full)?;
        }
        Ok(())
    }

    fn block(&mut self, values: Vec<f32>) -> io::Result<()> {
        let units = self.codec.units();
        let codes = Matrix::new(values.len() / units, units, values);
        let of_coder = |message| io::Error::other(format!("the entropy coder: {message}"));
        let levels = self.codec.encode(&codes).map_err(of_coder)?;
        self.write(&(codes.rows() as u32).to_le_bytes())?;
        self.write(&(levels.len() as u32).to_le_bytes())?;
        self.write(&levels)
    }

    /// Ends the file and hands it back, with its number of bytes.
    ///
    /// # Errors
    /// Those of [`Self::add`].
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        if !self.waiting.is_empty() {
            let last = std::mem::take(&mut self.waiting);
            self.block(last)?;
        }
        let digest = first_bytes(self.digest.clone());
        self.write(&digest)?;
        Ok((self.file, self.bytes))
    }
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It does not begin as one.
    #[error("no file that `compress` wrote")]
    Foreign,
    /// It is of another version of the format.
    #[error("format {0}; this version of Hourglass reads format {VERSION}")]
    Version(u8),
    /// Bytes of it were changed, or are missing.
    #[error("damaged: bytes of it were changed or are missing. Compress the rows once more, or copy the file again")]
    Damaged,
    /// The machine cannot read it.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A whole file that is being read.
#[derive(Debug)]
pub struct Reader<R> {
    file: R,
    length: u64,
    done: usize,
    /// Bits of a unit.
    pub bits: u8,
    /// Which network and quantiser it belongs to.
    pub identity: Identity,
    /// Number of codes.
    pub count: usize,
}

impl<R: Read + Seek> Reader<R> {
    /// Looks through a file, and begins to read it.
    ///
    /// # Errors
    /// When it is none, or not as it was written.
    pub fn new(mut file: R) -> Result<Self, Fault> {
        let length = file.seek(SeekFrom::End(0))?;
        file.rewind()?;
        let mut header = [0; HEADER];
        let known = length.min(HEADER as u64) as usize;
        file.read_exact(&mut header[..known])?;
        let [magic, numbers] = [&header[..8], &header[8..]];
        if magic != MAGIC {
            return Err(Fault::Foreign);
        }
        if length < (HEADER + DIGEST) as u64 {
            return Err(Fault::Damaged);
        }
        if numbers[0] != VERSION {
            return Err(Fault::Version(numbers[0]));
        }
        file.rewind()?;
        let mut digest = Sha256::new();
        let mut left = length - DIGEST as u64;
        let mut piece = vec![0; left.min(1 << 20) as usize];
        while left > 0 {
            let some = left.min(piece.len() as u64) as usize;
            file.read_exact(&mut piece[..some])?;
            digest.update(&piece[..some]);
            left -= some as u64;
        }
        let mut end = [0; DIGEST];
        file.read_exact(&mut end)?;
        if end != first_bytes(digest) {
            return Err(Fault::Damaged);
        }
        file.seek(SeekFrom::Start(HEADER as u64))?;
        let identity = std::array::from_fn(|at| numbers[2 + at]);
        let count = u64::from_le_bytes(std::array::from_fn(|at| numbers[2 + DIGEST + at]));
        let count = usize::try_from(count).map_err(|_| Fault::Damaged)?;
        if !(1..=8).contains(&numbers[1]) {
            return Err(Fault::Damaged);
        }
        Ok(Self { file, length, done: 0, bits: numbers[1], identity, count })
    }

    /// The next codes, (rows, units), each unit as the value of its level. `None` after the last.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn next(&mut self, codec: &Codec) -> Result<Option<Matrix>, Fault> {
        let end = self.length - DIGEST as u64;
        if self.done == self.count {
            return if self.file.stream_position()? == end { Ok(None) } else { Err(Fault::Damaged) };
        }
        if self.file.stream_position()? + 8 > end {
            return Err(Fault::Damaged);
        }
        let mut sizes = [[0; 4]; 2];
        for size in &mut sizes {
            self.file.read_exact(size)?;
        }
        let [rows, bytes] = sizes.map(|size| u32::from_le_bytes(size) as usize);
        let is_whole = self.file.stream_position()? + bytes as u64 <= end;
        if rows == 0 || rows > ROWS.min(self.count - self.done) || !is_whole {
            return Err(Fault::Damaged);
        }
        let mut levels = vec![0; bytes];
        self.file.read_exact(&mut levels)?;
        self.done += rows;
        codec.decode(&levels, rows).ok_or(Fault::Damaged).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::estimators::codec::Steps;

    fn codes(rows: usize) -> Matrix {
        Matrix::new(rows, 2, (0..2 * rows).map(|at| (at % 37) as f32 / 10.0).collect())
    }

    fn file(codec: &Codec, rows: usize) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), codec, 4, [7; DIGEST], rows).unwrap();
        // In pieces that are no blocks.
        let codes = codes(rows);
        for piece in codes.values().chunks(2 * 5000) {
            writer.add(&Matrix::new(piece.len() / 2, 2, piece.to_vec())).unwrap();
        }
        let (bytes, count) = writer.finish().unwrap();
        assert_eq!(bytes.len() as u64, count);
        bytes
    }

    #[test]
    fn a_file_gives_back_the_levels_of_its_codes() {
        let codec = Codec::fit(&codes(100), 4, Steps::PerUnit).unwrap();
        for rows in [1, 100, ROWS, ROWS + 3] {
            let mut reader = Reader::new(Cursor::new(file(&codec, rows))).unwrap();
            assert_eq!((reader.bits, reader.identity, reader.count), (4, [7; DIGEST], rows));
            let mut read = Vec::new();
            while let Some(block) = reader.next(&codec).unwrap() {
                read.extend_from_slice(block.values());
            }
            assert_eq!(read, codec.quantised(&codes(rows)).values());
        }
    }

    #[test]
    fn a_flipped_bit_and_a_cut_file_are_refused() {
        let codec = Codec::fit(&codes(100), 4, Steps::PerUnit).unwrap();
        let bytes = file(&codec, 100);
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(Reader::new(Cursor::new(flipped)).is_err(), "byte {at}");
            assert!(Reader::new(Cursor::new(bytes[..at].to_vec())).is_err(), "{at} bytes");
        }
    }
}
