//! Values of parameters as people read and type them.

use super::parameters::{Kind, Parameter, Unit};

impl Unit {
    /// What follows a number: the unit and a space before it, or nothing.
    pub fn suffix(self) -> &'static str {
        match self {
            Unit::None => "",
            Unit::Db => " dB",
            Unit::Dbu => " dBu",
            Unit::Ms => " ms",
            Unit::Seconds => " s",
            Unit::Hz => " Hz",
            Unit::Percent => " %",
        }
    }

    /// The unit alone.
    pub fn text(self) -> &'static str {
        self.suffix().trim_start()
    }

    /// What a plain value is multiplied by to be written.
    fn written(self) -> f32 {
        match self {
            Unit::Percent => 100.0,
            _ => 1.0,
        }
    }

    /// Decimals that are written of a number in a range of such a width.
    fn decimals(self, width: f32) -> usize {
        match self {
            Unit::None if width <= 1.0 => 2,
            Unit::None | Unit::Db | Unit::Dbu | Unit::Seconds => 1,
            Unit::Ms | Unit::Hz | Unit::Percent => 0,
        }
    }
}

impl Parameter {
    /// A plain value as people read it, unit included: `-4.5 dB`, `On`, `Off`, `As Live`.
    pub fn text(&self, plain: f32) -> String {
        let text = self.text_without_unit(plain);
        match self.is_off(plain) {
            true => text,
            false => text + self.unit().suffix(),
        }
    }

    /// The same without the unit.
    pub fn text_without_unit(&self, plain: f32) -> String {
        let plain = self.clamp(plain);
        match &self.kind {
            Kind::Switch | Kind::Button => if plain >= 0.5 { "On" } else { "Off" }.into(),
            Kind::Choice(options) => options[plain as usize].name.into(),
            Kind::Readout => String::new(),
            Kind::Number(_) if self.is_off(plain) => "Off".into(),
            Kind::Number(number) => {
                let (least, most) = (number.range.start(), number.range.end());
                let decimals = number.unit.decimals(most - least);
                let text = format!("{:.decimals$}", plain * number.unit.written());
                // No minus before what is rounded to nothing.
                let zero = text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
                text.trim_start_matches(if zero { "-" } else { "" }).into()
            }
        }
    }

    /// What its plain values count.
    pub fn unit(&self) -> Unit {
        match &self.kind {
            Kind::Number(number) => number.unit,
            _ => Unit::None,
        }
    }

    /// Whether a number stands where it is "Off".
    fn is_off(&self, plain: f32) -> bool {
        matches!(&self.kind, Kind::Number(number) if number.off_at == Some(plain.round()))
    }

    /// The plain value that a text stands for, which may be out of range; None if it stands for none.
    /// Of a choice, both its names and its ids are understood.
    pub fn parse(&self, text: &str) -> Option<f32> {
        let text = text.trim();
        Some(match &self.kind {
            Kind::Switch | Kind::Button => match text.to_ascii_lowercase().as_str() {
                "on" | "yes" | "true" | "1" => 1.0,
                "off" | "no" | "false" | "0" => 0.0,
                _ => return None,
            },
            Kind::Choice(options) => {
                let same = |option: &&str| option.eq_ignore_ascii_case(text);
                let by_name = options.iter().position(|option| same(&option.name));
                let by_id = || options.iter().position(|option| same(&option.id));
                by_name.or_else(by_id)? as f32
            }
            Kind::Readout => return None,
            Kind::Number(number) => match number.off_at {
                Some(off) if text.eq_ignore_ascii_case("off") => off,
                _ if number.unit == Unit::Hz => typed_frequency(text)?,
                _ => typed_number(text)? / number.unit.written(),
            },
        })
    }
}

/// A frequency in Hz as people type it: `90`, `5.2 kHz`, `5k`.
fn typed_frequency(text: &str) -> Option<f32> {
    let text = text.to_ascii_lowercase();
    match text.trim_end_matches("hz").trim().strip_suffix('k') {
        Some(kilohertz) => typed_number(kilohertz).map(|kilohertz| 1000.0 * kilohertz),
        None => typed_number(&text),
    }
}

/// A number as people type it: `-4`, `-4.5 dB`, `+3,5`.
fn typed_number(text: &str) -> Option<f32> {
    let text = text
        .trim()
        .trim_end_matches(|c: char| c.is_alphabetic() || c == '%');
    // As copied from where minus signs are proper ones.
    let text = text.trim().replace(',', ".").replace('\u{2212}', "-");
    let value: f32 = text.parse().ok()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::super::parameters::{Kind, PARAMETERS, ParameterId};

    #[test]
    fn typed_values_are_read_as_people_write_them() {
        for (text, value) in [
            ("-4,5", -4.5),
            ("-4.5 dB", -4.5),
            (" +3 db ", 3.0),
            ("\u{2212}12", -12.0),
            ("0", 0.0),
            (".5", 0.5),
            ("99", 99.0),
        ] {
            assert_eq!(ParameterId::Input.row().parse(text), Some(value), "{text}");
        }
        for text in ["", "dB", "loud", "1,2,3", "inf", "nan", "-", "1e99"] {
            assert_eq!(ParameterId::Input.row().parse(text), None, "{text}");
        }
        let cut = ParameterId::CabHighCut.row();
        assert_eq!(cut.parse("1.5 kHz"), Some(1500.0));
        assert_eq!(cut.parse("1,5k"), cut.parse("1500"));
        assert_eq!(cut.parse("off"), Some(20_000.0));
        assert_eq!(cut.text(20_000.0), "Off");
        assert_eq!(ParameterId::CabMix.row().parse("35 %"), Some(0.35));
        assert_eq!(ParameterId::Input.row().text(-0.04), "0.0 dB");
    }

    #[test]
    fn every_row_understands_what_it_shows() {
        for row in PARAMETERS
            .iter()
            .filter(|row| !matches!(row.kind, Kind::Readout))
        {
            for step in 0..=40 {
                let plain = row.at_position(step as f32 / 40.0);
                let text = row.text(plain);
                let read = row
                    .parse(&text)
                    .unwrap_or_else(|| panic!("{}: {text}", row.id));
                assert_eq!(row.text(read), text, "{}", row.id);
            }
        }
    }
}
