//! Chains of affine layers, read off their dfdx types: their tensors, activations for a [`Plan`](crate::Plan), and a
//! forward pass that can drop hidden units.

use dfdx::nn::modules::ReLU;
use dfdx::prelude::*;

use crate::matrix::Matrix;
use crate::network::{Batch, Linear, Tape};
use crate::plan::Activation;
use crate::tensors::Learned;

/// What is multiplied with the output of each layer in turn, `(images, width)`, if anything.
pub type Masks<'m> = std::slice::Iter<'m, Option<Matrix>>;

/// A chain of affine layers, each bare or followed by a ReLU: `Linear`, `(Linear, ReLU)`, and tuples of them.
pub trait Dense {
    /// A batch of what it reads, on a tape.
    type Input;
    /// A batch of what it writes.
    type Output;

    /// The chain with every parameter 0.
    fn zeros(device: &Cpu) -> Self;

    /// Its tensors: weight, then bias, of each layer.
    fn tensors(&self) -> Vec<&dyn Learned>;

    /// The same, to change.
    fn tensors_mut(&mut self) -> Vec<&mut dyn Learned>;

    /// Appends the activation of each layer.
    fn activations(activations: &mut Vec<Activation>);

    /// Runs on a tape. While `masks` lasts, each layer takes one.
    fn forward_masked(&self, input: Self::Input, masks: &mut Masks<'_>) -> Self::Output;
}

impl<const I: usize, const O: usize> Dense for Linear<I, O> {
    type Input = Batch<I, Tape>;
    type Output = Batch<O, Tape>;

    fn zeros(device: &Cpu) -> Self {
        Self { weight: device.zeros(), bias: device.zeros() }
    }

    fn tensors(&self) -> Vec<&dyn Learned> {
        vec![&self.weight, &self.bias]
    }

    fn tensors_mut(&mut self) -> Vec<&mut dyn Learned> {
        vec![&mut self.weight, &mut self.bias]
    }

    fn activations(activations: &mut Vec<Activation>) {
        activations.push(Activation::Identity);
    }

    fn forward_masked(&self, input: Self::Input, masks: &mut Masks<'_>) -> Self::Output {
        masked(self.forward(input), masks.next())
    }
}

impl<const I: usize, const O: usize> Dense for (Linear<I, O>, ReLU) {
    type Input = Batch<I, Tape>;
    type Output = Batch<O, Tape>;

    fn zeros(device: &Cpu) -> Self {
        (Linear::zeros(device), ReLU)
    }

    fn tensors(&self) -> Vec<&dyn Learned> {
        self.0.tensors()
    }

    fn tensors_mut(&mut self) -> Vec<&mut dyn Learned> {
        self.0.tensors_mut()
    }

    fn activations(activations: &mut Vec<Activation>) {
        activations.push(Activation::Relu);
    }

    fn forward_masked(&self, input: Self::Input, masks: &mut Masks<'_>) -> Self::Output {
        masked(self.0.forward(input).relu(), masks.next())
    }
}

fn masked<const O: usize>(output: Batch<O, Tape>, mask: Option<&Option<Matrix>>) -> Batch<O, Tape> {
    match mask {
        Some(Some(mask)) => output * Cpu::default().tensor_from_vec(mask.values().to_vec(), (mask.rows(), Const::<O>)),
        _ => output,
    }
}

macro_rules! tuple_of_layers {
    ($first:ident $(, $input:ident => $layer:ident)*; $last:ident) => {
        impl<$first: Dense $(, $layer: Dense<Input = $input::Output>)*> Dense for ($first, $($layer,)*) {
            type Input = $first::Input;
            type Output = $last::Output;

            fn zeros(device: &Cpu) -> Self {
                ($first::zeros(device), $($layer::zeros(device),)*)
            }

            #[allow(non_snake_case, reason = "a tuple's parts are named after their types")]
            fn tensors(&self) -> Vec<&dyn Learned> {
                let ($first, $($layer,)*) = self;
                [$first.tensors() $(, $layer.tensors())*].into_iter().flatten().collect()
            }

            #[allow(non_snake_case, reason = "a tuple's parts are named after their types")]
            fn tensors_mut(&mut self) -> Vec<&mut dyn Learned> {
                let ($first, $($layer,)*) = self;
                [$first.tensors_mut() $(, $layer.tensors_mut())*].into_iter().flatten().collect()
            }

            fn activations(activations: &mut Vec<Activation>) {
                $first::activations(activations);
                $($layer::activations(activations);)*
            }

            #[allow(non_snake_case, reason = "a tuple's parts are named after their types")]
            fn forward_masked(&self, input: Self::Input, masks: &mut Masks<'_>) -> Self::Output {
                let ($first, $($layer,)*) = self;
                let rows = $first.forward_masked(input, masks);
                $(let rows = $layer.forward_masked(rows, masks);)*
                rows
            }
        }
    };
}

tuple_of_layers!(A; A);
tuple_of_layers!(A, A => B; B);
tuple_of_layers!(A, A => B, B => C; C);
tuple_of_layers!(A, A => B, B => C, C => D; D);
