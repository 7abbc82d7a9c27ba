//! [`Perceptron`]: a chain of dense layers without a code. Discriminators and judges of samples are made of it.

use dfdx::prelude::*;

use crate::layer::{Affine, Chain};
use crate::layout::{self, Layout};

/// A chain of dense layers from rows of `I` values to rows of `O` values.
#[derive(Debug)]
pub struct Perceptron<const I: usize, const O: usize, L> {
    layers: L,
    layout: Layout,
}

/// Object-safe trait of perceptrons of any widths.
pub trait AnyPerceptron: Send + Sync + std::fmt::Debug {
    /// Names, shapes and places of the parameters in the flat list.
    fn layout(&self) -> &Layout;

    /// The layers in order.
    fn layers(&self) -> Vec<&dyn Affine>;

    /// The layers in order, mutable.
    fn layers_mut(&mut self) -> Vec<&mut dyn Affine>;
}

impl<const I: usize, const O: usize, L: Chain<I, O>> Default for Perceptron<I, O, L> {
    /// The perceptron with every parameter 0.
    fn default() -> Self {
        let layers = L::zeros(&Cpu::default());
        let layout = layout::of(&[("layer", layers.layers())], 1);
        Self { layers, layout }
    }
}

impl<const I: usize, const O: usize, L: Chain<I, O>> AnyPerceptron for Perceptron<I, O, L> {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn layers(&self) -> Vec<&dyn Affine> {
        self.layers.layers()
    }

    fn layers_mut(&mut self) -> Vec<&mut dyn Affine> {
        self.layers.layers_mut()
    }
}
