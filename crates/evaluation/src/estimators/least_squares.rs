//! Linear least squares: the affine map from inputs to outputs with the least squared error.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use zoo::Matrix;

use crate::error::Error;
use crate::estimators::eigen::eigen;
use crate::inputs::Inputs;
use crate::parallel;

/// Fewest noisy rows that a denoiser is fitted to.
const NOISY_ROWS: usize = 60_000;
/// Greatest number of noise samples of a row.
const MOST_SAMPLES: usize = 100;

/// Number of noise samples of each training row in the fit of a denoiser: enough for [`NOISY_ROWS`] noisy rows, or one
/// without noise. A network also sees a new sample in each epoch.
pub(crate) fn noise_samples(train: &Inputs<'_>) -> u32 {
    let samples = NOISY_ROWS.div_ceil(train.rows.len().max(1)).min(MOST_SAMPLES);
    if train.corruption.is_some() { samples as u32 } else { 1 }
}

/// Number of rows whose products one thread sums, and number of such sums in memory at once. A sum takes 10 MB for 784
/// values.
pub(crate) const BLOCK: usize = 1000;
const AT_ONCE: usize = 8;

/// Directions whose variance is at most this share of the largest are rounding error.
const NEGLIGIBLE: f64 = 1e-10;

/// Sums over rows of inputs, outputs and their products.
pub(crate) struct Moments {
    count: usize,
    inputs: Vec<f64>,
    outputs: Vec<f64>,
    /// Sum of products of inputs, `(inputs, inputs)`.
    squares: Mat<f64>,
    /// Sum of products of outputs and inputs, `(outputs, inputs)`.
    products: Mat<f64>,
}

/// The normal equations of centred rows, in the eigenvectors of the inputs' covariance: one product then solves any ridge.
pub(crate) struct Normal {
    /// Mean of the inputs, `(inputs,)`.
    input_mean: Vec<f64>,
    /// Mean of the outputs, `(outputs,)`.
    output_mean: Vec<f64>,
    /// Covariance of outputs and inputs, `(outputs, inputs)`.
    cross: Mat<f64>,
    /// Eigenvalues of the inputs' covariance, `(inputs,)`.
    variances: Vec<f64>,
    /// Eigenvectors of the inputs' covariance, as columns, `(inputs, inputs)`.
    vectors: Mat<f64>,
}

/// Solution of a least-squares problem.
pub(crate) struct Solution {
    /// Weights, `(outputs, inputs)`.
    pub(crate) weights: Mat<f64>,
    /// Mean of the inputs, `(inputs,)`.
    pub(crate) input_mean: Vec<f64>,
    /// Mean of the outputs, `(outputs,)`.
    pub(crate) output_mean: Vec<f64>,
    /// Covariance of the fitted outputs, `(outputs, outputs)`.
    pub(crate) fitted_covariance: Mat<f64>,
}

impl Moments {
    pub(crate) fn zeros(inputs: usize, outputs: usize) -> Self {
        Self {
            count: 0,
            inputs: vec![0.0; inputs],
            outputs: vec![0.0; outputs],
            squares: Mat::zeros(inputs, inputs),
            products: Mat::zeros(outputs, inputs),
        }
    }

