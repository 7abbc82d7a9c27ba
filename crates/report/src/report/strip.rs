//! The checks of a claim in one row: a small drawing on the page, and marks in Markdown.

use canvas::number::fixed;
use spec::Check;

/// One check, as the drawing shows it. Positive differences support the claim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mark {
    /// True if the check is clearly true, false if it is clearly false, `None` if it is not clear.
    pub(super) clear: Option<bool>,
    /// Difference of both sides relative to the right side, and the ends of its confidence interval.
    at: f64,
    ends: Option<[f64; 2]>,
}

/// How to read the column of checks.
pub(super) const READING: &str = "The last column has a line for each check: its difference with the 95 % interval, relative to the \
    right side of the claim. A line right of the middle speaks for the claim.";

/// Width of a drawing, height of a check, and the relative difference at either edge.
const WIDTH: f64 = 150.0;
const HEIGHT: f64 = 7.0;
const EDGE: f64 = 1.0;

impl Mark {
    /// The mark of a check. `asks_for_less` is true if the claim says that the left side is smaller. `speaks_for` is
    /// false if a true check refutes the statement.
    pub(super) fn of(check: &Check, asks_for_less: bool, speaks_for: bool) -> Self {
        let sign = if asks_for_less == speaks_for { -1.0 } else { 1.0 };
        let scale = check.right.map_or(1.0, f64::abs).max(1e-12);
        let relative = |value: f64| sign * value / scale;
        let difference = check.difference.or_else(|| Some(check.left? - check.right?));
        let ends = check.low.zip(check.high).map(|(low, high)| {
            let [low, high] = [relative(low), relative(high)];
            [low.min(high), low.max(high)]
        });
        let clear = check.clear().map(|clear| clear == speaks_for);
        Self { clear, at: difference.map_or(0.0, relative), ends }
    }

    fn is(self) -> (&'static str, &'static str) {
        match self.clear {
            Some(true) => ("●", "yes"),
            Some(false) => ("○", "no"),
            None => ("◐", "unclear"),
        }
    }
}

/// Numbers of true, false and unclear checks, in words.
pub(super) fn counts(marks: &[Mark]) -> String {
    let count = |clear| marks.iter().filter(|mark| mark.clear == clear).count();
    let others = [(count(Some(false)), "false"), (count(None), "not clear")];
    let others = others.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
    let checks = if marks.len() == 1 { "check" } else { "checks" };
    format!("{} of {} {checks} true{}", count(Some(true)), marks.len(), others.collect::<String>())
}

/// A mark for each check: `●` true, `○` false, `◐` not clear.
pub(super) fn marks(marks: &[Mark]) -> String {
    marks.iter().map(|mark| mark.is().0).collect()
}

/// The drawing as SVG: each check has a line from end to end of its interval, and a dot at the difference. Right of the
/// middle, a check is true. Distances from the middle are square roots of relative differences, with 100 % at the
/// edges.
pub(super) fn svg(marks: &[Mark]) -> String {
    let place = |value: f64| {
        let share = value.abs().min(EDGE).sqrt() * value.signum();
        fixed((WIDTH / 2.0) * (1.0 + 0.95 * share), 1)
    };
    let height = HEIGHT * marks.len() as f64 + 2.0;
    let told = counts(marks);
    let mut text = format!(
        "<svg class=\"strip\" role=\"img\" aria-label=\"{told}\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\">\
         <title>{told}</title><path class=\"zero\" d=\"M{0} 0V{height}\"/>",
        WIDTH / 2.0
    );
    for (index, mark) in marks.iter().enumerate() {
        let y = fixed(HEIGHT * (index as f64 + 0.5) + 1.0, 1);
        let class = mark.is().1;
        if let Some([low, high]) = mark.ends {
            text += &format!("<path class=\"{class}\" d=\"M{} {y}H{}\"/>", place(low), place(high));
        }
        text += &format!("<circle class=\"{class}\" cx=\"{}\" cy=\"{y}\" r=\"2.6\"/>", place(mark.at));
    }
    text + "</svg>"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(difference: f64, outcome: Option<bool>) -> Check {
        let (low, high) = (Some(difference - 0.01), Some(difference + 0.01));
        let (left, right) = (Some(1.0 + difference), Some(1.0));
        Check {
            left,
            right,
            held: Some(difference < 0.0),
            difference: Some(difference),
            low,
            high,
            outcome,
            ..Check::default()
        }
    }

    #[test]
    fn evidence_for_a_claim_is_right_of_the_middle() {
        let smaller = check(-0.25, Some(true));
        let mark = Mark::of(&smaller, true, true);
        assert_eq!((mark.clear, mark.at), (Some(true), 0.25));
        // The same check is evidence against a statement.
        let against = Mark::of(&smaller, true, false);
        assert_eq!((against.clear, against.at), (Some(false), -0.25));
        let drawn = svg(&[mark, against, Mark::of(&check(0.0, None), true, true)]);
        let middle = 75.0;
        let dot = |class: &str| -> f64 {
            let after = drawn.split(&format!("<circle class=\"{class}\" cx=\"")).nth(1).unwrap();
            after.split('"').next().unwrap().parse().unwrap()
        };
        assert!(dot("yes") > middle && dot("no") < middle && dot("unclear") == middle, "{drawn}");
        assert!(drawn.contains("aria-label=\"1 of 3 checks true, 1 false, 1 not clear\""), "{drawn}");
    }

    #[test]
    fn markdown_has_a_mark_for_each_check() {
        let all = [check(-0.1, Some(true)), check(0.1, Some(false)), check(0.0, None)];
        let all: Vec<Mark> = all.iter().map(|check| Mark::of(check, true, true)).collect();
        assert_eq!(
            (marks(&all), counts(&all)),
            ("●○◐".to_owned(), "1 of 3 checks true, 1 false, 1 not clear".to_owned())
        );
    }

    #[test]
    fn numbers_at_the_ends_stay_inside_the_drawing() {
        let wild = Check { left: Some(f64::MAX), right: Some(0.0), held: Some(false), ..Check::default() };
        assert!(!svg(&[Mark::of(&wild, true, true)]).contains("NaN"));
    }
}
