//! Reading the files of the real data sets with all checks, and unpacking them once for many runs.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use spec::catalogue::DatasetName;
use system::storage;

use crate::error::Error;
use crate::fault::Fault;
use crate::rows::Rows;
use crate::source::idx::find::{Found, Survey, find, roots, survey};
use crate::source::idx::format as idx;
use crate::source::idx::published::{PublishedFile, SOURCES, Source, source};

/// Folders that data sets are read from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sources<'a> {
    /// Folder of the data sets; see [`find`] for other places that are searched.
    pub data_dir: Option<&'a Path>,
    /// Folder of files that [`prepare`] has unpacked, which is searched first.
    pub unpacked: Option<&'a Path>,
}

impl<'a> From<Option<&'a Path>> for Sources<'a> {
    fn from(data_dir: Option<&'a Path>) -> Self {
        Self { data_dir, unpacked: None }
    }
}

/// A file that passed all checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Path of the file.
    pub path: PathBuf,
    /// The published file that it was checked against.
    pub file: PublishedFile,
    /// SHA-256 of the uncompressed contents.
    pub content_sha256: String,
    /// True if a published checksum confirms the contents. For an uncompressed or recompressed file there may be no
    /// such checksum; then only the format was checked.
    pub published: bool,
}

/// Checks every file of a data set, in the order of [`Source::files`](crate::source::idx::published::Source). Each file
/// has its own result.
///
/// # Errors
/// If files are missing.
pub fn verify(dataset: DatasetName, data_dir: Option<&Path>) -> Result<Vec<Result<Verified, Error>>, Error> {
    let source = source(dataset)?;
    let found = find(dataset, data_dir)?;
    Ok(found.paths.par_iter().zip(&source.files).map(|(path, file)| Ok(read(path, file)?.0)).collect())
}

/// The official images of a data set.
pub(crate) struct Official {
    pub(crate) train: Rows,
    pub(crate) test: Rows,
    /// Names of the files without a published checksum.
    pub(crate) unpublished: Vec<String>,
}

/// Reads the official training and test images.
pub(crate) fn read_all(dataset: DatasetName, sources: Sources<'_>) -> Result<Official, Error> {
    if let Some(folder) = sources.unpacked.map(|unpacked| unpacked.join(dataset.name()))
        && folder.join(LISTING).exists()
    {
        return read_unpacked(dataset, &folder);
    }
    let found = find(dataset, sources.data_dir)?;
    let source = source(dataset)?;
    if let Some((folder, names)) = in_place(&found) {
        let verified = check_all(&found, source, |_, _| Ok(()))?;
        let (train, test) = idx::parse(folder, names, dataset)?;
        return Ok(Official { train, test, unpublished: unpublished(&verified) });
    }
    let temporary = |error| Error::temporary(&env::temp_dir(), &found.folder, error);
    let folder = tempfile::tempdir().map_err(temporary)?;
    let verified = check_all(&found, source, |file, content| {
        let copy = folder.path().join(file.name);
        fs::write(&copy, content).map_err(temporary)
    })?;
    let (train, test) = idx::parse(text(folder.path())?, source.files.map(|file| file.name), dataset)?;
    Ok(Official { train, test, unpublished: unpublished(&verified) })
}

/// Folder and names of the files of a data set, if the parser can read them in place. The parser reads no archives and
/// needs a path in UTF-8.
fn in_place(found: &Found) -> Option<(&str, [&str; 4])> {
    let is_plain = |path: &Path| path.extension().is_none_or(|extension| extension != "gz");
    let names = found.paths.iter().map(|path| path.file_name().filter(|_| is_plain(path))?.to_str());
    let names: Option<Vec<&str>> = names.collect();
    Some((found.folder.to_str()?, names?.try_into().ok()?))
}

/// Folder where missing files of a data set belong.
///
/// If [`find`] finds some of the files, it is their folder. Otherwise it is the subfolder with the name of the data set
/// in the first of [`roots`], or that root itself if it has this name.
///
/// # Errors
/// For an embedded data set, which has no files.
pub fn destination(dataset: DatasetName, data_dir: Option<&Path>) -> Result<PathBuf, Error> {
    let source = source(dataset)?;
    let Survey { complete, incomplete, .. } = survey(dataset, data_dir)?;
    Ok(match (complete, incomplete) {
        // A folder that several data sets share may hold another data set.
        (Some(found), Some((folder, _))) if is_foreign(&found, source) => folder,
        (Some(found), _) => found.folder,
        (None, Some((folder, _))) => folder,
        (None, None) => new_folder(dataset, data_dir),
    })
}

