//! Linear classifiers: logistic regression and support vector machines, fitted by `argmin`'s L-BFGS.

use std::cell::RefCell;

use argmin::core::{CostFunction, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use zoo::Matrix;

use crate::error::Error;
use crate::parallel;

/// Number of rows of one thread's products.
const BLOCK: usize = 512;
/// Number of corrections that L-BFGS stores.
const MEMORY: usize = 10;
/// Greatest number of steps.
const STEPS: u64 = 200;
/// Norm of the scaled gradient at which a fit ends. Half of its square is about the distance of the loss from its minimum.
const TOLERANCE: f64 = 1e-4;
/// Share of the initial gradient's norm, at weights of 0, up to which a fit counts as converged. Rounding can end a fit
/// before [`TOLERANCE`].
const SMALL: f64 = 1e-3;

/// The loss to minimise, a mean over rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Linear support vector machine: squared hinge loss of each class against the rest (scikit-learn's `LinearSVC`).
    Svm,
    /// Multinomial logistic regression: cross-entropy.
    Logistic,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Svm, Self::Logistic];

    /// Beginning of the names of golden values.
    #[cfg(test)]
    const fn name(self) -> &'static str {
        match self {
            Self::Svm => "svm",
            Self::Logistic => "logistic",
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::Svm => "a linear support vector machine",
            Self::Logistic => "a logistic regression",
        }
    }

    /// A typical second derivative of the loss with respect to a score.
    const fn curvature(self) -> f64 {
        match self {
            Self::Svm => 0.5,
            Self::Logistic => 0.1,
        }
    }

    /// Loss of one row. Replaces the scores by its derivatives.
    fn loss(self, scores: &mut [f64], label: usize) -> f64 {
        match self {
            Self::Svm => {
                let of_class = |(class, score): (usize, &mut f64)| {
                    let sign = if class == label { 1.0 } else { -1.0 };
                    let hinge = (1.0 - sign * *score).max(0.0);
                    *score = -2.0 * sign * hinge;
                    hinge * hinge
                };
                scores.iter_mut().enumerate().map(of_class).sum()
            }
            Self::Logistic => {
                let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let own = scores[label] - most;
                scores.iter_mut().for_each(|score| *score = (*score - most).exp());
                let sum: f64 = scores.iter().sum();
                scores.iter_mut().for_each(|score| *score /= sum);
                scores[label] -= 1.0;
                sum.ln() - own
            }
        }
    }
}

/// Labelled rows of numbers, each followed by a 1 for the bias.
pub(crate) struct Labelled {
    /// Rows, (rows, columns + 1).
    rows: Vec<f64>,
    width: usize,
    labels: Vec<u16>,
}

impl Labelled {
    /// Copies the rows at `indices` and their labels.
    ///
    /// # Panics
    /// When an index has no row or no label.
    pub(crate) fn new(rows: &Matrix, labels: &[u16], indices: impl Iterator<Item = usize> + Clone) -> Self {
        let values = indices.clone().flat_map(|row| rows.row(row).iter().map(|value| f64::from(*value)).chain([1.0]));
        let (rows, width) = (values.collect(), rows.columns() + 1);
        Self { rows, width, labels: indices.map(|row| labels[row]).collect() }
    }

    fn len(&self) -> usize {
        self.labels.len()
    }
}

/// Weights and bias of each class.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LinearClassifier {
    classes: usize,
    /// Weights, (classes, columns + 1); the last column holds the biases.
    weights: Vec<f64>,
    /// False if the fit ended before the gradient was small.
    converged: bool,
}

impl LinearClassifier {
    /// A classifier with weights of 0, for `classes` classes of rows of `columns` numbers.
    pub(crate) fn zero(classes: usize, columns: usize) -> Self {
        Self { classes, weights: vec![0.0; classes * (columns + 1)], converged: true }
    }

    /// True if the gradient was small at the end of the fit.
    pub(crate) fn converged(&self) -> bool {
        self.converged
    }

    /// Minimises the mean loss of `rows` plus `penalty / 2 * sum(weight^2)`, biases excluded, starting from the current
    /// weights.
    ///
    /// The optimiser works on weights divided by a scale for each column, so that the curvature of the loss is about the
    /// same in all columns. If columns are not correlated, some tens of steps are enough, however much their variances
    /// differ.
    ///
    /// # Errors
    /// When the loss is not a finite number at the start, or the optimiser refuses its settings.
    pub(crate) fn fit(self, kind: Kind, rows: &Labelled, penalty: f64) -> Result<Self, Error> {
        self.fit_within(STEPS, kind, rows, penalty)
    }

