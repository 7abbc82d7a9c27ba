//! Writes an artificial record of a run for tests of figures, with glyphs and their real PCA.

use std::f32::consts::TAU;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use evaluation::Pca;
use record::{ClassError, CodePoint, CorruptionError, Epoch, Metrics, ReconstructionError, RunDirectory};
use safetensors::tensor::{Dtype, TensorView};
use spec::catalogue::{Architecture, DatasetName, Loss};
use spec::subject;
use system::storage;
use zoo::{Autoencoder, Matrix};

/// Parameters of the artificial record. Change a field, then call [`write`](Fixture::write).
#[derive(Debug, Clone)]
pub(super) struct Fixture {
    pub(super) dataset: DatasetName,
    pub(super) architecture: Architecture,
    pub(super) code: usize,
    pub(super) variant: Option<&'static str>,
    pub(super) loss: Loss,
    pub(super) sigma: Option<f32>,
    pub(super) stacked: bool,
    pub(super) epochs: usize,
    /// Error of the autoencoder divided by that of PCA.
    pub(super) ratio: f64,
}

impl Default for Fixture {
    fn default() -> Self {
        Self {
            dataset: DatasetName::Glyphs,
            architecture: Architecture::Plain,
            code: 32,
            variant: None,
            loss: Loss::Mse,
            sigma: Some(0.5),
            stacked: false,
            epochs: 30,
            ratio: 0.61,
        }
    }
}

/// Error of PCA; all other errors are multiples of it.
const PCA_ERROR: f64 = 0.0198;

const TEST_IMAGES: usize = 600;

/// Images of the record: digits with 28 pixels a side.
const SIDE: usize = 28;
const PIXELS: usize = SIDE * SIDE;
const CLASSES: u16 = 10;

impl Fixture {
    /// The resolved spec.
    pub(super) fn toml(&self) -> String {
        let mut text = "name = \"made-up\"\nquestion = \"Is it drawn?\"\nseeds = [0]\n".to_owned();
        if let Some(variant) = self.variant {
            let _ = writeln!(text, "variant = \"{variant}\"");
        }
        let _ = write!(
            text,
            "[dataset]\nname = \"{}\"\ntrain = 20000\nvalidation = 2000\ntest = 4000\n\
             [model]\narchitecture = \"{}\"\ncode = {}\n\
             [training]\nepochs = {}\nbatch_size = 100\nloss = \"{}\"\n[training.adam]\nlearning_rate = 0.001\n",
            self.dataset, self.architecture, self.code, self.epochs, self.loss
        );
        if self.stacked {
            text.push_str("[training.pretraining]\nepochs = 8\n");
        }
        if let Some(sigma) = self.sigma {
            let _ = write!(text, "[corruption.gaussian]\nsigma = {sigma}\n");
        }
        text.push_str("[evaluation]\nplots = [\"learning_curves\", \"reconstructions\", \"error_by_class\", \"codes\", \"filters\"");
        text.push_str(if self.sigma.is_some() { ", \"error_by_corruption\"]\n" } else { "]\n" });
        text
    }

    /// Writes every file that figures are drawn from.
    pub(super) fn write(&self, folder: &Path) -> RunDirectory {
        let directory = RunDirectory::at(folder);
        storage::create_directory(folder).unwrap();
        storage::write(&directory.experiment(), self.toml().as_bytes()).unwrap();
        storage::write_csv(&directory.epochs(), &self.epochs()).unwrap();
        storage::write_json(&directory.metrics(), &self.metrics()).unwrap();
        storage::write_csv(&directory.error_by_class(), &self.error_by_class()).unwrap();
        storage::write_csv(&directory.codes(), &self.codes()).unwrap();
        if self.sigma.is_some() {
            storage::write_csv(&directory.error_by_corruption(), &self.error_by_corruption()).unwrap();
        }
        storage::write(&directory.images(), &self.images()).unwrap();
        directory
    }

