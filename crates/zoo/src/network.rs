//! The typed network every architecture is an alias of, and how it runs.

use std::marker::PhantomData;

use dfdx::nn::modules::{Linear as DfdxLinear, Sigmoid};
use dfdx::prelude::*;
use spec::catalogue::{CLASSES, Loss};

use crate::dense::Dense;
use crate::face::{Autoencoder, Losses, Objective, Step, Trainable};
use crate::layout::{self, Layout};
use crate::matrix::Matrix;
use crate::plan::{Activation, Plan};
use crate::tensors::{self, Learned};

/// An affine layer from `I` to `O` units.
pub type Linear<const I: usize, const O: usize> = DfdxLinear<I, O, f32, Cpu>;

/// A batch of rows of `WIDTH`.
pub(crate) type Batch<const WIDTH: usize, T> = Tensor<(usize, Const<WIDTH>), f32, Cpu, T>;
/// What records the operations on a batch.
pub(crate) type Tape = OwnedTape<f32, Cpu>;

/// A dfdx module of dense layers from rows of `I` to rows of `O`, with and without a tape. A chain whose widths do not
/// meet is none, and so does not compile.
pub trait Chain<const I: usize, const O: usize>:
    Module<Batch<I, NoneTape>, Output = Batch<O, NoneTape>, Error = CpuError>
    + Dense<Input = Batch<I, Tape>, Output = Batch<O, Tape>>
    + Send
    + Sync
{
}

impl<const I: usize, const O: usize, M> Chain<I, O> for M where
    M: Module<Batch<I, NoneTape>, Output = Batch<O, NoneTape>, Error = CpuError>
        + Dense<Input = Batch<I, Tape>, Output = Batch<O, Tape>>
        + Send
        + Sync
{
}

/// What turns the decoder's last sums into pixels, or what else it writes.
pub trait Output: Send + Sync + 'static {
    /// Its name in the metadata of a saved model.
    const NAME: &'static str;

    /// What the layers that write it are called.
    const WRITTEN_BY: &'static str = "decoder";

    /// The same for a plan.
    const ACTIVATION: Activation;

    /// Applies it to a batch.
    fn activate<const P: usize, T: dfdx::tensor::Tape<f32, Cpu>>(sums: Batch<P, T>) -> Batch<P, T>;

    /// Loss of each value of a batch, given the sums before the activation.
    fn losses<const P: usize>(sums: Batch<P, Tape>, targets: Batch<P, NoneTape>, loss: Loss) -> Batch<P, Tape>;
}

/// Any real number.
#[derive(Debug, Clone, Copy)]
pub struct Identity;

impl Output for Identity {
    const NAME: &'static str = "identity";
    const ACTIVATION: Activation = Activation::Identity;

    fn activate<const P: usize, T: dfdx::tensor::Tape<f32, Cpu>>(sums: Batch<P, T>) -> Batch<P, T> {
        sums
    }

    /// Squared error whatever is asked: cross-entropy needs numbers in (0, 1), which validated specs see to.
    fn losses<const P: usize>(sums: Batch<P, Tape>, targets: Batch<P, NoneTape>, _: Loss) -> Batch<P, Tape> {
        (sums - targets).square()
    }
}

impl Output for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const ACTIVATION: Activation = Activation::Sigmoid;

    fn activate<const P: usize, T: dfdx::tensor::Tape<f32, Cpu>>(sums: Batch<P, T>) -> Batch<P, T> {
        sums.sigmoid()
    }

    /// Cross-entropy is taken from the sums, where it neither overflows nor loses digits.
    fn losses<const P: usize>(sums: Batch<P, Tape>, targets: Batch<P, NoneTape>, loss: Loss) -> Batch<P, Tape> {
        match loss {
            Loss::Mse => (sums.sigmoid() - targets).square(),
            Loss::Bce => sums.bce_with_logits(targets),
        }
    }
}

/// What softmax makes probabilities of: the network is a classifier, whose targets are 1 for an image's class and 0 for the
/// others.
#[derive(Debug, Clone, Copy)]
pub struct Logits;

