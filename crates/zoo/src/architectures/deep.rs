//! `deep`: the deep autoencoder of 2006.

use dfdx::nn::modules::{ReLU, Sigmoid};

use crate::network::{Identity, Linear, Network};

type Encoder1 = (Linear<784, 1000>, ReLU);
type Encoder2 = (Linear<1000, 500>, ReLU);
type Encoder3 = (Linear<500, 250>, ReLU);
type Encoder4<const K: usize> = Linear<250, K>;
type Decoder4<const K: usize> = (Linear<K, 250>, ReLU);
type Decoder3 = (Linear<250, 500>, ReLU);
type Decoder2 = (Linear<500, 1000>, ReLU);
type Decoder1 = Linear<1000, 784>;

/// The network of Hinton & Salakhutdinov (2006) with ReLU in place of logistic units, and a linear code.
///
/// ```text
/// 784 ──ReLU──> 1000 ──ReLU──> 500 ──ReLU──> 250 ──> K
///  K  ──ReLU──> 250 ──ReLU──> 500 ──ReLU──> 1000 ──sigmoid──> 784
/// ```
///
/// Parameters: `501 K + 2,822,284`; 2,838,316 at K = 32.
pub type Deep<const K: usize> = Network<
    784,
    K,
    (Encoder1, Encoder2, Encoder3, Encoder4<K>),
    (Decoder4<K>, Decoder3, Decoder2, Decoder1),
    Sigmoid,
    Stages<K>,
>;

/// What [`Deep`] is stacked from, bottom first.
type Stages<const K: usize> = (
    Network<784, 1000, Encoder1, Decoder1, Sigmoid>,
    Network<1000, 500, Encoder2, Decoder2, Identity>,
    Network<500, 250, Encoder3, Decoder3, Identity>,
    Network<250, K, Encoder4<K>, Decoder4<K>, Identity>,
);
