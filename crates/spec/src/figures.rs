//! Figures. Each entry of the table declares one: name, scope, place in the report, the file that it is drawn from, and
//! needs.
//!
//! `crates/figures/src/figure` has one file for each figure.

use crate::names::names;
use crate::needs::Need;
use crate::tasks::Task;

/// The runs that a figure shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One run. The report shows the figure for the first complete run of an experiment, after the figures of the
    /// experiment.
    Run {
        /// Position among the figures of a run in the report, from 1. Figures that say most in least space come first.
        place: usize,
    },
    /// All runs of an experiment. The report shows the figure in the order of `evaluation.plots`.
    Experiment,
}

/// Where the report shows a figure. The page of an experiment shows every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// In `REPORT.md`, which git holds with its figures.
    Report,
    /// In `REPORT.md` if the runs carry out this task, because the answer of the experiment then rests on the figure.
    With(Task),
    /// On the page of the experiment alone.
    Page,
}

/// File of a run that a figure is drawn from and that holds no recorded number, so that a compact record can leave it
/// out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// No such file.
    Nothing,
    /// `images.safetensors`.
    Images,
    /// `codes.csv`.
    Codes,
    /// The CSV of a task.
    Rows(Task),
    /// The safetensors of a task.
    Tensors(Task),
}

