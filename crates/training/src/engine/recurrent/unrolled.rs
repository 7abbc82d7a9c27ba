//! A cell of gated recurrent units, unrolled over steps of time: forward, and backward through time.

use spec::catalogue::Activation;
use zoo::arithmetic::{sigmoid, tanh, vectorised};

use crate::engine::kernels;

/// A cell at each step, with buffers for both passes. Each buffer holds `(steps, rows, ...)`.
pub(super) struct Unrolled {
    pub(super) units: usize,
    /// Number of different inputs: one for each step, or 1 if the cell reads the same at each step.
    reads: usize,
    /// Gate sums of the inputs.
    read: Vec<f32>,
    /// Gate sums of the state at one step. In the backward pass, the gradient with respect to the gate sums of the input.
    gates: Vec<f32>,
    /// Gates after their activation.
    active: Vec<f32>,
    /// Candidate sums of the state.
    candidate: Vec<f32>,
    /// States, of which the first is 0.
    pub(super) states: Vec<f32>,
    /// Gradient with respect to the gate sums of the inputs.
    pub(super) read_deltas: Vec<f32>,
    /// Gradient with respect to the gate sums of the state.
    pub(super) state_deltas: Vec<f32>,
    /// Gradient with respect to the gate sums of the inputs, summed over rows and steps.
    pub(super) read_bias: Vec<f32>,
    /// Gradient with respect to the gate sums of the state, summed over rows and steps.
    pub(super) state_bias: Vec<f32>,
    /// Gradient with respect to the state between two steps.
    pub(super) carry: Vec<f32>,
}

