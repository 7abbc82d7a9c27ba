//! The shape of a row of data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Shape of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Shape {
    /// Values without an order.
    Vector {
        /// Number of values.
        width: usize,
    },
    /// Pixels, row by row. The channels of a pixel are next to each other.
    Image {
        /// Number of rows of pixels.
        height: usize,
        /// Number of pixels in a row of pixels.
        width: usize,
        /// Number of values of a pixel: 1 for grey, 3 for colour.
        channels: usize,
    },
    /// Steps in time.
    Sequence {
        /// Number of steps.
        steps: usize,
        /// Number of values of a step.
        width: usize,
    },
}

/// Side of the window of structural similarity, in pixels.
pub const SIMILARITY_WINDOW: usize = 11;

impl Shape {
    /// Number of columns, which are scaled separately: the values of a row, or of a step of a sequence.
    pub fn columns(self) -> usize {
        match self {
            Self::Sequence { width, .. } => width,
            Self::Vector { .. } | Self::Image { .. } => self.values(),
        }
    }

    /// A square grey image of `side` x `side` pixels.
    pub const fn square(side: usize) -> Self {
        Self::Image { height: side, width: side, channels: 1 }
    }

    /// Number of values of a row.
    pub const fn values(self) -> usize {
        match self {
            Self::Vector { width } => width,
            Self::Image { height, width, channels } => height * width * channels,
            Self::Sequence { steps, width } => steps * width,
        }
    }

    /// Height and width of a grey image; `None` for any other shape.
    pub const fn grey_image(self) -> Option<(usize, usize)> {
        match self {
            Self::Image { height, width, channels: 1 } => Some((height, width)),
            _ => None,
        }
    }

    /// Height, width and channels of an image that can be shown: grey, or red, green and blue. `None` for any other
    /// shape.
    pub const fn picture(self) -> Option<(usize, usize, usize)> {
        match self {
            Self::Image { height, width, channels: channels @ (1 | 3) } => Some((height, width, channels)),
            _ => None,
        }
    }

    /// Height and width of a grey image that is at least as large as the window of structural similarity, 11 x 11
    /// pixels. `None` for any other shape.
    pub fn similarity_plane(self) -> Option<(usize, usize)> {
        self.grey_image().filter(|(height, width)| *height.min(width) >= SIMILARITY_WINDOW)
    }

    /// Height and width of a grey image. Any other shape counts as one row of all its values.
    pub const fn plane(self) -> (usize, usize) {
        match self.grey_image() {
            Some(plane) => plane,
            None => (1, self.values()),
        }
    }

    /// Number of steps and number of values of a step, as a recurrent network reads them. The steps of an image are its
    /// rows of pixels, from the top. `None` for a vector.
    pub const fn steps(self) -> Option<(usize, usize)> {
        match self {
            Self::Vector { .. } => None,
            Self::Image { height, width, channels } => Some((height, width * channels)),
            Self::Sequence { steps, width } => Some((steps, width)),
        }
    }
}

/// Text such as `784 values`, `28 x 28 pixels`, `32 x 32 x 3 pixels` or `20 steps of 12 values`.
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
