//! `wide`: `variational` without its noise.

use dfdx::nn::modules::{ReLU, Sigmoid};

use crate::network::{Identity, Linear, Network};

type Encoder<const K: usize> = ((Linear<784, 512>, ReLU), (Linear<512, 256>, ReLU), Linear<256, K>);
type Decoder<const K: usize> = ((Linear<K, 256>, ReLU), (Linear<256, 512>, ReLU), Linear<512, 784>);

/// Two hidden layers on each side of a linear code: what [`Variational`](super::Variational) is held against.
///
/// ```text
/// 784 ──ReLU──> 512 ──ReLU──> 256 ──> K ──ReLU──> 256 ──ReLU──> 512 ──sigmoid──> 784
/// ```
///
/// Parameters: `513 K + 1,067,280`; 1,083,696 at K = 32.
pub type Wide<const K: usize> = Network<784, K, Encoder<K>, Decoder<K>, Sigmoid, Stages<K>>;

/// What [`Wide`] is stacked from, bottom first.
type Stages<const K: usize> = (
    Network<784, 512, (Linear<784, 512>, ReLU), Linear<512, 784>, Sigmoid>,
    Network<512, 256, (Linear<512, 256>, ReLU), (Linear<256, 512>, ReLU), Identity>,
    Network<256, K, Linear<256, K>, (Linear<K, 256>, ReLU), Identity>,
);
