//! Encodes events. Names and numbers of fields are those of TensorBoard's `event.proto`, `summary.proto` and
//! `tensor.proto`.

use crate::frame::framed;
use crate::histogram::Histogram;
use crate::message::Message;

/// The value of a tag in an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number.
    Scalar(f32),
    /// A picture, as the bytes of a PNG file.
    Image {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Values for each pixel: 1 grey, 2 grey with opacity, 3 colours, 4 colours with opacity.
        channels: u8,
        /// Bytes of the PNG file.
        png: Vec<u8>,
    },
    /// A histogram of the values of a tensor.
    Histogram(Histogram),
    /// A text in Markdown.
    Text(String),
    /// An encoded message of the plugin `hparams`.
    HParams(Vec<u8>),
}

/// Status of a session that ended without errors.
pub const SUCCESS: i64 = 1;
/// Status of a session that failed.
pub const FAILURE: i64 = 2;

/// The first record of an event file.
pub fn version(seconds: f64) -> Vec<u8> {
    framed(&Message::new().double(1, seconds).text(3, "brain.Event:2").into_bytes())
}

/// The record that marks the start of a program. TensorBoard then drops events of this step and later ones that it has
/// read before.
pub fn session_start(seconds: f64, step: u64) -> Vec<u8> {
    const START: i64 = 1;
    let log = Message::new().integer(1, START);
    framed(&at(seconds, step).message(7, &log).into_bytes())
}

/// An event with values by tag, at a time in seconds since 1970-01-01 UTC.
pub fn event(seconds: f64, step: u64, values: &[(String, Value)]) -> Vec<u8> {
    let summary = values.iter().fold(Message::new(), |summary, (tag, value)| summary.message(1, &tagged(tag, value)));
    framed(&at(seconds, step).message(5, &summary).into_bytes())
}

/// The event with the status at the end of a session. The start of the session is part of
/// [`beginning`](crate::beginning).
pub fn session_end(seconds: f64, status: i64) -> Vec<u8> {
    let end = Message::new().integer(1, status).double(2, seconds);
    let value = Value::HParams(Message::new().integer(1, 0).message(4, &end).into_bytes());
    event(seconds, 0, &[("_hparams_/session_end_info".to_owned(), value)])
}

fn at(seconds: f64, step: u64) -> Message {
    Message::new().double(1, seconds).integer(2, step.cast_signed())
}

fn tagged(tag: &str, value: &Value) -> Message {
    const FLOAT: i64 = 1;
    const STRING: i64 = 7;
    let tagged = Message::new().text(1, tag);
    let of_plugin = |name: &str, content: &[u8]| {
        let plugin = Message::new().text(1, name).bytes(2, content);
        Message::new().message(1, &plugin)
    };
    match value {
        Value::Scalar(value) => tagged.float(2, *value),
        Value::Image { width, height, channels, png } => {
            let sides = Message::new().integer(1, i64::from(*height)).integer(2, i64::from(*width));
            tagged.message(4, &sides.integer(3, i64::from(*channels)).bytes(4, png))
        }
        Value::Histogram(of) => {
            let moments = Message::new().double(1, of.min).double(2, of.max).double(3, of.count());
            let moments = moments.double(4, of.sum).double(5, of.sum_of_squares);
            tagged.message(5, &moments.doubles(6, &of.limits).doubles(7, &of.counts))
        }
        Value::Text(text) => {
            // A scalar is a tensor whose shape has no dimensions.
            let tensor = Message::new().integer(1, STRING).message(2, &Message::new()).text(8, text);
            tagged.message(9, &of_plugin("text", b"")).message(8, &tensor)
        }
        Value::HParams(message) => {
            // The message is the content of the plugin; the tensor has no values.
            let none = Message::new().message(2, &Message::new().integer(1, 0));
            let tensor = Message::new().integer(1, FLOAT).message(2, &none);
            tagged.message(9, &of_plugin("hparams", message)).message(8, &tensor)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_of_zero_is_written() {
        let bytes = event(1.5, 3, &[("a".to_owned(), Value::Scalar(0.0))]);
        let record = &bytes[12..bytes.len() - 4];
        assert_eq!(record, b"\x09\0\0\0\0\0\0\xf8\x3f\x10\x03\x2a\x0a\x0a\x08\x0a\x01a\x15\0\0\0\0");
    }

    #[test]
    fn a_file_begins_with_the_version_and_a_session_start_has_its_step() {
        let record = |bytes: Vec<u8>| bytes[12..bytes.len() - 4].to_vec();
        assert_eq!(record(version(0.0)), b"\x09\0\0\0\0\0\0\0\0\x1a\x0dbrain.Event:2");
        assert_eq!(record(session_start(0.0, 4)), b"\x09\0\0\0\0\0\0\0\0\x10\x04\x3a\x02\x08\x01");
    }
}
