//! The options of `render` that stand for parameters of the plugin, made from their table.

use clap::builder::PossibleValuesParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};
use gridleak_core::{Group, Kind, PARAMETERS, Parameter, ParameterId, Settings};

/// What the options say, in the order in which it is to be set.
#[derive(Debug)]
pub(super) struct SettingsArgs {
    given: Vec<(ParameterId, f32)>,
}

impl SettingsArgs {
    /// A rig of which every stage is off.
    pub(super) fn bare() -> Settings {
        let mut settings = Settings::default();
        for stage in STAGES {
            stage.row().set(&mut settings, 0.0);
        }
        settings
    }

    /// Sets what was given.
    pub(super) fn apply(&self, settings: &mut Settings) {
        for (which, plain) in &self.given {
            which.row().set(settings, *plain);
        }
    }

    /// Whether a parameter was given.
    pub(super) fn gives(&self, which: ParameterId) -> bool {
        self.given.iter().any(|(given, _)| *given == which)
    }
}

/// The switches of the stages that are off unless they are named.
const STAGES: [ParameterId; 4] = [
    ParameterId::Gate,
    ParameterId::Tone,
    ParameterId::Cab,
    ParameterId::DcBlocker,
];

/// The rows that are options.
fn options() -> impl Iterator<Item = &'static Parameter> {
    PARAMETERS.iter().filter(|row| !row.option.is_empty())
}

fn option(row: &'static Parameter) -> Arg {
    // Not by its id, which an argument of the command may have as well.
    let arg = Arg::new(row.option)
        .long(row.option)
        .allow_negative_numbers(true);
    let hint = row.hint.trim_end_matches('.');
    match &row.kind {
        Kind::Switch | Kind::Button | Kind::Readout => arg
            .value_name("on|off")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("on")
            .value_parser(["on", "off"])
            .hide_possible_values(true)
            .help(hint),
        Kind::Choice(options) => {
            let ids = options.iter().map(|option| option.id);
            let arg = arg.value_parser(PossibleValuesParser::new(ids));
            arg.value_name("CHOICE").help(hint)
        }
        Kind::Number(_) => {
            let (least, most) = ends(row);
            let unit = row.unit().text();
            arg.value_name(if unit.is_empty() { "NUMBER" } else { unit })
                .value_parser(move |text: &str| within(row, text).map(|_| text.to_owned()))
                .help(format!("{hint}, {least} to {most}"))
        }
    }
}

/// The ends of a number's range as people write them: the unit once, `Off` explained.
pub(super) fn ends(row: &Parameter) -> (String, String) {
    let range = row.range();
    let text = |plain: f32| match row.text(plain).as_str() {
        "Off" => format!("{plain} (off)"),
        _ => row
            .text_without_unit(plain)
            .trim_end_matches(".0")
            .to_owned(),
    };
    let most = format!("{} {}", text(*range.end()), row.unit().text());
    (text(*range.start()), most.trim_end().to_owned())
}

/// The plain value of a number that a text stands for.
///
/// # Errors
/// Between which numbers it has to be.
pub(super) fn within(row: &Parameter, text: &str) -> Result<f32, String> {
    match row.parse(text) {
        Some(plain) if row.range().contains(&plain) => Ok(plain),
        _ => {
            let (least, most) = ends(row);
            Err(format!("give a number from {least} to {most}"))
        }
    }
}

impl Args for SettingsArgs {
    fn augment_args(command: Command) -> Command {
        command.args(options().map(option))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingsArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut set = Vec::new();
        let given =
            |row: &&Parameter| matches.value_source(row.option) == Some(ValueSource::CommandLine);
        // An option of a stage switches it on; its own switch has the last word.
        let switches = |row: &Parameter| matches!(row.kind, Kind::Switch);
        let (stages, others): (Vec<_>, Vec<_>) =
            options().filter(given).partition(|row| switches(row));
        for row in others.into_iter().chain(stages) {
            if let Some(switch) = switch_of(row.group) {
                set.push((switch, 1.0));
            }
            let text = matches.get_one::<String>(row.option);
            if let Some(plain) = text.and_then(|text| row.parse(text)) {
                set.push((row.which, plain));
            }
        }
        Ok(Self { given: set })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The switch of a stage that an option of its own switches on.
fn switch_of(group: Group) -> Option<ParameterId> {
    match group {
        Group::Gate => Some(ParameterId::Gate),
        Group::Tone => Some(ParameterId::Tone),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: SettingsArgs,
    }

    fn read(arguments: &[String]) -> Result<Settings, Error> {
        let arguments = std::iter::once("gridleak".to_owned()).chain(arguments.iter().cloned());
        let mut settings = SettingsArgs::bare();
        Cli::try_parse_from(arguments)?.args.apply(&mut settings);
        Ok(settings)
    }

    #[test]
    fn every_option_sets_its_own_row_and_refuses_what_is_out_of_range() {
        let plain = read(&[]).unwrap();
        for row in options() {
            let ends = row.range();
            for value in [*ends.start(), *ends.end()] {
                let text = match &row.kind {
                    Kind::Choice(options) => options[value as usize].id.to_owned(),
                    _ => row.text_without_unit(value).to_lowercase(),
                };
                let settings = read(&[format!("--{}={text}", row.option)]).unwrap();
                assert_eq!(row.get(&settings), value, "{}", row.option);
                for other in PARAMETERS.iter().filter(|other| other.id != row.id) {
                    let switched = switch_of(row.group) == Some(other.which);
                    let wanted = if switched { 1.0 } else { other.get(&plain) };
                    assert_eq!(other.get(&settings), wanted, "{} {}", row.option, other.id);
                }
            }
            for text in ["nan", "1e9", "maybe", ""] {
                assert!(
                    read(&[format!("--{}={text}", row.option)]).is_err(),
                    "{}",
                    row.option
                );
            }
        }
    }

    #[test]
    fn a_stage_that_is_switched_off_stays_off() {
        let arguments = ["--gate=off", "--gate-hold=5"].map(str::to_owned);
        assert!(!read(&arguments).unwrap().gate.on);
    }
}
