//! Messages for unknown names: the nearest known name, and the list of all known names.

/// A message such as "unknown `what` `given`; did you mean `x`? (there are: a, b, c)".
pub(crate) fn unknown(what: &str, given: &str, known: &[&str]) -> String {
    let list = known.join(", ");
    match nearest(given, known) {
        Some(name) => format!("unknown {what} `{given}`; did you mean `{name}`? (there are: {list})"),
        None => format!("unknown {what} `{given}` (there are: {list})"),
    }
}

/// The known name with the smallest edit distance to `given`, if that is at most a third of its length or 2.
pub fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let limit = (given.chars().count() / 3).max(2);
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(given, name), *name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_similar_name_is_suggested_and_a_different_one_is_not() {
        let known = ["epochs", "batch_size"];
        assert_eq!(nearest("epoch", &known), Some("epochs"));
        assert_eq!(nearest("batchsize", &known), Some("batch_size"));
        assert_eq!(nearest("momentum", &known), None);
    }
}
