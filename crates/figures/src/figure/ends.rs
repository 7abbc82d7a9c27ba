//! Tests every figure with numbers at the ends of their ranges, and with mixtures of these.

use std::collections::BTreeMap;

use record::ranges;
use record::{
    ClassError, CodePoint, CorruptionError, Epoch, Measures, Metrics, ReconstructionError, RocPoint, RunDirectory,
    UnitActivity, UnitInformation,
};
use safetensors::tensor::Dtype;
use spec::catalogue::{Loss, Task};
use spec::measures;
use spec::subject;

use super::fixture::{Fixture, tensor_file};
use super::*;
use crate::summary::{Group, Spread, Summary};
use canvas::scene::{Mark, Scene, WIDTH};

/// Rules that set test numbers, which are then clamped to their range.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Values {
    /// Every number has this value.
    All(f64),
    /// Zero, tiny, medium, huge and negative numbers in turn.
    Mixed,
    /// One value for the autoencoder, another for all other subjects.
    Against(f64, f64),
}

const HUGE: f64 = 1e12;
const TINY: f64 = 1e-12;

const VALUES: [Values; 13] = [
    Values::All(-HUGE),
    Values::All(-1.0),
    Values::All(0.0),
    Values::All(TINY),
    Values::All(0.5),
    Values::All(HUGE),
    Values::Mixed,
    Values::Against(0.25, 0.0),
    Values::Against(0.0, 0.25),
    Values::Against(HUGE, TINY),
    Values::Against(TINY, HUGE),
    Values::Against(1.0, -1.0),
    Values::Against(-1.0, 1.0),
];

impl Values {
    /// A valid value of the number; `index` selects one of several.
    fn of(self, subject: &str, field: &str, index: usize) -> f64 {
        let value = match self {
            Self::All(value) => value,
            Self::Mixed => [0.0, TINY, 0.5, HUGE, 1.0, 1e-3, -0.4, -HUGE, 3e4][index % 9],
            Self::Against(own, _) if [subject::AUTOENCODER, ""].contains(&subject) => own,
            Self::Against(_, other) => other,
        };
        let range = ranges::of(field).unwrap();
        value.max(range.low().unwrap_or(value)).min(range.high().unwrap_or(f64::MAX))
    }
}

fn group(index: usize, values: Values, std: impl Fn(f64) -> Option<f64>) -> Group {
    let mut test: BTreeMap<String, BTreeMap<String, Spread>> = BTreeMap::new();
    let errors = subject::reconstructing().into_iter();
    let errors = errors.flat_map(|subject| ReconstructionError::FIELDS.map(|field| (subject, field)));
    for (place, (subject, field)) in errors.chain(measures::names()).enumerate() {
        let mean = values.of(subject, field, place + 5 * index);
        let fields = test.entry(subject.to_owned()).or_default();
        fields.insert(field.to_owned(), Spread { mean, std: std(mean) });
    }
    // Some networks are references that figures compare others with.
    if index == 0 {
        test.remove(subject::PCA_SOURCE);
        test.get_mut(subject::AUTOENCODER).unwrap().remove("rare_class_mse");
    }
    Group {
        label: format!("plain-{index}"),
        architecture: "plain".to_owned(),
        code: [16, 16, 32, 64][index],
        variant: Some(format!("variant-{index}")),
        seeds: vec![0, 1],
        train: Some([100, 1000, 1000, 50_000][index]),
        side: [None, Some(56), None, Some(112)][index],
        regularised: index == 2,
        metrics: BTreeMap::from([("test".to_owned(), test)]),
    }
}

fn summary(groups: usize, values: Values, std: impl Fn(f64) -> Option<f64>) -> Summary {
    Summary {
        plots: Plot::ALL.to_vec(),
        experiment: "made-up".to_owned(),
        question: "Is it drawn?".to_owned(),
        dataset: "mnist".to_owned(),
        groups: (0..groups).map(|index| group(index, values, &std)).collect(),
        incomplete: Vec::new(),
        warnings: Vec::new(),
        claims: Vec::new(),
    }
}

