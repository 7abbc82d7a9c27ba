//! A user's own data: read once for a command, into the raw form that the other programs load.

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
    /// Folder of the raw forms, and of what else is unpacked for the programs; gone when the command ends.
    folder: OnceCell<TempDir>,
    /// What is known of each, or what is wrong with it, by the name of its folder.
    read: RefCell<HashMap<String, Result<Facts, String>>>,
}

impl OwnData {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet, folder: OnceCell::new(), read: RefCell::new(HashMap::new()) }
    }

    /// The folder of all that is unpacked, which is created if it is not there.
    pub(crate) fn folder(&self) -> Result<&Path, String> {
        if self.folder.get().is_none() {
            let folder = tempfile::Builder::new().prefix("hourglass-").tempdir();
            let cannot = |error| format!("cannot create a folder in {}: {error}", std::env::temp_dir().display());
            drop(self.folder.set(folder.map_err(cannot)?));
        }
        self.folder.get().map(TempDir::path).ok_or_else(String::new)
    }

    /// Reads a file or folder, once, and tells what is known of it.
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
            Failure::Code(_) | Failure::Interrupted(_) => "hourglass-read cannot be built".to_owned(),
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

    /// Has the rows of a run dealt and scaled for some seeds, and tells what is wrong with that.
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

    /// Sees that the data of a run is read, and is what its spec says.
    pub(crate) fn check(&self, run: &Run) -> Result<(), String> {
        let DataSource::Own(own) = &run.dataset.source else { return Ok(()) };
        let found = self.facts(&own.path, &own.reading)?;
        if found.sha256 != own.facts.sha256 {
            return Err(format!(
                "{}: this is not what the run was recorded with (SHA-256 is {}, expected {})",
                own.path, found.sha256, own.facts.sha256
            ));
        }
        if found != own.facts {
            return Err(format!(
                "{}: these keys of [dataset] are not those that [dataset.facts] was made with",
                own.path
            ));
        }
        Ok(())
    }
}

/// Why a program ended.
fn last_line(told: &[u8], program: &str) -> String {
    let told = String::from_utf8_lossy(told);
    match told.lines().rfind(|line| !line.trim().is_empty()) {
        Some(line) => line.trim_start_matches("error: ").to_owned(),
        None => format!("{program} was ended by a signal"),
    }
}
