//! Names that an experiment file may use: networks, activations, data sets, losses, baselines, tasks and figures.

pub use crate::baselines::Baseline;
pub use crate::datasets::DatasetName;
pub use crate::figures::Plot;
pub use crate::kind::Kind;
use crate::names::names;
use crate::network::Network;
use crate::shape::Shape;
pub use crate::tasks::Task;

names! {
    /// Function that a layer applies to its sums, with PyTorch's default parameters.
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
        /// `x`.
        Identity = "identity",
    }
}

impl Activation {
    /// True if the slope takes few values and jumps between them. The contractive penalty is defined for such encoders
    /// alone.
    pub const fn is_piecewise_linear(self) -> bool {
        matches!(self, Self::Relu | Self::LeakyRelu | Self::Identity)
    }
}

/// Declares the presets: each is a name for layers that a file could also write out.
macro_rules! presets {
    ($($(#[$doc:meta])* $variant:ident = $name:literal: $kind:ident $hidden:expr, $activation:ident, code $code:ident, output $output:ident;)+) => {
        names! {
            /// A preset: a network with a name, for rows of `d` values. The code size `k` is a separate key.
            Architecture, "architecture" { $($(#[$doc])* $variant = $name,)+ }
        }

        impl Architecture {
            /// The network of this preset with `code` units in its code, for rows of `shape`.
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
    /// d-k-d, without activations. No linear autoencoder has a lower training error than PCA with k components, and the
    /// best one spans the same subspace (Baldi & Hornik, 1989).
    Linear = "linear": Dense [], Relu, code Identity, output Identity;
    /// d-k-d: one hidden layer, which is the code.
    Shallow = "shallow": Dense [], Relu, code Relu, output Sigmoid;
    /// d-64-k-64-d: a hidden layer on each side of a linear code.
    Plain = "plain": Dense [64], Relu, code Identity, output Sigmoid;
    /// d-512-256-k and mirrored: the layers of `variational`, without a Gaussian code.
    Wide = "wide": Dense [512, 256], Relu, code Identity, output Sigmoid;
    /// d-1000-500-250-k and mirrored (Hinton & Salakhutdinov, 2006, with ReLU in place of logistic units).
    Deep = "deep": Dense [1000, 500, 250], Relu, code Identity, output Sigmoid;
    /// d-512-256-k and mirrored, with a Gaussian code (Kingma & Welling, 2014; layers as in Burda et al., 2016).
    Variational = "variational": Gaussian [512, 256], Relu, code Identity, output Sigmoid;
    /// One gated recurrent layer on each side, which reads and writes a row step by step (Srivastava et al., 2015).
    /// With 112 units it has about as many parameters as `plain` on 28 x 28 pixels.
    Recurrent = "recurrent": Gated [112], Relu, code Identity, output Sigmoid;
}

names! {
    /// Binarisation of grey images, applied before anything else.
    Pixels, "pixels" {
        /// Grey levels stay as they are.
        Grey = "grey",
        /// A pixel is 1 if its grey level is at least 0.5, else 0.
        Threshold = "threshold",
        /// A pixel is 1 with a probability equal to its grey level, else 0. Drawn again in each training epoch, and
        /// once in evaluation (Salakhutdinov & Murray, 2008; Burda et al., 2016).
        Stochastic = "stochastic",
    }
}

names! {
    /// A part of a data set. Its position in this list, from 0, is part of the index of its noise.
    Split, "split" {
        /// Rows that a network is trained on.
        Train = "train",
        /// Rows held out of training, to choose on. May be empty.
        Validation = "validation",
        /// Rows that are used for reporting alone.
        Test = "test",
    }
}

names! {
    /// Training loss, averaged over one batch.
    Loss, "loss" {
        /// Mean squared error per value.
        Mse = "mse",
        /// Binary cross-entropy per value, in nats; needs values in [0, 1] and a sigmoid output.
        Bce = "bce",
    }
}

names! {
    /// Method that computes the gradients.
    Engine, "engine" {
        /// Preallocated, fused kernels over flat parameters.
        Fused = "fused",
        /// dfdx's reverse-mode automatic differentiation, the reference.
        Tape = "tape",
    }
}

names! {
    /// Weight of each training image in the loss.
    SampleWeights, "sample weights" {
        /// 1 for all images.
        Uniform = "uniform",
        /// `images / (classes * images of its class)`, so that each class that occurs has the same total weight. The
        /// same as scikit-learn's `class_weight="balanced"`.
        Balanced = "balanced",
    }
}

names! {
    /// Choice of the images of an epoch.
    Sampling, "sampling" {
        /// Every training image once, in a new order each epoch.
        Shuffled = "shuffled",
        /// As many images as the split has, drawn with replacement. Each class that occurs is equally likely, and so is
        /// each image within a class (oversampling; Buda et al., 2018).
        Balanced = "balanced",
    }
}

names! {
    /// Initial weights of a network.
    Initialisation, "initialisation" {
        /// Uniform weights that keep the variance of sums, and biases of 0 (Glorot & Bengio, 2010).
        Glorot = "glorot",
        /// The weights of `glorot`, and biases fitted to training rows: the mean of the sums of a rectifier is one
        /// standard deviation, and the output is the mean row.
        Data = "data",
    }
}

names! {
    /// Part of a network that is trained on the run's own data after a transfer.
    Tune, "tuning" {
        /// None: the network is not trained further.
        Nothing = "nothing",
        /// The decoder. The encoder does not change.
        Decoder = "decoder",
        /// The whole network.
        All = "all",
    }
}

names! {
    /// Initial weights of the encoder of a classifier.
    Beginning, "beginning" {
        /// The weights of the trained autoencoder.
        Autoencoder = "autoencoder",
        /// The initial weights of the autoencoder, so that the classifier learns from labels alone.
        Scratch = "scratch",
    }
}
