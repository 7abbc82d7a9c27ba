//! Results of the gate as a table for a terminal, and as JUnit XML.

use crate::across::gate::{GateLine, GateVerdict, SAME_DATA};
use crate::across::text::align;

/// A table of the lines, without those of data sets that are the same.
pub fn to_text(lines: &[GateLine]) -> String {
    let mut rows = vec![["", "baseline", "obtained", "allowed", "verdict"].map(str::to_owned).to_vec()];
    let shown = |line: &&GateLine| line.verdict != GateVerdict::Same || line.allowed != SAME_DATA;
    rows.extend(lines.iter().filter(shown).map(|line| {
        let GateLine { name, baseline, obtained, allowed, verdict } = line.clone();
        vec![name, baseline, obtained, allowed, verdict.name().to_owned()]
    }));
    align(&rows)
}

/// The lines as JUnit XML, which continuous integration services read.
pub fn to_junit(suite: &str, lines: &[GateLine]) -> String {
    let failures = lines.iter().filter(|line| line.verdict.is_regression()).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\">\n",
        escaped(suite),
        lines.len()
    );
    for line in lines {
        let name = escaped(&line.name);
        if line.verdict.is_regression() {
            let message = format!("{} -> {}, allowed {}", line.baseline, line.obtained, line.allowed);
            text += &format!("  <testcase name=\"{name}\"><failure message=\"{}\"/></testcase>\n", escaped(&message));
        } else {
            text += &format!("  <testcase name=\"{name}\"/>\n");
        }
    }
    text + "</testsuite>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::across::gate::tests::observed;
    use crate::across::gate::{RELATIVE_CEILING, compare};

    #[test]
    fn junit_counts_its_failures_and_escapes_its_names() {
        let baseline = observed(0.01, 0.02).bless(RELATIVE_CEILING).unwrap();
        let xml = to_junit("smoke", &compare(&baseline, &observed(0.011, 0.02)));
        assert!(xml.contains("tests=\"4\" failures=\"1\""), "{xml}");
        assert!(xml.contains("plain: a &lt; b"), "{xml}");
        assert_eq!(xml.matches("<failure ").count(), 1);
    }
}
