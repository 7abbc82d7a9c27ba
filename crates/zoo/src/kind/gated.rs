//! [`Gated`]: an autoencoder of sequences made of gated recurrent units.

use dfdx::prelude::*;

use crate::layer::{self, Affine, Identity, Layer, Sigmoid};
use crate::layout::{self, Layout};
use crate::learned;
use crate::matrix::Matrix;
use crate::plan::Recurrence;
use crate::rows::{self, Rows, Tape, Taping, matrix, pulled, rows, weighted};
use crate::traits::{Autoencoder, Kind, Losses, Objective, Step, Trainable};

/// An autoencoder of sequences of `STEPS` steps of `WIDTH` values (Srivastava et al., 2015).
///
/// Encoder and decoder are cells of `H` gated recurrent units. A linear layer turns the encoder's last state into the code
/// of `K` units. The decoder reads the code at each step, and each of its states gives one step of the output.
///
/// ```text
/// step 1 ──> GRU H ──> ... ──> step S ──> GRU H ──> K
///  K  ──> GRU H ──sigmoid──> step 1,  K ──> GRU H ──sigmoid──> step 2,  ...
/// ```
///
/// A cell (Cho et al., 2014) computes the same as PyTorch's `GRU`: affine sums of its input and of its state, in the order
/// reset, update, candidate. `GATES` is therefore three times `H`.
///
/// ```text
/// r = sigmoid(of input + of state)          reset
/// u = sigmoid(of input + of state)          update
/// n = tanh(of input + r * of state)         candidate
/// next state = (1 - u) * n + u * state
/// ```
#[derive(Debug)]
pub struct Gated<const STEPS: usize, const WIDTH: usize, const H: usize, const GATES: usize, const K: usize> {
    encoder: Cell<WIDTH, H, GATES>,
    code: Layer<H, K, Identity>,
    decoder: Cell<K, H, GATES>,
    row: Layer<H, WIDTH, Sigmoid>,
    layout: Layout,
}

#[derive(Debug)]
struct Cell<const I: usize, const H: usize, const GATES: usize> {
    input: Layer<I, GATES, Identity>,
    state: Layer<H, GATES, Identity>,
}

impl<const I: usize, const H: usize, const GATES: usize> Cell<I, H, GATES> {
    fn new(device: &Cpu) -> Self {
        Self { input: Layer::zeros(device), state: Layer::zeros(device) }
    }
}

/// The layers of a network of any widths.
struct Parts<'n> {
    steps: usize,
    /// Encoder: gate sums of the input step, gate sums of the state, then the code.
    encoder: [&'n dyn Affine; 3],
    /// Decoder: gate sums of the code, gate sums of the state, then the output step.
    decoder: [&'n dyn Affine; 3],
}

/// The next state of a cell, given the gate sums of its input.
fn next<T: Taping>(cell: &dyn Affine, read: Rows<T>, state: Rows<T>) -> Rows<T> {
    let [reset, update, candidate] = gates(read);
    let [of_reset, of_update, of_candidate] = gates(layer::sums(cell, state.retaped::<T>()));
    let reset = (reset + of_reset).sigmoid();
    let update = (update + of_update).sigmoid();
    let candidate = (candidate + reset * of_candidate).tanh();
    // (1 - u) n + u s = n + u (s - n)
    let way = state - candidate.retaped::<T>();
    candidate + update * way
}

/// Reset, update and candidate sums, `(rows, units)` each, from gate sums, `(rows, 3 * units)`.
fn gates<T: Taping>(sums: Rows<T>) -> [Rows<T>; 3] {
    let units = sums.shape().1 / 3;
    let part = |sums: Rows<T>, gate: usize| sums.slice((.., gate * units..(gate + 1) * units));
    // Only the first part keeps the tape.
    let [second, third] = [1, 2].map(|gate| part(sums.retaped::<T>(), gate));
    [part(sums, 0), second, third]
}

impl Parts<'_> {
    /// The steps of a batch of sequences in order, `(rows, width)` each.
    fn steps(&self, inputs: &Matrix) -> impl Iterator<Item = Rows<NoneTape>> {
        let width = inputs.columns() / self.steps;
        (0..self.steps).map(move |step| {
            let of = |row: usize| inputs.row(row)[step * width..(step + 1) * width].iter().copied();
            rows(&Matrix::new(inputs.rows(), width, (0..inputs.rows()).flat_map(of).collect()))
        })
    }

    /// The initial state: zeros, `(count, units)`.
    fn rest<T: Taping>(&self, count: usize) -> Rows<T> {
        let units = self.encoder[1].weight().shape().1;
        rows(&Matrix::zeros(count, units)).retaped::<T>()
    }

    /// Codes, `(rows, code)`, of a batch of sequences. `rest` is the state before the first step.
    fn read<T: Taping>(&self, inputs: &Matrix, rest: Rows<T>) -> Rows<T> {
        let [input, state, code] = self.encoder;
        let last =
            self.steps(inputs).fold(rest, |before, step| next(state, layer::sums(input, step.retaped::<T>()), before));
        layer::sums(code, last)
    }

    /// Decodes codes: calls `each` with the output sums of each step, `(rows, width)`, in order.
    fn write<T: Taping>(&self, code: Rows<T>, mut each: impl FnMut(Rows<T>)) {
        let [input, cell, step] = self.decoder;
        let again = code.retaped::<T>();
        let rest = self.rest::<T>(code.shape().0);
        // The tape moves along with the state; the last step takes it.
        let mut state = next(cell, layer::sums(input, code), rest);
        for _ in 1..self.steps {
            each(layer::sums(step, state.retaped::<T>()));
            // The sums are computed again for each step: dfdx 0.13 keeps only the gradient of the first slice of a tensor
            // that is sliced twice.
            let read = layer::sums(input, again.retaped::<T>());
            state = next(cell, read, state);
        }
        each(layer::sums(step, state));
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        let output = self.decoder[2];
        let width = output.weight().shape().0;
        let mut outputs = Matrix::zeros(codes.rows(), self.steps * width);
        let mut step = 0;
        self.write::<NoneTape>(rows(codes), |sums| {
            let values = layer::activate(output.activation(), sums).as_vec();
            for (row, values) in values.chunks_exact(width).enumerate() {
                outputs.row_mut(row)[step * width..(step + 1) * width].copy_from_slice(values);
            }
            step += 1;
        });
        outputs
    }

    fn gradient(&self, step: &Step<'_>, objective: &Objective, gradient: &mut [f32]) -> Losses {
        let count = step.inputs.rows();
        let codes = self.read(step.inputs, self.rest::<NoneTape>(count).leaky_traced());
        let (penalised, free) = (codes.with_empty_tape(), codes.with_empty_tape());
        let mut targets = self.steps(step.targets);
        let mut total: Option<Tensor<Rank0, f32, Cpu, Tape>> = None;
        self.write(codes, |sums| {
            let Some(targets) = targets.next() else { return };
            let losses = rows::losses(self.decoder[2].activation(), sums, targets, objective.loss);
            let sum = weighted(losses, step.weights).sum();
            total = Some(match total.take() {
                Some(total) => total + sum,
                None => sum,
            });
        });
        let Some(total) = total else { return Losses::default() };
        let mut loss = total * (1.0 / step.targets.values().len() as f32);
        let value = f64::from(loss.array());
        if objective.code_l1 > 0.0 {
            loss = loss + penalised.abs().sum() * (objective.code_l1 / count as f32);
        }
        if let Some(pulled) = pulled(free, step.pull) {
            loss = loss + pulled;
        }
        learned::gradient(&[self.encoder, self.decoder].concat(), &mut loss.backward(), gradient);
        Losses { loss: value, divergence: 0.0 }
    }
}

