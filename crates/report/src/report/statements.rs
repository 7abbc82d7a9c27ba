//! What is commonly claimed of autoencoders, and what the recorded experiments say of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use spec::Check;
use toml::Spanned;

use crate::error::Error;
use crate::report::document::{Block, anchor};
use crate::report::sources::Source;
use crate::report::words::title;
use figures::summary::{ClaimResult, Summary, Verdict};

/// The file, in the folder of the experiments.
const FILE: &str = "statements.toml";

/// A claim in words, and the claims of experiments that speak for it where they hold, or against it.
#[derive(Debug)]
pub(crate) struct Statement {
    says: String,
    evidence: Vec<Evidence>,
}

/// Claims of an experiment, as its file writes them.
#[derive(Debug)]
struct Evidence {
    experiment: String,
    /// Whether the statement is true where these hold, rather than where they do not.
    speaks_for: bool,
    claims: Vec<String>,
}

/// The file as it is written.
mod wire {
    use serde::Deserialize;
    use toml::Spanned;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Statements {
        pub(super) statement: Vec<Statement>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Statement {
        pub(super) says: String,
        pub(super) evidence: Vec<Evidence>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Evidence {
        pub(super) experiment: Spanned<String>,
        pub(super) r#for: Option<Vec<Spanned<String>>>,
        pub(super) against: Option<Vec<Spanned<String>>>,
    }
}

/// Reads the statements and checks that experiments make the claims that they rest on.
///
/// # Errors
/// When the file cannot be read or breaks a rule, or names an experiment or a claim that is not there.
pub(crate) fn read(experiments: &Path) -> Result<Vec<Statement>, Error> {
    let (source, wire) = Source::read(experiments, FILE)?;
    checked(&source, wire)
}

fn checked(source: &Source, wire: wire::Statements) -> Result<Vec<Statement>, Error> {
    let mut statements = Vec::new();
    for wire::Statement { says, evidence } in wire.statement {
        let evidence = evidence.into_iter().map(|evidence| checked_evidence(source, evidence));
        statements.push(Statement { says, evidence: evidence.collect::<Result<_, _>>()? });
    }
    Ok(statements)
}

fn checked_evidence(source: &Source, evidence: wire::Evidence) -> Result<Evidence, Error> {
    let wire::Evidence { experiment, r#for, against } = evidence;
    let (claims, speaks_for) = match (r#for, against) {
        (Some(claims), None) => (claims, true),
        (None, Some(claims)) => (claims, false),
        _ => {
            let message = "expected claims `for` the statement or `against` it, in an entry each";
            return Err(source.error(experiment.span(), message.to_owned()));
        }
    };
    if claims.is_empty() {
        return Err(source.error(experiment.span(), "expected at least one claim".to_owned()));
    }
    let file = source.experiment(&experiment)?;
    for claim in &claims {
        if !file.claims.iter().any(|made| made.text() == claim.get_ref()) {
            let message = format!("`{}` does not claim `{}`", experiment.get_ref(), claim.get_ref());
            return Err(source.error(claim.span(), message));
        }
    }
    let claims = claims.into_iter().map(Spanned::into_inner).collect();
    Ok(Evidence { experiment: experiment.into_inner(), speaks_for, claims })
}

/// A row for each statement: what came of it, in how many checks, and where.
pub(crate) fn table(statements: &[Statement], summaries: &[&Summary]) -> Block {
    let rows = statements.iter().map(|statement| {
        let (mut held, mut failed, mut unclear, mut checks) = (0, 0, 0, 0);
        let (mut places, mut exceptions, mut missing) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        for evidence in &statement.evidence {
            let of: Vec<_> = summaries.iter().filter(|summary| summary.experiment == evidence.experiment).collect();
            if of.is_empty() {
                missing.insert(evidence.experiment.clone());
            }
            for summary in of {
                let title = title(summary);
                let named = |claim: &&ClaimResult| evidence.claims.contains(&claim.text);
                let checkable = |claim: &&ClaimResult| named(claim) && claim.verdict != Verdict::NotCheckable;
                // A record may be older than what its file claims by now.
                if summary.claims.iter().filter(checkable).count() < evidence.claims.len() {
                    missing.insert(format!("some claims of {title}"));
                }
                let (held_before, checks_before) = (held, checks);
                for claim in summary.claims.iter().filter(named) {
                    checks += claim.checks.len();
                    let clear = |speaks: bool| {
                        claim.checks.iter().filter(|check| check.clear() == Some(evidence.speaks_for == speaks)).count()
                    };
                    (held, failed) = (held + clear(true), failed + clear(false));
                    unclear += claim.checks.iter().filter(|check| is_chance(check)).count();
                }
                let not_true = (checks - checks_before) - (held - held_before);
                if not_true > 0 {
                    *exceptions.entry(summary.experiment.as_str()).or_insert(0) += not_true;
                }
                let link = format!("[{title}](#{})", anchor(&title));
                if !places.contains(&link) {
                    places.push(link);
                }
            }
        }
        let verdict = if !missing.is_empty() {
            Verdict::NotCheckable
        } else if held == checks {
            Verdict::Held
        } else if failed == checks {
            Verdict::Failed
        } else if unclear == checks {
            Verdict::NoDifference
        } else {
            Verdict::Depends
        };
        if !missing.is_empty() {
            places.push(format!("not recorded: {}", missing.into_iter().collect::<Vec<_>>().join(", ")));
        }
        let others = [(failed, "false"), (checks - held - failed, "not clear")];
        let others: Vec<String> =
            others.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let mut told = format!("{held} of {checks} true");
        if !others.is_empty() {
            let exceptions = exceptions.iter().map(|(experiment, count)| format!("{count} in {experiment}"));
            told += &format!("; {} ({})", others.join(", "), exceptions.collect::<Vec<_>>().join(", "));
        }
        vec![statement.says.clone(), verdict.name().to_owned(), told, places.join(", ")]
    });
    Block::Table {
        head: ["statement", "verdict", "checks", "evidence"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

/// True for a check whose difference may be chance.
fn is_chance(check: &Check) -> bool {
    check.clear().is_none() && check.knows_chance()
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::report::sources::tests::experiments;

    const DEEP: &str = "deep.test.autoencoder.mse_per_pixel < plain.test.autoencoder.mse_per_pixel";
    const STACKED: [&str; 2] = [
        "stacked.test.autoencoder.mse_per_pixel < plain.test.autoencoder.mse_per_pixel",
        "stacked.test.autoencoder.mse_per_pixel < scratch.test.autoencoder.mse_per_pixel",
    ];

    fn parse(text: &str) -> Result<Vec<Statement>, String> {
        let (source, wire) = Source::of_text(&experiments(), FILE, text).map_err(|error| error.to_string())?;
        checked(&source, wire).map_err(|error| error.to_string())
    }

    #[test]
    fn a_statement_is_open_until_all_its_evidence_is_recorded() {
        let check = Check { held: Some(true), ..Check::default() };
        let result = |text: &str, verdict, held| ClaimResult {
            text: text.to_owned(),
            verdict,
            checks: vec![Check { held, ..check.clone() }],
        };
        let summary = |experiment: &str, claims: Vec<ClaimResult>| Summary {
            experiment: experiment.to_owned(),
            question: String::new(),
            dataset: "glyphs".to_owned(),
            groups: Vec::new(),
            plots: Vec::new(),
            incomplete: Vec::new(),
            claims,
            warnings: Vec::new(),
        };
        let statements = parse(&format!(
            "[[statement]]\nsays = \"Deeper\"\n\
             [[statement.evidence]]\nexperiment = \"deep\"\nfor = [\"{DEEP}\"]\n\
             [[statement.evidence]]\nexperiment = \"stacked\"\nfor = [\"{}\", \"{}\"]\n",
            STACKED[0], STACKED[1]
        ));
        let statements = statements.unwrap();
        let row = |summaries: &[&Summary]| {
            let Block::Table { rows, .. } = table(&statements, summaries) else { unreachable!() };
            rows[0][1..].to_vec()
        };
        assert_eq!(row(&[]), ["open", "0 of 0 true", "not recorded: deep, stacked"]);
        let deep = summary("deep", vec![result(DEEP, Verdict::Held, Some(true))]);
        let link = "[deep on glyphs](#deep-on-glyphs)";
        assert_eq!(row(&[&deep]), ["open", "1 of 1 true", &format!("{link}, not recorded: stacked")]);
        let mut claims = vec![result(STACKED[0], Verdict::Held, Some(true))];
        let links = format!("{link}, [stacked on glyphs](#stacked-on-glyphs)");
        let missing = format!("{links}, not recorded: some claims of stacked on glyphs");
        assert_eq!(row(&[&deep, &summary("stacked", claims.clone())]), ["open", "2 of 2 true", &missing]);
        claims.push(result(STACKED[1], Verdict::NotCheckable, None));
        assert_eq!(
            row(&[&deep, &summary("stacked", claims.clone())]),
            ["open", "2 of 3 true; 1 not clear (1 in stacked)", &missing]
        );
        claims[1] = result(STACKED[1], Verdict::Failed, Some(false));
        assert_eq!(
            row(&[&deep, &summary("stacked", claims)]),
            ["depends", "2 of 3 true; 1 false (1 in stacked)", &links]
        );
    }

    #[test]
    fn the_committed_statements_rest_on_claims_that_experiments_make() {
        let statements = read(&experiments()).unwrap();
        assert!(statements.len() > 15, "{}", statements.len());
    }

    #[test]
    fn what_is_not_there_is_refused_where_it_is_named() {
        let refused = |evidence: &str, expected: &str| {
            let text = format!("[[statement]]\nsays = \"x\"\n[[statement.evidence]]\n{evidence}\n");
            let error = parse(&text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        };
        refused(
            "experiment = \"depe\"\nfor = [\"a\"]",
            "statements.toml:4:14: unknown experiment `depe`: there is no ",
        );
        refused("experiment = \"deep\"\nfor = [\"a < b\"]", "statements.toml:5:8: `deep` does not claim `a < b`");
        refused("experiment = \"deep\"", "statements.toml:4:14: expected claims `for` the statement or `against` it");
        refused("experiment = \"deep\"\nfor = []", "statements.toml:4:14: expected at least one claim");
        refused("experiment = \"deep\"\nfro = []", "statements.toml:5:1: unknown field `fro`");
    }
}
