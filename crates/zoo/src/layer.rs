//! Affine layers with an activation, and the chains that they form. Their widths are const generics, so that layers that do
//! not meet do not compile; what runs them does not depend on the widths, and is compiled once for all networks.

use std::fmt;
use std::marker::PhantomData;

use dfdx::nn::modules::Linear;
use dfdx::prelude::*;
use spec::catalogue::Activation;

use crate::arithmetic;
use crate::learned::Learned;
use crate::rows::{Rows, Taping};

/// An affine layer from `I` to `O` units, and the activation `A` on its sums.
pub struct Layer<const I: usize, const O: usize, A> {
    linear: Linear<I, O, f32, Cpu>,
    activation: PhantomData<fn() -> A>,
}

impl<const I: usize, const O: usize, A: Activate> Layer<I, O, A> {
    /// Width of what it reads.
    pub const INPUTS: usize = I;
    /// Width of what it writes.
    pub const OUTPUTS: usize = O;

    /// The layer with every parameter 0.
    pub fn zeros(device: &Cpu) -> Self {
        Self { linear: Linear { weight: device.zeros(), bias: device.zeros() }, activation: PhantomData }
    }
}

impl<const I: usize, const O: usize, A: Activate> fmt::Debug for Layer<I, O, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Layer<{I}, {O}, {}>", A::ACTIVATION)
    }
}

/// An activation as a type.
pub trait Activate: 'static {
    /// The activation.
    const ACTIVATION: Activation;
}

macro_rules! activations {
    ($($name:ident)+) => {
        $(
            #[doc = concat!("[`Activation::", stringify!($name), "`] as a type.")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Activate for $name {
                const ACTIVATION: Activation = Activation::$name;
            }
        )+
    };
}

activations!(Relu LeakyRelu Elu Gelu Tanh Sigmoid Identity);

/// A layer, whatever its widths.
pub trait Affine: Send + Sync {
    /// `(outputs, inputs)`.
    fn weight(&self) -> Tensor<(usize, usize), f32, Cpu>;

    /// `(outputs,)`.
    fn bias(&self) -> Tensor<(usize,), f32, Cpu>;

    /// What it applies to its sums.
    fn activation(&self) -> Activation;

    /// Weight and bias.
    fn tensors(&self) -> [&dyn Learned; 2];

    /// The same, to change.
    fn tensors_mut(&mut self) -> [&mut dyn Learned; 2];
}

impl<const I: usize, const O: usize, A: Activate> Affine for Layer<I, O, A> {
    fn weight(&self) -> Tensor<(usize, usize), f32, Cpu> {
        self.linear.weight.clone().realize()
    }

    fn bias(&self) -> Tensor<(usize,), f32, Cpu> {
        self.linear.bias.clone().realize()
    }

    fn activation(&self) -> Activation {
        A::ACTIVATION
    }

    fn tensors(&self) -> [&dyn Learned; 2] {
        [&self.linear.weight, &self.linear.bias]
    }

    fn tensors_mut(&mut self) -> [&mut dyn Learned; 2] {
        [&mut self.linear.weight, &mut self.linear.bias]
    }
}

/// A layer, or a tuple of layers of which each reads what the one before writes: others are none, and so do not compile.
pub trait Layers: Send + Sync + fmt::Debug + 'static {
    /// Width of what it reads.
    type Input;
    /// Width of what it writes.
    type Output;

    /// The layers with every parameter 0.
    fn zeros(device: &Cpu) -> Self;

    /// Each layer in turn.
    fn layers(&self) -> Vec<&dyn Affine>;

    /// The same, to change.
    fn layers_mut(&mut self) -> Vec<&mut dyn Affine>;
}

/// [`Layers`] from rows of `I` to rows of `O`.
pub trait Chain<const I: usize, const O: usize>: Layers<Input = Const<I>, Output = Const<O>> {}

impl<const I: usize, const O: usize, L: Layers<Input = Const<I>, Output = Const<O>>> Chain<I, O> for L {}

impl<const I: usize, const O: usize, A: Activate> Layers for Layer<I, O, A> {
    type Input = Const<I>;
    type Output = Const<O>;

    fn zeros(device: &Cpu) -> Self {
        Self::zeros(device)
    }

