//! The published files of each real data set, their sizes and checksums, and the mirrors that have them.

use spec::catalogue::DatasetName;

use crate::error::Error;
pub use crate::fault::FileKind;
use crate::source::idx::PIXELS;

impl FileKind {
    /// Size of an uncompressed file with `count` items, in bytes.
    pub(crate) const fn file_bytes(self, count: usize) -> usize {
        match self {
            Self::Images => self.header_bytes() + count * PIXELS,
            Self::Labels => self.header_bytes() + count,
        }
    }
}

/// One published file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedFile {
    /// Name without `.gz`.
    pub name: &'static str,
    /// Contents of the file.
    pub kind: FileKind,
    /// Number of images or labels.
    pub count: usize,
    /// Size of the published gzip archive, in bytes.
    pub archive_bytes: u64,
    /// SHA-256 of the published archive.
    pub archive_sha256: &'static str,
    /// SHA-256 of the uncompressed contents, if known. Unlike that of the archive, it does not change by recompression.
    pub content_sha256: Option<&'static str>,
}

impl PublishedFile {
    /// Names of the file: the published one, and the one with a dot in place of a hyphen, which some mirrors use.
    pub(crate) fn names(&self) -> [String; 2] {
        [self.name.to_owned(), self.name.replacen("-idx", ".idx", 1)]
    }

    /// Size of the uncompressed contents, in bytes.
    pub const fn content_bytes(&self) -> usize {
        self.kind.file_bytes(self.count)
    }

    /// Greatest size of an archive of this file in bytes: gzip adds a header, and 5 bytes to every 16 KiB that it
    /// cannot compress.
    pub const fn archive_limit(&self) -> usize {
        self.content_bytes() + self.content_bytes() / 1024 + 1024
    }
}

/// A data set that is read from files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Name of the data set.
    pub dataset: DatasetName,
    /// Name of the folder where torchvision stores the files, in a subfolder `raw`.
    pub torchvision: &'static str,
    /// URLs of folders with the archives, each ending in `/`, in the order in which they are tried.
    pub mirrors: &'static [&'static str],
    /// Training images and labels, then test images and labels.
    pub files: [PublishedFile; 4],
}

const fn file(
    place: usize,
    archive_bytes: u64,
    archive_sha256: &'static str,
    content_sha256: Option<&'static str>,
) -> PublishedFile {
    // All data sets in this format have as many images as MNIST.
    const ROWS: [usize; 2] = DatasetName::Mnist.facts().rows;
    const NAMES: [&str; 4] =
        ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];
    PublishedFile {
        name: NAMES[place],
        kind: if place.is_multiple_of(2) { FileKind::Images } else { FileKind::Labels },
        count: ROWS[place / 2],
        archive_bytes,
        archive_sha256,
        content_sha256,
    }
}

/// Data sets that are read from files. Sizes and checksums of the archives come from the checksum lists of TensorFlow
/// Datasets (`tensorflow_datasets/url_checksums`). Those of MNIST's contents were computed from a copy and agree with
/// other published lists.
pub(crate) static SOURCES: [Source; 3] = [
    Source {
        dataset: DatasetName::Mnist,
        torchvision: "MNIST",
        mirrors: &[
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ],
        files: [
            file(
                0,
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                Some("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            ),
            file(
                1,
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                Some("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
            ),
            file(
                2,
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                Some("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            ),
            file(
                3,
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                Some("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
            ),
        ],
    },
    Source {
        dataset: DatasetName::FashionMnist,
        torchvision: "FashionMNIST",
        mirrors: &[
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        ],
        files: [
            file(0, 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", None),
            file(1, 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", None),
            file(2, 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", None),
            file(3, 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", None),
        ],
    },
    Source {
        dataset: DatasetName::Kmnist,
        torchvision: "KMNIST",
        mirrors: &["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"],
        files: [
            file(0, 18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4", None),
            file(1, 29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17", None),
            file(2, 3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5", None),
            file(3, 5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c", None),
        ],
    },
];

/// The published files of a data set.
///
/// # Errors
/// For an embedded data set, which has no files.
pub fn source(dataset: DatasetName) -> Result<&'static Source, Error> {
    SOURCES.iter().find(|source| source.dataset == dataset).ok_or(Error::Embedded { dataset })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_set_that_is_not_embedded_has_files_and_mirrors() {
        for &dataset in DatasetName::ALL {
            match source(dataset) {
                Ok(source) => {
                    assert!(!dataset.is_embedded() && source.mirrors.iter().all(|mirror| mirror.ends_with('/')))
                }
                Err(error) => assert!(dataset.is_embedded() && matches!(error, Error::Embedded { .. })),
            }
        }
    }

    #[test]
    fn checksums_are_distinct_and_well_formed() {
        let files = SOURCES.iter().flat_map(|source| source.files);
        let mut checksums: Vec<&str> =
            files.flat_map(|file| [Some(file.archive_sha256), file.content_sha256]).flatten().collect();
        assert!(checksums.iter().all(|sum| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit())));
        let count = checksums.len();
        checksums.sort_unstable();
        checksums.dedup();
        assert_eq!(checksums.len(), count);
    }

    #[test]
    fn sizes_follow_from_counts() {
        let lengths = SOURCES[0].files.map(|file| file.content_bytes());
        assert_eq!(lengths, [47_040_016, 60_008, 7_840_016, 10_008]);
        assert!(
            SOURCES.iter().flat_map(|source| source.files).all(|file| file.archive_bytes < file.archive_limit() as u64)
        );
    }
}
