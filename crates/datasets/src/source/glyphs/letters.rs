//! Skeletons of the capitals A to J, in the same coordinates as those of the digits.

use super::skeletons::{Style, corner, smooth, strokes};

/// Styles of each letter.
pub(super) static STYLES: [&[Style]; 10] = [&A, &B, &C, &D, &E, &F, &G, &H, &I, &J];

static A: [Style; 3] = [
    // A pointed roof and a bar.
    Style {
        weight: 5,
        strokes: strokes![
            [
                smooth 0.02 1.00, smooth 0.13 0.66, smooth 0.24 0.33, corner 0.35 0.00, smooth 0.46 0.33,
                smooth 0.57 0.66, smooth 0.68 1.00,
            ],
            [smooth 0.12 0.66, smooth 0.35 0.65, smooth 0.58 0.65],
        ],
    },
    // A round roof.
    Style {
        weight: 3,
        strokes: strokes![
            [
                smooth 0.06 1.00, smooth 0.07 0.62, smooth 0.13 0.22, smooth 0.35 0.01, smooth 0.57 0.22,
                smooth 0.63 0.62, smooth 0.64 1.00,
            ],
            [smooth 0.07 0.57, smooth 0.35 0.56, smooth 0.63 0.56],
        ],
    },
    // A steep side and a bar that runs over both.
    Style {
        weight: 2,
        strokes: strokes![
            [smooth 0.44 0.00, smooth 0.31 0.33, smooth 0.18 0.67, smooth 0.04 1.00],
            [smooth 0.44 0.00, smooth 0.50 0.33, smooth 0.55 0.67, smooth 0.60 1.00],
            [smooth 0.04 0.70, smooth 0.36 0.66, smooth 0.70 0.61],
        ],
    },
];

static B: [Style; 3] = [
    // Two bows that meet at the stem.
    Style {
        weight: 5,
        strokes: strokes![
            [smooth 0.08 0.00, smooth 0.08 0.34, smooth 0.08 0.67, smooth 0.08 1.00],
            [
                smooth 0.08 0.01, smooth 0.38 0.02, smooth 0.54 0.22, smooth 0.40 0.43, corner 0.10 0.47,
                smooth 0.44 0.51, smooth 0.62 0.74, smooth 0.42 0.97, smooth 0.07 0.99,
            ],
        ],
    },
    // Two bows that meet before the stem and run over it.
    Style {
        weight: 3,
        strokes: strokes![
            [smooth 0.16 0.02, smooth 0.15 0.34, smooth 0.14 0.67, smooth 0.13 0.99],
            [
                smooth 0.02 0.08, smooth 0.34 0.00, smooth 0.55 0.17, smooth 0.45 0.38, corner 0.25 0.46,
                smooth 0.54 0.54, smooth 0.62 0.78, smooth 0.38 0.99, smooth 0.02 0.95,
            ],
        ],
    },
    // A small bow above a wide one.
    Style {
        weight: 2,
        strokes: strokes![
            [smooth 0.12 0.00, smooth 0.11 0.34, smooth 0.09 0.67, smooth 0.08 1.00],
            [smooth 0.12 0.01, smooth 0.38 0.06, smooth 0.40 0.30, smooth 0.11 0.39],
            [smooth 0.11 0.39, smooth 0.50 0.46, smooth 0.66 0.72, smooth 0.46 0.96, smooth 0.08 0.99],
        ],
    },
];

static C: [Style; 3] = [
    // Wide.
    Style {
        weight: 5,
        strokes: strokes![[
            smooth 0.64 0.17, smooth 0.43 0.01, smooth 0.15 0.13, smooth 0.02 0.49, smooth 0.14 0.87, smooth 0.42 0.99,
            smooth 0.66 0.84,
        ]],
    },
    // Narrow.
    Style {
        weight: 3,
        strokes: strokes![[
            smooth 0.56 0.10, smooth 0.36 0.01, smooth 0.16 0.21, smooth 0.10 0.53, smooth 0.18 0.86, smooth 0.38 0.99,
            smooth 0.59 0.90,
        ]],
    },
    // Both ends curl in.
    Style {
        weight: 2,
        strokes: strokes![[
            smooth 0.54 0.30, smooth 0.60 0.13, smooth 0.40 0.00, smooth 0.12 0.18, smooth 0.03 0.54, smooth 0.18 0.91,
            smooth 0.44 0.99, smooth 0.64 0.82,
        ]],
    },
];

