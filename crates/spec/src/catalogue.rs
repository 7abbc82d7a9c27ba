//! The names an experiment file may use: networks, activations, data sets, losses, baselines, tasks and figures.

pub use crate::baselines::Baseline;
pub use crate::datasets::DatasetName;
pub use crate::figures::Plot;
pub use crate::kind::Kind;
use crate::names::names;
use crate::network::Network;
use crate::shape::Shape;
pub use crate::tasks::Task;

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
        /// Mean squared error per value.
        Mse = "mse",
        /// Binary cross-entropy per value, in nats; needs values in [0, 1] and a sigmoid output.
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
    /// Which weights a network begins with.
    Initialisation, "initialisation" {
        /// Uniform weights that keep the variance of sums, and biases of 0 (Glorot & Bengio, 2010).
        Glorot = "glorot",
        /// The same weights, and biases fitted to training rows: the sums of a rectifier have a mean of one standard deviation above 0,
        /// and the output is the mean row.
        Data = "data",
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
