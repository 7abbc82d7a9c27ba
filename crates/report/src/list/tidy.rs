//! Every measured number in the long form that statistics programs read: one line for each number.

use super::rows::Row;
use super::table::written;
use crate::error::Error;

/// Names of the columns.
const HEAD: [&str; 10] =
    ["experiment", "dataset", "network", "code", "variant", "seed", "split", "subject", "field", "value"];

/// Every measured number of the runs, as comma-separated values.
pub(super) fn csv(rows: &[Row]) -> Result<String, Error> {
    let mut lines = vec![HEAD.map(str::to_owned).to_vec()];
    for run in rows.iter().flat_map(|row| &row.runs) {
        let variant = run.variant.clone().unwrap_or_default();
        let (code, seed) = (run.code.to_string(), run.seed.to_string());
        let of_run = [&run.experiment, &run.dataset, &run.network, &code, &variant, &seed].map(String::clone);
        for (split, subjects) in &run.measures {
            for (subject, fields) in subjects {
                for (field, value) in fields {
                    let number = [split, subject, field].map(String::clone).into_iter().chain([value.to_string()]);
                    lines.push(of_run.iter().cloned().chain(number).collect());
                }
            }
        }
    }
    written(lines.into_iter())
}
