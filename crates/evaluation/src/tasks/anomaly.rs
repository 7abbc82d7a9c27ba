//! `anomaly`: whether the error separates anomalies from usual rows.

use datasets::Rows;
use random::Stream;
use record::RocPoint;
use spec::Imbalance;
use spec::Run;
use spec::subject::{AUTOENCODER, KTH_NEIGHBOUR, PCA};
use system::storage;
use zoo::Matrix;

use crate::error::Error;
use crate::estimators::nearest::KthNeighbour;
use crate::inputs::clean;
use crate::metrics::ranking::{Ranking, jackknife};
use crate::tasks::context::{Context, TaskOutput, errors};

/// Greatest number of anomalies made of noise, and of those from another data set.
const ANOMALIES: usize = 1000;
/// Fields of each kind of anomaly.
const FIELDS: [[&str; 2]; 3] = [
    ["left_out_auroc", "left_out_precision"],
    ["noise_auroc", "noise_precision"],
    ["foreign_auroc", "foreign_precision"],
];
/// Number of points of the recorded curves.
const STEPS: usize = 200;

/// Measures how well a score separates anomalies from test images of the classes that were trained on. The score is the
/// squared error of reconstruction, or the distance to the 10th nearest training image in pixels.
///
/// - `left_out_...`: anomalies are test images of the classes that training leaves out, or of the class that is rare in
///   training.
/// - `noise_...`: anomalies are test images with shuffled pixels.
/// - `foreign_...`: anomalies are images of another embedded data set.
/// - `..._auroc` is the area under the receiver operating characteristic, `..._precision` the average precision.
///
/// Fields are absent if there are no anomalies of a kind, or no usual images.
///
/// # Errors
/// When the other data set cannot be loaded, or the rows cannot be written.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let Context { run, splits, model, subjects, .. } = *context;
    let test = &splits.test;
    let class = run.dataset.imbalance.map(Imbalance::one_class);
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
    let foreign = foreign.map_or_else(|| Matrix::zeros(0, test.width()), |rows| clean(&rows, 0..rows.len()));
    let few = &normal[..normal.len().min(ANOMALIES)];
    let normal = clean(test, normal.iter().copied());
    let usual = clean(test, few.iter().copied());
    let mut noise = shuffled(usual.clone(), run.seed);
    if noise == usual {
        let why = "shuffling the pixels does not change the test images";
        output.without_meaning(why, &anomalies_of(|field| field.starts_with("noise")));
        noise = Matrix::zeros(0, test.width());
    }
    let images = [clean(test, left_out.into_iter()), noise, foreign];
    let anomalies: Vec<(&'static str, &'static str, Matrix)> =
        FIELDS.into_iter().zip(images).map(|([auroc, precision], images)| (auroc, precision, images)).collect();
    let neighbours = KthNeighbour::of(&splits.train);

    let mut rows = Vec::new();
    let mut judge = |subject: &'static str, score: &dyn Fn(&Matrix) -> Vec<f64>| {
        let usual = score(&normal);
        for (auroc, precision, images) in anomalies.iter().filter(|(.., images)| images.rows() > 0) {
            let strange = score(images);
            let ranking = Ranking::of(usual.iter().copied(), strange.iter().copied());
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
    judge(KTH_NEIGHBOUR, &|images| neighbours.distances(images));
    output.rows = Some(
        storage::to_csv(&rows)
            .map_err(|message| Error::File(system::Error::format("anomaly.csv".as_ref(), message)))?,
    );
    Ok(output)
}

/// Names of the fields of some kinds of anomalies.
fn anomalies_of(kind: impl Fn(&str) -> bool) -> Vec<&'static str> {
    FIELDS.into_iter().flatten().filter(|field| kind(field)).collect()
}

/// Images of an embedded data set that the run does not use, if there is one of the same shape.
fn foreign(run: &Run) -> Result<Option<Rows>, Error> {
    let Some(mut dataset) = run.dataset.foreign() else { return Ok(None) };
    (dataset.train, dataset.validation, dataset.test, dataset.imbalance) = (1, 0, ANOMALIES, None);
    Ok(Some(datasets::load(&dataset, run.seed, None)?.shown(dataset.pixels, run.seed).test))
}

/// Each image with its pixels in a random order of its own.
fn shuffled(mut images: Matrix, seed: u64) -> Matrix {
    let mut order = Vec::new();
    for row in 0..images.rows() {
        random::shuffle(&mut Stream::Anomalies.generator(seed, row as u64), images.columns() as u32, &mut order);
        let pixels = images.row(row).to_vec();
        images.row_mut(row).iter_mut().zip(&order).for_each(|(pixel, from)| *pixel = pixels[*from as usize]);
    }
    images
}
