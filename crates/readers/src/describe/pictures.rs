//! Facts about folders of pictures, whose sizes may differ.

use std::collections::BTreeMap;
use std::path::Path;

use spec::Shape;
use spec::own::Format;

use super::{BINS, Facts, Range, Size, bin, classes};
use crate::error::Error;
use crate::images::{self, Labels, Options};

pub(super) fn describe(folder: &Path, options: &Options) -> Result<Facts, Error> {
    let mut sizes: BTreeMap<(usize, usize, usize), u64> = BTreeMap::new();
    let (mut labels, mut folders): (BTreeMap<String, u64>, BTreeMap<String, u64>) = (BTreeMap::new(), BTreeMap::new());
    let mut bytes = [0_u64; 256];
    // Pixels of the first picture, and whether another picture differs at each of them. `None` once sizes differ.
    let mut first: Option<(Vec<u8>, Vec<bool>)> = None;
    let mut rows = 0;
    let counts = images::visit(folder, options, &mut |file, label, picture| {
        let size = (picture.width, picture.height, picture.channels);
        *sizes.entry(size).or_default() += 1;
        picture.pixels.iter().for_each(|byte| bytes[usize::from(*byte)] += 1);
        if let Some(label) = label {
            *labels.entry(label.to_owned()).or_default() += 1;
        }
        *folders.entry(file.subfolder().unwrap_or_default().to_owned()).or_default() += 1;
        if rows == 0 {
            let differs = vec![false; picture.pixels.len()];
            first = Some((picture.pixels, differs));
        } else if sizes.len() > 1 {
            first = None;
        } else if let Some((pixels, differs)) = &mut first {
            differs.iter_mut().zip(pixels).zip(&picture.pixels).for_each(|((differs, a), b)| *differs |= a != b);
        }
        rows += 1;
        Ok(())
    })?;
    let mut facts = Facts::new(Format::Images, rows, counts);
    facts.is_bytes = true;
    facts.values = Some(values(&bytes, first.map(|(_, differs)| differs)));
    let single = |((width, height, channels), _): (&(usize, usize, usize), &u64)| Shape::Image {
        height: *height,
        width: *width,
        channels: *channels,
    };
    facts.shape = sizes.iter().next().filter(|_| sizes.len() == 1).map(single);
    let each = sizes.into_iter().map(|((width, height, channels), count)| Size { width, height, channels, count });
    facts.sizes = each.collect();
    facts.sizes.sort_by_key(|size| std::cmp::Reverse(size.count));
    // Without a key `label`, subfolders look like classes if every picture is in one.
    let is_in_folders = folders.len() > 1 && !folders.contains_key("");
    match &options.labels {
        Labels::None if is_in_folders => {
            facts.label = Some("subfolder".to_owned());
            facts.classes = classes(&folders);
        }
        Labels::None => {}
        Labels::Subfolder => {
            facts.label = Some("subfolder".to_owned());
            facts.classes = classes(&labels);
        }
        Labels::Table(_) => {
            facts.label = Some("a table of files".to_owned());
            facts.classes = classes(&labels);
        }
    }
    facts.candidates.label.extend(facts.label.clone().filter(|label| label == "subfolder"));
    Ok(facts)
}

fn values(bytes: &[u64; 256], differs: Option<Vec<bool>>) -> Range {
    let seen = || (0..256).filter(|byte| bytes[*byte] > 0).map(|byte| byte as f64);
    let (least, greatest) = (seen().next(), seen().next_back());
    let count: u64 = bytes.iter().sum();
    let sum: u64 = bytes.iter().zip(0..).map(|(count, byte): (&u64, u64)| count * byte).sum();
    let mut histogram = vec![0; BINS];
    match (least, greatest) {
        (Some(least), Some(greatest)) if least < greatest => {
            bytes.iter().enumerate().filter(|(_, count)| **count > 0).for_each(|(byte, count)| {
                histogram[bin(byte as f64, least, greatest)] += count;
            });
        }
        _ => histogram.clear(),
    }
    Range {
        least,
        mean: least.map(|_| sum as f64 / count as f64),
        greatest,
        missing: 0,
        constant: differs.map(|differs| differs.iter().filter(|differs| !**differs).count() as u64),
        histogram,
    }
}
