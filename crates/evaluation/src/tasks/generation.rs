//! `generation`: how much samples look like data. A sample is the mean that the decoder gives for a code, without the noise
//! that a likelihood would add to each pixel.

mod features;
mod linear;

use datasets::Rows;
use random::Stream;
use spec::subject::{
    MIXTURE_SAMPLES, PCA_MIXTURE_SAMPLES, PCA_SAMPLES, PRIOR_SAMPLES, SAMPLE_CLASSIFIER, TEST_IMAGES,
    TRAINING_RECONSTRUCTIONS,
};
use zoo::{Autoencoder, Matrix};

use self::features::features;
use self::linear::{COMPONENTS, Density, FITTED, Sampler};
use crate::error::Error;
use crate::estimators::mixture::Mixture;
use crate::estimators::nearest::{Neighbour, nearest};
use crate::estimators::normal::Normal;
use crate::inputs::clean;
use crate::tasks::context::{Context, TaskOutput, blocks, is_constant, joined, rows};
use crate::tensors::Tensors;

/// Greatest number of samples whose nearest training image is searched.
const NEAREST: usize = 500;
/// Number of samples of each kind that are recorded for the figure. The nearest training images of the first ones are
/// recorded as well.
const SHOWN: usize = 20;
/// Number of pairs of test images that are interpolated, and images of each interpolation, including both ends.
const WALKS: usize = 5;
const STEPS: usize = 9;
/// Numbers of images at which the Frechet distance of new data is also measured, with the names of the fields.
const COUNTS: [(usize, &str); 3] =
    [(500, "frechet_distance_of_500"), (1000, "frechet_distance_of_1000"), (2000, "frechet_distance_of_2000")];

