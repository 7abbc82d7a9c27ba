//! Files of the real data sets: where they are looked for, and reading them with every check.

use std::env;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use experiment::catalogue::DatasetName;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::idx::{self, Fault};
use crate::images::Images;
use crate::published::{PublishedFile, SOURCES, source};

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
    /// All four, in the order of [`Source::files`](crate::published::Source); an uncompressed file goes before an archive of the same name.
    pub paths: Vec<PathBuf>,
}

/// Looks for the files of a data set, without opening them: in each of [`roots`], first its subfolder of the data set's
/// name, then the folder itself. The first place with any of the four files counts.
///
/// # Errors
/// When no place holds them, or the first that holds any of them lacks others.
pub fn find(dataset: DatasetName, data_dir: Option<&Path>) -> Result<Found, Error> {
    let source = source(dataset)?;
    let places: Vec<PathBuf> = roots(data_dir).into_iter().flat_map(|root| [root.join(dataset.name()), root]).collect();
    for folder in &places {
        let present = source.files.map(|file| present(folder, &file));
        if present.iter().all(Option::is_none) {
            continue;
        }
        let paths = present
            .into_iter()
            .zip(&source.files)
            .map(|(path, file)| {
                path.ok_or_else(|| Error::Incomplete { dataset, folder: folder.clone(), file: file.name })
            })
            .collect::<Result<_, _>>()?;
        return Ok(Found { folder: folder.clone(), paths });
    }
    Err(Error::Missing { dataset, places })
}

/// Where a file lies in a folder, plain or as an archive.
pub(crate) fn present(folder: &Path, file: &PublishedFile) -> Option<PathBuf> {
    [folder.join(file.name), folder.join(format!("{}.gz", file.name))].into_iter().find(|path| path.exists())
}

/// A file that passed every check there is for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Where it is.
    pub path: PathBuf,
    /// What it was checked against.
    pub file: PublishedFile,
    /// SHA-256 of the uncompressed contents.
    pub content_sha256: String,
    /// Whether a published checksum vouches for it. Without one (an uncompressed or recompressed file of which only the
    /// published archive's checksum is known) its form alone was checked.
    pub published: bool,
}

/// Checks every file of a data set, in the order of [`Source::files`](crate::published::Source).
///
/// # Errors
/// When files are missing; each file has a result of its own.
pub fn verify(dataset: DatasetName, data_dir: Option<&Path>) -> Result<Vec<Result<Verified, Error>>, Error> {
    let source = source(dataset)?;
    let found = find(dataset, data_dir)?;
    Ok(found.paths.par_iter().zip(&source.files).map(|(path, file)| Ok(read(path, file)?.0)).collect())
}

/// Reads the official training and test images.
pub(crate) fn read_all(dataset: DatasetName, data_dir: Option<&Path>) -> Result<(Images, Images), Error> {
    let source = source(dataset)?;
    let found = find(dataset, data_dir)?;
    // The parser gets copies of the checked bytes: it cannot read archives, needs a path in UTF-8, and panics if a file
    // changes between the check and the parse.
    let folder = tempfile::tempdir().map_err(|error| Error::write(&env::temp_dir(), error))?;
    found.paths.par_iter().zip(&source.files).try_for_each(|(path, file)| {
        let (_, content) = read(path, file)?;
        let copy = folder.path().join(file.name);
        fs::write(&copy, content).map_err(|error| Error::write(&copy, error))
    })?;
    let text = folder.path().to_str().ok_or_else(|| {
        Error::write(folder.path(), std::io::Error::other("the temporary folder's name is not UTF-8"))
    })?;
    idx::parse(text, dataset)
}

/// Reads and checks one file; returns its uncompressed contents too.
pub(crate) fn read(path: &Path, file: &PublishedFile) -> Result<(Verified, Vec<u8>), Error> {
    let gzip = path.extension().is_some_and(|extension| extension == "gz");
    let limit = if gzip { file.archive_limit() } else { file.content_bytes() };
    let checked = check(read_bounded(path, limit)?, gzip, file).map_err(|fault| Error::file(path, fault))?;
    let Checked { content, content_sha256, published } = checked;
    Ok((Verified { path: path.to_owned(), file: *file, content_sha256, published }, content))
}

