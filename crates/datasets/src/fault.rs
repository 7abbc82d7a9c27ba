//! What can be wrong with the contents of a data file.

use std::fmt;

use spec::catalogue::DatasetName;

/// What an IDX file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// 28x28 images of eight bits.
    Images,
    /// Labels 0 to 9, a byte each.
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

/// What is wrong with the contents of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A folder, a pipe or a device.
    #[error("this is not a regular file")]
    NotAFile,
    /// It ends within the header.
    #[error("truncated: {found} bytes are fewer than the header of {kind} has, {}", .kind.header_bytes())]
    Header {
        /// What it should hold.
        kind: FileKind,
        /// Its length.
        found: usize,
    },
    /// It starts like something else.
    #[error("starts with {}, not with {} as {kind} do{}", hex(.found), hex(&.kind.magic()), looks_like(.found))]
    Magic {
        /// What it should hold.
        kind: FileKind,
        /// Its first bytes.
        found: [u8; 4],
    },
    /// Its images are of another size.
    #[error("images of {rows} x {columns} pixels, expected {side} x {side}")]
    Size {
        /// Rows by the header.
        rows: u32,
        /// Columns by the header.
        columns: u32,
        /// Rows and columns that there should be.
        side: usize,
    },
    /// It holds another number of items.
    #[error("the header says {found} {kind}, expected {expected}")]
    Count {
        /// What it holds.
        kind: FileKind,
        /// The official number.
        expected: usize,
        /// The number by the header.
        found: u32,
    },
    /// It ends early.
    #[error("truncated: {found} bytes, expected {expected}")]
    Truncated {
        /// Length by the header.
        expected: usize,
        /// Its length.
        found: usize,
    },
    /// It goes on after its end.
    #[error("bytes after the end of the {kind}, which end at byte {expected}")]
    Trailing {
        /// What it holds.
        kind: FileKind,
        /// Length by the header.
        expected: usize,
    },
    /// A label names no class.
    #[error("label {found} at position {position}, expected 0 to 9")]
    Label {
        /// Position among the labels, from 0.
        position: usize,
        /// The label.
        found: u8,
    },
    /// Its name ends in `.gz`, its contents say otherwise.
    #[error("the name ends in .gz, but it starts with {}, not with 1f 8b as gzip does{}", hex(.found), looks_like(.found))]
    NotGzip {
        /// Its first bytes, at most four.
        found: Vec<u8>,
    },
    /// Its gzip stream breaks off or fails its own checksum.
    #[error("damaged gzip: {reason}")]
    DamagedGzip {
        /// What the decompressor says.
        reason: String,
    },
    /// It is larger than anything it could rightly hold.
    #[error("larger than the {limit} bytes that {kind} can take")]
    TooLarge {
        /// What it should hold.
        kind: FileKind,
        /// Most bytes read.
        limit: usize,
    },
    /// It is well formed, but a published file of another name or data set.
    #[error("this is {name} of {dataset}")]
    Foreign {
        /// The data set it belongs to.
        dataset: DatasetName,
        /// Its name there.
        name: &'static str,
    },
    /// It is well formed, but not the published file.
    #[error("the contents differ from what was published: SHA-256 {found}, expected {expected}")]
    Checksum {
        /// SHA-256 of the published contents.
        expected: &'static str,
        /// SHA-256 of its contents.
        found: String,
    },
}

fn hex(bytes: &[u8]) -> String {
    match bytes {
        [] => "nothing".to_owned(),
        _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
    }
}

/// A guess at what starts with these bytes, as the end of a sentence.
fn looks_like(start: &[u8]) -> impl fmt::Display {
    match start {
        [] => "; it is empty",
        [0x1f, 0x8b, ..] => "; this looks like gzip, whose name must end in .gz",
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