impl<const STEPS: usize, const WIDTH: usize, const H: usize, const GATES: usize, const K: usize> Default
    for Gated<STEPS, WIDTH, H, GATES, K>
{
    /// The network with every parameter 0.
    fn default() -> Self {
        const { assert!(GATES == 3 * H, "GATES must be 3 * H: each unit has a reset gate, an update gate and a candidate") }
        let device = Cpu::default();
        let (encoder, decoder) = (Cell::new(&device), Cell::new(&device));
        let (code, row) = (Layer::zeros(&device), Layer::zeros(&device));
        let mut network = Self { encoder, code, decoder, row, layout: layout::of(&[], 1) };
        let Parts { encoder, decoder, .. } = network.parts();
        network.layout = layout::of(&[("encoder", encoder.to_vec()), ("decoder", decoder.to_vec())], 1);
        network
    }
}

impl<const STEPS: usize, const WIDTH: usize, const H: usize, const GATES: usize, const K: usize>
    Gated<STEPS, WIDTH, H, GATES, K>
{
    fn parts(&self) -> Parts<'_> {
        Parts {
            steps: STEPS,
            encoder: [&self.encoder.input, &self.encoder.state, &self.code],
            decoder: [&self.decoder.input, &self.decoder.state, &self.row],
        }
    }
}

impl<const STEPS: usize, const WIDTH: usize, const H: usize, const GATES: usize, const K: usize> Autoencoder
    for Gated<STEPS, WIDTH, H, GATES, K>
{
    fn code_size(&self) -> usize {
        K
    }

    fn parameter_count(&self) -> usize {
        self.layout.parameter_count()
    }

    fn encode(&self, inputs: &Matrix) -> Matrix {
        let parts = self.parts();
        matrix(&parts.read::<NoneTape>(inputs, parts.rest(inputs.rows())))
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        self.parts().decode(codes)
    }
}

impl<const STEPS: usize, const WIDTH: usize, const H: usize, const GATES: usize, const K: usize> Trainable
    for Gated<STEPS, WIDTH, H, GATES, K>
{
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn kind(&self) -> Kind<'_> {
        let layout = self.layout.clone();
        Kind::Gated(Recurrence { layout, steps: STEPS, width: WIDTH, units: H, code: K })
    }

    fn parameters(&self) -> Vec<f32> {
        let Parts { encoder, decoder, .. } = self.parts();
        learned::read(&[encoder, decoder].concat())
    }

    fn set_parameters(&mut self, parameters: &[f32]) {
        let encoder = [&mut self.encoder.input as &mut dyn Affine, &mut self.encoder.state, &mut self.code];
        let decoder = [&mut self.decoder.input as &mut dyn Affine, &mut self.decoder.state, &mut self.row];
        learned::write(encoder.into_iter().chain(decoder), parameters);
    }

    fn gradient(&self, step: &Step<'_>, objective: &Objective, gradient: &mut [f32]) -> Losses {
        self.parts().gradient(step, objective, gradient)
    }
}
