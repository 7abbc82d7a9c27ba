//! The names an experiment file may use: networks, activations, data sets, losses, baselines, tasks and figures.

use std::fmt;
use std::str::FromStr;

use crate::network::Network;
use crate::shape::Shape;
use crate::subject;

/// Pixels of one image as every data set has it: 28 rows of 28, row by row.
pub const PIXELS: usize = 784;

/// Pixels on each side of such an image.
pub const SIDE: usize = 28;

/// Pixels on each side of the images that are drawn by strokes, at the resolutions there are.
pub const SIDES: [usize; 3] = [SIDE, 56, 112];

/// Classes in every data set, labelled 0 to 9.
pub const CLASSES: usize = 10;

/// Declares a closed set of names: an enum whose variants each have one spelling in TOML and on the command line.
macro_rules! names {
    ($(#[$doc:meta])* $type:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $name:expr,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $($(#[$variant_doc])* $variant,)+ }

        impl $type {
            /// Every value, in the order the documentation lists them.
            pub const ALL: &'static [$type] = &[$($type::$variant,)+];

            /// The spelling used in experiment files, flags and paths.
            pub const fn name(self) -> &'static str {
                match self { $($type::$variant => $name,)+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $type {
            type Err = String;

            /// Reads a name; the error lists what there is and, where one is close, suggests it.
            fn from_str(text: &str) -> Result<Self, String> {
                let known: Vec<&str> = Self::ALL.iter().map(|value| value.name()).collect();
                match known.iter().position(|name| *name == text) {
                    Some(index) => Ok(Self::ALL[index]),
                    None => Err(crate::suggestion::unknown($what, text, &known)),
                }
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

names! {
    /// How a network computes.
    Kind, "kind of network" {
        /// An encoder of dense layers and its mirror image.
        Dense = "dense",
        /// The same with a normal distribution as code, of which the encoder gives mean and log variance (Kingma & Welling,
        /// 2014).
        Gaussian = "gaussian",
        /// Gated recurrent units that read steps and write steps, with a linear code between them (Cho et al., 2014).
        Gated = "gated",
    }
}

names! {
    /// What a layer applies to its sums, as PyTorch computes it by default.
    Activation, "activation" {
        /// `max(0, x)`.
        Relu = "relu",
        /// `x` above 0, else `x / 100` (Maas et al., 2013).
        LeakyRelu = "leaky_relu",
        /// `x` above 0, else `exp(x) - 1` (Clevert et al., 2016).
        Elu = "elu",
        /// `x` times the standard normal distribution function at `x` (Hendrycks & Gimpel, 2016).
        Gelu = "gelu",
        /// Hyperbolic tangent.
        Tanh = "tanh",
        /// `1 / (1 + exp(-x))`.
        Sigmoid = "sigmoid",
        /// Nothing.
        Identity = "identity",
    }
}

impl Activation {
    /// True if its slope takes few values and jumps between them: the contractive penalty is worked out for such encoders.
    pub const fn is_piecewise_linear(self) -> bool {
        matches!(self, Self::Relu | Self::LeakyRelu | Self::Identity)
    }
}

/// Declares the networks that have a name: each is the text that a file could write in its place.
macro_rules! presets {
    ($($(#[$doc:meta])* $variant:ident = $name:literal: $kind:ident $hidden:expr, $activation:ident, code $code:ident, output $output:ident;)+) => {
        names! {
            /// A network that has a name. The code size `k` is chosen apart from it.
            Architecture, "architecture" { $($(#[$doc])* $variant = $name,)+ }
        }

        impl Architecture {
            /// The network with a code of so many units, for rows of a shape.
            pub fn network(self, shape: Shape, code: usize) -> Network {
                match self {
                    $(Self::$variant => Network {
                        kind: Kind::$kind,
                        shape,
                        hidden: $hidden.to_vec(),
                        activation: Activation::$activation,
                        code,
                        code_activation: Activation::$code,
                        output: Activation::$output,
                    },)+
                }
            }
        }
    };
}

presets! {
    /// d-k-d, identity throughout: what PCA solves in closed form. No linear autoencoder has a lower training error than PCA
    /// with k components, whose span its code can reach (Baldi & Hornik, 1989).
    Linear = "linear": Dense [], Relu, code Identity, output Identity;
    /// d-k-d: one hidden layer, which is the code.
    Shallow = "shallow": Dense [], Relu, code Relu, output Sigmoid;
    /// d-64-k-64-d: a hidden layer on each side of a linear code.
    Plain = "plain": Dense [64], Relu, code Identity, output Sigmoid;
    /// d-512-256-k and mirrored: `variational` without its noise.
    Wide = "wide": Dense [512, 256], Relu, code Identity, output Sigmoid;
    /// d-1000-500-250-k and mirrored (Hinton & Salakhutdinov, 2006, with ReLU in place of logistic units).
    Deep = "deep": Dense [1000, 500, 250], Relu, code Identity, output Sigmoid;
    /// d-512-256-k and mirrored, with a Gaussian code (Kingma & Welling, 2014; layers as in Burda et al., 2016).
    Variational = "variational": Gaussian [512, 256], Relu, code Identity, output Sigmoid;
    /// Reads and writes step by step (Srivastava et al., 2015); with 112 units it has about as many parameters as `plain` on
    /// 28 x 28 pixels.
    Recurrent = "recurrent": Gated [112], Relu, code Identity, output Sigmoid;
}

names! {
    /// A source of labelled images of 28x28 pixels; some can be drawn at other sides.
    DatasetName, "dataset" {
        /// Procedural handwritten-style digits, embedded: needs no file.
        Glyphs = "glyphs",
        /// Handwritten digits (LeCun et al., 1998).
        Mnist = "mnist",
        /// Photographs of clothing in MNIST's format (Xiao et al., 2017).
        FashionMnist = "fashion-mnist",
        /// Cursive Japanese characters in MNIST's format (Clanuwat et al., 2018).
        Kmnist = "kmnist",
        /// Procedural handwritten-style capitals, A to J, embedded: drawn as `glyphs` are.
        Letters = "letters",
        /// A bump anywhere in a square, under noise of known variance, embedded: a curved surface of two dimensions.
        Surface = "surface",
    }
}

impl DatasetName {
    /// The embedded data set whose images are anomalies to a network that learned this one.
    pub fn foreign(self) -> Self {
        if self == Self::Letters { Self::Glyphs } else { Self::Letters }
    }

    /// Images in the official training file; train and validation counts together stay within it.
    /// Embedded data sets could draw any number: they offer as many as MNIST, so that every file runs on either.
    pub const TRAIN_IMAGES: usize = 60_000;

    /// Training and validation images used where an experiment file leaves a class out, or most of it, and says no count:
    /// the nine other classes of every data set have more.
    pub const TRAIN_IMAGES_OF_NINE_CLASSES: usize = 50_000;

    /// Images in the official test file.
    pub const TEST_IMAGES: usize = 10_000;

    /// Counts (train, validation, test) used where an experiment file leaves them out. For the real data sets they are
    /// those of published numbers, all 60,000 and 10,000 images with none held out; embedded ones are kept to what a
    /// laptop trains on in a minute.
    pub const fn default_counts(self) -> (usize, usize, usize) {
        match self {
            Self::Glyphs | Self::Letters | Self::Surface => (20_000, 2_000, 4_000),
            Self::Mnist | Self::FashionMnist | Self::Kmnist => (Self::TRAIN_IMAGES, 0, Self::TEST_IMAGES),
        }
    }

    /// Whether the program draws its images itself, so that it needs no file.
    pub const fn is_embedded(self) -> bool {
        matches!(self, Self::Glyphs | Self::Letters | Self::Surface)
    }

    /// Pixels on each side that its images come in: what strokes draw can be drawn at any resolution.
    pub const fn sides(self) -> &'static [usize] {
        match self {
            Self::Glyphs | Self::Letters => &SIDES,
            Self::Mnist | Self::FashionMnist | Self::Kmnist | Self::Surface => &[SIDE],
        }
    }

    /// What the labels 0 to 9 stand for.
    pub const fn class_names(self) -> [&'static str; CLASSES] {
        match self {
            Self::Glyphs | Self::Mnist => ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
            Self::FashionMnist => {
                ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
            }
            Self::Letters => ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"],
            Self::Surface => ["1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th"],
            Self::Kmnist => ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
        }
    }
}

names! {
    /// What becomes of an image's grey levels before anything else.
    Pixels, "pixels" {
        /// They stay as they are.
        Grey = "grey",
        /// Each is 1 from a half up, else 0.
        Threshold = "threshold",
        /// Each is 1 with its grey level as probability, else 0: drawn anew in each epoch of a training, and once for
        /// all in evaluation (Salakhutdinov & Murray, 2008; Burda et al., 2016).
        Stochastic = "stochastic",
    }
}

names! {
    /// A part of a data set. Its place in this list tells its noise apart.
    Split, "split" {
        /// What a network is trained on.
        Train = "train",
        /// Held out of the training file; may be empty.
        Validation = "validation",
        /// From the test file, and used for nothing but reporting.
        Test = "test",
    }
}

names! {
    /// Training loss over one batch.
    Loss, "loss" {
        /// Mean squared error per pixel.
        Mse = "mse",
        /// Binary cross-entropy per pixel, in nats; needs a sigmoid output.
        Bce = "bce",
    }
}

names! {
    /// What computes the gradients.
    Engine, "engine" {
        /// Preallocated, fused kernels over flat parameters.
        Fused = "fused",
        /// dfdx's own reverse-mode automatic differentiation: the reference.
        Tape = "tape",
    }
}

names! {
    /// How much each training image counts.
    SampleWeights, "sample weights" {
        /// All the same.
        Uniform = "uniform",
        /// `images / (classes * images of its class)`, which gives each class that occurs the same sum; as scikit-learn's
        /// `class_weight="balanced"`.
        Balanced = "balanced",
    }
}

names! {
    /// Which images an epoch passes.
    Sampling, "sampling" {
        /// Every training image once, in an order of the epoch's own.
        Shuffled = "shuffled",
        /// As many images as there are, drawn with replacement: each class that occurs is as likely as any other, and within
        /// it each image (oversampling; Buda et al., 2018).
        Balanced = "balanced",
    }
}

names! {
    /// What of a network is trained on, once it has learned from other images.
    Tune, "tuning" {
        /// Nothing: it stays as it is.
        Nothing = "nothing",
        /// The decoder; the encoder stays bit for bit.
        Decoder = "decoder",
        /// All of it.
        All = "all",
    }
}

names! {
    /// Where the encoder of a classifier comes from.
    Beginning, "beginning" {
        /// From the trained autoencoder.
        Autoencoder = "autoencoder",
        /// It has the weights that the autoencoder began with: what labels alone come to.
        Scratch = "scratch",
    }
}

names! {
    /// What the autoencoder is held against.
    Baseline, "baseline" {
        /// Principal component analysis with as many components as the code has units, fit on the clean training split.
        Pca = "pca",
        /// The mean training image, whatever the input.
        MeanImage = "mean_image",
        /// Of all affine maps through a code of that size, the one that best takes corrupted training images to clean ones; with
        /// corruption only.
        LinearDenoiser = "linear_denoiser",
        /// Each pixel becomes the median of a square window about it; with corruption only.
        MedianFilter = "median_filter",
        /// Each pixel becomes a mean of the pixels around it, weighed by how alike their surroundings are (Buades et al.,
        /// 2005); with corruption only.
        NonLocalMeans = "non_local_means",
    }
}

impl Baseline {
    /// Those of a file that names none.
    pub const DEFAULT: [Self; 2] = [Self::Pca, Self::MeanImage];

    /// Whose errors are recorded for it; see [`subject`]. A second one has the same output, clipped to [0, 1].
    pub const fn subjects(self) -> &'static [&'static str] {
        match self {
            Self::Pca => &[subject::PCA, subject::PCA_CLIPPED],
            Self::MeanImage => &[subject::MEAN_IMAGE],
            Self::LinearDenoiser => &[subject::LINEAR_DENOISER],
            Self::MedianFilter => &[subject::MEDIAN_FILTER],
            Self::NonLocalMeans => &[subject::NON_LOCAL_MEANS],
        }
    }

    /// Whether it removes noise from images of 28 pixels a side and does nothing else: it has no place where there is none, and
    /// stands beside PCA in tables and figures where there is some.
    pub const fn is_denoiser(self) -> bool {
        matches!(self, Self::LinearDenoiser | Self::MedianFilter | Self::NonLocalMeans)
    }

    /// Subjects of the denoisers, in the order of the catalogue.
    pub fn denoisers() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().filter(|baseline| baseline.is_denoiser()).flat_map(|baseline| baseline.subjects()).copied()
    }

    /// The baseline that a subject's errors are recorded for, if one is.
    pub fn of_subject(subject: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|baseline| baseline.subjects().contains(&subject))
    }
}

names! {
    /// Something measured beyond reconstruction error, each in a file of its name in `crates/evaluation/src/tasks`.
    Task, "task" {
        /// Bounds of the log-likelihood of test images, beside that of probabilistic PCA; for `variational`.
        Likelihood = "likelihood",
        /// How much samples look like data: Frechet distance, and distance to the nearest training image.
        Generation = "generation",
        /// How well the codes fit the standard normal prior.
        Prior = "prior",
        /// How many units are active, how strongly, and how steep the encoder is.
        Activity = "activity",
        /// Error under kinds of corruption that played no part in training.
        Robustness = "robustness",
        /// What single units of the code know of class and factors of variation.
        Factors = "factors",
        /// Whether codes keep classes and neighbours together.
        Neighbours = "neighbours",
        /// What linear classifiers make of codes, given few labels or many.
        Classification = "classification",
        /// Whether k-means on codes finds the classes.
        Clustering = "clustering",
        /// How many bits an image takes as a code, and what is lost by it.
        Compression = "compression",
        /// Whether error tells what was never shown: a class left out, noise, another data set.
        Anomaly = "anomaly",
        /// How many principal components equal the autoencoder, and how far both are from a known least error.
        Components = "components",
        /// The error of each class, and of one that is rare beside the others.
        Classes = "classes",
        /// What PCA of a transfer's source makes of the target's images.
        Transfer = "transfer",
        /// Error under the run's own kind of corruption at half and at twice the strength of the training.
        NoiseLevels = "noise_levels",
        /// Error on clean images, of the test split beside those of the training.
        Generalisation = "generalisation",
        /// What the encoder comes to once it is trained on labels; for runs with a classifier.
        FineTuning = "fine_tuning",
        /// Learned numbers and seconds of autoencoder and PCA.
        Cost = "cost",
    }
}

impl Task {
    /// Whether it is for images of any number of pixels, and not of 28x28 alone.
    pub const fn is_for_any_side(self) -> bool {
        matches!(self, Self::Robustness | Self::Classes | Self::NoiseLevels | Self::Generalisation | Self::Cost)
    }
}

names! {
    /// A figure of one run, or of a whole experiment.
    Plot, "plot" {
        /// Training and validation loss by epoch, every stage.
        LearningCurves = "learning_curves",
        /// Clean, corrupted and reconstructed test images of all ten classes.
        Reconstructions = "reconstructions",
        /// Test error of each class.
        ErrorByClass = "error_by_class",
        /// Test error against the strength of the corruption.
        ErrorByCorruption = "error_by_corruption",
        /// Test error against the code size, with the spread over seeds.
        ErrorByCodeSize = "error_by_code_size",
        /// Test error of each network, where several share a code size.
        Comparison = "comparison",
        /// Test codes in two dimensions, coloured by class.
        Codes = "codes",
        /// First-layer weights beside principal components.
        Filters = "filters",
        /// Divergence of Gaussian codes, or losses of discriminator and encoder, by epoch.
        TrainingTerms = "training_terms",
        /// Samples from prior, mixture and PCA, and the training images nearest to them.
        Samples = "samples",
        /// Walks between the codes of test images, decoded.
        Walks = "walks",
        /// How often and how strongly each unit of the code is active.
        Activity = "activity",
        /// What single units of the code know of class and factors.
        Factors = "factors",
        /// Test images with one unit of their code moved, decoded.
        Traversals = "traversals",
        /// Error of each network under corruption that it was not trained on.
        Robustness = "robustness",
        /// Frechet distance of each network's samples.
        FrechetDistances = "frechet_distances",
        /// Bounds of the log-likelihood by network.
        Likelihoods = "likelihoods",
        /// Class of the nearest neighbours, trustworthiness and continuity of codes.
        Neighbours = "neighbours",
        /// Accuracy of linear classifiers of codes, by number of labels.
        Classification = "classification",
        /// Agreement of clusters of codes with the classes.
        Clustering = "clustering",
        /// What is lost against the bits an image takes.
        RateDistortion = "rate_distortion",
        /// How well error tells each left-out class from the others.
        Anomalies = "anomalies",
        /// Receiver operating characteristics of anomalies.
        Roc = "roc",
        /// Components that PCA needs to equal each network, against its code size.
        Components = "components",
        /// Error of a rare class and of the others by network.
        Classes = "classes",
        /// Transferred networks, others, and PCA the same ways, by their error.
        Transfer = "transfer",
        /// Error of every method at half, once and twice the noise of the training, relative to doing nothing.
        NoiseLevels = "noise_levels",
        /// Test and training error against the number of training images.
        ErrorByTrainingImages = "error_by_training_images",
        /// Test error of each network's classifier.
        FineTuning = "fine_tuning",
        /// Error, learned numbers and seconds of autoencoder and PCA against the side of the images.
        Growth = "growth",
    }
}
