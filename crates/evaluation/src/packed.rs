//! The file format of compressed codes, which `cargo xtask apply ... compress` writes.
//!
//! ```text
//! 8 bytes   "HGCODES\n"
//! 1         version of the format: 1
//! 1         bits of a unit, 1 to 8
//! 16        identity of network and quantiser: first bytes of a SHA-256
//! 8         number of rows
//!           blocks of at most 65,536 rows:
//! 4           number of rows
//! 4           number of bytes that follow
//!             levels of the units, entropy-coded
//! 16        first bytes of the SHA-256 of everything before
//! ```
//!
//! Numbers are little-endian. A reader needs the run, which holds the values and frequencies of the levels.

use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};
use zoo::{Matrix, Trainable};

use crate::estimators::codec::Codec;

const MAGIC: &[u8; 8] = b"HGCODES\n";
/// Version of the format.
pub const VERSION: u8 = 1;
/// Number of bytes of a digest.
const DIGEST: usize = 16;
/// Number of bytes before the first block.
const HEADER: usize = 8 + 1 + 1 + DIGEST + 8;
/// Greatest number of rows of a block.
const ROWS: usize = 65_536;

/// Identity of the network and quantiser that a file belongs to.
pub type Identity = [u8; DIGEST];

/// First bytes of the SHA-256 of everything that determines what codes decode to.
pub fn identity(diagram: &str, network: &dyn Trainable, codec: &Codec) -> Identity {
    let mut digest = Sha256::new();
    digest.update(diagram);
    let quantiser = [codec.parameters(), codec.levels()];
    let quantiser = quantiser.iter().flat_map(Matrix::values).copied();
    network.parameters().into_iter().chain(quantiser).for_each(|value| digest.update(value.to_le_bytes()));
    first_bytes(digest)
}

/// First bytes of a digest.
fn first_bytes(digest: Sha256) -> Identity {
    let whole = digest.finalize();
    std::array::from_fn(|at| whole[at])
}

/// Writer of a file of codes.
pub struct Writer<'a, W> {
    file: W,
    codec: &'a Codec,
    digest: Sha256,
    bytes: u64,
    /// Values of codes that do not fill a block yet.
    waiting: Vec<f32>,
}

impl<'a, W: Write> Writer<'a, W> {
    /// Starts a file of `count` codes with `bits` bits for each unit.
    ///
    /// # Errors
    /// When the file cannot be written.
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
    /// When the codes cannot be written, or the entropy coder refuses them.
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

    /// Finishes the file. Returns it with its number of bytes.
    ///
    /// # Errors
    /// As [`Self::add`].
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

/// An error of reading a file of codes.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The file does not start like a file of codes.
    #[error("not a file that `compress` wrote")]
    Foreign,
    /// The file has another version of the format.
    #[error("format {0}; this version of Hourglass reads format {VERSION}")]
    Version(u8),
    /// Bytes of the file were changed or are missing.
    #[error("damaged: bytes were changed or are missing; copy the file again, or compress the rows again")]
    Damaged,
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reader of a file of codes.
#[derive(Debug)]
pub struct Reader<R> {
    file: R,
    length: u64,
    done: usize,
    /// Bits of each unit.
    pub bits: u8,
    /// Identity of the network and quantiser that the file belongs to.
    pub identity: Identity,
    /// Number of codes.
    pub count: usize,
}

impl<R: Read + Seek> Reader<R> {
    /// Checks a whole file, and starts to read it.
    ///
    /// # Errors
    /// When the file has another format or version, is damaged, or cannot be read.
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

    /// The next codes, (rows, units); each unit is the value of its level. `None` after the last.
    ///
    /// # Errors
    /// When the codes cannot be read.
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
        // Added in pieces that do not match the blocks.
        let codes = codes(rows);
        for piece in codes.values().chunks(2 * 5000) {
            writer.add(&Matrix::new(piece.len() / 2, 2, piece.to_vec())).unwrap();
        }
        let (bytes, count) = writer.finish().unwrap();
        assert_eq!(bytes.len() as u64, count);
        bytes
    }

    #[test]
    fn a_file_decodes_to_the_levels_of_its_codes() {
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
    fn a_flipped_bit_and_a_truncated_file_are_refused() {
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
