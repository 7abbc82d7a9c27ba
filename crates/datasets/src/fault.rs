//! Faults in the contents of a data file.

use std::fmt;

use spec::catalogue::DatasetName;

/// Contents of an IDX file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// 28x28 images of 8 bits.
    Images,
    /// Labels 0 to 9, one byte each.
    Labels,
}

impl FileKind {
    pub(crate) const fn magic(self) -> [u8; 4] {
        match self {
            Self::Images => [0, 0, 8, 3],
            Self::Labels => [0, 0, 8, 1],
        }
    }

    pub(crate) const fn header_bytes(self) -> usize {
        match self {
            Self::Images => 16,
            Self::Labels => 8,
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Images => "images",
            Self::Labels => "labels",
        })
    }
}

/// A fault in the contents of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A folder, a pipe or a device.
    #[error("this is not a regular file")]
    NotAFile,
    /// The file ends within the header.
    #[error("truncated: {found} bytes, but the header of {kind} has {}", .kind.header_bytes())]
    Header {
        /// Expected contents.
        kind: FileKind,
        /// Size of the file in bytes.
        found: usize,
    },
    /// The file starts with other bytes than expected.
    #[error("starts with {}, expected {} for {kind}{}", hex(.found), hex(&.kind.magic()), looks_like(.found))]
    Magic {
        /// Expected contents.
        kind: FileKind,
        /// First bytes of the file.
        found: [u8; 4],
    },
    /// The images have another size.
    #[error("images of {rows} x {columns} pixels, expected {side} x {side}")]
    Size {
        /// Height in the header, in pixels.
        rows: u32,
        /// Width in the header, in pixels.
        columns: u32,
        /// Expected height and width, in pixels.
        side: usize,
    },
    /// The file has another number of items.
    #[error("the header declares {found} {kind}, expected {expected}")]
    Count {
        /// Contents of the file.
        kind: FileKind,
        /// Official number of items.
        expected: usize,
        /// Number of items in the header.
        found: u32,
    },
    /// The file is too short.
    #[error("truncated: {found} bytes, expected {expected}")]
    Truncated {
        /// Size by the header, in bytes.
        expected: usize,
        /// Size of the file, in bytes.
        found: usize,
    },
    /// The file is too long.
    #[error("bytes after the end of the {kind}, which end at byte {expected}")]
    Trailing {
        /// Contents of the file.
        kind: FileKind,
        /// Size by the header, in bytes.
        expected: usize,
    },
    /// A label has no class.
    #[error("label {found} at position {position}, expected 0 to 9")]
    Label {
        /// Index of the label, from 0.
        position: usize,
        /// Value of the label.
        found: u8,
    },
    /// The name ends in `.gz`, but the contents are not gzip.
    #[error("the name ends in .gz, but the file starts with {}, expected 1f 8b for gzip{}", hex(.found), looks_like(.found))]
    NotGzip {
        /// First bytes of the file, at most four.
        found: Vec<u8>,
    },
    /// The gzip stream is incomplete or fails its checksum.
    #[error("damaged gzip: {reason}")]
    DamagedGzip {
        /// Message of the decompressor.
        reason: String,
    },
    /// The file is larger than its contents can be.
    #[error("larger than {limit} bytes, the most that {kind} can have")]
    TooLarge {
        /// Expected contents.
        kind: FileKind,
        /// Greatest number of bytes that are read.
        limit: usize,
    },
    /// The file is well formed, but is a published file of another name or data set.
    #[error("this is {name} of {dataset}")]
    Foreign {
        /// Data set of the published file.
        dataset: DatasetName,
        /// Name of the published file.
        name: &'static str,
    },
    /// The file is well formed, but is not the published file.
    #[error("the contents differ from the published file: SHA-256 {found}, expected {expected}")]
    Checksum {
        /// SHA-256 of the published contents.
        expected: &'static str,
        /// SHA-256 of the contents of the file.
        found: String,
    },
}

fn hex(bytes: &[u8]) -> String {
    match bytes {
        [] => "nothing".to_owned(),
        _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
    }
}

/// A guess at the kind of a file that starts with these bytes, as the end of a sentence.
fn looks_like(start: &[u8]) -> impl fmt::Display {
    match start {
        [] => "; it is empty",
        [0x1f, 0x8b, ..] => "; this looks like gzip; rename the file to end in .gz",
        [0, 0, 8, 1] => "; this looks like labels",
        [0, 0, 8, 3] => "; this looks like images",
        [0, 0, 8, _] | [0, 0, 9..=14, 1..=4] => "; this looks like IDX with other contents",
        [1 | 3, 8, 0, 0] => "; this looks like IDX with its bytes in little-endian order",
        [b'P', b'K', ..] => "; this looks like a zip archive",
        [b'<', ..] => "; this looks like a web page, perhaps an error message saved as a file",
        [0x89, b'P', b'N', b'G'] => "; this looks like a PNG image",
        [0x93, b'N', b'U', b'M'] => "; this looks like a NumPy array",
        [b'v', b'e', b'r', b's'] => "; this looks like a git-lfs pointer",
        _ => "",
    }
}
