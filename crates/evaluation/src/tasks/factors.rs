//! `factors`: what single units of a code know of an image's class and, where the data set tells them, of the factors it was
//! drawn by.

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

/// Units that are traversed, and images of a traversal, which runs from so many standard deviations below to as many above.
const TRAVERSED: usize = 6;
const STEPS: usize = 9;
const REACH: f32 = 2.0;
/// Random rotations of PCA's codes.
const ROTATIONS: u64 = 10;

/// `mig`: mutual information gap (Chen et al., 2018); `sap`: separated attribute predictability (Kumar et al., 2018); both from 0
/// to 1, means over class and factors of variation. `class_information`: the most that a unit knows of the class, in nats; the
/// logarithm of the number of classes is all. `rotated_pca` is PCA of the same size, its codes turned by 10 random rotations:
/// means of `mig` and `sap` over these, and the standard deviation of `mig`. A score that is not above these by more than the
/// deviation is one that axes without a meaning have.
///
/// The scores are absent where the data know no factor but the class: the gap of one factor alone is noise. They are absent as well
/// where no factor varies, and `class_information` where all images are of one class.
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
            None => "the data set knows no factor of variation but the class",
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

/// `mig` and `sap` of codes; none where no factor varies.
fn scores(codes: &Matrix, information: &[Vec<f64>], factors: &[Factor]) -> Vec<(&'static str, f64)> {
    let mig = mutual_information_gap(information, factors).map(|gap| ("mig", gap));
    let sap = separated_predictability(codes, factors).map(|gap| ("sap", gap));
    mig.into_iter().chain(sap).collect()
}

/// The scores of codes that are turned at random: means over the rotations, and the standard deviation of `mig` (`ddof = 1`).
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

/// `(units * steps, values)`: an image decoded with one unit of its code moved about that unit's mean.
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
