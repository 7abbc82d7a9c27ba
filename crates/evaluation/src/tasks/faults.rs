//! `faults`: whether the error finds known faults of a machine, and the column at fault.

use datasets::{Episode, SensorFault};
use record::EpisodeScore;
use spec::catalogue::Task;
use spec::subject::{AUTOENCODER, KTH_NEIGHBOUR, PCA};
use system::storage;
use zoo::Autoencoder;

use crate::error::Error;
use crate::estimators::nearest::KthNeighbour;
use crate::inputs::clean;
use crate::metrics::blame::{multiples, worst};
use crate::metrics::blocks::{BLOCKS, pseudo_values};
use crate::metrics::ranking::{Ranking, jackknife_of_groups};
use crate::metrics::threshold::Threshold;
use crate::tasks::context::{Context, TaskOutput, errors, rows as rows_of};

/// Names of the areas under the curve of each kind of fault, in the order of [`SensorFault::KINDS`].
const AREAS: [&str; 4] = ["stuck_auroc", "spike_auroc", "drift_auroc", "swapped_auroc"];

/// Rate of false alarms that the threshold allows.
const FALSE_ALARMS: f64 = 0.01;
/// Fields of flagged rows.
const FLAGGED: [&str; 5] = ["false_alarms", "false_alarms_low", "false_alarms_high", "found", "blame_of_flagged"];

/// Measures how well a score finds test rows with planted faults. The score is the squared error of reconstruction, or the
/// distance to the 10th nearest training row.
///
/// - `stuck_auroc` and so on: area under the receiver operating characteristic for the faults of one kind; `faults_auroc`
///   for all faults.
/// - `blame`: share of the rows with a fault in which the blamed column is at fault. The blamed column has the largest
///   error in multiples of its mean squared error over training rows, because some columns are noisier than others.
/// - `false_alarms`: share of the rows without a fault that are flagged. A row is flagged if its score exceeds the
///   threshold that 1 % of validation rows may exceed.
/// - `false_alarms_low`, `false_alarms_high`: 95 % interval of that share, for these numbers of validation and test rows.
/// - `found`: share of the rows with a fault that are flagged.
/// - `blame_of_flagged`: share of these rows in which the blamed column is at fault.
///
/// Fields of flagged rows exist only for the autoencoder and PCA, and only with at least 99 validation rows. All fields are
/// absent if there are too few test rows for faults.
///
/// # Errors
/// When the rows cannot be written.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let Context { run, splits, model, subjects, .. } = *context;
    let mut output = TaskOutput::default();
    // Spec validation refuses this task for data without known faults.
    let episodes = datasets::known_faults(&run.dataset, &splits.test, run.seed).unwrap_or_default();
    let (false, Some(kept)) = (episodes.is_empty(), context.new_rows) else {
        let fields = Task::Faults.measures().iter().flat_map(|measures| measures.fields).copied();
        output.without_meaning("there are too few test rows to plant faults in", &fields.collect::<Vec<_>>());
        return Ok(output);
    };
    let planted = datasets::plant(&splits.test, &episodes);
    let rows = clean(&planted, 0..planted.len());
    let mut scores = Vec::new();
    let networks = [(AUTOENCODER, Some(model)), (PCA, subjects.pca().map(|pca| pca as &dyn Autoencoder))];
    for (subject, model) in networks.into_iter().filter_map(|(subject, model)| Some((subject, model?))) {
        let usual = kept.usual_errors(subject);
        let blamed = rows_of(&rows, |block| {
            let output = model.reconstruct(block);
            (0..block.rows()).map(|row| worst(&multiples(block.row(row), output.row(row), usual))).collect::<Vec<_>>()
        });
        let score = Score { subject, of_rows: errors(model, &rows), blamed: Some(blamed.concat()) };
        score.measure(&episodes, &mut output);
        match Threshold::of(kept.errors(subject).to_vec(), FALSE_ALARMS, "validation rows") {
            Ok(threshold) => score.measure_flags(&episodes, &threshold, rows.columns(), &mut output),
            Err(message) => output.without_meaning(&format!("a rate of {message}"), &FLAGGED),
        }
        scores.extend(score.episodes(&episodes));
    }
    let neighbours = KthNeighbour::of(&splits.train);
    let score = Score { subject: KTH_NEIGHBOUR, of_rows: neighbours.distances(&rows), blamed: None };
    score.measure(&episodes, &mut output);
    scores.extend(score.episodes(&episodes));
    output.rows = Some(
        storage::to_csv(&scores)
            .map_err(|message| Error::File(system::Error::format("faults.csv".as_ref(), message)))?,
    );
    Ok(output)
}

