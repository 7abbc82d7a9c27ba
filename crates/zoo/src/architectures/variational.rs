//! `variational`: a code that is a normal distribution.

use dfdx::nn::modules::{ReLU, Sigmoid};

use crate::gaussian::GaussianNetwork;
use crate::network::Linear;

type Trunk = ((Linear<784, 512>, ReLU), (Linear<512, 256>, ReLU));
type Decoder<const K: usize> = ((Linear<K, 256>, ReLU), (Linear<256, 512>, ReLU), Linear<512, 784>);

/// The variational autoencoder of Kingma & Welling (2014), with ReLU and two hidden layers on each side as in Burda et
/// al. (2016).
///
/// ```text
///                                  ┌──> K means ─────────┐
/// 784 ──ReLU──> 512 ──ReLU──> 256 ─┤                     ├─ sample ──> K ──ReLU──> 256 ──ReLU──> 512 ──sigmoid──> 784
///                                  └──> K log variances ─┘
/// ```
///
/// Parameters: `770 K + 1,067,280`; 1,091,920 at K = 32.
pub type Variational<const K: usize> = GaussianNetwork<784, 256, K, Trunk, Decoder<K>, Sigmoid>;
