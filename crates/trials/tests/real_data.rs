//! Real data sets: scaling and PCA compared with scikit-learn, and the rows that each reader makes. The data is not part of
//! the project; `golden/real_data.py` and `golden/real_cases.py` write it.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::env;
use std::fs;
use std::io::Write;
use std::path::Path;

use datasets::{Raw, Sources, Values};
use evaluation::Pca;
use readers::load::Purpose;
use serde_json::Value;
use spec::own::{Facts, Part, Reading};
use spec::{Experiment, Shape};
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
fn scaling_and_pca_of_real_tables_match_scikit_learn() {
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
                readers::load::to_raw(Path::new(path), reading, &Purpose::Training, &into)
                    .map_err(|error| error.to_string())?;
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

#[test]
fn real_data_of_every_format_is_read_as_by_other_libraries() {
    let Some(folder) = env::var_os("HOURGLASS_REAL") else {
        let why = "HOURGLASS_REAL names no folder of data; see crates/trials/tests/golden/real_cases.py";
        let _ = writeln!(std::io::stderr(), "skipped real_data_of_every_format: {why}");
        return;
    };
    let folder = Path::new(&folder);
    let golden: Value = serde_json::from_str(include_str!("golden/real_cases.json")).unwrap();
    for (name, golden) in golden.as_object().unwrap() {
        let mut reading: Reading = serde_json::from_value(golden["options"].clone()).unwrap();
        let file = |name: String| match folder.join(&name) {
            path if path.is_file() => path.to_str().unwrap().to_owned(),
            _ => name,
        };
        reading.label = reading.label.map(file);
        reading.test = reading.test.map(|part| Part { path: file(part.path), ..part });
        let into = tempfile::tempdir().unwrap();
        let path = folder.join(golden["path"].as_str().unwrap());
        let header = readers::load::to_raw(&path, &reading, &Purpose::Training, into.path()).unwrap().header;
        let shape: Vec<u64> = match header.shape {
            Shape::Vector { width } => vec![width as u64],
            Shape::Image { height, width, channels: 1 } => vec![height as u64, width as u64],
            Shape::Image { height, width, channels } => [height, width, channels].map(|side| side as u64).to_vec(),
            Shape::Sequence { steps, width } => vec![steps as u64, width as u64],
        };
        let list = |value: &Value| value.as_array().unwrap().iter().filter_map(Value::as_u64).collect::<Vec<_>>();
        assert_eq!(Some(header.rows as u64), golden["rows"].as_u64(), "{name}");
        assert_eq!(shape, list(&golden["shape"]), "{name}");
        assert_eq!(Some(header.classes.len() as u64), golden["classes"].as_u64(), "{name}");
        if let Some(rows) = header.rows_of_splits {
            assert_eq!(rows.map(|rows| rows as u64).to_vec(), list(&golden["rows_of_splits"]), "{name}");
        }
        let raw = Raw::load(into.path()).unwrap();
        if let Some(texts) = &raw.texts {
            let characters: u64 = texts.pairs.iter().map(|(_, count)| u64::from(*count)).sum();
            assert_eq!(Some(characters), golden["characters"].as_u64(), "{name}");
            continue;
        }
        let values: Vec<f64> = match &raw.values {
            Values::Bytes(bytes) => bytes.iter().map(|byte| f64::from(*byte)).collect(),
            Values::Floats(floats) => floats.iter().map(|value| f64::from(*value)).collect(),
        };
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        close(&format!("{name}, mean"), mean, golden["mean"].as_f64().unwrap());
        close(&format!("{name}, deviation"), deviation, golden["deviation"].as_f64().unwrap());
    }
}
