//! `neighbours`: whether rows that are close in pixels are close in the code, and the other way round.

use spec::subject::RAW_PIXELS;
use zoo::Matrix;

use crate::error::Error;
use crate::metrics::blocks::block_shares;
use crate::parallel;
use crate::tasks::context::{Context, TaskOutput, all_the_same, is_constant};

use crate::estimators::nearest::{Neighbour, nearest};

/// Number of nearest training images that vote on the class of a test image.
const VOTERS: usize = 5;
/// Number of neighbours in trustworthiness and continuity.
const NEIGHBOURS: usize = 10;
/// Greatest number of test images in trustworthiness and continuity: the first ones.
const IMAGES: usize = 1000;

/// Measures neighbourhoods of codes and pixels.
///
/// - `knn_accuracy`: share of test images that have the class of most of the 5 training images with the nearest codes.
/// - `trustworthiness` (Venna & Kaski, 2001): 1 if the 10 nearest test images by code are also near by pixels, less the
///   further they are.
/// - `continuity`: 1 if the 10 nearest test images by pixels are also near by code, less the further they are.
///
/// Absent for a representation that is the same for every test image, and for all if the images are the same.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let splits = context.splits;
    let shown = splits.test.len().min(IMAGES);
    let count = NEIGHBOURS.min(shown.saturating_sub(1) / 2);
    let representations = context.representations();
    let mut output = TaskOutput::default();
    let count_of_classes = context.run.dataset.classes().len();
    let mut pixels: Option<Ranks> = None;
    // Pixels come first, because the others are compared with them.
    for representation in representations.iter().rev() {
        let (train, test) = (representation.of(&splits.train), representation.of(&splits.test));
        let subject = representation.subject;
        if is_constant(&test) {
            let fields = ["knn_accuracy", "trustworthiness", "continuity"];
            output.without_meaning(&all_the_same(subject, "test"), &fields);
            if subject == RAW_PIXELS {
                break;
            }
            continue;
        }
        let voters = nearest(&test, &train, VOTERS);
        let classes = voters.iter().map(|voters| vote(voters, splits.train.labels(), count_of_classes));
        let is_right: Vec<bool> = classes.zip(splits.test.labels()).map(|(class, label)| class == *label).collect();
        let right = is_right.iter().filter(|is_right| **is_right).count();
        let share = right as f64 / splits.test.len() as f64;
        output.push_with_blocks(subject, "knn_accuracy", share, block_shares(is_right));
        let ranks = Ranks::of(&test.first_rows(shown));
        match &pixels {
            Some(pixels) if subject != RAW_PIXELS => output.measures.extend([
                (subject, "trustworthiness", pixels.preserved_by(&ranks, count)),
                (subject, "continuity", ranks.preserved_by(pixels, count)),
            ]),
            _ => pixels = Some(ranks),
        }
    }
    Ok(output)
}

/// The class of most neighbours. Of equally frequent classes, that of the nearest neighbour.
fn vote(voters: &[Neighbour], labels: &[u16], classes: usize) -> u16 {
    let mut votes = vec![0; classes];
    voters.iter().for_each(|voter| votes[usize::from(labels[voter.index])] += 1);
    let most = votes.iter().copied().max().unwrap_or(0);
    let classes = voters.iter().map(|voter| labels[voter.index]);
    classes.into_iter().find(|class| votes[usize::from(*class)] == most).unwrap_or(0)
}

/// For each row, all other rows in the order of distance.
struct Ranks {
    /// For each row, the indices of the others, nearest first.
    order: Vec<Vec<usize>>,
    /// For each row, the place of each other row in that order, from 1.
    places: Vec<Vec<usize>>,
}

impl Ranks {
    fn of(rows: &Matrix) -> Self {
        let count = rows.rows();
        let order: Vec<Vec<usize>> = parallel::map(count, &|row| {
            let square = |other: usize| -> f64 {
                let pairs = rows.row(row).iter().zip(rows.row(other));
                pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum()
            };
            let squares: Vec<f64> = (0..count).map(square).collect();
            let mut others: Vec<usize> = (0..count).filter(|other| *other != row).collect();
            others.sort_by(|a, b| squares[*a].total_cmp(&squares[*b]));
            others
        });
        let places = order
            .iter()
            .map(|order| {
                let mut places = vec![0; count];
                order.iter().enumerate().for_each(|(place, other)| places[*other] = place + 1);
                places
            })
            .collect();
        Self { order, places }
    }

    /// 1 minus a penalty for the first `neighbours` neighbours in `shown` that have a higher place than that here.
    fn preserved_by(&self, shown: &Self, neighbours: usize) -> f64 {
        let (rows, k) = (self.order.len() as f64, neighbours as f64);
        let excess = |(order, places): (&Vec<usize>, &Vec<usize>)| -> usize {
            order[..neighbours].iter().map(|other| places[*other].saturating_sub(neighbours)).sum()
        };
        let sum: usize = shown.order.iter().zip(&self.places).map(excess).sum();
        1.0 - 2.0 / (rows * k * (2.0 * rows - 3.0 * k - 1.0)) * sum as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_with_most_votes_wins_and_of_equals_the_nearest() {
        let voters =
            |indices: &[usize]| indices.iter().map(|&index| Neighbour { distance: 0.0, index }).collect::<Vec<_>>();
        let labels = [7, 7, 2, 4];
        assert_eq!(vote(&voters(&[2, 0, 1]), &labels, 8), 7);
        assert_eq!(vote(&voters(&[2, 0, 3]), &labels, 8), 2);
    }

    #[test]
    fn trustworthiness_and_continuity_match_scikit_learn() {
        let golden = crate::golden::part("neighbours");
        let [high, low] = ["high", "low"].map(|name| Ranks::of(&crate::golden::matrix(&golden[name])));
        let expected = |name: &str| golden[name].as_f64().unwrap();
        assert!((high.preserved_by(&low, 7) - expected("trustworthiness")).abs() < 1e-12);
        assert!((low.preserved_by(&high, 7) - expected("continuity")).abs() < 1e-12);
    }
}
