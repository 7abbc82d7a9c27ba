//! Common statements about autoencoders, with verdicts from the recorded experiments.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::Path;

use spec::Claim;
use spec::catalogue::DatasetName;
use toml::Spanned;

use crate::across::sentence::sentences;
use crate::error::Error;
use crate::report::document::{Block, Row, anchor};
use crate::report::sources::Source;
use crate::report::strip::{self, Mark};
use crate::report::words::title;
use figures::summary::{ClaimResult, Summary, Verdict};

/// Name of the file, in the folder of the experiments.
const FILE: &str = "statements.toml";

/// Subject of experiments that the file does not list.
const OTHERS: &str = "Other experiments";

/// Statements, and the subjects that experiments are grouped by.
#[derive(Debug)]
pub(crate) struct Statements {
    /// The data set of the evidence. For an experiment without records on it, the first recorded data set is used.
    dataset: DatasetName,
    /// Names of the subjects, each with its experiments, in the order of the file.
    subjects: Vec<(String, Vec<String>)>,
    statements: Vec<Statement>,
}

/// A statement in words, and the claims of experiments that are evidence for or against it.
#[derive(Debug)]
struct Statement {
    says: String,
    evidence: Vec<Evidence>,
}

/// Claims of an experiment, as in its file.
#[derive(Debug)]
struct Evidence {
    experiment: String,
    /// True if the claims support the statement; false if they refute it.
    speaks_for: bool,
    claims: Vec<String>,
}

