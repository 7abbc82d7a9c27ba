//! Where the files of the real data sets are looked for.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use spec::catalogue::DatasetName;

use crate::error::Error;
use crate::source::idx::published::{PublishedFile, Source, source};

/// The environment variable that names a folder to look in.
pub const VARIABLE: &str = "HOURGLASS_DATA";

/// The folder looked in last, and fetched into when nothing else is named; relative to the working directory.
pub const DEFAULT_FOLDER: &str = "data";

/// The folders that may hold the data sets: `data_dir` alone where it is given, else what `HOURGLASS_DATA` names, then
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

/// The four files of a data set, where they were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Their folder.
    pub folder: PathBuf,
    /// All four, in the order of [`Source::files`]; an uncompressed file goes before an archive of the same name.
    pub paths: Vec<PathBuf>,
}

/// Looks for the files of a data set, without opening them: in each of [`roots`], first its subfolder of the data set's
/// name, then torchvision's (`MNIST/raw`), then the folder itself. The first place with all four files counts; a folder, a
/// pipe or an empty file is none of them.
///
/// # Errors
/// When no place holds them all; where some hold a part, the error is of the first of these.
pub fn find(dataset: DatasetName, data_dir: Option<&Path>) -> Result<Found, Error> {
    let Survey { complete, incomplete, places } = survey(dataset, data_dir)?;
    match (complete, incomplete) {
        (Some(found), _) => Ok(found),
        (None, Some((folder, problem))) => Err(Error::Incomplete { dataset, folder, problem }),
        (None, None) => Err(Error::Missing { dataset, places }),
    }
}

/// What the places that may hold a data set hold.
pub(crate) struct Survey {
    /// The first with all four files.
    pub(crate) complete: Option<Found>,
    /// The first with a part of them, and what is wrong with it.
    pub(crate) incomplete: Option<(PathBuf, String)>,
    /// All of them, in order.
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

/// The folders that may hold a data set, in order.
fn places(source: &Source, data_dir: Option<&Path>) -> Vec<PathBuf> {
    let of_root = |root: PathBuf| {
        let raw = root.ends_with(source.torchvision).then(|| root.join("raw"));
        let below = [root.join(source.dataset.name()), root.join(source.torchvision).join("raw")];
        below.into_iter().chain(raw).chain([root])
    };
    roots(data_dir).into_iter().flat_map(of_root).collect()
}

/// What there is of a file in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Look {
    /// Nothing.
    Absent,
    /// Only what cannot be read: its name, and what is wrong with it.
    Unusable(String),
    /// A file that can be read.
    There(PathBuf),
}

/// Looks for a file under any of its names, plain or as an archive: the first that can be read.
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
        Ok(metadata) if !metadata.is_file() => "is no regular file",
        Ok(metadata) if metadata.len() == 0 => "is empty",
        Ok(_) => return Look::There(path),
        Err(error) if error.kind() == ErrorKind::NotFound && path.is_symlink() => "is a link that leads nowhere",
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => return Look::Absent,
        Err(_) => "cannot be read",
    };
    Look::Unusable(format!("{} {problem}", path.file_name().unwrap_or_default().display()))
}

/// The path of a file in a folder, under any of its names, plain or as an archive. `None` if none of them can be read.
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
    fn the_subfolder_of_the_name_goes_before_the_folder_itself() {
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
    fn the_folders_of_torchvision_are_looked_in() {
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
    fn a_file_goes_by_either_of_its_names() {
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
    fn what_cannot_be_read_hides_no_good_file_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let name = "train-images-idx3-ubyte";
        let found = || find(DatasetName::Mnist, Some(root.path())).unwrap().paths.remove(0);
        touch(root.path(), DatasetName::Mnist);
        fs::write(root.path().join(name), []).unwrap();
        let alone = find(DatasetName::Mnist, Some(root.path())).unwrap_err().to_string();
        assert!(alone.contains(": train-images-idx3-ubyte is empty, though files of mnist are here"), "{alone}");
        fs::write(root.path().join(format!("{name}.gz")), [0]).unwrap();
        assert!(found().ends_with(format!("{name}.gz")));
        fs::remove_file(root.path().join(name)).unwrap();
        fs::create_dir(root.path().join(name)).unwrap();
        assert!(found().ends_with(format!("{name}.gz")));
        fs::remove_file(root.path().join(format!("{name}.gz"))).unwrap();
        let alone = || find(DatasetName::Mnist, Some(root.path())).unwrap_err().to_string();
        assert!(alone().contains(": train-images-idx3-ubyte is no regular file"), "{}", alone());
        fs::remove_dir(root.path().join(name)).unwrap();
        fs::write(root.path().join("train-images.idx3-ubyte.gz"), []).unwrap();
        assert!(alone().contains(": train-images.idx3-ubyte.gz is empty"), "{}", alone());
        #[cfg(unix)]
        {
            // Opening it would wait for ever.
            let pipe = root.path().join(name);
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            assert!(alone().contains(": train-images-idx3-ubyte is no regular file"), "{}", alone());
        }
    }

    #[test]
    fn a_part_of_the_files_hides_no_whole_further_down() {
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
        assert_eq!(find(DatasetName::Mnist, Some(root.path())).unwrap().folder, root.path(), "an empty file is none");
    }

    #[test]
    fn missing_files_name_the_places_and_the_remedy() {
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
    fn a_given_folder_is_the_only_one_looked_in() {
        assert_eq!(roots(Some(Path::new("x"))), [Path::new("x")]);
        assert_eq!(roots(None).last().unwrap(), Path::new(DEFAULT_FOLDER));
    }
}
