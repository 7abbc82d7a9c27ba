//! Dates and times in ISO 8601.

/// Seconds from 1970-01-01T00:00:00 UTC to a date such as `2026-11-28` or `2026-11-28T10:15:00`.
///
/// A space can replace the `T`. Seconds and their fraction are optional. `Z` or an offset such as `+01:00` can follow;
/// without an offset, the time is in UTC.
pub(super) fn seconds(text: &[u8]) -> Option<f64> {
    let (date, rest) = text.split_at_checked(10)?;
    let &[.., b'-', _, _, b'-', _, _] = date else { return None };
    let (year, month, day) = (digits(&date[..4])?, digits(&date[5..7])?, digits(&date[8..])?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let midnight = 86_400 * days(year, month, day);
    let Some((b'T' | b't' | b' ', rest)) = rest.split_first() else {
        return rest.is_empty().then_some(midnight as f64);
    };
    let (time, offset) = match rest.iter().position(|byte| b"Zz+-".contains(byte)) {
        Some(place) => (&rest[..place], offset(&rest[place..])?),
        None => (rest, 0),
    };
    let (clock, fraction) = match time.iter().position(|byte| b".,".contains(byte)) {
        Some(place) => (&time[..place], fraction(&time[place + 1..])?),
        None => (time, 0.0),
    };
    let (hour, minute, second) = match *clock {
        [_, _, b':', _, _] if fraction == 0.0 => (digits(&clock[..2])?, digits(&clock[3..])?, 0),
        [_, _, b':', _, _, b':', _, _] => (digits(&clock[..2])?, digits(&clock[3..5])?, digits(&clock[6..])?),
        _ => return None,
    };
    // A leap second is second 60.
    (hour < 24 && minute < 60 && second <= 60)
        .then(|| (midnight + 3600 * hour + 60 * minute + second - offset) as f64 + fraction)
}

/// Offset from UTC in seconds, from `Z`, `+01:00` or `-0330`.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, rest) = text.split_first()?;
    let (hours, minutes) = match *rest {
        [] if b"Zz".contains(sign) => return Some(0),
        [_, _] => (digits(rest)?, 0),
        [_, _, b':', _, _] => (digits(&rest[..2])?, digits(&rest[3..])?),
        [_, _, _, _] => (digits(&rest[..2])?, digits(&rest[2..])?),
        _ => return None,
    };
    let ahead = (hours < 24 && minutes < 60).then_some(3600 * hours + 60 * minutes)?;
    match sign {
        b'+' => Some(ahead),
        b'-' => Some(-ahead),
        _ => None,
    }
}

fn digits(text: &[u8]) -> Option<i64> {
    let digit = |value, byte: &u8| byte.is_ascii_digit().then(|| 10 * value + i64::from(byte - b'0'));
    text.iter().try_fold(0, digit)
}

fn fraction(text: &[u8]) -> Option<f64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    format!("0.{}", std::str::from_utf8(text).ok()?).parse().ok()
}

/// Days since 1970-01-01 in the Gregorian calendar: <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // A year starts in March here, so that a leap day is its last day.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - 400 * era;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    146_097 * era + 365 * of_era + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_give_the_seconds_of_gnu_date() {
        // date -u -d TEXT +%s
        for (text, expected) in [
            ("1970-01-01", 0.0),
            ("1969-12-31", -86_400.0),
            ("2000-02-29", 951_782_400.0),
            ("1900-03-01", -2_203_891_200.0),
            ("2026-11-28", 1_795_824_000.0),
            ("2026-11-28T10:15:00", 1_795_860_900.0),
            ("2026-11-28 10:15", 1_795_860_900.0),
            ("2026-11-28T10:15:00Z", 1_795_860_900.0),
            ("2026-11-28T10:15:00+01:00", 1_795_857_300.0),
            ("2026-11-28 10:15:00-0330", 1_795_873_500.0),
            ("2026-11-28T10:15:00.25", 1_795_860_900.25),
            ("2026-11-28T10:15:00,5+01", 1_795_857_300.5),
        ] {
            assert_eq!(seconds(text.as_bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not_dates() {
        for text in [
            "",
            "2026",
            "2026-11",
            "28.11.2026",
            "11/28/2026",
            "2026-13-01",
            "2026-02-29",
            "2026-11-00",
            "2026-11-31",
            "2026-11-28T",
            "2026-11-28T24:00",
            "2026-11-28T10",
            "2026-11-28T10:15:00.",
            "2026-11-28T10:15.5",
            "2026-11-28T10:15:00+25:00",
            "2026-11-28T10:15:00+1",
            "2026-11-28x",
            "+026-11-28",
            "2026-11-28T10:15:00 UTC",
            "2026-11-2é",
        ] {
            assert_eq!(seconds(text.as_bytes()), None, "{text}");
        }
    }
}
