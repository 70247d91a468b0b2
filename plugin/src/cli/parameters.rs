//! `gridleak parameters`: the reference of all parameters, for the manual.

use std::fmt::Write;

use gridleak_core::{Group, Kind, PARAMETERS, Parameter};

use super::say;
use super::settings_args::ends;

const HEAD: &str = "# Parameters of Gridleak

Everything that can be set, as `gridleak parameters` prints it. The id is what projects and hosts know a
parameter by; it never changes. Automation: whether hosts can automate it. The option is that of
`gridleak render`, with its values where they are not those of the plugin.
";

const COLUMNS: &str = "
| Name | Id | Values | Default | Automation | Option | What it does |
|---|---|---|---|---|---|---|
";

pub(super) fn run() {
    say(page().trim_end());
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for group in Group::all() {
        let title = match group.name() {
            "" => "The rig as a whole",
            name => name,
        };
        let _ = write!(page, "\n## {title}\n{COLUMNS}");
        for row in PARAMETERS.iter().filter(|row| row.group == group) {
            let option = match (row.option, &row.kind) {
                ("", _) => String::new(),
                (option, Kind::Choice(options)) => {
                    let ids: Vec<_> = options.iter().map(|option| option.id).collect();
                    format!("`--{option}` ({})", ids.join(", "))
                }
                (option, _) => format!("`--{option}`"),
            };
            let cells = [
                row.name.to_owned(),
                format!("`{}`", row.id),
                values(row),
                row.text(row.default()),
                if row.automatable { "yes" } else { "no" }.into(),
                option,
                row.hint.to_owned(),
            ];
            let _ = writeln!(page, "| {} |", cells.join(" | ").replace("  ", " "));
        }
    }
    page
}

/// What it can be, in words.
fn values(row: &Parameter) -> String {
    match &row.kind {
        Kind::Number(_) => {
            let (least, most) = ends(row);
            format!("{least} to {most}")
        }
        Kind::Switch => "Off, On".into(),
        Kind::Button => "a button".into(),
        Kind::Readout => "a text to read".into(),
        Kind::Choice(options) => {
            let names: Vec<&str> = options.iter().map(|option| option.name).collect();
            names.join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_the_manual_is_what_the_table_makes() {
        let committed = include_str!("../../../PARAMETERS.md").replace('\r', "");
        assert!(
            committed == page(),
            "PARAMETERS.md is old: gridleak parameters > PARAMETERS.md"
        );
    }

    #[test]
    fn every_parameter_is_on_the_page() {
        let page = page();
        for row in &PARAMETERS {
            assert!(page.contains(&format!("| {} | `{}` |", row.name, row.id)));
            assert!(row.option.is_empty() || page.contains(&format!("`--{}`", row.option)));
        }
        let lines = page.lines().filter(|line| line.starts_with('|'));
        assert!(lines.into_iter().all(|line| line.matches('|').count() == 8));
    }
}
