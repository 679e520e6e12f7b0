//! Numbers and days as spreadsheets store them.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::book::Epoch;

/// The last day that Excel knows, 9999-12-31.
const LAST: f64 = 2_958_465.0;
const SECONDS: f64 = 86_400.0;

/// From here on a number has more digits than the 15 that spreadsheets keep.
pub(crate) const ROUNDED_FROM: f64 = 1e15;

/// A number as a person reads it: at most 15 significant digits, as spreadsheets show them, never in scientific
/// notation, no zeros at the end.
pub(crate) fn plain(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string();
    }
    // 0.1 + 0.2 is stored as 0.30000000000000004; a sheet shows 0.3.
    let shown: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    if shown == 0.0 {
        "0".to_owned()
    } else {
        shown.to_string()
    }
}

/// The day of a serial number; its fraction, the time of day, is left away.
pub(crate) fn date(serial: f64, epoch: Epoch) -> Option<Date> {
    let days = serial.floor();
    let (first, days) = match epoch {
        Epoch::Year1904 if (0.0..=LAST).contains(&days) => (Date::constant(1904, 1, 1), days),
        // Serial 60 is the 29th of February 1900, which was none.
        Epoch::Year1900 if (1.0..60.0).contains(&days) => (Date::constant(1899, 12, 31), days),
        Epoch::Year1900 if (61.0..=LAST).contains(&days) => (Date::constant(1899, 12, 30), days),
        Epoch::Year1900 | Epoch::Year1904 => return None,
    };
    first.checked_add(whole(days)?.days()).ok()
}

/// A date cell as text: `2022-05-12`, with `T08:30:00` behind it unless it is midnight; a time of day alone as
/// `08:30:00`.
pub(crate) fn moment(serial: f64, epoch: Epoch) -> Option<String> {
    let seconds = whole((serial.fract() * SECONDS).round())?;
    if epoch == Epoch::Year1900 && (0.0..1.0).contains(&serial) && seconds > 0 {
        return Some(clock(seconds));
    }
    // A fraction that rounds up to 24:00:00 is the next midnight.
    let (serial, seconds) = match seconds {
        86_400 => (serial.floor() + 1.0, 0),
        seconds => (serial, seconds),
    };
    let day = date(serial, epoch)?;
    Some(match seconds {
        0 => day.to_string(),
        seconds => format!("{day}T{}", clock(seconds)),
    })
}

/// A length of time as `27:30:00`.
pub(crate) fn duration(days: f64) -> Option<String> {
    let seconds = whole((days.abs() * SECONDS).round())?;
    let sign = if days < 0.0 { "-" } else { "" };
    Some(format!("{sign}{}", clock(seconds)))
}

fn clock(seconds: i64) -> String {
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// A float without a fraction as an integer.
pub(crate) fn whole(number: f64) -> Option<i64> {
    format!("{number:.0}")
        .parse()
        .ok()
        .filter(|whole: &i64| whole.unsigned_abs() < 1 << 53)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (12.0, "12"),
            (12.5, "12.5"),
            (0.1 + 0.2, "0.3"),
            (1e14, "100000000000000"),
            (1e20, "100000000000000000000"),
            (430_502.0, "430502"),
            (1.0e-7, "0.0000001"),
            (-1_234.25, "-1234.25"),
            (1.0 / 3.0, "0.333333333333333"),
        ] {
            assert_eq!(plain(number), text);
        }
    }

    #[test]
    fn days_are_counted_from_1900_with_the_day_that_never_was() {
        for (serial, text) in [
            (1.0, Some("1900-01-01")),
            (59.0, Some("1900-02-28")),
            (60.0, None),
            (61.0, Some("1900-03-01")),
            (44_693.0, Some("2022-05-12")),
            (44_693.5, Some("2022-05-12T12:00:00")),
            (44_693.999_999_99, Some("2022-05-13")),
            (0.25, Some("06:00:00")),
            (2_958_465.0, Some("9999-12-31")),
            (2_958_466.0, None),
            (-1.0, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(moment(serial, Epoch::Year1900).as_deref(), text, "{serial}");
        }
    }

    #[test]
    fn days_are_counted_from_1904_where_the_file_says_so() {
        for (serial, text) in [
            (0.0, Some("1904-01-01")),
            (43_231.0, Some("2022-05-12")),
            (-1.0, None),
            (2_958_465.0, None),
        ] {
            assert_eq!(moment(serial, Epoch::Year1904).as_deref(), text, "{serial}");
        }
    }

    #[test]
    fn lengths_of_time_go_beyond_a_day() {
        assert_eq!(duration(1.25).as_deref(), Some("30:00:00"));
        assert_eq!(duration(-0.5).as_deref(), Some("-12:00:00"));
        assert_eq!(duration(f64::NAN), None);
    }
}