/// Scores of a subject for the test rows.
struct Score {
    subject: &'static str,
    /// Score of each row; a higher score is stranger.
    of_rows: Vec<f64>,
    /// Index of the blamed column of each row, if the subject blames columns.
    blamed: Option<Vec<usize>>,
}

impl Score {
    /// Adds the measures and their blocks. Rows of an episode have the same fault, so they share a block.
    fn measure(&self, episodes: &[Episode], output: &mut TaskOutput) {
        let usual = self.usual(episodes);
        let kinds = SensorFault::KINDS.into_iter().map(Some).zip(AREAS);
        for (kind, field) in kinds.chain([(None, "faults_auroc")]) {
            let of_kind = episodes.iter().filter(|episode| kind.is_none_or(|kind| episode.fault.kind() == kind));
            let faulty =
                of_kind.enumerate().flat_map(|(group, episode)| episode.rows.clone().map(move |row| (group, row)));
            let (groups, strange): (Vec<usize>, Vec<f64>) =
                faulty.map(|(group, row)| (group, self.of_rows[row])).unzip();
            let area = Ranking::of(usual.iter().copied(), strange.iter().copied()).auroc();
            let areas = jackknife_of_groups(&usual, &strange, &groups, area, Ranking::auroc);
            output.push_with_blocks(self.subject, field, area, areas);
        }
        if let Some(blame) = self.blame(episodes.iter()) {
            let count = BLOCKS.min(episodes.len());
            let rest = |block: usize| episodes.iter().enumerate().filter(move |(index, _)| index % count != block);
            let blocks = pseudo_values(blame, count, |block| self.blame(rest(block).map(|(_, episode)| episode)));
            output.push_with_blocks(self.subject, "blame", blame, blocks);
        }
    }

    /// Adds the measures of flagged rows. The threshold is an error per value of the columns.
    fn measure_flags(&self, episodes: &[Episode], threshold: &Threshold, columns: usize, output: &mut TaskOutput) {
        let is_flagged = |score: &f64| *score / columns as f64 > threshold.error;
        let share = |part: usize, all: usize| part as f64 / all.max(1) as f64;
        let usual = self.usual(episodes);
        let alarms = share(usual.iter().filter(|score| is_flagged(score)).count(), usual.len());
        let [low, high] = threshold.interval_among(usual.len());
        let (mut faulty, mut found, mut right) = (0, 0, 0);
        for episode in episodes {
            let at_fault = episode.fault.columns();
            faulty += episode.rows.len();
            for row in episode.rows.clone().filter(|row| is_flagged(&self.of_rows[*row])) {
                found += 1;
                right += usize::from(self.blamed.as_ref().is_some_and(|blamed| at_fault.contains(&blamed[row])));
            }
        }
        let values = [alarms, low, high, share(found, faulty)];
        output.measures.extend(FLAGGED.into_iter().zip(values).map(|(field, value)| (self.subject, field, value)));
        match found {
            0 => output.without_meaning(&format!("{} flags no row with a fault", self.subject), &FLAGGED[4..]),
            _ => output.measures.push((self.subject, FLAGGED[4], share(right, found))),
        }
    }

    /// Scores of the rows without a fault.
    fn usual(&self, episodes: &[Episode]) -> Vec<f64> {
        let mut is_usual = vec![true; self.of_rows.len()];
        episodes.iter().for_each(|episode| is_usual[episode.rows.clone()].fill(false));
        self.of_rows.iter().zip(is_usual).filter(|(_, is_usual)| *is_usual).map(|(score, _)| *score).collect()
    }

