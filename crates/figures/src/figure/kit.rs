//! Shared parts of figures. A figure is a list of marks ([`canvas::scene`]), which is then written as SVG or PNG.

pub(crate) mod axes;
pub(crate) mod dumbbell;
pub(crate) mod finding;
pub(crate) mod grid;
pub(crate) mod run_record;
pub(crate) mod scores;
pub(crate) mod tensors;
pub(crate) mod theme;