static D: [Style; 3] = [
    // A bow from end to end of the stem.
    Style {
        weight: 5,
        strokes: strokes![
            [smooth 0.08 0.00, smooth 0.08 0.34, smooth 0.08 0.67, smooth 0.08 1.00],
            [
                smooth 0.08 0.01, smooth 0.42 0.06, smooth 0.65 0.32, smooth 0.65 0.68, smooth 0.42 0.94,
                smooth 0.08 0.99,
            ],
        ],
    },
    // A bow that runs over the stem.
    Style {
        weight: 3,
        strokes: strokes![
            [smooth 0.19 0.02, smooth 0.18 0.34, smooth 0.17 0.67, smooth 0.16 0.99],
            [
                smooth 0.00 0.06, smooth 0.36 0.01, smooth 0.64 0.24, smooth 0.66 0.62, smooth 0.42 0.94,
                smooth 0.02 0.96,
            ],
        ],
    },
    // In one stroke, the stem first.
    Style {
        weight: 2,
        strokes: strokes![[
            smooth 0.14 0.08, smooth 0.13 0.38, smooth 0.12 0.68, corner 0.11 0.98, smooth 0.45 0.92, smooth 0.66 0.62,
            smooth 0.60 0.25, smooth 0.34 0.03, smooth 0.03 0.05,
        ]],
    },
];

static E: [Style; 3] = [
    // With corners, the middle bar last.
    Style {
        weight: 5,
        strokes: strokes![
            [
                smooth 0.60 0.01, smooth 0.34 0.02, corner 0.08 0.03, smooth 0.08 0.35, smooth 0.08 0.66,
                corner 0.08 0.98, smooth 0.36 0.98, smooth 0.64 0.97,
            ],
            [smooth 0.08 0.49, smooth 0.30 0.49, smooth 0.52 0.48],
        ],
    },
    // Round, like a mirrored 3.
    Style {
        weight: 3,
        strokes: strokes![[
            smooth 0.60 0.12, smooth 0.36 0.00, smooth 0.13 0.14, smooth 0.18 0.39, corner 0.42 0.47, smooth 0.13 0.55,
            smooth 0.05 0.78, smooth 0.30 0.99, smooth 0.63 0.88,
        ]],
    },
    // Bars that run over the stem.
    Style {
        weight: 2,
        strokes: strokes![
            [smooth 0.12 0.00, smooth 0.11 0.34, smooth 0.10 0.67, corner 0.10 1.00, smooth 0.38 0.99, smooth 0.66 0.97],
            [smooth 0.02 0.05, smooth 0.34 0.03, smooth 0.64 0.00],
            [smooth 0.04 0.53, smooth 0.30 0.51, smooth 0.56 0.48],
        ],
    },
];

static F: [Style; 3] = [
    // With a corner.
    Style {
        weight: 5,
        strokes: strokes![
            [
                smooth 0.64 0.01, smooth 0.37 0.02, corner 0.10 0.03, smooth 0.10 0.35, smooth 0.09 0.67,
                smooth 0.08 1.00,
            ],
            [smooth 0.10 0.48, smooth 0.31 0.47, smooth 0.52 0.46],
        ],
    },
    // Bars that run over the stem.
    Style {
        weight: 3,
        strokes: strokes![
            [smooth 0.20 0.04, smooth 0.19 0.36, smooth 0.18 0.68, smooth 0.17 1.00],
            [smooth 0.02 0.07, smooth 0.35 0.04, smooth 0.68 0.00],
            [smooth 0.07 0.51, smooth 0.32 0.49, smooth 0.57 0.46],
        ],
    },
    // A round shoulder.
    Style {
        weight: 2,
        strokes: strokes![
            [
                smooth 0.63 0.08, smooth 0.42 0.00, smooth 0.23 0.13, smooth 0.19 0.42, smooth 0.17 0.71,
                smooth 0.14 1.00,
            ],
            [smooth 0.01 0.50, smooth 0.26 0.48, smooth 0.51 0.46],
        ],
    },
];

