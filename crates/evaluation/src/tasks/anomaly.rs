//! `anomaly`: whether error tells what a network was never shown.

use datasets::Rows;
use random::Stream;
use record::RocPoint;
use spec::Imbalance;
use spec::Run;
use spec::subject::{AUTOENCODER, KTH_NEIGHBOUR, PCA};
use system::storage;
use zoo::{Autoencoder, Matrix};

use crate::error::Error;
use crate::estimators::nearest::nearest;
use crate::inputs::clean;
use crate::metrics::blocks::{BLOCKS, pseudo_values};
use crate::metrics::ranking::{Ranking, Scored};
use crate::metrics::squared_error;
use crate::tasks::context::{Context, TaskOutput, rows as rows_of};

/// The training image whose distance is a score, counted from the nearest.
const NEIGHBOUR: usize = 10;
/// Anomalies of noise, and of another data set, at most.
const ANOMALIES: usize = 1000;
/// What is measured of each kind of anomaly.
const FIELDS: [[&str; 2]; 3] = [
    ["left_out_auroc", "left_out_precision"],
    ["noise_auroc", "noise_precision"],
    ["foreign_auroc", "foreign_precision"],
];
/// Steps of the curves that are recorded.
const STEPS: usize = 200;

/// How well a score tells anomalies from test images of the classes that were trained on: the squared error of reconstruction,
/// or the distance to the 10th nearest training image in pixels. `left_out_...`: anomalies are the test images of the classes
/// left out of training, where one or all but one are; `noise_...`: test images whose pixels are shuffled; `foreign_...`: images of another
/// embedded data set. `..._auroc`: area under the receiver operating characteristic; `..._precision`: average precision. Absent
/// where there are no anomalies of a kind, or no images to tell them from.
///
/// # Errors
/// When the other data set cannot be loaded, or the rows cannot be written.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let Context { run, splits, model, subjects, .. } = *context;
    let test = &splits.test;
    let class = run.dataset.imbalance.and_then(Imbalance::one_class);
    let is_left_out = |index: &usize| {
        class.is_some_and(|(class, is_trained_on)| (test.label(*index) == Some(class)) != is_trained_on)
    };
    let (left_out, normal): (Vec<usize>, Vec<usize>) = (0..test.len()).partition(is_left_out);
    let mut output = TaskOutput::default();
    if normal.is_empty() {
        let why = "all test images are of classes left out of training";
        output.without_meaning(why, &anomalies_of(|_| true));
        return Ok(output);
    }
    if class.is_some() && left_out.is_empty() {
        let why = "no test image is of a class left out of training";
        output.without_meaning(why, &anomalies_of(|field| field.starts_with("left_out")));
    }
    let foreign = foreign(run)?;
    let few = &normal[..normal.len().min(ANOMALIES)];
    let normal = clean(test, normal.iter().copied());
    let usual = clean(test, few.iter().copied());
    let mut noise = shuffled(usual.clone(), run.seed);
    if noise == usual {
        let why = "test images with their pixels shuffled are the same images";
        output.without_meaning(why, &anomalies_of(|field| field.starts_with("noise")));
        noise = Matrix::zeros(0, test.width());
    }
    let images = [clean(test, left_out.into_iter()), noise, clean(&foreign, 0..foreign.len())];
    let anomalies: Vec<(&'static str, &'static str, Matrix)> =
        FIELDS.into_iter().zip(images).map(|([auroc, precision], images)| (auroc, precision, images)).collect();
    let train = clean(&splits.train, 0..splits.train.len());

    let mut rows = Vec::new();
    let mut judge = |subject: &'static str, score: &dyn Fn(&Matrix) -> Vec<f64>| {
        let usual = score(&normal);
        for (auroc, precision, images) in anomalies.iter().filter(|(.., images)| images.rows() > 0) {
            let strange = score(images);
            let ranking = Ranking::new(scored(&usual, &strange, |_| true));
            let (area, mean_precision) = (ranking.auroc(), ranking.average_precision());
            let [areas, precisions] =
                [(area, Ranking::auroc as fn(&Ranking) -> f64), (mean_precision, Ranking::average_precision)]
                    .map(|(all, statistic)| jackknife(&usual, &strange, all, statistic));
            output.push_with_blocks(subject, auroc, area, areas);
            output.push_with_blocks(subject, precision, mean_precision, precisions);
            let anomaly = auroc.trim_end_matches("_auroc");
            rows.extend(ranking.characteristic(STEPS).into_iter().map(|(false_positive_rate, true_positive_rate)| {
                RocPoint {
                    subject: subject.to_owned(),
                    anomaly: anomaly.to_owned(),
                    false_positive_rate,
                    true_positive_rate,
                }
            }));
        }
    };
    judge(AUTOENCODER, &|images| errors(model, images));
    if let Some(pca) = subjects.pca() {
        judge(PCA, &|images| errors(pca, images));
    }
    judge(KTH_NEIGHBOUR, &|images| {
        let last = nearest(images, &train, NEIGHBOUR).into_iter().map(|found| found.last().copied());
        last.map(|neighbour| neighbour.map_or(0.0, |neighbour| neighbour.distance)).collect()
    });
    output.rows = Some(
        storage::to_csv(&rows)
            .map_err(|message| Error::File(system::Error::format("anomaly.csv".as_ref(), message)))?,
    );
    Ok(output)
}