/// The contents of the file, as TOML.
mod wire {
    use serde::Deserialize;
    use spec::catalogue::DatasetName;
    use toml::Spanned;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Statements {
        pub(super) dataset: DatasetName,
        pub(super) subject: Vec<Subject>,
        pub(super) statement: Vec<Statement>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Subject {
        pub(super) name: String,
        pub(super) experiments: Vec<Spanned<String>>,
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

/// Reads the statements, and checks that the experiments make the claims of the evidence.
///
/// # Errors
/// If the file cannot be read or is invalid, or names an experiment or a claim that does not exist.
pub(crate) fn read(experiments: &Path) -> Result<Statements, Error> {
    let (source, wire) = Source::read(experiments, FILE)?;
    checked(&source, wire)
}

fn checked(source: &Source, wire: wire::Statements) -> Result<Statements, Error> {
    let mut subjects = Vec::new();
    for wire::Subject { name, experiments } in wire.subject {
        for experiment in &experiments {
            source.experiment(experiment)?;
        }
        subjects.push((name, experiments.into_iter().map(Spanned::into_inner).collect()));
    }
    let mut statements = Vec::new();
    for wire::Statement { says, evidence } in wire.statement {
        let evidence = evidence.into_iter().map(|evidence| checked_evidence(source, evidence));
        statements.push(Statement { says, evidence: evidence.collect::<Result<_, _>>()? });
    }
    Ok(Statements { dataset: wire.dataset, subjects, statements })
}

impl Statements {
    /// The subject of an experiment: position of the subject, position of the experiment in it, and name. Experiments
    /// without a subject come last.
    pub(crate) fn subject(&self, experiment: &str) -> (usize, usize, &str) {
        for (index, (name, experiments)) in self.subjects.iter().enumerate() {
            if let Some(place) = experiments.iter().position(|of| of == experiment) {
                return (index, place, name);
            }
        }
        (self.subjects.len(), 0, OTHERS)
    }
}

fn checked_evidence(source: &Source, evidence: wire::Evidence) -> Result<Evidence, Error> {
    let wire::Evidence { experiment, r#for, against } = evidence;
    let (claims, speaks_for) = match (r#for, against) {
        (Some(claims), None) => (claims, true),
        (None, Some(claims)) => (claims, false),
        _ => {
            let message = "expected claims `for` the statement or `against` it, each in an entry of its own";
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

/// A row for each statement: its verdict, and the results of its claims in sentences. Statements with false checks come
/// first, and true statements last.
pub(crate) fn table(statements: &Statements, summaries: &[&Summary]) -> Block {
    let mut rows: Vec<Row> =
        statements.statements.iter().map(|statement| statement.row(statements, summaries)).collect();
    rows.sort_by_key(|row| {
        let count = |clear| row.checks.iter().filter(|check| check.clear == clear).count();
        let in_percent = |count: usize| 100 * count / row.checks.len().max(1);
        (
            row.verdict == Verdict::NotCheckable,
            Reverse(in_percent(count(Some(false)))),
            Reverse(in_percent(count(None))),
        )
    });
    Block::Verdicts { title: None, head: ["statement", "verdict", "evidence"].map(str::to_owned).to_vec(), rows }
}

impl Statement {
    fn row(&self, statements: &Statements, summaries: &[&Summary]) -> Row {
        let dataset = statements.dataset.name();
        let (mut checks, mut told, mut missing) = (Vec::new(), Vec::<(String, String)>::new(), BTreeSet::new());
        for evidence in &self.evidence {
            let Some(summary) = on(dataset, &evidence.experiment, summaries) else {
                missing.insert(evidence.experiment.clone());
                continue;
            };
            let title = title(summary);
            let results: Vec<&ClaimResult> =
                summary.claims.iter().filter(|claim| evidence.claims.contains(&claim.text)).collect();
            // A record may be older than the claims in the file.
            let checkable = results.iter().filter(|claim| claim.verdict != Verdict::NotCheckable).count();
            if checkable < evidence.claims.len() {
                missing.insert(format!("some claims of {title}"));
            }
            for claim in &results {
                let less = Claim::parse(&claim.text).is_ok_and(|claim| claim.asks_for_less());
                checks.extend(claim.checks.iter().map(|check| Mark::of(check, less, evidence.speaks_for)));
            }
            let said = sentences(&results).join("; ");
            match told.last_mut() {
                _ if said.is_empty() => {}
                Some((before, text)) if *before == title => *text += &format!("; {said}"),
                _ => told.push((title, said)),
            }
        }
        let count = |clear| checks.iter().filter(|check: &&Mark| check.clear == clear).count();
        let all = match checks.len() {
            1 => "its one check".to_owned(),
            2 => "both checks".to_owned(),
            all => format!("all {all} checks"),
        };
        let (verdict, cell) = if !missing.is_empty() {
            (Verdict::NotCheckable, "open".to_owned())
        } else if count(Some(true)) == checks.len() {
            (Verdict::Held, format!("true in {all}"))
        } else if count(Some(false)) == checks.len() {
            (Verdict::Failed, format!("**not true** in {all}"))
        } else if count(None) == checks.len() {
            (Verdict::NoDifference, format!("**no clear difference** in {all}"))
        } else {
            (Verdict::Depends, format!("**partly true**: {}", strip::counts(&checks)))
        };
        let mut evidence: Vec<String> =
            told.iter().map(|(title, said)| format!("[{title}](#{}): {said}.", anchor(title))).collect();
        if !missing.is_empty() {
            evidence.push(format!("Not recorded: {}.", missing.into_iter().collect::<Vec<_>>().join(", ")));
        }
        let mut subjects: Vec<String> =
            self.evidence.iter().map(|evidence| statements.subject(&evidence.experiment).2.to_owned()).collect();
        subjects.dedup();
        Row { verdict, verdict_at: 1, subjects, cells: vec![self.says.clone(), cell, evidence.join(" ")], checks }
    }
}

/// The summary of an experiment that is evidence: the one on `dataset`, else the first. Numbers of one experiment on two data
/// sets are never combined.
fn on<'a>(dataset: &str, experiment: &str, summaries: &[&'a Summary]) -> Option<&'a Summary> {
    let of = || summaries.iter().filter(|summary| summary.experiment == experiment);
    of().find(|summary| summary.dataset == dataset).or_else(|| of().next()).copied()
}

#[cfg(test)]
mod tests {

    use spec::Check;

    use super::*;
    use crate::report::sources::tests::experiments;

    const DEEP: &str = "deep.test.autoencoder.mse_per_pixel < plain.test.autoencoder.mse_per_pixel";
    const STACKED: [&str; 2] = [
        "stacked.test.autoencoder.mse_per_pixel < plain.test.autoencoder.mse_per_pixel",
        "stacked.test.autoencoder.mse_per_pixel < scratch.test.autoencoder.mse_per_pixel",
    ];

    fn parse(text: &str) -> Result<Statements, String> {
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
            "dataset = \"mnist\"\nsubject = []\n[[statement]]\nsays = \"Deeper\"\n\
             [[statement.evidence]]\nexperiment = \"deep\"\nfor = [\"{DEEP}\"]\n\
             [[statement.evidence]]\nexperiment = \"stacked\"\nfor = [\"{}\", \"{}\"]\n",
            STACKED[0], STACKED[1]
        ));
        let statements = statements.unwrap();
        let row = |summaries: &[&Summary]| {
            let Block::Verdicts { rows, .. } = table(&statements, summaries) else { unreachable!() };
            rows[0].cells[1..].to_vec()
        };
        assert_eq!(row(&[]), ["open", "Not recorded: deep, stacked."]);
        let deep = summary("deep", vec![result(DEEP, Verdict::Held, Some(true))]);
        let said = "[deep on glyphs](#deep-on-glyphs): `deep` has a lower test error than `plain`.";
        assert_eq!(row(&[&deep]), ["open", &format!("{said} Not recorded: stacked.")]);
        let mut claims = vec![result(STACKED[0], Verdict::Held, Some(true))];
        let link = "[stacked on glyphs](#stacked-on-glyphs)";
        let both = format!("{said} {link}: `stacked` has a lower test error than `plain`");
        let missing = format!("{both}. Not recorded: some claims of stacked on glyphs.");
        assert_eq!(row(&[&deep, &summary("stacked", claims.clone())]), ["open", &missing]);
        claims.push(result(STACKED[1], Verdict::NotCheckable, None));
        let open = row(&[&deep, &summary("stacked", claims.clone())]);
        assert!(open[0] == "open" && open[1].ends_with("Not recorded: some claims of stacked on glyphs."), "{open:?}");
        claims[1] = result(STACKED[1], Verdict::Failed, Some(false));
        assert_eq!(
            row(&[&deep, &summary("stacked", claims)]),
            [
                "**partly true**: 2 of 3 checks true, 1 false",
                &format!("{both}; `stacked` has a higher test error than `scratch`.")
            ]
        );
        // Numbers on another data set are not combined with those on the data set of the statements.
        let of_mnist = Summary { dataset: "mnist".to_owned(), ..deep.clone() };
        let told = row(&[&deep, &of_mnist]);
        assert!(told[1].starts_with("[deep on mnist]") && !told[1].contains("glyphs"), "{told:?}");
    }

    #[test]
    fn statements_with_false_checks_stand_first() {
        let statement = |says: &str, experiment: &str, claim: &str| {
            format!(
                "[[statement]]\nsays = \"{says}\"\n[[statement.evidence]]\nexperiment = \"{experiment}\"\nfor = [\"{claim}\"]\n"
            )
        };
        let text = "dataset = \"mnist\"\nsubject = []\n".to_owned()
            + &statement("true", "deep", DEEP)
            + &statement("false", "stacked", STACKED[0]);
        let statements = parse(&text).unwrap();
        let of = |experiment: &str, text: &str, verdict, held| {
            let check = Check { held: Some(held), left: Some(1.0), right: Some(2.0), ..Check::default() };
            let claims = vec![ClaimResult { text: text.to_owned(), verdict, checks: vec![check] }];
            Summary {
                experiment: experiment.to_owned(),
                question: String::new(),
                dataset: "mnist".to_owned(),
                groups: Vec::new(),
                plots: Vec::new(),
                incomplete: Vec::new(),
                claims,
                warnings: Vec::new(),
            }
        };
        let (deep, stacked) =
            (of("deep", DEEP, Verdict::Held, true), of("stacked", STACKED[0], Verdict::Failed, false));
        let Block::Verdicts { rows, .. } = table(&statements, &[&deep, &stacked]) else { unreachable!() };
        assert_eq!([&rows[0].cells[0], &rows[1].cells[0]], ["false", "true"]);
        assert_eq!(rows[0].cells[1], "**not true** in its one check");
    }

    #[test]
    fn every_experiment_file_has_a_subject() {
        let statements = read(&experiments()).unwrap();
        for path in std::fs::read_dir(experiments()).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let is_toml = path.extension().is_some_and(|extension| extension == "toml");
            if is_toml && !["statements", "published", "refutations"].contains(&&*name) {
                assert_ne!(statements.subject(&name).2, OTHERS, "{name}");
            }
        }
        assert_eq!(statements.subject("mine").2, OTHERS);
    }

    #[test]
    fn experiments_make_every_claim_of_the_committed_statements() {
        let statements = read(&experiments()).unwrap();
        let statements = statements.statements.len();
        assert!(statements > 15, "{statements}");
    }

    #[test]
    fn unknown_names_are_errors_with_their_line_and_column() {
        let refused = |evidence: &str, expected: &str| {
            let text = format!(
                "dataset = \"mnist\"\nsubject = []\n[[statement]]\nsays = \"x\"\n[[statement.evidence]]\n{evidence}\n"
            );
            let error = parse(&text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        };
        refused(
            "experiment = \"depe\"\nfor = [\"a\"]",
            "statements.toml:6:14: unknown experiment `depe`: there is no ",
        );
        refused("experiment = \"deep\"\nfor = [\"a < b\"]", "statements.toml:7:8: `deep` does not claim `a < b`");
        refused("experiment = \"deep\"", "statements.toml:6:14: expected claims `for` the statement or `against` it");
        refused("experiment = \"deep\"\nfor = []", "statements.toml:6:14: expected at least one claim");
        refused("experiment = \"deep\"\nfro = []", "statements.toml:7:1: unknown field `fro`");
    }
}
