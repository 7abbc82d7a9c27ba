//! Search for the files of the real data sets.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use spec::catalogue::DatasetName;

use crate::error::Error;
use crate::source::idx::published::{PublishedFile, Source, source};

/// Name of the environment variable with a folder to search.
pub const VARIABLE: &str = "HOURGLASS_DATA";

/// Name of the folder that is searched last, and the default folder for downloads, relative to the working directory.
pub const DEFAULT_FOLDER: &str = "data";

/// Folders that may hold the data sets: `data_dir` alone if it is given, else the folder of `HOURGLASS_DATA`, then
/// `data`.
pub fn roots(data_dir: Option<&Path>) -> Vec<PathBuf> {
    match data_dir {
        Some(folder) => vec![folder.to_owned()],
        None => {
            let named = env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
            named.into_iter().chain([PathBuf::from(DEFAULT_FOLDER)]).collect()
        }
    }
}

/// Paths of the four files of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Folder of the files.
    pub folder: PathBuf,
    /// Paths of all four files, in the order of [`Source::files`]. An uncompressed file is preferred to an archive of
    /// the same name.
    pub paths: Vec<PathBuf>,
}

/// Finds the files of a data set, without opening them.
///
/// In each of [`roots`], it searches the subfolder with the name of the data set, then torchvision's (`MNIST/raw`),
/// then the folder itself. The first place with all four files is taken. Folders, pipes and empty files do not count as
/// files.
///
/// # Errors
/// If no place has all files. If some places have a part of them, the error is about the first such place.
pub fn find(dataset: DatasetName, data_dir: Option<&Path>) -> Result<Found, Error> {
    let Survey { complete, incomplete, places } = survey(dataset, data_dir)?;
    match (complete, incomplete) {
        (Some(found), _) => Ok(found),
        (None, Some((folder, problem))) => Err(Error::Incomplete { dataset, folder, problem }),
        (None, None) => Err(Error::Missing { dataset, places }),
    }
}

/// Results of searching all places that may hold a data set.
pub(crate) struct Survey {
    /// The first place with all four files.
    pub(crate) complete: Option<Found>,
    /// The first place with a part of the files, and the fault of the first missing file.
    pub(crate) incomplete: Option<(PathBuf, String)>,
    /// All places, in order.
    pub(crate) places: Vec<PathBuf>,
}

pub(crate) fn survey(dataset: DatasetName, data_dir: Option<&Path>) -> Result<Survey, Error> {
    let source = source(dataset)?;
    let mut survey = Survey { complete: None, incomplete: None, places: places(source, data_dir) };
    for folder in &survey.places {
        let files = source.files.map(|file| look(folder, &file));
        if files.iter().all(|file| *file == Look::Absent) {
            continue;
        }
        let paths = files.into_iter().zip(&source.files).map(|(look, file)| match look {
            Look::There(path) => Ok(path),
            Look::Unusable(problem) => Err(problem),
            Look::Absent => Err(format!("{0} is missing, plain or as {0}.gz", file.name)),
        });
        match paths.collect() {
            Ok(paths) => {
                survey.complete = Some(Found { folder: folder.clone(), paths });
                break;
            }
            Err(problem) => drop(survey.incomplete.get_or_insert((folder.clone(), problem))),
        }
    }
    Ok(survey)
}

/// Folders that may hold a data set, in order.
fn places(source: &Source, data_dir: Option<&Path>) -> Vec<PathBuf> {
    let of_root = |root: PathBuf| {
        let raw = root.ends_with(source.torchvision).then(|| root.join("raw"));
        let below = [root.join(source.dataset.name()), root.join(source.torchvision).join("raw")];
        below.into_iter().chain(raw).chain([root])
    };
    roots(data_dir).into_iter().flat_map(of_root).collect()
}

/// Result of searching a file in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Look {
    /// There is no such file.
    Absent,
    /// There is a file that cannot be read: its name and the reason.
    Unusable(String),
    /// There is a file that can be read.
    There(PathBuf),
}

/// Searches a file by all its names, plain or as an archive, and gives the first that can be read.
fn look(folder: &Path, file: &PublishedFile) -> Look {
    let names = file.names().into_iter().flat_map(|name| [name.clone(), format!("{name}.gz")]);
    let mut found = Look::Absent;
    for path in names.map(|name| folder.join(name)) {
        match look_at(path) {
            Look::There(path) => return Look::There(path),
            look if found == Look::Absent => found = look,
            _ => {}
        }
    }
    found
}

fn look_at(path: PathBuf) -> Look {
    let problem = match fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() => "is not a regular file",
        Ok(metadata) if metadata.len() == 0 => "is empty",
        Ok(_) => return Look::There(path),
        Err(error) if error.kind() == ErrorKind::NotFound && path.is_symlink() => "is a broken link",
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => return Look::Absent,
        Err(_) => "cannot be read",
    };
    Look::Unusable(format!("{} {problem}", path.file_name().unwrap_or_default().display()))
}