static G: [Style; 3] = [
    // A bar into the bow.
    Style {
        weight: 5,
        strokes: strokes![[
            smooth 0.62 0.17, smooth 0.42 0.01, smooth 0.15 0.12, smooth 0.02 0.48, smooth 0.13 0.86, smooth 0.38 0.99,
            smooth 0.61 0.84, corner 0.65 0.55, smooth 0.50 0.55, smooth 0.35 0.56,
        ]],
    },
    // A spur below a bar that runs over it.
    Style {
        weight: 3,
        strokes: strokes![
            [
                smooth 0.60 0.15, smooth 0.40 0.01, smooth 0.15 0.14, smooth 0.03 0.49, smooth 0.12 0.84,
                smooth 0.34 0.97, smooth 0.53 0.82, smooth 0.57 0.55,
            ],
            [smooth 0.36 0.55, smooth 0.53 0.54, smooth 0.70 0.54],
            [smooth 0.57 0.55, smooth 0.57 0.78, smooth 0.57 1.00],
        ],
    },
    // The bow curls in to the bar.
    Style {
        weight: 2,
        strokes: strokes![[
            smooth 0.58 0.14, smooth 0.38 0.01, smooth 0.13 0.19, smooth 0.05 0.55, smooth 0.18 0.92, smooth 0.43 0.96,
            smooth 0.61 0.78, smooth 0.56 0.58, smooth 0.36 0.58,
        ]],
    },
];

static H: [Style; 3] = [
    // Upright.
    Style {
        weight: 5,
        strokes: strokes![
            [smooth 0.06 0.00, smooth 0.06 0.34, smooth 0.06 0.67, smooth 0.06 1.00],
            [smooth 0.62 0.00, smooth 0.62 0.34, smooth 0.62 0.67, smooth 0.62 1.00],
            [smooth 0.06 0.50, smooth 0.34 0.49, smooth 0.62 0.48],
        ],
    },
    // Stems that lean apart, and a bar that runs over them.
    Style {
        weight: 3,
        strokes: strokes![
            [smooth 0.14 0.02, smooth 0.12 0.34, smooth 0.09 0.67, smooth 0.06 1.00],
            [smooth 0.56 0.00, smooth 0.57 0.33, smooth 0.58 0.66, smooth 0.60 0.98],
            [smooth 0.00 0.56, smooth 0.34 0.51, smooth 0.70 0.45],
        ],
    },
    // Narrow, with the bar in one stroke with the second stem.
    Style {
        weight: 2,
        strokes: strokes![
            [smooth 0.12 0.00, smooth 0.12 0.34, smooth 0.11 0.67, smooth 0.10 1.00],
            [
                smooth 0.11 0.58, smooth 0.33 0.52, corner 0.55 0.44, smooth 0.56 0.62, smooth 0.56 0.80,
                smooth 0.56 0.98,
            ],
            [smooth 0.56 0.02, smooth 0.55 0.23, smooth 0.55 0.44],
        ],
    },
];

static I: [Style; 3] = [
    // With serifs.
    Style {
        weight: 5,
        strokes: strokes![
            [smooth 0.35 0.02, smooth 0.35 0.34, smooth 0.35 0.66, smooth 0.35 0.98],
            [smooth 0.10 0.02, smooth 0.35 0.01, smooth 0.60 0.02],
            [smooth 0.10 0.98, smooth 0.35 0.98, smooth 0.60 0.98],
        ],
    },
    // A single stroke.
    Style { weight: 2, strokes: strokes![[smooth 0.36 0.00, smooth 0.35 0.34, smooth 0.35 0.67, smooth 0.34 1.00]] },
    // Short serifs.
    Style {
        weight: 3,
        strokes: strokes![
            [smooth 0.36 0.02, smooth 0.35 0.34, smooth 0.35 0.66, smooth 0.34 0.98],
            [smooth 0.20 0.03, smooth 0.52 0.01],
            [smooth 0.18 0.99, smooth 0.50 0.97],
        ],
    },
];

static J: [Style; 3] = [
    // A hook.
    Style {
        weight: 3,
        strokes: strokes![[
            smooth 0.54 0.00, smooth 0.54 0.34, smooth 0.53 0.68, smooth 0.42 0.94, smooth 0.22 0.98, smooth 0.06 0.84,
            smooth 0.05 0.66,
        ]],
    },
    // With a bar at the top.
    Style {
        weight: 4,
        strokes: strokes![
            [
                smooth 0.46 0.02, smooth 0.46 0.36, smooth 0.45 0.68, smooth 0.36 0.93, smooth 0.18 0.98,
                smooth 0.04 0.80,
            ],
            [smooth 0.22 0.03, smooth 0.46 0.02, smooth 0.70 0.01],
        ],
    },
    // With a flag.
    Style {
        weight: 3,
        strokes: strokes![[
            smooth 0.22 0.06, smooth 0.40 0.03, corner 0.58 0.01, smooth 0.57 0.34, smooth 0.54 0.70, smooth 0.40 0.96,
            smooth 0.18 0.97, smooth 0.05 0.78,
        ]],
    },
];
