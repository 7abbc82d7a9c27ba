//! Tests of the parser: valid conditions, and the errors of invalid ones.

use proptest::prelude::*;

use super::*;

fn keys() -> BTreeSet<&'static str> {
    BTreeSet::from(["training.epochs", "training.adam.learning_rate", "corruption"])
}

fn read(text: &str) -> Result<Condition, String> {
    Condition::read(text, &keys())
}

/// A condition as text, with parentheses around each group joined by `and` or `or`.
fn shown(condition: &Condition) -> String {
    let joined = |parts: &[Condition], word: &str| {
        let parts: Vec<String> = parts.iter().map(shown).collect();
        format!("({})", parts.join(word))
    };
    match condition {
        Condition::All(parts) => joined(parts, " and "),
        Condition::Any(parts) => joined(parts, " or "),
        Condition::Not(part) => format!("not {}", shown(part)),
        Condition::Comparison(comparison) => comparison.text.clone(),
    }
}

#[test]
fn and_binds_closer_than_or_and_not_closest() {
    for (text, expected) in [
        ("code = 32", "code = 32"),
        ("code=32 and seed=1 or code<8", "((code=32 and seed=1) or code<8)"),
        ("code = 32 and (seed = 1 or code < 8)", "(code = 32 and (seed = 1 or code < 8))"),
        ("not code = 32 and not (seed = 1)", "(not code = 32 and not seed = 1)"),
        (
            "0.5 * test.pca.mse_per_pixel >= test.autoencoder.mse_per_pixel",
            "0.5 * test.pca.mse_per_pixel >= test.autoencoder.mse_per_pixel",
        ),
        ("experiment != 'small data'", "experiment != 'small data'"),
        ("corruption == gaussian", "corruption == gaussian"),
    ] {
        assert_eq!(shown(&read(text).unwrap()), expected, "{text}");
    }
}

#[test]
fn an_invalid_condition_is_an_error_with_its_column() {
    for (text, expected) in [
        ("", "expected a name at the end of ``"),
        ("code", "expected one of = != < <= > >= at the end of `code`"),
        ("code 32", "column 6: expected one of = != < <= > >=, found `32`"),
        ("code = ", "expected a number, a name or a text at the end"),
        ("code = 32 seed = 1", "column 11: expected `and`, `or` or the end, found `seed`"),
        ("code = 32 and", "expected a name at the end"),
        ("(code = 32", "expected `and`, `or` or `)` at the end"),
        ("code = 32)", "column 10: expected `and`, `or` or the end, found `)`"),
        ("code = 32 && seed = 1", "column 11: unexpected `&`; conditions are joined by `and`"),
        ("dataset = \"mnist", "column 11: the quote is not closed"),
        ("cdoe = 32", "did you mean `code`?"),
        ("training.epoch = 5", "did you mean `training.epochs`?"),
        ("test.autoencoder.mse_per_pixel < test.pca.mse_per_pixl", "did you mean `mse_per_pixel`?"),
        ("dataset = readings.csv", "put a text with a dot in quotes"),
        ("test.pca.mse_per_pixel[32] < 1", "fixes a variant or a code size"),
        ("32 = 32", "`32 = 32` has no name"),
        ("'a' = b", "has no name"),
        ("2 * 3 < code", "unknown name `3`"),
    ] {
        let message = read(text).unwrap_err();
        assert!(message.contains(expected), "{text}: {message}");
    }
    assert!(read(&"(".repeat(100_000)).unwrap_err().contains("more than 100 nested parentheses"));
    assert!(read(&"not ".repeat(100_000)).unwrap_err().contains("more than 100 nested parentheses"));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[a-z0-9 .()*<>=!'\"é_-]{0,40}") {
        let _ = read(&text);
    }

    #[test]
    fn a_condition_written_as_text_is_parsed_to_the_same_condition(
        parts in prop::collection::vec(("(not |)(code|seed)", "(=|!=|<|<=|>|>=)", 0_u8..99, "(and|or)"), 1..8),
    ) {
        let mut text = String::new();
        for (index, (name, operator, number, join)) in parts.iter().enumerate() {
            text += &if index == 0 { String::new() } else { format!(" {join} ") };
            text += &format!("{name} {operator} {number}");
        }
        let shown_once = shown(&read(&text).unwrap());
        prop_assert_eq!(shown(&read(&shown_once).unwrap()), shown_once);
    }
}
