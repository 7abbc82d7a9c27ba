//! The subjects of a run: its trained network and its baselines, and their errors.

use std::ops::Range;
use std::time::Instant;

use datasets::Rows;
use spec::Run;
use spec::catalogue::{Baseline, Split};
use spec::subject;
use zoo::{Autoencoder, Matrix};

use crate::baselines;
use crate::baselines::fitted::{Fitted, clip};
use crate::baselines::pca::Pca;
use crate::error::Error;
use crate::inputs::Inputs;
use crate::metrics::blocks::block_means;
use crate::metrics::{ErrorSums, Original, squared_error, ssim};

/// The trained network and its baselines.
pub(crate) struct Subjects<'a> {
    pub(crate) model: &'a dyn Autoencoder,
    /// Baselines in the order of the catalogue, whatever the order in the experiment file.
    baselines: Vec<(Baseline, Box<dyn Fitted>)>,
    /// Wall-clock seconds of the fit of PCA; 0 without PCA.
    pub(crate) pca_seconds: f64,
}

impl<'a> Subjects<'a> {
    pub(crate) fn fit(run: &Run, train: &Rows, model: &'a dyn Autoencoder) -> Result<Self, Error> {
        let train = Inputs { rows: train, split: Split::Train, corruption: run.corruption, seed: run.seed };
        let asked = Baseline::ALL.iter().filter(|baseline| run.evaluation.baselines.contains(baseline));
        let mut pca_seconds = 0.0;
        let fitted = asked.map(|&baseline| {
            let started = Instant::now();
            let fitted = baselines::fit(baseline, &train, model.code_size())?;
            if baseline == Baseline::Pca {
                pca_seconds = started.elapsed().as_secs_f64();
            }
            Ok((baseline, fitted))
        });
        let baselines = fitted.collect::<Result<_, Error>>()?;
        Ok(Self { model, baselines, pca_seconds })
    }

    /// PCA, if it is among the baselines.
    pub(crate) fn pca(&self) -> Option<&Pca> {
        self.baselines.iter().find_map(|(_, fitted)| fitted.as_pca())
    }

    /// Parameters that baselines chose on training rows: subject, field and value.
    pub(crate) fn chosen(&self) -> Vec<(&'static str, &'static str, f64)> {
        let mut chosen = Vec::new();
        for (baseline, fitted) in &self.baselines {
            if let Some(subject) = baseline.subjects().next() {
                chosen.extend(fitted.chosen().into_iter().map(|(field, value)| (subject, field, value)));
            }
        }
        chosen
    }

