//! The first page: gate, tone stack and cabinet.

use std::sync::Arc;

use egui::{Rect, Ui, UiBuilder, vec2};

use crate::session::curve::{CURVE_POINTS, curve_frequency};
use crate::session::part::PartKind;
use crate::window::context::UiContext;
use crate::window::drop::Place;
use crate::window::layout::{columns, take_bottom, take_top};
use crate::window::own::OWN;
use crate::window::theme;
use crate::window::view::{Action, View};
use crate::window::widgets::curve::{self, CAB_CURVE, Gate, TONE_CURVE};
use crate::window::widgets::text::{self, ROW};
use gridleak_core::{CabSettings, ParameterId, ToneSettings};

/// Sample rate for which curves are drawn while no host plays, in Hz.
const RATE: f64 = 48_000.0;

/// Curves that are drawn until what they show has changed.
#[derive(Debug, Default)]
pub(in crate::window) struct Curves {
    tone: Option<(ToneKey, Vec<f32>)>,
    cab: Option<(CabKey, Vec<f32>)>,
}

/// What is set, and the rate.
type ToneKey = (ToneSettings, f64);
/// The same, and the responses, which are never written to.
type CabKey = (CabSettings, f64, [Option<Arc<[f32]>>; 2]);

pub(in crate::window) fn show(
    ui: &mut Ui,
    rect: Rect,
    context: &mut UiContext<'_>,
    curves: &mut Curves,
) {
    let scale = context.scale;
    let gap = 8.0 * scale;
    let mut places = columns(rect, 3, gap);
    let [gate, tone, cab] = std::array::from_fn(|_| places.next().unwrap_or(rect));
    show_gate(ui, gate, context);
    show_tone(ui, tone, context, curves);
    show_cab(ui, cab, context, curves);
}

/// A panel with a switch as its title; returns the place for what is in it, and where that is drawn,
/// weaker if it is off.
fn section(
    ui: &mut Ui,
    rect: Rect,
    context: &mut UiContext<'_>,
    switch: ParameterId,
) -> (Ui, Rect) {
    let (title, inside) = text::section(ui, rect, context.scale);
    let wide = title.with_max_x(title.left() + 90.0 * context.scale);
    context.switch(ui, wide, switch);
    if let Some(group) = switch.row().own {
        let own = title.with_min_x(title.right() - OWN * context.scale);
        let own = own.shrink2(vec2(0.0, 4.0 * context.scale));
        context.own_switch(ui, own, group);
        context.mark_own(ui, rect, group);
    }
    let mut ui = ui.new_child(UiBuilder::new().max_rect(inside));
    if !context.view.controls.is_on(switch) {
        ui.multiply_opacity(0.45);
    }
    (ui, inside)
}

fn show_gate(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>) {
    let scale = context.scale;
    let (mut ui, mut inside) = section(ui, rect, context, ParameterId::Gate);
    let controls = &context.view.controls;
    let gate = Gate {
        settings: controls.settings.gate,
        level: context.view.status.gate.level,
        reduction: context.view.status.gate.reduction,
    };
    let knobs = take_bottom(&mut inside, 144.0 * scale, 8.0 * scale);
    curve::show_gate(&mut ui, inside, scale, &gate);
    let (big, small) = knobs.split_left_right_at_fraction(0.42);
    let high = big.height().min(120.0 * scale);
    let big = Rect::from_center_size(big.center(), vec2(big.width(), high));
    context.knob(&mut ui, big, ParameterId::GateThreshold);
    let (upper, lower) = small.split_top_bottom_at_fraction(0.5);
    for (row, knobs) in [
        (upper, [ParameterId::GateHold, ParameterId::GateRelease]),
        (lower, [ParameterId::GateRange, ParameterId::GateHysteresis]),
    ] {
        let row = row.shrink2(vec2(0.0, 2.0 * scale));
        for (place, knob) in columns(row, 2, 2.0 * scale).zip(knobs) {
            context.knob(&mut ui, place, knob);
        }
    }
}

