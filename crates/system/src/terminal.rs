//! Printing to standard output and standard error, which may be closed or full.
//!
//! No other module prints: `print!` and similar macros panic if a stream cannot be written, and would end the work.
//! Control characters are printed as escapes, because names and questions come from outside. Texts name the command line
//! `cargo xtask`; the printed text has the name that started it.

use std::borrow::Cow;
#[cfg(unix)]
use std::io::IsTerminal;
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

/// Prints progress to standard output. Errors of the stream are ignored.
pub fn say(text: &str) {
    drop(answer(text));
}

/// Prints the answer of a command to standard output. A reader that has ended, such as `head`, is not an error.
///
/// # Errors
/// If the stream cannot be written for any other reason, such as a full disk.
pub fn answer(text: &str) -> io::Result<()> {
    written(&mut io::stdout().lock(), visible(&renamed(text)).as_bytes())
}

/// Prints a line to standard error. Errors of the stream are ignored.
pub fn tell(line: &str) {
    drop(written(&mut io::stderr().lock(), format!("{}\n", visible(&renamed(line))).as_bytes()));
}

/// Prints the output of another program to standard output, byte for byte. Errors of the stream are ignored.
pub fn hand_on(bytes: &[u8]) {
    drop(written(&mut io::stdout().lock(), bytes));
}

/// Prints the output of another program to standard error, byte for byte. Errors of the stream are ignored.
pub fn hand_on_error(bytes: &[u8]) {
    drop(written(&mut io::stderr().lock(), bytes));
}

/// Columns of the terminal that standard output is; `None` where it is a file or a pipe, or the terminal does not say.
pub fn columns() -> Option<usize> {
    #[cfg(unix)]
    {
        let output = io::stdout();
        let size = output.is_terminal().then(|| rustix::termios::tcgetwinsize(output).ok())?;
        size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
    }
    #[cfg(not(unix))]
    None
}

fn written(stream: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    match stream.write_all(bytes).and_then(|()| stream.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// The text with each [hidden](is_hidden) character, except the newline, replaced by its escape, such as `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_hidden(c) && c != '\n')
}

/// The text with each [hidden](is_hidden) character, newlines included, replaced by its escape, so that it fits on one
/// line.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

/// True for control characters, and for characters that end lines, join words or change the direction of text without
/// being visible.
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
    fn a_closed_pipe_is_no_error_and_a_full_disk_is_one() {
        assert!(written(&mut Closed(ErrorKind::BrokenPipe), b"a").is_ok());
        assert_eq!(written(&mut Closed(ErrorKind::StorageFull), b"a").unwrap_err().kind(), ErrorKind::StorageFull);
    }

    #[test]
    fn control_characters_are_escaped_and_newlines_are_kept() {
        assert_eq!(visible("a\u{1b}[31m\r\n\u{9b}\u{7f}b\t"), "a\\u{1b}[31m\\r\n\\u{9b}\\u{7f}b\\t");
        assert_eq!(one_line("a\nb\u{0}"), "a\\nb\\u{0}");
        assert_eq!(visible("PCA – µ\n"), "PCA – µ\n");
        assert_eq!(one_line("a\u{202e}b\u{2028}"), "a\\u{202e}b\\u{2028}");
    }
}
