//! `factors`: what single units of a code say about the class of an image and, if the data set has them, about its factors
//! of variation.

use random::Stream;
use record::UnitInformation;
use spec::subject::{AUTOENCODER, PCA, ROTATED_PCA};
use system::storage;
use zoo::{Autoencoder, Matrix};

use crate::error::Error;
use crate::estimators::rotation::Rotation;
use crate::inputs::clean;
use crate::metrics::disentanglement::{Factor, information, mutual_information_gap, separated_predictability};
use crate::tasks::context::{Context, TaskOutput, blocks, joined};
use crate::tensors::Tensors;

/// Number of units in a traversal, images of each traversal, and its range in standard deviations below and above the mean.
const TRAVERSED: usize = 6;
const STEPS: usize = 9;
const REACH: f32 = 2.0;
/// Number of random rotations of PCA's codes.
const ROTATIONS: u64 = 10;

/// Measures how well single units match factors of variation.
///
/// - `mig`: mutual information gap (Chen et al., 2018), in [0, 1]; mean over class and factors.
/// - `sap`: separated attribute predictability (Kumar et al., 2018), in [0, 1]; mean over class and factors.
/// - `class_information`: largest mutual information of a unit with the class, in nats. Its maximum is the logarithm of the
///   number of classes.
/// - `rotated_pca`: PCA with the same number of units, and its codes rotated by 10 random rotations: means of `mig` and
///   `sap`, and the standard deviation of `mig`. Axes without a meaning reach scores within this deviation.
///
/// The scores are absent if the class is the only factor, because the gap of one factor is noise, and if no factor varies.
/// `class_information` is absent if all images are of one class.
///
/// # Errors
/// When the rows or images cannot be written.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let test = &context.splits.test;
    let drawn = datasets::test_factors(&context.run.dataset, context.run.seed)?;
    let mut factors = vec![Factor::of_class(test.labels())];
    for (index, name) in datasets::glyphs::Factors::NAMES.into_iter().enumerate() {
        let values = drawn.iter().flatten().map(|factors| factors.list()[index]);
        factors.extend(drawn.is_some().then(|| Factor::of_values(name, &values.collect::<Vec<f32>>())));
    }
    let mut output = TaskOutput::default();
    if !factors[0].varies() {
        output.without_meaning("all test images are of one class", &["class_information"]);
    }
    let have_scores = drawn.is_some() && factors.iter().any(Factor::varies);
    if !have_scores {
        let why = match drawn {
            None => "the class is the only factor of variation of the data set",
            Some(_) => "no factor varies over the test images",
        };
        output.without_meaning(why, &["mig", "sap", "mig_spread"]);
    }
    let mut rows = Vec::new();
    let mut tensors = Tensors::default();
    let own = context.codes();
    let linear = context.subjects.pca();
    let theirs = linear.map(|pca| joined(blocks(test, test.len(), |images| pca.encode(images))));
    if let Some(codes) = theirs.as_ref().filter(|_| have_scores) {
        output.measures.extend(of_rotations(codes, &factors, context.run.seed));
    }
    let models: [Option<(&'static str, &dyn Autoencoder, Matrix)>; 2] = [
        Some((AUTOENCODER, context.model, own)),
        linear.zip(theirs).map(|(pca, codes)| (PCA, pca as &dyn Autoencoder, codes)),
    ];
    for (subject, model, codes) in models.into_iter().flatten() {
        let information = information(&codes, &factors);
        if have_scores {
            let scores = scores(&codes, &information, &factors);
            output.measures.extend(scores.into_iter().map(|(field, score)| (subject, field, score)));
        }
        let of_class = information.iter().map(|of_unit| of_unit[0]).fold(0.0, f64::max);
        output.measures.extend(factors[0].varies().then_some((subject, "class_information", of_class)));
        for (unit, of_unit) in information.iter().enumerate() {
            rows.extend(factors.iter().zip(of_unit).map(|(factor, information)| UnitInformation {
                subject: subject.to_owned(),
                unit,
                factor: factor.name.to_owned(),
                information: *information,
                share: if factor.varies() { information / factor.entropy } else { 0.0 },
            }));
        }
        let chosen = UnitInformation::most_informative(rows.iter().filter(|row| row.subject == subject), TRAVERSED);
        tensors.images(&format!("traversals.{subject}"), &traversals(model, &codes, &chosen, &clean(test, 0..1)));
    }
    output.rows = Some(
        storage::to_csv(&rows)
            .map_err(|message| Error::File(system::Error::format("factors.csv".as_ref(), message)))?,
    );
    output.tensors = Some(tensors.bytes()?);
    Ok(output)
}

/// `mig` and `sap` of codes; empty if no factor varies.
fn scores(codes: &Matrix, information: &[Vec<f64>], factors: &[Factor]) -> Vec<(&'static str, f64)> {
    let mig = mutual_information_gap(information, factors).map(|gap| ("mig", gap));
    let sap = separated_predictability(codes, factors).map(|gap| ("sap", gap));
    mig.into_iter().chain(sap).collect()
}

/// Scores of randomly rotated codes: means over the rotations, and the standard deviation of `mig` (`ddof = 1`).
fn of_rotations(codes: &Matrix, factors: &[Factor], seed: u64) -> Vec<(&'static str, &'static str, f64)> {
    let turned = (0..ROTATIONS).map(|draw| {
        let rotation = Rotation::draw(codes.columns(), &mut Stream::Rotation.generator(seed, draw));
        let codes = rotation.turn(codes);
        scores(&codes, &information(&codes, factors), factors)
    });
    let all: Vec<(&'static str, f64)> = turned.flatten().collect();
    let of = |field: &str| -> Vec<f64> { all.iter().filter(|(name, _)| *name == field).map(|(_, of)| *of).collect() };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mig, sap) = (of("mig"), of("sap"));
    if mig.is_empty() || sap.is_empty() {
        return Vec::new();
    }
    let variance = mig.iter().map(|gap| (gap - mean(&mig)).powi(2)).sum::<f64>() / (mig.len() as f64 - 1.0);
    vec![
        (ROTATED_PCA, "mig", mean(&mig)),
        (ROTATED_PCA, "sap", mean(&sap)),
        (ROTATED_PCA, "mig_spread", variance.sqrt()),
    ]
}

/// Decoded images, `(units * steps, values)`: for each unit, `image`'s code with that unit moved around the unit's mean.
fn traversals(model: &dyn Autoencoder, codes: &Matrix, units: &[usize], image: &Matrix) -> Matrix {
    let code = model.encode(image);
    let mut path = Matrix::zeros(units.len() * STEPS, codes.columns());
    for (place, &unit) in units.iter().enumerate() {
        let values = || (0..codes.rows()).map(|row| codes.row(row)[unit]);
        let mean = values().sum::<f32>() / codes.rows() as f32;
        let deviation = (values().map(|value| (value - mean).powi(2)).sum::<f32>() / codes.rows() as f32).sqrt();
        for step in 0..STEPS {
            let row = path.row_mut(place * STEPS + step);
            row.copy_from_slice(code.row(0));
            row[unit] = mean + deviation * REACH * (2.0 * step as f32 / (STEPS - 1) as f32 - 1.0);
        }
    }
    model.decode(&path)
}
