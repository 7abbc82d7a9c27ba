//! `cargo xtask report`: writes the report of all recorded runs, from run folders and compact records.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use clap::Args;
use record::folders::compact_records;

use crate::Failure;
use crate::name;
use crate::open;
use crate::programs::{self, EVALUATE, RECORDS, workspace};

#[derive(Args)]
pub(crate) struct Report {
    /// Folder that the runs are recorded below; the report is written into it
    #[arg(default_value = "results")]
    folder: PathBuf,
    /// Pack the runs below the folder into the compact records that git holds, and write the report of these records
    #[arg(long)]
    publish: bool,
    /// Open report.html in a browser at the end ($BROWSER, or the system's)
    #[arg(long)]
    open: bool,
}

pub(crate) fn report(arguments: &Report) -> Result<(), Failure> {
    let made = make(arguments);
    // After an error in a section, the page exists without that section.
    if arguments.open && matches!(made, Ok(()) | Err(Failure::Code(1))) {
        open::page(&arguments.folder.join("report.html"));
    }
    made
}

fn make(arguments: &Report) -> Result<(), Failure> {
    let Report { folder, publish, open: _ } = arguments;
    let experiments = workspace()?.root.join("experiments");
    if !publish && !compact_records(folder).is_dir() {
        let tracked = tracked(folder);
        return programs::evaluate(|command| {
            command.arg("report").arg(folder).arg("--experiments").arg(&experiments).args(tracked)
        });
    }
    let [evaluate, records] = programs::build([EVALUATE, RECORDS], false)?;
    let temporary = tempfile::tempdir().context("cannot make a temporary folder").map_err(Failure::Failed)?;
    let unpacked = temporary.path().join("records");
    let start = |command: &mut Command| programs::run(command, "the report");
    if *publish {
        let list = temporary.path().join("needed.json");
        start(name::program(&evaluate).arg("needed").arg(folder).arg(&list))?;
        start(name::program(&records).arg("publish").arg(folder).arg(&list))?;
    }
    start(name::program(&records).arg("gather").arg(folder).arg(&unpacked))?;
    let mut command = name::program(&evaluate);
    command.arg("report").arg(folder).arg("--experiments").arg(&experiments).arg("--unpacked").arg(&unpacked);
    if *publish {
        command.arg("--published")
    } else {
        command.args(tracked(folder))
    };
    start(&mut command)
}

/// Flags that name the report files tracked by git; empty without git or a repository.
fn tracked(folder: &Path) -> Vec<String> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--", "REPORT.md", "report/*.svg"]).current_dir(folder);
    let listed = git.output().ok().filter(|output| output.status.success()).map(|output| output.stdout);
    let listed = match listed {
        Some(listed) => String::from_utf8_lossy(&listed).into_owned(),
        // In a repository where git fails, all report files count as tracked and stay unchanged.
        None if folder.ancestors().any(|folder| folder.join(".git").exists()) => everything(folder),
        None => String::new(),
    };
    listed.split_terminator('\0').flat_map(|name| ["--tracked".to_owned(), name.to_owned()]).collect()
}

/// The existing report and figure files, in the form of `git ls-files -z`.
fn everything(folder: &Path) -> String {
    let figures = std::fs::read_dir(folder.join("report")).into_iter().flatten().flatten();
    let figures = figures.map(|figure| format!("report/{}\0", figure.file_name().to_string_lossy()));
    figures.filter(|name| name.ends_with(".svg\0")).chain(["REPORT.md\0".to_owned()]).collect()
}