impl Output for Logits {
    const NAME: &'static str = "logits";
    const WRITTEN_BY: &'static str = "head";
    const ACTIVATION: Activation = Activation::Identity;

    fn activate<const P: usize, T: dfdx::tensor::Tape<f32, Cpu>>(sums: Batch<P, T>) -> Batch<P, T> {
        sums
    }

    /// Times their number, so that the mean over all values is that over images of `-ln(probability of the class)`.
    fn losses<const P: usize>(sums: Batch<P, Tape>, targets: Batch<P, NoneTape>, _: Loss) -> Batch<P, Tape> {
        sums.log_softmax::<Axis<1>>() * targets * -(P as f32)
    }
}

/// The small autoencoders a network can be pretrained as, bottom first: each reads the codes of the one below. A tuple
/// of networks, or `()` for none.
pub trait Stages: 'static {
    /// Builds them, every parameter 0.
    fn build() -> Vec<Box<dyn Trainable>>;
}

impl Stages for () {
    fn build() -> Vec<Box<dyn Trainable>> {
        Vec::new()
    }
}

macro_rules! tuple_of_stages {
    ($($stage:ident)+) => {
        impl<$($stage: Trainable + Default + 'static),+> Stages for ($($stage,)+) {
            fn build() -> Vec<Box<dyn Trainable>> {
                vec![$(Box::new($stage::default())),+]
            }
        }
    };
}

tuple_of_stages!(S1 S2);
tuple_of_stages!(S1 S2 S3);
tuple_of_stages!(S1 S2 S3 S4);

