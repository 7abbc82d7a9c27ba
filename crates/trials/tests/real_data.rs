//! Scaling and PCA of real data sets against scikit-learn's. The tables are no part of the project: `golden/real_data.py` writes
//! them.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::env;
use std::fs;
use std::io::Write;
use std::path::Path;

use datasets::{Sources, Values};
use evaluation::Pca;
use serde_json::Value;
use spec::Experiment;
use spec::own::{Facts, Reading};
use system::storage;

fn spec(table: &Path, scale: &str) -> String {
    format!(
        "question = \"?\"\n[dataset]\npath = {:?}\nlabel = \"class\"\nscale = {scale:?}\nsplit.column = \"part\"\n[model]\n\
         hidden = []\ncode = 3\n[training]\nepochs = 1\nbatch_size = 8\nadam.learning_rate = 0.01\n",
        table.to_str().unwrap()
    )
}

#[track_caller]
fn close(what: &str, found: f64, expected: f64) {
    let error = (found - expected).abs();
    assert!(error <= 1e-6 * expected.abs().max(1.0), "{what}: {found}, expected {expected}");
}

#[test]
fn scaling_and_pca_of_real_tables_are_those_of_scikit_learn() {
    let Some(folder) = env::var_os("HOURGLASS_REAL") else {
        let why = "HOURGLASS_REAL names no folder of tables; see crates/trials/tests/golden/real_data.py";
        let _ = writeln!(std::io::stderr(), "skipped scaling_and_pca_of_real_tables: {why}");
        return;
    };
    let golden: Value = serde_json::from_str(include_str!("golden/real_data.json")).unwrap();
    for (name, golden) in golden.as_object().unwrap() {
        let table = Path::new(&folder).join(format!("{name}.csv"));
        let number = |value: &Value| value.as_f64().unwrap();
        for scale in ["standard", "min-max", "robust"] {
            let unpacked = tempfile::tempdir().unwrap();
            let file = unpacked.path().join("own.toml");
            fs::write(&file, spec(&table, scale)).unwrap();
            let reader = |path: &str, reading: &Reading| {
                let into = unpacked.path().join(spec::own::folder(path, reading));
                readers::load::to_raw(Path::new(path), reading, &into).map_err(|error| error.to_string())?;
                let header = storage::read_json(&into.join(spec::raw::HEADER)).map_err(|error| error.to_string())?;
                Ok(Facts::from(&header))
            };
            let run = Experiment::load_with(&file, &[], &reader).unwrap().runs.remove(0);
            let sources = Sources { data_dir: None, unpacked: Some(unpacked.path()) };
            let splits = datasets::load(&run.dataset, 0, sources).unwrap();
            let rows = [&splits.train, &splits.validation, &splits.test].map(|rows| rows.len() as u64);
            assert_eq!(golden["rows"].as_array().unwrap().iter().filter_map(Value::as_u64).collect::<Vec<_>>(), rows);
            let own = splits.own.unwrap();
            for (place, column) in own.scaling.unwrap().columns.iter().enumerate() {
                let what = format!("{name}, {scale}, {}", own.columns[place]);
                close(&what, column.centre, number(&golden[scale]["centre"][place]));
                close(&what, column.scale, number(&golden[scale]["scale"][place]));
            }
            if scale == "standard" {
                let pca = Pca::fit(&splits.train, 3).unwrap();
                for (place, variance) in pca.explained_variance().iter().enumerate() {
                    close(
                        &format!("{name}, variance {place}"),
                        *variance,
                        number(&golden["explained_variance"][place]),
                    );
                }
                let width = splits.test.width();
                let Values::Floats(values) = splits.test.values() else { unreachable!("a table has floats") };
                let input = zoo::Matrix::new(values.len() / width, width, values.clone());
                let output = zoo::Autoencoder::reconstruct(&pca, &input);
                let squares = input.values().iter().zip(output.values()).map(|(a, b)| f64::from(a - b).powi(2));
                let error = squares.sum::<f64>() / values.len() as f64;
                close(&format!("{name}, test error"), error, number(&golden["test_error"]));
            }
        }
    }
}
