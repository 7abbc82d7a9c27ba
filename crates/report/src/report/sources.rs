//! Reads the files in the folder of experiments that belong to the report, and checks the experiments that they name.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use spec::Experiment;
use system::storage;
use toml::Spanned;

use crate::error::Error;

/// The path and text of a file, for errors with line and column.
pub(crate) struct Source {
    path: PathBuf,
    text: String,
    /// The folder of the experiment files.
    experiments: PathBuf,
}

impl Source {
    /// Reads a file of the folder of the experiments, and its text as TOML.
    ///
    /// # Errors
    /// If the file cannot be read, or does not match `T`.
    pub(crate) fn read<T: DeserializeOwned>(experiments: &Path, name: &str) -> Result<(Self, T), Error> {
        let path = experiments.join(name);
        let source = Self { text: storage::read_text(&path)?, path, experiments: experiments.to_owned() };
        let parsed = source.parse()?;
        Ok((source, parsed))
    }

    /// Reads a text as TOML; errors name `path` as its file.
    #[cfg(test)]
    pub(crate) fn of_text<T: DeserializeOwned>(experiments: &Path, path: &str, text: &str) -> Result<(Self, T), Error> {
        let source = Self { text: text.to_owned(), path: path.into(), experiments: experiments.to_owned() };
        let parsed = source.parse()?;
        Ok((source, parsed))
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        toml::from_str(&self.text).map_err(|error| self.error(error.span().unwrap_or(0..0), error.message().to_owned()))
    }

    /// An error that names the file, the line and the column of `span`.
    pub(crate) fn error(&self, span: Range<usize>, message: String) -> Error {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Error::from(record::Error::from(spec::Error::Spec {
            path: self.path.clone(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message,
        }))
    }

    /// Reads the experiment file that a value names.
    ///
    /// # Errors
    /// If the file does not exist or is invalid.
    pub(crate) fn experiment(&self, name: &Spanned<String>) -> Result<Experiment, Error> {
        let path = self.experiments.join(format!("{}.toml", name.get_ref()));
        if !path.is_file() {
            let message = format!("unknown experiment `{}`: there is no {}", name.get_ref(), path.display());
            return Err(self.error(name.span(), message));
        }
        Experiment::load(&path, &[]).map_err(|error| record::Error::from(error).into())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::{Path, PathBuf};

    /// The folder of the committed experiments.
    pub(crate) fn experiments() -> PathBuf {
        Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../experiments")
    }
}
