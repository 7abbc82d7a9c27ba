//! Where each parameter of a network stands in the flat list of all of them.

use std::ops::Range;

use dfdx::prelude::HasShape;
use random::Stream;

use crate::layer::Affine;

/// The affine layers of a network, encoder before decoder, in the order data passes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// One entry per layer.
    pub layers: Vec<Layer>,
    /// How many of them form the encoder.
    pub encoder_layers: usize,
    /// How many of those, the last, write the code: 1, or for a Gaussian code 2 that read the same, of which the first
    /// writes its mean and the second its log variance.
    pub heads: usize,
}

/// One affine layer: `outputs x inputs` weights, row by row, then `outputs` biases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// `encoder.0`, `encoder.1`, ..., `decoder.0`, ...
    pub name: String,
    /// Width of what it reads.
    pub inputs: usize,
    /// Width of what it writes.
    pub outputs: usize,
    /// Index of its first parameter.
    pub start: usize,
}

impl Layer {
    /// Its weights within the flat list, (outputs, inputs) row by row.
    pub fn weight(&self) -> Range<usize> {
        self.start..self.start + self.outputs * self.inputs
    }

    /// Its biases within the flat list.
    pub fn bias(&self) -> Range<usize> {
        self.weight().end..self.end()
    }

    fn end(&self) -> usize {
        self.start + self.outputs * (self.inputs + 1)
    }
}

impl Layout {
    /// The layer that writes the code, or its mean.
    pub fn code(&self) -> usize {
        self.encoder_layers - self.heads
    }

    /// The hidden layers: all but those of the code and the output.
    pub fn hidden(&self) -> impl Iterator<Item = usize> {
        let (code, output) = (self.code()..self.encoder_layers, self.layers.len() - 1);
        (0..output).filter(move |layer| !code.contains(layer))
    }

    /// The layer that mirrors one: its counterpart on the other side of the code.
    pub fn mirror(&self, layer: usize) -> usize {
        self.layers.len() - 1 - layer
    }

    /// Adds the gradient of each of the decoder's weights to that of the encoder's it is tied to, and leaves 0.
    ///
    /// # Panics
    /// When the decoder does not mirror the encoder.
    pub fn gather_tied(&self, gradient: &mut [f32]) {
        for index in 0..self.encoder_layers {
            let (own, mirrored) = self.mirrored(index);
            let (before, after) = gradient.split_at_mut(mirrored.start);
            let (to, from) = (&mut before[own.weight()], &mut after[..mirrored.weight().len()]);
            for (unit, row) in to.chunks_exact_mut(own.inputs).enumerate() {
                for (input, value) in row.iter_mut().enumerate() {
                    *value += std::mem::take(&mut from[input * own.outputs + unit]);
                }
            }
        }
    }

    /// Makes the decoder's weights those of the encoder, transposed; biases stay.
    ///
    /// # Panics
    /// When the decoder does not mirror the encoder.
    pub fn tie(&self, parameters: &mut [f32]) {
        for index in 0..self.encoder_layers {
            let (own, mirrored) = self.mirrored(index);
            let (before, after) = parameters.split_at_mut(mirrored.start);
            let (from, to) = (&before[own.weight()], &mut after[..mirrored.weight().len()]);
            for (unit, row) in from.chunks_exact(own.inputs).enumerate() {
                row.iter().enumerate().for_each(|(input, weight)| to[input * own.outputs + unit] = *weight);
            }
        }
    }

    fn mirrored(&self, index: usize) -> (&Layer, &Layer) {
        let (own, mirrored) = (&self.layers[index], &self.layers[self.mirror(index)]);
        assert_eq!((own.inputs, own.outputs), (mirrored.outputs, mirrored.inputs), "a mirror image");
        (own, mirrored)
    }

    /// Length of the flat list.
    pub fn parameter_count(&self) -> usize {
        self.layers.last().map_or(0, Layer::end)
    }

    /// The initial parameters of a network, from [`Stream::Initialisation`].
    pub fn initial_parameters(&self, seed: u64) -> Vec<f32> {
        self.initial_parameters_from(Stream::Initialisation, seed)
    }

    /// Glorot-uniform weights and zero biases (Glorot & Bengio, 2010): each layer's weights are uniform within
    /// ± sqrt(6 / (inputs + outputs)), from an index of its own.
    pub fn initial_parameters_from(&self, stream: Stream, seed: u64) -> Vec<f32> {
        let mut parameters = vec![0.0; self.parameter_count()];
        for (index, layer) in self.layers.iter().enumerate() {
            let bound = (6.0 / (layer.inputs + layer.outputs) as f32).sqrt();
            let mut generator = stream.generator(seed, index as u64);
            for weight in &mut parameters[layer.weight()] {
                *weight = bound * (2.0 * random::uniform(&mut generator) - 1.0);
            }
        }
        parameters
    }
}

/// Lays out the named parts of a network, the encoder first.
pub(crate) fn of(parts: &[(&str, Vec<&dyn Affine>)], heads: usize) -> Layout {
    let mut layers = Vec::new();
    let mut start = 0;
    for (part, of_part) in parts {
        for (index, layer) in of_part.iter().enumerate() {
            let (outputs, inputs) = *layer.weight().shape();
            let layer = Layer { name: format!("{part}.{index}"), inputs, outputs, start };
            start = layer.end();
            layers.push(layer);
        }
    }
    Layout { layers, encoder_layers: parts.first().map_or(0, |(_, layers)| layers.len()), heads }
}