    fn fit_within(self, steps: u64, kind: Kind, rows: &Labelled, penalty: f64) -> Result<Self, Error> {
        let scales = rows.scales(kind, penalty);
        let start: Vec<f64> =
            self.weights.iter().zip(scales.iter().cycle()).map(|(weight, scale)| weight / scale).collect();
        let classes = self.classes;
        let problem =
            Problem { kind, rows, classes, penalty, scales, last: RefCell::default(), best: RefCell::default() };
        let error = |message| Error::Fit { what: kind.what(), subject: "codes", message };
        let best = problem.evaluate(&start).value;
        if !best.is_finite() {
            return Err(error(format!("the loss at the start is {best}")));
        }
        let problem = &problem;
        let solver = LBFGS::new(MoreThuenteLineSearch::new(), MEMORY)
            .with_tolerance_grad(TOLERANCE)
            .and_then(|solver| solver.with_tolerance_cost(1e-12))
            .map_err(|reason| error(reason.to_string()))?;
        let zero = vec![0.0; start.len()];
        let end = Executor::new(problem, solver).configure(|state| state.param(start).max_iters(steps)).run();
        // Rounding can end the line search with an error close to the minimum. The gradient at the best point says whether
        // the fit converged.
        drop(end);
        let best = problem.best.borrow().clone();
        let slope = norm(&best.gradient);
        let converged = slope <= TOLERANCE || slope <= SMALL * norm(&problem.evaluate(&zero).gradient);
        Ok(Self { classes, weights: problem.weights(&best.scaled), converged })
    }

    /// Share of rows that are assigned to their class, in [0, 1].
    pub(crate) fn accuracy(&self, rows: &Labelled) -> f64 {
        self.right(rows).into_iter().filter(|right| *right).count() as f64 / rows.len() as f64
    }

    /// True for each row whose class has the largest score.
    pub(crate) fn right(&self, rows: &Labelled) -> Vec<bool> {
        let right: Vec<Vec<bool>> = parallel::map_blocks(rows.len(), BLOCK, &|block| {
            let (scores, labels) = rows.scores(&self.weights, self.classes, block.start);
            let best = |scores: &[f64]| (0..self.classes).max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
            let pairs = scores.chunks_exact(self.classes).zip(labels);
            pairs.map(|(scores, label)| best(scores) == Some(usize::from(*label))).collect()
        });
        right.concat()
    }

    /// Weights, (classes, columns + 1); the last column holds the biases.
    pub(crate) fn weights(&self) -> Matrix {
        let values = self.weights.iter().map(|weight| *weight as f32).collect();
        Matrix::new(self.classes, self.weights.len() / self.classes, values)
    }
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

impl Labelled {
    /// Scale of each column: one over the root of the loss's second derivative with respect to its weight.
    fn scales(&self, kind: Kind, penalty: f64) -> Vec<f64> {
        let mut squares = vec![0.0; self.width];
        for row in self.rows.chunks_exact(self.width) {
            squares.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * value);
        }
        let mean = 1.0 / self.len() as f64;
        squares.into_iter().map(|sum| 1.0 / (kind.curvature() * mean * sum + penalty).sqrt()).collect()
    }

    /// Scores of the rows of a block, (rows, classes), and their labels.
    fn scores(&self, weights: &[f64], classes: usize, start: usize) -> (Vec<f64>, &[u16]) {
        let labels = &self.labels[start..(start + BLOCK).min(self.len())];
        let mut scores = vec![0.0; labels.len() * classes];
        matmul(
            MatMut::from_row_major_slice_mut(&mut scores, labels.len(), classes),
            Accum::Replace,
            MatRef::from_row_major_slice(
                &self.rows[start * self.width..][..labels.len() * self.width],
                labels.len(),
                self.width,
            ),
            MatRef::from_row_major_slice(weights, classes, self.width).transpose(),
            1.0,
            Par::Seq,
        );
        (scores, labels)
    }
}

/// Scaled weights, their loss, and its gradient with respect to them.
#[derive(Clone, Default)]
struct Point {
    scaled: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

struct Problem<'a> {
    kind: Kind,
    rows: &'a Labelled,
    classes: usize,
    penalty: f64,
    /// Factor of each scaled weight, (columns + 1,).
    scales: Vec<f64>,
    /// Last point, because `argmin` asks for value and gradient one after the other.
    last: RefCell<Point>,
    best: RefCell<Point>,
}

