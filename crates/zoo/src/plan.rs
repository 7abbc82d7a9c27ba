//! A dense network laid flat: all that is needed to run and train it without its types.

use std::ops::Range;

use crate::layout::Layout;

/// What a layer applies to its sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `max(0, sum)`.
    Relu,
    /// `1 / (1 + exp(-sum))`.
    Sigmoid,
}

/// The arithmetic of a dense network: layer `i` computes `activations[i](x W^T + b)` from rows `x`, with `W` and `b`
/// where `layout.layers[i]` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Widths, and where the parameters live.
    pub layout: Layout,
    /// One per layer.
    pub activations: Vec<Activation>,
}

impl Plan {
    /// Joins what the types of encoder and decoder say with the activation of the output. `None` where the decoder's
    /// last layer has an activation already: no plan applies two.
    pub(crate) fn new(layout: &Layout, mut activations: Vec<Activation>, output: Activation) -> Option<Self> {
        let last = activations.last_mut()?;
        *last = match (*last, output) {
            (Activation::Identity, output) => output,
            (last, Activation::Identity) => last,
            _ => return None,
        };
        Some(Self { layout: layout.clone(), activations })
    }

    /// The encoder's layers.
    pub fn encoder(&self) -> Range<usize> {
        0..self.layout.encoder_layers
    }
}
