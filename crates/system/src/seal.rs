//! Seals: a SHA-256 digest inside a safetensors file that covers the whole file, so that any changed or missing byte is
//! found.

use sha2::{Digest, Sha256};

/// Key of the digest in the file's metadata.
pub const KEY: &str = "sha256";

/// Value of [`KEY`] before the file is sealed. It is as long as a digest in hexadecimal.
pub const UNSEALED: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Seals a file: replaces [`UNSEALED`], the value of [`KEY`] in `bytes`, by the digest of the whole file.
///
/// # Errors
/// If the file has no such key.
pub fn seal(bytes: &mut [u8]) -> Result<(), String> {
    let place = place(bytes)?;
    let digest = digest(bytes, place);
    bytes[place..place + UNSEALED.len()].copy_from_slice(digest.as_bytes());
    Ok(())
}

/// Checks that a sealed file has not changed.
///
/// # Errors
/// If a byte has changed or is missing, or if the file has no seal.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let place = place(bytes)?;
    if bytes[place..place + UNSEALED.len()] == *digest(bytes, place).as_bytes() {
        Ok(())
    } else {
        Err("damaged: its checksum does not match".to_owned())
    }
}

/// Offset of the digest in the file, in bytes.
fn place(bytes: &[u8]) -> Result<usize, String> {
    let missing = || "damaged, or not a safetensors file with a checksum".to_owned();
    let (length, rest) = bytes.split_first_chunk().ok_or_else(missing)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| missing())?;
    let header = rest.get(..length).ok_or_else(missing)?;
    let key = format!("\"{KEY}\":\"");
    let start = header.windows(key.len()).position(|window| window == key.as_bytes()).ok_or_else(missing)? + key.len();
    if header.get(start..start + UNSEALED.len()).is_some() { Ok(size_of::<u64>() + start) } else { Err(missing()) }
}

/// SHA-256 of the file before it was sealed, in hexadecimal.
fn digest(bytes: &[u8], place: usize) -> String {
    let mut digest = Sha256::new();
    digest.update(&bytes[..place]);
    digest.update(UNSEALED);
    digest.update(&bytes[place + UNSEALED.len()..]);
    hexadecimal(&digest.finalize())
}

/// Bytes in lowercase hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::*;

    #[test]
    fn a_sealed_file_is_accepted_and_any_changed_or_missing_byte_is_not() {
        let header = format!("{{\"__metadata__\":{{\"a\":\"b\",\"{KEY}\":\"{UNSEALED}\"}}}}");
        let mut bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), b"tensors"].concat();
        assert!(check(&bytes).is_err(), "not sealed yet");
        seal(&mut bytes).unwrap();
        check(&bytes).unwrap();
        for index in 0..bytes.len() {
            assert!(check(&bytes[..index]).is_err(), "cut at {index}");
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[index] ^= 1 << bit;
                assert!(check(&changed).is_err(), "bit {bit} of byte {index}");
            }
        }
    }

    #[test]
    fn a_file_without_a_seal_gives_an_error() {
        for bytes in [&b""[..], &[0; 8], &[255; 16], b"\x02\0\0\0\0\0\0\0{}"] {
            assert!(check(bytes).is_err());
        }
    }
}