/// Asserts that texts have no NaN or infinity, and that all marks lie inside the figure.
#[track_caller]
fn is_sound(what: &str, scene: &Scene) {
    let words = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
        words.filter(|word| ["nan", "inf", "infinity"].contains(&word.as_str())).count()
    };
    let texts = scene.texts();
    for text in texts.iter().map(|text| &text.text).chain([&scene.title]) {
        assert_eq!(words(text), 0, "{what}: {text}");
        assert!(!text.chars().any(char::is_control), "{what}: {text:?}");
    }
    assert!(scene.marks.len() < 20_000 && scene.height < 40_000, "{what}: {} marks", scene.marks.len());
    for mark in &scene.marks {
        let points = match mark {
            Mark::Path { points, .. } | Mark::Polygon { points, .. } => points.clone(),
            Mark::Rectangle { corner, opposite, .. } => vec![*corner, *opposite],
            Mark::Disc { centre, .. } => vec![*centre],
            Mark::Text(text) => {
                let (left, top, right, bottom) = text.bounds().unwrap();
                vec![(left, top), (right, bottom)]
            }
            Mark::Image { corner, .. } => vec![*corner],
        };
        for (x, y) in points {
            let inside = (-1.0..=f64::from(WIDTH) + 1.0).contains(&x) && (-1.0..=f64::from(scene.height)).contains(&y);
            assert!(inside, "{what}: {mark:?} is not inside");
        }
    }
    let svg = scene.svg().unwrap();
    assert!(!svg.contains("2147483647") && !svg.contains("2147483648"), "{what}");
}

#[test]
fn a_figure_over_several_runs_is_drawn_at_both_ends_of_its_numbers() {
    for values in VALUES {
        for (name, std) in [
            ("no spread", (|_| None) as fn(f64) -> Option<f64>),
            ("a spread of 0", |_| Some(0.0)),
            ("a spread beyond the mean", |mean: f64| Some(3.0 * mean.abs() + 1e-3)),
        ] {
            for groups in [1, 4] {
                let summary = summary(groups, values, std);
                let mut drawn = 0;
                for plot in Plot::ALL {
                    let what = format!("{plot} of {groups} networks, {values:?}, {name}");
                    match summary_figure(*plot, &summary) {
                        Ok(Some(scene)) => {
                            is_sound(&what, &scene);
                            drawn += 1;
                        }
                        Ok(None) => {}
                        Err(error) => panic!("{what}: {error}"),
                    }
                }
                assert!(drawn >= if groups > 1 { 16 } else { 11 }, "{drawn} figures of {groups} networks, {values:?}");
            }
        }
    }
}

