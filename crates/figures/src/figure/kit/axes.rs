//! Scales, ticks, and panels for curves.

use plotters::style::RGBColor;

use crate::error::Error;
use crate::figure::kit::theme::{GREY, GRID, INK, RULE, SMALL, label, name, room, spread, tint};
use crate::summary::Spread;
use canvas::number::{is_below_large, scientific};
use canvas::scene::{Anchor, Point, Scene, Text, WIDTH};
use canvas::text::Weight;

/// Largest number of labelled powers of ten on an axis.
const MOST_POWERS: usize = 12;

/// A rectangle: left, top, right and bottom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

/// A value with a name on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: String,
}

/// A scale from values to the unit interval.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    pub(crate) ticks: Vec<Tick>,
}

impl Axis {
    /// A linear scale from `low` to `high`, with about `ticks` ticks at round values.
    pub(crate) fn linear(low: f64, high: f64, ticks: usize) -> Self {
        let (low, high) = apart(low, high);
        let rough = (high - low) / ticks.max(1) as f64;
        let power = rough.log10().floor();
        let unit = 10_f64.powf(power);
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| step * unit >= rough * 0.999).unwrap_or(10.0) * unit;
        let decimals = (-(step * 1.001).log10().floor()).clamp(0.0, 12.0) as usize;
        let (first, last) = ((low / step - 1e-6).ceil() as i64, (high / step + 1e-6).floor() as i64);
        let largest = low.abs().max(high.abs());
        // Scientific notation, with digits down to the step, if decimals would be too many or hide the value.
        let digits = (!is_below_large(largest) || step < 1e-9)
            .then(|| (largest.log10().floor() - (step * 1.001).log10().floor()).clamp(0.0, 15.0) as usize);
        let label = |value: f64| match digits {
            Some(digits) if value != 0.0 => scientific(value, digits).replace('-', "\u{2212}"),
            _ => signed(value, decimals),
        };
        let tick = |index: i64| Tick { value: index as f64 * step, label: label(index as f64 * step) };
        Self { low, high, logarithmic: false, ticks: (first..=last).map(tick).collect() }
    }

    /// The axis with ticks at whole numbers only.
    pub(crate) fn integers(low: usize, high: usize, ticks: usize) -> Self {
        let mut axis = Self::linear(low as f64, high as f64, ticks);
        if low == high {
            axis.ticks = vec![Tick { value: low as f64, label: low.to_string() }];
        }
        axis.ticks.retain(|tick| tick.value.fract() == 0.0);
        axis.ticks.iter_mut().for_each(|tick| tick.label = tick.value.to_string());
        axis
    }

    /// A logarithmic scale over positive values, with ticks at round digits of each power of ten.
    pub(crate) fn logarithmic(low: f64, high: f64) -> Self {
        let powers = low.log10().floor() as i32..=high.log10().ceil() as i32;
        // Labels only as many powers of ten as fit.
        let stride = powers.clone().count().div_ceil(MOST_POWERS);
        let ticks_at = |digits: &[f64]| {
            let mut ticks = Vec::new();
            for power in powers.clone().step_by(stride) {
                for digit in digits {
                    let value = digit * 10_f64.powi(power);
                    if (low * 0.999..=high * 1.001).contains(&value) {
                        let decimals = (i32::from(digit.fract() != 0.0) - power).max(0) as usize;
                        let ordinary = is_below_large(value) && decimals <= 6;
                        let label = if ordinary { format!("{value:.decimals$}") } else { short(value) };
                        ticks.push(Tick { value, label });
                    }
                }
            }
            ticks
        };
        // The coarsest set with at least three ticks.
        let mut ticks = ticks_at(&[1.0]);
        for digits in [&[1.0, 2.0, 5.0][..], &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0]] {
            if ticks.len() < 4 {
                ticks = ticks_at(digits);
            }
        }
        Self { low, high, logarithmic: true, ticks }
    }

    /// The axis with ticks at powers of ten only, if it has too many ticks for a low panel.
    pub(crate) fn at_most(mut self, most: usize) -> Self {
        if self.ticks.len() > most {
            self.ticks.retain(|tick| (tick.value.log10() - tick.value.log10().round()).abs() < 1e-9);
        }
        self
    }

    /// A scale for errors: logarithmic if the largest is more than four times the smallest, else linear. Both ends have
    /// a margin.
    pub(crate) fn errors(values: impl IntoIterator<Item = f64> + Clone) -> Self {
        let low = values.clone().into_iter().fold(f64::INFINITY, f64::min);
        let high = values.into_iter().fold(f64::NEG_INFINITY, f64::max);
        // There are no values, or all are 0.
        if low > high || (low == 0.0 && high == 0.0) {
            return Self::linear(0.0, 1.0, 5);
        }
        if low > 0.0 && high / low > 4.0 {
            let room = (high / low).powf(0.06);
            Self::logarithmic(low / room, high * room)
        } else {
            let room = 0.08 * (high - low).max(high.abs() * 0.05);
            Self::linear((low - room).max(if low >= 0.0 { 0.0 } else { f64::NEG_INFINITY }), high + room, 5)
        }
    }

    /// A scale for errors that may be 0. If the largest positive error is more than four times the smallest, it is
    /// logarithmic, with zeros at the low end; else it is linear.
    pub(crate) fn errors_beside_zeros(values: impl IntoIterator<Item = f64> + Clone) -> Self {
        let above: Vec<f64> = values.clone().into_iter().filter(|value| *value > 0.0).collect();
        let axis = Self::errors(above);
        if axis.logarithmic { axis } else { Self::errors(values) }
    }

    /// A logarithmic scale with ticks at exactly `values`, such as code sizes.
    pub(crate) fn sizes(values: &[usize]) -> Self {
        let low = values.iter().copied().min().unwrap_or(1).max(1) as f64;
        let high = values.iter().copied().max().unwrap_or(2).max(2) as f64;
        let ticks = values.iter().map(|&value| Tick { value: value as f64, label: value.to_string() }).collect();
        let room = (high / low).powf(0.03);
        Self { low: low / room, high: high * room, logarithmic: true, ticks }
    }

    /// Position of a value: 0 at the low end, 1 at the high end. A value too small for a logarithmic scale, such as 0,
    /// is at the low end.
    pub(crate) fn share(&self, value: f64) -> f64 {
        if self.logarithmic {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// The value of the scale that is nearest to a value.
    pub(crate) fn nearest(&self, value: f64) -> f64 {
        value.clamp(self.low, self.high)
    }

    pub(crate) const fn is_logarithmic(&self) -> bool {
        self.logarithmic
    }

    /// Width of the widest tick label.
    pub(crate) fn room(&self) -> Result<f64, Error> {
        room(&self.ticks.iter().map(|tick| tick.label.clone()).collect::<Vec<_>>(), Weight::Regular)
    }
}

/// The two ends, moved apart if they differ by no more than rounding.
fn apart(low: f64, high: f64) -> (f64, f64) {
    let largest = low.abs().max(high.abs());
    if high - low > 1e-9 * largest {
        return (low, high);
    }
    let half = (1e-3 * largest).max(0.5);
    (low - half, low + half)
}

/// A round number in scientific notation: `1e-12`, `2.5e7`.
fn short(value: f64) -> String {
    let text = scientific(value, 1);
    text.replace(".0e", "e").replace('-', "\u{2212}")
}

/// A decimal number with a typographic minus sign; zero is `0`.
fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    match text.chars().any(|digit| ('1'..='9').contains(&digit)) {
        false => "0".to_owned(),
        true if value < 0.0 => format!("\u{2212}{text}"),
        true => text,
    }
}

