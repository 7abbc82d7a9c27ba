//! Writes and reads files of compressed codes.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use evaluation::Codec;
use evaluation::metrics::squared_error;
use evaluation::packed::{Fault, Identity, Reader, Writer, identity};

use crate::Used;
use crate::blocks::{each, of_codes};
use crate::output::{OutputFile, Results};
use crate::rows::Source;

/// Writes the codes of rows to a compressed file.
pub(crate) fn compress(used: &Used<'_>, rows: &Path, bits: u32) -> Result<(), anyhow::Error> {
    let codec = used.codec(bits)?;
    let source = Source::open(rows, &used.form, used.common.quiet)?;
    let (count, width) = (source.count(), used.form.shape.values());
    let writing = || format!("writing {}", used.common.out.display());
    let output = OutputFile::create(&used.common.out)?;
    let mut writer = Writer::new(output, &codec, bits as u8, identity_of(used, &codec), count).with_context(writing)?;
    let mut lost = 0.0;
    each(
        source,
        |rows| used.network.encode(rows),
        |block| {
            let output = used.network.decode(&codec.quantised(&block.results));
            let pairs = (0..block.rows.rows()).map(|row| [block.rows.row(row), output.row(row)]);
            Ok((block.results.clone(), pairs.map(|[row, output]| squared_error(row, output)).sum::<f64>()))
        },
        |(codes, of_block)| {
            lost += of_block;
            writer.add(&codes).with_context(writing)
        },
    )?;
    let (output, bytes) = writer.finish().with_context(writing)?;
    output.finish()?;
    let of_value = if used.form.is_bytes { 1 } else { 4 };
    let unit = if used.form.is_bytes { "pixel, pixels from 0 to 1" } else { "scaled value" };
    let (before, rows) = ((count * width * of_value) as f64, count.max(1) as f64);
    used.tell_rows(
        count,
        &format!(
            " in {bytes} bytes: {:.1} bytes a row instead of {} ({:.2} %); mean squared error {:.6} per {unit}",
            bytes as f64 / rows,
            width * of_value,
            100.0 * bytes as f64 / before.max(1.0),
            lost / (rows * width as f64)
        ),
    );
    Ok(())
}

/// Decodes a compressed file and writes its rows.
pub(crate) fn decompress(used: &Used<'_>, path: &Path) -> Result<(), anyhow::Error> {
    let shown = path.display();
    if !path.is_file() {
        bail!("{shown}: no such file");
    }
    let fault = |fault: Fault| match fault {
        Fault::Io(error) => anyhow::Error::new(error).context(format!("reading {shown}")),
        of_file => anyhow!("{shown}: {of_file}"),
    };
    let file = File::open(path).with_context(|| format!("opening {shown}"))?;
    let mut reader = Reader::new(BufReader::with_capacity(1 << 20, file)).map_err(fault)?;
    let codec = used.codec(u32::from(reader.bits))?;
    if reader.identity != identity_of(used, &codec) {
        bail!(
            "{shown}: compressed by another network than that of {}; give the run that compressed it",
            used.common.run.display()
        );
    }
    let mut output = Results::reconstructions(&used.common.out, reader.count, &used.form)?;
    let (format, file) = output.parts();
    let mut done = 0;
    while let Some(codes) = reader.next(&codec).map_err(fault)? {
        let decode = |codes: &zoo::Matrix| used.network.decode(codes);
        let place = (done, used.form.shape.values());
        of_codes(&codes, place, decode, |block| format.bytes(block), |bytes| file.write(&bytes))?;
        done += codes.rows();
    }
    output.finish()?;
    used.tell_rows(reader.count, "");
    Ok(())
}

fn identity_of(used: &Used<'_>, codec: &Codec) -> Identity {
    identity(&used.run.model.network.diagram(), used.network.as_ref(), codec)
}
