//! Draws figures from marks and texts, as SVG and PNG. The same figure gives the same bytes on every machine.
//!
//! - [`scene`]: a figure as a list of marks ([`scene::Scene`]): lines, polygons, discs, texts and pictures.
//! - [`text`]: the embedded font Open Sans, widths of texts, line breaks, and numbers as text.
//! - [`number`]: numbers with decimals or in scientific notation.
//!
//! ```
//! use canvas::scene::{Anchor, Scene, Text};
//! use canvas::text::Weight;
//! use plotters::style::BLACK;
//!
//! let mut scene = Scene { title: "A line".to_owned(), height: 200, marks: Vec::new() };
//! scene.line((100.0, 100.0), (1500.0, 100.0), 4.0, BLACK);
//! let (text, at, size) = ("error".to_owned(), (100.0, 80.0), 28.0);
//! scene.text(Text { text, at, size, weight: Weight::Bold, anchor: Anchor::Start, colour: BLACK });
//! assert!(scene.svg()?.contains("<title>A line</title>"));
//! assert!(scene.png()?.starts_with(b"\x89PNG"));
//! # Ok::<(), canvas::Error>(())
//! ```

mod error;
pub mod number;
pub mod scene;
pub mod text;

pub use error::Error;