/// Scores of usual and of strange images, each kind with its own indices, of which `kept` keeps some.
fn scored(usual: &[f64], strange: &[f64], kept: impl Fn(usize) -> bool) -> Vec<Scored> {
    let of = |scores: &[f64], is_strange: bool| -> Vec<Scored> {
        let kept = scores.iter().enumerate().filter(|(index, _)| kept(*index));
        kept.map(|(_, score)| (*score, is_strange)).collect()
    };
    [of(usual, false), of(strange, true)].concat()
}

/// Jackknife pseudo-values of a statistic of the ranking, by blocks of the images of either kind.
fn jackknife(usual: &[f64], strange: &[f64], all: f64, statistic: fn(&Ranking) -> f64) -> Vec<f64> {
    let count = BLOCKS.min(usual.len()).min(strange.len());
    pseudo_values(all, count, |block| {
        Some(statistic(&Ranking::new(scored(usual, strange, |index| index % count != block))))
    })
}

/// The fields of those kinds of anomalies.
fn anomalies_of(kind: impl Fn(&str) -> bool) -> Vec<&'static str> {
    FIELDS.into_iter().flatten().filter(|field| kind(field)).collect()
}

/// Squared error of each image.
fn errors(model: &dyn Autoencoder, images: &Matrix) -> Vec<f64> {
    let each = |block: &Matrix| -> Vec<f64> {
        let output = model.reconstruct(block);
        (0..block.rows()).map(|row| squared_error(block.row(row), output.row(row))).collect()
    };
    rows_of(images, each).concat()
}

/// Images of an embedded data set that the run knows nothing of.
fn foreign(run: &Run) -> Result<Rows, Error> {
    // A file that asks for the task without such a data set is refused.
    let mut dataset = run.dataset.foreign().unwrap_or_else(|| run.dataset.clone());
    (dataset.train, dataset.validation, dataset.test, dataset.imbalance) = (1, 0, ANOMALIES, None);
    Ok(datasets::load(&dataset, run.seed, None)?.shown(dataset.pixels, run.seed).test)
}

/// Each image with its pixels in an order of its own.
fn shuffled(mut images: Matrix, seed: u64) -> Matrix {
    let mut order = Vec::new();
    for row in 0..images.rows() {
        random::shuffle(&mut Stream::Anomalies.generator(seed, row as u64), images.columns() as u32, &mut order);
        let pixels = images.row(row).to_vec();
        images.row_mut(row).iter_mut().zip(&order).for_each(|(pixel, from)| *pixel = pixels[*from as usize]);
    }
    images
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudo_values_of_an_area_scatter_about_it_and_as_much_as_its_standard_error() {
        // Scores of both kinds overlap; a fixed permutation deals them to the blocks.
        let usual: Vec<f64> = (0..400).map(|index| f64::from(index * 7919 % 400)).collect();
        let strange: Vec<f64> = (0..200).map(|index| 150.0 + f64::from(index * 7919 % 400)).collect();
        let area = Ranking::new(scored(&usual, &strange, |_| true)).auroc();
        let values = jackknife(&usual, &strange, area, Ranking::auroc);
        assert_eq!(values.len(), BLOCKS);
        let mean = values.iter().sum::<f64>() / 20.0;
        assert!((mean - area).abs() < 1e-3, "{mean} {area}");
        // The spread of the blocks is that of Hanley and McNeil's (1982) standard error, up to the chance of 20 of them.
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 19.0 / 20.0;
        let (q1, q2) = (area / (2.0 - area), 2.0 * area * area / (1.0 + area));
        let expected = (area * (1.0 - area) + 199.0 * (q1 - area * area) + 399.0 * (q2 - area * area)) / 80_000.0;
        let ratio = variance / expected;
        assert!(ratio > 0.1 && ratio < 3.0, "{ratio}");
        assert!(jackknife(&usual, &strange[..1], area, Ranking::auroc).is_empty(), "one block");
    }
}