/// An area with two axes.
pub(crate) struct Panel {
    pub(crate) area: Area,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

impl Panel {
    /// Fits a panel into `outer`, with room for the labels and titles of both axes.
    pub(crate) fn new(outer: Area, x: Axis, y: Axis) -> Result<Self, Error> {
        let area = Area {
            left: outer.left + y.room()? + 14.0,
            top: outer.top + 46.0,
            right: outer.right,
            bottom: outer.bottom - 84.0,
        };
        Ok(Self { area, x, y })
    }

    pub(crate) fn across(&self, value: f64) -> f64 {
        self.area.left + self.x.share(value) * (self.area.right - self.area.left)
    }

    pub(crate) fn down(&self, value: f64) -> f64 {
        self.area.bottom - self.y.share(value) * (self.area.bottom - self.area.top)
    }

    pub(crate) fn point(&self, x: f64, y: f64) -> Point {
        (self.across(x), self.down(y))
    }

    /// A dashed line from the top down to `to` at a place on the x axis, with a note on the side that has more room.
    pub(crate) fn marker(&self, scene: &mut Scene, at: f64, to: f64, note: &str) {
        let x = self.across(at);
        scene.dashed((x, self.area.top), (x, to), 3.0, RULE);
        let (anchor, shift) = if self.x.share(at) < 0.5 { (Anchor::Start, 10.0) } else { (Anchor::End, -10.0) };
        scene.text(label(note, (x + shift, self.area.top + 22.0), anchor, GREY));
    }

