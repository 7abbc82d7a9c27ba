//! Columns that a network was trained on, and the check that a table has them.

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Options;
use super::column::{Content, Role};
use crate::Error;

/// Columns that a network was trained on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Names of the values in order: the name of a column, or `column=category`.
    pub values: Vec<String>,
    /// Columns that had another role in training. A table may have them.
    pub others: Vec<String>,
    /// True if a table may have any other column.
    pub takes_any: bool,
}

impl Known {
    /// Categories of a column, in order. `None` if its values are numbers or the column is unknown.
    fn categories(&self, column: &str) -> Option<Vec<String>> {
        let of = |value: &String| value.strip_prefix(column)?.strip_prefix('=').map(str::to_owned);
        let found: Vec<String> = self.values.iter().filter_map(of).collect();
        (!found.is_empty()).then_some(found)
    }

    /// Role of each column of a table.
    ///
    /// # Errors
    /// If a column is unknown, missing, or occurs twice.
    pub(super) fn roles(&self, path: &Path, names: &[String], options: &Options) -> Result<Vec<Role>, Error> {
        let Options { id, group, time, .. } = options;
        let mut covered = HashSet::new();
        let role = |name: &String| {
            let is = |of: &Option<String>| of.as_ref() == Some(name);
            let values: Vec<String> = match self.categories(name) {
                _ if is(id) => return Ok(Role::Id),
                _ if is(group) => return Ok(Role::Group),
                _ if is(time) => return Ok(Role::Time),
                _ if self.others.contains(name) => return Ok(Role::Excluded),
                _ if self.values.contains(name) => vec![name.clone()],
                Some(categories) => categories.iter().map(|category| format!("{name}={category}")).collect(),
                None if self.takes_any => return Ok(Role::Excluded),
                None => {
                    let message = format!("line 1: the network was not trained with column `{name}`; remove it");
                    return Err(Error::file(path, message));
                }
            };
            let is_number = values.len() == 1 && values[0] == *name;
            match values.into_iter().all(|value| covered.insert(value)) {
                true if is_number => Ok(Role::Value),
                true => Ok(Role::Category),
                false => Err(Error::file(
                    path,
                    format!("line 1: column `{name}` occurs twice, as a column and as a category"),
                )),
            }
        };
        let roles = names.iter().map(role).collect::<Result<Vec<_>, _>>()?;
        let lacking =
            |what: &str| Error::file(path, format!("line 1: no column `{what}`, but the network was trained with it"));
        if let Some(value) = self.values.iter().find(|value| !covered.contains(*value)) {
            return Err(lacking(value));
        }
        // Without these columns, windows would mix groups or have no order.
        match [group, time].into_iter().flatten().find(|column| !names.contains(column)) {
            Some(column) => Err(lacking(column)),
            None => Ok(roles),
        }
    }

    /// Replaces the categories of each column by those that the network was trained on.
    ///
    /// # Errors
    /// If a column has another category, or words instead of numbers.
    pub(super) fn fit(&self, path: &Path, names: &[String], contents: &mut [Content]) -> Result<(), Error> {
        for (name, content) in names.iter().zip(contents) {
            let Content::Categories(found) = content else { continue };
            let Some(known) = self.categories(name) else {
                if self.values.contains(name) {
                    return Err(Error::file(
                        path,
                        format!("column `{name}` holds words, but the network was trained with numbers"),
                    ));
                }
                continue;
            };
            if let Some(new) = found.iter().find(|each| !known.contains(each)) {
                let message =
                    format!("column `{name}` has `{new}`, but the network was trained with {}", known.join(", "));
                return Err(Error::file(path, message));
            }
            *found = known;
        }
        Ok(())
    }
}
