//! A chain of which only the first slot is used, and in which nothing is on but what a test turns on.

use gridleak_core::{
    Amp, BuildId, Cab, CabSettings, Capture, Chain, GateSettings, KnobPositions, LevelSettings,
    Loaded, Peaks, Pedal, ProcessConfig, Settings, SimdLevel, SlotPart, Source, ToneSettings,
    Voicing,
};

/// The chain, and what it is set to.
pub(crate) struct OneSlot {
    pub(crate) chain: Chain,
    pub(crate) settings: Settings,
}

impl OneSlot {
    /// Gate, tone stack and DC blocker are off.
    pub(crate) fn new(config: ProcessConfig) -> Self {
        let mut settings = Settings::default();
        settings.gate.on = false;
        settings.tone.on = false;
        settings.dc_blocker = false;
        let mut chain = Chain::new(config);
        chain.set(&settings);
        chain.reset();
        OneSlot { chain, settings }
    }

    /// One that plays this capture.
    pub(crate) fn of(capture: &Capture, config: ProcessConfig) -> Self {
        let (voicing, level) = (Voicing::default(), SimdLevel::detect());
        let amp = Amp::new(capture, config, voicing, BuildId(0), level).unwrap();
        let mut chain = OneSlot::new(config);
        assert!(chain.load_amp(amp).is_ok());
        chain
    }

    pub(crate) fn set(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.chain.set(&self.settings);
    }

    pub(crate) fn set_input_gain(&mut self, db: f32) {
        self.set(|settings| settings.input_db = db);
    }

    pub(crate) fn set_output_gain(&mut self, db: f32) {
        self.set(|settings| settings.output_db = db);
    }

    pub(crate) fn set_gate(&mut self, gate: GateSettings) {
        self.set(|settings| settings.gate = gate);
    }

    pub(crate) fn set_tone(&mut self, tone: ToneSettings) {
        self.set(|settings| settings.tone = tone);
    }

    pub(crate) fn set_levels(&mut self, levels: LevelSettings) {
        self.set(|settings| settings.levels = levels);
    }

    pub(crate) fn set_cab(&mut self, cab: CabSettings) {
        self.set(|settings| settings.cab = cab);
    }

    pub(crate) fn set_slim(&mut self, slim: f32) {
        self.set(|settings| settings.slim = slim);
    }

    pub(crate) fn set_knobs(&mut self, knobs: KnobPositions) {
        self.set(|settings| settings.knobs = knobs);
    }

    pub(crate) fn set_pedal(&mut self, on: bool) {
        self.set(|settings| settings.pedal = on);
    }

    pub(crate) fn set_dc_blocker(&mut self, on: bool) {
        self.set(|settings| settings.dc_blocker = on);
    }

    pub(crate) fn set_source(&mut self, source: Source) {
        self.set(|settings| settings.source = source);
    }

    pub(crate) fn set_bypass(&mut self, on: bool) {
        self.set(|settings| settings.bypass = on);
    }

    pub(crate) fn load(&mut self, part: SlotPart) -> Result<(), SlotPart> {
        let loaded = Loaded { slot: 0, part };
        self.chain.load(loaded).map_err(|loaded| loaded.part)
    }

    pub(crate) fn load_amp(&mut self, amp: Amp) -> Result<(), SlotPart> {
        self.load(SlotPart::Amp(Some(Box::new(amp))))
    }

    pub(crate) fn load_pedal(&mut self, pedal: Pedal) -> Result<(), SlotPart> {
        self.load(SlotPart::Pedal(Some(Box::new(pedal))))
    }

    pub(crate) fn load_cab(&mut self, cab: Cab) -> Result<(), SlotPart> {
        self.load(SlotPart::Cab(Some(Box::new(cab))))
    }

    pub(crate) fn amp_id(&self) -> Option<BuildId> {
        self.chain.amp_id(0)
    }

    pub(crate) fn take_retired(&mut self) -> Option<SlotPart> {
        self.chain.take_retired()
    }

    pub(crate) fn take_peaks(&mut self) -> Peaks {
        self.chain.take_peaks()
    }

    pub(crate) fn reset(&mut self) {
        self.chain.reset();
    }

    pub(crate) fn process(&mut self, channels: &mut [&mut [f32]]) {
        self.chain.process(channels);
    }
}
