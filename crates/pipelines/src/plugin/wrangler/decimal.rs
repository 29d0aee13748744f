//! Decimal numbers like `BigDecimal`, limited to 38 digits; only division is inexact.

use std::cmp::Ordering;

/// The number `unscaled / 10^scale`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal {
    unscaled: i128,
    scale: u32,
}

impl Decimal {
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if fraction.starts_with(['+', '-']) || digits.trim_start_matches(['+', '-']).is_empty() {
            return None;
        }
        let unscaled: i128 = digits.parse().ok()?;
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        if scale < 0 {
            let factor = 10_i128.checked_pow(scale.unsigned_abs())?;
            return Some(Self {
                unscaled: unscaled.checked_mul(factor)?,
                scale: 0,
            });
        }
        Some(Self {
            unscaled,
            scale: scale.unsigned_abs(),
        })
    }

    fn at(self, scale: u32) -> Option<i128> {
        self.unscaled
            .checked_mul(10_i128.checked_pow(scale.checked_sub(self.scale)?)?)
    }

    pub fn add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Some(Self {
            unscaled: self.at(scale)?.checked_add(other.at(scale)?)?,
            scale,
        })
    }

    pub fn negate(self) -> Option<Self> {
        Some(Self {
            unscaled: self.unscaled.checked_neg()?,
            ..self
        })
    }

    pub fn multiply(self, other: Self) -> Option<Self> {
        Some(Self {
            unscaled: self.unscaled.checked_mul(other.unscaled)?,
            scale: self.scale.checked_add(other.scale)?,
        })
    }

    /// The quotient with twelve digits more than the dividend, without trailing zeros.
    pub fn divide(self, other: Self) -> Option<Self> {
        let scale = self.scale.checked_add(other.scale)?.checked_add(12)?;
        let top = self.at(scale)?;
        let quotient = Self {
            unscaled: top.checked_div(other.unscaled)?,
            scale: scale - other.scale,
        };
        Some(quotient.stripped())
    }

    fn stripped(mut self) -> Self {
        while self.scale > 0 && self.unscaled % 10 == 0 {
            self.unscaled /= 10;
            self.scale -= 1;
        }
        self
    }

    pub fn compare(self, other: Self) -> Option<Ordering> {
        let scale = self.scale.max(other.scale);
        Some(self.at(scale)?.cmp(&other.at(scale)?))
    }

    pub fn is_positive(self) -> bool {
        self.unscaled > 0
    }

    pub fn truncated(self) -> Option<i128> {
        self.unscaled.checked_div(10_i128.checked_pow(self.scale)?)
    }

    pub const fn scale(self) -> u32 {
        self.scale
    }

    /// The number of digits; 0 has one.
    pub fn precision(self) -> u32 {
        self.unscaled
            .unsigned_abs()
            .checked_ilog10()
            .map_or(1, |log| log + 1)
    }

    /// The number with another scale; `None` if rounding is necessary and the mode forbids it.
    pub fn with_scale(self, scale: u32, mode: &str) -> Option<Self> {
        if scale >= self.scale {
            return Some(Self {
                unscaled: self.at(scale)?,
                scale,
            });
        }
        let divisor = 10_i128.checked_pow(self.scale - scale)?;
        let (quotient, rest) = (self.unscaled / divisor, self.unscaled % divisor);
        let sign = self.unscaled.signum();
        let half = (rest.unsigned_abs() * 2).cmp(&divisor.unsigned_abs());
        let away = match mode {
            _ if rest == 0 => false,
            "UP" => true,
            "DOWN" => false,
            "CEILING" => sign > 0,
            "FLOOR" => sign < 0,
            "HALF_UP" => half.is_ge(),
            "HALF_DOWN" => half.is_gt(),
            "HALF_EVEN" => half.is_gt() || (half.is_eq() && quotient % 2 != 0),
            _ => return None,
        };
        Some(Self {
            unscaled: if away { quotient + sign } else { quotient },
            scale,
        })
    }

    /// The number with at most this many digits.
    pub fn with_precision(self, precision: u32, mode: &str) -> Option<Self> {
        let over = self.precision().saturating_sub(precision);
        if over == 0 {
            return Some(self);
        }
        if over <= self.scale {
            return self.with_scale(self.scale - over, mode);
        }
        let shift = over - self.scale;
        let cut = Self { scale: over, ..self }.with_scale(0, mode)?;
        Some(Self {
            unscaled: cut.unscaled.checked_mul(10_i128.checked_pow(shift)?)?,
            scale: 0,
        })
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.unscaled.unsigned_abs().to_string();
        let scale = self.scale as usize;
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let sign = if self.unscaled < 0 { "-" } else { "" };
        let point = if scale > 0 { "." } else { "" };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn it_computes_as_big_decimal() {
        assert_eq!(d("1.10").add(d("2.205")).unwrap().to_string(), "3.305");
        assert_eq!(d("-0.05").to_string(), "-0.05");
        assert_eq!(d("1.5").multiply(d("-2")).unwrap().to_string(), "-3.0");
        assert_eq!(d("1").divide(d("8")).unwrap().to_string(), "0.125");
        assert!(d("1").divide(d("0")).is_none());
        for (value, mode, with_precision) in [
            ("2.5", "HALF_EVEN", "2"),
            ("3.5", "HALF_EVEN", "4"),
            ("-2.5", "HALF_UP", "-3"),
            ("2.1", "UP", "3"),
            ("-2.1", "FLOOR", "-3"),
            ("-2.9", "CEILING", "-2"),
        ] {
            assert_eq!(
                d(value).with_scale(0, mode).unwrap().to_string(),
                with_precision,
                "{value} {mode}"
            );
        }
        assert!(d("2.1").with_scale(0, "UNNECESSARY").is_none());
        assert_eq!(
            d("1234.56").with_precision(3, "HALF_EVEN").unwrap().to_string(),
            "1230"
        );
        assert!(
            Decimal::parse("abc").is_none()
                && Decimal::parse("").is_none()
                && Decimal::parse("1.-5").is_none()
        );
    }
}
