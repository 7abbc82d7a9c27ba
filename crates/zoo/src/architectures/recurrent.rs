//! `recurrent`: reads and writes an image row by row.

use crate::recurrent::RecurrentNetwork;

/// An autoencoder of sequences (Srivastava et al., 2015) of the 28 rows of an image, with gated recurrent units. The
/// encoder's last state gives the code; the decoder reads the code at each row, and each of its states gives a row.
///
/// ```text
/// row 1 ──> GRU 112 ──> ... ──> row 28 ──> GRU 112 ──> K
///  K  ──> GRU 112 ──sigmoid──> row 1,  K ──> GRU 112 ──sigmoid──> row 2,  ...
/// ```
///
/// Parameters: `449 K + 89,180`; 103,548 at K = 32.
pub type Recurrent<const K: usize> = RecurrentNetwork<28, 28, 112, 336, K>;
