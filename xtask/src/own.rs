//! A user's own data: each command reads it once and writes it in the raw form that the other programs load.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, anyhow};
use spec::own::{Facts, Reading, folder};
use spec::raw::{HEADER, Header};
use spec::{DataSource, Run};
use system::{storage, terminal};
use tempfile::TempDir;

use crate::Failure;
use crate::name;
use crate::programs::{DATA, READ, build};

/// The data that a command has read so far.
pub(crate) struct OwnData {
    quiet: bool,
    /// Temporary folder of the raw forms and of unpacked data sets; it is removed when the command ends.
    folder: OnceCell<TempDir>,
    /// Facts about each data set, or the error of reading it, by the name of its folder.
    read: RefCell<HashMap<String, Result<Facts, String>>>,
}

impl OwnData {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet, folder: OnceCell::new(), read: RefCell::new(HashMap::new()) }
    }

    /// The temporary folder, which is created on first use.
    pub(crate) fn folder(&self) -> Result<&Path, String> {
        if self.folder.get().is_none() {
            let folder = tempfile::Builder::new().prefix("hourglass-").tempdir();
            let cannot = |error| format!("cannot create a folder in {}: {error}", std::env::temp_dir().display());
            drop(self.folder.set(folder.map_err(cannot)?));
        }
        self.folder.get().map(TempDir::path).ok_or_else(String::new)
    }

    /// Reads a file or folder once, and returns the facts about it.
    pub(crate) fn facts(&self, path: &str, reading: &Reading) -> Result<Facts, String> {
        let name = folder(path, reading);
        if let Some(known) = self.read.borrow().get(&name) {
            return known.clone();
        }
        let facts = self.read(path, reading, &name);
        self.read.borrow_mut().insert(name, facts.clone());
        facts
    }

    fn read(&self, path: &str, reading: &Reading, name: &str) -> Result<Facts, String> {
        let into = self.folder()?.join(name);
        storage::create_directory(&into).map_err(|error| error.to_string())?;
        let [program] = build([READ], self.quiet).map_err(|failure| match failure {
            Failure::Input(error) | Failure::Failed(error) => format!("{error:#}"),
            Failure::Code(_) | Failure::Interrupted(_) => "cannot build hourglass-read".to_owned(),
        })?;
        let options = serde_json::to_string(reading).map_err(|error| error.to_string())?;
        let mut command = name::program(program);
        command.arg("raw").arg("--into").arg(&into).arg("--options").arg(options).arg("--").arg(path);
        let output = command.output().map_err(|error| format!("cannot start hourglass-read: {error}"))?;
        if !output.status.success() {
            return Err(last_line(&output.stderr, "hourglass-read"));
        }
        if !self.quiet {
            terminal::tell(String::from_utf8_lossy(&output.stdout).trim_end());
        }
        let header: Header = storage::read_json(&into.join(HEADER)).map_err(|error| error.to_string())?;
        Ok(Facts::from(&header))
    }

    /// Splits and scales the rows of a run for some seeds, to report errors before anything is written.
    pub(crate) fn deal(&self, run: &Run, seeds: &[u64]) -> Result<(), Failure> {
        let [program] = build([DATA], self.quiet)?;
        let unpacked = self.folder().map_err(|message| Failure::Failed(anyhow!(message)))?;
        let spec = unpacked.join("deal.toml");
        storage::write(&spec, run.to_toml().as_bytes())?;
        let mut command = name::program(program);
        command.arg("deal").arg(&spec).arg("--unpacked").arg(unpacked).arg("--quiet");
        command.arg("--seeds").arg(seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(","));
        let output = command.output().context("starting hourglass-data").map_err(Failure::Failed)?;
        match output.status.success() {
            true => Ok(()),
            false => Err(Failure::Input(anyhow!(last_line(&output.stderr, "hourglass-data")))),
        }
    }

    /// Reads the data of a run, and checks that its checksum and its keys are those of the spec.
    pub(crate) fn check(&self, run: &Run) -> Result<(), String> {
        let DataSource::Own(own) = &run.dataset.source else { return Ok(()) };
        let found = self.facts(&own.path, &own.reading)?;
        if found.sha256 != own.facts.sha256 {
            return Err(format!(
                "{}: the data differ from those of the recorded run (SHA-256 is {}, expected {})",
                own.path, found.sha256, own.facts.sha256
            ));
        }
        if found != own.facts {
            return Err(format!(
                "{}: the keys of [dataset] changed after [dataset.facts] was written; expected those of the recorded run",
                own.path
            ));
        }
        Ok(())
    }
}

/// The last line of a program's standard error, without `error: `.
fn last_line(printed: &[u8], program: &str) -> String {
    let printed = String::from_utf8_lossy(printed);
    match printed.lines().rfind(|line| !line.trim().is_empty()) {
        Some(line) => line.trim_start_matches("error: ").to_owned(),
        None => format!("{program} was ended by a signal"),
    }
}