    fn layers(&self) -> Vec<&dyn Affine> {
        vec![self]
    }

    fn layers_mut(&mut self) -> Vec<&mut dyn Affine> {
        vec![self]
    }
}

macro_rules! tuple_of_layers {
    ($first:ident $(, $input:ident => $layer:ident)*; $last:ident) => {
        impl<$first: Layers + Affine $(, $layer: Layers<Input = $input::Output> + Affine)*> Layers for ($first, $($layer,)*) {
            type Input = $first::Input;
            type Output = $last::Output;

            fn zeros(device: &Cpu) -> Self {
                ($first::zeros(device), $($layer::zeros(device),)*)
            }

            #[allow(non_snake_case, reason = "a tuple's parts are named after their types")]
            fn layers(&self) -> Vec<&dyn Affine> {
                let ($first, $($layer,)*) = self;
                vec![$first $(, $layer)*]
            }

            #[allow(non_snake_case, reason = "a tuple's parts are named after their types")]
            fn layers_mut(&mut self) -> Vec<&mut dyn Affine> {
                let ($first, $($layer,)*) = self;
                vec![$first $(, $layer)*]
            }
        }
    };
}

tuple_of_layers!(A; A);
tuple_of_layers!(A, A => B; B);
tuple_of_layers!(A, A => B, B => C; C);
tuple_of_layers!(A, A => B, B => C, C => D; D);
tuple_of_layers!(A, A => B, B => C, C => D, D => E; E);
tuple_of_layers!(A, A => B, B => C, C => D, D => E, E => F; F);
tuple_of_layers!(A, A => B, B => C, C => D, D => E, E => F, F => G; G);
tuple_of_layers!(A, A => B, B => C, C => D, D => E, E => F, F => G, G => H; H);

/// The sums of a layer, `(rows, outputs)`.
pub(crate) fn sums<T: Taping>(layer: &dyn Affine, inputs: Rows<T>) -> Rows<T> {
    let sums = inputs.matmul(layer.weight().retaped::<T>().permute::<_, Axes2<1, 0>>());
    let shape = *sums.shape();
    layer.bias().retaped::<T>().broadcast_like::<_, Axis<0>>(&shape) + sums
}

/// Applies an activation to sums.
pub(crate) fn activate<T: Taping>(activation: Activation, sums: Rows<T>) -> Rows<T> {
    match activation {
        Activation::Identity => sums,
        Activation::Relu => sums.relu(),
        // The part below 0, which the other leaves.
        Activation::LeakyRelu => {
            let below = (-sums.retaped::<T>()).relu() * -0.01;
            sums.relu() + below
        }
        Activation::Elu => {
            let below = (-(-sums.retaped::<T>()).relu()).exp() - 1.0;
            sums.relu() + below
        }
        Activation::Gelu => gelu(sums),
        Activation::Tanh => sums.tanh(),
        Activation::Sigmoid => sums.sigmoid(),
    }
}

/// Values and slopes of [`arithmetic::gelu`], as a line through each sum: dfdx 0.13 gives its own a wrong slope.
fn gelu<T: Taping>(sums: Rows<T>) -> Rows<T> {
    let (shape, device) = (*sums.shape(), Cpu::default());
    let at = sums.as_vec();
    let (values, slopes): (Vec<f32>, Vec<f32>) = at.iter().map(|sum| arithmetic::gelu(*sum)).unzip();
    let [at, values, slopes] = [at, values, slopes].map(|values| device.tensor_from_vec(values, shape));
    (sums - at) * slopes + values
}

/// What is multiplied with the output of each layer in turn, `(rows, width)`, if anything.
pub(crate) type Masks<'m> = std::slice::Iter<'m, Option<crate::Matrix>>;

/// Runs rows through layers. While `masks` lasts, the output of each takes one.
pub(crate) fn forward<T: Taping>(layers: &[&dyn Affine], inputs: Rows<T>, masks: &mut Masks<'_>) -> Rows<T> {
    layers.iter().fold(inputs, |rows, layer| {
        let outputs = activate(layer.activation(), sums(*layer, rows));
        match masks.next() {
            Some(Some(mask)) => {
                let shape = *outputs.shape();
                outputs * Cpu::default().tensor_from_vec(mask.values().to_vec(), shape)
            }
            _ => outputs,
        }
    })
}
