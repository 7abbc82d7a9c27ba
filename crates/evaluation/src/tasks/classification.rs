//! `classification`: accuracy of linear classifiers on codes, with few or many labels.

use random::Stream;
use zoo::{Autoencoder, Matrix};

use crate::baselines::pca::Pca;
use crate::error::Error;
use crate::estimators::linear_classifier::{Kind, Labelled, LinearClassifier};
use crate::metrics::blocks::block_means;
use crate::parallel;
use crate::tasks::context::{Context, TaskOutput, joined};
use crate::tensors::Tensors;

/// Numbers of labelled training images, with the names of their fields. `None` means all.
const LABELS: [(Option<usize>, [&str; 2]); 3] = [
    (Some(100), ["svm_accuracy_100", "logistic_accuracy_100"]),
    (Some(1000), ["svm_accuracy_1000", "logistic_accuracy_1000"]),
    (None, ["svm_accuracy_all", "logistic_accuracy_all"]),
];
/// Number of random sets of labelled images that a field is the mean over. With all labels there is one.
const DRAWS: u64 = 5;
/// Candidate penalties, the largest first. Each fit starts from the result of the one before.
const PENALTIES: [f64; 4] = [1e-2, 1e-3, 1e-4, 1e-5];
/// Number of folds of the labelled images for the choice of the penalty. With all labels, only the first fold is held out.
const FOLDS: usize = 5;

/// Measures how well linear classifiers separate the classes of codes.
///
/// - `svm_accuracy_100`, `_1000`, `_all`: share of test images that a linear support vector machine (squared hinge loss,
///   one class against the rest) classifies correctly. It is fitted to the codes of 100, 1,000 or all labelled training
///   images, with the same number of each class.
/// - `logistic_...`: the same for multinomial logistic regression.
///
/// Codes are centred on their training mean, rotated to their principal axes and divided by one number, so that the mean of
/// their squared lengths is 1. Cross-validation among the labelled images chooses the penalty. A remark counts the fits
/// that did not converge.
///
/// # Errors
/// When a code is not a finite number, or an eigendecomposition does not converge.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let (train, test) = (&context.splits.train, &context.splits.test);
    let mut output = TaskOutput::default();
    let mut tensors = Tensors::default();
    let classes = context.run.dataset.classes().len();
    for representation in context.representations() {
        let subject = representation.subject;
        let rows = representation.of(train);
        let scaling = Scaling::fit(&rows)?;
        let fits = fit(&scaling.apply(&rows), train.labels(), classes, context.run.seed)?;
        let rows = scaling.apply(&representation.of(test));
        let rows = Labelled::new(&rows, test.labels(), 0..test.len());
        for (name, fits) in &fits {
            let right: Vec<Vec<bool>> = fits.iter().map(|fit| fit.right(&rows)).collect();
            let share = |right: &Vec<bool>| right.iter().filter(|right| **right).count() as f64 / test.len() as f64;
            let mean = right.iter().map(share).sum::<f64>() / fits.len() as f64;
            // Blocks are of test rows, on which all fits are measured.
            let of_row = |row: usize| right.iter().filter(|right| right[row]).count() as f64 / fits.len() as f64;
            let of_rows: Vec<f64> = (0..test.len()).map(of_row).collect();
            output.push_with_blocks(subject, name, mean, block_means(&of_rows));
            let unconverged = fits.iter().filter(|fit| !fit.converged()).count();
            if unconverged > 0 {
                let of = fits.len();
                output.remarks.push(format!("{unconverged} of {of} fits for {name} of {subject} did not converge"));
            }
            for (draw, fit) in fits.iter().enumerate() {
                tensors.floats(&format!("{subject}.{}.{draw}", name.replace("_accuracy", "")), &fit.weights());
            }
        }
    }
    output.tensors = Some(tensors.bytes()?);
    Ok(output)
}

/// Classifiers of each kind, for each number of labels that has enough images, by the names of their fields.
fn fit(
    rows: &Matrix,
    labels: &[u16],
    classes: usize,
    seed: u64,
) -> Result<Vec<(&'static str, Vec<LinearClassifier>)>, Error> {
    let mut fits = Vec::new();
    for (kind, place) in Kind::ALL.into_iter().zip(0..) {
        for (count, names) in LABELS {
            let chosen: Vec<Vec<usize>> = match count {
                None => vec![shuffled(labels.len(), seed, DRAWS)],
                Some(count) => (0..DRAWS).filter_map(|draw| balanced(labels, classes, count, seed, draw)).collect(),
            };
            if chosen.is_empty() {
                continue;
            }
            let folds = if count.is_some() { FOLDS } else { 1 };
            let zero = LinearClassifier::zero(classes, rows.columns());
            let of = |draw: usize| fit_best(&zero, kind, rows, labels, &chosen[draw], folds);
            fits.push((names[place], parallel::map(chosen.len(), &of).into_iter().collect::<Result<_, _>>()?));
        }
    }
    Ok(fits)
}

