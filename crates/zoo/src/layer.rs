//! Affine layers with an activation, and chains of them. Their widths are const generics, so that a chain whose layers have
//! different widths where they meet does not compile. The code that runs layers does not depend on widths and is compiled
//! once for all networks.

use std::fmt;
use std::marker::PhantomData;

use dfdx::nn::modules::Linear;
use dfdx::prelude::*;
use spec::catalogue::Activation;

use crate::arithmetic;
use crate::learned::Learned;
use crate::rows::{Rows, Taping};

/// An affine layer from `I` to `O` units, followed by the activation `A`.
pub struct Layer<const I: usize, const O: usize, A> {
    linear: Linear<I, O, f32, Cpu>,
    activation: PhantomData<fn() -> A>,
}

impl<const I: usize, const O: usize, A: Activate> Layer<I, O, A> {
    /// Number of inputs.
    pub const INPUTS: usize = I;
    /// Number of outputs.
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
    /// The activation as a value.
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

/// Object-safe trait of layers of any widths.
pub trait Affine: Send + Sync {
    /// Weights, `(outputs, inputs)`.
    fn weight(&self) -> Tensor<(usize, usize), f32, Cpu>;

    /// Biases, `(outputs,)`.
    fn bias(&self) -> Tensor<(usize,), f32, Cpu>;

    /// The activation of the sums.
    fn activation(&self) -> Activation;

    /// Weight and bias as learned tensors.
    fn tensors(&self) -> [&dyn Learned; 2];

    /// Weight and bias as learned tensors, mutable.
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

/// A layer, or a tuple of up to eight layers, each of which reads as many values as the layer before writes. Layers whose
/// widths differ do not implement this trait.
pub trait Layers: Send + Sync + fmt::Debug + 'static {
    /// Number of inputs of the first layer, as a type.
    type Input;
    /// Number of outputs of the last layer, as a type.
    type Output;

    /// The layers with every parameter 0.
    fn zeros(device: &Cpu) -> Self;

    /// The layers in order.
    fn layers(&self) -> Vec<&dyn Affine>;

    /// The layers in order, mutable.
    fn layers_mut(&mut self) -> Vec<&mut dyn Affine>;
}

/// [`Layers`] from rows of `I` values to rows of `O` values.
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

/// Sums of a layer before its activation, `(rows, outputs)`.
pub(crate) fn sums<T: Taping>(layer: &dyn Affine, inputs: Rows<T>) -> Rows<T> {
    let sums = inputs.matmul(layer.weight().retaped::<T>().permute::<_, Axes2<1, 0>>());
    let shape = *sums.shape();
    layer.bias().retaped::<T>().broadcast_like::<_, Axis<0>>(&shape) + sums
}

/// Applies an activation to each sum.
pub(crate) fn activate<T: Taping>(activation: Activation, sums: Rows<T>) -> Rows<T> {
    match activation {
        Activation::Identity => sums,
        Activation::Relu => sums.relu(),
        // `relu` keeps the part above 0; this adds the part below 0.
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

/// GELU with the values and slopes of [`arithmetic::gelu`], as a straight line through each sum. dfdx 0.13's own GELU has a
/// wrong gradient.
fn gelu<T: Taping>(sums: Rows<T>) -> Rows<T> {
    let (shape, device) = (*sums.shape(), Cpu::default());
    let at = sums.as_vec();
    let (values, slopes): (Vec<f32>, Vec<f32>) = at.iter().map(|sum| arithmetic::gelu(*sum)).unzip();
    let [at, values, slopes] = [at, values, slopes].map(|values| device.tensor_from_vec(values, shape));
    (sums - at) * slopes + values
}

/// Masks of the layers in order: a matrix `(rows, width)` that multiplies the layer's output, or none.
pub(crate) type Masks<'m> = std::slice::Iter<'m, Option<crate::Matrix>>;

/// Runs rows through layers. Each layer takes the next of `masks`; layers after the last mask have none.
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
