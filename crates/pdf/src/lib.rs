//! Figures as PDF: vector marks, text that can be selected, and pictures.

mod error;
mod font;
mod page;

pub use error::Error;
pub use page::bytes;
