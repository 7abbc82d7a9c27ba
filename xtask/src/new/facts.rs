//! Facts about a user's data: the part of the output of `hourglass-read describe --json` that `new` uses.

use serde::Deserialize;
use spec::Shape;
use spec::own::Unit;

#[derive(Deserialize)]
pub(super) struct Facts {
    pub(super) rows: usize,
    pub(super) shape: Option<Shape>,
    pub(super) is_bytes: bool,
    pub(super) has_names: bool,
    pub(super) columns: Vec<Column>,
    pub(super) candidates: Candidates,
    pub(super) label: Option<String>,
    pub(super) classes: Vec<Class>,
    pub(super) sizes: Vec<Size>,
    pub(super) values: Option<Values>,
    pub(super) documents: Option<Documents>,
}

#[derive(Deserialize)]
pub(super) struct Values {
    pub(super) missing: usize,
}

#[derive(Deserialize)]
pub(super) struct Documents {
    pub(super) unit: Unit,
    pub(super) different: usize,
    pub(super) frequent: usize,
}

#[derive(Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) missing: usize,
    pub(super) is_constant: bool,
    pub(super) least: Option<f64>,
    pub(super) greatest: Option<f64>,
    pub(super) duplicate_of: Option<String>,
    pub(super) fault: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Candidates {
    pub(super) label: Vec<String>,
    pub(super) group: Vec<String>,
    pub(super) time: Vec<String>,
    pub(super) id: Vec<String>,
    pub(super) split: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Class {
    pub(super) name: String,
    pub(super) count: usize,
}

#[derive(Deserialize)]
pub(super) struct Size {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) channels: usize,
}