/// Weights and biases of a cell: those of its input, and those of its state.
#[derive(Clone, Copy)]
pub(super) struct Cell<'a> {
    pub(super) read: [&'a [f32]; 2],
    pub(super) state: [&'a [f32]; 2],
}

impl Unrolled {
    pub(super) fn new(units: usize, steps: usize, reads: usize, rows: usize) -> Self {
        let zeros = |count: usize, width: usize| vec![0.0; count * rows * width];
        Self {
            units,
            reads,
            read: zeros(reads, 3 * units),
            gates: zeros(1, 3 * units),
            active: zeros(steps, 3 * units),
            candidate: zeros(steps, units),
            states: zeros(steps + 1, units),
            read_deltas: zeros(reads, 3 * units),
            state_deltas: zeros(steps, 3 * units),
            read_bias: vec![0.0; 3 * units],
            state_bias: vec![0.0; 3 * units],
            carry: zeros(1, units),
        }
    }

    /// Forward pass over the steps. `inputs` are those of the cell, `(reads, rows, width)`.
    pub(super) fn forward(&mut self, cell: Cell<'_>, inputs: &[f32], steps: usize, rows: usize) {
        let (state, gate) = (rows * self.units, rows * 3 * self.units);
        let read = &mut self.read[..self.reads * gate];
        kernels::product_transposed(read, inputs, cell.read[0], self.reads * rows);
        kernels::activate(read, cell.read[1], Activation::Identity, None, None);
        self.states[..state].fill(0.0);
        for step in 0..steps {
            let (before, after) = self.states[step * state..(step + 2) * state].split_at_mut(state);
            let gates = &mut self.gates[..gate];
            kernels::product_transposed(gates, before, cell.state[0], rows);
            kernels::activate(gates, cell.state[1], Activation::Identity, None, None);
            let read = &read[step.min(self.reads - 1) * gate..][..gate];
            let active = &mut self.active[step * gate..][..gate];
            let candidate = &mut self.candidate[step * state..][..state];
            for row in 0..rows {
                let (own, wide) =
                    (row * self.units..(row + 1) * self.units, row * 3 * self.units..(row + 1) * 3 * self.units);
                next_state(
                    [&read[wide.clone()], &gates[wide.clone()]],
                    &mut active[wide],
                    &mut candidate[own.clone()],
                    &before[own.clone()],
                    &mut after[own],
                );
            }
        }
    }

    /// Backward pass over the steps. `carry` holds the gradient with respect to the last state. `pulls`, `(steps, rows,
    /// units)`, are added to the gradient with respect to each state, if given.
    pub(super) fn backward(&mut self, cell: Cell<'_>, pulls: Option<&[f32]>, steps: usize, rows: usize) {
        let (state, gate) = (rows * self.units, rows * 3 * self.units);
        self.read_deltas[..self.reads * gate].fill(0.0);
        for step in (0..steps).rev() {
            let carry = &mut self.carry[..state];
            if let Some(pulls) = pulls {
                carry.iter_mut().zip(&pulls[step * state..]).for_each(|(carry, pull)| *carry += pull);
            }
            let active = &self.active[step * gate..][..gate];
            let candidate = &self.candidate[step * state..][..state];
            let before = &self.states[step * state..][..state];
            let state_deltas = &mut self.state_deltas[step * gate..][..gate];
            let read_deltas = &mut self.read_deltas[step.min(self.reads - 1) * gate..][..gate];
            for row in 0..rows {
                let (own, wide) =
                    (row * self.units..(row + 1) * self.units, row * 3 * self.units..(row + 1) * 3 * self.units);
                state_before(
                    &active[wide.clone()],
                    &candidate[own.clone()],
                    &before[own.clone()],
                    &mut carry[own],
                    [&mut state_deltas[wide.clone()], &mut read_deltas[wide]],
                );
            }
            kernels::add_product(carry, state_deltas, cell.state[0], rows);
        }
        kernels::sum_rows(&mut self.read_bias, &self.read_deltas[..self.reads * gate]);
        kernels::sum_rows(&mut self.state_bias, &self.state_deltas[..steps * gate]);
    }

    /// States after the last step, `(rows, units)`.
    pub(super) fn end(&self, steps: usize, rows: usize) -> &[f32] {
        &self.states[steps * rows * self.units..][..rows * self.units]
    }
}

fn parts(gates: &[f32]) -> [&[f32]; 3] {
    let (first, rest) = gates.split_at(gates.len() / 3);
    let (second, third) = rest.split_at(rest.len() / 2);
    [first, second, third]
}

fn parts_mut(gates: &mut [f32]) -> [&mut [f32]; 3] {
    let (first, rest) = gates.split_at_mut(gates.len() / 3);
    let (second, third) = rest.split_at_mut(rest.len() / 2);
    [first, second, third]
}

/// The next state of one row, from the gate sums of its input and of its state, each in the order reset, update, candidate.
fn next_state(sums: [&[f32]; 2], active: &mut [f32], candidate: &mut [f32], before: &[f32], after: &mut [f32]) {
    let [read, state] = sums.map(parts);
    let [reset, update, new] = parts_mut(active);
    vectorised(
        #[inline(always)]
        || {
            let sums = read[0].iter().zip(read[1]).zip(read[2]).zip(state[0].iter().zip(state[1]).zip(state[2]));
            let outputs = reset.iter_mut().zip(update).zip(new).zip(candidate.iter_mut().zip(before).zip(after));
            for (sums, outputs) in sums.zip(outputs) {
                let (((read_reset, read_update), read_new), ((state_reset, state_update), state_new)) = sums;
                let (((reset, update), new), ((candidate, before), after)) = outputs;
                *reset = sigmoid(read_reset + state_reset);
                *update = sigmoid(read_update + state_update);
                *candidate = *state_new;
                *new = tanh(read_new + *reset * state_new);
                *after = *new + *update * (before - *new);
            }
        },
    );
}

/// Backward pass of one step for one row.
///
/// `carry` holds the gradient with respect to the state after the step. The first of `deltas` is set to the gradient with
/// respect to the gate sums of the state; the gradient with respect to those of the input is added to the second. On
/// return, `carry` holds the part of the gradient that reaches the state before the step directly.
fn state_before(active: &[f32], candidate: &[f32], before: &[f32], carry: &mut [f32], deltas: [&mut [f32]; 2]) {
    let [reset, update, new] = parts(active);
    let [[state_reset, state_update, state_new], [read_reset, read_update, read_new]] = deltas.map(parts_mut);
    vectorised(
        #[inline(always)]
        || {
            let known = reset.iter().zip(update).zip(new).zip(candidate.iter().zip(before));
            let of_state = state_reset.iter_mut().zip(state_update).zip(state_new);
            let of_read = read_reset.iter_mut().zip(read_update).zip(read_new);
            for (((known, carry), of_state), of_read) in known.zip(carry).zip(of_state).zip(of_read) {
                let (((reset, update), new), (candidate, before)) = known;
                let of_new = *carry * (1.0 - update) * (1.0 - new * new);
                let of_update = *carry * (before - new) * update * (1.0 - update);
                let of_reset = of_new * candidate * reset * (1.0 - reset);
                *carry *= update;
                (*of_state.0.0, *of_state.0.1, *of_state.1) = (of_reset, of_update, of_new * reset);
                *of_read.0.0 += of_reset;
                *of_read.0.1 += of_update;
                *of_read.1 += of_new;
            }
        },
    );
}