    /// Draws a bar of one standard deviation on either side of a mean, cut at the panel; nothing if the deviation is
    /// unknown.
    pub(crate) fn deviation(&self, scene: &mut Scene, x: f64, Spread { mean, std }: Spread, colour: RGBColor) {
        const CAP: f64 = 8.0;
        let Some(std) = std else { return };
        let x = self.across(x);
        let ends = [mean - std, mean + std].map(|end| self.down(end).clamp(self.area.top, self.area.bottom));
        scene.line((x, ends[0]), (x, ends[1]), 3.0, tint(colour, 0.7));
        for y in ends {
            scene.line((x - CAP, y), (x + CAP, y), 3.0, tint(colour, 0.7));
        }
    }

    /// Writes a label at the right end of each line, from text, last value and colour. Labels that would touch are
    /// moved apart.
    pub(crate) fn ends(&self, scene: &mut Scene, ends: &[(String, f64, RGBColor)]) {
        let right = self.area.right;
        let heights: Vec<f64> = ends.iter().map(|(_, value, _)| self.down(*value)).collect();
        let placed = spread(&heights, SMALL * 1.3, self.area.top, self.area.bottom);
        for (((text, _, colour), y), height) in ends.iter().zip(placed).zip(heights) {
            scene.line((right + 4.0, height), (right + 14.0, y), 2.0, tint(*colour, 0.6));
            scene.text(name(text.as_str(), (right + 20.0, y + SMALL * 0.35), Anchor::Start, *colour));
        }
    }

    /// Labels below the x axis. Labels that touch, such as 30 and 32, are moved apart a little; a label that would be
    /// too far from its tick is left out.
    fn x_labels(&self, baseline: f64) -> Result<Vec<Text>, Error> {
        const GAP: f64 = 10.0;
        let mut labels: Vec<Text> = Vec::new();
        for tick in &self.x.ticks {
            let mut text = label(&tick.label, (self.across(tick.value), baseline), Anchor::Middle, GREY);
            // A wide label at the right end is moved into the figure.
            text.at.0 -= (text.bounds()?.2 - f64::from(WIDTH)).max(0.0);
            if let Some(before) = labels.last_mut() {
                let overlap = before.bounds()?.2 + GAP - text.bounds()?.0;
                if overlap > 40.0 {
                    continue;
                }
                let shift = overlap.max(0.0) / 2.0;
                before.at.0 -= shift;
                text.at.0 += shift;
                text.at.0 -= (text.bounds()?.2 - f64::from(WIDTH)).max(0.0);
            }
            labels.push(text);
        }
        Ok(labels)
    }

