//! The names an experiment file may use: architectures with their layer widths, code sizes and data sets.
//!
//! This is the contract side of the catalogue. The dfdx types that carry the same widths live in the `zoo` crate, whose
//! tests hold the two against each other.

pub use crate::baselines::Baseline;
pub use crate::figures::Plot;
use crate::names::names;
pub use crate::tasks::Task;

/// Pixels of one image as every data set has it: 28 rows of 28, row by row.
pub const PIXELS: usize = 784;

/// Pixels on each side of such an image.
pub const SIDE: usize = 28;

/// Pixels on each side of the images that are drawn by strokes, at the resolutions there are.
pub const SIDES: [usize; 3] = [SIDE, 56, 112];

/// Classes in every data set, labelled 0 to 9.
pub const CLASSES: usize = 10;

/// The code sizes every architecture is compiled for.
pub const CODE_SIZES: [usize; 9] = [2, 4, 8, 10, 16, 30, 32, 64, 128];

/// Hands the catalogue of architectures to a macro: this crate makes names and widths of it, the `zoo` types.
///
/// A line is the file of the zoo that holds the type, which is also the name in experiment files, the type, and its [`Shape`].
#[macro_export]
macro_rules! architectures {
    ($visit:ident) => {
        $visit! {
            /// 784-k-784, identity throughout: what PCA solves in closed form.
            linear::Linear = Shape::Dense { hidden: &[], code: "identity", output: "identity" },
            /// 784-k-784, ReLU code, sigmoid output.
            shallow::Shallow = Shape::Dense { hidden: &[], code: "relu", output: "sigmoid" },
            /// 784-64-k-64-784, ReLU, linear code, sigmoid output.
            plain::Plain = Shape::Dense { hidden: &[64], code: "identity", output: "sigmoid" },
            /// 784-512-256-k and mirrored, ReLU, linear code, sigmoid output: `variational` without its noise.
            wide::Wide = Shape::Dense { hidden: &[512, 256], code: "identity", output: "sigmoid" },
            /// 784-1000-500-250-k and mirrored, ReLU, linear code, sigmoid output (Hinton & Salakhutdinov, 2006).
            deep::Deep = Shape::Dense { hidden: &[1000, 500, 250], code: "identity", output: "sigmoid" },
            /// 784-512-256-k and mirrored, ReLU, Gaussian code, sigmoid output (Kingma & Welling, 2014).
            variational::Variational = Shape::Gaussian { hidden: &[512, 256] },
            /// Reads and writes an image row by row with gated recurrent units (Cho et al., 2014), linear code, sigmoid
            /// output; with 112 units it has about as many parameters as `plain`.
            recurrent::Recurrent = Shape::Gated { units: 112 },
        }
    };
}