/// Writes the files that figures of a run are drawn from.
fn write_run(directory: &RunDirectory, values: Values, epochs: usize) {
    const BOTH: [&str; 2] = [subject::AUTOENCODER, subject::PCA];
    let f32_of = |subject: &str, field: &str, index: usize| values.of(subject, field, index) as f32;
    let epoch = |index: usize| Epoch {
        epoch: index + 1,
        stage: "training".to_owned(),
        train_loss: values.of("", "train_loss", index),
        validation_loss: Some(values.of("validation", "validation_loss", index + 1)),
        learning_rate: 0.1,
        seconds: values.of("", "seconds", index),
        train_divergence: Some(values.of("", "train_divergence", index)),
        validation_divergence: Some(values.of("validation", "validation_divergence", index)),
        divergence_weight: Some(1.0),
        discriminator_loss: None,
        discriminator_accuracy: None,
        deception_loss: None,
    };
    storage::write_csv(&directory.epochs(), &(0..epochs).map(epoch).collect::<Vec<_>>()).unwrap();
    let error = |subject: &str, index: usize| ReconstructionError {
        mse_per_pixel: values.of(subject, "mse_per_pixel", index),
        squared_error_per_image: values.of(subject, "squared_error_per_image", index),
        bce_per_pixel: Some(values.of(subject, "bce_per_pixel", index)),
        psnr_db: Some(values.of(subject, "psnr_db", index)),
        ssim: Some(values.of(subject, "ssim", index)),
    };
    let subjects = || subject::reconstructing().into_iter().enumerate();
    let split = || subjects().map(|(index, subject)| (subject.to_owned(), error(subject, index))).collect();
    let metrics: Metrics = ["train", "test"].map(|name| (name.to_owned(), split())).into();
    storage::write_json(&directory.metrics(), &metrics).unwrap();
    let mut measures = Measures::new();
    for (index, (subject, field)) in measures::names().enumerate() {
        let fields = measures.entry("test".to_owned()).or_default().entry(subject.to_owned()).or_default();
        fields.insert(field.to_owned(), values.of(subject, field, index));
    }
    storage::write_json(&directory.measures(), &measures).unwrap();

    let (mut classes, mut levels, mut codes, mut units, mut information, mut roc) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, subject) in subjects() {
        let subject = subject.to_owned();
        for class in 0..10 {
            let mse_per_pixel = values.of(&subject, "mse_per_pixel", index + usize::from(class));
            classes.push(ClassError { subject: subject.clone(), class, images: 3, mse_per_pixel });
        }
        for (place, level) in [0.0, 0.25, 0.5, 1.0].into_iter().enumerate() {
            let mse_per_pixel = values.of(&subject, "mse_per_pixel", index + place);
            levels.push(CorruptionError { subject: subject.clone(), level, mse_per_pixel });
        }
    }
    for subject in BOTH.map(str::to_owned) {
        for place in 0..12 {
            let (x, y) = (f32_of(&subject, "x", place), f32_of(&subject, "y", place + 2));
            codes.push(CodePoint { subject: subject.clone(), class: Some(place as u16 % 10), x, y });
            let active_share = values.of(&subject, "active_share", place);
            units.push(UnitActivity { subject: subject.clone(), unit: place, active_share });
            for factor in ["class", "slant"].map(str::to_owned) {
                let information_of = values.of(&subject, "information", place);
                let share = values.of(&subject, "share", place);
                information.push(UnitInformation {
                    subject: subject.clone(),
                    unit: place,
                    factor,
                    information: information_of,
                    share,
                });
            }
            for anomaly in ["left_out", "noise", "foreign"].map(str::to_owned) {
                roc.push(RocPoint {
                    subject: subject.clone(),
                    anomaly,
                    false_positive_rate: values.of(&subject, "false_positive_rate", place),
                    true_positive_rate: values.of(&subject, "true_positive_rate", place),
                });
            }
        }
    }
    storage::write_csv(&directory.error_by_class(), &classes).unwrap();
    storage::write_csv(&directory.error_by_corruption(), &levels).unwrap();
    storage::write_csv(&directory.codes(), &codes).unwrap();
    storage::write_csv(&directory.task_rows(Task::Activity), &units).unwrap();
    storage::write_csv(&directory.task_rows(Task::Factors), &information).unwrap();
    storage::write_csv(&directory.task_rows(Task::Anomaly), &roc).unwrap();

    let pixel = (f32_of("", "share", 0).clamp(0.0, 1.0) * 255.0).round() as u8;
    let images = |name: String, count: usize| {
        // With mixed numbers, images have all grey values.
        let shade = |place: usize| if values == Values::Mixed { (place * 37 % 256) as u8 } else { pixel };
        (name, count, (0..count * 784).map(shade).collect::<Vec<u8>>())
    };
    let file = |images: &[(String, usize, Vec<u8>)]| {
        let tensors =
            images.iter().map(|(name, count, bytes)| (name.as_str(), Dtype::U8, vec![*count, 784], bytes.clone()));
        tensor_file(&tensors.collect::<Vec<_>>())
    };
    let mut generation = Vec::new();
    for name in [subject::PRIOR_SAMPLES, subject::PCA_SAMPLES, subject::TEST_IMAGES] {
        generation.extend([images(name.to_owned(), 20), images(format!("{name}.nearest"), 20)]);
    }
    generation.extend(BOTH.map(|subject| images(format!("walks.{subject}"), 45)));
    let factors = BOTH.map(|subject| images(format!("traversals.{subject}"), 54));
    storage::write(&directory.task_tensors(Task::Generation), &file(&generation)).unwrap();
    storage::write(&directory.task_tensors(Task::Factors), &file(&factors)).unwrap();
}

#[test]
fn a_figure_of_a_run_is_drawn_at_both_ends_of_its_numbers() {
    for loss in [Loss::Mse, Loss::Bce] {
        for values in VALUES {
            for epochs in [1, 7] {
                let folder = tempfile::tempdir().unwrap();
                let directory = Fixture { loss, ..Fixture::default() }.write(folder.path());
                write_run(&directory, values, epochs);
                let mut record = RunRecord::open(&directory).unwrap();
                let weight = values.of("", "x", 0) as f32;
                record.samples.as_mut().unwrap().encoder_filters = Some(vec![vec![weight; 784]; 16]);
                let mut drawn = 0;
                for plot in Plot::ALL {
                    let what = format!("{plot} of a run with {epochs} epochs, {values:?}");
                    match run_figure(*plot, &record) {
                        Ok(Some(scene)) => {
                            is_sound(&what, &scene);
                            drawn += 1;
                        }
                        Ok(None) => {}
                        Err(error) => panic!("{what}: {error}"),
                    }
                }
                assert_eq!(drawn, Plot::of_run().len(), "{values:?}");
            }
        }
    }
}
