//! Opening and listing of a user's files: only regular files are opened, and folders are listed by name.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::counts::Counts;
use crate::error::Error;

/// Greatest number of values of a row. A row is held in memory, and a wrong header must not exhaust it.
pub const MOST_VALUES: usize = 1 << 24;

/// Opens a regular file of at least one byte, and returns it with its length in bytes.
///
/// # Errors
/// If the path does not exist, or is a folder, a pipe, a device or an empty file.
pub(crate) fn regular(path: &Path) -> Result<(File, u64), Error> {
    // Check the kind of the file first, because opening a pipe could wait forever.
    let metadata = fs::metadata(path).map_err(|error| Error::read(path, error))?;
    if metadata.is_dir() {
        return Err(Error::file(path, "this is a folder; a file is expected"));
    }
    if !metadata.is_file() {
        return Err(Error::file(path, "this is a pipe or a device; a regular file is expected"));
    }
    if metadata.len() == 0 {
        return Err(Error::file(path, "the file is empty (0 bytes)"));
    }
    let file = File::open(path).map_err(|error| Error::read(path, error))?;
    Ok((file, metadata.len()))
}

/// A file of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Path of the file.
    pub(crate) path: PathBuf,
    /// Path in the folder, with `/` between its parts.
    pub(crate) name: String,
}

impl Listed {
    /// File extension, in lowercase.
    pub(crate) fn ending(&self) -> String {
        let ending = self.path.extension().and_then(|ending| ending.to_str());
        ending.map(str::to_lowercase).unwrap_or_default()
    }

    /// First subfolder of its name.
    pub(crate) fn subfolder(&self) -> Option<&str> {
        self.name.split_once('/').map(|(folder, _)| folder)
    }
}

/// Source of the class names of files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Labels {
    /// The files have no classes.
    #[default]
    None,
    /// The first subfolder of a file is the name of its class.
    Subfolder,
    /// A table with class names by the path of a file in the folder, with `/` between its parts. Every file needs an
    /// entry.
    Table(BTreeMap<String, String>),
}

impl Labels {
    /// Class name of a file.
    pub(crate) fn of<'a>(&'a self, file: &'a Listed) -> Result<Option<&'a str>, Error> {
        match self {
            Self::None => Ok(None),
            Self::Subfolder => file.subfolder().map(Some).ok_or_else(|| {
                let message = "the file is not in a subfolder, whose name would be its class; move it into one";
                Error::file(&file.path, message)
            }),
            Self::Table(table) => table.get(&file.name).map(|label| Some(label.as_str())).ok_or_else(|| {
                let message = format!("the table of labels has no entry {:?}; every file needs one", file.name);
                Error::file(&file.path, message)
            }),
        }
    }

    /// Gives an error for a table with an entry of a file that does not exist.
    pub(crate) fn check(&self, folder: &Path, files: &[Listed]) -> Result<(), Error> {
        let Self::Table(table) = self else { return Ok(()) };
        let names: std::collections::HashSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
        match table.keys().find(|name| !names.contains(name.as_str())) {
            Some(name) => {
                let message = format!("the table of labels names {name:?}, which is not a file of this folder");
                Err(Error::file(folder, message))
            }
            None => Ok(()),
        }
    }
}

/// Lists the files of a folder and its subfolders that have one of the extensions (lowercase), sorted by name. Links
/// are followed. Hidden files and folders (names that start with a dot) and files of other extensions are left out and
/// counted.
///
/// # Errors
/// If the folder does not exist, is a file or cannot be read, if two paths lead to the same subfolder, or if no file is
/// left.
pub(crate) fn list(folder: &Path, extensions: &[&str], counts: &mut Counts) -> Result<Vec<Listed>, Error> {
    let mut files = all(folder, counts)?;
    files.retain(|file| {
        let is_wanted = extensions.contains(&file.ending().as_str());
        if !is_wanted {
            counts.skip("of another kind", &file.name);
        }
        is_wanted
    });
    if files.is_empty() {
        let known: Vec<String> = extensions.iter().map(|extension| format!("*.{extension}")).collect();
        return Err(Error::file(folder, format!("no file to read; {} are expected", known.join(", "))));
    }
    Ok(files)
}

