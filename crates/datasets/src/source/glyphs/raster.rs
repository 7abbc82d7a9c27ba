//! Drawing of strokes as pixels: splines through nodes, split into line segments, drawn with a round pen.

/// A point in pixels. The centre of the first pixel is (0.5, 0.5).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Point {
    pub(super) x: f32,
    pub(super) y: f32,
}

/// A point on a stroke to draw.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Knot {
    pub(super) at: Point,
    pub(super) corner: bool,
    /// Half the width of the stroke, in pixels.
    pub(super) radius: f32,
}

/// Greatest length of a segment of a spline, in pixels. At this length, the corners between segments are invisible.
const SEGMENT: f32 = 1.6;

/// An image that is being drawn: for each pixel, the greatest depth of its centre inside the ink, in pixels.
pub(super) struct Canvas {
    depth: Vec<f32>,
    side: usize,
}

impl Canvas {
    /// An empty canvas with `side` pixels a side.
    pub(super) fn new(side: usize) -> Self {
        Self { depth: vec![f32::MIN; side * side], side }
    }

    /// Draws one stroke: a Catmull-Rom spline through the knots. At corners, the tangent changes.
    pub(super) fn stroke(&mut self, knots: &[Knot]) {
        for (index, pair) in knots.windows(2).enumerate() {
            let [from, to] = [pair[0], pair[1]];
            let before = if index == 0 || from.corner { None } else { knots.get(index - 1) };
            let after = if to.corner { None } else { knots.get(index + 2) };
            self.span(from, to, before, after);
        }
    }

    /// Draws one span of a spline: a cubic Bezier curve whose inner control points depend on the neighbours, if there
    /// are any.
    fn span(&mut self, from: Knot, to: Knot, before: Option<&Knot>, after: Option<&Knot>) {
        let (start, end) = (from.at, to.at);
        let chord = Point { x: end.x - start.x, y: end.y - start.y };
        // A Catmull-Rom tangent is half the vector between the neighbours, and a control point is a third of the
        // tangent away.
        let near = |far: Point, point: Point| Point { x: (far.x - point.x) / 6.0, y: (far.y - point.y) / 6.0 };
        let leave = before.map(|knot| near(end, knot.at));
        let arrive = after.map(|knot| near(knot.at, start));
        // A free end bends like the other end: its control point is half-way to that of the other end.
        let third = Point { x: chord.x / 3.0, y: chord.y / 3.0 };
        let free = |other: Point| Point { x: (chord.x - other.x) / 2.0, y: (chord.y - other.y) / 2.0 };
        let (leave, arrive) = match (leave, arrive) {
            (Some(leave), Some(arrive)) => (leave, arrive),
            (Some(leave), None) => (leave, free(leave)),
            (None, Some(arrive)) => (free(arrive), arrive),
            (None, None) => (third, third),
        };
        let length = (chord.x * chord.x + chord.y * chord.y).sqrt();
        let pieces = (length / SEGMENT) as u32 + 1;
        let first = Point { x: start.x + leave.x, y: start.y + leave.y };
        let second = Point { x: end.x - arrive.x, y: end.y - arrive.y };
        let mut last = start;
        for piece in 1..=pieces {
            let t = piece as f32 / pieces as f32;
            let s = 1.0 - t;
            let (a, b, c, d) = (s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t);
            let next = Point {
                x: a * start.x + b * first.x + c * second.x + d * end.x,
                y: a * start.y + b * first.y + c * second.y + d * end.y,
            };
            self.segment(last, next, from.radius + (to.radius - from.radius) * t);
            last = next;
        }
    }

    /// Draws a segment with round ends.
    fn segment(&mut self, start: Point, end: Point, radius: f32) {
        let (dx, dy) = (end.x - start.x, end.y - start.y);
        let square = dx * dx + dy * dy;
        let inverse = if square > 0.0 { 1.0 / square } else { 0.0 };
        // Ink extends half a pixel beyond the radius.
        let reach = radius + 0.5;
        let columns = pixels_within(self.side, start.x.min(end.x) - reach, start.x.max(end.x) + reach);
        let rows = pixels_within(self.side, start.y.min(end.y) - reach, start.y.max(end.y) + reach);
        for row in rows {
            let py = row as f32 + 0.5 - start.y;
            let line = &mut self.depth[row * self.side..][..self.side];
            for column in columns.clone() {
                let px = column as f32 + 0.5 - start.x;
                let along = ((px * dx + py * dy) * inverse).clamp(0.0, 1.0);
                let (ox, oy) = (px - along * dx, py - along * dy);
                let depth = radius - (ox * ox + oy * oy).sqrt();
                line[column] = line[column].max(depth);
            }
        }
    }

    /// Writes the image: ink of a strength from 0 to 1, with edges that fade over one pixel.
    pub(super) fn image(&self, strength: f32, image: &mut [u8]) {
        for (byte, depth) in image.iter_mut().zip(&self.depth) {
            *byte = ((depth + 0.5).clamp(0.0, 1.0) * strength * 255.0 + 0.5) as u8;
        }
    }
}

/// Rows or columns, out of `side`, whose pixel centres may lie between two coordinates.
fn pixels_within(side: usize, low: f32, high: f32) -> std::ops::Range<usize> {
    // A cast from float to integer saturates, so that coordinates outside give an empty range.
    let (first, last) = ((low - 0.5).max(0.0) as usize, (high + 0.5).max(0.0) as usize);
    first.min(side)..last.min(side)
}
