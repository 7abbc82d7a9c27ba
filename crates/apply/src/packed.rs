//! The codes of rows in few bytes, as a file.
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
//! Results are little-endian. What the levels mean and how frequent they are is known to whoever has the run.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context, bail};
use evaluation::Codec;
use evaluation::metrics::squared_error;
use sha2::{Digest, Sha256};
use zoo::Matrix;

use crate::Used;
use crate::blocks::{each, of_codes};
use crate::output::{OutputFile, Results};
use crate::rows::Source;

const MAGIC: &[u8; 8] = b"HGCODES\n";
const VERSION: u8 = 1;
/// Bytes of a digest.
const DIGEST: usize = 16;
/// Bytes before the first block.
const HEADER: usize = 8 + 1 + 1 + DIGEST + 8;
/// Rows of a block, at most.
const ROWS: usize = 65_536;

/// A file, and the digest of what was written of it.
struct Writer {
    output: OutputFile,
    digest: Sha256,
    bytes: usize,
}

impl Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<(), anyhow::Error> {
        self.digest.update(bytes);
        self.bytes += bytes.len();
        self.output.write(bytes)
    }

    /// Writes codes, (rows, units), as a block.
    fn block(&mut self, codec: &Codec, codes: &Matrix) -> Result<(), anyhow::Error> {
        let levels = codec.encode(codes).map_err(|message| anyhow::anyhow!("the entropy coder: {message}"))?;
        self.write(&u32::try_from(codes.rows())?.to_le_bytes())?;
        self.write(&u32::try_from(levels.len())?.to_le_bytes())?;
        self.write(&levels)
    }
}

/// Writes the codes of rows.
pub(crate) fn compress(used: &Used<'_>, rows: &Path, bits: u32) -> Result<(), anyhow::Error> {
    let codec = used.codec(bits)?;
    let source = Source::open(rows, &used.form, used.common.quiet)?;
    let (count, width, units) = (source.count(), used.form.shape.values(), used.network.code_size());
    let output = OutputFile::create(&used.common.out)?;
    let mut writer = Writer { output, digest: Sha256::new(), bytes: 0 };
    writer.write(MAGIC)?;
    writer.write(&[VERSION, bits as u8])?;
    writer.write(&identity(used, &codec)?)?;
    writer.write(&(count as u64).to_le_bytes())?;
    let (mut codes, mut lost) = (Vec::new(), 0.0);
    each(
        source,
        |rows| used.network.encode(rows),
        |block| -> f64 {
            let output = used.network.decode(&codec.quantised(&block.results));
            (0..block.rows.rows()).map(|row| squared_error(block.rows.row(row), output.row(row))).sum()
        },
        |block, of_block| {
            lost += of_block;
            codes.extend_from_slice(block.results.values());
            if codes.len() >= ROWS * units {
                let rest = codes.split_off(ROWS * units);
                writer.block(&codec, &Matrix::new(ROWS, units, std::mem::replace(&mut codes, rest)))?;
            }
            Ok(())
        },
    )?;
    if !codes.is_empty() {
        writer.block(&codec, &Matrix::new(codes.len() / units, units, codes))?;
    }
    let digest = writer.digest.clone().finalize();
    writer.write(&digest[..DIGEST])?;
    let bytes = writer.bytes;
    writer.output.finish()?;
    let of_value = if used.form.is_bytes { 1 } else { 4 };
    let (before, rows) = ((count * width * of_value) as f64, count.max(1) as f64);
    used.tell_rows(
        count,
        &format!(
            " in {bytes} bytes: {:.1} bytes a row instead of {} ({:.2} %); mean squared error {:.6}",
            bytes as f64 / rows,
            width * of_value,
            100.0 * bytes as f64 / before.max(1.0),
            lost / (rows * width as f64)
        ),
    );
    Ok(())
}