/// An autoencoder of rows of `P` through a code of `K`: encoder, decoder, output activation, and what it is stacked
/// from. What writes `O` other values than it reads is a classifier. Widths that do not meet do not compile:
///
/// ```
/// use zoo::network::{Identity, Linear, Network};
/// let _ = Network::<784, 32, (Linear<784, 32>,), (Linear<32, 784>,), Identity>::default();
/// ```
///
/// ```compile_fail
/// use zoo::network::{Identity, Linear, Network};
/// // The decoder reads 16 units, the encoder writes 32.
/// let _ = Network::<784, 32, (Linear<784, 32>,), (Linear<16, 784>,), Identity>::default();
/// ```
#[derive(Debug)]
pub struct Network<const P: usize, const K: usize, E, D, A, S = (), const O: usize = P> {
    device: Cpu,
    encoder: E,
    decoder: D,
    layout: Layout,
    kind: PhantomData<fn() -> (A, S)>,
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, O>, A: Output, S: Stages, const O: usize> Default
    for Network<P, K, E, D, A, S, O>
{
    /// The network with every parameter 0.
    fn default() -> Self {
        let device = Cpu::default();
        let (encoder, decoder) = (E::zeros(&device), D::zeros(&device));
        let layout = layout::of(&[("encoder", encoder.tensors()), (A::WRITTEN_BY, decoder.tensors())], 1);
        Self { device, encoder, decoder, layout, kind: PhantomData }
    }
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, O>, A: Output, S: Stages, const O: usize>
    Network<P, K, E, D, A, S, O>
{
    fn batch<const WIDTH: usize>(&self, matrix: &Matrix) -> Batch<WIDTH, NoneTape> {
        batch(&self.device, matrix)
    }

    fn tensors(&self) -> Vec<&dyn Learned> {
        [self.encoder.tensors(), self.decoder.tensors()].concat()
    }
}

/// A matrix as a tensor.
pub(crate) fn batch<const WIDTH: usize>(device: &Cpu, matrix: &Matrix) -> Batch<WIDTH, NoneTape> {
    device.tensor_from_vec(matrix.values().to_vec(), (matrix.rows(), Const::<WIDTH>))
}

/// Each row times its image's weight, if images are weighted.
pub(crate) fn weighted<const WIDTH: usize>(
    device: &Cpu,
    values: Batch<WIDTH, Tape>,
    weights: Option<&[f32]>,
) -> Batch<WIDTH, Tape> {
    let Some(weights) = weights else { return values };
    let shape = (weights.len(), Const::<WIDTH>);
    let weights = device.tensor_from_vec(weights.to_vec(), (weights.len(),));
    values * weights.broadcast_like::<(usize, Const<WIDTH>), Axis<1>>(&shape)
}

/// The part of the objective that pulls at the codes, if something does: its gradient is what `pull` gives.
pub(crate) fn pulled<const K: usize>(
    device: &Cpu,
    codes: Batch<K, Tape>,
    pull: Option<&dyn Fn(&Matrix) -> Matrix>,
) -> Option<Tensor<Rank0, f32, Cpu, Tape>> {
    let pull = pull?(&Matrix::new(codes.shape().0, K, codes.as_vec()));
    Some((codes * batch::<K>(device, &pull)).sum())
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, O>, A: Output, S: Stages, const O: usize> Autoencoder
    for Network<P, K, E, D, A, S, O>
{
    fn code_size(&self) -> usize {
        K
    }

    fn parameter_count(&self) -> usize {
        self.layout.parameter_count()
    }

    fn encode(&self, images: &Matrix) -> Matrix {
        let codes = Module::<Batch<P, NoneTape>>::forward(&self.encoder, self.batch(images));
        Matrix::new(images.rows(), K, codes.as_vec())
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        let images = A::activate(Module::<Batch<K, NoneTape>>::forward(&self.decoder, self.batch(codes)));
        Matrix::new(codes.rows(), O, images.as_vec())
    }

    fn dense(&self) -> Option<(Plan, Vec<f32>)> {
        Some((self.plan()?, self.parameters()))
    }
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, O>, A: Output, S: Stages, const O: usize> Trainable
    for Network<P, K, E, D, A, S, O>
{
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn output_activation(&self) -> &'static str {
        A::NAME
    }

    fn stages(&self) -> Vec<Box<dyn Trainable>> {
        S::build()
    }

    fn parameters(&self) -> Vec<f32> {
        tensors::read(&self.tensors())
    }

    fn set_parameters(&mut self, parameters: &[f32]) {
        let tensors = self.encoder.tensors_mut().into_iter().chain(self.decoder.tensors_mut());
        tensors::write(tensors, parameters);
    }

    fn plan(&self) -> Option<Plan> {
        let mut activations = Vec::new();
        E::activations(&mut activations);
        D::activations(&mut activations);
        Plan::new(&self.layout, activations, A::ACTIVATION)
    }

    fn gradient(&self, step: &Step<'_>, objective: &Objective, gradient: &mut [f32]) -> Losses {
        let images = step.inputs.rows();
        let mut masks = step.masks.iter();
        let codes = self.encoder.forward_masked(self.batch(step.inputs).leaky_traced(), &mut masks);
        let (penalised, free) = (codes.with_empty_tape(), codes.with_empty_tape());
        let sums = self.decoder.forward_masked(codes, &mut masks);
        let losses = A::losses(sums, self.batch(step.targets), objective.loss);
        let mut loss = weighted(&self.device, losses, step.weights).mean();
        let value = f64::from(loss.array());
        if objective.code_l1 > 0.0 {
            loss = loss + penalised.abs().sum() * (objective.code_l1 / images as f32);
        }
        if let Some(pulled) = pulled(&self.device, free, step.pull) {
            loss = loss + pulled;
        }
        tensors::gradient(&self.tensors(), &mut loss.backward(), gradient);
        Losses { loss: value, divergence: 0.0 }
    }
}

/// What can be made a classifier.
pub(crate) trait Classifiable {
    /// Its encoder with a layer on the code that writes a logit for each class, every parameter 0; `None` where no such
    /// classifier is in the catalogue.
    fn classifier() -> Option<Box<dyn Trainable>> {
        None
    }
}

impl<const P: usize, const K: usize, E, D, A, S> Classifiable for Network<P, K, E, D, A, S>
where
    E: Chain<P, K> + 'static,
    Linear<K, CLASSES>: Chain<K, CLASSES>,
{
    fn classifier() -> Option<Box<dyn Trainable>> {
        Some(Box::new(Network::<P, K, E, Linear<K, CLASSES>, Logits, (), CLASSES>::default()))
    }
}
