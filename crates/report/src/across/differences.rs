//! Differences between both sides of a claim, by seed and block of test rows, with confidence intervals.

use std::cell::Cell;
use std::collections::BTreeMap;

use record::{BlockMean, RunDirectory, ranges};
use spec::catalogue::Split;
use spec::measures::PARAMETERS;
use spec::{Check, Claim, Metric, Place, Run};

use crate::across::chance::{CONFIDENCE, Differences};
use crate::error::Error;
use figures::summary::Group;

/// Map from subject and field to means over blocks of test rows.
pub(crate) type Blocks = BTreeMap<(String, String), Vec<f64>>;

/// Recorded digits of differences; further digits depend on the mathematical library.
const DIGITS: usize = 6;

/// Means over blocks of the runs of an experiment, by variant, code size and seed.
#[derive(Debug, Default)]
pub(crate) struct BlocksOfRuns {
    runs: BTreeMap<(Option<String>, usize, u64), Blocks>,
}

impl BlocksOfRuns {
    /// Adds the means of a run. If two networks have the same variant and code size, the first is kept, because claims
    /// are about it.
    pub(crate) fn add(&mut self, run: &Run, blocks: Blocks) {
        self.runs.entry((run.variant.clone(), run.model.code(), run.seed)).or_insert(blocks);
    }
}

/// Reads the means over blocks of a run; `None` if the record is of an earlier version without them.
///
/// # Errors
/// If the file cannot be read, a value is not a finite number, or the blocks of a number are not in order; the error
/// names the file and the row.
pub(crate) fn read(record: &RunDirectory) -> Result<Option<Blocks>, Error> {
    let path = record.blocks();
    if !path.exists() {
        return Ok(None);
    }
    let mut blocks = Blocks::new();
    for (index, row) in ranges::read_rows::<BlockMean>(&path)?.into_iter().enumerate() {
        let values = blocks.entry((row.subject, row.field)).or_default();
        if row.block != values.len() {
            let message = format!("row {}: block is {}; expected {}", index + 1, row.block, values.len());
            return Err(Error::File(system::Error::format(&path, message)));
        }
        values.push(row.value);
    }
    Ok(Some(blocks))
}

/// Sets the differences, intervals and outcomes of the checks of a claim at `places`. `by_seed` has the groups of each
/// single seed that all networks have.
pub(crate) fn weigh(
    claim: &Claim,
    places: &[Place],
    by_seed: &[Vec<Group>],
    blocks: &BlocksOfRuns,
    checks: &mut [Check],
) {
    // Bonferroni correction: with at least this confidence, all intervals of the claim contain their true differences.
    let confidence = 1.0 - (1.0 - CONFIDENCE) / places.len().max(1) as f64;
    for (place, check) in places.iter().zip(checks) {
        let Some(right) = check.right.filter(|_| check.left.is_some()) else { continue };
        let plain = differences(claim, place, by_seed, blocks, |left, right| left - right);
        let excess = differences(claim, place, by_seed, blocks, |left, value| claim.excess(left, value, right));
        let interval = plain.as_ref().and_then(|plain| plain.interval(confidence));
        // Without a common seed of all networks, only the difference of means is known.
        let difference = plain.map_or_else(|| check.left.map(|left| left - right), |plain| Some(plain.mean()));
        check.difference = difference.map(rounded);
        check.low = interval.map(|[low, _]| rounded(low));
        check.high = interval.map(|[_, high]| rounded(high));
        let excess = excess.and_then(|excess| excess.interval(confidence));
        check.outcome = excess.and_then(|[low, high]| claim.outcome(low, high));
    }
}

/// Differences of both sides by seed and block, where `of` computes one difference; `None` without a seed.
fn differences(
    claim: &Claim,
    place: &Place,
    by_seed: &[Vec<Group>],
    blocks: &BlocksOfRuns,
    of: impl Fn(f64, f64) -> f64,
) -> Option<Differences> {
    let mut scale = 0.0_f64;
    let mut of_seeds = Vec::new();
    for groups in by_seed {
        let [left, right] = claim.sides(place, |metric, variant, code| mean(groups, metric, variant, code));
        let (left, right) = (left?, right?);
        scale = scale.max(left.abs()).max(right.abs());
        of_seeds.push(of(left, right));
    }
    let of_blocks: Option<Vec<Vec<f64>>> = by_seed
        .iter()
        .map(|groups| {
            let seed = *groups.first()?.seeds.first()?;
            of_blocks(claim, place, seed, blocks, &of)
        })
        .collect();
    // Seeds with different numbers of blocks have no common blocks.
    let of_blocks = of_blocks.filter(|rows| rows.windows(2).all(|pair| pair[0].len() == pair[1].len()));
    let is_exact = claim.metrics().all(|metric| metric.field == PARAMETERS);
    (!of_seeds.is_empty()).then_some(Differences { of_seeds, of_blocks, scale, is_exact })
}

/// Differences of both sides in each block of a seed; `None` if a number has no blocks, or if the numbers of blocks
/// differ.
fn of_blocks(
    claim: &Claim,
    place: &Place,
    seed: u64,
    blocks: &BlocksOfRuns,
    of: impl Fn(f64, f64) -> f64,
) -> Option<Vec<f64>> {
    let count = Cell::new(None);
    let at = |block: usize| {
        let lookup = |metric: &Metric, variant: Option<&str>, code: usize| {
            if metric.split != Split::Test.name() {
                return None;
            }
            let run = blocks.runs.get(&(variant.map(str::to_owned), code, seed))?;
            let values = run.get(&(metric.subject.clone(), metric.field.clone()))?;
            if *count.get().get_or_insert(values.len()) != values.len() {
                return None;
            }
            count.set(Some(values.len()));
            values.get(block).copied()
        };
        let [left, right] = claim.sides(place, lookup);
        Some(of(left?, right?))
    };
    let first = at(0)?;
    let rest: Option<Vec<f64>> = (1..count.get()?).map(at).collect();
    Some([vec![first], rest?].concat())
}

/// Value of a metric in a group: the mean over seeds.
pub(crate) fn mean(groups: &[Group], metric: &Metric, variant: Option<&str>, code: usize) -> Option<f64> {
    let group = groups.iter().find(|group| group.code == code && group.variant.as_deref() == variant)?;
    group.metric(&metric.split, &metric.subject, &metric.field).map(|spread| spread.mean)
}

fn rounded(value: f64) -> f64 {
    // A number in this format can always be parsed.
    format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value)
}