/// Measures how close samples are to data.
///
/// - `frechet_distance`: Frechet distance of normal distributions fitted to features of samples and of as many reference
///   images (Heusel et al., 2017). The features are the last hidden layer of a classifier trained on the training split;
///   `accuracy` is its share of correctly classified test images.
/// - `test_images`: the distance of new data. The reference is every second test image, from the first on, to which nothing
///   is fitted; new data are the other test images.
/// - `frechet_distance_of_500`, `_of_1000`, `_of_2000` of `test_images`: the distance with so many images. The distance is
///   biased: it falls as the number of images rises, also between samples of one distribution. Absent for more images than
///   half of the test split.
/// - `nearest_distance`: Euclidean distance in pixels to the nearest training image, mean over at most 500 samples. That of
///   `training_reconstructions`, decoded codes of training images, is the value of codes that are copied from training.
/// - `components` of `pca_samples` and `pca_mixture_samples`: number of principal components with the least Frechet
///   distance to validation images, or to held-out training images.
///
/// Frechet distances are absent if the features of all reference images are the same.
///
/// # Errors
/// When an eigendecomposition does not converge.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let Context { run, splits, model, .. } = *context;
    let train = &splits.train;
    let count = splits.test.len() / 2;
    let stream = |index| Stream::Samples.generator(run.seed, index);

    let judge = context.trained.networks.judge(train.width(), run.dataset.classes().len())?;
    let judge = features::fit(judge, train, run.seed);
    let reference = clean(&splits.test, (0..2 * count).step_by(2));
    let of_reference = features(&judge, &reference);
    let decode = |codes: &Matrix| joined(rows(codes, |block| model.decode(block)));
    let mut prior = Matrix::zeros(count, model.code_size());
    random::normals(&mut stream(0), prior.values_mut());
    let codes = joined(blocks(train, train.len().min(FITTED), |images| model.encode(images)));
    let mut generator = stream(1);
    let mixture = Mixture::fit(&codes, COMPONENTS, &mut generator).draw(count, &mut generator);

    let linear = Sampler::fit(train, train.len(), model.code_size())?;
    let densities = [Density::Normal, Density::Mixture];
    let chosen = linear::choose(&linear, [train, &splits.validation], &judge, &densities, |place| stream(4 + place))?;
    let of_linear = densities.iter().zip(&chosen).zip([(PCA_SAMPLES, 2), (PCA_MIXTURE_SAMPLES, 3)]);
    let of_linear = of_linear.map(|((density, components), (subject, index))| {
        (subject, *components, linear.samples(*density, *components, count, &mut stream(index)))
    });

    let mut output = TaskOutput::default();
    let mut samples = vec![(PRIOR_SAMPLES, decode(&prior)), (MIXTURE_SAMPLES, decode(&mixture))];
    for (subject, components, images) in of_linear {
        output.measures.push((subject, "components", components as f64));
        samples.push((subject, images));
    }
    samples.push((TEST_IMAGES, clean(&splits.test, (1..2 * count).step_by(2))));

    let training = clean(train, 0..train.len());
    let has_distances = !is_constant(&reference) && !is_constant(&of_reference);
    if !has_distances {
        output.without_meaning("the features of all reference images are the same", &["frechet_distance"]);
    }
    let mut tensors = Tensors::default();
    for (subject, samples) in samples {
        if has_distances {
            let found = features(&judge, &samples);
            let distance = |count: usize| {
                Normal::fit(&found.first_rows(count)).distance(&Normal::fit(&of_reference.first_rows(count)))
            };
            output.measures.push((subject, "frechet_distance", distance(count)?));
            for (few, field) in COUNTS.into_iter().filter(|(few, _)| subject == TEST_IMAGES && *few <= count) {
                output.measures.push((subject, field, distance(few)?));
            }
        }
        let nearest = nearest(&samples.first_rows(NEAREST), &training, 1).concat();
        output.measures.push((subject, "nearest_distance", mean_distance(&nearest)));
        tensors.images(subject, &samples.first_rows(SHOWN));
        let closest: Vec<usize> = nearest.iter().take(SHOWN).map(|nearest| nearest.index).collect();
        tensors.images(&format!("{subject}.nearest"), &clean(train, closest.into_iter()));
    }
    let copied: Vec<usize> = (0..train.len()).step_by((train.len() / NEAREST).max(1)).take(NEAREST).collect();
    let copied = model.decode(&model.encode(&clean(train, copied.into_iter())));
    let distance = mean_distance(&nearest(&copied, &training, 1).concat());
    output.measures.push((TRAINING_RECONSTRUCTIONS, "nearest_distance", distance));
    output.measures.push((SAMPLE_CLASSIFIER, "accuracy", features::accuracy(&judge, &splits.test)));

    let ends = first_of_classes(&splits.test);
    tensors.images("walks.autoencoder", &walks(model, &ends));
    tensors.images("walks.pca", &walks(&linear.pca(model.code_size()), &ends));
    output.tensors = Some(tensors.bytes()?);
    Ok(output)
}

fn mean_distance(nearest: &[Neighbour]) -> f64 {
    nearest.iter().map(|nearest| nearest.distance).sum::<f64>() / nearest.len() as f64
}

/// The first test image of each class, in the order of classes. Neighbours are the ends of an interpolation.
fn first_of_classes(test: &Rows) -> Matrix {
    let labels = test.labels();
    let found = (0..2 * WALKS).filter_map(|class| labels.iter().position(|label| usize::from(*label) == class));
    clean(test, found.collect::<Vec<_>>().into_iter())
}

/// Decoded codes on the straight line between the codes of each pair of images, `(walks * steps, values)`.
fn walks(model: &dyn Autoencoder, ends: &Matrix) -> Matrix {
    let codes = model.encode(ends);
    let mut path = Matrix::zeros(ends.rows() / 2 * STEPS, codes.columns());
    for row in 0..path.rows() {
        let (walk, step) = (row / STEPS, row % STEPS);
        let share = step as f32 / (STEPS - 1) as f32;
        let ends = codes.row(2 * walk).iter().zip(codes.row(2 * walk + 1));
        path.row_mut(row).iter_mut().zip(ends).for_each(|(value, (from, to))| *value = from + share * (to - from));
    }
    model.decode(&path)
}
