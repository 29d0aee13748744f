//! NUMERIC: exact, 38 digits, nine of them after the decimal point. BIGNUMERIC is held in the same form.

use std::cmp::Ordering;

/// The unscaled value of 1.
const ONE: i128 = 1_000_000_000;
/// The largest unscaled value: 38 nines.
const MAX: i128 = 99_999_999_999_999_999_999_999_999_999_999_999_999;

/// A NUMERIC in billionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Numeric(i128);

impl Numeric {
    pub const ZERO: Self = Self(0);

    /// The number of a text, perhaps with an exponent, rounded half away from zero to nine decimal places; `None` if it
    /// is not a number or too large.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().ok()?;
        let negative = mantissa.starts_with('-');
        let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty() || !plain(whole) || !plain(fraction) {
            return None;
        }
        let all = format!("{whole}{fraction}");
        // How many of the digits are kept: all up to nine decimal places.
        let kept = i32::try_from(whole.len())
            .ok()?
            .checked_add(exponent)?
            .checked_add(9)?;
        let mut number: i128 = 0;
        let mut round_up = false;
        for (place, digit) in (0..).zip(all.bytes()) {
            if place < kept {
                number = number.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
            } else {
                round_up = place == kept && digit >= b'5';
                break;
            }
        }
        let missing = kept.saturating_sub(i32::try_from(all.len()).ok()?);
        if number != 0 && missing > 0 {
            number = number.checked_mul(10_i128.checked_pow(missing.unsigned_abs())?)?;
        }
        number += i128::from(round_up);
        Self::checked(if negative { -number } else { number })
    }

    fn checked(number: i128) -> Option<Self> {
        (number.abs() <= MAX).then_some(Self(number))
    }

    pub fn from_int(number: i64) -> Self {
        Self(i128::from(number) * ONE)
    }

    pub fn from_float(number: f64) -> Option<Self> {
        number
            .is_finite()
            .then(|| Self::parse(&format!("{number:.9}")))
            .flatten()
    }

    pub fn to_float(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Rounded half away from zero.
    pub fn to_int(self) -> Option<i64> {
        i64::try_from(self.round(0)?.0 / ONE).ok()
    }

    pub fn add(self, other: Self) -> Option<Self> {
        Self::checked(self.0.checked_add(other.0)?)
    }

    pub fn negate(self) -> Self {
        Self(-self.0)
    }

    pub fn absolute(self) -> Self {
        Self(self.0.abs())
    }

    pub const fn signum(self) -> i64 {
        match self.0 {
            0 => 0,
            number if number > 0 => 1,
            _ => -1,
        }
    }

    pub fn multiply(self, other: Self) -> Option<Self> {
        let negative = (self.0 < 0) != (other.0 < 0);
        let (a, b) = (self.0.abs(), other.0.abs());
        let (a_high, a_low) = (a / ONE, a % ONE);
        let (b_high, b_low) = (b / ONE, b % ONE);
        let low = a_low * b_low;
        let rounded = low / ONE + i128::from(low % ONE >= ONE / 2);
        let product = a_high
            .checked_mul(b_high)?
            .checked_mul(ONE)?
            .checked_add(a_high.checked_mul(b_low)?)?
            .checked_add(a_low.checked_mul(b_high)?)?
            .checked_add(rounded)?;
        Self::checked(if negative { -product } else { product })
    }

    /// `None` also if the divisor is zero.
    pub fn divide(self, other: Self) -> Option<Self> {
        let negative = (self.0 < 0) != (other.0 < 0);
        let (a, b) = (self.0.abs(), other.0.abs());
        let mut quotient = a.checked_div(b)?;
        let mut rest = a % b;
        for _ in 0..9 {
            rest = rest.checked_mul(10)?;
            quotient = quotient.checked_mul(10)?.checked_add(rest / b)?;
            rest %= b;
        }
        quotient += i128::from(rest >= b - rest);
        Self::checked(if negative { -quotient } else { quotient })
    }

    pub fn modulo(self, other: Self) -> Option<Self> {
        Some(Self(self.0.checked_rem(other.0)?))
    }

    /// Rounded half away from zero; `digits` counts decimal places, and digits before the point if negative.
    pub fn round(self, digits: i64) -> Option<Self> {
        let unit = Self::unit(digits)?;
        let half = unit / 2;
        let shifted = self.0.abs().checked_add(half)? / unit * unit;
        Self::checked(if self.0 < 0 { -shifted } else { shifted })
    }

    pub fn truncate(self, digits: i64) -> Option<Self> {
        let unit = Self::unit(digits)?;
        Some(Self(self.0 / unit * unit))
    }

    pub fn floor(self) -> Option<Self> {
        Self::checked(self.0.div_euclid(ONE) * ONE)
    }

    pub fn ceiling(self) -> Option<Self> {
        Some(self.negate().floor()?.negate())
    }

    fn unit(digits: i64) -> Option<i128> {
        if digits >= 9 {
            return Some(1);
        }
        10_i128.checked_pow(u32::try_from(9_i64.checked_sub(digits)?).ok()?)
    }

    /// Compares two texts as numbers; a text that is not a number is the smallest.
    pub fn compare(left: &str, right: &str) -> Ordering {
        Self::parse(left).cmp(&Self::parse(right))
    }
}

impl std::fmt::Display for Numeric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (
            self.0.unsigned_abs() / ONE.unsigned_abs(),
            self.0.unsigned_abs() % ONE.unsigned_abs(),
        );
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let fraction = format!("{fraction:09}");
        write!(f, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Numeric {
        Numeric::parse(text).unwrap()
    }

    #[test]
    fn texts_are_read_and_written() {
        for (text, expected) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("1.50", "1.5"),
            (".5", "0.5"),
            ("1e3", "1000"),
            ("12345e-3", "12.345"),
            ("0.0000000005", "0.000000001"),
            ("-0.0000000004", "0"),
            (
                "99999999999999999999999999999.999999999",
                "99999999999999999999999999999.999999999",
            ),
        ] {
            assert_eq!(n(text).to_string(), expected, "{text}");
        }
        for text in [
            "",
            ".",
            "x",
            "1.2.3",
            "1e",
            "--1",
            "100000000000000000000000000000",
        ] {
            assert_eq!(Numeric::parse(text), None, "{text}");
        }
    }

    #[test]
    fn arithmetic_is_exact() {
        assert_eq!(n("0.1").add(n("0.2")).unwrap(), n("0.3"));
        assert_eq!(
            n("12345678901234567.89").multiply(n("10.01")).unwrap(),
            n("123580245801358024.5789")
        );
        assert_eq!(n("1").divide(n("3")).unwrap(), n("0.333333333"));
        assert_eq!(n("2").divide(n("-3")).unwrap(), n("-0.666666667"));
        assert_eq!(n("1").divide(n("0")), None);
        assert_eq!(n("2.5").round(0).unwrap(), n("3"));
        assert_eq!(n("-2.345").round(2).unwrap(), n("-2.35"));
        assert_eq!(n("1234").round(-2).unwrap(), n("1200"));
        assert_eq!(n("-1.5").floor().unwrap(), n("-2"));
        assert_eq!(n("1.2").ceiling().unwrap(), n("2"));
        assert!(n("99999999999999999999999999999").multiply(n("10")).is_none());
    }
}