fn show_tone(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>, curves: &mut Curves) {
    let scale = context.scale;
    let (mut ui, mut inside) = section(ui, rect, context, ParameterId::Tone);
    let position = take_bottom(&mut inside, ROW * scale, 8.0 * scale);
    let knobs = take_bottom(&mut inside, 104.0 * scale, 8.0 * scale);
    let view = context.view;
    let controls = &view.controls;
    let tone = controls.settings.tone;
    let key = (tone, rate(view));
    if curves.tone.as_ref().is_none_or(|(known, _)| *known != key) {
        let at = |point| tone.response_db(key.1, curve_frequency(point)) as f32;
        curves.tone = Some((key, (0..CURVE_POINTS).map(at).collect()));
    }
    if let Some((_, response)) = &curves.tone {
        let text = format!(
            "Bass {:.1}, middle {:.1}, treble {:.1}",
            tone.bass, tone.middle, tone.treble
        );
        let line = (&response[..], theme::ACCENT);
        TONE_CURVE.show(&mut ui, inside, scale, &text, &[line]);
    }
    for (place, knob) in columns(knobs, 3, 2.0 * scale).zip([
        ParameterId::Bass,
        ParameterId::Middle,
        ParameterId::Treble,
    ]) {
        context.knob(&mut ui, place, knob);
    }
    context.choice(&mut ui, position, ParameterId::TonePosition, |_| None);
}

fn show_cab(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>, curves: &mut Curves) {
    let scale = context.scale;
    let (mut ui, mut inside) = section(ui, rect, context, ParameterId::Cab);
    let ui = &mut ui;
    let gap = 5.0 * scale;
    let level = take_bottom(&mut inside, (ROW - 3.0) * scale, gap);
    let knobs = take_bottom(&mut inside, 66.0 * scale, gap);
    let second = take_bottom(&mut inside, 41.0 * scale, gap);
    let first = take_bottom(&mut inside, 41.0 * scale, gap);
    show_cab_curve(ui, inside, context, curves);

    for (mut place, kind, nothing) in [
        (first, PartKind::Cab, "No cabinet"),
        (second, PartKind::SecondCab, "No second cabinet"),
    ] {
        let part = Place::Part(context.view.at(kind));
        context.places.push((part, place));
        let name = take_top(&mut place, 18.0 * scale, 1.0 * scale);
        context.part_name(ui, name, kind, nothing);
        let used = context.part_buttons(ui, place, kind);
        if kind == PartKind::Cab {
            let place = place.with_min_x(place.left() + used + 3.0 * scale);
            let by_capture = context.view.status.cab_by_capture;
            let button = context.words("Automatic", "Auto");
            let response = button.choice(by_capture, theme::CORNER).show(ui, place);
            if response.clicked() && !by_capture {
                let slot = context.view.controls.settings.slot;
                context.actions.push(Action::ChooseCabByCapture(slot));
            }
            response.on_hover_text(
                "The built-in cabinet, unless the capture was made with a cabinet of its own.",
            );
        }
    }
    let turned = [
        ParameterId::CabLowCut,
        ParameterId::CabHighCut,
        ParameterId::CabMix,
        ParameterId::CabBlend,
    ];
    for (place, knob) in columns(knobs, 4, 1.0).zip(turned) {
        context.knob(ui, place, knob);
    }
    context.choice(ui, level, ParameterId::CabLevel, |_| None);
}

