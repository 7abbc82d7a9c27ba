//! Skeletons of the digits: each digit has a few styles, and each style has one or more strokes through some points.
//!
//! `x` increases to the right and `y` downwards. A digit lies between 0 and 1 in `y`, and between about 0 and 0.7 in
//! `x`.

/// A point of a stroke.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) x: f32,
    pub(super) y: f32,
    /// True if the stroke may change its direction abruptly here.
    pub(super) corner: bool,
}

/// The line that a pen draws without being lifted.
pub(super) type Stroke = &'static [Node];

/// A way to write a character, with its weight among the styles of the character.
pub(super) struct Style {
    pub(super) weight: u32,
    pub(super) strokes: &'static [Stroke],
}

/// Greatest number of nodes of a stroke.
pub(super) const MOST_NODES: usize = 16;

/// Greatest number of nodes of all strokes of a style.
pub(super) const MOST_NODES_IN_STYLE: usize = 24;

pub(super) const fn smooth(x: f32, y: f32) -> Node {
    Node { x, y, corner: false }
}

pub(super) const fn corner(x: f32, y: f32) -> Node {
    Node { x, y, corner: true }
}

macro_rules! strokes {
    ($([$($shape:ident $x:literal $y:literal),+ $(,)?]),+ $(,)?) => { &[$(&[$($shape($x, $y)),+]),+] };
}
pub(super) use strokes;

/// Styles of each digit.
pub(super) static STYLES: [&[Style]; 10] = [&ZERO, &ONE, &TWO, &THREE, &FOUR, &FIVE, &SIX, &SEVEN, &EIGHT, &NINE];

static ZERO: [Style; 3] = [
    // Wide and closed.
    Style {
        weight: 4,
        strokes: strokes![[
            smooth 0.40 0.01, smooth 0.14 0.13, smooth 0.02 0.48, smooth 0.11 0.85, smooth 0.36 0.99,
            smooth 0.60 0.84, smooth 0.70 0.48, smooth 0.60 0.12, smooth 0.37 0.02,
        ]],
    },
    // Narrow.
    Style {
        weight: 3,
        strokes: strokes![[
            smooth 0.44 0.02, smooth 0.26 0.14, smooth 0.15 0.50, smooth 0.20 0.86, smooth 0.36 0.98,
            smooth 0.52 0.82, smooth 0.57 0.46, smooth 0.51 0.12, smooth 0.38 0.01,
        ]],
    },
    // The end crosses the start.
    Style {
        weight: 2,
        strokes: strokes![[
            smooth 0.33 0.14, smooth 0.13 0.26, smooth 0.04 0.58, smooth 0.17 0.92, smooth 0.43 0.96,
            smooth 0.64 0.68, smooth 0.64 0.28, smooth 0.46 0.05, smooth 0.22 0.04,
        ]],
    },
];

static ONE: [Style; 4] = [
    // A single stroke.
    Style { weight: 5, strokes: strokes![[smooth 0.36 0.00, smooth 0.35 0.34, smooth 0.34 0.67, smooth 0.33 1.00]] },
    // A leaning stroke.
    Style { weight: 4, strokes: strokes![[smooth 0.52 0.00, smooth 0.41 0.34, smooth 0.29 0.67, smooth 0.18 1.00]] },
    // With a flag.
    Style {
        weight: 2,
        strokes: strokes![[
            smooth 0.16 0.24, smooth 0.28 0.14, corner 0.40 0.01, smooth 0.39 0.35, smooth 0.38 0.67, smooth 0.37 1.00,
        ]],
    },
    // With a flag and a base.
    Style {
        weight: 1,
        strokes: strokes![
            [smooth 0.14 0.22, smooth 0.26 0.13, corner 0.37 0.01, smooth 0.37 0.34, smooth 0.36 0.67, smooth 0.36 0.98],
            [smooth 0.10 0.99, smooth 0.36 0.99, smooth 0.64 0.97],
        ],
    },
];

static TWO: [Style; 3] = [
    // A corner at the foot.
    Style {
        weight: 4,
        strokes: strokes![[
            smooth 0.07 0.23, smooth 0.18 0.05, smooth 0.42 0.02, smooth 0.59 0.18, smooth 0.52 0.43,
            smooth 0.30 0.71, corner 0.04 0.97, smooth 0.37 0.96, smooth 0.70 0.95,
        ]],
    },
    // A loop at the foot.
    Style {
        weight: 4,
        strokes: strokes![[
            smooth 0.09 0.20, smooth 0.24 0.03, smooth 0.48 0.05, smooth 0.58 0.25, smooth 0.46 0.53,
            smooth 0.25 0.82, smooth 0.08 0.95, smooth 0.02 0.84, smooth 0.17 0.76, smooth 0.42 0.90, smooth 0.72 0.93,
        ]],
    },
    // A hooked start and a falling foot.
    Style {
        weight: 2,
        strokes: strokes![[
            smooth 0.14 0.30, smooth 0.08 0.15, smooth 0.28 0.00, smooth 0.54 0.09, smooth 0.54 0.36,
            smooth 0.33 0.66, corner 0.06 0.90, smooth 0.36 0.90, smooth 0.66 1.00,
        ]],
    },
];

