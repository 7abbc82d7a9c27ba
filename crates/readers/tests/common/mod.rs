//! Shared code of the tests of readers: a sink that keeps rows, and golden files.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use readers::{About, Error, Sink, Values};
use serde_json::Value;
use spec::Shape;

/// A sink that keeps all rows.
#[allow(dead_code)]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Kept {
    pub(crate) shape: Option<Shape>,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<f32>>,
    /// Words or characters of each row, with their counts.
    pub(crate) texts: Vec<Vec<(String, u32)>>,
    /// True if all rows were bytes.
    pub(crate) bytes: bool,
    pub(crate) labels: Vec<Option<String>>,
    pub(crate) ids: Vec<Option<String>>,
    pub(crate) groups: Vec<Option<String>>,
}

impl Sink for Kept {
    fn begin(&mut self, shape: Shape, columns: &[String]) -> Result<(), Error> {
        assert_eq!(self.shape, None, "begin is called once");
        (self.shape, self.columns, self.bytes) = (Some(shape), columns.to_vec(), true);
        Ok(())
    }

    fn row(&mut self, values: Values<'_>, about: About<'_>) -> Result<(), Error> {
        let row: Vec<f32> = match values {
            Values::Bytes(bytes) => bytes.iter().map(|byte| f32::from(*byte)).collect(),
            Values::Floats(floats) => {
                self.bytes = false;
                floats.to_vec()
            }
            Values::Entries(entries) => {
                self.texts.push(entries.iter().map(|(entry, count)| ((*entry).to_owned(), *count)).collect());
                vec![0.0; self.shape.expect("the shape comes first").values()]
            }
        };
        assert_eq!(row.len(), self.shape.expect("the shape comes first").values());
        self.rows.push(row);
        self.labels.push(about.label.map(str::to_owned));
        self.ids.push(about.id.map(str::to_owned));
        self.groups.push(about.group.map(str::to_owned));
        Ok(())
    }
}

/// Values of a golden file.
#[allow(dead_code)]
pub(crate) fn golden(name: &str) -> Value {
    let path = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/golden").join(name);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Bytes of a text in hexadecimal.
#[allow(dead_code)]
pub(crate) fn bytes(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// Numbers of a list.
#[allow(dead_code)]
pub(crate) fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// Writes a file into a folder, and creates its subfolders.
#[allow(dead_code)]
pub(crate) fn write(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path
}
