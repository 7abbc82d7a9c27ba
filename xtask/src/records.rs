//! `cargo xtask records`: starts `hourglass-records` to pack or unpack records.

use std::path::PathBuf;

use clap::Subcommand;

use crate::Failure;
use crate::programs::{self, RECORDS};

#[derive(Subcommand)]
pub(crate) enum Records {
    /// Pack the runs recorded in or below some folders into one file: everything in their folders, with checksums
    #[command(after_help = "Example:\n  cargo xtask records pack mine.tar.gz results/mine")]
    Pack {
        /// The archive to write, such as records.tar.gz
        file: PathBuf,
        /// Folders of results, experiments, networks or runs
        #[arg(default_value = "results", value_name = "FOLDER")]
        folders: Vec<PathBuf>,
    },
    /// Check an archive of records and unpack it below a folder; a different record there is kept, and nothing is
    /// unpacked
    #[command(after_help = "Example:\n  cargo xtask records unpack mine.tar.gz results")]
    Unpack {
        /// The archive: one that `pack` wrote, or a compact record such as results/records/plain-mnist.tar.gz
        file: PathBuf,
        /// Folder of results
        #[arg(default_value = "results", value_name = "FOLDER")]
        folder: PathBuf,
    },
}

pub(crate) fn records(command: &Records) -> Result<(), Failure> {
    programs::start(RECORDS, |program| match command {
        Records::Pack { file, folders } => program.arg("pack").arg(file).args(folders),
        Records::Unpack { file, folder } => program.arg("unpack").arg(file).arg(folder),
    })
}