macro_rules! declare {
    ($($(#[$doc:meta])* $name:ident::$type:ident = $shape:expr,)+) => {
        names! {
            /// A network shape. The code size `k` is chosen apart from it.
            Architecture, "architecture" { $($(#[$doc])* $type = stringify!($name),)+ }
        }

        impl Architecture {
            /// The way from pixels to pixels.
            pub const fn shape(self) -> Shape {
                match self { $(Self::$type => $shape,)+ }
            }
        }
    };
}

architectures!(declare);

/// The way of an architecture from pixels to pixels, with ReLU on hidden layers.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// An encoder of dense layers and its mirror image: what can be tied, be pretrained layer by layer, and have its codes
    /// matched to a prior.
    Dense {
        /// Widths of the encoder's hidden layers, between the 784 pixels and the code; the decoder mirrors them.
        hidden: &'static [usize],
        /// What is applied to the sums of the code.
        code: &'static str,
        /// What is applied to the sums of the output.
        output: &'static str,
    },
    /// The same with a normal distribution as code, of which the encoder gives mean and log variance, and sigmoid output.
    Gaussian {
        /// As in `Dense`.
        hidden: &'static [usize],
    },
    /// Gated recurrent units that read rows and write rows, with a linear code between them and sigmoid output.
    Gated {
        /// Units of the state, on either side of the code.
        units: usize,
    },
}

impl Architecture {
    /// Widths of the encoder's hidden layers, between the 784 pixels and the code; the decoder mirrors them.
    pub const fn hidden(self) -> &'static [usize] {
        match self.shape() {
            Shape::Dense { hidden, .. } | Shape::Gaussian { hidden } => hidden,
            Shape::Gated { .. } => &[],
        }
    }

    /// Whether it is an encoder of dense layers and its mirror image.
    pub const fn is_mirrored(self) -> bool {
        matches!(self.shape(), Shape::Dense { .. })
    }

    /// Whether an image's code is a normal distribution, of which the encoder gives mean and log variance.
    pub const fn has_gaussian_code(self) -> bool {
        matches!(self.shape(), Shape::Gaussian { .. })
    }

    /// What is applied to the sums of each hidden layer, if there is any.
    pub const HIDDEN_ACTIVATION: &'static str = "relu";

    /// What is applied to the sums of the code.
    pub const fn code_activation(self) -> &'static str {
        match self.shape() {
            Shape::Dense { code, .. } => code,
            Shape::Gaussian { .. } | Shape::Gated { .. } => "identity",
        }
    }

    /// What is applied to the sums of the output.
    pub const fn output_activation(self) -> &'static str {
        match self.shape() {
            Shape::Dense { output, .. } => output,
            Shape::Gaussian { .. } | Shape::Gated { .. } => "sigmoid",
        }
    }

    /// The code sizes it is compiled for, for images of so many pixels a side; none where there is no such network. Each is
    /// a type of its own, which costs seconds of every build.
    pub const fn code_sizes(self, side: usize) -> &'static [usize] {
        match (self, side) {
            (_, SIDE) => &CODE_SIZES,
            (Self::Plain, 56 | 112) => &[32],
            _ => &[],
        }
    }

    /// What comes between pixels and pixels, for people: `784-64-k-64-784` with the code size in its place. `side` is that of
    /// the images, in pixels.
    pub fn diagram(self, side: usize, code: usize) -> String {
        match self.shape() {
            Shape::Gated { units } => format!("28 rows of 28-{units}-{code}-{units}-28"),
            Shape::Dense { hidden, .. } | Shape::Gaussian { hidden } => {
                let hidden: Vec<String> = hidden.iter().map(usize::to_string).collect();
                let mirrored = hidden.iter().rev();
                let code = [code.to_string()];
                let all: Vec<&str> = hidden.iter().chain(&code).chain(mirrored).map(String::as_str).collect();
                format!("{pixels}-{}-{pixels}", all.join("-"), pixels = side * side)
            }
        }
    }

    /// The affine layers of the encoder, then those of the decoder, in the order of their parameters: width of what each
    /// reads and of what it writes. `side` is that of the images, in pixels.
    pub fn layers(self, side: usize, code: usize) -> [Vec<(usize, usize)>; 2] {
        if let Shape::Gated { units } = self.shape() {
            // The gates' sums of the row and of the state, then the code or the row.
            let half = |reads, writes| vec![(reads, 3 * units), (units, 3 * units), (units, writes)];
            return [half(side, code), half(code, side)];
        }
        let mut widths = vec![side * side];
        widths.extend_from_slice(self.hidden());
        widths.push(code);
        let mut encoder: Vec<_> = widths.windows(2).map(|layer| (layer[0], layer[1])).collect();
        let decoder = encoder.iter().rev().map(|&(reads, writes)| (writes, reads)).collect();
        if self.has_gaussian_code() {
            // The mean's layer, then that of the log variance, which reads the same.
            encoder.extend(encoder.last().copied());
        }
        [encoder, decoder]
    }

    /// Weights and biases of the whole network.
    pub fn parameter_count(self, side: usize, code: usize) -> usize {
        self.layers(side, code).iter().flatten().map(|(reads, writes)| (reads + 1) * writes).sum()
    }
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
        /// Preallocated, fused kernels over flat parameters, for chains of dense layers. What it does not support is
        /// trained by the tape, and the record says so.
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
