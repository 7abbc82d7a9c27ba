//! Writes figures as PDF files of one page: vector marks, text that can be selected, and pictures.
//!
//! [`bytes`] writes any figure of the crate `canvas`. The program `hourglass-pdf` writes the figures of a record.
//!
//! ```
//! use canvas::scene::Scene;
//! use plotters::style::BLACK;
//!
//! let mut scene = Scene { title: "A disc".to_owned(), height: 200, marks: Vec::new() };
//! scene.disc((800.0, 100.0), 40.0, BLACK);
//! assert!(pdf::bytes(&scene)?.starts_with(b"%PDF-"));
//! # Ok::<(), pdf::Error>(())
//! ```

mod error;
mod font;
mod page;

pub use error::Error;
pub use page::bytes;
