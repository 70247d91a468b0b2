//! The audio devices of the computer.

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{Device, Host, HostId};

use crate::files::failure::{Failure, Result};

/// What is asked for where sound goes to nobody.
pub(super) const NONE: &str = "none";

/// The way to the devices with such a name, else the one that the system prefers.
pub(super) fn host(name: Option<&str>) -> Result<Host> {
    let Some(name) = name else {
        return Ok(cpal::default_host());
    };
    let hosts = cpal::available_hosts();
    let found = hosts.iter().find(|id| id.name().eq_ignore_ascii_case(name));
    let Some(id) = found else {
        let names: Vec<&str> = hosts.iter().map(HostId::name).collect();
        let names = names.join(", ");
        return Err(Failure::new(format!(
            "there is no {name} here; choose one of: {names}, {NONE}"
        )));
    };
    cpal::host_from_id(*id)
        .map_err(|error| Failure::new(format!("{name} does not answer: {error}")))
}

pub(super) fn name(device: &Device) -> String {
    let described = device.description();
    described.map_or_else(|_| device.to_string(), |about| about.name().to_owned())
}

/// The device whose name is or contains `wanted`, else the one that the system prefers.
pub(super) fn device(host: &Host, wanted: Option<&str>, input: bool) -> Result<Device> {
    let kind = if input { "input" } else { "output" };
    let Some(wanted) = wanted else {
        let preferred = match input {
            true => host.default_input_device(),
            false => host.default_output_device(),
        };
        return preferred.ok_or_else(|| Failure::new(format!("there is no audio {kind}")));
    };
    let devices = devices(host, input);
    let is = |device: &&Device| name(device).eq_ignore_ascii_case(wanted);
    let small = wanted.to_lowercase();
    let contains = |device: &&Device| name(device).to_lowercase().contains(&small);
    let found = devices.iter().find(is).or(devices.iter().find(contains));
    found.cloned().ok_or_else(|| {
        Failure::new(format!(
            "there is no audio {kind} called {wanted} (gridleak play --list)"
        ))
    })
}

fn devices(host: &Host, input: bool) -> Vec<Device> {
    let devices = host.devices().into_iter().flatten();
    let of_kind = devices.filter(|device| match input {
        true => device.supports_input(),
        false => device.supports_output(),
    });
    of_kind.collect()
}

/// All devices, in lines to read.
pub(crate) fn list() -> String {
    let mut lines = Vec::new();
    for id in cpal::available_hosts() {
        let Ok(host) = cpal::host_from_id(id) else {
            continue;
        };
        for (kind, input) in [("input", true), ("output", false)] {
            for device in devices(&host, input) {
                let facts = match input {
                    true => device.default_input_config(),
                    false => device.default_output_config(),
                };
                let facts = facts.map_or_else(
                    |_| String::new(),
                    |facts| {
                        format!(
                            "  ({} channels, {} Hz)",
                            facts.channels(),
                            facts.sample_rate()
                        )
                    },
                );
                let backend = id.name().to_lowercase();
                lines.push(format!("{backend:6} {kind:6} {}{facts}", name(&device)));
            }
        }
    }
    if lines.is_empty() {
        lines.push("no audio devices were found".into());
    }
    lines.join("\n")
}
