//! `shallow`: one hidden layer, which is the code.

use dfdx::nn::modules::{ReLU, Sigmoid};

use crate::network::{Linear, Network};

/// An autoencoder whose one hidden layer is the code.
///
/// ```text
/// 784 ──ReLU──> K ──sigmoid──> 784
/// ```
///
/// Parameters: `1569 K + 784`; 201,616 at K = 128.
pub type Shallow<const K: usize> = Network<784, K, ((Linear<784, K>, ReLU),), (Linear<K, 784>,), Sigmoid>;