static THREE: [Style; 3] = [
    // Two round bows that meet in a point.
    Style {
        weight: 5,
        strokes: strokes![[
            smooth 0.07 0.14, smooth 0.31 0.00, smooth 0.56 0.13, smooth 0.49 0.36, corner 0.25 0.46,
            smooth 0.54 0.53, smooth 0.63 0.75, smooth 0.40 0.98, smooth 0.05 0.90,
        ]],
    },
    // A flat top.
    Style {
        weight: 2,
        strokes: strokes![[
            smooth 0.08 0.04, smooth 0.32 0.03, corner 0.60 0.02, smooth 0.44 0.23, corner 0.28 0.40,
            smooth 0.53 0.47, smooth 0.63 0.72, smooth 0.41 0.98, smooth 0.05 0.91,
        ]],
    },
    // A little loop between the bows.
    Style {
        weight: 2,
        strokes: strokes![[
            smooth 0.08 0.10, smooth 0.35 0.00, smooth 0.56 0.17, smooth 0.42 0.40, smooth 0.24 0.48,
            smooth 0.22 0.41, smooth 0.44 0.47, smooth 0.62 0.69, smooth 0.46 0.96, smooth 0.06 0.93,
        ]],
    },
];

static FOUR: [Style; 4] = [
    // Open, with corners.
    Style {
        weight: 4,
        strokes: strokes![
            [smooth 0.13 0.03, smooth 0.08 0.28, corner 0.05 0.52, smooth 0.34 0.53, smooth 0.66 0.49],
            [smooth 0.56 0.00, smooth 0.52 0.34, smooth 0.48 0.67, smooth 0.45 1.00],
        ],
    },
    // Open, with one round curve to the upright.
    Style {
        weight: 3,
        strokes: strokes![
            [smooth 0.09 0.04, smooth 0.06 0.32, smooth 0.17 0.53, smooth 0.38 0.50, smooth 0.55 0.34],
            [smooth 0.61 0.02, smooth 0.56 0.34, smooth 0.52 0.67, smooth 0.47 1.00],
        ],
    },
    // Closed at the top.
    Style {
        weight: 2,
        strokes: strokes![
            [smooth 0.48 0.02, smooth 0.26 0.34, corner 0.02 0.65, smooth 0.36 0.65, smooth 0.72 0.62],
            [smooth 0.49 0.00, smooth 0.48 0.34, smooth 0.47 0.67, smooth 0.46 1.00],
        ],
    },
    // Without lifting the pen: the top nearly closes, as in a 9.
    Style {
        weight: 1,
        strokes: strokes![[
            smooth 0.42 0.04, smooth 0.22 0.26, smooth 0.08 0.51, smooth 0.32 0.55, smooth 0.54 0.33, corner 0.60 0.04,
            smooth 0.54 0.36, smooth 0.49 0.68, smooth 0.45 1.00,
        ]],
    },
];

static FIVE: [Style; 3] = [
    // The bar is a separate last stroke.
    Style {
        weight: 4,
        strokes: strokes![
            [
                smooth 0.17 0.05, smooth 0.14 0.24, corner 0.10 0.43, smooth 0.35 0.38, smooth 0.60 0.54,
                smooth 0.58 0.84, smooth 0.31 1.00, smooth 0.02 0.90,
            ],
            [smooth 0.17 0.05, smooth 0.40 0.04, smooth 0.66 0.01],
        ],
    },
    // In one stroke from the end of the bar.
    Style {
        weight: 3,
        strokes: strokes![[
            smooth 0.64 0.02, smooth 0.41 0.03, corner 0.19 0.05, smooth 0.16 0.23, corner 0.12 0.41,
            smooth 0.37 0.40, smooth 0.58 0.58, smooth 0.54 0.86, smooth 0.28 0.99, smooth 0.03 0.88,
        ]],
    },
    // Round, like an S.
    Style {
        weight: 2,
        strokes: strokes![[
            smooth 0.64 0.05, smooth 0.42 0.01, smooth 0.20 0.13, smooth 0.17 0.35, smooth 0.39 0.45,
            smooth 0.57 0.63, smooth 0.51 0.88, smooth 0.27 0.99, smooth 0.04 0.91,
        ]],
    },
];

static SIX: [Style; 3] = [
    // A curved back.
    Style {
        weight: 4,
        strokes: strokes![[
            smooth 0.50 0.01, smooth 0.26 0.17, smooth 0.09 0.45, smooth 0.06 0.77, smooth 0.25 0.98,
            smooth 0.51 0.92, smooth 0.58 0.70, smooth 0.41 0.55, smooth 0.19 0.62, smooth 0.08 0.80,
        ]],
    },
    // A straight back and a small bowl.
    Style {
        weight: 3,
        strokes: strokes![[
            smooth 0.36 0.00, smooth 0.25 0.24, smooth 0.14 0.51, smooth 0.10 0.79, smooth 0.25 0.98,
            smooth 0.49 0.91, smooth 0.50 0.70, smooth 0.31 0.62, smooth 0.12 0.74,
        ]],
    },
    // A hooked top and a curled end.
    Style {
        weight: 2,
        strokes: strokes![[
            smooth 0.60 0.12, smooth 0.43 0.02, smooth 0.18 0.21, smooth 0.05 0.56, smooth 0.13 0.91, smooth 0.38 0.99,
            smooth 0.60 0.79, smooth 0.49 0.55, smooth 0.26 0.56, smooth 0.17 0.74,
        ]],
    },
];

