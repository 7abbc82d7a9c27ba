//! What a person reads: standard output and standard error, which may be closed, full, or read by nobody.
//!
//! Nothing else in the workspace prints: `print!` and its kin panic where a stream cannot be written, and so would end the
//! work that they only tell of. Control characters are printed as their escapes, for names and questions come from outside. Texts
//! name the command line `cargo xtask`; what is printed has the name that the command line was started by.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

/// The command line as texts name it.
pub const COMMAND: &str = "cargo xtask";
/// Tells a program how the command line that started it is called.
pub const COMMAND_VARIABLE: &str = "HOURGLASS_COMMAND";

static CALLED: OnceLock<String> = OnceLock::new();

/// Names the command line, before anything is printed.
pub fn call_command(name: &str) {
    CALLED.get_or_init(|| name.to_owned());
}

/// How the command line is called: `cargo xtask` unless this program or the one that started it says otherwise.
pub fn command() -> &'static str {
    CALLED.get_or_init(|| {
        std::env::var(COMMAND_VARIABLE).ok().filter(|name| !name.is_empty()).unwrap_or_else(|| COMMAND.to_owned())
    })
}

/// The text with the command line called by its name.
pub fn renamed(text: &str) -> Cow<'_, str> {
    match command() {
        COMMAND => Cow::Borrowed(text),
        name => Cow::Owned(text.replace(COMMAND, name)),
    }
}

/// Writes to standard output what tells of the work. Where that fails, the work goes on.
pub fn say(text: &str) {
    drop(answer(text));
}

/// Writes a command's answer to standard output. A reader that has gone away, such as `head`, is no failure.
///
/// # Errors
/// When the stream cannot be written for any other reason, such as a full disk.
pub fn answer(text: &str) -> io::Result<()> {
    written(&mut io::stdout().lock(), visible(&renamed(text)).as_bytes())
}

/// Writes a line to standard error. Where that fails, there is nobody to tell.
pub fn tell(line: &str) {
    drop(written(&mut io::stderr().lock(), format!("{}\n", visible(&renamed(line))).as_bytes()));
}

/// Hands on to standard output, byte for byte, what another program has printed.
pub fn hand_on(bytes: &[u8]) {
    drop(written(&mut io::stdout().lock(), bytes));
}

/// The same of standard error.
pub fn hand_on_error(bytes: &[u8]) {
    drop(written(&mut io::stderr().lock(), bytes));
}

fn written(stream: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    match stream.write_all(bytes).and_then(|()| stream.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// The text with each [hidden](is_hidden) character but the end of a line replaced by its escape, such as `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_hidden(c) && c != '\n')
}

/// The text with each hidden character, ends of lines included, replaced by its escape: what fits one line of a file.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

/// True for control characters, and for those that end lines, join words or turn the direction of a text without being seen.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn escaped(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed(ErrorKind);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_no_failure_and_a_full_disk_is() {
        assert!(written(&mut Closed(ErrorKind::BrokenPipe), b"a").is_ok());
        assert_eq!(written(&mut Closed(ErrorKind::StorageFull), b"a").unwrap_err().kind(), ErrorKind::StorageFull);
    }

    #[test]
    fn control_characters_are_shown_and_lines_stay_lines() {
        assert_eq!(visible("a\u{1b}[31m\r\n\u{9b}\u{7f}b\t"), "a\\u{1b}[31m\\r\n\\u{9b}\\u{7f}b\\t");
        assert_eq!(one_line("a\nb\u{0}"), "a\\nb\\u{0}");
        assert_eq!(visible("PCA – µ\n"), "PCA – µ\n");
        assert_eq!(one_line("a\u{202e}b\u{2028}"), "a\\u{202e}b\\u{2028}");
    }
}
