//! The shape of a row of data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the values of a row are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Shape {
    /// Values without an order.
    Vector {
        /// How many.
        width: usize,
    },
    /// Pixels, row by row, the channels of each together.
    Image {
        /// Rows of pixels.
        height: usize,
        /// Pixels of each.
        width: usize,
        /// Values of a pixel: 1 for grey, 3 for colour.
        channels: usize,
    },
    /// Steps in time, one after another.
    Sequence {
        /// How many steps.
        steps: usize,
        /// Values of each.
        width: usize,
    },
}

/// Pixels of a side of the window of structural similarity.
pub const SIMILARITY_WINDOW: usize = 11;

impl Shape {
    /// Values that are scaled each in its own way: those of a row, or of a step where there are steps.
    pub fn columns(self) -> usize {
        match self {
            Self::Sequence { width, .. } => width,
            Self::Vector { .. } | Self::Image { .. } => self.values(),
        }
    }

    /// A square image of grey pixels.
    pub const fn square(side: usize) -> Self {
        Self::Image { height: side, width: side, channels: 1 }
    }

    /// Values of a row.
    pub const fn values(self) -> usize {
        match self {
            Self::Vector { width } => width,
            Self::Image { height, width, channels } => height * width * channels,
            Self::Sequence { steps, width } => steps * width,
        }
    }

    /// Rows of pixels and pixels of each, of a grey image; `None` of anything else.
    pub const fn grey_image(self) -> Option<(usize, usize)> {
        match self {
            Self::Image { height, width, channels: 1 } => Some((height, width)),
            _ => None,
        }
    }

    /// Rows of pixels, pixels of each and values of a pixel, of an image that can be shown: grey, or red, green and blue. `None` of
    /// anything else.
    pub const fn picture(self) -> Option<(usize, usize, usize)> {
        match self {
            Self::Image { height, width, channels: channels @ (1 | 3) } => Some((height, width, channels)),
            _ => None,
        }
    }

    /// Rows of pixels and pixels of each, of a grey image in which the window of structural similarity, 11 x 11 pixels, has a place.
    pub fn similarity_plane(self) -> Option<(usize, usize)> {
        self.grey_image().filter(|(height, width)| *height.min(width) >= SIMILARITY_WINDOW)
    }

    /// Rows of pixels and pixels of each, of a grey image; anything else is one row.
    pub const fn plane(self) -> (usize, usize) {
        match self.grey_image() {
            Some(plane) => plane,
            None => (1, self.values()),
        }
    }

    /// Steps and the values of each, as a recurrent network reads them: an image row by row from the top. `None` of a vector.
    pub const fn steps(self) -> Option<(usize, usize)> {
        match self {
            Self::Vector { .. } => None,
            Self::Image { height, width, channels } => Some((height, width * channels)),
            Self::Sequence { steps, width } => Some((steps, width)),
        }
    }
}

/// `784 values`, `28 x 28 pixels`, `32 x 32 x 3 pixels` or `20 steps of 12 values`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vector { width } => write!(f, "{width} values"),
            Self::Image { height, width, channels: 1 } => write!(f, "{height} x {width} pixels"),
            Self::Image { height, width, channels } => write!(f, "{height} x {width} x {channels} pixels"),
            Self::Sequence { steps, width: 1 } => write!(f, "{steps} steps of a value"),
            Self::Sequence { steps, width } => write!(f, "{steps} steps of {width} values"),
        }
    }
}
