//! Encodes messages of Protocol Buffers. Fields with value zero are written too, because readers distinguish zero from
//! a missing value.

/// A message under construction; fields are added one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Message(Vec<u8>);

/// Wire type of a field.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Eight = 1,
    Delimited = 2,
    Four = 5,
}

impl Message {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Adds a field of type `int32`, `int64` or `bool`, or an enumeration.
    pub(crate) fn integer(mut self, field: u32, value: i64) -> Self {
        self.key(field, Wire::Varint);
        self.varint(value.cast_unsigned());
        self
    }

    /// Adds a field of type `double`.
    pub(crate) fn double(mut self, field: u32, value: f64) -> Self {
        self.key(field, Wire::Eight);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Adds a field of type `float`.
    pub(crate) fn float(mut self, field: u32, value: f32) -> Self {
        self.key(field, Wire::Four);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Adds a packed field of type `repeated double`.
    pub(crate) fn doubles(self, field: u32, values: &[f64]) -> Self {
        self.bytes(field, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
    }

    /// Adds a field of type `bytes`.
    pub(crate) fn bytes(mut self, field: u32, bytes: &[u8]) -> Self {
        self.key(field, Wire::Delimited);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    /// Adds a field of type `string`.
    pub(crate) fn text(self, field: u32, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    /// Adds a field whose value is a message.
    pub(crate) fn message(self, field: u32, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }

    fn key(&mut self, field: u32, wire: Wire) {
        self.varint(u64::from(field << 3 | wire as u32));
    }

    /// Writes a number with seven bits in each byte, lowest bits first. The highest bit of a byte is set if more bytes
    /// follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_encoded_as_in_the_specification_of_protocol_buffers() {
        let bytes = |message: Message| message.into_bytes();
        assert_eq!(bytes(Message::new().integer(1, 150)), [0x08, 0x96, 0x01]);
        assert_eq!(bytes(Message::new().text(2, "testing")), *b"\x12\x07testing");
        let inner = Message::new().integer(1, 150);
        assert_eq!(bytes(Message::new().message(3, &inner)), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        assert_eq!(bytes(Message::new().integer(1, -2)), *b"\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
        assert_eq!(bytes(Message::new().double(1, 1.0)), [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
        assert_eq!(bytes(Message::new().float(2, 0.0)), [0x15, 0, 0, 0, 0]);
        assert_eq!(bytes(Message::new().doubles(6, &[1.0])), *b"\x32\x08\0\0\0\0\0\0\xf0\x3f");
        assert_eq!(bytes(Message::new().integer(16, 1)), [0x80, 0x01, 0x01]);
    }
}
