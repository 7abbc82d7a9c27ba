//! Random rotations of codes.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rand_chacha::ChaCha8Rng;
use zoo::Matrix;

/// An orthogonal matrix, `(units, units)`.
#[derive(Debug, Clone)]
pub(crate) struct Rotation {
    matrix: Matrix,
}

impl Rotation {
    /// Samples from the Haar distribution, under which all orthogonal matrices are equally likely. The rows of a matrix of
    /// standard normal numbers are made orthonormal one after the other. This is the QR decomposition with a positive
    /// diagonal of R (Mezzadri, 2007, section 5).
    pub(crate) fn draw(units: usize, generator: &mut ChaCha8Rng) -> Self {
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(units);
        let mut numbers = vec![0.0; units];
        for _ in 0..units {
            random::normals(generator, &mut numbers);
            let mut row: Vec<f64> = numbers.iter().map(|number| f64::from(*number)).collect();
            // Two passes of orthogonalisation are enough (Parlett, 1998).
            for _ in 0..2 {
                for other in &rows {
                    let along = product(&row, other);
                    row.iter_mut().zip(other).for_each(|(value, other)| *value -= along * other);
                }
            }
            let length = product(&row, &row).sqrt();
            row.iter_mut().for_each(|value| *value /= length);
            rows.push(row);
        }
        Self { matrix: Matrix::new(units, units, rows.concat().into_iter().map(|value| value as f32).collect()) }
    }

    /// Rotates each row of `codes`, `(rows, units)`.
    pub(crate) fn turn(&self, codes: &Matrix) -> Matrix {
        let (rows, units) = (codes.rows(), self.matrix.columns());
        let mut turned = Matrix::zeros(rows, units);
        matmul(
            MatMut::from_row_major_slice_mut(turned.values_mut(), rows, units),
            Accum::Replace,
            MatRef::from_row_major_slice(codes.values(), rows, units),
            MatRef::from_row_major_slice(self.matrix.values(), units, units).transpose(),
            1.0_f32,
            Par::Seq,
        );
        turned
    }
}

#[cfg(test)]
mod tests {
    use random::Stream;

    use super::*;

    #[test]
    fn a_rotation_keeps_lengths_and_angles() {
        let rotation = Rotation::draw(17, &mut Stream::Rotation.generator(3, 1));
        let mut identity = Matrix::zeros(17, 17);
        (0..17).for_each(|unit| identity.row_mut(unit)[unit] = 1.0);
        let turned = rotation.turn(&identity);
        for a in 0..17 {
            for b in 0..17 {
                let product: f32 = turned.row(a).iter().zip(turned.row(b)).map(|(a, b)| a * b).sum();
                assert!((product - f32::from(u8::from(a == b))).abs() < 1e-5, "{a} {b} {product}");
            }
        }
    }

    #[test]
    fn entries_have_the_moments_of_the_haar_distribution() {
        // Each entry has mean 0, mean square 1 / n and mean fourth power 3 / (n (n + 2)); n = 3, 4,000 samples.
        let draws: Vec<Matrix> =
            (0..4000).map(|draw| Rotation::draw(3, &mut Stream::Rotation.generator(0, draw)).matrix).collect();
        for entry in 0..9 {
            let moment =
                |power| draws.iter().map(|draw| f64::from(draw.values()[entry]).powi(power)).sum::<f64>() / 4e3;
            assert!(moment(1).abs() < 0.05, "{entry}: {}", moment(1));
            assert!((moment(2) - 1.0 / 3.0).abs() < 0.025, "{entry}: {}", moment(2));
            assert!((moment(4) - 0.2).abs() < 0.025, "{entry}: {}", moment(4));
        }
    }

    #[test]
    fn a_rotation_of_one_unit_is_a_sign() {
        let turned = Rotation::draw(1, &mut Stream::Rotation.generator(0, 0)).turn(&Matrix::new(2, 1, vec![2.0, -3.0]));
        assert!(turned.values() == [2.0, -3.0] || turned.values() == [-2.0, 3.0]);
    }
}