    pub(super) fn epochs(&self) -> Vec<Epoch> {
        let mut stages: Vec<(String, usize)> = Vec::new();
        if self.stacked {
            stages.extend(
                (1..=self.architecture.network(spec::Shape::square(SIDE), 2).hidden.len() + 1)
                    .map(|layer| (format!("layer-{layer}"), 8)),
            );
            stages.push(("fine-tuning".to_owned(), self.epochs));
        } else {
            stages.push(("training".to_owned(), self.epochs));
        }
        let end = if self.loss == Loss::Mse { PCA_ERROR * self.ratio * 0.97 } else { 0.093 };
        let mut epochs = Vec::new();
        for (stage, count) in stages {
            for epoch in 1..=count {
                let time = epoch as f64;
                // The first epochs fall steeply, the rest slowly; validation turns up a little at the end.
                let loss = end * (1.0 + 3.0 * (-0.9 * (time - 1.0)).exp() + 0.6 / time);
                let validation = loss * (1.02 + 0.004 * (time - 10.0).max(0.0).powf(1.1));
                epochs.push(Epoch {
                    epoch: epochs.len() + 1,
                    stage: stage.clone(),
                    train_loss: loss,
                    validation_loss: Some(validation),
                    learning_rate: 0.001,
                    seconds: 1.0,
                    ..Epoch::default()
                });
            }
        }
        epochs
    }

    pub(super) fn metrics(&self) -> Metrics {
        let error = |mse: f64| ReconstructionError {
            mse_per_pixel: mse,
            squared_error_per_image: mse * PIXELS as f64,
            bce_per_pixel: Some(0.08 + mse),
            psnr_db: Some(-10.0 * mse.log10()),
            ssim: Some(0.9),
        };
        let split = |factor: f64| {
            let mut subjects = vec![
                (subject::AUTOENCODER, PCA_ERROR * self.ratio),
                (subject::PCA, PCA_ERROR),
                (subject::PCA_CLIPPED, PCA_ERROR * 0.94),
                (subject::MEAN_IMAGE, 0.0673),
            ];
            subjects.extend(self.sigma.map(|sigma| (subject::CORRUPTED_INPUT, 0.5 * f64::from(sigma).powi(2))));
            subjects.into_iter().map(|(name, mse)| (name.to_owned(), error(mse * factor))).collect()
        };
        [("train", 0.98), ("validation", 1.0), ("test", 1.01)]
            .into_iter()
            .map(|(name, factor)| (name.to_owned(), split(factor)))
            .collect()
    }

    pub(super) fn error_by_class(&self) -> Vec<ClassError> {
        let mut rows = Vec::new();
        for (name, share) in [(subject::AUTOENCODER, self.ratio), (subject::PCA, 1.0), (subject::MEAN_IMAGE, 3.4)] {
            for class in 0..CLASSES {
                // PCA and the autoencoder find different classes hard.
                let hard = |step: u16| 0.7 + 0.06 * f64::from((class * step + 3) % 10);
                let factor = if name == subject::AUTOENCODER { hard(7) } else { hard(3) };
                let mse_per_pixel = PCA_ERROR * share * factor;
                rows.push(ClassError { subject: name.to_owned(), class, images: 400, mse_per_pixel });
            }
        }
        rows
    }

    pub(super) fn error_by_corruption(&self) -> Vec<CorruptionError> {
        let trained = f64::from(self.sigma.unwrap_or(0.5));
        let mut rows = Vec::new();
        for level in [0.0_f32, 0.1, 0.25, 0.5, 0.75, 1.0] {
            let sigma = f64::from(level);
            let noise = 0.5 * sigma * sigma;
            for (name, mse_per_pixel) in [
                (subject::AUTOENCODER, self.ratio * PCA_ERROR * (0.8 + 0.9 * (sigma - 0.6 * trained).abs().powi(2))),
                (subject::PCA, PCA_ERROR * (0.45 + 2.2 * sigma * sigma)),
                (subject::CORRUPTED_INPUT, noise),
            ] {
                rows.push(CorruptionError { subject: name.to_owned(), level, mse_per_pixel });
            }
        }
        rows
    }

    pub(super) fn codes(&self) -> Vec<CodePoint> {
        let digits = digits();
        let codes = digits.pca.encode(&digits.clean);
        let mut points = Vec::new();
        for (name, apart) in [(subject::AUTOENCODER, 4.0_f32), (subject::PCA, 0.0)] {
            for (row, &class) in digits.labels.iter().enumerate() {
                // The autoencoder's classes are moved outwards, each in a different direction.
                let angle = TAU * f32::from(class) / CLASSES as f32;
                let [x, y] = [codes.row(row)[0], codes.row(row)[1]];
                points.push(CodePoint {
                    subject: name.to_owned(),
                    class: Some(class),
                    x: x + apart * angle.cos(),
                    y: y + apart * angle.sin(),
                });
            }
        }
        points
    }

