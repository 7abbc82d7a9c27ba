//! The networks that experiments ask for, as compile-time-shaped dfdx types: `build.rs` makes them from a list.

use zoo::Networks;

include!(concat!(env!("OUT_DIR"), "/networks.rs"));

/// What makes a network of each type on the list.
pub const NETWORKS: Networks = Networks::new(build);