    /// Share of the rows of episodes in which a column at fault is blamed; `None` if the subject blames no columns.
    fn blame<'e>(&self, episodes: impl Iterator<Item = &'e Episode>) -> Option<f64> {
        let blamed = self.blamed.as_ref()?;
        let (mut right, mut all) = (0, 0);
        for episode in episodes {
            let columns = episode.fault.columns();
            right += blamed[episode.rows.clone()].iter().filter(|column| columns.contains(column)).count();
            all += episode.rows.len();
        }
        (all > 0).then(|| right as f64 / all as f64)
    }

    /// Rows of the subject in `faults.csv`, one for each episode.
    fn episodes(&self, episodes: &[Episode]) -> Vec<EpisodeScore> {
        let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
        let usual = mean(&self.usual(episodes));
        let row = |episode: &Episode| EpisodeScore {
            subject: self.subject.to_owned(),
            fault: episode.fault.kind().to_owned(),
            columns: episode.fault.columns().iter().map(usize::to_string).collect::<Vec<_>>().join("+"),
            first_row: episode.rows.start,
            rows: episode.rows.len(),
            score_ratio: (usual > 0.0).then(|| mean(&self.of_rows[episode.rows.clone()]) / usual),
            blame: self.blame([episode].into_iter()),
        };
        episodes.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three episodes among 10 rows.
    fn episodes() -> Vec<Episode> {
        vec![
            Episode { fault: SensorFault::Stuck { column: 1 }, rows: 2..4 },
            Episode { fault: SensorFault::Spike { column: 0, deviations: 3.0 }, rows: 5..6 },
            Episode { fault: SensorFault::Swapped { columns: [0, 2] }, rows: 7..9 },
        ]
    }

    fn score() -> Score {
        let of_rows = vec![1.0, 1.0, 3.0, 0.5, 1.0, 9.0, 1.0, 2.0, 2.0, 1.0];
        Score { subject: AUTOENCODER, of_rows, blamed: Some(vec![0, 0, 1, 2, 0, 0, 0, 2, 1, 0]) }
    }

    #[test]
    fn blaming_either_of_two_swapped_columns_is_correct() {
        let (score, episodes) = (score(), episodes());
        let each: Vec<Option<f64>> = episodes.iter().map(|episode| score.blame([episode].into_iter())).collect();
        assert_eq!(each, [Some(0.5), Some(1.0), Some(0.5)]);
        assert_eq!(score.blame(episodes.iter()), Some(0.6), "the share is of rows, not of episodes");
        assert_eq!(score.blame([].into_iter()), None);
        assert_eq!(Score { blamed: None, ..score }.blame(episodes.iter()), None);
    }

    #[test]
    fn faults_of_a_kind_are_ranked_against_rows_without_any_fault() {
        let mut output = TaskOutput::default();
        // A kind without episodes has no area: the added episode gives every kind one.
        let drift = Episode { fault: SensorFault::Drift { column: 0, deviations: 1.0 }, rows: 9..10 };
        let episodes = [episodes(), vec![drift]].concat();
        score().measure(&episodes, &mut output);
        // Rows 0, 1, 4 and 6 have a score of 1.
        let expected = [
            ("stuck_auroc", 0.5),
            ("spike_auroc", 1.0),
            ("drift_auroc", 0.5),
            ("swapped_auroc", 1.0),
            ("faults_auroc", 4.5 / 6.0),
            ("blame", 4.0 / 6.0),
        ];
        assert_eq!(output.measures, expected.map(|(field, value)| (AUTOENCODER, field, value)));
        let blocks: Vec<usize> = output.blocks.iter().map(|(.., values)| values.len()).collect();
        assert_eq!(blocks, [0, 0, 0, 0, 4, 4], "one block for each episode, and none for a single episode");
        let mean = output.blocks[5].2.iter().sum::<f64>() / 4.0;
        assert!((mean - 4.0 / 6.0).abs() < 0.1, "{mean}");
    }

    #[test]
    fn a_threshold_flags_rows_with_and_without_a_fault() {
        let mut output = TaskOutput::default();
        // Of 99 scores from 0.01 to 0.99, the threshold of 1 % is the 99th.
        let threshold = Threshold::of((1..100).map(|place| f64::from(place) / 100.0).collect(), 0.01, "rows").unwrap();
        score().measure_flags(&episodes(), &threshold, 1, &mut output);
        let value = |field: &str| output.measures.iter().find(|measure| measure.1 == field).unwrap().2;
        // Rows 0, 1, 4, 6 and 9 score 1; row 3, with a fault, scores 0.5. Of the other four rows with faults, rows 2, 5 and
        // 7 blame the right column.
        assert_eq!((value("false_alarms"), value("found"), value("blame_of_flagged")), (1.0, 0.8, 0.75));
        assert!(value("false_alarms_low") < 0.01 && value("false_alarms_high") > 0.01);
    }

    #[test]
    fn an_episode_is_recorded_with_its_columns_and_its_score() {
        let rows = score().episodes(&episodes());
        let columns: Vec<&str> = rows.iter().map(|row| row.columns.as_str()).collect();
        assert_eq!(columns, ["1", "0", "0+2"]);
        assert_eq!(
            (rows[0].first_row, rows[0].rows, rows[0].score_ratio, rows[0].blame),
            (2, 2, Some(1.75), Some(0.5))
        );
        let silent = Score { of_rows: vec![0.0; 10], blamed: None, ..score() }.episodes(&episodes());
        assert!(silent.iter().all(|row| (row.score_ratio, row.blame) == (None, None)));
    }
}
