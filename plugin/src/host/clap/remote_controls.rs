//! Pages of eight knobs for hardware: the groups of the table in its order, the gains first.

use clack_extensions::remote_controls::{
    PluginRemoteControlsImpl, RemoteControlsPage, RemoteControlsPageWriter,
};
use gridleak_core::{Group, PARAMETERS, Parameter};

use crate::host::clap::Main;
use crate::host::clap::parameters::clap_id;
use crate::host::description;

/// How many knobs a page has.
const KNOBS: usize = 8;

/// The pages: how many of the same group stand before one, and what is on it.
fn pages() -> impl Iterator<Item = (usize, Vec<&'static Parameter>)> {
    Group::all().flat_map(|group| {
        let rows = PARAMETERS
            .iter()
            .filter(|row| row.group == group && row.automatable);
        let rows: Vec<_> = rows.collect();
        let pages: Vec<_> = rows.chunks(KNOBS).map(<[_]>::to_vec).collect();
        pages.into_iter().enumerate()
    })
}

impl PluginRemoteControlsImpl for Main<'_> {
    fn count(&self) -> u32 {
        pages().count() as u32
    }

    fn get(&self, index: u32, page: &mut RemoteControlsPageWriter<'_>) {
        let Some((before, rows)) = pages().nth(index as usize) else {
            return;
        };
        let name = match rows[0].group.name() {
            "" => "Rig",
            name => name,
        };
        let name = match before {
            0 => name.to_owned(),
            _ => format!("{name} {}", before + 1),
        };
        page.set(&RemoteControlsPage {
            section_name: description::NAME.as_bytes(),
            // As lasting as the number of the first parameter on it.
            page_id: clap_id(rows[0].which),
            page_name: name.as_bytes(),
            param_ids: std::array::from_fn(|knob| rows.get(knob).map(|row| clap_id(row.which))),
            is_for_preset: false,
        });
    }
}
