//! `plain`: one hidden layer on each side of the code.

use dfdx::nn::modules::{ReLU, Sigmoid};

use crate::network::{Identity, Linear, Network};

type Encoder<const K: usize, const P: usize> = ((Linear<P, 64>, ReLU), Linear<64, K>);
type Decoder<const K: usize, const P: usize> = ((Linear<K, 64>, ReLU), Linear<64, P>);

/// The smallest autoencoder that bends: a hidden layer on each side of a linear code. The one network that there is for images
/// of more than 784 pixels as well.
///
/// ```text
/// P ──ReLU──> 64 ──> K ──ReLU──> 64 ──sigmoid──> P
/// ```
///
/// Parameters: `129 K + 129 P + 128`; 105,392 at K = 32 and P = 784.
pub type Plain<const K: usize, const P: usize = 784> =
    Network<P, K, Encoder<K, P>, Decoder<K, P>, Sigmoid, Stages<K, P>>;

/// What [`Plain`] is stacked from, bottom first.
type Stages<const K: usize, const P: usize> = (
    Network<P, 64, (Linear<P, 64>, ReLU), Linear<64, P>, Sigmoid>,
    Network<64, K, Linear<64, K>, (Linear<K, 64>, ReLU), Identity>,
);