    /// Draws grid, ticks and titles. The title of the y axis is horizontal, above the axis.
    pub(crate) fn draw(&self, scene: &mut Scene, x_title: &str, y_title: &str) -> Result<(), Error> {
        let Area { left, top, right, bottom } = self.area;
        for tick in &self.y.ticks {
            let y = self.down(tick.value);
            scene.line((left, y), (right, y), 2.0, GRID);
            scene.text(label(&tick.label, (left - 12.0, y + SMALL * 0.35), Anchor::End, GREY));
        }
        scene.line((left, bottom), (right, bottom), 2.0, RULE);
        for tick in &self.x.ticks {
            let x = self.across(tick.value);
            scene.line((x, bottom), (x, bottom + 8.0), 2.0, RULE);
        }
        for text in self.x_labels(bottom + 36.0)? {
            scene.text(text);
        }
        scene.text(Text { colour: INK, ..label(x_title, ((left + right) / 2.0, bottom + 74.0), Anchor::Middle, INK) });
        let start = left - self.y.room()? - 14.0;
        scene.text(label(y_title, (start, top - 20.0), Anchor::Start, INK));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_have_the_same_decimals() {
        assert_eq!(labels(&Axis::linear(0.0, 0.021, 5)), ["0", "0.005", "0.010", "0.015", "0.020"]);
        assert_eq!(labels(&Axis::linear(-12.0, 9.0, 4)), ["\u{2212}10", "0"]);
        assert_eq!(labels(&Axis::integers(1, 3, 8)), ["1", "2", "3"]);
        assert_eq!(labels(&Axis::integers(4, 4, 8)), ["4"]);
    }

    #[test]
    fn logarithmic_ticks_are_round_and_at_least_three() {
        assert_eq!(labels(&Axis::logarithmic(0.004, 0.07)), ["0.005", "0.01", "0.02", "0.05"]);
        assert_eq!(labels(&Axis::logarithmic(0.011, 0.05)), ["0.015", "0.02", "0.03", "0.04", "0.05"]);
        assert_eq!(labels(&Axis::logarithmic(0.001, 10.0)), ["0.001", "0.01", "0.1", "1", "10"]);
        assert_eq!(labels(&Axis::logarithmic(0.004, 0.07).at_most(4)), ["0.005", "0.01", "0.02", "0.05"]);
        assert_eq!(labels(&Axis::logarithmic(0.0004, 0.07).at_most(4)), ["0.001", "0.01"]);
    }

    #[test]
    fn numbers_of_any_size_have_few_ticks_and_short_labels() {
        for (low, high) in [(0.0, 1e12), (-1e300, 1e300), (1e12, 1e12), (1e12, 1e12 + 1e-3), (0.0, 3e-12), (0.0, 0.0)] {
            let axis = Axis::linear(low, high, 5);
            assert!((2..12).contains(&axis.ticks.len()), "{low} {high}: {:?}", labels(&axis));
            assert!(labels(&axis).iter().all(|label| label.len() < 14), "{:?}", labels(&axis));
            assert!(axis.share(low).is_finite() && axis.share(high).is_finite());
        }
        let axis = Axis::logarithmic(1e-12, 1e12);
        assert_eq!(labels(&axis)[..3], ["1e\u{2212}12", "1e\u{2212}9", "0.000001"]);
        assert!(axis.ticks.len() <= MOST_POWERS);
        assert_eq!((axis.share(0.0), axis.share(1e12)), (0.0, 1.0));
    }

    #[test]
    fn equal_ratios_have_equal_distances_on_a_logarithmic_scale() {
        let axis = Axis::sizes(&[2, 4, 8]);
        let [two, four, eight] = [2.0, 4.0, 8.0].map(|value| axis.share(value));
        assert!((four - two - (eight - four)).abs() < 1e-12);
    }
}
