//! Tables with the class of each file of a folder.

use std::collections::BTreeMap;
use std::path::Path;

use super::blocks::Blocks;
use super::dialect::Dialect;
use super::{Options, at, check_length, clean, is_missing, names, text};
use crate::Error;

/// Reads the columns `file` and `label` of a table, as class names by the paths of files.
///
/// # Errors
/// If the file is not a table, a column is missing, or a file is listed twice or without a class.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, String>, Error> {
    let dialect = Dialect::of(path, &Options::default())?;
    let (first, blocks) = Blocks::open(path, dialect)?;
    let names = names(path, &first, Some(true))?;
    let column = |name: &str| {
        names.iter().position(|each| each == name).ok_or_else(|| {
            let columns = names.join(", ");
            Error::file(
                path,
                format!("line 1: no column `{name}`, expected `file` and `label`; the columns are {columns}"),
            )
        })
    };
    let (file, label) = (column("file")?, column("label")?);
    let read = |block: &super::Block| {
        let mut pairs = Vec::new();
        block.records(|line, record| {
            check_length(path, line, record, names.len())?;
            let field = |place: usize| {
                let field = clean(record[place]);
                let field = if is_missing(field) { None } else { text(field).map(str::to_owned) };
                field.ok_or_else(|| at(path, line, &names[place], "the field is empty or not UTF-8"))
            };
            let file = field(file)?.replace('\\', "/");
            pairs.push((line, file.trim_start_matches("./").to_owned(), field(label)?));
            Ok(())
        })?;
        Ok(pairs)
    };
    let mut labels = BTreeMap::new();
    blocks.in_order(read, |pairs| {
        for (line, file, label) in pairs {
            if labels.contains_key(&file) {
                return Err(at(
                    path,
                    line,
                    "file",
                    &format!("`{file}` is listed twice, expected one line for each file"),
                ));
            }
            labels.insert(file, label);
        }
        Ok(())
    })?;
    Ok(labels)
}
