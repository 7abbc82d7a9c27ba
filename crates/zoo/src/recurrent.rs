//! The typed recurrent network, and how it runs.

use dfdx::nn::modules::Sigmoid;
use dfdx::prelude::*;

use crate::face::{Autoencoder, Losses, Objective, Step, Trainable};
use crate::layout::{self, Layout};
use crate::matrix::Matrix;
use crate::network::{Batch, Linear, Output, Tape, batch, pulled, weighted};
use crate::plan::Plan;
use crate::walk;

/// A cell of gated recurrent units (Cho et al., 2014) as PyTorch's `GRU` computes it: affine sums of what it reads and of
/// its state, each of reset, update and candidate in turn, so that `GATES` is three times `H`.
///
/// ```text
/// r = sigmoid(of input + of state)          reset
/// u = sigmoid(of input + of state)          update
/// n = tanh(of input + r * of state)         candidate
/// state = (1 - u) * n + u * state
/// ```
#[derive(Debug)]
struct Cell<const I: usize, const H: usize, const GATES: usize> {
    input: Linear<I, GATES>,
    state: Linear<H, GATES>,
}

impl<const I: usize, const H: usize, const GATES: usize> Cell<I, H, GATES> {
    fn build(device: &Cpu) -> Self {
        Self { input: BuildModule::build(device), state: BuildModule::build(device) }
    }

    /// The next state. `from_input` are the sums of what is read.
    fn next<T: dfdx::tensor::Tape<f32, Cpu> + Merge<T>>(
        &self,
        from_input: Batch<GATES, T>,
        state: Batch<H, T>,
    ) -> Batch<H, T> {
        let from_state = self.state.forward(state.retaped::<T>());
        let [input_reset, input_update, input_candidate] = gates::<H, GATES, T>(from_input);
        let [state_reset, state_update, state_candidate] = gates::<H, GATES, T>(from_state);
        let reset = (input_reset + state_reset).sigmoid();
        let update = (input_update + state_update).sigmoid();
        let candidate = (input_candidate + reset * state_candidate).tanh();
        // (1 - u) n + u s = n + u (s - n)
        let step = state - candidate.retaped::<T>();
        candidate + update * step
    }
}

/// The three parts of a row of gates.
fn gates<const H: usize, const GATES: usize, T: dfdx::tensor::Tape<f32, Cpu>>(sums: Batch<GATES, T>) -> [Batch<H, T>; 3] {
    let rows = sums.shape().0;
    [0, 1, 2].map(|gate| {
        let part = sums.retaped::<T>().slice((.., gate * H..(gate + 1) * H));
        part.realize::<(usize, Const<H>)>()
    })
}
