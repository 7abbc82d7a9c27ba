//! What tells codes from draws of the prior, for adversarial autoencoders.

use dfdx::nn::modules::ReLU;
use dfdx::prelude::*;

use crate::architectures::at_each_code_size;
use crate::dense::Dense;
use crate::error::Error;
use crate::face::Judgement;
use crate::layout::{self, Layout};
use crate::matrix::Matrix;
use crate::network::{Batch, Chain, Linear, Tape, batch};
use crate::plan::Plan;
use crate::tensors;

type Layers<const K: usize> = ((Linear<K, 128>, ReLU), (Linear<128, 128>, ReLU), Linear<128, 1>);

/// The discriminator of an adversarial autoencoder (Makhzani et al., 2016) of codes of `K`: the log odds that a code is a
/// draw of the prior.
///
/// ```text
/// K ──ReLU──> 128 ──ReLU──> 128 ──> 1
/// ```
///
/// Parameters: `128 K + 16,769`; 20,865 at K = 32.
#[derive(Debug)]
struct Network<const K: usize> {
    device: Cpu,
    layers: Layers<K>,
    layout: Layout,
}

/// The dynamic face of a discriminator. Its parameters form one flat list of f32, in the order of
/// [`layout`](Self::layout).
pub trait Discriminator: Send + Sync {
    /// Names, shapes and places of the parameters.
    fn layout(&self) -> &Layout;

    /// Widths, activations and places of the parameters, read off the types.
    fn plan(&self) -> Plan;

    /// Replaces every parameter.
    ///
    /// # Panics
    /// When their number differs.
    fn set_parameters(&mut self, parameters: &[f32]);

    /// How well it tells `codes` from `draws` of the prior, both `(images, code_size)`, and the gradient of its loss, the
    /// mean cross-entropy over both, with respect to every parameter, by dfdx's reverse-mode differentiation.
    ///
    /// # Panics
    /// When `gradient` does not have one place per parameter.
    fn judge(&self, codes: &Matrix, draws: &Matrix, gradient: &mut [f32]) -> Judgement;

    /// The mean over `codes` of `-ln(probability that the code is a draw)`, and its gradient with respect to each code.
    fn deceive(&self, codes: &Matrix) -> (f64, Matrix);
}

/// Builds the discriminator of codes of a size, every parameter 0.
///
/// # Errors
/// When the catalogue has no such code size, which a validated spec rules out.
pub fn discriminator(code: usize) -> Result<Box<dyn Discriminator>, Error> {
    at_each_code_size!(code, Network)
}

impl<const K: usize> Default for Network<K>
where
    Layers<K>: Chain<K, 1>,
{
    fn default() -> Self {
        let device = Cpu::default();
        let layers = Layers::<K>::zeros(&device);
        let layout = layout::of(&[("discriminator", layers.tensors())], 1);
        Self { device, layers, layout }
    }
}

impl<const K: usize> Discriminator for Network<K>
where
    Layers<K>: Chain<K, 1>,
{
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn plan(&self) -> Plan {
        let mut activations = Vec::new();
        Layers::<K>::activations(&mut activations);
        Plan { layout: self.layout.clone(), activations }
    }

    fn set_parameters(&mut self, parameters: &[f32]) {
        tensors::write(self.layers.tensors_mut().into_iter(), parameters);
    }

    fn judge(&self, codes: &Matrix, draws: &Matrix, gradient: &mut [f32]) -> Judgement {
        let images = codes.rows();
        let shown = Matrix::new(2 * images, K, [codes.values(), draws.values()].concat());
        let odds = self.odds(batch(&self.device, &shown).leaky_traced());
        let right = odds.as_vec().iter().enumerate().filter(|(row, odds)| (**odds > 0.0) == (*row >= images)).count();
        let is_draw: Vec<f32> = (0..2 * images).map(|row| if row < images { 0.0 } else { 1.0 }).collect();
        let targets: Batch<1, NoneTape> = self.device.tensor_from_vec(is_draw, (2 * images, Const::<1>));
        let loss = odds.bce_with_logits(targets).mean();
        let judgement = Judgement { loss: f64::from(loss.array()), accuracy: right as f64 / (2 * images) as f64 };
        tensors::gradient(&self.layers.tensors(), &mut loss.backward(), gradient);
        judgement
    }

    fn deceive(&self, codes: &Matrix) -> (f64, Matrix) {
        let images = codes.rows();
        let codes: Batch<K, NoneTape> = batch(&self.device, codes);
        let odds = self.odds(codes.leaky_trace());
        let targets: Batch<1, NoneTape> = self.device.tensor_from_vec(vec![1.0; images], (images, Const::<1>));
        let loss = odds.bce_with_logits(targets).mean();
        let value = f64::from(loss.array());
        (value, Matrix::new(images, K, loss.backward().get(&codes).as_vec()))
    }
}

impl<const K: usize> Network<K>
where
    Layers<K>: Chain<K, 1>,
{
    fn odds(&self, codes: Batch<K, Tape>) -> Batch<1, Tape> {
        self.layers.forward_masked(codes, &mut [].iter())
    }
}
