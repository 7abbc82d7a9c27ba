//! Facts about rows of one shape: arrays and recordings.

use std::collections::BTreeMap;
use std::path::Path;

use spec::Shape;
use spec::own::{Format, Reading};

use super::{BINS, Column, ColumnKind, Facts, Range, bin, classes};
use crate::{About, Error, Sink, Values, load};

/// Greatest number of values of a row for which each value has its own statistics.
const MOST_PLACES: usize = 1 << 16;

/// Greatest number of values of a vector that are listed as columns.
const MOST_COLUMNS: usize = 1000;

/// Greatest number of classes that are counted.
const MOST_CLASSES: usize = 1000;

pub(super) fn describe(path: &Path, format: Format, reading: &Reading) -> Result<Facts, Error> {
    // A missing value is a fact here, not an error.
    let reading = Reading {
        missing: matches!(format, Format::Npy | Format::Idx).then_some(spec::own::Missing::Mean),
        ..reading.clone()
    };
    let mut look = Look::default();
    let (counts, _) = load::read(path, format, &reading, &mut look)?;
    let Look { shape, rows, all, places, labels, folders, is_bytes } = look;
    let mut bins = Bins { all: Histogram::of(&all), columns: Vec::new() };
    if let Some(Shape::Vector { width }) = shape
        && width <= MOST_COLUMNS
    {
        bins.columns = places.iter().map(Histogram::of).collect();
    }
    load::read(path, format, &reading, &mut bins)?;
    let constant = places.iter().filter(|place| place.least >= place.greatest).count() as u64;
    let mut facts = Facts::new(format, rows, counts);
    (facts.shape, facts.is_bytes) = (shape, is_bytes);
    facts.values = Some(Range {
        missing: all.missing,
        constant: (!places.is_empty()).then_some(constant),
        histogram: bins.all.facts(),
        ..all.facts()
    });
    let mut known: BTreeMap<u64, String> = BTreeMap::new();
    let columns = places.iter().zip(&bins.columns).enumerate().map(|(at, (place, histogram))| {
        let name = at.to_string();
        let first = known.entry(place.hash).or_insert_with(|| name.clone()).clone();
        let Range { least, mean, greatest, .. } = place.facts();
        Column {
            kind: if least.is_some() { ColumnKind::Number } else { ColumnKind::Empty },
            categories: None,
            missing: place.missing,
            is_constant: place.least >= place.greatest,
            least,
            mean,
            greatest,
            histogram: histogram.facts(),
            duplicate_of: (first != name).then_some(first),
            fault: None,
            name,
        }
    });
    facts.columns = columns.collect();
    // Without a key `label`, subfolders look like classes if every recording is in one.
    let is_in_folders = folders.len() > 1 && !folders.contains_key("");
    if !labels.is_empty() {
        facts.label = reading.label;
        facts.classes = classes(&labels);
    } else if format == Format::Wav && is_in_folders {
        facts.label = Some("subfolder".to_owned());
        facts.classes = classes(&folders);
        facts.candidates.label.push("subfolder".to_owned());
    }
    Ok(facts)
}

/// Statistics of values so far.
#[derive(Debug, Clone, Copy)]
struct Place {
    least: f64,
    greatest: f64,
    sum: f64,
    count: u64,
    missing: u64,
    /// Hash of the values in their order.
    hash: u64,
}

impl Default for Place {
    fn default() -> Self {
        Self { least: f64::INFINITY, greatest: f64::NEG_INFINITY, sum: 0.0, count: 0, missing: 0, hash: 0 }
    }
}

impl Place {
    fn look(&mut self, value: f32) {
        // -0 counts as 0, and all NaN values are equal.
        let bits = if value.is_nan() { u32::MAX } else { (value + 0.0).to_bits() };
        self.hash = mixed(self.hash ^ u64::from(bits));
        if value.is_nan() {
            self.missing += 1;
            return;
        }
        let value = f64::from(value);
        (self.least, self.greatest) = (self.least.min(value), self.greatest.max(value));
        (self.sum, self.count) = (self.sum + value, self.count + 1);
    }

