//! The typed recurrent network, and how it runs.

use dfdx::nn::modules::Sigmoid;
use dfdx::prelude::*;

use crate::dense::Dense;
use crate::face::{Autoencoder, Losses, Objective, Recurrence, Step, Trainable};
use crate::layout::{self, Layout};
use crate::matrix::Matrix;
use crate::network::{Batch, Classifiable, Linear, Output, Tape, batch, pulled, weighted};
use crate::plan::Plan;
use crate::tensors::{self, Learned};

/// A cell of gated recurrent units (Cho et al., 2014) as PyTorch's `GRU` computes it: affine sums of what it reads and of
/// its state, each for reset, update and candidate in turn, so that `GATES` is three times `H`.
///
/// ```text
/// r = sigmoid(of input + of state)          reset
/// u = sigmoid(of input + of state)          update
/// n = tanh(of input + r * of state)         candidate
/// next state = (1 - u) * n + u * state
/// ```
#[derive(Debug)]
struct Cell<const I: usize, const H: usize, const GATES: usize> {
    input: Linear<I, GATES>,
    state: Linear<H, GATES>,
}

impl<const I: usize, const H: usize, const GATES: usize> Cell<I, H, GATES> {
    fn new(device: &Cpu) -> Self {
        Self { input: Linear::zeros(device), state: Linear::zeros(device) }
    }

    fn tensors(&self) -> Vec<&dyn Learned> {
        [self.input.tensors(), self.state.tensors()].concat()
    }

    fn tensors_mut(&mut self) -> Vec<&mut dyn Learned> {
        self.input.tensors_mut().into_iter().chain(self.state.tensors_mut()).collect()
    }
}

/// The next state of a cell, given the sums of what is read. It does not depend on what that is, nor on its width: one for
/// every code size.
fn next<const H: usize, const GATES: usize, T: Taping>(
    cell: &Linear<H, GATES>,
    read: Batch<GATES, T>,
    state: Batch<H, T>,
) -> Batch<H, T> {
    let [reset, update, candidate] = gates::<H, GATES, T>(read);
    let [of_reset, of_update, of_candidate] = gates::<H, GATES, T>(cell.forward(state.retaped::<T>()));
    let reset = (reset + of_reset).sigmoid();
    let update = (update + of_update).sigmoid();
    let candidate = (candidate + reset * of_candidate).tanh();
    // (1 - u) n + u s = n + u (s - n)
    let way = state - candidate.retaped::<T>();
    candidate + update * way
}

/// Whether operations are recorded or not.
pub(crate) trait Taping: dfdx::tensor::Tape<f32, Cpu> + Merge<Self> + Merge<NoneTape> + std::fmt::Debug {}

impl Taping for NoneTape {}
impl Taping for Tape {}

/// The three parts of rows of gates.
fn gates<const H: usize, const GATES: usize, T: Taping>(sums: Batch<GATES, T>) -> [Batch<H, T>; 3] {
    let part =
        |sums: Batch<GATES, T>, gate: usize| sums.slice((.., gate * H..(gate + 1) * H)).realize::<(usize, Const<H>)>();
    // One of them carries on the tape.
    let [second, third] = [1, 2].map(|gate| part(sums.retaped::<T>(), gate));
    [part(sums, 0), second, third]
}

/// An autoencoder of sequences of `STEPS` rows of `WIDTH`: cells of `H` units on either side of a linear code of `K`, and a
/// sigmoid output.
#[derive(Debug)]
pub struct RecurrentNetwork<const STEPS: usize, const WIDTH: usize, const H: usize, const GATES: usize, const K: usize>
{
    device: Cpu,
    encoder: Cell<WIDTH, H, GATES>,
    code: Linear<H, K>,
    decoder: Cell<K, H, GATES>,
    row: Linear<H, WIDTH>,
    layout: Layout,
}

impl<const STEPS: usize, const WIDTH: usize, const H: usize, const GATES: usize, const K: usize> Default
    for RecurrentNetwork<STEPS, WIDTH, H, GATES, K>
{
    /// The network with every parameter 0.
    fn default() -> Self {
        assert_eq!(GATES, 3 * H, "a gate for reset, update and candidate");
        let device = Cpu::default();
        let (encoder, decoder) = (Cell::new(&device), Cell::new(&device));
        let (code, row) = (Linear::<H, K>::zeros(&device), Linear::<H, WIDTH>::zeros(&device));
        let parts = [
            ("encoder", [encoder.tensors(), code.tensors()].concat()),
            ("decoder", [decoder.tensors(), row.tensors()].concat()),
        ];
        let layout = layout::of(&parts, 1);
        Self { device, encoder, code, decoder, row, layout }
    }
}

