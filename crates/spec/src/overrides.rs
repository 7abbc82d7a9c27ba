//! Changes of a file that are given on the command line.

use toml::de::DeTable;

use crate::error::Error;

/// A change of the file that is given on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    flag: String,
    key: String,
    change: Change,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    /// The key gets this value, which is TOML or, where it is none, text.
    Set(String),
    /// The key gets this text, whatever TOML it may look like.
    SetText(String),
    /// The key is taken out.
    Unset,
}

impl Override {
    /// `key=value` of `--set`. The value is TOML; one that is not stands for itself as a string.
    ///
    /// # Errors
    /// When there is no `=`, or no key before it.
    pub fn set(argument: &str) -> Result<Self, Error> {
        let flag = format!("--set {argument}");
        match argument.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() && !value.trim().is_empty() => {
                Ok(Self { flag, key: key.trim().to_owned(), change: Change::Set(value.trim().to_owned()) })
            }
            _ => Err(Error::Flag { flag, message: "expected path.to.key=VALUE, such as training.epochs=5".to_owned() }),
        }
    }

    /// `key` of `--unset`: takes a key out of the file.
    ///
    /// # Errors
    /// When it is not the name of a key.
    pub fn unset(key: &str) -> Result<Self, Error> {
        let (flag, key) = (format!("--unset {key}"), key.trim());
        let is_key = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if key.is_empty() || !key.chars().all(is_key) || DeTable::parse(&format!("{key} = 0")).is_err() {
            let message = "expected path.to.key, such as training.early_stopping".to_owned();
            return Err(Error::Flag { flag, message });
        }
        Ok(Self { flag, key: key.to_owned(), change: Change::Unset })
    }

    /// A flag of its own for one key, as it was given: `--dataset mnist`.
    pub fn flag(flag: &str, key: &str, value: &str) -> Self {
        Self { flag: flag.to_owned(), key: key.to_owned(), change: Change::Set(value.to_owned()) }
    }

    /// The same with its value as text; `None` where it is no value, or text already.
    pub(crate) fn as_text(&self) -> Option<Self> {
        let Change::Set(value) = &self.change else { return None };
        // A list or a table is meant as one.
        if value.starts_with(['[', '{']) {
            return None;
        }
        Some(Self { change: Change::SetText(value.clone()), ..self.clone() })
    }

    /// As it was given: `--set training.epochs=5`.
    pub(crate) fn given(&self) -> &str {
        &self.flag
    }

    /// True if it takes its key out of the file.
    pub(crate) fn unsets(&self) -> bool {
        self.change == Change::Unset
    }

    /// The TOML of this override.
    pub fn toml(&self) -> String {
        let text = |value: &str| format!("{} = {}", self.key, toml::Value::from(value));
        match &self.change {
            Change::Set(value) => {
                let literal = format!("{} = {value}", self.key);
                let is_text = DeTable::parse(&literal).is_err() && !value.starts_with(['"', '\'', '[', '{']);
                if is_text { text(value) } else { literal }
            }
            Change::SetText(value) => text(value),
            // The value only makes it a line of TOML.
            Change::Unset => format!("{} = 0", self.key),
        }
    }
}
