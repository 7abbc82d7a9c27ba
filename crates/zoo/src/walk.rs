//! Walks over the tensors of a dfdx module, in the order of its layers: weight, then bias, of each.

use dfdx::nn::tensor_collection::{
    RecursiveWalker, TensorCollection, TensorOptions, TensorVisitor, ViewTensorMut, ViewTensorRef,
};
use dfdx::prelude::*;

type Visited<S> = Result<Option<Tensor<S, f32, Cpu>>, CpuError>;

/// Shapes of the tensors.
pub(crate) fn shapes<M: TensorCollection<f32, Cpu>>(module: &M) -> Vec<Vec<usize>> {
    let mut shapes = Shapes(Vec::new());
    by_ref(module, &mut shapes);
    shapes.0
}

/// Appends every value.
pub(crate) fn read<M: TensorCollection<f32, Cpu>>(module: &M, values: &mut Vec<f32>) {
    by_ref(module, &mut Read(values));
}

/// Replaces every value by the first ones given; returns those left over.
pub(crate) fn write<'v, M: TensorCollection<f32, Cpu>>(module: &mut M, values: &'v [f32]) -> &'v [f32] {
    let mut write = Write(values);
    done(M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut write }));
    write.0
}

/// Makes a tape keep the gradients of the tensors, and drop those of everything between them.
pub(crate) fn keep<M: TensorCollection<f32, Cpu>>(module: &M, gradients: &mut Gradients<f32, Cpu>) {
    done(module.try_zero_grads(gradients).map(Some));
}

/// Copies the gradients of the tensors to the front of `values`; returns the rest of it.
pub(crate) fn gradient<'v, M: TensorCollection<f32, Cpu>>(
    module: &M,
    gradients: &mut Gradients<f32, Cpu>,
    values: &'v mut [f32],
) -> &'v mut [f32] {
    let mut copy = Gradient { gradients, values };
    by_ref(module, &mut copy);
    copy.values
}

fn by_ref<M, V>(module: &M, visitor: &mut V)
where
    M: TensorCollection<f32, Cpu>,
    V: TensorVisitor<f32, Cpu, Viewer = ViewTensorRef, Err = CpuError, E2 = f32, D2 = Cpu>,
{
    done(M::iter_tensors(&mut RecursiveWalker { m: module, f: visitor }));
}

/// The one error of a CPU tensor is a failed allocation, on which Rust's own collections abort as well.
#[expect(clippy::panic, reason = "out of memory")]
fn done<T>(result: Result<Option<T>, CpuError>) {
    if let Err(error) = result {
        panic!("{error}");
    }
}

struct Shapes(Vec<Vec<usize>>);

impl TensorVisitor<f32, Cpu> for Shapes {
    type Viewer = ViewTensorRef;
    type Err = CpuError;
    type E2 = f32;
    type D2 = Cpu;

    fn visit<S: Shape>(&mut self, _: TensorOptions<S, f32, Cpu>, tensor: &Tensor<S, f32, Cpu>) -> Visited<S> {
        self.0.push(tensor.shape().concrete().into_iter().collect());
        Ok(None)
    }
}

struct Read<'v>(&'v mut Vec<f32>);

impl TensorVisitor<f32, Cpu> for Read<'_> {
    type Viewer = ViewTensorRef;
    type Err = CpuError;
    type E2 = f32;
    type D2 = Cpu;

    fn visit<S: Shape>(&mut self, _: TensorOptions<S, f32, Cpu>, tensor: &Tensor<S, f32, Cpu>) -> Visited<S> {
        self.0.extend(tensor.as_vec());
        Ok(None)
    }
}

struct Write<'v>(&'v [f32]);

impl TensorVisitor<f32, Cpu> for Write<'_> {
    type Viewer = ViewTensorMut;
    type Err = CpuError;
    type E2 = f32;
    type D2 = Cpu;

    fn visit<S: Shape>(&mut self, _: TensorOptions<S, f32, Cpu>, tensor: &mut Tensor<S, f32, Cpu>) -> Visited<S> {
        let (values, rest) = self.0.split_at(tensor.shape().num_elements());
        tensor.copy_from(values);
        self.0 = rest;
        Ok(None)
    }
}

struct Gradient<'g, 'v> {
    gradients: &'g mut Gradients<f32, Cpu>,
    values: &'v mut [f32],
}

impl TensorVisitor<f32, Cpu> for Gradient<'_, '_> {
    type Viewer = ViewTensorRef;
    type Err = CpuError;
    type E2 = f32;
    type D2 = Cpu;

    fn visit<S: Shape>(&mut self, _: TensorOptions<S, f32, Cpu>, tensor: &Tensor<S, f32, Cpu>) -> Visited<S> {
        let (front, rest) = std::mem::take(&mut self.values).split_at_mut(tensor.shape().num_elements());
        front.copy_from_slice(self.gradients.get_or_alloc_mut(tensor)?);
        self.values = rest;
        Ok(None)
    }
}