/// Fits with the penalty that has the highest accuracy on held-out images. Penalties are tried from the largest down, until
/// a smaller one has a lower accuracy.
fn fit_best(
    zero: &LinearClassifier,
    kind: Kind,
    rows: &Matrix,
    labels: &[u16],
    chosen: &[usize],
    folds: usize,
) -> Result<LinearClassifier, Error> {
    let part = |fold: usize, held_out: bool| {
        let within =
            chosen.iter().enumerate().filter(move |(place, _)| (fold_of(*place, chosen.len()) == fold) == held_out);
        Labelled::new(rows, labels, within.map(|(_, index)| *index))
    };
    let parts: Vec<[Labelled; 2]> = (0..folds).map(|fold| [part(fold, false), part(fold, true)]).collect();
    let mut classifiers = vec![zero.clone(); folds];
    let (mut best, mut most) = (PENALTIES[0], 0.0);
    for penalty in PENALTIES {
        let mut right = 0.0;
        for (classifier, [fit, held_out]) in classifiers.iter_mut().zip(&parts) {
            *classifier = classifier.clone().fit(kind, fit, penalty)?;
            right += classifier.accuracy(held_out);
        }
        if right < most {
            break;
        }
        if right > most {
            (best, most) = (penalty, right);
        }
    }
    zero.clone().fit(kind, &Labelled::new(rows, labels, chosen.iter().copied()), best)
}

/// The fold of a place among `images` images. Folds are runs of consecutive places: classes alternate, so every fifth image
/// would be of one or two classes.
fn fold_of(place: usize, images: usize) -> usize {
    place * FOLDS / images
}

/// The indices below `count` in a random order.
fn shuffled(count: usize, seed: u64, draw: u64) -> Vec<usize> {
    let mut order = Vec::new();
    random::shuffle(&mut Stream::Labelled.generator(seed, draw), count as u32, &mut order);
    order.into_iter().map(|index| index as usize).collect()
}

/// Indices of random images, the same number of each class that occurs, with classes in turn. `None` if a class has too few
/// images, or if there are more classes than images to choose.
fn balanced(labels: &[u16], classes: usize, count: usize, seed: u64, draw: u64) -> Option<Vec<usize>> {
    let mut of_class: Vec<Vec<usize>> = vec![Vec::new(); classes];
    for index in shuffled(labels.len(), seed, draw) {
        of_class[usize::from(labels[index])].push(index);
    }
    of_class.retain(|indices| !indices.is_empty());
    let each = count / of_class.len().max(1);
    if each == 0 || of_class.iter().any(|indices| indices.len() < each) {
        return None;
    }
    Some((0..each).flat_map(|turn| of_class.iter().map(move |indices| indices[turn])).collect())
}

/// Scaling of rows before a linear fit: centres them, rotates them so that their columns are not correlated, and divides
/// them by one number. The rotation changes neither a linear classifier nor its penalty.
struct Scaling {
    turn: Pca,
    factor: f32,
}

impl Scaling {
    fn fit(rows: &Matrix) -> Result<Self, Error> {
        let turn = Pca::fit_rows(rows, rows.columns())?;
        let square = turn.total_variance();
        // Codes that are all the same are not scaled.
        Ok(Self { turn, factor: if square > 0.0 { (1.0 / square.sqrt()) as f32 } else { 1.0 } })
    }

    fn apply(&self, rows: &Matrix) -> Matrix {
        let mut turned = joined(crate::tasks::context::rows(rows, |rows| self.turn.encode(rows)));
        turned.values_mut().iter_mut().for_each(|value| *value *= self.factor);
        turned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balanced_choice_has_the_same_number_of_each_class_in_every_fold() {
        let labels: Vec<u16> = (0..400).map(|index| [3, 5][usize::from(index % 4 == 0)]).collect();
        let chosen = balanced(&labels, 10, 100, 1, 0).unwrap();
        let count = |indices: &[usize], class| indices.iter().filter(|index| labels[**index] == class).count();
        assert_eq!([count(&chosen, 3), count(&chosen, 5)], [50, 50]);
        let mut distinct = chosen.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 100);
        assert_ne!(chosen, balanced(&labels, 10, 100, 1, 1).unwrap());
        assert!(balanced(&labels, 10, 400, 1, 0).is_none());
        assert!(balanced(&labels, 10, 1, 1, 0).is_none(), "two classes, one image");

        let labels: Vec<u16> = (0..400).map(|index| (index % 10) as u16).collect();
        let chosen = balanced(&labels, 10, 100, 1, 0).unwrap();
        for fold in 0..FOLDS {
            let held_out = chosen.iter().enumerate().filter(|(place, _)| fold_of(*place, 100) == fold);
            let mut classes: Vec<u16> = held_out.map(|(_, index)| labels[*index]).collect();
            classes.sort_unstable();
            assert!(classes.chunks(2).map(<[u16]>::to_vec).eq((0..10).map(|class: u16| vec![class; 2])), "{classes:?}");
        }
    }
}