/// Writes the rows of a compressed file.
pub(crate) fn decompress(used: &Used<'_>, path: &Path) -> Result<(), anyhow::Error> {
    let shown = path.display();
    if !path.is_file() {
        bail!("{shown}: no such file");
    }
    let file = File::open(path).with_context(|| format!("opening {shown}"))?;
    let length = file.metadata().with_context(|| format!("reading {shown}"))?.len();
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let damaged = || anyhow::anyhow!("{shown}: damaged: it is not what `compress` wrote");
    let mut header = [0; HEADER];
    let is_whole = length >= (HEADER + DIGEST) as u64;
    if is_whole {
        reader.read_exact(&mut header).with_context(|| format!("reading {shown}"))?;
    }
    if !is_whole || header[..8] != *MAGIC {
        bail!("{shown}: no file that `compress` wrote");
    }
    if header[8] != VERSION {
        bail!("{shown}: format {}; this version of Hourglass reads format {VERSION}", header[8]);
    }
    if digest_of(path, length - DIGEST as u64)? != tail(path)? {
        return Err(damaged());
    }
    let codec = used.codec(u32::from(header[9]))?;
    if header[10..10 + DIGEST] != identity(used, &codec)? {
        bail!("{shown}: compressed by another network than that of {}", used.common.run.display());
    }
    let count = u64::from_le_bytes(header[HEADER - 8..].try_into()?) as usize;
    let mut output = Results::reconstructions(&used.common.out, count, &used.form)?;
    let format = output.format();
    let mut done = 0;
    while done < count {
        let mut sizes = [[0; 4]; 2];
        for size in &mut sizes {
            reader.read_exact(size).with_context(|| format!("reading {shown}"))?;
        }
        let [rows, bytes] = sizes.map(|size| u32::from_le_bytes(size) as usize);
        if rows == 0 || rows > ROWS || rows > count - done || bytes as u64 > length {
            return Err(damaged());
        }
        let mut levels = vec![0; bytes];
        reader.read_exact(&mut levels).with_context(|| format!("reading {shown}"))?;
        let codes = codec.decode(&levels, rows).ok_or_else(damaged)?;
        let decode = |codes: &Matrix| used.network.decode(codes);
        let place = (done, used.form.shape.values());
        of_codes(&codes, place, decode, |block| format.bytes(block), |block, bytes| output.add(block, &bytes))?;
        done += rows;
    }
    output.finish()?;
    used.tell_rows(count, "");
    Ok(())
}

/// The first bytes of the SHA-256 of all that decides what codes decode to.
fn identity(used: &Used<'_>, codec: &Codec) -> Result<[u8; DIGEST], anyhow::Error> {
    let mut digest = Sha256::new();
    digest.update(used.run.model.network.diagram());
    let quantiser = [codec.parameters(), codec.levels()];
    let quantiser = quantiser.iter().flat_map(Matrix::values).copied();
    used.network.parameters().into_iter().chain(quantiser).for_each(|value| digest.update(value.to_le_bytes()));
    Ok(digest.finalize()[..DIGEST].try_into()?)
}

/// The digest of the first bytes of a file.
fn digest_of(path: &Path, bytes: u64) -> Result<[u8; DIGEST], anyhow::Error> {
    let mut digest = Sha256::new();
    let mut reader = File::open(path).with_context(|| format!("opening {}", path.display()))?.take(bytes);
    let mut piece = vec![0; 1 << 20];
    loop {
        match reader.read(&mut piece).with_context(|| format!("reading {}", path.display()))? {
            0 => return Ok(digest.finalize()[..DIGEST].try_into()?),
            read => digest.update(&piece[..read]),
        }
    }
}

/// The digest that a file ends with.
fn tail(path: &Path) -> Result<[u8; DIGEST], anyhow::Error> {
    use std::io::{Seek, SeekFrom};
    let mut file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let mut digest = [0; DIGEST];
    file.seek(SeekFrom::End(-(DIGEST as i64)))
        .and_then(|_| file.read_exact(&mut digest))
        .with_context(|| format!("reading {}", path.display()))?;
    Ok(digest)
}
