//! `linear`: what PCA solves in closed form.

use crate::network::{self, Identity, Network};

/// A linear autoencoder. No one of them has a lower training error than PCA with `K` components, whose span its code
/// can reach (Baldi & Hornik, 1989).
///
/// ```text
/// 784 ──> K ──> 784
/// ```
///
/// Parameters: `1569 K + 784`; 50,992 at K = 32.
pub type Linear<const K: usize> = Network<784, K, (network::Linear<784, K>,), (network::Linear<K, 784>,), Identity>;
