//! Subjects: the methods and outputs that numbers are recorded for. Each entry of the table declares one.

use crate::baselines::Baseline;

/// A subject of measurement, and its title, colour and mark in tables and figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Name in records, claims and messages.
    pub name: &'static str,
    /// Title in tables and figures.
    pub title: &'static str,
    /// Colour in figures.
    pub colour: Colour,
    /// Mark in figures of dots.
    pub mark: Mark,
    /// Source of its numbers.
    pub origin: Origin,
}

/// Red, green and blue, 0 to 255 each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

// Palette of Okabe & Ito (2008), which colour-blind readers can distinguish.
/// Blue of the palette: the autoencoder.
pub const BLUE: Colour = Colour(0, 114, 178);
/// Vermillion of the palette: PCA.
pub const VERMILLION: Colour = Colour(213, 94, 0);
/// Green of the palette.
pub const GREEN: Colour = Colour(0, 158, 115);
/// Purple of the palette.
pub const PURPLE: Colour = Colour(204, 121, 167);
/// Orange of the palette.
pub const ORANGE: Colour = Colour(230, 159, 0);
/// Light blue of the palette.
pub const SKY: Colour = Colour(86, 180, 233);
/// Nearly black.
pub const INK: Colour = Colour(34, 34, 34);
/// Grey: subjects that need no training.
pub const GREY: Colour = Colour(110, 110, 110);

/// Mark in figures of dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A filled circle.
    Disc,
    /// A square on a corner.
    Diamond,
    /// A square on a side.
    Square,
    /// A triangle that points up.
    TriangleUp,
    /// A triangle that points down.
    TriangleDown,
    /// An upright cross.
    Cross,
}

/// Source of the numbers of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The trained network: its reconstruction error.
    Network,
    /// A baseline: its reconstruction error. The first subject of a baseline is its output; a second one is the same
    /// output, clipped to [0, 1].
    Baseline(Baseline),
    /// The corrupted input: its error as a reconstruction.
    Input,
    /// A task: the subject has no reconstruction error, and the declarations of tasks name it.
    Task,
}