/// True if one of the files is a published file of another data set.
fn is_foreign(found: &Found, source: &Source) -> bool {
    let foreign = |result| matches!(result, Err(Error::File { fault: Fault::Foreign { .. }, .. }));
    found.paths.iter().zip(&source.files).any(|(path, file)| foreign(read(path, file)))
}

fn new_folder(dataset: DatasetName, data_dir: Option<&Path>) -> PathBuf {
    let root = roots(data_dir).swap_remove(0);
    if root.file_name().is_some_and(|name| name == dataset.name()) { root } else { root.join(dataset.name()) }
}

fn text(folder: &Path) -> Result<&str, Error> {
    let reason = || Error::write(folder, io::Error::other("the temporary folder's name is not UTF-8"));
    folder.to_str().ok_or_else(reason)
}

/// Checks all files, and calls `each` with the contents of each.
fn check_all(
    found: &Found,
    source: &Source,
    each: impl Fn(&PublishedFile, &[u8]) -> Result<(), Error> + Sync,
) -> Result<Vec<Verified>, Error> {
    let check = |(path, file): (&PathBuf, &PublishedFile)| {
        let (verified, content) = read(path, file)?;
        each(file, &content)?;
        Ok(verified)
    };
    found.paths.par_iter().zip(&source.files).map(check).collect()
}

fn unpublished(verified: &[Verified]) -> Vec<String> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    verified.iter().filter(|file| !file.published).map(|file| name(&file.path)).collect()
}

/// Name of the file that lists the files of an unpacked data set without a published checksum. It is written last.
const LISTING: &str = "unpublished.json";

/// A data set that was checked for many runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Folder where the files were found.
    pub folder: PathBuf,
    /// Names of the files without a published checksum.
    pub unpublished: Vec<String>,
}

/// Checks the files of a data set once for many runs. Archives are unpacked into `into/<name>`, where [`Sources`] finds
/// them. Files that can be read in place are not copied.
///
/// # Errors
/// If files are missing, have other contents than expected, or cannot be unpacked.
pub fn prepare(dataset: DatasetName, data_dir: Option<&Path>, into: &Path) -> Result<Prepared, Error> {
    let (found, source) = (find(dataset, data_dir)?, source(dataset)?);
    let folder = into.join(dataset.name());
    let unpacks = in_place(&found).is_none();
    // An earlier unpacked copy may differ from the files of today.
    if folder.is_dir() {
        storage::remove(&folder.join(LISTING))?;
    }
    let temporary = |error| Error::temporary(&folder, &found.folder, error);
    if unpacks {
        fs::create_dir_all(&folder).map_err(temporary)?;
    }
    let verified = check_all(&found, source, |file, content| {
        if unpacks { fs::write(folder.join(file.name), content).map_err(temporary) } else { Ok(()) }
    })?;
    let unpublished = unpublished(&verified);
    if unpacks {
        storage::write_json(&folder.join(LISTING), &unpublished)?;
    }
    Ok(Prepared { folder: found.folder.clone(), unpublished })
}

/// Reads files that [`prepare`] has unpacked. The format is checked again, because the parser panics on other formats.
fn read_unpacked(dataset: DatasetName, folder: &Path) -> Result<Official, Error> {
    let unpublished: Vec<String> = storage::read_json(&folder.join(LISTING))?;
    let source = source(dataset)?;
    for file in &source.files {
        let path = folder.join(file.name);
        let content = read_bounded(&path, file.content_bytes())?;
        idx::check(&content, file.kind, file.count).map_err(|fault| Error::file(&path, fault))?;
    }
    let (train, test) = idx::parse(text(folder)?, source.files.map(|file| file.name), dataset)?;
    Ok(Official { train, test, unpublished })
}

/// Reads and checks one file. Returns its uncompressed contents too.
///
/// # Errors
/// If the file cannot be read, or is not the published one.
pub fn read(path: &Path, file: &PublishedFile) -> Result<(Verified, Vec<u8>), Error> {
    let gzip = path.extension().is_some_and(|extension| extension == "gz");
    let limit = if gzip { file.archive_limit() } else { file.content_bytes() };
    let checked = check(read_bounded(path, limit)?, gzip, file).map_err(|fault| Error::file(path, fault))?;
    let Checked { content, content_sha256, published } = checked;
    Ok((Verified { path: path.to_owned(), file: *file, content_sha256, published }, content))
}