/// Reads a regular file up to one byte beyond `limit`, which shows that it is too long without reading it all.
fn read_bounded(path: &Path, limit: usize) -> Result<Vec<u8>, Error> {
    let metadata = fs::metadata(path).map_err(|error| Error::read(path, error))?;
    // Opening a pipe could wait for ever.
    if !metadata.is_file() {
        return Err(Error::file(path, Fault::NotAFile));
    }
    let mut bytes = Vec::with_capacity(limit.min(usize::try_from(metadata.len()).unwrap_or(limit)) + 1);
    File::open(path)
        .and_then(|opened| opened.take(limit as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Error::read(path, error))?;
    Ok(bytes)
}

/// The contents of a file that passed every check.
#[derive(Debug)]
pub struct Checked {
    /// Uncompressed.
    pub content: Vec<u8>,
    /// Lowercase hexadecimal.
    pub content_sha256: String,
    /// Whether a published checksum vouches for them.
    pub published: bool,
}

/// Checks the bytes of a file, an archive or not: form first, since that says best what is wrong, then checksums.
///
/// # Errors
/// When they are not what was published, or, where no checksum of the contents is known, not of its form.
pub fn check(bytes: Vec<u8>, gzip: bool, file: &PublishedFile) -> Result<Checked, Fault> {
    let (content, archive) = if gzip {
        if bytes.len() > file.archive_limit() {
            return Err(Fault::TooLarge { kind: file.kind, limit: file.archive_limit() });
        }
        (idx::inflate(&bytes, file.kind, file.content_bytes())?, Some(bytes))
    } else {
        (bytes, None)
    };
    idx::check(&content, file.kind, file.count)?;
    let content_sha256 = sha256(&content);
    if file.content_sha256 == Some(&content_sha256) {
        return Ok(Checked { content, content_sha256, published: true });
    }
    let archive_sha256 = archive.map(|archive| sha256(&archive));
    if archive_sha256.as_deref() == Some(file.archive_sha256) {
        return Ok(Checked { content, content_sha256, published: true });
    }
    if let Some((dataset, name)) = known(&content_sha256, archive_sha256.as_deref()) {
        return Err(Fault::Foreign { dataset, name });
    }
    match file.content_sha256 {
        Some(expected) => Err(Fault::Checksum { expected, found: content_sha256 }),
        // Where no checksum of the contents was published, none can tell a file compressed anew from a changed one.
        None => Ok(Checked { content, content_sha256, published: false }),
    }
}

/// The published file with one of these checksums.
fn known(content_sha256: &str, archive_sha256: Option<&str>) -> Option<(DatasetName, &'static str)> {
    SOURCES.iter().find_map(|source| {
        let file = source
            .files
            .iter()
            .find(|file| file.content_sha256 == Some(content_sha256) || Some(file.archive_sha256) == archive_sha256)?;
        Some((source.dataset, file.name))
    })
}

/// SHA-256 in lowercase hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::published::FileKind;

    /// The folder of the real MNIST.
    pub(crate) fn real_mnist() -> PathBuf {
        let root = env::var_os(VARIABLE).unwrap();
        find(DatasetName::Mnist, Some(Path::new(&root))).unwrap().folder
    }

    pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// The bytes of an IDX file whose pixels or labels are all `value`.
    pub(crate) fn idx(kind: FileKind, count: usize, value: u8) -> Vec<u8> {
        let mut bytes = [kind.magic(), (count as u32).to_be_bytes()].concat();
        bytes.resize(kind.header_bytes(), 0);
        if kind == FileKind::Images {
            (bytes[11], bytes[15]) = (28, 28);
        }
        bytes.resize(kind.file_bytes(count), value);
        bytes
    }

    /// A file as if it had been published with these contents.
    pub(crate) fn published(kind: FileKind, count: usize, content: &[u8]) -> PublishedFile {
        PublishedFile {
            name: "train-images-idx3-ubyte",
            kind,
            count,
            archive_bytes: gzip(content).len() as u64,
            archive_sha256: Box::leak(sha256(&gzip(content)).into_boxed_str()),
            content_sha256: Some(Box::leak(sha256(content).into_boxed_str())),
        }
    }

    /// Full-size files of a data set, training and test images all of one shade.
    fn fabricate(dataset: DatasetName, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for (file, value) in source(dataset).unwrap().files.iter().zip([50, 3, 200, 4]) {
            let bytes = gzip(&idx(file.kind, file.count, value));
            fs::write(folder.join(format!("{}.gz", file.name)), bytes).unwrap();
        }
    }

    fn touch(folder: &Path, dataset: DatasetName) {
        fs::create_dir_all(folder).unwrap();
        for file in &source(dataset).unwrap().files {
            fs::write(folder.join(file.name), []).unwrap();
        }
    }

    #[test]
    fn the_subfolder_of_the_name_goes_before_the_folder_itself() {
        let root = tempfile::tempdir().unwrap();
        let folder = |dataset| find(dataset, Some(root.path())).unwrap().folder;
        touch(root.path(), DatasetName::Mnist);
        assert_eq!(folder(DatasetName::Kmnist), root.path());
        touch(&root.path().join("kmnist"), DatasetName::Kmnist);
        assert_eq!(folder(DatasetName::Kmnist), root.path().join("kmnist"));
        assert_eq!(folder(DatasetName::Mnist), root.path());
    }

    #[test]
    fn missing_files_name_the_places_and_the_remedy() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().display().to_string();
        assert_eq!(
            find(DatasetName::Mnist, Some(root.path())).unwrap_err().to_string(),
            format!(
                "no mnist files: looked in {place}/mnist, {place}; `cargo xtask data fetch mnist` downloads them, and \
                 `--dataset glyphs` needs no file"
            )
        );
    }

    #[test]
    fn an_incomplete_folder_names_the_missing_file() {
        let root = tempfile::tempdir().unwrap();
        touch(root.path(), DatasetName::Mnist);
        fs::remove_file(root.path().join("t10k-images-idx3-ubyte")).unwrap();
        let message = find(DatasetName::Mnist, Some(root.path())).unwrap_err().to_string();
        assert!(message.contains(": t10k-images-idx3-ubyte is missing, plain or as t10k-images-idx3-ubyte.gz"));
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

    #[test]
    fn archives_are_read_and_train_and_test_stay_apart() {
        let root = tempfile::tempdir().unwrap();
        fabricate(DatasetName::Kmnist, root.path());
        let (train, test) = read_all(DatasetName::Kmnist, Some(root.path())).unwrap();
        assert_eq!((train.len(), test.len()), (60_000, 10_000));
        assert!(
            train.all_pixels().iter().all(|&pixel| pixel == 50) && test.all_pixels().iter().all(|&pixel| pixel == 200)
        );
        assert!(train.labels().iter().all(|&label| label == 3) && test.labels().iter().all(|&label| label == 4));
        let verified = verify(DatasetName::Kmnist, Some(root.path())).unwrap();
        assert!(verified.into_iter().all(|file| !file.unwrap().published));
    }

    #[test]
    fn files_under_the_name_of_a_known_data_set_must_have_its_contents() {
        let root = tempfile::tempdir().unwrap();
        fabricate(DatasetName::Mnist, root.path());
        let results = verify(DatasetName::Mnist, Some(root.path())).unwrap();
        let message = results[1].as_ref().unwrap_err().to_string();
        assert!(
            message.starts_with(&root.path().join("train-labels-idx1-ubyte.gz").display().to_string()),
            "{message}"
        );
        assert!(message.contains("expected 65a50cbbf4e906d7"), "{message}");
        assert!(message.contains(": the contents differ from what was published"), "{message}");
        assert!(read_all(DatasetName::Mnist, Some(root.path())).is_err());
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let file = published(FileKind::Labels, 5, &[]);
        let message = read(root.path(), &file).unwrap_err().to_string();
        assert!(message.ends_with(": this is not a regular file"), "{message}");
    }

    #[test]
    fn a_much_longer_file_is_refused_without_reading_it_all() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("train-images-idx3-ubyte");
        let content = idx(FileKind::Images, 2, 9);
        fs::write(&path, &content).unwrap();
        let file = published(FileKind::Images, 2, &content);
        assert!(read(&path, &file).unwrap().0.published);
        File::options().append(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        let message = read(&path, &file).unwrap_err().to_string();
        assert!(message.ends_with("bytes after the end of the images, which end at byte 1584"), "{message}");
    }

    #[test]
    fn an_archive_compressed_anew_is_vouched_for_by_its_contents() {
        let content = idx(FileKind::Images, 2, 9);
        let file = published(FileKind::Images, 2, &content);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(&content).unwrap();
        let archive = encoder.finish().unwrap();
        assert_ne!(sha256(&archive), file.archive_sha256);
        assert!(check(archive, true, &file).unwrap().published);
    }

    #[test]
    #[ignore = "needs the real MNIST in HOURGLASS_DATA"]
    fn the_real_mnist_is_what_was_published() {
        let folder = real_mnist();
        for result in verify(DatasetName::Mnist, Some(&folder)).unwrap() {
            assert!(result.unwrap().published);
        }
        let (train, test) = read_all(DatasetName::Mnist, Some(&folder)).unwrap();
        let histogram = |images: &Images| {
            let mut counts = [0; 10];
            images.labels().iter().for_each(|&label| counts[usize::from(label)] += 1);
            counts
        };
        assert_eq!(histogram(&train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
        assert_eq!(histogram(&test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
        let mean = train.all_pixels().iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / (60_000.0 * 784.0 * 255.0);
        assert!((mean - 0.1307).abs() < 0.0001, "{mean}");
    }

    #[test]
    #[ignore = "needs the real MNIST in HOURGLASS_DATA"]
    fn mnist_under_another_name_is_recognised() {
        let folder = real_mnist();
        for other in [DatasetName::FashionMnist, DatasetName::Kmnist] {
            let message = read_all(other, Some(&folder)).unwrap_err().to_string();
            assert!(message.ends_with("-ubyte of mnist"), "{message}");
        }
    }
}
