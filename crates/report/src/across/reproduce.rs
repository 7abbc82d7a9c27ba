//! Compares a recorded run with its repetition, and finds the first difference.

use std::collections::BTreeMap;
use std::path::Path;

use record::ranges;
use record::{Environment, Epoch, RunDirectory};
use spec::measures;
use system::storage;

use crate::across::summarise::measured;
use crate::error::Error;

/// Comparison of two records of the same spec.
#[derive(Debug, Clone, PartialEq)]
pub struct Reproduction {
    /// Data set, epochs, weights and metrics, in the order of their computation.
    pub parts: Vec<Part>,
    /// Circumstances that differ, such as the processor: name, earlier value, present value.
    pub circumstances: Vec<(&'static str, String, String)>,
}

/// Comparison of one part of the records.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Name of the part, such as `weights`.
    pub name: &'static str,
    /// Agreement of the two records in this part.
    pub agreement: Agreement,
}

/// Agreement of two records in a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// The two are equal bit for bit.
    Exact,
    /// The two differ; the text gives the place and size of the first difference.
    Differ(String),
    /// The earlier record was kept without this part.
    NotRecorded,
}

impl From<Option<String>> for Agreement {
    /// Converts an optional difference: `None` is exact agreement.
    fn from(difference: Option<String>) -> Self {
        difference.map_or(Self::Exact, Self::Differ)
    }
}

impl Reproduction {
    /// Compares the record in `again` with the record in `recorded`.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn of(recorded: &RunDirectory, again: &RunDirectory) -> Result<Self, Error> {
        let environments: [Environment; 2] = [read(&recorded.environment())?, read(&again.environment())?];
        let epochs: [Vec<Epoch>; 2] = [ranges::read_rows(&recorded.epochs())?, ranges::read_rows(&again.epochs())?];
        let metrics = [numbers(recorded)?, numbers(again)?];
        // A record may be kept without weights.
        let weights = if recorded.model().exists() {
            differ(&tensors(recorded)?, &tensors(again)?).into()
        } else {
            Agreement::NotRecorded
        };
        let [then, now] = &environments;
        let fingerprints = [&then.dataset_fingerprint, &now.dataset_fingerprint];
        let data = (fingerprints[0] != fingerprints[1])
            .then(|| format!("fingerprint {} then, {} now", fingerprints[0], fingerprints[1]));
        Ok(Self {
            parts: vec![
                Part { name: "data set", agreement: data.into() },
                Part { name: "epochs", agreement: epochs_differ(&epochs[0], &epochs[1]).into() },
                Part { name: "weights", agreement: weights },
                Part { name: "metrics", agreement: differ(&metrics[0], &metrics[1]).into() },
            ],
            circumstances: circumstances(then, now),
        })
    }

    /// True if every recorded part is equal bit for bit.
    pub fn is_exact(&self) -> bool {
        self.parts.iter().all(|part| !matches!(part.agreement, Agreement::Differ(_)))
    }

    /// A line for each part, and for each circumstance that differs.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for Part { name, agreement } in &self.parts {
            let agreement = match agreement {
                Agreement::Exact => "the same, bit for bit",
                Agreement::Differ(difference) => difference,
                Agreement::NotRecorded => "not recorded",
            };
            text += &format!("  {name:<10}{agreement}\n");
        }
        for (name, then, now) in &self.circumstances {
            text += &format!("  {name:<10}{then} then, {now} now\n");
        }
        text
    }
}

fn read(path: &Path) -> Result<Environment, Error> {
    Ok(storage::read_json(path)?)
}

/// The first epoch with a difference, except in its time.
fn epochs_differ(then: &[Epoch], now: &[Epoch]) -> Option<String> {
    for (then, now) in then.iter().zip(now) {
        let at = |what: &str| Some(format!("differ from epoch {} on: {what}", then.epoch));
        if (then.epoch, &then.stage) != (now.epoch, &now.stage) {
            return at(&format!("{} {} then, {} {} now", then.stage, then.epoch, now.stage, now.epoch));
        }
        let losses =
            |epoch: &Epoch| [Some(epoch.train_loss), epoch.validation_loss, Some(f64::from(epoch.learning_rate))];
        let names = ["training loss", "validation loss", "learning rate"];
        for (name, (then, now)) in names.iter().zip(losses(then).into_iter().zip(losses(now))) {
            match (then, now) {
                (Some(then), Some(now)) if then.to_bits() != now.to_bits() => {
                    return at(&format!("{name} {then} then, {now} now ({})", relative(then, now)));
                }
                (Some(then), None) => return at(&format!("{name} {then} then, none now")),
                (None, Some(now)) => return at(&format!("{name} none then, {now} now")),
                _ => {}
            }
        }
    }
    (then.len() != now.len()).then(|| format!("{} then, {} now", then.len(), now.len()))
}

