//! Changes of an experiment file by flags of the command line.

use toml::de::DeTable;

use crate::error::Error;

/// A change of an experiment file by a flag of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    flag: String,
    key: String,
    change: Change,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    /// Set the key to this value: TOML, or text if it is not valid TOML.
    Set(String),
    /// Set the key to this text, even if it is valid TOML.
    SetText(String),
    /// Remove the key.
    Unset,
}

impl Override {
    /// The change `--set key=value`. The value is TOML; if it is not valid TOML, it is taken as text.
    ///
    /// # Errors
    /// If there is no `=`, or no key before it.
    pub fn set(argument: &str) -> Result<Self, Error> {
        let flag = format!("--set {argument}");
        match argument.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() && !value.trim().is_empty() => {
                Ok(Self { flag, key: key.trim().to_owned(), change: Change::Set(value.trim().to_owned()) })
            }
            _ => Err(Error::Flag { flag, message: "expected path.to.key=VALUE, such as training.epochs=5".to_owned() }),
        }
    }

    /// The change `--unset key`, which removes a key from the file.
    ///
    /// # Errors
    /// If `key` is not the name of a key.
    pub fn unset(key: &str) -> Result<Self, Error> {
        let (flag, key) = (format!("--unset {key}"), key.trim());
        let is_key = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if key.is_empty() || !key.chars().all(is_key) || DeTable::parse(&format!("{key} = 0")).is_err() {
            let message = "expected path.to.key, such as training.early_stopping".to_owned();
            return Err(Error::Flag { flag, message });
        }
        Ok(Self { flag, key: key.to_owned(), change: Change::Unset })
    }

    /// The change of a flag for one key, such as `--dataset mnist`.
    pub fn flag(flag: &str, key: &str, value: &str) -> Self {
        Self { flag: flag.to_owned(), key: key.to_owned(), change: Change::Set(value.to_owned()) }
    }

    /// The same change with its value as text. `None` if the change has no value, or if the value is text already.
    pub(crate) fn as_text(&self) -> Option<Self> {
        let Change::Set(value) = &self.change else { return None };
        // A list or a table is not text.
        if value.starts_with(['[', '{']) {
            return None;
        }
        Some(Self { change: Change::SetText(value.clone()), ..self.clone() })
    }

    /// The flag as it was typed: `--set training.epochs=5`.
    pub(crate) fn given(&self) -> &str {
        &self.flag
    }

    /// True if the change removes its key from the file.
    pub(crate) fn unsets(&self) -> bool {
        self.change == Change::Unset
    }

    /// This change as a line of TOML.
    pub fn toml(&self) -> String {
        let text = |value: &str| format!("{} = {}", self.key, toml::Value::from(value));
        match &self.change {
            Change::Set(value) => {
                let literal = format!("{} = {value}", self.key);
                let is_text = DeTable::parse(&literal).is_err() && !value.starts_with(['"', '\'', '[', '{']);
                if is_text { text(value) } else { literal }
            }
            Change::SetText(value) => text(value),
            // The value has no meaning: it only completes the line of TOML.
            Change::Unset => format!("{} = 0", self.key),
        }
    }
}
