//! [`Codec`]: codes as bytes and back, by a uniform quantiser and an entropy coder. Both are fitted to training codes.

use constriction::stream::model::DefaultContiguousCategoricalEntropyModel as Frequencies;
use constriction::stream::stack::DefaultAnsCoder;
use constriction::stream::{Decode, Encode};
use zoo::Matrix;

/// Widths of a quantiser's steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steps {
    /// The range of each unit is divided into `2^bits` steps.
    PerUnit,
    /// The widest range is divided into `2^bits` steps, and the others into steps of the same width. This loses least if
    /// units have unequal variances.
    Shared,
}

impl Steps {
    pub(crate) const ALL: [Self; 2] = [Self::PerUnit, Self::Shared];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PerUnit => "per_unit",
            Self::Shared => "shared",
        }
    }
}

/// Encodes codes as bytes by asymmetric numeral systems (Duda, 2009), and decodes them. The reader needs the range of each
/// unit and the frequencies of its levels, which are stored with the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Codec {
    units: Vec<Unit>,
}

/// Quantiser of one unit, and frequencies of its levels.
#[derive(Debug, Clone)]
struct Unit {
    low: f32,
    step: f32,
    levels: usize,
    /// Number of training codes in each level, plus one.
    counts: Vec<f64>,
    /// Decoded value of each level: the mean of its training codes, or its middle if it has none.
    values: Vec<f32>,
    /// Frequencies for the entropy coder, if there is more than one level.
    frequencies: Option<Frequencies>,
}

impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        let parts = |unit: &Self| (unit.low, unit.step, unit.levels);
        parts(self) == parts(other) && self.counts == other.counts && self.values == other.values
    }
}

impl Codec {
    /// Fits a codec to training codes, `(rows, units)`: ranges, means of levels, and counts of levels plus one.
    ///
    /// # Errors
    /// When the entropy coder cannot represent the frequencies of a unit.
    pub(crate) fn fit(codes: &Matrix, bits: u32, steps: Steps) -> Result<Self, String> {
        let column = |unit: usize| (0..codes.rows()).map(move |row| codes.row(row)[unit]);
        let range = |unit| column(unit).fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
        let ranges: Vec<(f32, f32)> = (0..codes.columns()).map(range).collect();
        let widest = ranges.iter().map(|(low, high)| high - low).fold(0.0, f32::max);
        let units = ranges.iter().enumerate().map(|(index, (low, high))| {
            let width = if steps == Steps::Shared { widest } else { high - low };
            let step = width / (1 << bits) as f32;
            let levels = if step > 0.0 { (((high - low) / step).ceil() as usize).clamp(1, 1 << bits) } else { 1 };
            // The levels are wider than the range by the same amount on both sides.
            let low = low - (levels as f32 * step - (high - low)) / 2.0;
            let mut unit = Unit { low, step, levels, counts: vec![1.0; levels], values: Vec::new(), frequencies: None };
            let mut sums = vec![0.0; levels];
            for value in column(index) {
                let level = unit.level(value);
                unit.counts[level] += 1.0;
                sums[level] += f64::from(value);
            }
            let value = |level: usize| match unit.counts[level] - 1.0 {
                0.0 => low + (level as f32 + 0.5) * step,
                count => (sums[level] / count) as f32,
            };
            unit.values = (0..levels).map(value).collect();
            unit.with_frequencies(index)
        });
        Ok(Self { units: units.collect::<Result<_, String>>()? })
    }

    /// A codec from its recorded [`parameters`](Self::parameters) and [`levels`](Self::levels).
    ///
    /// # Errors
    /// When the tensors do not describe a codec.
    pub(crate) fn of_parts(parameters: &Matrix, levels: &Matrix) -> Result<Self, String> {
        let damaged = || "the quantiser of codes is damaged".to_owned();
        if parameters.columns() != 3 || levels.rows() != 2 {
            return Err(damaged());
        }
        let (mut counts, mut values) = (levels.row(0), levels.row(1));
        let mut units = Vec::with_capacity(parameters.rows());
        for index in 0..parameters.rows() {
            let (low, step, count) = (parameters.row(index)[0], parameters.row(index)[1], parameters.row(index)[2]);
            let count = count as usize;
            let (of_unit, rest) = counts.split_at_checked(count).filter(|_| count > 0).ok_or_else(damaged)?;
            let (read_as, others) = values.split_at(count);
            (counts, values) = (rest, others);
            if !(step >= 0.0 && of_unit.iter().all(|count| *count >= 1.0)) {
                return Err(damaged());
            }
            let counts = of_unit.iter().map(|count| f64::from(*count)).collect();
            let unit = Unit { low, step, levels: count, counts, values: read_as.to_vec(), frequencies: None };
            units.push(unit.with_frequencies(index)?);
        }
        if counts.is_empty() { Ok(Self { units }) } else { Err(damaged()) }
    }

