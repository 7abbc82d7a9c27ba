//! `plain`: one hidden layer on each side of the code.

use dfdx::nn::modules::{ReLU, Sigmoid};

use crate::network::{Identity, Linear, Network};

type Encoder<const K: usize> = ((Linear<784, 64>, ReLU), Linear<64, K>);
type Decoder<const K: usize> = ((Linear<K, 64>, ReLU), Linear<64, 784>);

/// The smallest autoencoder that bends: a hidden layer on each side of a linear code.
///
/// ```text
/// 784 ──ReLU──> 64 ──> K ──ReLU──> 64 ──sigmoid──> 784
/// ```
///
/// Parameters: `129 K + 101,264`; 105,392 at K = 32.
pub type Plain<const K: usize> = Network<784, K, Encoder<K>, Decoder<K>, Sigmoid, Stages<K>>;

/// What [`Plain`] is stacked from, bottom first.
type Stages<const K: usize> = (
    Network<784, 64, (Linear<784, 64>, ReLU), Linear<64, 784>, Sigmoid>,
    Network<64, K, Linear<64, K>, (Linear<K, 64>, ReLU), Identity>,
);