    /// Calls `each` with every subject and its reconstructions of `input`, one subject at a time.
    fn reconstruct(
        &self,
        inputs: &Inputs,
        input: &Matrix,
        corrupted: bool,
        mut each: impl FnMut(&'static str, &Matrix),
    ) {
        each(subject::AUTOENCODER, &self.model.reconstruct(input));
        for (baseline, fitted) in &self.baselines {
            let mut output = fitted.reconstruct(input);
            for (index, subject) in baseline.subjects().enumerate() {
                // The second subject has the same reconstructions, clipped.
                if index > 0 {
                    let range = inputs.rows.range();
                    if range.is_none() {
                        continue;
                    }
                    clip(&mut output, range);
                }
                each(subject, &output);
            }
        }
        if corrupted {
            each(subject::CORRUPTED_INPUT, input);
        }
    }

    /// Error of every subject over a split; errors of single rows only for the test split. Blocks are measured in parallel
    /// and added in order.
    pub(crate) fn errors(&self, inputs: &Inputs) -> Vec<(&'static str, ErrorSums)> {
        let measure_block = |block: Range<usize>| {
            let clean = inputs.clean(block.clone());
            let is_in_unit_range = inputs.rows.range().is_some();
            let plane = inputs.rows.shape().similarity_plane().filter(|_| is_in_unit_range);
            let image = |row| plane.map(|(height, width)| ssim::Reference::new(clean.row(row), height, width));
            let images: Vec<Option<ssim::Reference>> = (0..clean.rows()).map(image).collect();
            let input = inputs.corrupted(clean.clone(), block.clone());
            let mut errors = Vec::new();
            self.reconstruct(inputs, &input, inputs.corruption.is_some(), |name, output| {
                let mut sums = ErrorSums::default();
                for (row, index) in block.clone().enumerate() {
                    let (label, clean, image) = (inputs.rows.label(index), clean.row(row), images[row].as_ref());
                    sums.add(Original { label, clean, is_in_unit_range, image }, output.row(row));
                }
                // Errors of single rows of the other splits are not needed, and may be many.
                if inputs.split != Split::Test {
                    sums.forget_rows();
                }
                errors.push((name, sums));
            });
            errors
        };
        let mut blocks = inputs.blocks(&measure_block).into_iter();
        let mut total = blocks.next().unwrap_or_default();
        for block in blocks {
            total.iter_mut().zip(&block).for_each(|((_, total), (_, sums))| total.merge(sums));
        }
        total
    }

    /// Mean squared error of each column, for the autoencoder and the unclipped baselines.
    pub(crate) fn column_errors(&self, inputs: &Inputs) -> Vec<(&'static str, Vec<f64>)> {
        let measure_block = |block: Range<usize>| {
            let clean = inputs.clean(block.clone());
            let input = inputs.corrupted(clean.clone(), block);
            let mut errors = Vec::new();
            self.reconstruct(inputs, &input, false, |name, output| {
                let mut sums = vec![0.0; clean.columns()];
                for row in 0..clean.rows() {
                    for (sum, (value, output)) in sums.iter_mut().zip(clean.row(row).iter().zip(output.row(row))) {
                        *sum += f64::from(value - output).powi(2);
                    }
                }
                if name != subject::PCA_CLIPPED {
                    errors.push((name, sums));
                }
            });
            errors
        };
        let mut blocks = inputs.blocks(&measure_block).into_iter();
        let mut total = blocks.next().unwrap_or_default();
        for block in blocks {
            for ((_, total), (_, sums)) in total.iter_mut().zip(block) {
                total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
            }
        }
        let rows = inputs.rows.len() as f64;
        total.iter_mut().for_each(|(_, sums)| sums.iter_mut().for_each(|sum| *sum /= rows));
        total
    }

    /// Subject, mean squared error per value, and its means over blocks of rows, for everything that depends on the input,
    /// and for the input itself.
    pub(crate) fn squared_errors(&self, inputs: &Inputs) -> Vec<(&'static str, f64, Vec<f64>)> {
        let measure_block = |block: Range<usize>| {
            let clean = inputs.clean(block.clone());
            let input = inputs.corrupted(clean.clone(), block);
            let mut errors = Vec::new();
            self.reconstruct(inputs, &input, true, |name, output| {
                if !matches!(name, subject::PCA_CLIPPED | subject::MEAN_IMAGE) {
                    let rows = (0..clean.rows()).map(|row| squared_error(clean.row(row), output.row(row)));
                    let rows: Vec<f64> = rows.collect();
                    errors.push((name, rows.iter().sum::<f64>(), rows));
                }
            });
            errors
        };
        let mut blocks = inputs.blocks(&measure_block).into_iter();
        let mut total = blocks.next().unwrap_or_default();
        for block in blocks {
            for ((_, total, rows), (_, error, others)) in total.iter_mut().zip(block) {
                *total += error;
                rows.extend(others);
            }
        }
        let (values, width) = (inputs.rows.value_count() as f64, inputs.rows.width() as f64);
        let mean = |(name, error, rows): (_, f64, Vec<f64>)| {
            (name, error / values, block_means(&rows).into_iter().map(|mean| mean / width).collect())
        };
        total.into_iter().map(mean).collect()
    }
}