    /// Sums over inputs and outputs with the same number of rows.
    pub(crate) fn of(inputs: &Matrix, outputs: &Matrix) -> Self {
        let wide = |matrix: &Matrix| {
            Mat::from_fn(matrix.rows(), matrix.columns(), |row, column| f64::from(matrix.row(row)[column]))
        };
        let sums = |matrix: &Mat<f64>| {
            (0..matrix.ncols()).map(|column| matrix.col_as_slice(column).iter().sum()).collect::<Vec<f64>>()
        };
        let (inputs, outputs) = (wide(inputs), wide(outputs));
        Self {
            count: inputs.nrows(),
            inputs: sums(&inputs),
            outputs: sums(&outputs),
            squares: product(inputs.transpose(), inputs.as_ref()),
            products: product(outputs.transpose(), inputs.as_ref()),
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.inputs.iter_mut().zip(&other.inputs).for_each(|(sum, value)| *sum += value);
        self.outputs.iter_mut().zip(&other.outputs).for_each(|(sum, value)| *sum += value);
        self.squares += &other.squares;
        self.products += &other.products;
    }

    /// Sums with noisy rows as inputs and clean rows as outputs. Each row has `samples` samples of the noise. Blocks of
    /// `block` rows are summed in parallel and added in order.
    pub(crate) fn of_noise(data: &Inputs<'_>, rows: Range<usize>, samples: u32, block: usize) -> Self {
        let width = data.rows.width();
        let starts = rows.clone().step_by(block);
        let starts: Vec<(u32, usize)> =
            (0..samples).flat_map(|sample| starts.clone().map(move |start| (sample, start))).collect();
        let mut all = Self::zeros(width, width);
        for starts in starts.chunks(AT_ONCE) {
            let moments = |at: usize| {
                let (sample, start) = starts[at];
                let block = start..(start + block).min(rows.end);
                let clean = data.clean(block.clone());
                Self::of(&data.corrupted_again(sample, clean.clone(), block), &clean)
            };
            parallel::map(starts.len(), &moments).iter().for_each(|moments| all.add(moments));
        }
        all
    }

    /// The normal equations of the centred rows, by the eigendecomposition of the inputs' covariance.
    ///
    /// # Errors
    /// When the eigendecomposition does not converge.
    pub(crate) fn normal(&self) -> Result<Normal, Error> {
        let (inputs, outputs) = (self.inputs.len(), self.outputs.len());
        let count = self.count.max(1) as f64;
        let [input_mean, output_mean] =
            [&self.inputs, &self.outputs].map(|sums| sums.iter().map(|sum| sum / count).collect::<Vec<_>>());
        let covariance =
            Mat::from_fn(inputs, inputs, |i, j| self.squares[(i, j)] / count - input_mean[i] * input_mean[j]);
        let cross =
            Mat::from_fn(outputs, inputs, |i, j| self.products[(i, j)] / count - output_mean[i] * input_mean[j]);

        let (variances, vectors) = eigen(&covariance)?;
        Ok(Normal { input_mean, output_mean, cross, variances, vectors })
    }

    /// Solves least squares, without the directions in which the inputs do not vary.
    ///
    /// # Errors
    /// When the eigendecomposition does not converge.
    pub(crate) fn solve(&self) -> Result<Solution, Error> {
        let normal = self.normal()?;
        let weights = normal.weights(0.0);
        let fitted_covariance = product(weights.as_ref(), normal.cross.transpose());
        Ok(Solution { weights, input_mean: normal.input_mean, output_mean: normal.output_mean, fitted_covariance })
    }
}

impl Normal {
    /// Weights of ridge regression, `(outputs, inputs)`. `ridge` is added to each variance of the inputs.
    fn weights(&self, ridge: f64) -> Mat<f64> {
        let least = NEGLIGIBLE * self.variances.iter().copied().fold(0.0, f64::max);
        // Computes cross V diag(1 / variance) V^T.
        let mut along = product(self.cross.as_ref(), self.vectors.as_ref());
        for (column, variance) in self.variances.iter().enumerate() {
            let factor = if *variance > least { 1.0 / (variance + ridge) } else { 0.0 };
            along.col_as_slice_mut(column).iter_mut().for_each(|value| *value *= factor);
        }
        product(along.as_ref(), self.vectors.transpose())
    }

    /// The map of ridge regression (Hoerl & Kennard, 1970). `penalty` is a share of the inputs' mean variance, 0 or more.
    pub(crate) fn ridge(&self, penalty: f64) -> Affine {
        let mean = self.variances.iter().sum::<f64>() / self.variances.len().max(1) as f64;
        Affine::through(self.weights(penalty * mean).as_ref(), &self.input_mean, &self.output_mean)
    }
}

/// Product of two matrices on one thread, because faer splits its sums by the number of threads.
pub(crate) fn product(left: MatRef<'_, f64>, right: MatRef<'_, f64>) -> Mat<f64> {
    let mut product = Mat::zeros(left.nrows(), right.ncols());
    matmul(product.as_mut(), Accum::Replace, left, right, 1.0, Par::Seq);
    product
}

/// An affine map of rows: `x` to `W x + b`.
pub(crate) struct Affine {
    /// Weights, `(outputs, inputs)`.
    pub(crate) weights: Matrix,
    /// Biases, `(outputs,)`.
    pub(crate) bias: Vec<f32>,
}

impl Affine {
    /// The map with these weights, `(outputs, inputs)`, that maps `input_mean` to `output_mean`.
    pub(crate) fn through(weights: MatRef<'_, f64>, input_mean: &[f64], output_mean: &[f64]) -> Self {
        let (outputs, inputs) = (weights.nrows(), weights.ncols());
        let of_mean =
            |output: usize| (0..inputs).map(|input| weights[(output, input)] * input_mean[input]).sum::<f64>();
        let bias = output_mean.iter().enumerate().map(|(output, mean)| (mean - of_mean(output)) as f32).collect();
        let places = (0..outputs).flat_map(|output| (0..inputs).map(move |input| (output, input)));
        let values = places.map(|place| weights[place] as f32).collect();
        Self { weights: Matrix::new(outputs, inputs, values), bias }
    }

    /// Outputs, `(rows, outputs)`, of inputs, `(rows, inputs)`.
    pub(crate) fn apply(&self, inputs: &Matrix) -> Matrix {
        let (rows, outputs) = (inputs.rows(), self.bias.len());
        let mut values = self.bias.repeat(rows);
        matmul(
            MatMut::from_row_major_slice_mut(&mut values, rows, outputs),
            Accum::Add,
            MatRef::from_row_major_slice(inputs.values(), rows, inputs.columns()),
            MatRef::from_row_major_slice(self.weights.values(), outputs, inputs.columns()).transpose(),
            1.0,
            Par::Seq,
        );
        Matrix::new(rows, outputs, values)
    }
}
