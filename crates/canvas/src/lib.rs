//! What figures are put down on: marks and texts, as SVG and PNG, the same bytes every time.

mod error;
pub mod number;
pub mod scene;
pub mod text;

pub use error::Error;