/// Lists all files of a folder and its subfolders that are not hidden, sorted by name.
///
/// # Errors
/// If the folder does not exist, is a file or cannot be read, or if two paths lead to the same subfolder.
pub(crate) fn all(folder: &Path, counts: &mut Counts) -> Result<Vec<Listed>, Error> {
    let metadata = fs::metadata(folder).map_err(|error| Error::read(folder, error))?;
    if !metadata.is_dir() {
        return Err(Error::file(folder, "this is not a folder; a folder is expected"));
    }
    let mut files = Vec::new();
    let mut seen = BTreeMap::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = waiting.pop() {
        // Following a link to a folder above would never end, and links between folders can multiply without limit.
        let real = fs::canonicalize(&path).map_err(|error| Error::read(&path, error))?;
        if let Some(earlier) = seen.insert(real, path.clone()) {
            let message = format!("a link leads to the same folder as {}; remove the link", earlier.display());
            return Err(Error::file(&path, message));
        }
        let mut entries = Vec::new();
        for entry in fs::read_dir(&path).map_err(|error| Error::read(&path, error))? {
            entries.push(entry.map_err(|error| Error::read(&path, error))?.file_name());
        }
        entries.sort();
        for entry in entries {
            let found = path.join(&entry);
            let Some(last) = entry.to_str() else {
                return Err(Error::file(&found, "the name is not UTF-8; rename the file"));
            };
            let name = format!("{prefix}{last}");
            if last.starts_with('.') {
                counts.skip("hidden", &name);
                continue;
            }
            let metadata = fs::metadata(&found).map_err(|error| Error::read(&found, error))?;
            if metadata.is_dir() {
                waiting.push((found, format!("{name}/")));
            } else {
                files.push(Listed { path: found, name });
            }
        }
    }
    files.sort_by(|a, b| a.name.split('/').cmp(b.name.split('/')));
    Ok(files)
}

/// A single file, or the files of a folder.
pub(crate) fn file_or_list(path: &Path, extensions: &[&str], counts: &mut Counts) -> Result<Vec<Listed>, Error> {
    if fs::metadata(path).map_err(|error| Error::read(path, error))?.is_dir() {
        return list(path, extensions, counts);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(vec![Listed { path: path.to_owned(), name }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_by_name_and_others_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b/2.PNG", "b/10.png", "a.png", "b/.x.png", ".git/c.png", "notes.txt", "Z.jpg"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let mut counts = Counts::default();
        let files = list(folder.path(), &["png", "jpg"], &mut counts).unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["Z.jpg", "a.png", "b/10.png", "b/2.PNG"]);
        let skipped: Vec<_> = counts.skipped.iter().map(|s| (s.reason.as_str(), s.count, s.first.as_str())).collect();
        assert_eq!(skipped, [("hidden", 2, ".git"), ("of another kind", 1, "notes.txt")]);
        assert_eq!((files[1].subfolder(), files[2].subfolder()), (None, Some("b")));
    }

    #[test]
    fn folders_pipes_and_empty_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let message = |path: &Path| regular(path).unwrap_err().to_string();
        assert!(message(&folder.path().join("none")).starts_with("cannot read "));
        assert!(message(folder.path()).ends_with("this is a folder; a file is expected"));
        let empty = folder.path().join("empty");
        fs::write(&empty, "").unwrap();
        assert!(message(&empty).ends_with("the file is empty (0 bytes)"));
        assert!(message(Path::new("/dev/null")).ends_with("a regular file is expected"));
        let refused = list(&empty, &["png"], &mut Counts::default()).unwrap_err().to_string();
        assert!(refused.ends_with("a folder is expected"), "{refused}");
        let refused = list(folder.path(), &["png", "jpg"], &mut Counts::default()).unwrap_err().to_string();
        assert!(refused.ends_with("no file to read; *.png, *.jpg are expected"), "{refused}");
    }

    #[test]
    #[cfg(unix)]
    fn a_link_to_a_folder_above_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/x.png"), "x").unwrap();
        std::os::unix::fs::symlink("..", folder.path().join("a/up")).unwrap();
        let refused = list(folder.path(), &["png"], &mut Counts::default()).unwrap_err().to_string();
        assert!(refused.contains("a/up: a link leads to the same folder as"), "{refused}");
    }
}
