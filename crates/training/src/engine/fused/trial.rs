//! A trial: the discriminator on the codes of a shard and on samples of the prior. It gives the gradient of the
//! discriminator and the extra gradient of the encoder.

use zoo::Plan;

use crate::engine::kernels;
use crate::engine::tile::Passed;

/// Buffers of a trial. Buffers with `2 rows` hold the codes first, then the samples of the prior.
pub(super) struct Trial {
    rows: usize,
    units: usize,
    /// Samples of the prior, `(rows, units)`.
    pub(super) draws: Vec<f32>,
    /// Inputs of the discriminator, `(2 rows, units)`.
    shown: Vec<f32>,
    /// Outputs of the discriminator's layers, `(2 rows, width)`. The last layer's become the gradient of its loss with
    /// respect to the log odds.
    outputs: Vec<Vec<f32>>,
    /// Gradient of the discriminator's loss with respect to the sums of each layer except the last, `(2 rows, width)`.
    deltas: Vec<Vec<f32>>,
    bias_gradients: Vec<Vec<f32>>,
    /// Gradient of the encoder's loss with respect to the sums of each layer, `(rows, width)`.
    pulls: Vec<Vec<f32>>,
    /// Gradient of the encoder's loss with respect to the biases. It is not used: the encoder does not train the
    /// discriminator.
    unused: Vec<Vec<f32>>,
    /// Gradient of the encoder's loss with respect to the codes, `(rows, units)`.
    pub(super) pull: Vec<f32>,
    /// Cross-entropy of the discriminator, summed over rows.
    pub(super) loss: f64,
    pub(super) right: usize,
    pub(super) deception: f64,
}

impl Trial {
    pub(super) fn new(plan: &Plan, rows: usize) -> Self {
        let layers = &plan.layout.layers;
        let units = layers[0].inputs;
        let buffers = |rows: usize| layers.iter().map(|layer| vec![0.0; rows * layer.outputs]).collect::<Vec<_>>();
        Self {
            rows: 0,
            units,
            draws: vec![0.0; rows * units],
            shown: vec![0.0; 2 * rows * units],
            outputs: buffers(2 * rows),
            deltas: buffers(2 * rows),
            bias_gradients: buffers(1),
            pulls: buffers(rows),
            unused: buffers(1),
            pull: vec![0.0; rows * units],
            loss: 0.0,
            right: 0,
            deception: 0.0,
        }
    }

    /// Runs the discriminator on `codes`, `(rows, units)`, and computes its gradient and that of the encoder. `images` is
    /// the number of rows of the batch, `deception` the factor of the encoder's mean loss.
    pub(super) fn hold(
        &mut self,
        plan: &Plan,
        parameters: &[f32],
        codes: &[f32],
        rows: usize,
        images: f32,
        deception: f32,
    ) {
        self.rows = rows;
        self.shown[..codes.len()].copy_from_slice(codes);
        self.shown[codes.len()..2 * codes.len()].copy_from_slice(&self.draws[..codes.len()]);
        let layers = &plan.layout.layers;
        let last = layers.len() - 1;
        for (index, layer) in layers.iter().enumerate() {
            let mut outputs = std::mem::take(&mut self.outputs[index]);
            let used = &mut outputs[..2 * rows * layer.outputs];
            kernels::product_transposed(used, self.inputs(index), &parameters[layer.weight()], 2 * rows);
            kernels::activate(used, &parameters[layer.bias()], plan.activations[index], None, None);
            self.outputs[index] = outputs;
        }

        let odds = &mut self.outputs[last][..2 * rows];
        self.pulls[last][..rows].copy_from_slice(&odds[..rows]);
        (self.deception, _) = kernels::odds_loss(&mut self.pulls[last][..rows], true, deception / images);
        let (of_codes, of_draws) = odds.split_at_mut(rows);
        let verdicts = [(of_codes, false), (of_draws, true)]
            .map(|(odds, are_draws)| kernels::odds_loss(odds, are_draws, 0.5 / images));
        self.loss = verdicts[0].0 + verdicts[1].0;
        self.right = verdicts[0].1 + verdicts[1].1;
        self.bias_gradients[last][0] = odds.iter().sum();

        for index in (0..last).rev() {
            let (layer, above) = (&layers[index], &layers[index + 1]);
            let weights = &parameters[above.weight()];
            let (outputs, activation) = (&self.outputs[index], plan.activations[index]);

            let (deltas, deltas_above) = self.deltas.split_at_mut(index + 1);
            let deltas_above = if index + 1 == last { &self.outputs[last] } else { &deltas_above[0] };
            let used = &mut deltas[index][..2 * rows * layer.outputs];
            kernels::product(used, &deltas_above[..2 * rows * above.outputs], weights, 2 * rows);
            kernels::through_activation(used, outputs, activation, None, None, 0.0, &mut self.bias_gradients[index]);

            let (pulls, pulls_above) = self.pulls.split_at_mut(index + 1);
            let used = &mut pulls[index][..rows * layer.outputs];
            kernels::product(used, &pulls_above[0][..rows * above.outputs], weights, rows);
            kernels::through_activation(used, outputs, activation, None, None, 0.0, &mut self.unused[index]);
        }
        let first = &layers[0];
        let pulls = &self.pulls[0][..rows * first.outputs];
        kernels::product(&mut self.pull[..rows * first.inputs], pulls, &parameters[first.weight()], rows);
    }

    /// Inputs of layer `index`.
    fn inputs(&self, index: usize) -> &[f32] {
        let (buffer, width) = match index.checked_sub(1) {
            Some(before) => (&self.outputs[before], self.bias_gradients[before].len()),
            None => (&self.shown, self.units),
        };
        &buffer[..2 * self.rows * width]
    }

    /// Inputs of layer `index`, and the gradient with respect to its sums.
    pub(super) fn passed(&self, index: usize) -> Passed<'_> {
        let last = self.outputs.len() - 1;
        let deltas = if index == last { &self.outputs[last] } else { &self.deltas[index] };
        let width = self.bias_gradients[index].len();
        Passed {
            rows: 2 * self.rows,
            inputs: self.inputs(index),
            deltas: &deltas[..2 * self.rows * width],
            bias_gradient: &self.bias_gradients[index],
        }
    }
}