fn show_cab_curve(ui: &mut Ui, rect: Rect, context: &mut UiContext<'_>, curves: &mut Curves) {
    let view = context.view;
    let responses =
        [PartKind::Cab, PartKind::SecondCab].map(|kind| view.part(kind).response.as_deref());
    let [first, second] = responses;
    let name = |kind| view.part(kind).name.clone();
    if first.is_none() && second.is_none() {
        CAB_CURVE.show(ui, rect, context.scale, "No impulse response", &[]);
        return;
    }
    let (settings, rate) = (view.controls.settings.cab, rate(view));
    let held = [PartKind::Cab, PartKind::SecondCab].map(|kind| &view.part(kind).response);
    // As long as they are held here, no others can have their addresses.
    let fits = curves
        .cab
        .as_ref()
        .is_some_and(|((known, at, responses), _)| {
            let address = |response: &Option<Arc<[f32]>>| response.as_ref().map(|r| r.as_ptr());
            let alike = |(a, b)| address(a) == address(b);
            (*known, *at) == (settings, rate) && responses.iter().zip(held).all(alike)
        });
    if !fits {
        let key = (settings, rate, held.map(Clone::clone));
        curves.cab = Some((key, heard(&settings, rate, responses)));
    }
    let mut lines = Vec::new();
    if let Some((_, heard)) = &curves.cab {
        lines.push((&heard[..], theme::ACCENT));
    }
    if first.is_some() && second.is_some() {
        lines.extend(responses.map(|response| (response.unwrap_or_default(), theme::OUTLINE)));
    }
    let text = [name(PartKind::Cab), name(PartKind::SecondCab)];
    let text = text.into_iter().flatten().collect::<Vec<_>>().join(" and ");
    CAB_CURVE.show(ui, rect, context.scale, &text, &lines);
}

/// The rate that curves are drawn for, in Hz.
fn rate(view: &View) -> f64 {
    let latency = view.status.latency;
    latency.map_or(RATE, |latency| f64::from(latency.rate))
}

/// What the cabinet does to each frequency, in dB, at a rate in Hz. Of two that are blended, powers are
/// added: how their phases meet is not in the curves.
fn heard(settings: &CabSettings, rate: f64, responses: [Option<&[f32]>; 2]) -> Vec<f32> {
    let blend = settings.blend;
    let power =
        |response: &[f32], point: usize| 10f32.powf(response.get(point).unwrap_or(&0.0) / 10.0);
    let at = |point| {
        let power = match responses {
            [Some(first), Some(second)] => {
                let (a, b) = ((1.0 - blend).powi(2), blend.powi(2));
                a * power(first, point) + b * power(second, point)
            }
            [Some(one), None] | [None, Some(one)] => power(one, point),
            [None, None] => 1.0,
        };
        10.0 * power.log10() + settings.cuts_response_db(rate, curve_frequency(point)) as f32
    };
    (0..CURVE_POINTS).map(at).collect()
}

#[cfg(test)]
impl Curves {
    /// Where they are in memory: others, if they were computed anew.
    pub(in crate::window) fn addresses(&self) -> [usize; 2] {
        let [tone, cab] = self.both();
        [tone.as_ptr() as usize, cab.as_ptr() as usize]
    }

    pub(in crate::window) fn values(&self) -> [Vec<f32>; 2] {
        self.both().map(<[f32]>::to_vec)
    }

    fn both(&self) -> [&[f32]; 2] {
        let tone = self.tone.as_ref().map_or(&[][..], |(_, curve)| curve);
        let cab = self.cab.as_ref().map_or(&[][..], |(_, curve)| curve);
        [tone, cab]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::test_support::*;

    #[test]
    fn the_gate_tells_what_it_does() {
        let mut window = window(view());
        let told = |window: &Window| window.get_by_label("Gate reduction").value().unwrap();
        assert_eq!(told(&window), "Open");
        window.state_mut().view.status.gate = GateMeter {
            reduction: -12.34,
            level: -87.0,
        };
        window.run();
        assert_eq!(told(&window), "-12.3 dB");
        window.state_mut().view.controls.settings.gate.on = false;
        window.run();
        assert_eq!(told(&window), "Off");
    }

    #[test]
    fn curves_are_computed_only_when_something_changed() {
        let mut window = window(view());
        window.run();
        let before = window.state().memory.curves.addresses();
        window.run();
        assert_eq!(window.state().memory.curves.addresses(), before);
        for knob in [ParameterId::Treble, ParameterId::CabHighCut] {
            let value = window.state().view.controls.value(knob);
            turn(&mut window.state_mut().view, knob, 0.7 * value);
        }
        let values = window.state().memory.curves.values();
        window.run();
        let turned = window.state().memory.curves.values();
        assert!(
            turned
                .iter()
                .zip(&values)
                .all(|(turned, before)| turned != before)
        );
    }
}