/// Reads a regular file up to one byte beyond `limit`. That byte shows that the file is too long.
fn read_bounded(path: &Path, limit: usize) -> Result<Vec<u8>, Error> {
    let metadata = fs::metadata(path).map_err(|error| Error::read(path, error))?;
    // Check the kind of the file first, because opening a pipe could wait forever.
    if !metadata.is_file() {
        return Err(Error::file(path, Fault::NotAFile));
    }
    let mut bytes = Vec::with_capacity(limit.min(usize::try_from(metadata.len()).unwrap_or(limit)) + 1);
    File::open(path)
        .and_then(|opened| opened.take(limit as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Error::read(path, error))?;
    Ok(bytes)
}

/// Contents of a file that passed all checks.
#[derive(Debug)]
pub struct Checked {
    /// Uncompressed contents.
    pub content: Vec<u8>,
    /// SHA-256 of the contents, in lowercase hexadecimal.
    pub content_sha256: String,
    /// True if a published checksum confirms the contents.
    pub published: bool,
}

/// Checks the bytes of a file, gzipped or not. The format is checked first, because its errors say more than those of
/// checksums.
///
/// # Errors
/// If the contents are not the published ones. If no checksum of the contents is known: if they have another format.
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
        // Without a published checksum of the contents, a recompressed file cannot be distinguished from a changed one.
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
pub fn sha256(bytes: &[u8]) -> String {
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
    use crate::source::idx::published::FileKind;

    /// Folder of the real MNIST.
    pub(crate) fn real_mnist() -> PathBuf {
        let root = env::var_os(crate::find::VARIABLE).unwrap();
        find(DatasetName::Mnist, Some(Path::new(&root))).unwrap().folder
    }

    pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Bytes of an IDX file whose pixels or labels are all `value`.
    pub(crate) fn idx(kind: FileKind, count: usize, value: u8) -> Vec<u8> {
        let mut bytes = [kind.magic(), (count as u32).to_be_bytes()].concat();
        bytes.resize(kind.header_bytes(), 0);
        if kind == FileKind::Images {
            (bytes[11], bytes[15]) = (28, 28);
        }
        bytes.resize(kind.file_bytes(count), value);
        bytes
    }

    /// A published file with these contents.
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

    /// Writes full-size files of a data set: all training images have one grey level, and all test images another.
    fn fabricate(dataset: DatasetName, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for (file, value) in source(dataset).unwrap().files.iter().zip([50, 3, 200, 4]) {
            let bytes = gzip(&idx(file.kind, file.count, value));
            fs::write(folder.join(format!("{}.gz", file.name)), bytes).unwrap();
        }
    }

    #[test]
    fn archives_are_read_and_train_and_test_stay_apart() {
        let root = tempfile::tempdir().unwrap();
        fabricate(DatasetName::Kmnist, root.path());
        let Official { train, test, unpublished } = read_all(DatasetName::Kmnist, Some(root.path()).into()).unwrap();
        assert_eq!((train.len(), test.len()), (60_000, 10_000));
        let names = [
            "train-images-idx3-ubyte.gz",
            "train-labels-idx1-ubyte.gz",
            "t10k-images-idx3-ubyte.gz",
            "t10k-labels-idx1-ubyte.gz",
        ];
        assert_eq!(unpublished, names);
        assert!(
            train.bytes().unwrap().iter().all(|&pixel| pixel == 50)
                && test.bytes().unwrap().iter().all(|&pixel| pixel == 200)
        );
        assert!(train.labels().iter().all(|&label| label == 3) && test.labels().iter().all(|&label| label == 4));
        let verified = verify(DatasetName::Kmnist, Some(root.path())).unwrap();
        assert!(verified.into_iter().all(|file| !file.unwrap().published));
    }

    #[test]
    fn unpacked_archives_are_read_without_the_original_files() {
        let [root, into] = [0, 1].map(|_| tempfile::tempdir().unwrap());
        fabricate(DatasetName::Kmnist, root.path());
        let prepared = prepare(DatasetName::Kmnist, Some(root.path()), into.path()).unwrap();
        assert_eq!((prepared.folder.as_path(), prepared.unpublished.len()), (root.path(), 4));
        let direct = read_all(DatasetName::Kmnist, Some(root.path()).into()).unwrap();
        fs::remove_dir_all(root.path()).unwrap();
        let sources = Sources { data_dir: Some(root.path()), unpacked: Some(into.path()) };
        let unpacked = read_all(DatasetName::Kmnist, sources).unwrap();
        assert!(unpacked.train == direct.train && unpacked.test == direct.test);
        assert_eq!(unpacked.unpublished, direct.unpublished);
        let cut = into.path().join("kmnist/t10k-images-idx3-ubyte");
        fs::write(&cut, &fs::read(&cut).unwrap()[..1000]).unwrap();
        let message = read_all(DatasetName::Kmnist, sources).err().unwrap().to_string();
        assert!(message.contains("t10k-images-idx3-ubyte: truncated"), "{message}");
    }

    #[test]
    fn plain_files_are_read_in_place() {
        let [root, into] = [0, 1].map(|_| tempfile::tempdir().unwrap());
        for (file, value) in source(DatasetName::Kmnist).unwrap().files.iter().zip([50, 3, 200, 4]) {
            fs::write(root.path().join(file.name), idx(file.kind, file.count, value)).unwrap();
        }
        let found = find(DatasetName::Kmnist, Some(root.path())).unwrap();
        assert!(in_place(&found).is_some());
        prepare(DatasetName::Kmnist, Some(root.path()), into.path()).unwrap();
        assert_eq!(fs::read_dir(into.path()).unwrap().count(), 0, "nothing is copied");
        let read = read_all(DatasetName::Kmnist, Some(root.path()).into()).unwrap();
        assert_eq!((read.train.label(0).unwrap(), read.test.byte_row(0).unwrap()[0]), (3, 200));
        fs::rename(root.path().join("train-images-idx3-ubyte"), root.path().join("train-images.idx3-ubyte")).unwrap();
        assert!(in_place(&find(DatasetName::Kmnist, Some(root.path())).unwrap()).is_some(), "under its other name");
        let read = read_all(DatasetName::Kmnist, Some(root.path()).into()).unwrap();
        assert_eq!(read.train.byte_row(0).unwrap()[0], 50);
    }

    #[test]
    fn a_folder_with_the_name_of_the_data_set_gets_no_subfolder() {
        let place = |root: &str| new_folder(DatasetName::Mnist, Some(Path::new(root)));
        assert_eq!(place("shared/mnist"), Path::new("shared/mnist"));
        assert_eq!(place("shared"), Path::new("shared/mnist"));
    }

    #[test]
    fn an_error_about_unpacking_says_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        fabricate(DatasetName::Kmnist, root.path());
        let into = root.path().join("file");
        fs::write(&into, "").unwrap();
        let message = prepare(DatasetName::Kmnist, Some(root.path()), &into).unwrap_err().to_string();
        let way_on = format!(
            "set TMPDIR to a folder with 60 MB to spare, or unpack the archives (gunzip -k {}/*.gz)",
            root.path().display()
        );
        assert!(message.starts_with("cannot unpack into ") && message.contains(&way_on), "{message}");
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
        assert!(message.contains(": the contents differ from the published file"), "{message}");
        assert!(read_all(DatasetName::Mnist, Some(root.path()).into()).is_err());
    }

    #[test]
    fn a_folder_with_the_name_of_a_file_is_refused() {
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
    fn a_recompressed_archive_is_confirmed_by_the_checksum_of_its_contents() {
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
    fn the_real_mnist_has_the_published_checksums() {
        let folder = real_mnist();
        for result in verify(DatasetName::Mnist, Some(&folder)).unwrap() {
            assert!(result.unwrap().published);
        }
        let Official { train, test, unpublished } =
            read_all(DatasetName::Mnist, Some(folder.as_path()).into()).unwrap();
        assert!(unpublished.is_empty());
        let histogram = |images: &Rows| {
            let mut counts = [0; 10];
            images.labels().iter().for_each(|&label| counts[usize::from(label)] += 1);
            counts
        };
        assert_eq!(histogram(&train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
        assert_eq!(histogram(&test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
        let mean =
            train.bytes().unwrap().iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / (60_000.0 * 784.0 * 255.0);
        assert!((mean - 0.1307).abs() < 0.0001, "{mean}");
    }

    #[test]
    #[ignore = "needs the real MNIST in HOURGLASS_DATA"]
    fn mnist_under_another_name_is_recognised() {
        let folder = real_mnist();
        for other in [DatasetName::FashionMnist, DatasetName::Kmnist] {
            let read = read_all(other, Some(folder.as_path()).into());
            let message = read.err().unwrap().to_string();
            assert!(message.ends_with("-ubyte of mnist"), "{message}");
        }
    }
}