/// Declares the figures. The first token stands for `$` in the macro `each_figure`, which passes the table on.
macro_rules! figures {
    ($dollar:tt $($(#[$doc:meta])* $variant:ident = $name:ident {
        scope: $scope:ident $({ place: $place:literal })?, shown: $shown:expr, behind: $behind:expr, needs: $needs:expr
    },)+) => {
        names! {
            /// A figure of one run or of a whole experiment.
            Plot, "plot" { $($(#[$doc])* $variant = stringify!($name),)+ }
        }

        impl Plot {
            /// Runs that the figure shows.
            pub const fn scope(self) -> Scope {
                match self { $(Self::$variant => Scope::$scope $({ place: $place })?,)+ }
            }

            /// Place of the figure in the report.
            pub const fn shown(self) -> Shown {
                use Shown::*;
                match self { $(Self::$variant => $shown,)+ }
            }

            /// File of a run that the figure is drawn from, if a compact record can leave the file out.
            pub const fn behind(self) -> Behind {
                use Behind::*;
                match self { $(Self::$variant => $behind,)+ }
            }

            /// What the figure needs of a run. By default, a run draws every figure whose needs it meets.
            pub const fn needs(self) -> &'static [Need] {
                use Need::*;
                match self { $(Self::$variant => &$needs,)+ }
            }
        }

        /// Passes the table of figures to a macro, as `Variant name Scope,` for each, so that no other crate lists them again.
        #[macro_export]
        macro_rules! each_figure {
            ($dollar then:ident) => { $dollar then! { $($variant $name $scope,)+ } };
        }
    };
}

figures! {$
    /// Training and validation loss by epoch, for every stage.
    LearningCurves = learning_curves { scope: Run { place: 10 }, shown: Page, behind: Nothing, needs: [] },
    /// Clean, corrupted and reconstructed test rows: images in a grid, other rows as lines over their columns.
    Reconstructions = reconstructions { scope: Run { place: 3 }, shown: Report, behind: Images, needs: [] },
    /// Test error of each class.
    ErrorByClass = error_by_class { scope: Run { place: 13 }, shown: With(self::Task::Classes), behind: Nothing, needs: [Classes] },
    /// Test error against the strength of the corruption.
    ErrorByCorruption = error_by_corruption { scope: Run { place: 12 }, shown: Report, behind: Nothing, needs: [] },
    /// Test error against the code size, with the spread over seeds.
    ErrorByCodeSize = error_by_code_size { scope: Experiment, shown: Report, behind: Nothing, needs: [] },
    /// Test error of each network, if several networks share a code size.
    Comparison = comparison { scope: Experiment, shown: Report, behind: Nothing, needs: [] },
    /// Test codes in two dimensions, coloured by class.
    Codes = codes { scope: Run { place: 2 }, shown: With(self::Task::Neighbours), behind: Codes, needs: [Classes] },
    /// First-layer weights beside principal components.
    Filters = filters { scope: Run { place: 9 }, shown: Page, behind: Images, needs: [GreyImages] },
    /// Divergence of Gaussian codes, or losses of discriminator and encoder, by epoch.
    TrainingTerms = training_terms { scope: Run { place: 11 }, shown: Report, behind: Nothing, needs: [TermsBesideTheLoss] },
    /// Samples from the prior, a mixture and PCA, with the training images nearest to them.
    Samples = samples { scope: Run { place: 4 }, shown: Report, behind: Tensors(self::Task::Generation), needs: [GreyImages, Task(self::Task::Generation)] },
    /// Decoded codes between the codes of two test images.
    Walks = walks { scope: Run { place: 5 }, shown: Report, behind: Tensors(self::Task::Generation), needs: [GreyImages, Task(self::Task::Generation)] },
    /// How often and how strongly each unit of the code is active.
    Activity = activity { scope: Run { place: 8 }, shown: Report, behind: Nothing, needs: [Task(self::Task::Activity)] },
    /// Information of single units of the code about class and factors.
    Factors = factors { scope: Run { place: 6 }, shown: Report, behind: Nothing, needs: [Task(self::Task::Factors)] },
    /// Test images decoded after one unit of the code is changed.
    Traversals = traversals { scope: Run { place: 7 }, shown: Report, behind: Tensors(self::Task::Factors), needs: [GreyImages, Task(self::Task::Factors)] },
    /// Error of each network under kinds of corruption that it was not trained on.
    Robustness = robustness { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Robustness)] },
    /// Frechet distance of the samples of each network.
    FrechetDistances = frechet_distances { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Generation)] },
    /// Bounds of the log-likelihood of each network.
    Likelihoods = likelihoods { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Likelihood)] },
    /// Accuracy of nearest neighbours, trustworthiness and continuity of codes.
    Neighbours = neighbours { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Neighbours)] },
    /// Accuracy of linear classifiers of codes, by number of labels.
    Classification = classification { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Classification)] },
    /// Agreement of clusters of codes with the classes.
    Clustering = clustering { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Clustering)] },
    /// Error against the number of bits of a compressed image.
    RateDistortion = rate_distortion { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Compression)] },
    /// How well the error separates each left-out class from the others.
    Anomalies = anomalies { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Anomaly)] },
    /// Receiver operating characteristics of anomaly detection.
    Roc = roc { scope: Run { place: 1 }, shown: Report, behind: Rows(self::Task::Anomaly), needs: [Task(self::Task::Anomaly)] },
    /// How well the error detects known faults of a machine, and how often it names the faulty column.
    Faults = faults { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Faults)] },
    /// Number of components with which PCA equals each network, against the code size of the network.
    Components = components { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Components)] },
    /// Error of a rare class and of the other classes, for each network.
    Classes = classes { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Classes)] },
    /// Errors of transferred networks, other networks, and PCA transferred in the same ways.
    Transfer = transfer { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Transfer)] },
    /// Error of every method at half, once and twice the noise of training, relative to the noisy input.
    NoiseLevels = noise_levels { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::NoiseLevels)] },
    /// Test and training error against the number of training images.
    ErrorByTrainingImages = error_by_training_images { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Generalisation)] },
    /// Test error of the classifier of each network.
    FineTuning = fine_tuning { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::FineTuning)] },
    /// Error, number of parameters and seconds of autoencoder and PCA, against the side of the images.
    Growth = growth { scope: Experiment, shown: Report, behind: Nothing, needs: [Task(self::Task::Cost)] },
}

impl Plot {
    /// True if `REPORT.md` shows it of runs that carry out these tasks; the page of the experiment shows it in any case.
    pub fn is_in_report(self, tasks: &[Task]) -> bool {
        match self.shown() {
            Shown::Report => true,
            Shown::With(task) => tasks.contains(&task),
            Shown::Page => false,
        }
    }

    /// Figures of one run, in the order of the report.
    pub fn of_run() -> Vec<Self> {
        let mut figures: Vec<(usize, Self)> = Vec::new();
        for &figure in Self::ALL {
            if let Scope::Run { place } = figure.scope() {
                figures.push((place, figure));
            }
        }
        figures.sort_unstable();
        figures.into_iter().map(|(_, figure)| figure).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_run_have_different_places_in_the_report() {
        let places = Plot::of_run().into_iter().map(|figure| match figure.scope() {
            Scope::Run { place } => place,
            Scope::Experiment => unreachable!("{figure} is of an experiment"),
        });
        let places: Vec<usize> = places.collect();
        assert!(!places.is_empty());
        assert!(places.iter().copied().eq(1..=places.len()), "{places:?}");
    }
}