/// The name of the first list of numbers that differs, and the largest difference in all lists.
fn differ(then: &BTreeMap<String, Vec<f64>>, now: &BTreeMap<String, Vec<f64>>) -> Option<String> {
    if !then.keys().eq(now.keys()) {
        return Some("not the same ones were recorded".to_owned());
    }
    let pairs = || then.iter().zip(now.values());
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    let (first, _) = pairs().find(|((_, then), now)| bits(then) != bits(now))?;
    let shapes = pairs().all(|((_, then), now)| then.len() == now.len());
    if !shapes {
        return Some("differ in their shapes".to_owned());
    }
    let largest = pairs()
        .flat_map(|((name, then), now)| then.iter().zip(now).map(move |(then, now)| (name, *then, *now)))
        .max_by(|a, b| (a.1 - a.2).abs().total_cmp(&(b.1 - b.2).abs()))?;
    let (name, then, now) = largest;
    Some(format!("differ, first in {}; most in {name}: {then} then, {now} now ({})", first.0, relative(then, now)))
}

fn relative(then: f64, now: f64) -> String {
    match then {
        0.0 => format!("by {:.1e}", (now - then).abs()),
        then => format!("by {:.1e} of it", ((now - then) / then).abs()),
    }
}

/// The tensors of a run's model by name.
fn tensors(run: &RunDirectory) -> Result<BTreeMap<String, Vec<f64>>, Error> {
    let path = run.model();
    let tensors =
        zoo::tensors(&storage::read(&path)?).map_err(|message| Error::File(system::Error::format(&path, message)))?;
    let doubles = |values: Vec<f32>| values.into_iter().map(f64::from).collect();
    Ok(tensors.into_iter().map(|(name, values)| (name, doubles(values))).collect())
}

/// Every measured number of a run by name, except times.
fn numbers(run: &RunDirectory) -> Result<BTreeMap<String, Vec<f64>>, Error> {
    let measured = measured(run)?;
    let of_split = |(split, of): (String, BTreeMap<String, BTreeMap<String, f64>>)| {
        of.into_iter().map(move |(subject, mut fields)| {
            fields.remove(measures::SECONDS);
            (format!("{split}.{subject}"), fields.into_values().collect())
        })
    };
    Ok(measured.into_iter().flat_map(of_split).collect())
}

fn circumstances(then: &Environment, now: &Environment) -> Vec<(&'static str, String, String)> {
    let versions = |environment: &Environment| {
        environment.versions.iter().map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", ")
    };
    let code = |environment: &Environment| {
        let commit = environment.git_commit.as_deref().unwrap_or("an unknown commit");
        let dirty = if environment.git_dirty == Some(true) { " with changes" } else { "" };
        format!("{} at {}{dirty}", environment.hourglass, commit.chars().take(12).collect::<String>())
    };
    let cpu = |environment: &Environment| {
        format!("{} ({})", environment.cpu.as_deref().unwrap_or("unknown"), environment.platform)
    };
    [
        ("code", code(then), code(now)),
        ("versions", versions(then), versions(now)),
        ("processor", cpu(then), cpu(now)),
        ("threads", then.threads.to_string(), now.threads.to_string()),
        ("engine", then.engine.to_string(), now.engine.to_string()),
    ]
    .into_iter()
    .filter(|(_, then, now)| then != now)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(values: [f64; 2]) -> BTreeMap<String, Vec<f64>> {
        BTreeMap::from([("a".to_owned(), vec![values[0]]), ("b".to_owned(), vec![values[1], 4.0])])
    }

    #[test]
    fn the_first_and_the_largest_difference_are_named() {
        assert_eq!(differ(&lists([1.0, 2.0]), &lists([1.0, 2.0])), None);
        let text = differ(&lists([1.0, 2.0]), &lists([1.001, 2.5])).unwrap();
        assert_eq!(text, "differ, first in a; most in b: 2 then, 2.5 now (by 2.5e-1 of it)");
        assert!(differ(&lists([1.0, 2.0]), &BTreeMap::new()).unwrap().contains("not the same"));
    }

    #[test]
    fn epochs_are_compared_except_for_their_time() {
        let epoch = |epoch, train_loss, seconds| Epoch {
            epoch,
            stage: "training".to_owned(),
            train_loss,
            validation_loss: None,
            learning_rate: 0.1,
            seconds,
            ..Epoch::default()
        };
        let then = [epoch(1, 0.5, 1.0), epoch(2, 0.25, 1.0)];
        assert_eq!(epochs_differ(&then, &[epoch(1, 0.5, 2.0), epoch(2, 0.25, 3.0)]), None);
        let text = epochs_differ(&then, &[epoch(1, 0.5, 2.0), epoch(2, 0.26, 3.0)]).unwrap();
        assert_eq!(text, "differ from epoch 2 on: training loss 0.25 then, 0.26 now (by 4.0e-2 of it)");
        assert_eq!(epochs_differ(&then, &then[..1]).unwrap(), "2 then, 1 now");
        let mut validated = then.clone();
        validated[1].validation_loss = Some(0.5);
        let text = epochs_differ(&validated, &then).unwrap();
        assert_eq!(text, "differ from epoch 2 on: validation loss 0.5 then, none now");
        let mut slower = then.clone();
        slower[0].learning_rate = 0.0;
        let text = epochs_differ(&slower, &then).unwrap();
        assert_eq!(text, "differ from epoch 1 on: learning rate 0 then, 0.10000000149011612 now (by 1.0e-1)");
    }
}
