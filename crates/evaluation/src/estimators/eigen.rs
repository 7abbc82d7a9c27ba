//! Eigendecomposition of symmetric matrices.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::{Mat, Par, Spec};

use crate::error::Error;

/// Eigenvalues in rising order, and eigenvectors as columns, of a symmetric matrix given by its lower triangle. Runs on one
/// thread, because faer splits its sums by the number of threads.
pub(crate) fn eigen(symmetric: &Mat<f64>) -> Result<(Vec<f64>, Mat<f64>), Error> {
    let size = symmetric.nrows();
    let mut values = Diag::<f64>::zeros(size);
    let mut vectors = Mat::<f64>::zeros(size, size);
    let scratch = evd::self_adjoint_evd_scratch::<f64>(size, ComputeEigenvectors::Yes, Par::Seq, Spec::default());
    evd::self_adjoint_evd(
        symmetric.as_ref(),
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Spec::default(),
    )
    .map_err(|_| Error::Eigendecomposition)?;
    let values: Vec<f64> = (0..size).map(|index| values[index]).collect();
    if values.iter().all(|value| value.is_finite()) { Ok((values, vectors)) } else { Err(Error::Eigendecomposition) }
}