impl<const STEPS: usize, const WIDTH: usize, const H: usize, const GATES: usize, const K: usize>
    RecurrentNetwork<STEPS, WIDTH, H, GATES, K>
{
    fn tensors(&self) -> Vec<&dyn Learned> {
        [self.encoder.tensors(), self.code.tensors(), self.decoder.tensors(), self.row.tensors()].concat()
    }

    /// The rows of images, `(images, WIDTH)` for each step.
    fn rows(&self, images: &Matrix) -> impl Iterator<Item = Batch<WIDTH, NoneTape>> {
        (0..STEPS).map(|step| {
            let row = |image: usize| images.row(image)[step * WIDTH..(step + 1) * WIDTH].iter().copied();
            let values = (0..images.rows()).flat_map(row).collect();
            batch(&self.device, &Matrix::new(images.rows(), WIDTH, values))
        })
    }

    fn rest<T: Taping>(&self, images: usize) -> Batch<H, T> {
        batch::<H>(&self.device, &Matrix::zeros(images, H)).retaped::<T>()
    }

    /// The code of rows, given the state before the first.
    fn read<T: Taping>(&self, images: &Matrix, rest: Batch<H, T>) -> Batch<K, T> {
        let read = |state, row: Batch<WIDTH, NoneTape>| {
            next(&self.encoder.state, self.encoder.input.forward(row.retaped::<T>()), state)
        };
        self.code.forward(self.rows(images).fold(rest, read))
    }

    /// Calls `each` with the sums of each row that a code stands for, from the top down.
    fn write<T: Taping>(&self, code: Batch<K, T>, mut each: impl FnMut(Batch<WIDTH, T>)) {
        let again = code.retaped::<T>();
        let rest = self.rest::<T>(code.shape().0);
        // The state carries the tape along; the last row takes it.
        let mut state = next(&self.decoder.state, self.decoder.input.forward(code), rest);
        for _ in 1..STEPS {
            each(self.row.forward(state.retaped::<T>()));
            // Computed anew: of a tensor that is sliced twice, dfdx 0.13 keeps the gradient of the first slice alone.
            let read = self.decoder.input.forward(again.retaped::<T>());
            state = next(&self.decoder.state, read, state);
        }
        each(self.row.forward(state));
    }
}

impl<const STEPS: usize, const WIDTH: usize, const H: usize, const GATES: usize, const K: usize> Autoencoder
    for RecurrentNetwork<STEPS, WIDTH, H, GATES, K>
{
    fn code_size(&self) -> usize {
        K
    }

    fn parameter_count(&self) -> usize {
        self.layout.parameter_count()
    }

    fn encode(&self, images: &Matrix) -> Matrix {
        let codes = self.read::<NoneTape>(images, self.rest(images.rows()));
        Matrix::new(images.rows(), K, codes.as_vec())
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        let mut images = Matrix::zeros(codes.rows(), STEPS * WIDTH);
        let mut step = 0;
        self.write::<NoneTape>(batch(&self.device, codes), |sums| {
            let rows = sums.sigmoid().as_vec();
            for (image, row) in rows.chunks_exact(WIDTH).enumerate() {
                images.row_mut(image)[step * WIDTH..(step + 1) * WIDTH].copy_from_slice(row);
            }
            step += 1;
        });
        images
    }
}

impl<const STEPS: usize, const WIDTH: usize, const H: usize, const GATES: usize, const K: usize> Trainable
    for RecurrentNetwork<STEPS, WIDTH, H, GATES, K>
{
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn output_activation(&self) -> &'static str {
        Sigmoid::NAME
    }

    fn stages(&self) -> Vec<Box<dyn Trainable>> {
        Vec::new()
    }

    fn parameters(&self) -> Vec<f32> {
        tensors::read(&self.tensors())
    }

    fn set_parameters(&mut self, parameters: &[f32]) {
        let encoder = self.encoder.tensors_mut().into_iter().chain(self.code.tensors_mut());
        let decoder = self.decoder.tensors_mut().into_iter().chain(self.row.tensors_mut());
        tensors::write(encoder.chain(decoder), parameters);
    }

    fn plan(&self) -> Option<Plan> {
        None
    }

    fn recurrence(&self) -> Option<Recurrence> {
        Some(Recurrence { layout: self.layout.clone(), steps: STEPS, width: WIDTH, units: H, code: K })
    }

    fn gradient(&self, step: &Step<'_>, objective: &Objective, gradient: &mut [f32]) -> Losses {
        let images = step.inputs.rows();
        let codes = self.read(step.inputs, self.rest::<NoneTape>(images).leaky_traced());
        let (penalised, free) = (codes.with_empty_tape(), codes.with_empty_tape());
        let mut targets = self.rows(step.targets);
        let mut total: Option<Tensor<Rank0, f32, Cpu, Tape>> = None;
        self.write(codes, |sums| {
            let Some(targets) = targets.next() else { return };
            let losses = Sigmoid::losses(sums, targets, objective.loss);
            let sum = weighted(&self.device, losses, step.weights).sum();
            total = Some(match total.take() {
                Some(total) => total + sum,
                None => sum,
            });
        });
        let Some(total) = total else { return Losses::default() };
        let mut loss = total * (1.0 / (images * STEPS * WIDTH) as f32);
        let value = f64::from(loss.array());
        if objective.code_l1 > 0.0 {
            loss = loss + penalised.abs().sum() * (objective.code_l1 / images as f32);
        }
        if let Some(pulled) = pulled(&self.device, free, step.pull) {
            loss = loss + pulled;
        }
        tensors::gradient(&self.tensors(), &mut loss.backward(), gradient);
        Losses { loss: value, divergence: 0.0 }
    }
}

impl<const STEPS: usize, const WIDTH: usize, const H: usize, const GATES: usize, const K: usize> Classifiable
    for RecurrentNetwork<STEPS, WIDTH, H, GATES, K>
{
}