    /// A codec with steps that are `2^halvings` times as wide.
    ///
    /// # Errors
    /// When the entropy coder cannot represent the frequencies of a unit.
    pub fn coarser(&self, halvings: u32) -> Result<Self, String> {
        let units = self.units.iter().enumerate().map(|(index, unit)| {
            let width = 1_usize << halvings;
            let step = unit.step * width as f32;
            let of_level = |level: usize| level * width..((level + 1) * width).min(unit.levels);
            let levels = unit.levels.div_ceil(width);
            let found = |fine: usize| unit.counts[fine] - 1.0;
            let count = |level: usize| of_level(level).map(found).sum::<f64>();
            let value = |level: usize| match count(level) {
                0.0 => unit.low + (level as f32 + 0.5) * step,
                all => {
                    (of_level(level).map(|fine| found(fine) * f64::from(unit.values[fine])).sum::<f64>() / all) as f32
                }
            };
            let counts = (0..levels).map(|level| count(level) + 1.0).collect();
            let values = (0..levels).map(value).collect();
            Unit { low: unit.low, step, levels, counts, values, frequencies: None }.with_frequencies(index)
        });
        Ok(Self { units: units.collect::<Result<_, String>>()? })
    }

    /// Number of units of a code.
    pub fn units(&self) -> usize {
        self.units.len()
    }

    /// Codes, `(rows, units)`, with each value replaced by that of its level, as [`decode`](Self::decode) returns them.
    pub fn quantised(&self, codes: &Matrix) -> Matrix {
        let mut read = codes.clone();
        for row in 0..codes.rows() {
            for (value, unit) in read.row_mut(row).iter_mut().zip(&self.units) {
                *value = unit.values[unit.level(*value)];
            }
        }
        read
    }

    /// Encodes codes, `(rows, units)`, as bytes.
    ///
    /// # Errors
    /// When the entropy coder refuses a level, or cannot return its bytes.
    pub fn encode(&self, codes: &Matrix) -> Result<Vec<u8>, String> {
        let mut coder = DefaultAnsCoder::new();
        // The coder is a stack: the last value written is the first read.
        for row in (0..codes.rows()).rev() {
            for (unit, value) in self.units.iter().zip(codes.row(row)).rev() {
                if let Some(frequencies) = &unit.frequencies {
                    coder.encode_symbol(unit.level(*value), frequencies).map_err(|error| error.to_string())?;
                }
            }
        }
        let words = coder.get_compressed().map_err(|error| error.to_string())?;
        Ok(words.iter().flat_map(|word| word.to_le_bytes()).collect())
    }

    /// Decodes `count` codes from bytes; each unit is the value of its level. `None` if the bytes end too early.
    pub fn decode(&self, bytes: &[u8], count: usize) -> Option<Matrix> {
        let (words, []) = bytes.as_chunks::<4>() else { return None };
        let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
        let mut coder = DefaultAnsCoder::from_compressed(words).ok()?;
        let mut codes = Matrix::zeros(count, self.units.len());
        for row in 0..count {
            for (unit, value) in self.units.iter().zip(codes.row_mut(row)) {
                let level = match &unit.frequencies {
                    Some(frequencies) => coder.decode_symbol(frequencies).ok()?,
                    None => 0,
                };
                *value = unit.values[level];
            }
        }
        coder.is_empty().then_some(codes)
    }

    /// Quantiser of each unit, (units, 3): lowest value, width of a step, number of levels.
    pub fn parameters(&self) -> Matrix {
        let values = self.units.iter().flat_map(|unit| [unit.low, unit.step, unit.levels as f32]).collect();
        Matrix::new(self.units.len(), 3, values)
    }

    /// Levels of all units, (2, levels): counts in the training codes plus one, then decoded values.
    pub fn levels(&self) -> Matrix {
        let counts = self.units.iter().flat_map(|unit| unit.counts.iter().map(|count| *count as f32));
        let values = self.units.iter().flat_map(|unit| unit.values.iter().copied());
        let both: Vec<f32> = counts.chain(values).collect();
        Matrix::new(2, both.len() / 2, both)
    }
}

impl Unit {
    /// The same unit with frequencies for the entropy coder.
    fn with_frequencies(mut self, index: usize) -> Result<Self, String> {
        if self.levels > 1 {
            let frequencies = Frequencies::from_floating_point_probabilities_fast(&self.counts, None);
            self.frequencies = Some(frequencies.map_err(|()| {
                format!("unit {index} has {} levels, whose frequencies the coder cannot represent", self.levels)
            })?);
        }
        Ok(self)
    }

    /// Level of a value. A value outside the range has the first or last level.
    fn level(&self, value: f32) -> usize {
        if self.levels == 1 {
            return 0;
        }
        (((value - self.low) / self.step).max(0.0) as usize).min(self.levels - 1)
    }
}

#[cfg(test)]
mod tests {
    use random::Stream;

    use super::*;