    fn range(&self) -> Option<(f64, f64)> {
        (self.count > 0).then_some((self.least, self.greatest))
    }

    fn facts(&self) -> Range {
        let range = self.range();
        Range {
            least: range.map(|(least, _)| least),
            mean: range.map(|_| self.sum / self.count as f64),
            greatest: range.map(|(_, greatest)| greatest),
            ..Range::default()
        }
    }
}

/// A bijection that mixes bits (the finaliser of SplitMix64).
fn mixed(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Statistics of the rows so far, as a sink.
#[derive(Default)]
struct Look {
    shape: Option<Shape>,
    rows: u64,
    all: Place,
    /// Statistics of each value of a row. Empty if rows are too long.
    places: Vec<Place>,
    labels: BTreeMap<String, u64>,
    /// Number of rows in each subfolder. Rows outside subfolders have an empty name.
    folders: BTreeMap<String, u64>,
    is_bytes: bool,
}

impl Sink for Look {
    fn begin(&mut self, shape: Shape, _: &[String]) -> Result<(), Error> {
        self.shape = Some(shape);
        if shape.values() <= MOST_PLACES {
            self.places = vec![Place::default(); shape.values()];
        }
        Ok(())
    }

    fn row(&mut self, values: Values<'_>, about: About<'_>) -> Result<(), Error> {
        self.rows += 1;
        self.is_bytes = matches!(values, Values::Bytes(_));
        let mut places = self.places.iter_mut();
        each(values, |value| {
            if let Some(place) = places.next() {
                place.look(value);
            }
            self.all.look(value);
        });
        if let Some(id) = about.id {
            let folder = id.split_once('/').map_or("", |(folder, _)| folder);
            if let Some(count) = self.folders.get_mut(folder) {
                *count += 1;
            } else if self.folders.len() < MOST_CLASSES {
                self.folders.insert(folder.to_owned(), 1);
            }
        }
        if let Some(label) = about.label {
            if let Some(count) = self.labels.get_mut(label) {
                *count += 1;
            } else if self.labels.len() < MOST_CLASSES {
                self.labels.insert(label.to_owned(), 1);
            }
        }
        Ok(())
    }
}

/// Counts of values in bins, as a sink.
struct Bins {
    all: Histogram,
    columns: Vec<Histogram>,
}

/// Counts of values in bins from the least to the greatest value. There is no range if these are equal.
struct Histogram {
    range: Option<(f64, f64)>,
    bins: [u64; BINS],
}

impl Histogram {
    fn of(place: &Place) -> Self {
        Self { range: place.range().filter(|(least, greatest)| least < greatest), bins: [0; BINS] }
    }

    fn count(&mut self, value: f32) {
        if let Some((least, greatest)) = self.range
            && !value.is_nan()
        {
            self.bins[bin(value.into(), least, greatest)] += 1;
        }
    }

    fn facts(&self) -> Vec<u64> {
        if self.range.is_some() { self.bins.to_vec() } else { Vec::new() }
    }
}

impl Sink for Bins {
    fn begin(&mut self, _: Shape, _: &[String]) -> Result<(), Error> {
        Ok(())
    }

    fn row(&mut self, values: Values<'_>, _: About<'_>) -> Result<(), Error> {
        let mut columns = self.columns.iter_mut();
        each(values, |value| {
            self.all.count(value);
            if let Some(column) = columns.next() {
                column.count(value);
            }
        });
        Ok(())
    }
}

fn each(values: Values<'_>, mut take: impl FnMut(f32)) {
    match values {
        Values::Bytes(values) => values.iter().for_each(|value| take(f32::from(*value))),
        Values::Floats(values) => values.iter().for_each(|value| take(*value)),
        Values::Entries(entries) => entries.iter().for_each(|(_, count)| take(*count as f32)),
    }
}
