//! Checksums of the user's files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::Error;

/// SHA-256 of one file, in lowercase hexadecimal. For several files: SHA-256 of the list that `sha256sum` prints, with
/// these names.
pub(crate) fn of(files: &[(String, PathBuf)]) -> Result<String, Error> {
    if let [(_, path)] = files {
        return of_file(path);
    }
    let mut list = Sha256::new();
    for (name, path) in files {
        list.update(format!("{}  {name}\n", of_file(path)?));
    }
    Ok(system::seal::hexadecimal(&list.finalize()))
}

fn of_file(path: &Path) -> Result<String, Error> {
    let fault = |error| Error::read(path, error);
    let mut file = File::open(path).map_err(fault)?;
    let (mut hash, mut chunk) = (Sha256::new(), vec![0; 1 << 18]);
    loop {
        match file.read(&mut chunk).map_err(fault)? {
            0 => return Ok(system::seal::hexadecimal(&hash.finalize())),
            count => hash.update(&chunk[..count]),
        }
    }
}