/// Path of a file in a folder, by any of its names, plain or as an archive. `None` if none of them can be read.
pub fn usable(folder: &Path, file: &PublishedFile) -> Option<PathBuf> {
    match look(folder, file) {
        Look::There(path) => Some(path),
        Look::Absent | Look::Unusable(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(folder: &Path, dataset: DatasetName) {
        fs::create_dir_all(folder).unwrap();
        for file in &source(dataset).unwrap().files {
            fs::write(folder.join(file.name), [0]).unwrap();
        }
    }

    #[test]
    fn the_subfolder_with_the_name_of_the_data_set_is_searched_before_the_folder() {
        let root = tempfile::tempdir().unwrap();
        let folder = |dataset| find(dataset, Some(root.path())).unwrap().folder;
        touch(root.path(), DatasetName::Mnist);
        assert_eq!(folder(DatasetName::Kmnist), root.path());
        touch(&root.path().join("KMNIST/raw"), DatasetName::Kmnist);
        assert_eq!(folder(DatasetName::Kmnist), root.path().join("KMNIST/raw"));
        touch(&root.path().join("kmnist"), DatasetName::Kmnist);
        assert_eq!(folder(DatasetName::Kmnist), root.path().join("kmnist"));
        assert_eq!(folder(DatasetName::Mnist), root.path());
    }

    #[test]
    fn the_folders_of_torchvision_are_searched() {
        let root = tempfile::tempdir().unwrap();
        for (dataset, name) in [
            (DatasetName::Mnist, "MNIST"),
            (DatasetName::FashionMnist, "FashionMNIST"),
            (DatasetName::Kmnist, "KMNIST"),
        ] {
            let raw = root.path().join(name).join("raw");
            touch(&raw, dataset);
            for given in [root.path().to_owned(), root.path().join(name), raw.clone()] {
                assert_eq!(find(dataset, Some(&given)).unwrap().folder, raw, "{}", given.display());
            }
        }
    }

    #[test]
    fn a_file_is_found_by_either_of_its_names() {
        let root = tempfile::tempdir().unwrap();
        for name in [
            "train-images.idx3-ubyte",
            "train-labels.idx1-ubyte.gz",
            "t10k-images-idx3-ubyte",
            "t10k-labels.idx1-ubyte",
        ] {
            fs::write(root.path().join(name), [0]).unwrap();
        }
        let found = find(DatasetName::Mnist, Some(root.path())).unwrap();
        assert!(
            found.paths[0].ends_with("train-images.idx3-ubyte")
                && found.paths[1].ends_with("train-labels.idx1-ubyte.gz")
        );
    }

    #[test]
    fn a_good_file_is_found_beside_one_that_cannot_be_read() {
        let root = tempfile::tempdir().unwrap();
        let name = "train-images-idx3-ubyte";
        let found = || find(DatasetName::Mnist, Some(root.path())).unwrap().paths.remove(0);
        touch(root.path(), DatasetName::Mnist);
        fs::write(root.path().join(name), []).unwrap();
        let alone = find(DatasetName::Mnist, Some(root.path())).unwrap_err().to_string();
        assert!(alone.contains(": train-images-idx3-ubyte is empty, but other files of mnist are here"), "{alone}");
        fs::write(root.path().join(format!("{name}.gz")), [0]).unwrap();
        assert!(found().ends_with(format!("{name}.gz")));
        fs::remove_file(root.path().join(name)).unwrap();
        fs::create_dir(root.path().join(name)).unwrap();
        assert!(found().ends_with(format!("{name}.gz")));
        fs::remove_file(root.path().join(format!("{name}.gz"))).unwrap();
        let alone = || find(DatasetName::Mnist, Some(root.path())).unwrap_err().to_string();
        assert!(alone().contains(": train-images-idx3-ubyte is not a regular file"), "{}", alone());
        fs::remove_dir(root.path().join(name)).unwrap();
        fs::write(root.path().join("train-images.idx3-ubyte.gz"), []).unwrap();
        assert!(alone().contains(": train-images.idx3-ubyte.gz is empty"), "{}", alone());
        #[cfg(unix)]
        {
            // Opening a pipe would wait forever.
            let pipe = root.path().join(name);
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            assert!(alone().contains(": train-images-idx3-ubyte is not a regular file"), "{}", alone());
        }
    }

    #[test]
    fn a_folder_with_all_files_is_found_after_one_with_some() {
        let root = tempfile::tempdir().unwrap();
        let part = root.path().join("mnist");
        touch(&part, DatasetName::Mnist);
        fs::remove_file(part.join("t10k-images-idx3-ubyte")).unwrap();
        let message = find(DatasetName::Mnist, Some(root.path())).unwrap_err().to_string();
        assert!(
            message.contains("mnist: t10k-images-idx3-ubyte is missing, plain or as t10k-images-idx3-ubyte.gz"),
            "{message}"
        );
        touch(root.path(), DatasetName::Mnist);
        assert_eq!(find(DatasetName::Mnist, Some(root.path())).unwrap().folder, root.path());
        fs::write(part.join("t10k-images-idx3-ubyte"), []).unwrap();
        assert_eq!(
            find(DatasetName::Mnist, Some(root.path())).unwrap().folder,
            root.path(),
            "an empty file does not count"
        );
    }

    #[test]
    fn an_error_about_missing_files_names_the_places_and_the_command() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().display().to_string();
        assert_eq!(
            find(DatasetName::Mnist, Some(root.path())).unwrap_err().to_string(),
            format!(
                "no mnist files: looked in {place}/mnist, {place}/MNIST/raw, {place}; `cargo xtask data fetch mnist` \
                 downloads them, and `--dataset glyphs` needs no file"
            )
        );
    }

    #[test]
    fn glyphs_have_no_files() {
        assert!(matches!(find(DatasetName::Glyphs, None), Err(Error::Embedded { .. })));
    }

    #[test]
    fn a_given_folder_is_the_only_one_that_is_searched() {
        assert_eq!(roots(Some(Path::new("x"))), [Path::new("x")]);
        assert_eq!(roots(None).last().unwrap(), Path::new(DEFAULT_FOLDER));
    }
}