/// Declares the subjects: a constant for the name of each, and the table.
macro_rules! subjects {
    ($($(#[$doc:meta])* $constant:ident = $name:literal {
        title: $title:literal, colour: $colour:expr, mark: $mark:ident,
        origin: $($origin:tt)+
    },)+) => {
        $($(#[$doc])* pub const $constant: &str = $name;)+

        /// All subjects. Those with a reconstruction error come first, in the order of tables.
        pub const ALL: &[Subject] = &[
            $(Subject { name: $name, title: $title, colour: $colour, mark: Mark::$mark, origin: Origin::$($origin)+ },)+
        ];

        const NAMES: &[&str] = &[$($name,)+];
    };
}

subjects! {
    /// The trained network.
    AUTOENCODER = "autoencoder" { title: "autoencoder", colour: BLUE, mark: Disc, origin: Network },
    /// PCA at the same code size.
    PCA = "pca" { title: "PCA", colour: VERMILLION, mark: Diamond, origin: Baseline(Baseline::Pca) },
    /// PCA at the same code size, with its output clipped to [0, 1].
    PCA_CLIPPED = "pca_clipped" {
        title: "PCA, clipped", colour: VERMILLION, mark: Square,
        origin: Baseline(Baseline::Pca)
    },
    /// The mean training image.
    MEAN_IMAGE = "mean_image" {
        title: "mean image", colour: GREY, mark: Square,
        origin: Baseline(Baseline::MeanImage)
    },
    /// The affine map through a code of the same size that best removes the noise of training images.
    LINEAR_DENOISER = "linear_denoiser" {
        title: "linear denoiser", colour: SKY, mark: Cross,
        origin: Baseline(Baseline::LinearDenoiser)
    },
    /// The affine map of full rank that best removes the noise of training images.
    WIENER = "wiener" {
        title: "Wiener filter", colour: ORANGE, mark: Square,
        origin: Baseline(Baseline::Wiener)
    },
    /// The median filter. Its window is chosen on training images.
    MEDIAN_FILTER = "median_filter" {
        title: "median filter", colour: GREEN, mark: TriangleUp,
        origin: Baseline(Baseline::MedianFilter)
    },
    /// Non-local means. Its strength is chosen on training images.
    NON_LOCAL_MEANS = "non_local_means" {
        title: "non-local means", colour: PURPLE, mark: TriangleDown,
        origin: Baseline(Baseline::NonLocalMeans)
    },
    /// The corrupted input as a reconstruction: its error is that of the noise.
    CORRUPTED_INPUT = "corrupted_input" { title: "noisy input", colour: GREY, mark: Square, origin: Input },
    /// A mixture of products of Bernoulli distributions, fit to binarised training images.
    BERNOULLI_MIXTURE = "bernoulli_mixture" {
        title: "Bernoulli mixture", colour: GREEN, mark: Square,
        origin: Task
    },
    /// Images that the decoder makes from samples of a standard normal code.
    PRIOR_SAMPLES = "prior_samples" { title: "prior", colour: BLUE, mark: Disc, origin: Task },
    /// Images that the decoder makes from samples of a Gaussian mixture fitted to the training codes.
    MIXTURE_SAMPLES = "mixture_samples" { title: "mixture", colour: GREEN, mark: TriangleUp, origin: Task },
    /// Images that PCA, with its best number of components, makes from samples of a normal distribution fitted to its
    /// training codes.
    PCA_SAMPLES = "pca_samples" { title: "PCA, normal", colour: VERMILLION, mark: Diamond, origin: Task },
    /// Images that PCA, with its best number of components, makes from samples of a mixture fitted to its training
    /// codes.
    PCA_MIXTURE_SAMPLES = "pca_mixture_samples" {
        title: "PCA, mixture", colour: PURPLE, mark: TriangleDown,
        origin: Task
    },
    /// Every second test image in place of samples: the distances of real images.
    TEST_IMAGES = "test_images" { title: "test images", colour: INK, mark: Square, origin: Task },
    /// Decoded codes of training images in place of samples: the distance to training images if codes are copied.
    TRAINING_RECONSTRUCTIONS = "training_reconstructions" {
        title: "training reconstructions", colour: GREY, mark: Cross,
        origin: Task
    },
    /// The classifier whose features measure the quality of samples.
    SAMPLE_CLASSIFIER = "classifier" { title: "classifier", colour: GREY, mark: Square, origin: Task },
    /// Codes of PCA after random rotations: the scores of axes without a meaning.
    ROTATED_PCA = "rotated_pca" { title: "PCA, rotated at random", colour: ORANGE, mark: TriangleUp, origin: Task },
    /// The pixels in place of a code.
    RAW_PIXELS = "raw_pixels" { title: "pixels", colour: GREEN, mark: Square, origin: Task },
    /// Distance to the 10th nearest training image, in pixels.
    KTH_NEIGHBOUR = "kth_neighbour" {
        title: "distance to the 10th nearest training image", colour: GREEN, mark: Square,
        origin: Task
    },
    /// A lossless image format.
    PNG = "png" { title: "png", colour: GREY, mark: Square, origin: Task },
    /// A lossy image format.
    JPEG = "jpeg" { title: "jpeg", colour: GREY, mark: Square, origin: Task },
    /// The noise of a data set with noise of known variance: the least possible error.
    NOISE_FLOOR = "noise_floor" { title: "noise_floor", colour: GREY, mark: Square, origin: Task },
    /// PCA fitted to the source data of a transfer.
    PCA_SOURCE = "pca_source" { title: "pca_source", colour: GREY, mark: Square, origin: Task },
    /// PCA fitted to the source data of a transfer, with a linear decoder fitted to the target data.
    PCA_TUNED = "pca_tuned" { title: "pca_tuned", colour: GREY, mark: Square, origin: Task },
    /// The mean training image of the source data of a transfer.
    SOURCE_MEAN_IMAGE = "source_mean_image" {
        title: "source_mean_image", colour: GREY, mark: Square,
        origin: Task
    },
    /// The encoder with a softmax layer on its code, trained on labels.
    FINE_TUNED = "fine_tuned" { title: "encoder, trained on labels", colour: BLUE, mark: Disc, origin: Task },
}

/// The subject with this name, or `None`.
pub fn find(name: &str) -> Option<&'static Subject> {
    ALL.iter().find(|subject| subject.name == name)
}

/// Title of a subject in tables and figures; the name itself if there is no such subject.
pub fn title(name: &str) -> &str {
    find(name).map_or(name, |subject| subject.title)
}

/// Names of the subjects with a reconstruction error, in the order of tables.
pub fn reconstructing() -> Vec<&'static str> {
    ALL.iter().filter(|subject| subject.origin != Origin::Task).map(|subject| subject.name).collect()
}

