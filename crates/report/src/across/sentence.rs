//! Writes results of claims as sentences: `the autoencoder has a lower test error than PCA at all 6 code sizes (by 29
//! to 62 %)`.

mod fields;

use canvas::text::list;
use figures::summary::{ClaimResult, Verdict};
use spec::{Check, Claim, Metric, subject};

use self::fields::in_words;
use super::words::{place, significant_digits};

/// Largest number of places that a sentence lists.
const NAMED: usize = 4;
/// The field for the number of components that PCA needs; its words already name PCA.
const COMPONENTS: &str = "components_to_equal_error";

/// The results of claims in sentences. Claims that differ only in their rival, or only in their network, share a
/// sentence.
pub(crate) fn sentences(results: &[&ClaimResult]) -> Vec<String> {
    let mut sentences: Vec<Sentence> = Vec::new();
    for result in results {
        let next = Sentence::of(result);
        match sentences.iter_mut().find(|sentence| sentence.takes(&next)) {
            Some(sentence) => sentence.join(next),
            None => sentences.push(next),
        }
    }
    sentences.iter().map(Sentence::text).collect()
}

/// The network of an experiment without variants.
const THE_NETWORK: &str = "the autoencoder";

/// The parts of a sentence about a claim's result; results with equal parts share a sentence.
struct Sentence {
    prefix: &'static str,
    lefts: Vec<String>,
    relation: Relation,
    rights: Vec<String>,
    state: State,
    /// Words after the comparison, such as ` at all 6 code sizes`.
    at: String,
    /// Relative differences of the checks in percent; empty if the two sides have different signs.
    percents: Vec<f64>,
    /// Both sides of a claim that has one check, without their factors.
    sides: Vec<[f64; 2]>,
    /// Factor of the right side.
    factor: f64,
    /// Left sides of all checks.
    values: Vec<f64>,
}

/// The comparison that a claim makes.
#[derive(PartialEq)]
enum Relation {
    /// Compares one quantity of two subjects.
    Than { quantity: String, less: bool, strict: bool, margin: Option<String> },
    /// Compares a quantity with a bound in words, which is a number or another quantity.
    Bound { quantity: String, word: &'static str, is_number: bool },
    /// A claim that this version cannot parse; the sentence quotes it.
    Written,
}

/// Combined result of the checks of a claim.
#[derive(Clone, Copy, PartialEq)]
enum State {
    True,
    False,
    Unclear,
    Mixed,
    Open,
}

impl Sentence {
    fn of(result: &ClaimResult) -> Self {
        let checks = &result.checks;
        // Without an interval, as with one seed, nothing tells what is chance.
        let is_without_interval = result.verdict == Verdict::NotCheckable;
        let outcome = |check: &Check| if is_without_interval { check.held } else { check.clear() };
        let count = |of| checks.iter().filter(|check| outcome(check) == of).count();
        let all = checks.len();
        let state = match all {
            _ if all == 0 || checks.iter().any(|check| check.held.is_none()) => State::Open,
            _ if count(Some(true)) == all => State::True,
            _ if count(Some(false)) == all => State::False,
            _ if count(None) == all => State::Unclear,
            _ => State::Mixed,
        };
        let claim = Claim::parse(&result.text).ok();
        let (lefts, relation, rights) = match &claim {
            Some(claim) => compared(claim),
            None => (vec![format!("`{}`", result.text)], Relation::Written, Vec::new()),
        };
        let mut at = places(checks, state, outcome);
        if claim.as_ref().is_some_and(Claim::is_over_variants) {
            at = format!(" on average{at}");
        }
        let factors = claim
            .map_or([1.0; 2], |claim| claim.sides_as_written().map(|(factor, metric)| metric.map_or(1.0, |_| factor)));
        let percent = |check: &Check| {
            let (left, right) = check.left.zip(check.right)?;
            (left * right > 0.0).then(|| 100.0 * (left - right).abs() / right.abs())
        };
        let percents: Option<Vec<f64>> = checks.iter().map(percent).collect();
        let sides = match &checks[..] {
            [Check { left: Some(left), right: Some(right), .. }] => vec![[left / factors[0], right / factors[1]]],
            _ => Vec::new(),
        };
        let prefix = match state {
            State::Open => "not recorded: ",
            _ if is_without_interval => "without an interval, ",
            _ => "",
        };
        let values = checks.iter().filter_map(|check| check.left).collect();
        Self {
            prefix,
            lefts,
            relation,
            rights,
            state,
            at,
            percents: percents.unwrap_or_default(),
            sides,
            factor: factors[1],
            values,
        }
    }

