//! Makes the events of one record.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context, anyhow};
use record::folders;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use system::{seal, storage};
use tensorboard::{Histogram, SUCCESS, Value, beginning, event, of_epoch, session_end, values, version};

use crate::folders::Record;

/// The event file of a record: spec and epochs, and at the last epoch measured numbers, figures and weights.
pub(crate) fn events(record: &Record) -> Result<Vec<u8>, anyhow::Error> {
    let started = record.environment.started as f64;
    let mut bytes = version(started);
    bytes.extend(beginning(&record.spec, record.environment.started));
    let (mut at, mut step) = (started, 0);
    for epoch in &record.epochs {
        at += epoch.seconds;
        step = epoch.epoch as u64;
        bytes.extend(event(at, step, &values(of_epoch(epoch))));
    }
    bytes.extend(event(at, step, &values(record.test()?)));
    for value in figures(&record.directory.plots())? {
        bytes.extend(event(at, step, &[value]));
    }
    for value in weights(&record.directory.model())? {
        bytes.extend(event(at, step, &[value]));
    }
    bytes.extend(session_end(at, SUCCESS));
    Ok(bytes)
}

/// The event file of an experiment: its question, and figures over all runs, of which `first` is one.
pub(crate) fn experiment(first: &Record, figures: &[(String, Value)]) -> Vec<u8> {
    let at = first.environment.started as f64;
    let question = ("question".to_owned(), Value::Text(first.spec.question.clone()));
    let mut bytes = version(at);
    bytes.extend(event(at, 0, &[question]));
    figures.iter().for_each(|figure| bytes.extend(event(at, 0, std::slice::from_ref(figure))));
    bytes
}

/// The PNG files of a folder as `plots/<name>`; empty if the folder does not exist.
pub(crate) fn figures(folder: &Path) -> Result<Vec<(String, Value)>, anyhow::Error> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = folders::entries(folder)?;
    files.retain(|path| path.extension() == Some(OsStr::new("png")));
    let mut figures = Vec::new();
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let image =
            image(storage::read(&path)?).with_context(|| format!("{}: this is not a PNG file", path.display()))?;
        figures.push((format!("plots/{name}"), image));
    }
    Ok(figures)
}

/// A PNG file as a value, with the sides in its header; `None` if the bytes are not a PNG file.
fn image(png: Vec<u8>) -> Option<Value> {
    const BEGINNING: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
    let header = png.strip_prefix(BEGINNING)?;
    let (width, rest) = header.split_first_chunk()?;
    let (height, rest) = rest.split_first_chunk()?;
    let channels = match rest.get(1)? {
        0 => 1,
        4 => 2,
        // Colours, or a palette of colours.
        2 | 3 => 3,
        6 => 4,
        _ => return None,
    };
    Some(Value::Image { width: u32::from_be_bytes(*width), height: u32::from_be_bytes(*height), channels, png })
}

/// The histogram of each tensor of a model as `weights/<name>`; empty if the record is kept without weights.
fn weights(model: &Path) -> Result<Vec<(String, Value)>, anyhow::Error> {
    if !model.is_file() {
        return Ok(Vec::new());
    }
    let bytes = storage::read(model)?;
    let histograms = || {
        seal::check(&bytes)?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|error| error.to_string())?;
        let mut tensors: Vec<_> = tensors.iter().collect();
        tensors.sort_by_key(|(name, _)| *name);
        let all = tensors.into_iter().map(|(name, tensor)| {
            if tensor.dtype() != Dtype::F32 {
                return Err(format!("`{name}` is {:?}, expected F32", tensor.dtype()));
            }
            let values: Vec<f32> = tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            let histogram =
                Histogram::of(&values).ok_or(format!("`{name}` has no values, or values that are not finite"))?;
            Ok((format!("weights/{name}"), Value::Histogram(histogram)))
        });
        all.collect::<Result<Vec<_>, String>>()
    };
    histograms().map_err(|message| anyhow!("{}: {message}", model.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sides_of_a_picture_come_from_its_header_and_other_files_are_rejected() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x02\0\0\0\x03\x08\x06rest".to_vec();
        let expected = Value::Image { width: 258, height: 3, channels: 4, png: png.clone() };
        assert_eq!(image(png.clone()), Some(expected));
        for end in 0..25 {
            assert_eq!(image(png[..end.min(png.len())].to_vec()), None, "{end}");
        }
    }
}
