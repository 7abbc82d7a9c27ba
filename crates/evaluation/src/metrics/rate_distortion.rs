//! Curves of distortion over rate: their lower convex hull, by which settings are chosen, mixtures of neighbouring
//! settings, and the Bjontegaard delta rate.

use crate::metrics::psnr;

/// Rate and distortion of images that are coded with one setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// Bits per image, 0 or more.
    pub(crate) rate: f64,
    /// Mean squared error per pixel, pixels in [0, 1].
    pub(crate) distortion: f64,
}

/// Indices of the points on the lower convex hull, in the order of rising rate and falling distortion. At the same rate, no
/// mixture of two other points has as low a distortion as a point of the hull.
pub(crate) fn lower_hull(points: &[Point]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (points[a], points[b]);
        a.rate.total_cmp(&b.rate).then(a.distortion.total_cmp(&b.distortion))
    });
    let mut hull: Vec<usize> = Vec::new();
    for index in order {
        let point = points[index];
        if hull.last().is_some_and(|last| points[*last].distortion <= point.distortion) {
            continue;
        }
        while let [.., a, b] = hull[..]
            && let (a, b) = (points[a], points[b])
            && (b.distortion - a.distortion) * (point.rate - a.rate)
                >= (point.distortion - a.distortion) * (b.rate - a.rate)
        {
            hull.pop();
        }
        hull.push(index);
    }
    hull
}

/// Fewest bits per image at which the distortion is at most `distortion`. Points are in the order of their rates.
///
/// A mixture of two neighbours, each for a share of the images, also counts: its rate and distortion are linear in that
/// share. `None` if no mixture has so low a distortion.
pub(crate) fn rate_at(curve: &[Point], distortion: f64) -> Option<f64> {
    let points = curve.iter().filter(|point| point.distortion <= distortion).map(|point| point.rate);
    let crossings = curve.windows(2).filter_map(|pair| {
        let [a, b] = [pair[0], pair[1]];
        let crosses = (a.distortion > distortion) != (b.distortion > distortion);
        let share = (a.distortion - distortion) / (a.distortion - b.distortion);
        crosses.then_some(a.rate + (b.rate - a.rate) * share)
    });
    points.chain(crossings).min_by(f64::total_cmp)
}

/// Bjontegaard delta rate of a curve against a reference, in percent (Bjontegaard, 2001, VCEG-M33): the additional rate at
/// the same PSNR; negative if the curve needs less.
///
/// It is the mean difference of the logarithms of the rates over the PSNR that both curves cover. Between points the
/// logarithm of the rate is linear in the PSNR; the original's cubic polynomial may overshoot. Points of rate 0 have no
/// logarithm and are left out, as are points that do not raise the PSNR. `None` if the curves have no PSNR in common.
pub(crate) fn bd_rate(curve: &[Point], reference: &[Point]) -> Option<f64> {
    let (curve, reference) = (knots(curve), knots(reference));
    let low = curve.first()?.0.max(reference.first()?.0);
    let high = curve.last()?.0.min(reference.last()?.0);
    if low >= high {
        return None;
    }
    // Between two neighbouring knots both curves are linear.
    let inner = curve.iter().chain(&reference).map(|knot| knot.0).filter(|place| *place > low && *place < high);
    let mut places: Vec<f64> = [low, high].into_iter().chain(inner).collect();
    places.sort_by(f64::total_cmp);
    let difference = |place: f64| interpolated(&curve, place) - interpolated(&reference, place);
    let area: f64 =
        places.windows(2).map(|pair| 0.5 * (pair[1] - pair[0]) * (difference(pair[0]) + difference(pair[1]))).sum();
    Some(100.0 * (area / (high - low)).exp_m1())
}

/// PSNR in dB and logarithm of the rate, in the order of rising PSNR.
fn knots(curve: &[Point]) -> Vec<(f64, f64)> {
    let mut knots: Vec<(f64, f64)> = Vec::new();
    for point in curve.iter().filter(|point| point.rate > 0.0) {
        let place = psnr(point.distortion);
        if knots.last().is_none_or(|last| place > last.0) {
            knots.push((place, point.rate.ln()));
        }
    }
    knots
}

/// Value at a place between the first and the last knot.
fn interpolated(knots: &[(f64, f64)], place: f64) -> f64 {
    let next = knots.iter().position(|knot| knot.0 >= place).unwrap_or(knots.len() - 1);
    let (b, a) = (knots[next], knots[next.saturating_sub(1)]);
    if b.0 > a.0 { a.1 + (b.1 - a.1) * (place - a.0) / (b.0 - a.0) } else { b.1 }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn at((rate, distortion): (f64, f64)) -> Point {
        Point { rate, distortion }
    }

    #[test]
    fn no_mixture_of_two_points_lies_below_the_hull() {
        let points = [(10.0, 0.2), (0.0, 1.0), (5.0, 0.7), (20.0, 0.1), (15.0, 0.3), (10.0, 0.4)].map(at);
        assert_eq!(lower_hull(&points), [1, 0, 3]);
        assert!(lower_hull(&[]).is_empty());
    }

    #[test]
    fn mixtures_lie_on_the_line_between_neighbours() {
        let curve = [(0.0, 1.0), (10.0, 0.2), (20.0, 0.1)].map(at);
        let close = |found: Option<f64>, expected: f64| assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?}");
        close(rate_at(&curve, 0.6), 5.0);
        close(rate_at(&curve, 0.2), 10.0);
        close(rate_at(&curve, 2.0), 0.0);
        assert_eq!(rate_at(&curve, 0.05), None);
        // The distortion rises in between, so the first crossing counts.
        close(rate_at(&[(0.0, 1.0), (10.0, 0.2), (12.0, 0.4), (20.0, 0.1)].map(at), 0.3), 8.75);
    }

    #[test]
    fn a_curve_of_half_the_rate_saves_half_and_a_disjoint_one_has_no_difference() {
        let reference = [(0.0, 0.9), (10.0, 0.2), (20.0, 0.1), (40.0, 0.03)].map(at);
        let half = reference.map(|point| Point { rate: point.rate / 2.0, ..point });
        assert!((bd_rate(&half, &reference).unwrap() + 50.0).abs() < 1e-9);
        assert!(bd_rate(&reference, &reference).unwrap().abs() < 1e-9);
        assert_eq!(bd_rate(&[(1.0, 0.9), (2.0, 0.3)].map(at), &reference), None);
        assert_eq!(bd_rate(&[at((1.0, 0.1))], &reference), None);
        assert_eq!(bd_rate(&[], &reference), None);
    }

    #[test]
    fn delta_rates_match_numpy() {
        let golden: Value = serde_json::from_str(include_str!("../../tests/golden/bd_rate.json")).unwrap();
        let points = |value: &Value| -> Vec<Point> {
            let pairs: Vec<(f64, f64)> = serde_json::from_value(value.clone()).unwrap();
            pairs.into_iter().map(at).collect()
        };
        let reference = points(&golden["reference"]);
        for (curve, expected) in golden["curves"].as_array().unwrap().iter().zip(golden["bd_rates"].as_array().unwrap())
        {
            let (found, expected) = (bd_rate(&points(curve), &reference).unwrap(), expected.as_f64().unwrap());
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }
}