    /// True if the other result differs only in the rival, or only in the network.
    fn takes(&self, other: &Self) -> bool {
        let same = self.relation == other.relation
            && self.state == other.state
            && self.at == other.at
            && self.prefix == other.prefix;
        let comparable =
            matches!(self.relation, Relation::Than { .. }) && matches!(self.state, State::True | State::False);
        let rivals = self.lefts == other.lefts;
        let networks = self.rights == other.rights && self.rights.len() == 1;
        same && comparable && (rivals || networks)
    }

    fn join(&mut self, other: Self) {
        if self.lefts == other.lefts {
            self.rights.extend(other.rights);
        } else {
            self.lefts.extend(other.lefts);
        }
        self.percents.extend(other.percents);
        self.sides.extend(other.sides);
    }

    fn text(&self) -> String {
        let Self { state, at, .. } = self;
        let (lefts, rights) = (list(&self.lefts), list(&self.rights));
        let is_plural = self.lefts.len() > 1 || PLURALS.iter().any(|plural| lefts.starts_with(plural));
        let has = if is_plural { "have" } else { "has" };
        let sentence = match (&self.relation, state) {
            (Relation::Written, State::True) => format!("{lefts} holds"),
            (Relation::Written, State::False) => format!("{lefts} does not hold"),
            (Relation::Written, _) => format!("{lefts} is not clear"),
            (Relation::Than { quantity, .. }, State::Unclear) => {
                return format!("{lefts} and {rights} show no clear difference in {quantity}{at}{}", self.numbers());
            }
            (Relation::Than { quantity, less, strict, margin }, state) => {
                let by = margin.as_ref().map_or_else(String::new, |margin| format!(" by at least {margin}"));
                // Without a margin, the opposite of a clearly false claim is true.
                let (less, strict, not) = match (state, margin) {
                    (State::False, None) => (!less, true, false),
                    (State::False, Some(_)) => (*less, *strict, true),
                    _ => (*less, *strict, false),
                };
                let word = match (less, strict, quantity.contains("bits per")) {
                    (true, true, true) => "fewer",
                    (false, true, true) => "more",
                    (true, false, true) => "no more",
                    (false, false, true) => "no fewer",
                    (true, true, false) => "a lower",
                    (false, true, false) => "a higher",
                    (true, false, false) => "no higher",
                    (false, false, false) => "no lower",
                };
                let has = match (not, is_plural) {
                    (false, _) => has,
                    (true, false) => "does not have",
                    (true, true) => "do not have",
                };
                format!("{lefts} {has} {word} {quantity} than {rights}{by}")
            }
            (Relation::Bound { quantity, word, .. }, state) => {
                let of = if lefts.is_empty() { lefts } else { format!(" of {lefts}") };
                let not = if *state == State::False { "not " } else { "" };
                match state {
                    State::Unclear => format!("it is not clear whether the {quantity}{of} is {word} {rights}"),
                    _ => format!("the {quantity}{of} is {not}{word} {rights}"),
                }
            }
        };
        format!("{}{sentence}{at}{}", self.prefix, self.numbers())
    }

