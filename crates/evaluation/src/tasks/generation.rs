//! `generation`: how much samples look like data. Samples are what the decoder makes of a code: its means, without the
//! noise that a likelihood would add to each pixel.

use datasets::Rows;
use random::Stream;
use spec::subject::{MIXTURE_SAMPLES, PCA_MIXTURE_SAMPLES, PCA_SAMPLES, PRIOR_SAMPLES, SAMPLE_CLASSIFIER, TEST_IMAGES};
use zoo::{Autoencoder, Judge, Matrix};

use crate::baselines::pca::Pca;
use crate::error::Error;
use crate::estimators::mixture::Mixture;
use crate::estimators::nearest::nearest;
use crate::estimators::normal::Normal;
use crate::inputs::clean;
use crate::tasks::context::{Context, TaskOutput, blocks, is_constant, joined, rows};
use crate::tensors::Tensors;

/// Samples whose distance to the data is measured, at most; and training codes that mixtures are fit to.
const SAMPLES: usize = 10_000;
/// Components of a mixture.
const COMPONENTS: usize = 10;
/// Samples whose nearest training image is looked for.
const NEAREST: usize = 500;
/// Samples of each kind that are recorded for the figure, and of the first of each, its nearest training image.
const SHOWN: usize = 20;
/// Passes of the classifier over the training images, and images of one step.
const EPOCHS: u64 = 5;
const BATCH: usize = 128;
/// Pairs of test images that are walked between, and images of a walk, both ends included.
const WALKS: usize = 5;
const STEPS: usize = 9;

/// `frechet_distance`: that of normal distributions fit to the features of samples and of as many training images (Heusel
/// et al., 2017), in the last hidden layer of a classifier trained on the training split; `accuracy` is the share of test
/// images it gets right. `nearest_distance`: Euclidean distance of pixels to the nearest training image, mean over 500
/// samples; that of test images tells what new images of the data have, and much less means copies. The first is absent where
/// the features of all training images are the same.
///
/// # Errors
/// When an eigendecomposition does not converge.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let Context { run, splits, model, .. } = *context;
    let train = &splits.train;
    let count = train.len().min(SAMPLES);
    let stream = |index| Stream::Samples.generator(run.seed, index);

    let judge = context.trained.networks.judge(train.width(), run.dataset.classes().len())?;
    let judge = fit_judge(judge, train, run.seed);
    let features = |images: &Matrix| joined(rows(images, |block| judge.features(block)));
    let right: usize = {
        let labels = splits.test.labels();
        let classes = blocks(&splits.test, splits.test.len(), |images| judge.classes(&judge.features(images))).concat();
        classes.iter().zip(labels).filter(|(class, label)| class == label).count()
    };
    let of_training = joined(blocks(train, count, |images| judge.features(images)));

    let codes = joined(blocks(train, count, |images| model.encode(images)));
    let mut prior = Matrix::zeros(count, codes.columns());
    random::normals(&mut stream(0), prior.values_mut());
    let mut generator = stream(1);
    let mixture = Mixture::fit(&codes, COMPONENTS, &mut generator).draw(count, &mut generator);
    let pca = match context.subjects.pca() {
        Some(pca) => pca.clone(),
        None => Pca::fit(train, model.code_size())?,
    };
    let mut linear = Matrix::zeros(count, pca.code_size());
    random::normals(&mut stream(2), linear.values_mut());
    for row in 0..count {
        // PCA's training codes have mean 0 and no correlation.
        let deviations = pca.explained_variance().iter().map(|variance| variance.sqrt() as f32);
        linear.row_mut(row).iter_mut().zip(deviations).for_each(|(value, deviation)| *value *= deviation);
    }
    let decode = |codes: &Matrix| joined(rows(codes, |block| model.decode(block)));
    let mut generator = stream(3);
    let pca_codes = joined(blocks(train, count, |images| pca.encode(images)));
    let pca_mixture = Mixture::fit(&pca_codes, COMPONENTS, &mut generator).draw(count, &mut generator);
    let decode_linear = |codes: &Matrix| {
        let mut images = joined(rows(codes, |block| pca.decode(block)));
        if let Some([least, most]) = train.range() {
            images.values_mut().iter_mut().for_each(|value| *value = value.clamp(least, most));
        }
        images
    };

    let training = clean(train, 0..train.len());
    let shown = splits.test.len().min(count);
    let test = clean(&splits.test, 0..shown);
    let mut output = TaskOutput::default();
    let real = if is_constant(&training) || is_constant(&of_training) {
        output.without_meaning("the features of all training images are the same", &["frechet_distance"]);
        None
    } else {
        Some(Normal::fit(&of_training))
    };
    let mut tensors = Tensors::default();
    for (subject, samples) in [
        (PRIOR_SAMPLES, decode(&prior)),
        (MIXTURE_SAMPLES, decode(&mixture)),
        (PCA_SAMPLES, decode_linear(&linear)),
        (PCA_MIXTURE_SAMPLES, decode_linear(&pca_mixture)),
        (TEST_IMAGES, test),
    ] {
        if let Some(real) = &real {
            let distance = Normal::fit(&features(&samples)).distance(real)?;
            output.measures.push((subject, "frechet_distance", distance));
        }
        let nearest = nearest(&samples.first_rows(NEAREST), &training, 1).concat();
        let mean = nearest.iter().map(|nearest| nearest.distance).sum::<f64>() / nearest.len() as f64;
        output.measures.push((subject, "nearest_distance", mean));
        tensors.images(subject, &samples.first_rows(SHOWN));
        let closest: Vec<usize> = nearest.iter().take(SHOWN).map(|nearest| nearest.index).collect();
        tensors.images(&format!("{subject}.nearest"), &clean(train, closest.into_iter()));
    }
    output.measures.push((SAMPLE_CLASSIFIER, "accuracy", right as f64 / splits.test.len() as f64));

    let ends = first_of_classes(&splits.test);
    tensors.images("walks.autoencoder", &walks(model, &ends));
    tensors.images("walks.pca", &walks(&pca, &ends));
    output.tensors = Some(tensors.bytes()?);
    Ok(output)
}

/// Trains what judges samples.
fn fit_judge(mut judge: Judge, train: &Rows, seed: u64) -> Judge {
    let orders = (0..EPOCHS).flat_map(|epoch| {
        let mut order = Vec::new();
        // The first indices are those of its layers' weights.
        random::shuffle(&mut Stream::Classifier.generator(seed, 1000 + epoch), train.len() as u32, &mut order);
        order.chunks(BATCH).map(<[u32]>::to_vec).collect::<Vec<_>>()
    });
    let mut batches = orders.map(|batch| {
        let images = clean(train, batch.iter().map(|index| *index as usize));
        (images, batch.iter().map(|index| train.labels()[*index as usize]).collect())
    });
    judge.fit(seed, &mut batches);
    judge
}

/// The first test image of each class, by class: neighbours are the ends of a walk.
fn first_of_classes(test: &Rows) -> Matrix {
    let labels = test.labels();
    let found = (0..2 * WALKS).filter_map(|class| labels.iter().position(|label| usize::from(*label) == class));
    clean(test, found.collect::<Vec<_>>().into_iter())
}

/// `(walks * steps, values)`: what becomes of codes on the straight line between those of each pair of images.
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