static SEVEN: [Style; 4] = [
    // Without a bar.
    Style {
        weight: 4,
        strokes: strokes![[
            smooth 0.05 0.08, smooth 0.34 0.06, corner 0.64 0.04, smooth 0.50 0.34, smooth 0.38 0.66, smooth 0.28 1.00,
        ]],
    },
    // With a bar.
    Style {
        weight: 2,
        strokes: strokes![
            [smooth 0.06 0.06, smooth 0.35 0.05, corner 0.66 0.02, smooth 0.51 0.33, smooth 0.37 0.66, smooth 0.24 1.00],
            [smooth 0.18 0.51, smooth 0.40 0.49, smooth 0.62 0.46],
        ],
    },
    // With a serif.
    Style {
        weight: 1,
        strokes: strokes![[
            smooth 0.05 0.22, corner 0.06 0.05, smooth 0.35 0.05, corner 0.64 0.03, smooth 0.48 0.35, smooth 0.37 0.67,
            smooth 0.31 1.00,
        ]],
    },
    // With a waved top and a round turn.
    Style {
        weight: 3,
        strokes: strokes![[
            smooth 0.02 0.17, smooth 0.16 0.05, smooth 0.37 0.09, smooth 0.58 0.05, smooth 0.59 0.21, smooth 0.47 0.46,
            smooth 0.38 0.73, smooth 0.33 1.00,
        ]],
    },
];

static EIGHT: [Style; 3] = [
    // An S, closed on the way up.
    Style {
        weight: 5,
        strokes: strokes![[
            smooth 0.56 0.12, smooth 0.36 0.00, smooth 0.13 0.13, smooth 0.20 0.37, smooth 0.42 0.52, smooth 0.59 0.75,
            smooth 0.38 0.99, smooth 0.12 0.86, smooth 0.20 0.60, smooth 0.45 0.40, smooth 0.58 0.17,
        ]],
    },
    // Two circles.
    Style {
        weight: 2,
        strokes: strokes![
            [
                smooth 0.36 0.01, smooth 0.17 0.10, smooth 0.17 0.34, smooth 0.36 0.45, smooth 0.54 0.33,
                smooth 0.53 0.10, smooth 0.34 0.02,
            ],
            [
                smooth 0.36 0.45, smooth 0.12 0.58, smooth 0.10 0.86, smooth 0.36 0.99, smooth 0.60 0.84,
                smooth 0.58 0.57, smooth 0.34 0.46,
            ],
        ],
    },
    // Starts at the crossing, narrow.
    Style {
        weight: 2,
        strokes: strokes![[
            smooth 0.36 0.49, smooth 0.20 0.31, smooth 0.25 0.06, smooth 0.46 0.03, smooth 0.50 0.25, smooth 0.34 0.49,
            smooth 0.19 0.72, smooth 0.24 0.95, smooth 0.43 0.97, smooth 0.51 0.76, smooth 0.38 0.52,
        ]],
    },
];

static NINE: [Style; 4] = [
    // A straight tail from a corner.
    Style {
        weight: 4,
        strokes: strokes![[
            smooth 0.57 0.15, smooth 0.38 0.01, smooth 0.13 0.14, smooth 0.11 0.39, smooth 0.34 0.46, smooth 0.54 0.28,
            corner 0.59 0.10, smooth 0.57 0.41, smooth 0.53 0.71, smooth 0.49 1.00,
        ]],
    },
    // A tail that curls to the left.
    Style {
        weight: 2,
        strokes: strokes![[
            smooth 0.58 0.18, smooth 0.39 0.02, smooth 0.14 0.14, smooth 0.13 0.38, smooth 0.36 0.44, smooth 0.56 0.27,
            corner 0.60 0.13, smooth 0.61 0.47, smooth 0.53 0.82, smooth 0.33 0.99, smooth 0.10 0.91,
        ]],
    },
    // A loop that runs into a slanting tail.
    Style {
        weight: 3,
        strokes: strokes![[
            smooth 0.50 0.30, smooth 0.29 0.45, smooth 0.10 0.34, smooth 0.19 0.09, smooth 0.43 0.01, smooth 0.57 0.16,
            smooth 0.51 0.45, smooth 0.41 0.73, smooth 0.32 1.00,
        ]],
    },
    // A small loop before a long upright.
    Style {
        weight: 1,
        strokes: strokes![
            [
                smooth 0.49 0.16, smooth 0.28 0.07, smooth 0.10 0.22, smooth 0.18 0.42, smooth 0.38 0.39,
                smooth 0.51 0.20,
            ],
            [smooth 0.54 0.06, smooth 0.52 0.38, smooth 0.51 0.69, smooth 0.50 1.00],
        ],
    },
];
