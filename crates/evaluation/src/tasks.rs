//! Tasks, which measure more than reconstruction error.
//!
//! Each task has a file of its own and an entry in the table of `spec::tasks`, which makes it a module here.

pub(crate) mod context;

use std::path::PathBuf;

use record::{Measures, RunDirectory};
use spec::catalogue::{Split, Task};
use spec::measures::measured;
use system::storage;

use self::context::{Context, TaskOutput};
use crate::error::Error;
use crate::metrics::range::in_range;

/// Declares a module for each task of the table, and calls its function.
macro_rules! carried_out {
    ($($variant:ident $name:ident,)+) => {
        $(pub(crate) mod $name;)+

        fn carry_out(task: Task, context: &Context<'_>) -> Result<TaskOutput, Error> {
            match task { $(Task::$variant => $name::run(context),)+ }
        }
    };
}

spec::each_task!(carried_out);

/// Carries out every task of the run.
///
/// # Errors
/// When a task fails, or a measured value is outside its range.
pub(crate) fn run(context: &Context<'_>) -> Result<Vec<(Task, TaskOutput)>, Error> {
    let outputs = context.run.evaluation.tasks.iter().map(|&task| {
        (context.trained.begins)(task.name());
        let output = carry_out(task, context)?;
        output.measures.iter().try_for_each(|(subject, field, value)| in_range(subject, field, *value))?;
        let mut blocks =
            output.blocks.iter().flat_map(|(subject, _, values)| values.iter().map(move |value| (subject, value)));
        blocks.try_for_each(|(subject, value)| in_range(subject, "value", *value))?;
        Ok((task, output))
    });
    outputs.collect()
}

/// Writes the outputs of the tasks and the numbers that need no task, and returns the paths. Removes files of an earlier
/// evaluation that have no content now.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(
    outputs: &[(Task, TaskOutput)],
    always: &[(&'static str, &'static str, f64)],
    directory: &RunDirectory,
) -> Result<Vec<PathBuf>, Error> {
    let mut written = Vec::new();
    for task in Task::ALL {
        let output = outputs.iter().find(|(done, _)| done == task).map(|(_, output)| output);
        let files = [
            (directory.task_rows(*task), output.and_then(|output| output.rows.as_ref())),
            (directory.task_tensors(*task), output.and_then(|output| output.tensors.as_ref())),
        ];
        for (path, bytes) in files {
            match bytes {
                Some(bytes) => {
                    storage::write(&path, bytes)?;
                    written.push(path);
                }
                None => storage::remove(&path)?,
            }
        }
    }
    let mut measures = Measures::new();
    for (subject, field, value) in outputs.iter().flat_map(|(_, output)| &output.measures).chain(always) {
        let split = measured(subject, field).map_or(Split::Test, |measured| measured.split);
        let split = measures.entry(split.name().to_owned()).or_default();
        split.entry((*subject).to_owned()).or_default().insert((*field).to_owned(), *value);
    }
    let remarks: Vec<&String> = outputs.iter().flat_map(|(_, output)| &output.remarks).collect();
    if remarks.is_empty() {
        storage::remove(&directory.remarks())?;
    } else {
        storage::write_json(&directory.remarks(), &remarks)?;
        written.push(directory.remarks());
    }
    if measures.is_empty() {
        storage::remove(&directory.measures())?;
    } else {
        storage::write_json(&directory.measures(), &measures)?;
        written.push(directory.measures());
    }
    Ok(written)
}