impl Problem<'_> {
    fn weights(&self, scaled: &[f64]) -> Vec<f64> {
        scaled.iter().zip(self.scales.iter().cycle()).map(|(scaled, scale)| scaled * scale).collect()
    }

    fn evaluate(&self, scaled: &[f64]) -> Point {
        if self.last.borrow().scaled == scaled {
            return self.last.borrow().clone();
        }
        let Self { kind, rows, classes, penalty, .. } = *self;
        let weights = &self.weights(scaled);
        let parts: Vec<(f64, Vec<f64>)> = parallel::map_blocks(rows.len(), BLOCK, &|block| {
            let start = block.start;
            let (mut scores, labels) = rows.scores(weights, classes, start);
            let pairs = scores.chunks_exact_mut(classes).zip(labels);
            let value = pairs.map(|(scores, label)| kind.loss(scores, usize::from(*label))).sum();
            let mut gradient = vec![0.0; weights.len()];
            matmul(
                MatMut::from_row_major_slice_mut(&mut gradient, classes, rows.width),
                Accum::Replace,
                MatRef::from_row_major_slice(&scores, labels.len(), classes).transpose(),
                MatRef::from_row_major_slice(
                    &rows.rows[start * rows.width..][..labels.len() * rows.width],
                    labels.len(),
                    rows.width,
                ),
                1.0,
                Par::Seq,
            );
            (value, gradient)
        });
        let mean = 1.0 / rows.len() as f64;
        let mut point = Point { scaled: scaled.to_vec(), value: 0.0, gradient: vec![0.0; weights.len()] };
        for (value, gradient) in parts {
            point.value += mean * value;
            point.gradient.iter_mut().zip(gradient).for_each(|(sum, part)| *sum += mean * part);
        }
        for (index, weight) in weights.iter().enumerate().filter(|(index, _)| (index + 1) % rows.width != 0) {
            point.value += 0.5 * penalty * weight * weight;
            point.gradient[index] += penalty * weight;
        }
        point.gradient.iter_mut().zip(self.scales.iter().cycle()).for_each(|(slope, scale)| *slope *= scale);
        if self.best.borrow().scaled.is_empty() || point.value < self.best.borrow().value {
            self.best.replace(point.clone());
        }
        self.last.replace(point.clone());
        point
    }
}

impl CostFunction for &Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, scaled: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        Ok(self.evaluate(scaled).value)
    }
}

impl Gradient for &Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, scaled: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        Ok(self.evaluate(scaled).gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{labels, matrix, numbers, part};

    #[test]
    fn classifiers_match_scikit_learn() {
        let golden = part("classifiers");
        let (rows, labels) = (matrix(&golden["rows"]), labels(&golden["labels"]));
        let rows = Labelled::new(&rows, &labels, 0..labels.len());
        let penalty = golden["penalty"].as_f64().unwrap();
        for kind in Kind::ALL {
            let fit = LinearClassifier::zero(10, 5).fit(kind, &rows, penalty).unwrap();
            let expected: Vec<f64> = golden[kind.name()].as_array().unwrap().iter().flat_map(numbers).collect();
            // The biases of logistic regression are defined up to a common constant.
            let mean = |weights: &[f64]| (0..10).map(|class| weights[6 * class + 5]).sum::<f64>() / 10.0;
            let shift = mean(&fit.weights) - mean(&expected);
            for (index, (found, expected)) in fit.weights.iter().zip(&expected).enumerate() {
                let shift = if kind == Kind::Logistic && index % 6 == 5 { shift } else { 0.0 };
                assert!((found - shift - expected).abs() < 2e-3, "{} {index}: {found} {expected}", kind.name());
            }
            let accuracy = golden[format!("{}_accuracy", kind.name())].as_f64().unwrap();
            assert!((fit.accuracy(&rows) - accuracy).abs() < 1e-12, "{}", kind.name());
        }
    }

    #[test]
    fn a_fit_that_ends_too_early_is_marked_as_not_converged() {
        let golden = part("classifiers");
        let (rows, labels) = (matrix(&golden["rows"]), labels(&golden["labels"]));
        let rows = Labelled::new(&rows, &labels, 0..labels.len());
        for kind in Kind::ALL {
            let after = |steps| LinearClassifier::zero(10, 5).fit_within(steps, kind, &rows, 1e-4).unwrap().converged();
            assert_eq!([after(1), after(STEPS)], [false, true], "{}", kind.name());
        }
    }

    #[test]
    fn identical_rows_are_assigned_to_the_most_frequent_class() {
        let labels = [3, 3, 3, 8];
        let rows = Labelled::new(&Matrix::zeros(4, 2), &labels, 0..4);
        for kind in Kind::ALL {
            assert_eq!(LinearClassifier::zero(10, 2).fit(kind, &rows, 1e-3).unwrap().accuracy(&rows), 0.75);
        }
    }
}
