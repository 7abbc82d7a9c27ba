//! The typed network with a Gaussian code, and how it runs.

use std::marker::PhantomData;

use dfdx::prelude::*;

use crate::dense::Dense;
use crate::face::{Autoencoder, Losses, Objective, Posterior, Step, Trainable};
use crate::layout::{self, Layout};
use crate::matrix::Matrix;
use crate::network::{Batch, Chain, Classifiable, Linear, Output, Tape, batch, pulled, weighted};
use crate::plan::{Activation, Plan};
use crate::tensors::{self, Learned};

/// An autoencoder of rows of `P` whose code of `K` units is a normal distribution (Kingma & Welling, 2014): a trunk down
/// to `H` units, two affine heads for mean and log variance, a decoder, and the activation of its output.
#[derive(Debug)]
pub struct GaussianNetwork<const P: usize, const H: usize, const K: usize, E, D, A> {
    device: Cpu,
    trunk: E,
    mean: Linear<H, K>,
    log_variance: Linear<H, K>,
    decoder: D,
    layout: Layout,
    kind: PhantomData<fn() -> A>,
}

impl<const P: usize, const H: usize, const K: usize, E: Chain<P, H>, D: Chain<K, P>, A: Output> Default
    for GaussianNetwork<P, H, K, E, D, A>
{
    /// The network with every parameter 0.
    fn default() -> Self {
        let device = Cpu::default();
        let (trunk, decoder) = (E::zeros(&device), D::zeros(&device));
        let [mean, log_variance] = [0; 2].map(|_| Linear::<H, K>::zeros(&device));
        let encoder = [trunk.tensors(), mean.tensors(), log_variance.tensors()].concat();
        let layout = layout::of(&[("encoder", encoder), ("decoder", decoder.tensors())], 2);
        Self { device, trunk, mean, log_variance, decoder, layout, kind: PhantomData }
    }
}

impl<const P: usize, const H: usize, const K: usize, E: Chain<P, H>, D: Chain<K, P>, A: Output>
    GaussianNetwork<P, H, K, E, D, A>
{
    fn tensors(&self) -> Vec<&dyn Learned> {
        [self.trunk.tensors(), self.mean.tensors(), self.log_variance.tensors(), self.decoder.tensors()].concat()
    }
}

impl<const P: usize, const H: usize, const K: usize, E: Chain<P, H>, D: Chain<K, P>, A: Output> Autoencoder
    for GaussianNetwork<P, H, K, E, D, A>
{
    fn code_size(&self) -> usize {
        K
    }

    fn parameter_count(&self) -> usize {
        self.layout.parameter_count()
    }

    fn encode(&self, images: &Matrix) -> Matrix {
        let hidden = Module::<Batch<P, NoneTape>>::forward(&self.trunk, batch(&self.device, images));
        Matrix::new(images.rows(), K, self.mean.forward(hidden).as_vec())
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        let images = A::activate(Module::<Batch<K, NoneTape>>::forward(&self.decoder, batch(&self.device, codes)));
        Matrix::new(codes.rows(), P, images.as_vec())
    }

    fn posterior(&self, images: &Matrix) -> Option<Posterior> {
        let hidden: Batch<H, NoneTape> =
            Module::<Batch<P, NoneTape>>::forward(&self.trunk, batch(&self.device, images));
        let matrix = |values: Batch<K, NoneTape>| Matrix::new(images.rows(), K, values.as_vec());
        let means = matrix(self.mean.forward(hidden.clone()));
        Some(Posterior { means, log_variances: matrix(self.log_variance.forward(hidden)) })
    }

    fn dense(&self) -> Option<(Plan, Vec<f32>)> {
        Some((self.plan()?, self.parameters()))
    }
}

impl<const P: usize, const H: usize, const K: usize, E: Chain<P, H>, D: Chain<K, P>, A: Output> Trainable
    for GaussianNetwork<P, H, K, E, D, A>
{
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn output_activation(&self) -> &'static str {
        A::NAME
    }

    fn stages(&self) -> Vec<Box<dyn Trainable>> {
        Vec::new()
    }

    fn parameters(&self) -> Vec<f32> {
        tensors::read(&self.tensors())
    }

    fn set_parameters(&mut self, parameters: &[f32]) {
        let encoder = [self.trunk.tensors_mut(), self.mean.tensors_mut(), self.log_variance.tensors_mut()];
        tensors::write(encoder.into_iter().flatten().chain(self.decoder.tensors_mut()), parameters);
    }

    fn plan(&self) -> Option<Plan> {
        let mut activations = Vec::new();
        E::activations(&mut activations);
        activations.extend([Activation::Identity; 2]);
        D::activations(&mut activations);
        Plan::new(&self.layout, activations, A::ACTIVATION)
    }

    /// Takes the noise of the step as that of the codes; without any, each code is its mean.
    fn gradient(&self, step: &Step<'_>, objective: &Objective, gradient: &mut [f32]) -> Losses {
        let images = step.inputs.rows();
        let mut masks = step.masks.iter();
        let inputs: Batch<P, NoneTape> = batch(&self.device, step.inputs);
        let hidden = self.trunk.forward_masked(inputs.leaky_traced(), &mut masks);
        // The heads are never dropped.
        masks.by_ref().take(2).for_each(drop);
        let log_variances = self.log_variance.forward(hidden.with_empty_tape());
        let means = self.mean.forward(hidden);
        // KL = (mean² + exp(log variance) - 1 - log variance) / 2, summed over units.
        let twice = means.with_empty_tape().square() + log_variances.with_empty_tape().exp()
            - log_variances.with_empty_tape()
            - 1.0;
        let divergence: Tensor<Rank0, f32, Cpu, Tape> =
            weighted(&self.device, twice, step.weights).sum() * (0.5 / images as f32);
        let codes = match step.noise {
            Some(noise) => means + (log_variances * 0.5).exp() * batch::<K>(&self.device, noise),
            None => means,
        };
        let free = codes.with_empty_tape();
        let sums = self.decoder.forward_masked(codes, &mut masks);
        let losses = A::losses(sums, batch(&self.device, step.targets), objective.loss);
        let mut loss = weighted(&self.device, losses, step.weights).mean();
        let values = Losses { loss: f64::from(loss.array()), divergence: f64::from(divergence.array()) };
        loss = loss + divergence * objective.divergence;
        if let Some(pulled) = pulled(&self.device, free, step.pull) {
            loss = loss + pulled;
        }
        tensors::gradient(&self.tensors(), &mut loss.backward(), gradient);
        values
    }
}

impl<const P: usize, const H: usize, const K: usize, E, D, A> Classifiable for GaussianNetwork<P, H, K, E, D, A> {}