    /// The numbers behind the sentence, in brackets.
    fn numbers(&self) -> String {
        if let (Relation::Bound { is_number: true, .. }, [first, ..]) = (&self.relation, &self.values[..]) {
            let ends = |pick: fn(f64, f64) -> f64| self.values.iter().copied().fold(*first, pick);
            let (low, high) = (ends(f64::min), ends(f64::max));
            let bound = self.rights.first().and_then(|bound| bound.parse().ok()).unwrap_or(high);
            return match low == high {
                true => format!(" ({})", beside(low, bound)),
                false => format!(" ({} to {})", beside(low, high), beside(high, low)),
            };
        }
        let first = self.sides.first().map(|[left, _]| *left);
        let same_left = self.sides.iter().all(|[left, _]| Some(*left) == first);
        let one_each = self.sides.len() == self.rights.len().max(self.lefts.len());
        if let (Relation::Bound { .. }, [[left, right]]) = (&self.relation, &self.sides[..]) {
            let bound = self.factor * right;
            let sign = if *left < bound {
                "<"
            } else if *left > bound {
                ">"
            } else {
                "="
            };
            let multiple = match self.factor {
                1.0 => beside(bound, *left),
                factor => format!("{factor} × {} = {}", significant_digits(*right, 3), beside(bound, *left)),
            };
            return format!(" ({} {sign} {multiple})", beside(*left, bound));
        }
        if let (Some(left), true, true) = (first, same_left, one_each) {
            let rights: Vec<String> = self.sides.iter().map(|[_, right]| beside(*right, left)).collect();
            return format!(" ({} against {})", beside(left, self.sides[0][1]), list(&rights));
        }
        let than = matches!(self.relation, Relation::Than { .. });
        // A range over checks says nothing where some or all of them are not clear.
        let is_clear = matches!(self.state, State::True | State::False);
        if !is_clear || self.percents.is_empty() || !than {
            return String::new();
        }
        let ends = |pick: fn(f64, f64) -> f64| self.percents.iter().copied().reduce(pick).unwrap_or(0.0);
        let [low, high] = [ends(f64::min), ends(f64::max)].map(percent);
        let range = if low == high { high } else { format!("{low} to {high}") };
        format!(" (by {range} %)")
    }
}

/// Names in the plural.
const PLURALS: [&str; 4] = ["prior samples", "mixture samples", "samples", "reconstructions"];

/// The left side, the comparison and the right side of a claim, in words.
fn compared(claim: &Claim) -> (Vec<String>, Relation, Vec<String>) {
    let less = claim.asks_for_less();
    let word = match (less, claim.is_strict()) {
        (true, true) => "below",
        (true, false) => "at most",
        (false, true) => "above",
        (false, false) => "at least",
    };
    let [(left_factor, left), (right_factor, right)] = claim.sides_as_written();
    let (lefts, relation, rights) = match (left, right) {
        (Some(left), Some(right)) if left_factor == 1.0 && right_factor == 1.0 && left.field == right.field => {
            let relation = Relation::Than {
                quantity: quantity(left, Some(right)),
                less,
                strict: claim.is_strict(),
                margin: claim.margin(),
            };
            (name(left, Some(right)), relation, name(right, Some(left)))
        }
        (Some(left), right) if left_factor == 1.0 => {
            let factor = right_factor.to_string();
            let rights = match right {
                None => factor,
                Some(right) => {
                    let of = name(right, Some(left));
                    let times = if right_factor == 1.0 { String::new() } else { format!("{factor} × ") };
                    let same = left.field == right.field && left.split == right.split;
                    let what = if same { "that".to_owned() } else { format!("the {}", quantity(right, Some(left))) };
                    // Two numbers of one method need its name once.
                    let is_own = !same && of == name(left, Some(right));
                    if is_own { format!("{times}{what}") } else { format!("{times}{what} of {of}") }
                }
            };
            let margin = claim.margin().map_or_else(String::new, |margin| format!(" by at least {margin}"));
            // The subject of a bound is the network, unless the claim names another.
            let is_plain = left.variant.is_none() && left.subject == subject::AUTOENCODER && right.is_none();
            let needs_no_name = left.field == COMPONENTS || is_plain;
            let mut quantity = quantity(left, None);
            if let (true, Some(code)) = (needs_no_name, left.code) {
                quantity += &format!(" at code {code}");
            }
            let lefts = if needs_no_name { String::new() } else { name(left, right) };
            (lefts, Relation::Bound { quantity, word, is_number: right.is_none() }, rights + &margin)
        }
        _ => return (vec![format!("`{}`", claim.text())], Relation::Written, Vec::new()),
    };
    (vec![lefts], relation, vec![rights])
}

/// A metric's quantity in words, with the split if it is not the usual one.
fn quantity(metric: &Metric, beside: Option<&Metric>) -> String {
    let words = in_words(&metric.field);
    match &*metric.split {
        // If the two sides are on different splits, the names have the split.
        _ if beside.is_some_and(|beside| beside.split != metric.split) => words,
        "test" if words == "error" => "test error".to_owned(),
        "test" => words,
        "train" if words == "error" => "training error".to_owned(),
        split if words == "error" => format!("{split} error"),
        "train" => format!("{words} on training rows"),
        split => format!("{words} on {split} rows"),
    }
}

/// The subject of a metric in words. `beside` is the other side: the name has the parts that distinguish the two.
fn name(metric: &Metric, beside: Option<&Metric>) -> String {
    let same_variant = beside.is_some_and(|beside| beside.variant == metric.variant);
    let mut name = match (&metric.variant, &*metric.subject) {
        (Some(variant), subject::AUTOENCODER | subject::FINE_TUNED) => format!("`{variant}`"),
        (None, subject::AUTOENCODER) => THE_NETWORK.to_owned(),
        (Some(variant), of) if !same_variant => format!("{} of `{variant}`", with_article(of)),
        // If both sides are of one variant, the name of the left side has the variant.
        (Some(variant), subject::PRIOR_SAMPLES | subject::MIXTURE_SAMPLES) => {
            format!("{} of `{variant}`", with_article(&metric.subject))
        }
        (_, of) => with_article(of),
    };
    if let Some(code) = metric.code {
        let is_pca = metric.subject.starts_with("pca");
        name += &if is_pca { format!(" with {code} components") } else { format!(" with code {code}") };
    }
    match beside {
        Some(beside) if beside.split != metric.split => {
            let split = if metric.split == "train" { "training" } else { &metric.split };
            format!("{name} on {split} rows")
        }
        _ => name,
    }
}

/// A subject's title as a part of a sentence.
fn with_article(of: &str) -> String {
    match of {
        subject::PCA => "PCA".to_owned(),
        "pca_clipped" => "PCA".to_owned(),
        "pca_source" => "PCA of the source".to_owned(),
        "pca_tuned" => "tuned PCA".to_owned(),
        "rotated_pca" => "rotated PCA".to_owned(),
        "raw_pixels" => "pixels".to_owned(),
        "noise_floor" => "the noise".to_owned(),
        "pca_samples" => "samples of PCA".to_owned(),
        "pca_mixture_samples" => "samples of PCA with a mixture".to_owned(),
        "prior_samples" => "prior samples".to_owned(),
        "mixture_samples" => "mixture samples".to_owned(),
        "training_reconstructions" => "reconstructions of training images".to_owned(),
        "kth_neighbour" => "the distance to the 10th neighbour".to_owned(),
        "non_local_means" => "non-local means".to_owned(),
        of => format!("the {}", subject::title(of)),
    }
}

/// The places where the checks agree with the sentence, and those where they do not.
fn places(checks: &[Check], state: State, outcome: impl Fn(&Check) -> Option<bool>) -> String {
    let by_code = checks.iter().all(|check| check.code.is_some());
    let by_variant = checks.iter().all(|check| check.variant.is_some());
    let many = checks.iter().any(|check| check.code != checks[0].code);
    let what = match (by_code && many, by_variant) {
        (true, false) => "code sizes",
        (false, true) => "variants",
        _ => "cases",
    };
    if checks.len() < 2 {
        return String::new();
    }
    if state != State::Mixed {
        return match checks.len() {
            2 if what == "code sizes" => " at both code sizes".to_owned(),
            2 => format!(" in both {what}"),
            all if what == "code sizes" => format!(" at all {all} code sizes"),
            all => format!(" in all {all} {what}"),
        };
    }
    let of = |of| checks.iter().filter(|check| outcome(check) == of).collect::<Vec<_>>();
    let named = |of: &[&Check]| {
        let name = |check: &&Check| match &check.variant {
            Some(variant) if !many => format!("`{variant}`"),
            _ => place(check, "code "),
        };
        let names = of.iter().take(NAMED).map(name).collect::<Vec<_>>();
        match of.len() {
            all if all > NAMED => format!("{} and {} more", names.join(", "), all - NAMED),
            _ => list(&names),
        }
    };
    let (yes, no, unclear) = (of(Some(true)), of(Some(false)), of(None));
    let mut text = match yes.len() {
        0 => format!(" in none of {} {what}", checks.len()),
        yes => format!(" in {yes} of {} {what}", checks.len()),
    };
    if !no.is_empty() {
        text += &format!(", not at {}", named(&no));
    }
    if !unclear.is_empty() {
        text += &format!(", not clear at {}", named(&unclear));
    }
    text
}

/// A number with three significant digits, and more if both sides of a comparison would look the same.
pub(crate) fn beside(value: f64, other: f64) -> String {
    let with = |digits| significant_digits(value, digits);
    let clash = |digits| with(digits) == significant_digits(other, digits);
    let digits = (3..6).find(|digits| value == other || !clash(*digits)).unwrap_or(6);
    with(digits)
}

fn percent(value: f64) -> String {
    if value >= 9.95 { format!("{value:.0}") } else { significant_digits(value, 2) }
}

#[cfg(test)]
mod tests;
