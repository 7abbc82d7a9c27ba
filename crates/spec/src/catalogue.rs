//! The names an experiment file may use: networks, activations, data sets, losses, baselines, tasks and figures.

pub use crate::baselines::Baseline;
pub use crate::figures::Plot;
use crate::names::names;
use crate::network::Network;
use crate::shape::Shape;
pub use crate::tasks::Task;

/// Pixels of one image as every data set has it: 28 rows of 28, row by row.
pub const PIXELS: usize = 784;

/// Pixels on each side of such an image.
pub const SIDE: usize = 28;

/// Pixels on each side of the images that are drawn by strokes, at the resolutions there are.
pub const SIDES: [usize; 3] = [SIDE, 56, 112];

/// Classes in every data set, labelled 0 to 9.
pub const CLASSES: usize = 10;

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