impl Baseline {
    /// Names of the subjects that the errors of this baseline are recorded for. The first one is its output; a second
    /// one is the same output, clipped to [0, 1].
    pub fn subjects(self) -> impl Iterator<Item = &'static str> {
        ALL.iter().filter(move |subject| subject.origin == Origin::Baseline(self)).map(|subject| subject.name)
    }

    /// The baseline of a subject; `None` if the subject is not a baseline's.
    pub fn of_subject(subject: &str) -> Option<Self> {
        match find(subject)?.origin {
            Origin::Baseline(baseline) => Some(baseline),
            Origin::Network | Origin::Input | Origin::Task => None,
        }
    }

    /// Name of the first subject of this baseline, as a list of one.
    pub(crate) const fn first_subject(self) -> &'static [&'static str] {
        let mut index = 0;
        while index < ALL.len() {
            if let Origin::Baseline(baseline) = ALL[index].origin
                && baseline as usize == self as usize
            {
                return NAMES.split_at(index).1.split_at(1).0;
            }
            index += 1;
        }
        &[]
    }
}

const fn is_denoiser(subject: Subject) -> bool {
    matches!(subject.origin, Origin::Baseline(baseline) if baseline.is_denoiser())
}

const DENOISER_COUNT: usize = {
    let (mut count, mut index) = (0, 0);
    while index < ALL.len() {
        count += is_denoiser(ALL[index]) as usize;
        index += 1;
    }
    count
};

/// Names of the subjects of all denoisers, in the order of the table.
pub const DENOISERS: &[&str] = &{
    let (mut names, mut count, mut index) = ([""; DENOISER_COUNT], 0, 0);
    while index < ALL.len() {
        if is_denoiser(ALL[index]) {
            names[count] = ALL[index].name;
            count += 1;
        }
        index += 1;
    }
    names
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::MEASURED;

    #[test]
    fn every_baseline_has_a_subject_and_subjects_with_a_reconstruction_error_come_first() {
        for &baseline in Baseline::ALL {
            let names: Vec<&str> = baseline.subjects().collect();
            assert!((1..=2).contains(&names.len()), "{baseline}: {names:?}");
            assert_eq!(baseline.first_subject(), [names[0]]);
            assert!(names.iter().all(|name| Baseline::of_subject(name) == Some(baseline)));
        }
        let reconstructing = reconstructing();
        assert!(ALL.iter().map(|subject| subject.name).take(reconstructing.len()).eq(reconstructing));
    }

    #[test]
    fn each_subject_of_a_task_is_in_the_table_and_each_subject_without_reconstruction_error_has_a_task() {
        let measured: Vec<&str> = MEASURED.iter().flat_map(|of| of.subjects).copied().collect();
        assert!(measured.iter().all(|name| find(name).is_some()), "{measured:?}");
        let only_of_tasks = ALL.iter().filter(|subject| subject.origin == Origin::Task);
        assert!(only_of_tasks.clone().count() > 0);
        only_of_tasks.for_each(|subject| assert!(measured.contains(&subject.name), "{}", subject.name));
    }
}