    /// Codes of three normal units, of standard deviation 1, 0.1 and 0.
    fn codes(count: usize, index: u64) -> Matrix {
        let mut codes = Matrix::zeros(count, 3);
        random::normals(&mut Stream::Samples.generator(5, index), codes.values_mut());
        for row in 0..count {
            codes.row_mut(row)[1] *= 0.1;
            codes.row_mut(row)[2] = 7.0;
        }
        codes
    }

    #[test]
    fn codes_decode_to_the_mean_of_their_level_which_loses_less_than_its_middle() {
        let (train, test) = (codes(2000, 0), codes(300, 1));
        for bits in 1..=8 {
            for steps in Steps::ALL {
                let codec = Codec::fit(&train, bits, steps).unwrap();
                let back = codec.decode(&codec.encode(&test).unwrap(), 300).unwrap();
                let mut lost = [0.0; 2];
                for row in 0..300 {
                    for (unit, (found, value)) in codec.units.iter().zip(back.row(row).iter().zip(test.row(row))) {
                        let level = unit.level(*value);
                        let middle = unit.low + (level as f32 + 0.5) * unit.step;
                        assert_eq!(*found, unit.values[level], "{bits} {steps:?}");
                        let inside = 0.5001 * unit.step;
                        assert!((found - middle).abs() <= inside, "{bits} {steps:?}: {found} in {middle} +- {inside}");
                        let value_inside = value.clamp(unit.low, unit.low + unit.levels as f32 * unit.step);
                        assert!((value_inside - middle).abs() <= inside, "{bits} {steps:?}: {value} about {middle}");
                        lost[0] += (found - value).powi(2);
                        lost[1] += (middle - value).powi(2);
                    }
                }
                // The means are fitted to other codes.
                assert!(lost[0] < 1.05 * lost[1], "{bits} {steps:?}: {lost:?}");
            }
        }
    }

    #[test]
    fn a_recorded_codec_is_equal_and_a_coarser_one_equals_one_of_fewer_bits() {
        let (train, test) = (codes(2000, 0), codes(300, 1));
        let finest = Codec::fit(&train, 8, Steps::PerUnit).unwrap();
        let kept = Codec::of_parts(&finest.parameters(), &finest.levels()).unwrap();
        assert_eq!(kept, finest);
        assert_eq!(finest.coarser(0).unwrap().encode(&test).unwrap(), finest.encode(&test).unwrap());
        for bits in 1..8 {
            let coarser = finest.coarser(8 - bits).unwrap();
            let fitted = Codec::fit(&train, bits, Steps::PerUnit).unwrap();
            assert_eq!(coarser.encode(&test).unwrap(), fitted.encode(&test).unwrap(), "{bits}");
            let bytes = coarser.encode(&test).unwrap();
            assert_eq!(coarser.decode(&bytes, 300).unwrap(), coarser.quantised(&test));
            let [merged, own] = [coarser.quantised(&test), fitted.quantised(&test)];
            let is_near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-5;
            assert!(merged.values().iter().zip(own.values()).all(is_near), "{bits}");
        }
        let mut levels = finest.levels();
        levels.row_mut(0)[3] = 0.0;
        assert!(Codec::of_parts(&finest.parameters(), &levels).is_err());
    }

    #[test]
    fn the_number_of_bytes_is_the_entropy() {
        let (train, test) = (codes(20_000, 0), codes(20_000, 1));
        let codec = Codec::fit(&train, 6, Steps::PerUnit).unwrap();
        let mut bits = 0.0;
        for (index, unit) in codec.units.iter().enumerate() {
            let mut counts = vec![0.0_f64; unit.levels];
            (0..test.rows()).for_each(|row| counts[unit.level(test.row(row)[index])] += 1.0);
            let shares = counts.iter().filter(|count| **count > 0.0).map(|count| count / test.rows() as f64);
            bits -= shares.map(|share| share * share.log2()).sum::<f64>();
        }
        let found = 8.0 * codec.encode(&test).unwrap().len() as f64 / test.rows() as f64;
        assert!((found / bits - 1.0).abs() < 0.01, "{found} {bits}");
    }

    #[test]
    fn a_shared_step_uses_fewer_bytes_for_units_of_low_variance() {
        let codec = Codec::fit(&codes(2000, 0), 5, Steps::Shared).unwrap();
        let levels: Vec<usize> = codec.units.iter().map(|unit| unit.levels).collect();
        assert!(levels[0] == 32 && levels[1] < 6 && levels[2] == 1, "{levels:?}");
    }

    #[test]
    fn truncated_bytes_are_refused() {
        let codec = Codec::fit(&codes(2000, 0), 8, Steps::PerUnit).unwrap();
        let bytes = codec.encode(&codes(100, 1)).unwrap();
        assert!(codec.decode(&bytes[..bytes.len() - 4], 100).is_none());
        assert!(codec.decode(&bytes[..bytes.len() - 1], 100).is_none());
        assert!(codec.decode(&bytes, 99).is_none());
    }
}