    fn images(&self) -> Vec<u8> {
        let digits = digits();
        let columns: Vec<usize> =
            (0..CLASSES).filter_map(|class| digits.labels.iter().position(|label| *label == class)).collect();
        let picked =
            |matrix: &Matrix| -> Vec<f32> { columns.iter().flat_map(|&row| matrix.row(row)).copied().collect() };
        let bytes = |values: &[f32]| -> Vec<u8> {
            values.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8).collect()
        };
        let (clean, pca) = (picked(&digits.clean), picked(&digits.pca.reconstruct(&digits.clean)));
        let own: Vec<f32> =
            clean.iter().zip(&pca).map(|(clean, pca)| 0.7 * clean + 0.3 * pca.clamp(0.0, 1.0)).collect();
        let noise = |index: usize| ((index as f32 * 12.9898).sin() * 43758.547).fract() - 0.2;
        let corrupted: Vec<f32> = clean.iter().enumerate().map(|(index, value)| value + 0.8 * noise(index)).collect();
        let floats = |values: &[f32]| -> Vec<u8> { values.iter().flat_map(|value| value.to_le_bytes()).collect() };
        let components = digits.pca.components();

        let mut tensors = vec![
            ("labels", Dtype::U8, vec![columns.len()], columns.iter().map(|&row| digits.labels[row] as u8).collect()),
            ("clean", Dtype::U8, vec![columns.len(), PIXELS], bytes(&clean)),
            ("autoencoder", Dtype::U8, vec![columns.len(), PIXELS], bytes(&own)),
            ("pca", Dtype::U8, vec![columns.len(), PIXELS], bytes(&pca)),
            ("encoder_filters", Dtype::F32, vec![16, PIXELS], floats(&strokes())),
            ("pca_components", Dtype::F32, vec![16, PIXELS], floats(&components.values()[..16 * PIXELS])),
        ];
        if self.sigma.is_some() {
            tensors.push(("corrupted", Dtype::U8, vec![columns.len(), PIXELS], bytes(&corrupted)));
        }
        tensor_file(&tensors)
    }
}

/// Writes a file of tensors from the name, type, shape and bytes of each.
pub(super) fn tensor_file(tensors: &[(&str, Dtype, Vec<usize>, Vec<u8>)]) -> Vec<u8> {
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| (*name, TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

/// Sixteen filters like those of a denoising autoencoder: bright strokes with dark sides, at different places.
fn strokes() -> Vec<f32> {
    let mut weights = Vec::new();
    for unit in 0..16_u8 {
        let angle = TAU * f32::from(unit) / 16.0;
        let (across, down) = (14.0 + 6.0 * angle.cos(), 14.0 + 6.0 * angle.sin());
        for pixel in 0..PIXELS {
            let (x, y) = ((pixel % SIDE) as f32 - across, (pixel / SIDE) as f32 - down);
            let side = x * (2.3 * angle).cos() + y * (2.3 * angle).sin();
            let texture = 0.06 * ((pixel as f32 + f32::from(unit)) * 78.233).sin();
            weights.push((-(x * x + y * y) / 30.0).exp() * (side * 1.1).cos() + texture);
        }
    }
    weights
}

struct Digits {
    clean: Matrix,
    labels: Vec<u16>,
    pca: Pca,
}

fn digits() -> &'static Digits {
    static DIGITS: OnceLock<Digits> = OnceLock::new();
    DIGITS.get_or_init(|| {
        let toml = Fixture::default().toml().replace("test = 4000", &format!("test = {TEST_IMAGES}"));
        let toml = toml.replace("train = 20000", "train = 600").replace("validation = 2000", "validation = 0");
        let run = parse(&toml);
        let splits = datasets::load(&run.dataset, 0, None).unwrap();
        let mut clean = vec![0.0; splits.test.len() * PIXELS];
        for (index, row) in clean.chunks_exact_mut(PIXELS).enumerate() {
            splits.test.read(index, row);
        }
        Digits {
            clean: Matrix::new(splits.test.len(), PIXELS, clean),
            labels: splits.test.labels().to_vec(),
            pca: Pca::fit(&splits.train, 32).unwrap(),
        }
    })
}

/// The only run of an experiment file.
pub(super) fn parse(toml: &str) -> spec::Run {
    spec::Experiment::parse(Path::new("made-up.toml"), toml.to_owned(), &[]).unwrap().runs.remove(0)
}
